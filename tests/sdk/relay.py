"""A TCP relay that records: SDKs talk to it, it talks to the server.

Bytes pass unchanged in both directions, so that the server sees exactly what
the SDK put on the wire, and the SDK exactly what the server answered. What
passed is kept per connection and read as HTTP afterwards.
"""

import base64
import gzip
import json
import socket
import threading
import zlib


class Relay:
    """Listens on a free port of 127.0.0.1 and connects to `upstream`."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.upstream)
            except OSError:
                client.close()
                continue
            connection = {"request": bytearray(), "response": bytearray()}
            self.connections.append(connection)
            for source, target, kept in ((client, server, connection["request"]),
                                         (server, client, connection["response"])):
                threading.Thread(target=_pump, args=(source, target, kept), daemon=True).start()

    def close(self):
        self.listener.close()

    def exchanges(self):
        """Returns [(request, response or None)] of everything that passed."""
        found = []
        for connection in self.connections:
            requests = list(messages(bytes(connection["request"])))
            responses = list(messages(bytes(connection["response"])))
            responses += [None] * (len(requests) - len(responses))
            found += zip(requests, responses)
        return found


def _pump(source, target, kept):
    try:
        while chunk := source.recv(65536):
            kept += chunk
            target.sendall(chunk)
    except OSError:
        pass
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Message:
    """One HTTP request or response: first line, headers by lower-case name, decoded body."""

    def __init__(self, start, headers, body):
        self.start = start
        self.headers = headers
        self.body = decode(body, headers.get("content-encoding", ""))

    @property
    def status(self):
        return int(self.start.split()[1])

    @property
    def path(self):
        return self.start.split()[1]

    @property
    def method(self):
        return self.start.split()[0]


def messages(data):
    """Splits a stream into its messages; an unfinished last one is left out."""
    while b"\r\n\r\n" in data:
        head, data = data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip()
                   for name, _, value in (line.partition(":") for line in lines[1:])}
        if "chunked" in headers.get("transfer-encoding", ""):
            body, data = read_chunks(data)
        else:
            length = int(headers.get("content-length", 0))
            if length > len(data):
                return
            body, data = data[:length], data[length:]
        yield Message(lines[0], headers, body)


def read_chunks(data):
    body = b""
    while data:
        size, data = data.split(b"\r\n", 1)
        length = int(size.split(b";")[0], 16)
        body, data = body + data[:length], data[length + 2:]
        if length == 0:
            break
    return body, data


def decode(body, encoding):
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "deflate":
        return zlib.decompress(body)
    if encoding == "br":
        import brotli  # Debian's python3-brotli
        return brotli.decompress(body)
    return body


def events(exchanges):
    """Returns [(event, response)] of every error event that was sent."""
    found = []
    for request, response in exchanges:
        if request.method != "POST":
            continue
        if "/store/" in request.path:
            found.append((read_stored(request.body), response))
        elif "/envelope/" in request.path:
            found += [(event, response) for event in read_envelope(request.body)]
    return found


def read_stored(body):
    if not body.startswith(b"{"):
        body = zlib.decompress(base64.b64decode(body))
    return json.loads(body)


def read_envelope(body):
    _, _, rest = body.partition(b"\n")
    while rest.strip():
        line, _, rest = rest.partition(b"\n")
        header = json.loads(line)
        length = header.get("length")
        if length is None:
            payload, _, rest = rest.partition(b"\n")
        else:
            payload, rest = rest[:length], rest[length + 1:]
        if header["type"] == "event":
            yield json.loads(payload)


def texts(event):
    """What an event says: its message and the values of its exceptions."""
    message = event.get("message") or event.get("logentry") or ""
    if isinstance(message, dict):
        message = message.get("formatted") or message.get("message") or ""
    thrown = event.get("exception") or []
    if isinstance(thrown, dict):
        thrown = thrown.get("values") or []
    return [message, *(item.get("value") for item in thrown)]


def answered_id(response):
    return response and json.loads(response.body).get("id")
