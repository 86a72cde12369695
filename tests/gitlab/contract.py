"""Every answer of the REST endpoints that GitLab's own OpenAPI document describes, checked against it by Prism, which
stands between a client and the server."""

import contextlib
import http.server
import json
import re
import subprocess
import threading

from culprit import Answer, shared
from scene import Client, tap

START_SECONDS = 60


class Proxy:
    """Prism before a server. Its header says what breaks the document."""

    def __init__(self, server_url, folder, environment):
        document = shared("data", "openapi", "gitlab.json")
        self.process = subprocess.Popen(
            [str(folder / "node_modules/.bin/prism"), "proxy", str(document), server_url, "--host", "127.0.0.1", "--port", "0"],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.host, self.port, printed = "127.0.0.1", 0, ""
        for line in self.process.stdout:
            printed += line
            if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        if not self.port:
            raise RuntimeError(f"Prism does not start:\n{printed}")
        # What it prints later has to be read, so that it does not wait.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def close(self):
        self.process.kill()
        self.process.wait()


def violations(answer, part):
    found = json.loads(answer.headers.get("sl-violations", "[]"))
    return [violation for violation in found if violation["location"][0] == part]


def check(site, proxy):
    keys, settings = "/projects/main%2Fapp/error_tracking/client_keys", "/projects/1/error_tracking/settings"
    server = type("Through", (), {"request": lambda self, *request: site.server.request.__func__(proxy, *request)})()
    mara, nobody, dora = Client(server, site.mara.token), Client(server), Client(server, site.dora.token)
    made = mara("POST", keys)
    calls = [("a new key", made, 201), ("keys", mara("GET", keys), 200), ("a page of keys", mara("GET", keys + "?per_page=1"), 200),
             ("a deleted key", mara("DELETE", f"{keys}/{made.json()['id']}"), 204),
             ("a key that is not there", mara("DELETE", f"{keys}/{made.json()['id']}"), 404),
             ("a deletion by nobody", nobody("DELETE", f"{keys}/1"), 401), ("settings", mara("GET", settings), 200)]
    for body in ({"active": False}, {"active": True}, {"active": True, "integrated": True}):
        calls.append((f"PATCH {body}", mara("PATCH", settings, body), 200))
    calls += [("PUT", mara("PUT", settings, {"active": True, "integrated": True}), 200),
              ("PATCH by nobody", nobody("PATCH", settings, {"active": True}), 401),
              ("PUT without a project", mara("PUT", settings.replace("1", "99"), {"active": True, "integrated": True}), 404),
              ("PATCH without a value", mara("PATCH", settings, {}), 400)]
    for what, answer, status in calls:
        found = violations(answer, "response")
        tap.ok(answer.status == status and not found, f"{what}: {status}, as GitLab's document says", f"{answer}\n{found}")
    asked = violations(mara("PATCH", settings, {}), "request")
    tap.ok(asked, "what we refuse with 400 breaks the document too")
    tap.equal(dora("GET", settings).status, 403, "a developer through the proxy")


class Liar(http.server.BaseHTTPRequestHandler):
    """A GitLab that answers settings without a project's name, as a real one does."""

    def do_GET(self):
        body = b'{"active": true, "project_name": null, "integrated": "yes"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def check_that_it_finds(site, folder, environment):
    liar = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    threading.Thread(target=liar.serve_forever, daemon=True).start()
    with contextlib.closing(Proxy(f"http://127.0.0.1:{liar.server_port}", folder, environment)) as proxy:
        answer = site.server.request.__func__(proxy, "GET", "/api/v4/projects/1/error_tracking/settings")
        tap.equal(len(violations(answer, "response")), 2, "the checker finds what is wrong in other answers")
    liar.shutdown()
    assert isinstance(answer, Answer)


def run(site, folder, environment):
    if not shared("data", "openapi", "gitlab.json"):
        return tap.skip("GitLab's OpenAPI document", "the shared fixtures are not here")
    if not folder:
        return tap.skip("GitLab's OpenAPI document", environment)
    with contextlib.closing(Proxy(site.server.url, folder, environment)) as proxy:
        check(site, proxy)
    check_that_it_finds(site, folder, environment)
