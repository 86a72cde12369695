"""What the tests of ingest share: making envelopes, sending them as an SDK does, and looking at what became of them."""

import json
import pathlib
import shutil
import subprocess
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from culprit import Tap  # noqa: E402

tap = Tap()
UNKNOWN_KEY = "0" * 32


def new_id():
    return uuid.uuid4().hex


def compress(tool, data):
    """Output of a command-line compressor, or None when it is not installed."""
    if not shutil.which(tool[0]):
        return None
    return subprocess.run(tool, input=data, capture_output=True, check=True).stdout


def envelope(*items, **header):
    """An envelope of (type, payload) items with their lengths."""
    lines = [json.dumps(header).encode()]
    for kind, payload in items:
        payload = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        lines += [json.dumps({"type": kind, "length": len(payload)}).encode(), payload]
    return b"\n".join(lines) + b"\n"


class Project:
    """A project of the server under test, and what its API shows."""

    def __init__(self, server, slug="app"):
        self.server, self.slug = server, slug
        self.id, self.key = server.project, server.key
        # The first start makes this administrator.
        self.token = server.cli("token", "create", "admin", "--scope",
                                "event:read,project:read").split()[-1]

    def post(self, body, endpoint="envelope", query=None, headers=None, method="POST"):
        if query is None:
            query = f"?sentry_key={self.key}&sentry_version=7&sentry_client=test%2F1.0"
        return self.server.request(method, f"/api/{self.id}/{endpoint}/{query}", body, headers)

    def event(self, event_id):
        """The stored event as the API shows it, or None."""
        path = f"/api/0/projects/main/{self.slug}/events/{event_id}/"
        answer = self.server.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        return answer.json() if answer.status == 200 else None


def check_detail(answer, status, what):
    """A refusal: its status, a message of some use, readable by every page."""
    is_told = answer.status == status
    if is_told and status >= 400:
        detail = answer.json().get("detail", "")
        is_told = len(detail) > 15 and isinstance(answer.json().get("causes"), list)
        is_told = is_told and answer.headers.get("access-control-allow-origin") == "*"
    tap.ok(is_told, what, f"wanted {status}, got {answer} {answer.headers}")


class Ledger:
    """What the ledger of a project gained since the last look, by (outcome, category, reason)."""

    def __init__(self, project):
        self.project, self.before = project, {}
        self.gained()

    def gained(self):
        path = "/api/0/organizations/main/stats_v2/?groupBy=outcome&groupBy=category&groupBy=reason&statsPeriod=2h"
        answer = self.project.server.request("GET", f"{path}&project={self.project.id}",
                                             headers={"Authorization": f"Bearer {self.project.token}"}).json()
        now = {(group["by"]["outcome"], group["by"]["category"], group["by"]["reason"]): group["totals"]["sum(quantity)"]
               for group in answer["groups"]}
        gained = {key: count - self.before.get(key, 0) for key, count in now.items() if count != self.before.get(key, 0)}
        self.before = now
        return gained
