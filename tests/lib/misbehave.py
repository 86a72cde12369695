"""A server that misbehaves on demand, for tests of what talks to other servers. No dependencies.

    with Server(answer=sentry) as server:            # answer(request) -> Reply; the good one
        server.on("silent", "GET", r"/api/0/projects/")
        …
        server.requests                              # what came: method, path, headers, body

Which behaviour a request gets: the first rule of on() that fits its method and path; else what its path
asks for ("/~half/anything", "/~status:502/…"); else it is answered well. behave(name) is a rule for all.
The table BEHAVIOURS names them. Words behind a colon are arguments: "status:429:30", "redirect:http://…".

    python3 tests/lib/misbehave.py [--certificate PEM]

serves on a free port, prints its URL, and takes orders: `POST /-/on` {"name","method","path"}, `POST /-/clear`,
`GET /-/requests`.

TLS: Authority makes certificates with openssl: good, expired, for another name, of nobody. Unaccepting is a
port whose connections are never taken.
"""

import collections
import contextlib
import functools
import gzip
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

Request = collections.namedtuple("Request", "method path headers body")  # header names in lower case


class Reply:
    """A good answer. A body that is no bytes is sent as JSON."""

    def __init__(self, body=b"", status=200, headers=()):
        self.status, self.headers = status, list(headers)
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            self.headers.append(("Content-Type", "application/json"))
        self.body = body

    def head(self, length=None, extra=()):
        lines = [f"HTTP/1.1 {self.status} {'OK' if self.status < 300 else 'Told'}"]
        lines += [f"{name}: {value}" for name, value in [*self.headers, *extra]]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n"


class Exchange:
    """One request on its connection, for a behaviour to answer."""

    def __init__(self, server, connection, request, arguments):
        self.server, self.connection, self.request, self.arguments = server, connection, request, arguments
        self.reply = server.answer(request)

    def send(self, data):
        self.connection.sendall(data)

    def wait(self):
        """Until the other side has gone away or the server ends."""
        while not self.server.is_over.is_set():
            self.connection.settimeout(0.1)
            try:
                if not self.connection.recv(65536):
                    return
            except TimeoutError:
                pass

    def send_without_end(self, piece, pause=0.0):
        while not self.server.is_over.wait(pause) if pause else not self.server.is_over.is_set():
            self.send(piece)
            self.server.bytes_sent += len(piece)


# --- behaviours: True when the connection can be used further ------------------------------------------------

def good(exchange):
    body = exchange.reply.body if exchange.request.method != "HEAD" else b""
    exchange.send(exchange.reply.head(len(exchange.reply.body)) + body)
    return True


def silent(exchange):
    exchange.wait()


def late(exchange):
    """A good answer after so many seconds."""
    exchange.server.is_over.wait(float(exchange.arguments[0]))
    return good(exchange)


def slow_head(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    exchange.send_without_end(b"x", pause=0.2)


def drip(exchange):
    """A good head, and a byte of the body now and then."""
    exchange.send(exchange.reply.head(1000000))
    exchange.send_without_end(b" ", pause=0.2)


def half(exchange):
    body = exchange.reply.body
    exchange.send(exchange.reply.head(len(body) + 100) + body[: len(body) // 2])


def half_open(exchange):
    """Half of the body, and then nothing; the connection stays."""
    body = exchange.reply.body
    exchange.send(exchange.reply.head(len(body) + 100) + body[: len(body) // 2])
    exchange.wait()


def longer(exchange):
    """A body that goes on after its length."""
    body = exchange.reply.body
    exchange.send(exchange.reply.head(max(len(body) - 5, 0)) + body + b"and more")
    return True


def no_length(exchange):
    """A body that ends with the connection: good HTTP/1.0."""
    exchange.send(exchange.reply.head(extra=[("Connection", "close")]) + exchange.reply.body)


def two_lengths(exchange):
    exchange.send(exchange.reply.head(extra=[("Content-Length", "5"), ("Content-Length", "500")]) + exchange.reply.body)
    exchange.wait()


def negative_length(exchange):
    exchange.send(exchange.reply.head(-5) + exchange.reply.body)
    exchange.wait()


def chunked(exchange):
    """Good, in chunks of seven bytes."""
    body = exchange.reply.body
    pieces = [body[at: at + 7] for at in range(0, len(body), 7)]
    exchange.send(exchange.reply.head(extra=[("Transfer-Encoding", "chunked")]))
    exchange.send(b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n")
    return True


def half_chunked(exchange):
    exchange.send(exchange.reply.head(extra=[("Transfer-Encoding", "chunked")]) + b"ff\r\nonly this")


def bad_chunk(exchange):
    exchange.send(exchange.reply.head(extra=[("Transfer-Encoding", "chunked")]) + b"zz\r\nhello\r\n0\r\n\r\n")
    exchange.wait()


def garbage(exchange):
    exchange.send(b"\x00\xff\xfe not HTTP at all \r\n\r\n" * 20)


def old_http(exchange):
    """HTTP/0.9: a body alone."""
    exchange.send(b"[]")


def closed(exchange):
    pass


def reset(exchange):
    exchange.send(exchange.reply.head(1000) + b"[")
    time.sleep(0.05)
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def huge_length(exchange):
    """10 GB, announced and sent."""
    exchange.send(exchange.reply.head(10 * 1024**3))
    exchange.send_without_end(b"[" + b" " * 65535)


def huge_chunked(exchange):
    exchange.send(exchange.reply.head(extra=[("Transfer-Encoding", "chunked")]))
    exchange.send_without_end(b"10000\r\n" + b" " * 65536 + b"\r\n")


def huge_until_closed(exchange):
    exchange.send(exchange.reply.head(extra=[("Connection", "close")]))
    exchange.send_without_end(b" " * 65536)


@functools.cache
def packed_blanks(mebibytes, times):
    data = b" " * (mebibytes * 1024**2)
    for _ in range(times):
        data = gzip.compress(data, 9)
    return data


def bomb(exchange):
    """10 MB of gzip that is 10 GB of blanks."""
    data = packed_blanks(10, 1)
    exchange.send(exchange.reply.head(extra=[("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]))
    exchange.send_without_end(b"%x\r\n%s\r\n" % (len(data), data))


def nested_bomb(exchange):
    data = packed_blanks(64, 3)
    exchange.reply.headers.append(("Content-Encoding", "gzip, gzip, gzip"))
    exchange.send(exchange.reply.head(len(data)) + data)


def coding(exchange):
    """A content coding that was not asked for."""
    exchange.reply.headers.append(("Content-Encoding", exchange.arguments[0]))
    exchange.send(exchange.reply.head(len(exchange.reply.body)) + exchange.reply.body)


def packed(exchange, change):
    """The good answer as gzip, changed."""
    data = bytearray(gzip.compress(exchange.reply.body * 50))
    change(data)
    exchange.reply.headers.append(("Content-Encoding", "gzip"))
    exchange.send(exchange.reply.head(len(data)) + data)
    return True


def good_gzip(exchange):
    """The good answer, fifty times."""
    return packed(exchange, lambda data: None)


def broken_gzip(exchange):
    """With a wrong checksum."""
    return packed(exchange, lambda data: data.__setitem__(-8, data[-8] ^ 0xFF))


def half_gzip(exchange):
    """Ends early, and its Content-Length says the same."""
    return packed(exchange, lambda data: data.__delitem__(slice(len(data) // 2, None)))


def lying_gzip(exchange):
    """Says that it unpacks to fewer bytes than it does."""
    return packed(exchange, lambda data: data.__setitem__(slice(-4, None), b"\x05\0\0\0"))


def long_gzip(exchange):
    return packed(exchange, lambda data: data.extend(b"and more"))


def small_bomb(exchange):
    """100 MB in 100 KB."""
    data = packed_blanks(100, 1)
    exchange.reply.headers.append(("Content-Encoding", "gzip"))
    exchange.send(exchange.reply.head(len(data)) + data)


def endless_headers(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\n")
    exchange.send_without_end(b"".join(b"X-Header-%d: %s\r\n" % (n, b"x" * 100) for n in range(50)))


def long_header(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    exchange.send_without_end(b"x" * 4096)


def many_headers(exchange):
    exchange.reply.headers += [(f"X-{n}", "x") for n in range(1000)]
    return good(exchange)


def endless_continue(exchange):
    exchange.send_without_end(b"HTTP/1.1 100 Continue\r\n\r\n" * 20)


def redirect(exchange):
    """"redirect:URL", or "redirect:307:URL"."""
    arguments = ":".join(exchange.arguments)
    status, _, location = arguments.partition(":") if arguments[:3].isdigit() else ("302", "", arguments)
    exchange.reply = Reply(b"", int(status), [("Location", location)])
    return good(exchange)


def status(exchange):
    """"status:429", "status:429:30" with Retry-After."""
    code, *after = exchange.arguments
    exchange.reply = Reply({"detail": "told to"}, int(code), [("Retry-After", value) for value in after])
    return good(exchange)


def html(exchange):
    exchange.reply = Reply(b"<!doctype html>\n<title>Sign in</title>\n<p>Hello", 200, [("Content-Type", "text/html")])
    return good(exchange)


def empty(exchange):
    exchange.reply = Reply(b"")
    return good(exchange)


def broken_json(exchange):
    exchange.reply.body = b'{"id": "1", "name": '
    return good(exchange)


def wrong_shape(exchange):
    """JSON, but a list where there should be an object, and the other way round."""
    is_list = exchange.reply.body.lstrip().startswith(b"[")
    exchange.reply.body = b'{"unexpected": true}' if is_list else b'["unexpected", 1, null, {}]'
    return good(exchange)


def keys_missing(exchange):
    """Objects of the right shape without their members."""
    is_list = exchange.reply.body.lstrip().startswith(b"[")
    exchange.reply.body = b"[{}, {}]" if is_list else b"{}"
    return good(exchange)


def deep_json(exchange):
    exchange.reply.body = b"[" * 500000 + b"]" * 500000
    return good(exchange)


BEHAVIOURS = {
    function.__name__.replace("_", "-"): function
    for function in [
        good, silent, late, slow_head, drip, half, half_open, longer, no_length, two_lengths, negative_length, chunked,
        half_chunked, bad_chunk, garbage, old_http, closed, reset, huge_length, huge_chunked, huge_until_closed, bomb,
        small_bomb, nested_bomb, coding, good_gzip, broken_gzip, half_gzip,
        lying_gzip, long_gzip, endless_headers, long_header, many_headers, endless_continue, redirect,
        status, html, empty, broken_json, wrong_shape, keys_missing, deep_json,
    ]
}


# --- the server ---------------------------------------------------------------------------------------------------

class Server:
    """`tls` is the path of a PEM file with certificate and key, or None. The ssl.SSLContext made of it is
    `context`, which can be changed before start()."""

    def __init__(self, answer=None, tls=None, host="127.0.0.1", port=0):
        self.answer = answer or (lambda request: Reply({"path": request.path}))
        self.tls, self.host = tls, host
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(tls)
        self.rules, self.requests, self.connections, self.bytes_sent = [], [], 0, 0
        self.lock, self.is_over = threading.Lock(), threading.Event()
        self.port, self.open = port, set()

    def start(self):
        """Also once more after stop(), on the same port and with the same rules."""
        self.is_over.clear()
        self.listener = listen(self.host, self.port, 1000)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=[self.listener], daemon=True).start()
        return self

    def stop(self):
        """Nobody listens any more, and all connections are closed."""
        self.is_over.set()
        with self.lock:
            for one in [self.listener, *self.open]:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def url(self, path="", host=None):
        return f"{'https' if self.tls else 'http'}://{host or self.host}:{self.port}{path}"

    def on(self, behaviour, method=".*", path=".*", times=None):
        """`times`: for so many requests only. Later rules come first."""
        if behaviour.split(":")[0] not in BEHAVIOURS:
            raise ValueError(behaviour)
        with self.lock:
            self.rules.insert(0, [re.compile(method), re.compile(path), behaviour, times])

    def behave(self, behaviour):
        self.clear()
        self.on(behaviour)

    def clear(self):
        with self.lock:
            self.rules.clear()

    def requests_of(self, method, path):
        with self.lock:
            return [r for r in self.requests if re.fullmatch(method, r.method) and re.search(path, r.path)]

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                connection.settimeout(10)
                connection = self.context.wrap_socket(connection, server_side=True)
                connection.settimeout(None)
            with self.lock:
                self.open.add(connection)
            with connection, connection.makefile("rb") as stream:
                while self._serve_one(connection, stream):
                    connection.settimeout(None)
        except OSError:
            connection.close()
        with self.lock:
            self.open.discard(connection)

    def _serve_one(self, connection, stream):
        request = read_request(stream)
        if not request:
            return False
        if request == BAD_REQUEST:
            connection.sendall(Reply(b"", 400).head(0))
            return False
        with self.lock:
            is_order = request.path.startswith("/-/")
            if not is_order:
                self.requests.append(request)
            name, *arguments = self._behaviour(request).split(":")
        if is_order:
            return self._obey(connection, request)
        exchange = Exchange(self, connection, request, arguments)
        return BEHAVIOURS[name](exchange) and request.headers.get("connection") != "close"

    def _behaviour(self, request):
        for rule in self.rules:
            method, path, behaviour, times = rule
            if times == 0 or not method.fullmatch(request.method) or not path.search(request.path):
                continue
            if times:
                rule[3] -= 1
            return behaviour
        asked = re.match(r"/~([^/?]+)", request.path)
        return asked[1] if asked and asked[1].split(":")[0] in BEHAVIOURS else "good"

    def _obey(self, connection, request):
        order = json.loads(request.body or b"{}")
        answer = {}
        if request.path == "/-/on":
            self.on(order["name"], order.get("method", ".*"), order.get("path", ".*"), order.get("times"))
        elif request.path == "/-/clear":
            self.clear()
        elif request.path == "/-/requests":
            answer = [{**r._asdict(), "body": r.body.decode("utf-8", "replace")} for r in self.requests]
        reply = Reply(answer)
        connection.sendall(reply.head(len(reply.body)) + reply.body)
        return True


BAD_REQUEST = Request("", "", {}, b"")


def listen(host, port, backlog):
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=backlog)


def read_request(stream):
    """The next request; None at the end of the stream."""
    if stream.peek(1)[:1] == b"\x16":  # a TLS handshake
        return BAD_REQUEST
    line = stream.readline(65536)
    parts = line.decode("latin-1").split()
    if len(parts) != 3:
        return BAD_REQUEST if line else None
    headers = {}
    while (line := stream.readline(65536)) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(parts[0], parts[1], headers, body)


class Unaccepting:
    """A port on which nobody takes connections: they do not even become ready."""

    def __init__(self, port=0):
        self.port = port

    def __enter__(self):
        self.listener = listen("127.0.0.1", self.port, 0)
        self.port = self.listener.getsockname()[1]
        self.clients = []
        for _ in range(3):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", self.port))
            self.clients.append(client)
        time.sleep(0.1)
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()
        self.listener.close()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"


class Speechless(Server):
    """Takes connections and says nothing, not even a TLS handshake."""

    def _serve(self, connection):
        self.is_over.wait()
        connection.close()


def closed_port():
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Authority:
    """A certificate authority of a test's own, and what it signs. Files go when the test ends."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="culprit-certificates-"))
        self.certificate_file = str(self.directory / "authority.pem")
        self.key = str(self.directory / "authority.key")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                      "-out", self.certificate_file, "-days", "30", "-subj", "/CN=Authority of a test")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.directory)

    def certificate(self, names="IP:127.0.0.1,DNS:localhost", is_expired=False, is_self_signed=False):
        """The path of a file with certificate and key."""
        name = os.urandom(8).hex()
        base = self.directory / name
        (self.directory / f"{name}.cnf").write_text(f"subjectAltName={names}\nbasicConstraints=critical,CA:false\n")
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                      f"{name}.key", "-out", f"{name}.csr", "-subj", "/CN=Server of a test")
        signer = ["-signkey", f"{name}.key"] if is_self_signed else \
            ["-CA", self.certificate_file, "-CAkey", self.key, "-CAcreateserial"]
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.crt", "-days", "-1" if is_expired else "30",
                      "-extfile", f"{name}.cnf", *signer)
        path = base.with_suffix(".pem")
        path.write_bytes(base.with_suffix(".crt").read_bytes() + base.with_suffix(".key").read_bytes())
        return str(path)


def main(arguments):
    tls = arguments[1] if arguments[:1] == ["--certificate"] else None
    with Server(tls=tls) as server:
        print(server.url(), flush=True)
        sys.stdin.read()  # until whoever started it goes away


if __name__ == "__main__":
    main(sys.argv[1:])
