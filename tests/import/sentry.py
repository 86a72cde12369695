"""A Sentry to import from, made of what its Web API answers: issues and events of invented times.

    with Sentry(issues) as sentry:
        sentry.url, sentry.requests, sentry.answer_with(path_pattern, status, headers, times)

An issue is a dict as Sentry's Issue object has it, with its events, newest first, under "events"
and its details under "details".
"""
import datetime
import http.server
import json
import re
import threading
import urllib.parse

TOKEN = "sntryu_0123456789abcdef0123456789abcdef"
DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def iso(when):
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(event_id, when, kind="TypeError", value="x is not a function", function="render", **more):
    """Sentry's Event object."""
    return {
        "id": event_id, "eventID": event_id, "groupID": "1", "projectID": "9", "dateCreated": iso(when),
        "dateReceived": iso(when + datetime.timedelta(seconds=1)), "type": "error", "platform": "javascript",
        "title": f"{kind}: {value}", "message": "", "culprit": "app", "dist": None, "size": 1234,
        "release": {"version": "shop@1.1", "shortVersion": "1.1"}, "errors": [], "_meta": {},
        "tags": [{"key": "level", "value": "warning"}, {"key": "environment", "value": "production"},
                 {"key": "release", "value": "shop@1.1"}, {"key": "plan", "value": "gold"}],
        "user": {"id": event_id[:2], "email": None, "username": None, "ip_address": None, "name": None, "data": {}},
        "contexts": {}, "context": {"cart": [1, 2]}, "packages": {}, "sdk": {"name": "sentry.javascript", "version": "8"},
        "entries": [{"type": "exception", "data": {"values": [{
            "type": kind, "value": value, "module": None, "mechanism": None, "threadId": None, "rawStacktrace": None,
            "stacktrace": {"frames": [{
                "filename": "app.js", "absPath": "https://shop.example/app.js", "function": function, "lineNo": 3,
                "colNo": 5, "inApp": True, "context": [[2, "before"], [3, "at"], [4, "after"]], "vars": {"a": "1"},
            }], "framesOmitted": None, "registers": None, "hasSystemFrames": False}}], "excOmitted": None}}],
        **more,
    }


def issue(number, events, **more):
    """Sentry's Issue object, with its events and details."""
    times = [event["dateCreated"] for event in events]
    details = more.pop("details", {})
    return {
        "id": str(number), "shortId": f"SHOP-{number}", "title": events[0]["title"] if events else "Gone: away",
        "culprit": "app", "permalink": f"https://sentry.example/issues/{number}/", "level": "warning",
        "status": "unresolved", "substatus": "ongoing", "type": "error", "platform": "javascript", "logger": None,
        "count": str(len(events)), "userCount": len({event["user"]["id"] for event in events}), "numComments": 0,
        "firstSeen": min(times, default=iso(NOW)), "lastSeen": max(times, default=iso(NOW)), "annotations": [],
        "project": {"id": "9", "name": "Shop", "slug": "shop"}, "assignedTo": None, "isUnhandled": False,
        "metadata": {"type": "TypeError", "value": "x"}, "events": events, "details": details, **more,
    }


class Sentry:
    def __init__(self, issues, is_old=False, tells_whole_events=True):
        self.issues = issues
        self.is_old, self.tells_whole_events = is_old, tells_whole_events
        self.requests, self.rules, self.lock = [], [], threading.Lock()

    def __enter__(self):
        sentry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                status, headers, body = sentry.answer(self.path, self.headers.get("Authorization"))
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who asked has seen enough and is gone
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def answer_with(self, pattern, status, body=None, headers=None, times=1):
        """The next so many requests for a path that matches are answered so."""
        with self.lock:
            self.rules.append([re.compile(pattern), status, body if body is not None else {"detail": "made up"},
                               headers or {}, times])

    def answer(self, target, authorization):
        path, _, query = target.partition("?")
        query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        with self.lock:
            self.requests.append(target)
            for rule in self.rules:
                if rule[4] and rule[0].search(target):
                    rule[4] -= 1
                    return rule[1], rule[3], rule[2]
        if authorization != f"Bearer {TOKEN}":
            return 401, {}, {"detail": "Invalid token"}
        return self.route(path, query)

    def route(self, path, query):
        if path == "/api/0/projects/acme/shop/issues/":
            return self.page(path, query, [self.row(issue) for issue in self.issues], int(query["limit"]))
        if found := re.fullmatch(r"/api/0/projects/acme/shop/events/([0-9a-f]{32})/", path):
            for one in self.all_events():
                if one["id"] == found[1]:
                    return 200, {}, one
        base = "/api/0/issues" if self.is_old else "/api/0/organizations/acme/issues"
        if found := re.fullmatch(rf"{base}/(\d+)/(events/|comments/|)", path):
            for issue in self.issues:
                if issue["id"] == found[1]:
                    return self.of_issue(path, query, issue, found[2])
        return 404, {}, {"detail": "The requested resource does not exist"}

    def of_issue(self, path, query, issue, rest):
        if rest == "events/":
            events = issue["events"]
            if not self.tells_whole_events:
                events = [{key: value for key, value in event.items() if key not in ("entries", "contexts")}
                          for event in events]
            return self.page(path, query, events, int(query["per_page"]))
        if rest == "comments/":
            return 200, {}, issue["details"].get("comments", [])
        return 200, {}, {**self.row(issue), "activity": [], "firstRelease": None, "lastRelease": None, "tags": [],
                         "pluginIssues": [], **{k: v for k, v in issue["details"].items() if k != "comments"}}

    def all_events(self):
        return [event for issue in self.issues for event in issue["events"]]

    @staticmethod
    def row(issue):
        return {key: value for key, value in issue.items() if key not in ("events", "details")}

    def page(self, path, query, rows, size):
        start = int(query.get("cursor", "0:0:0").split(":")[1])
        end = start + size
        link = (f'<{self.url}{path}?cursor=0:{max(0, start - size)}:1>; rel="previous"; '
                f'results="{str(start > 0).lower()}"; cursor="0:{max(0, start - size)}:1", '
                f'<{self.url}{path}?cursor=0:{end}:0>; rel="next"; '
                f'results="{str(end < len(rows)).lower()}"; cursor="0:{end}:0"')
        return 200, {"Link": link, "X-Hits": str(len(rows))}, rows[start:end]
