"""What senders without manners do. Each attack is a function that runs in a process of its own
and returns a Result."""

import collections
import os
import random
import re
import socket
import subprocess
import time
import zlib

import mutate
from culprit import read_answer, receive

# What docs/http.md, ingest.md, api.md and pages.md name. Failures of our own are not among them.
DOCUMENTED = {
    100, 200, 204, 303, 304, 400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 429, 431, 501, 503, 505,
}
BATCH = 16


class Result:
    def __init__(self):
        self.sent = 0
        self.statuses = collections.Counter()
        self.failures = []
        self.milliseconds = []  # the time of the answer, and what it took

    def note(self, status, context):
        self.statuses[status] += 1
        if status not in DOCUMENTED:
            self.fail(f"status {status} for {context[:300]!r}")

    def fail(self, text):
        if len(self.failures) < 20:
            self.failures.append(text)

    def add(self, other):
        self.sent += other.sent
        self.statuses.update(other.statuses)
        self.failures += other.failures
        self.milliseconds += other.milliseconds


class Target:
    """Where to send, for processes that do not own the server."""

    def __init__(self, server):
        self.address = (server.host, server.port)
        self.project, self.key = server.project, server.key
        self.store = f"/api/{self.project}/store/?sentry_version=7&sentry_key={self.key}"
        self.envelope = f"/api/{self.project}/envelope/?sentry_version=7&sentry_key={self.key}"

    def connect(self, timeout=20):
        connection = socket.create_connection(self.address, timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def exchange(self, data, timeout=30):
        """Sends, ends sending, and returns all that comes."""
        with self.connect(timeout) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has closed early and says why
            return receive(connection)


def statuses(received):
    return [int(status) for status in re.findall(rb"(?:^|\r\n\r\n|[^\r])HTTP/1\.1 (\d{3}) ", received)]


# --- random and mutated requests ---


def send_batch(target, chance, captures, result):
    batch = [mutate.whole_request(chance, captures) for _ in range(BATCH)]
    with target.connect() as connection:
        stream = connection.makefile("rb")
        try:
            connection.sendall(b"".join(data for _, data in batch))
        except OSError:
            pass
        answered, answer = 0, None
        for method, data in batch:
            try:
                answer = read_answer(stream, method)
            except ConnectionError:
                break
            except (OSError, ValueError, IndexError) as error:
                result.fail(f"{type(error).__name__} for {data[:300]!r}")
                break
            if answer is None:
                break
            result.note(answer.status, data)
            answered += 1
            if answer.headers.get("connection") == "close":
                break
        else:
            answer = None
        is_excused = answer is not None and answer.headers.get("connection") == "close"
        if answered < BATCH and not is_excused:
            result.fail(f"closed without a word after {answered} of {batch[answered][1][:300]!r}")
        result.sent += max(answered, 1)


def send_broken(target, chance, captures, result):
    data = mutate.broken_request(chance, captures)
    result.sent += 1
    try:
        for status in statuses(target.exchange(data)):
            result.note(status, data)
    except OSError as error:
        result.fail(f"{type(error).__name__} for {data[:300]!r}")


def fuzz(target, count, seed, directory):
    os.nice(10)
    chance = random.Random(seed)
    captures = mutate.load_captures(directory, target.project, target.key)
    result = Result()
    while result.sent < count and len(result.failures) < 20:
        if chance.randrange(4):
            send_batch(target, chance, captures, result)
        else:
            for _ in range(4):
                send_broken(target, chance, captures, result)
    return result


# --- bombs ---


def packed(command, size):
    """`size` zero bytes through a packing program."""
    head = subprocess.Popen(["head", "-c", str(size), "/dev/zero"], stdout=subprocess.PIPE)
    result = subprocess.run(command, stdin=head.stdout, capture_output=True, check=True)
    head.wait()
    return result.stdout


def deflated(size, window_bits):
    packer = zlib.compressobj(9, zlib.DEFLATED, window_bits)
    piece = b"\0" * (1 << 20)
    return b"".join(packer.compress(piece) for _ in range(size >> 20)) + packer.flush()


def make_bombs():
    """Names, codings and bodies; each unpacks to 512 MB."""
    size = 512 << 20
    gzip_bomb = deflated(size, 31)
    yield "gzip", "gzip", gzip_bomb
    yield "gzip in gzip", "gzip, gzip", zlib.compress(gzip_bomb, 9, 31)
    yield "gzip members in a row", "gzip", zlib.compress(b"\0" * (1 << 20), 9, 31) * 500
    yield "deflate", "deflate", deflated(size, 15)
    yield "raw deflate", "deflate", deflated(size, -15)
    yield "br", "br", packed(["brotli", "-c", "-q", "5", "--large_window=24", "-"], size)
    yield "br with a window of 16 MB", "br", packed(["brotli", "-c", "-q", "5", "-w", "24", "-"], size)
    yield "zstd", "zstd", packed(["zstd", "-c", "-q", "-1"], size)
    yield "zstd, long", "zstd", packed(["zstd", "-c", "-q", "-1", "--long=31"], size)


def send_bombs(target, bombs, rounds):
    """Each bomb alone and four at once; a Result and the statuses of each bomb."""
    os.nice(10)
    result, seen = Result(), {}
    for name, coding, body in bombs:
        headers = [f"Content-Encoding: {coding}", "Connection: close"]
        data = mutate.request("POST", target.envelope, headers, body)
        for _ in range(rounds):
            connections = [target.connect() for _ in range(4)]
            for connection in connections:
                try:
                    connection.sendall(data)
                except OSError:
                    pass
            for connection in connections:
                with connection:
                    for status in statuses(receive(connection)):
                        result.note(status, name.encode())
                        seen.setdefault(name, set()).add(status)
                result.sent += 1
    return result, seen


# --- depth and size ---


def deep_bodies():
    depth = 100_000
    yield "arrays", b"[" * depth + b"]" * depth
    yield "objects", b'{"a":' * depth + b"1" + b"}" * depth
    yield "arrays without end", b"[" * depth
    yield "in extra", b'{"message":"x","extra":{"a":' + b"[" * depth + b"]" * depth + b"}}"
    yield "in contexts", b'{"contexts":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    yield "in a frame's vars", (
        b'{"exception":{"values":[{"type":"E","stacktrace":{"frames":[{"vars":{"a":'
        + b"[" * depth + b"]" * depth + b"}}]}}]}}"
    )


def send_deep(target):
    os.nice(10)
    result, seen = Result(), {}
    for name, body in deep_bodies():
        envelope = b'{}\n{"type":"event","length":%d}\n' % len(body) + body + b"\n"
        header_envelope = body + b'\n{"type":"event"}\n{}\n'
        for path, data in ((target.store, body), (target.envelope, envelope),
                           (target.envelope, header_envelope)):
            received = target.exchange(mutate.request("POST", path, ["Connection: close"], data))
            for status in statuses(received):
                result.note(status, name.encode())
                seen.setdefault(name, set()).add(status)
            result.sent += 1
    return result, seen


def send_large_heads(target):
    os.nice(10)
    result = Result()
    start = b"GET /-/health HTTP/1.1\r\nHost: a\r\n"
    fillers = [b"X-Filler: " + b"x" * 1000 + b"\r\n", b"X: 1\r\n", b"x" * 1000, b"Cookie: a=b\r\n"]
    for filler in fillers:
        data = start + filler * ((10 << 20) // len(filler))
        for status in statuses(target.exchange(data)):
            result.note(status, filler[:40])
        result.sent += 1
    return result


# --- patience ---


class SlowSender:
    """A connection that sends one byte of a request at a time."""

    def __init__(self, target, data):
        self.data, self.at = data, 0
        self.connection = target.connect()
        self.connection.setblocking(False)
        self.received = b""
        self.is_closed = False

    def step(self):
        try:
            if self.at < len(self.data):
                self.connection.send(self.data[self.at : self.at + 1])
                self.at += 1
        except OSError:
            pass
        try:
            while not self.is_closed and (data := self.connection.recv(65536)):
                self.received += data
            self.is_closed = True
        except BlockingIOError:
            pass
        except OSError:
            self.is_closed = True


def send_slowly(target, count, seconds):
    """Heads and bodies at one byte a second."""
    os.nice(10)
    result = Result()
    head = b"GET /-/health HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 500
    senders = [SlowSender(target, head) for _ in range(count)]
    bodies = []
    for length in [500, 900_000] * (count // 2):  # heads at once; some announce much
        post = f"POST {target.store} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"
        bodies.append(SlowSender(target, b" " * 500))
        bodies[-1].connection.send(post.encode())
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for sender in senders + bodies:
            sender.step()
        time.sleep(1)
    for sender in senders + bodies:
        result.sent += 1
        got = statuses(sender.received)
        for status in got:
            result.note(status, b"slow sender")
        if got != [408] or not sender.is_closed:
            result.fail(f"a slow sender got {got} and was {'' if sender.is_closed else 'not '}closed")
        sender.connection.close()
    return result


def read_slowly(target, count, seconds):
    """Asks for much and reads nothing."""
    os.nice(10)
    result = Result()
    data = b"GET /-/metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 3000
    connections = [target.connect() for _ in range(count)]
    for connection in connections:
        connection.setblocking(False)
        try:
            connection.send(data)
        except BlockingIOError:
            pass
        result.sent += 1
    time.sleep(seconds)
    for connection in connections:
        connection.close()
    return result


# --- the good client ---


def behave(target, stop):
    """Sends an event or asks for the health every 10 ms until `stop` is set; times each answer."""
    result = Result()
    body = b'{"message":"from the good client","level":"error"}'
    requests = [
        mutate.request("POST", target.store, ["Content-Type: application/json"], body),
        mutate.request("GET", "/-/health", [], b""),
    ]
    connection = target.connect()
    stream = connection.makefile("rb")
    while not stop.is_set():
        data = requests[result.sent % 2]
        started = time.monotonic()
        connection.sendall(data)
        answer = read_answer(stream)
        ended = time.monotonic()
        result.milliseconds.append((ended, (ended - started) * 1000))
        result.sent += 1
        if answer is None or answer.status != 200:
            result.fail(f"the good client got {answer}")
            break
        time.sleep(0.01)
    connection.close()
    return result
