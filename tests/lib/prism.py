"""Prism, a mock server made from an OpenAPI document, as the judge of what our program asks other servers.

    with prism.Prism(folder, environment, document) as judge:     # folder, environment: npm.install("gitlab")
        judge.violations("PUT", "/api/0/…", b"{…}")               # empty when it is as the document says
"""

import contextlib
import http.client
import json
import re
import subprocess
import threading


class Prism:
    def __init__(self, folder, environment, document):
        self.process = subprocess.Popen(
            [str(folder / "node_modules/.bin/prism"), "mock", str(document), "--errors", "--host", "127.0.0.1", "--port", "0"],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        printed = ""
        for line in self.process.stdout:
            printed += line
            if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        else:
            raise RuntimeError(f"Prism does not start:\n{printed}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def violations(self, method, target, body, headers=None):
        """What is wrong with a request; empty when it is as the document says."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            headers = {**({"Content-Type": "application/json"} if body else {}), **(headers or {})}
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        # What Prism makes up as an answer is no matter here.
        wrong = [one for one in json.loads(answer.getheader("sl-violations") or "[]") if one["location"][0] == "request"]
        is_refused = answer.status in (401, 404, 405, 422) and "stoplight.io" in text
        return wrong or ([text] if is_refused else [])
