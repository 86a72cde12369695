"""Starts a Culprit of its own for a test, and talks to it.

    with Server() as server:
        answer = server.request("GET", "/-/health")
        tap.ok(answer.status == 200, "the server is alive")

The program is build/release/culprit, or what CULPRIT_BINARY names. Each server
has a fresh data directory and a port chosen by the system.
"""

import collections
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("CULPRIT_BINARY", str(ROOT / "build/release/culprit"))
START_SECONDS = 30


def shared(*parts):
    """A path below the directory of shared fixtures, or None when it is not there."""
    base = pathlib.Path(os.environ.get("CULPRIT_SHARED", ROOT.parent / "shared"))
    if not base.is_dir():
        base = ROOT.parent.parent / "shared"
    path = base.joinpath(*parts)
    return path if path.exists() else None


def is_sanitized():
    """Whether the program carries AddressSanitizer, whose memory says nothing about the program's own."""
    return b"__asan_init" in pathlib.Path(BINARY).read_bytes()


class Answer:
    """Status, headers (names in lower case; the first of each) and body of a response."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {}
        for name, value in headers:
            self.headers.setdefault(name.lower(), value)
        self.all_headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:200]!r}>"


class Server:
    def __init__(self, *arguments, data=None, listen="127.0.0.1:0", environment=None, binary=BINARY):
        self.arguments = list(arguments)
        self.is_own_data = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="culprit-test-"))
        self.listen = listen
        self.environment = {**os.environ, **(environment or {})}
        self.binary = binary
        self.process = None
        self.host, self.port = "127.0.0.1", 0
        self.lines = collections.deque(maxlen=10000)
        self.new_line = threading.Condition()

    # --- life ---

    def start(self):
        command = [self.binary, "serve", "--data", str(self.data), "--listen", self.listen]
        self.lines.clear()
        self.process = subprocess.Popen(
            command + self.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
        )
        threading.Thread(target=self._read, args=[self.process.stdout], daemon=True).start()
        if self.listen.startswith("unix:"):
            self.wait_for(r"listening")
        else:
            found = self.wait_for(r"(?:address=|http://(?:\w+@)?)\"?(127\.0\.0\.1|\[::1\]):([1-9]\d*)")
            self.host, self.port = found[1].strip("[]"), int(found[2])
        return self

    def _read(self, stream):
        for line in stream:
            with self.new_line:
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self.new_line.notify_all()
        with self.new_line:
            self.lines.append("(end of output)")
            self.new_line.notify_all()

    def wait_for(self, pattern, seconds=START_SECONDS):
        """The match of `pattern` in the first line of output that has it."""
        deadline = time.monotonic() + seconds
        with self.new_line:
            while True:
                for line in self.lines:
                    if found := re.search(pattern, line):
                        return found
                left = deadline - time.monotonic()
                if left <= 0 or self.process.poll() is not None and "(end of output)" in self.lines:
                    raise RuntimeError(f"no {pattern!r} in the output:\n{self.output}")
                self.new_line.wait(left)

    @property
    def output(self):
        return "\n".join(self.lines)

    def stop(self, seconds=30):
        """SIGTERM; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        """kill -9."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def close(self):
        if self.process:
            self.kill()
        if self.is_own_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    # --- what it says of itself ---

    @property
    def pid(self):
        return self.process.pid

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def dsn(self):
        """The DSN of the first start's project."""
        return self.wait_for(r"(https?://[0-9a-f]+@\S+/\d+)")[1]

    @property
    def key(self):
        return re.search(r"//([0-9a-f]+)@", self.dsn)[1]

    @property
    def project(self):
        return self.dsn.rsplit("/", 1)[1]

    @property
    def sign_in_link(self):
        """The one-time link of the first start."""
        return self.wait_for(r"(https?://\S+sign[-_]?in\S*)")[1]

    def memory(self):
        """Resident memory in bytes: now, and at its peak."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        value = lambda name: int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) * 1024
        return value("VmRSS"), value("VmHWM")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def cli(self, *arguments, input=None, check=True):
        """Runs a command on this server's data; what it printed."""
        result = subprocess.run(
            [self.binary, *arguments, "--data", str(self.data)],
            input=input, capture_output=True, text=True, env=self.environment, timeout=60,
        )
        if check and result.returncode:
            raise RuntimeError(f"{arguments}: {result.returncode}: {result.stderr}")
        return result.stdout if check else result

    # --- talking to it ---

    def request(self, method, path, body=None, headers=None, timeout=30):
        """One request on a connection of its own. A dict or list as the body is sent as JSON."""
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def json(self, method, path, body=None, token=None, headers=None):
        """The same with a bearer token; the decoded answer, which has to be a success."""
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        answer = self.request(method, path, body, headers)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer.json() if answer.body else None

    def send_event(self, event, project=None, key=None):
        """Stores one event given as a dict; the answer."""
        path = f"/api/{project or self.project}/store/?sentry_version=7&sentry_key={key or self.key}"
        return self.request("POST", path, event)

    def connect(self, timeout=30):
        connection = socket.create_connection((self.host, self.port), timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def raw(self, *pieces, timeout=30, pause=0.0, until_closed=True):
        """Sends exact bytes, and returns all bytes that come until the server closes."""
        with self.connect(timeout) as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause)
            except OSError:
                pass  # the server has closed early; its answer tells why
            return receive(connection) if until_closed else b""


def receive(connection):
    """All bytes until the other side closes."""
    received = bytearray()
    while True:
        try:
            data = connection.recv(65536)
        except ConnectionError:
            break
        if not data:
            break
        received += data
    return bytes(received)


def read_answer(stream, method="GET"):
    """The next response from a socket's makefile("rb"); None at its end."""
    line = stream.readline()
    if not line:
        return None
    status = int(line.split()[1])
    headers = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name, value.strip()))
    answer = Answer(status, headers, b"")
    if status >= 200 and method != "HEAD":
        answer.body = stream.read(int(answer.headers.get("content-length", 0)))
    return answer


class Tap:
    """Counts and prints results; end with sys.exit(tap.done())."""

    def __init__(self):
        self.count = 0
        self.failed = 0
        self.lock = threading.Lock()

    def ok(self, is_ok, what, detail=None):
        with self.lock:
            self.count += 1
            self.failed += not is_ok
            print(f"{'ok' if is_ok else 'not ok'} {self.count} - {what}", flush=True)
            if not is_ok and detail is not None:
                for line in str(detail).splitlines():
                    print(f"#   {line}", flush=True)
        return bool(is_ok)

    def equal(self, actual, expected, what):
        return self.ok(actual == expected, what, f"wanted {expected!r}\ngot    {actual!r}")

    def skip(self, what, why):
        with self.lock:
            self.count += 1
            print(f"ok {self.count} - {what} # SKIP {why}", flush=True)

    def diag(self, text):
        with self.lock:
            for line in str(text).splitlines():
                print(f"# {line}", flush=True)

    def done(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


if __name__ == "__main__":
    sys.exit("This is a module for tests.")
