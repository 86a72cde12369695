"""A server with people of every role, and clients that ask as they do."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE.parent / "web")]
from culprit import ROOT, Tap  # noqa: E402

tap = Tap()
ALL_SCOPES = "event:read,event:write,project:read,project:write"


class Client:
    """Asks with a token, in the header that GitLab's clients send."""

    def __init__(self, server, token=None, **headers):
        self.server = server
        self.token = token
        self.headers = {"PRIVATE-TOKEN": token} if token else headers

    def __call__(self, method, path, body=None, headers=None):
        return self.server.request(method, "/api/v4" + path, body, {**self.headers, **(headers or {})})

    def graphql(self, query, variables=None, operation=None):
        body = {"query": query, "variables": variables, "operationName": operation}
        return self.server.request("POST", "/api/graphql", body, self.headers)


class Site:
    """main/app is everybody's, by their role; other/secret is nobody's but the administrator's."""

    def __init__(self, server):
        self.server = server
        self.dsn, self.key, self.project = server.dsn, server.key, server.project
        self.admin = Client(server, self.token("admin"))
        for name, role in (("mara", "maintainer"), ("dora", "developer"), ("gus", "guest")):
            server.cli("user", "create", name, "--email", f"{name}@example.org")
            server.cli("member", "set", "main/app", name, role)
            setattr(self, name, Client(server, self.token(name)))
        server.cli("organization", "create", "other")
        self.other_dsn = server.cli("project", "create", "other/secret").strip()
        self.other_project = self.other_dsn.rsplit("/", 1)[1]
        self.other_key = self.other_dsn.split("@")[0].split("//")[1]

    def token(self, user, scope=ALL_SCOPES):
        return self.server.cli("token", "create", user, "--scope", scope).split()[-1]

    def titles(self, project="main/app"):
        """Titles of the project's errors, as Sentry's API has them."""
        issues = self.server.json("GET", f"/api/0/projects/{project}/issues/?limit=100", token=self.admin.token)
        return [issue["title"] for issue in issues]

    def latest_event(self, title, project="main/app"):
        for issue in self.server.json("GET", f"/api/0/projects/{project}/issues/", token=self.admin.token):
            if issue["title"] == title:
                return self.server.json("GET", f"/api/0/issues/{issue['id']}/events/latest/", token=self.admin.token)
        return None


def is_answer(answer, status, body, what):
    got = (answer.status, answer.json() if answer.body else None)
    return tap.equal(got, (status, body), what)


def packages():
    """The folder with the packages of package.json and the environment to run them in, or why not."""
    found = subprocess.run([str(HERE.parent / "lib/node")], capture_output=True, text=True)
    if found.returncode:
        return None, found.stderr.strip()
    folder = ROOT / "build/gitlab"
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PATH": found.stdout.strip() + ":" + os.environ["PATH"]}
    lock = (HERE / "package-lock.json").read_bytes()
    mark = folder / ".installed"
    if not mark.exists() or mark.read_bytes() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder / name)
        command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        if subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL).returncode:
            return None, "npm cannot install the packages"
        mark.write_bytes(lock)
    return folder, environment
