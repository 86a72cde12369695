"""A small Sentry for tests: one project with errors, their statuses, and what was asked of it."""

import json
import pathlib
import re
import sys
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from misbehave import Reply, Server  # noqa: E402

TOKEN = "sntryu_0123456789"
TIME = "2026-11-29T10:00:00Z"
PROJECT = {"id": "7", "slug": "app", "name": "App", "organization": {"id": "1", "slug": "org", "name": "Org"}}
BASE = "/api/0/projects/org/app/issues/"


class Sentry(Server):
    """`changes` has each change of a status, in order: (id, status)."""

    def __init__(self, count=30, lag=0):
        super().__init__(answer=self.reply)
        self.statuses = {number: "unresolved" for number in range(1, count + 1)}
        self.changes, self.guard = [], threading.Lock()
        self.others = set()  # ids of errors of another project of the same token
        self.token = TOKEN
        self.refuses = None  # the answer to every change
        self.refusals = []  # answers to the next ones
        self.lag, self.lagging = lag, {}  # so many lists show what was changed as it was
        self.links = []
        self.repositories = []

    def issue(self, number):
        project = {"id": "8", "slug": "other", "name": "Other"} if number in self.others else PROJECT
        return {"id": str(number), "shortId": f"APP-{number}", "title": f"Error{number}: it broke", "culprit": "app",
                "status": self.statuses[number], "level": "error", "count": "5", "userCount": 2, "type": "error",
                "metadata": {"type": f"Error{number}", "value": "it broke"}, "firstSeen": TIME, "lastSeen": TIME,
                "permalink": f"{self.url()}/organizations/org/issues/{number}/", "project": project,
                "stats": {"24h": [[1795000000, 1]]}, "platform": "python"}

    def reply(self, request):
        path, _, query = request.path.partition("?")
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Reply({"detail": "Invalid token"}, 401)
        values = urllib.parse.parse_qs(query)
        with self.guard:
            if path == BASE:
                return self.list(values) if request.method == "GET" else self.change_many(values, request)
            if found := re.fullmatch(r"/api/0/organizations/org/issues/(\d+)/", path):
                return self.one(int(found[1]))
            if path == "/api/0/projects/":
                return Reply([PROJECT])
            if path == "/api/0/organizations/org/repos/":
                return Reply(self.repositories)
            if "/integrations/" in path or path.endswith("/plugins/gitlab/link/"):
                self.links.append((request.method, path, json.loads(request.body)))
                return Reply({}, 201)
        return Reply({"detail": "The requested resource does not exist"}, 404)

    def one(self, number):
        if number not in self.statuses:
            return Reply({"detail": "The requested resource does not exist"}, 404)
        return Reply(self.issue(number))

    def change(self, number, status):
        self.changes.append((number, status))
        if self.lag:
            self.lagging[number] = [self.lag, self.statuses[number]]
        self.statuses[number] = status

    def shown_status(self, number):
        """The index of lists lags behind."""
        if number in self.lagging and self.lagging[number][0] > 0:
            return self.lagging[number][1]
        return self.statuses[number]

    def list(self, values):
        words = values.get("query", [""])[0].split()
        status = next((word[3:] for word in words if word.startswith("is:")), None)
        text = " ".join(word for word in words if not word.startswith("is:"))
        found = [n for n in sorted(self.statuses, reverse=True) if n not in self.others
                 and status in (None, self.shown_status(n)) and text in self.issue(n)["title"]]
        issues = [{**self.issue(n), "status": self.shown_status(n)} for n in found]
        for entry in self.lagging.values():
            entry[0] -= 1
        limit, start = int(values.get("limit", ["100"])[0]), int(values.get("cursor", ["0:0:0"])[0].split(":")[1])
        link = ", ".join(
            f'<{self.url(BASE)}?x=1&cursor=0:{at}:0>; rel="{rel}"; results="{str(there).lower()}"; cursor="0:{at}:0"'
            for rel, at, there in (("previous", max(start - limit, 0), start > 0),
                                   ("next", start + limit, start + limit < len(found))))
        return Reply(issues[start:start + limit], 200, [("Link", link), ("X-Hits", str(len(found))), ("X-Max-Hits", "1000")])

    def change_many(self, values, request):
        if self.refusals or self.refuses:
            return self.refusals.pop(0) if self.refusals else self.refuses
        body = json.loads(request.body)
        for number in map(int, values["id"]):
            if number in self.statuses and number not in self.others:
                self.change(number, body["status"])
        return Reply({"status": body["status"], "statusDetails": {}})

    # --- what tests ask ---

    def changes_of(self, number):
        with self.guard:
            return [status for changed, status in self.changes if changed == number]

    def puts(self):
        return [request for request in self.requests if request.method == "PUT"]
