"""Broken requests: bytes in, worse bytes out. All chance comes from the given random.Random."""

import json
import re

HOSTILE_VALUES = [
    None, True, -1, 0, 1e308, -1e308, 2**63, -(2**63), 2**64, 10**400, 1.5, "", " ", "\x00",
    "\ud800", "\ufeff", "\u202e", "a" * 20000, "%s%n", "{{7*7}}", "<script>", "'; --", "../../x",
    [], {}, [[]], [None], {"": None}, {"values": [None, 1, "x", {}]}, ["x"] * 500,
    {"a" * 300: {"b": {"c": {"d": {"e": {"f": [1]}}}}}}, "2026-13-45T99:99:99Z", "0" * 32,
]
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "BREW", "get", "X" * 40]
PATHS = [
    "/", "/-/health", "/-/ready", "/-/metrics", "/-/nowhere", "/users/sign_in", "/users/sign_out",
    "/main/app/-/error_tracking", "/main/app/-/error_tracking/1/details", "/main/app/-/issues",
    "/main/app/-/issues/1", "/assets/app.css", "/api/0/projects/", "/api/0/issues/1/",
    "/api/0/projects/main/app/issues/", "/api/0/issues/1/events/", "/api/0/issues/1/events/latest/",
    "/api/0/projects/main/app/events/0123456789abcdef0123456789abcdef/", "/api/0/", "/api/1/security/",
]
QUERIES = [
    "query=is%3Aunresolved%20x", "query=%00", "query=is:", "query=" + "(" * 200, "limit=-1",
    "limit=99999999999999999999", "cursor=x", "cursor=0:0:0", "sort=%27", "statsPeriod=1e9d",
    "%ff=%fe", "&&&=&", "a=" + "%F0%9F%92%A9" * 30, "page=1&page=2", "status=nowhere",
]
HEADERS = [
    "Content-Length: 5", "Content-Length: x", "Transfer-Encoding: chunked", "Host: b",
    "Expect: 100-continue", "Connection: upgrade", "Upgrade: websocket", "Content-Encoding: gzip",
    "Content-Encoding: br", "Content-Encoding: x", "Range: bytes=0-", "X-Forwarded-For: ::1",
    "Authorization: Bearer \xff", "Authorization: Basic Og==", "Cookie: " + "a=b;" * 200,
    "X-Sentry-Auth: Sentry sentry_key=", "X-Sentry-Auth: " + "sentry_key=a," * 50, "Accept-Encoding: gzip;q=x",
    "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data; boundary=",
    "If-None-Match: \"x", "Origin: null", "Referer: " + "x" * 3000,
]


class Capture:
    """One recorded request, aimed at our project."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body


def load_captures(directory, project, key):
    captures = []
    for head in sorted(directory.glob("raw/*.headers")):
        lines = head.read_text("latin-1").splitlines()
        method, path, _ = lines[0].split(" ", 2)
        if method != "POST" or not re.match(r"/api/\d+/(envelope|store)/", path):
            continue
        path = re.sub(r"/api/\d+/", f"/api/{project}/", path)
        path = re.sub(r"sentry_key=[0-9a-f]+", f"sentry_key={key}", path)
        headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            if name.lower() in ("content-type", "content-encoding", "user-agent", "origin"):
                headers.append(f"{name}: {value.strip()}")
            if name.lower() == "x-sentry-auth":
                headers.append(re.sub(r"sentry_key=[0-9a-f]+", f"sentry_key={key}", line))
        body = head.with_suffix(".body").read_bytes()
        captures.append(Capture(method, path, headers, body))
        if any(header.lower().startswith("content-encoding") for header in headers):
            decoded = head.with_suffix(".decoded")
            plain = [h for h in headers if not h.lower().startswith("content-encoding")]
            if decoded.exists():
                captures.append(Capture(method, path, plain, decoded.read_bytes()))
    return [capture for capture in captures if len(capture.body) < 60000]


def request(method, path, headers, body):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines + ["", ""]).encode("latin-1", "replace") + body


def mutate_bytes(random, data, other):
    """One to eight small accidents."""
    data = bytearray(data)
    for _ in range(random.randint(1, 8)):
        at = random.randrange(len(data) + 1)
        kind = random.randrange(8)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << random.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = random.randrange(256)
        elif kind == 2:
            del data[at : at + random.randint(1, 64)]
        elif kind == 3:
            data[at:at] = random.randbytes(random.randint(1, 32))
        elif kind == 4:
            data[at:at] = data[at : at + random.randint(1, 200)]
        elif kind == 5:
            start = random.randrange(len(other) + 1)
            data[at:at] = other[start : start + random.randint(1, 400)]
        elif kind == 6:
            data[at:at] = random.choice([b"\r\n", b"\n", b"\0", b'"', b"{", b"[[[[", b"\xff", b"9" * 40])
        elif random.randrange(4) == 0:
            del data[at:]
    return bytes(data)


def mutate_value(random, value, depth=0):
    """Replaces something somewhere below by something else."""
    if depth > 12 or random.randrange(6) == 0 or not isinstance(value, (dict, list)) or not value:
        return random.choice(HOSTILE_VALUES)
    if isinstance(value, dict):
        key = random.choice(list(value))
        changed = dict(value)
        if random.randrange(12) == 0:
            changed[random.choice(["", "\x00", "a" * 400, "values", "type"])] = changed.pop(key)
        else:
            changed[key] = mutate_value(random, value[key], depth + 1)
        return changed
    at = random.randrange(len(value))
    return value[:at] + [mutate_value(random, value[at], depth + 1)] + value[at + 1 :]


def mutate_envelope(random, body):
    """Changes values inside the JSON of each line; lengths are wrong half of the time."""
    lines = body.split(b"\n")
    for i, line in enumerate(lines):
        if random.randrange(2) and line.startswith(b"{"):
            try:
                value = mutate_value(random, json.loads(line))
            except ValueError:
                continue
            lines[i] = json.dumps(value).encode("utf-8", "replace")
            if i and random.randrange(2):
                lines[i - 1] = re.sub(rb'"length": ?\d+', b'"length":%d' % len(lines[i]), lines[i - 1])
    return b"\n".join(lines)


def whole_request(random, captures):
    """A request whose framing is right; a connection can go on after it. Returns method, bytes."""
    kind = random.randrange(10)
    capture = random.choice(captures)
    if kind < 5:
        body = mutate_bytes(random, capture.body, random.choice(captures).body)
        return "POST", request("POST", capture.path, capture.headers, body)
    if kind < 8:
        plain = [h for h in capture.headers if not h.lower().startswith("content-encoding")]
        return "POST", request("POST", capture.path, plain, mutate_envelope(random, capture.body))
    method, path = random.choice(METHODS), random.choice(PATHS)
    if random.randrange(3) == 0:
        noise = "".join(f"%{byte:02x}" for byte in random.randbytes(random.randint(1, 20)))
        at = random.randrange(1, len(path) + 1)
        path = path[:at] + noise + path[at:]
    if random.randrange(2):
        path += "?" + random.choice(QUERIES)
    headers = random.sample(HEADERS[10:], random.randrange(3))
    body = mutate_bytes(random, b'{"status":"resolved"}', b"title=x&a=b") if method in ("POST", "PUT") else b""
    return method, request(method, path, headers, body)


def broken_request(random, captures):
    """Bytes after which the connection is of no use."""
    if random.randrange(3) == 0:
        return random.randbytes(random.randint(1, 1500))
    capture = random.choice(captures)
    headers = capture.headers + random.sample(HEADERS, random.randrange(4))
    bytes_ = request("POST", capture.path, headers, b"")
    return mutate_bytes(random, bytes_, random.choice(captures).body) + capture.body[:2000]
