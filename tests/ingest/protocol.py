"""Envelopes and old forms in every shape: item types, sizes and counts, keys in odd places, addresses in odd forms."""

import base64
import json
import urllib.parse
import zlib

from sender import Ledger, check_detail, envelope, new_id, tap

EVENT = b'{"message":"a"}'


def test_items(project):
    """Every type is answered 200; what is not kept is counted."""
    dropped = {
        "transaction": "transaction", "span": "span", "otel_span": "span", "log": "log_item", "otel_log": "log_item",
        "trace_metric": "trace_metric", "statsd": "metric_bucket", "metric_buckets": "metric_bucket",
        "profile": "profile", "profile_chunk": "profile", "replay_event": "replay", "replay_recording": "replay",
        "replay_video": "replay",
    }
    ledger = Ledger(project)
    for kind in dropped:
        answer = project.post(envelope((kind, {"type": kind, "data": "x" * 100})))
        tap.ok(answer.status == 200 and "x-sentry-rate-limits" not in answer.headers, f"an item of type {kind} is accepted", answer)
    wanted = {}
    for category in dropped.values():
        wanted[("filtered", category, "not_kept")] = wanted.get(("filtered", category, "not_kept"), 0) + 1
    tap.equal(ledger.gained(), wanted, "and counted as not kept")
    answer = project.post(envelope(("brand_new", b"\x00\xff\n"), ("event", {"message": "a"}), ("newer\u20ac", b""), event_id=(event_id := new_id())))
    tap.equal((answer.status, answer.json()), (200, {"id": event_id}), "unknown types do not disturb the event beside them")
    tap.equal(ledger.gained(), {("accepted", "error", ""): 1, ("filtered", "unknown", "unknown_type"): 2}, "and are counted")
    everything = project.post(envelope(*[(kind, {}) for kind in ("span", "log", "trace_metric", "profile", "replay_recording",
                                                                "client_report", "transaction")]))
    tap.equal((everything.status, everything.json()), (200, {}), "many dropped items in one envelope")


def test_transactions(project):
    ledger = Ledger(project)
    body = {"event_id": (event_id := new_id()), "type": "transaction", "transaction": "/checkout", "spans": []}
    for what, answer in {"store": project.post(body, "store"), "an envelope's event": project.post(envelope(("event", body)))}.items():
        tap.equal((answer.status, answer.json()), (200, {"id": event_id}), f"a transaction as {what} is accepted")
    tap.ok(not project.event(event_id), "and not kept")
    tap.equal(ledger.gained(), {("filtered", "transaction", "not_kept"): 2}, "but counted")


def test_filtered(project):
    """A filtered event is answered as if it were kept; what belongs to it falls with it, what does not is taken."""
    ledger = Ledger(project)
    crawler = {"message": "a", "request": {"headers": {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}}}
    report = {"discarded_events": [{"reason": "before_send", "category": "error", "quantity": 1}]}
    answer = project.post(envelope(("attachment", b"abc"), ("event", crawler), ("client_report", report), event_id=(event_id := new_id())))
    tap.equal((answer.status, answer.json()), (200, {"id": event_id}), "a filtered event is answered with its id")
    tap.ok(not project.event(event_id), "and is not there")
    tap.equal(ledger.gained(), {("filtered", "error", "web-crawlers"): 1, ("filtered", "attachment", "web-crawlers"): 1,
                                ("client_discard", "error", "before_send"): 1}, "its attachment is counted with it")


def test_counts_and_sizes(project):
    ledger = Ledger(project)
    check_in = {"check_in_id": new_id(), "monitor_slug": "m", "status": "ok"}
    once = {
        "events": [("event", {"message": "a"}), ("event", {"message": "b"})],
        "an event and a transaction": [("event", {"message": "a"}), ("transaction", {})],
        "an event and feedback": [("feedback", {}), ("event", {"message": "b"})],
        "check-ins": [("check_in", check_in), ("check_in", check_in)],
        "profiles": [("profile", {}), ("profile", {})],
        "log containers": [("log", {}), ("log", {})],
        "span containers": [("span", {}), ("span", {})],
        "metric containers": [("trace_metric", {}), ("trace_metric", {})],
        "101 sessions": [("session", {})] * 101,
    }
    for what, items in once.items():
        check_detail(project.post(envelope(*items)), 413, f"413: more than may be in one envelope: {what}")
    tap.equal(ledger.gained(), {("invalid", "error", "duplicate_item"): len(once)}, "counted as duplicate items")
    sizes = {"check_in": 100 * 1024, "client_report": 4 * 1024, "event": 1024 * 1024, "session": 1024 * 1024, "transaction": 1024 * 1024}
    for kind, limit in sizes.items():
        check_detail(project.post(envelope((kind, b" " * (limit + 1)))), 413, f"413: {kind} of more than {limit} bytes")
    tap.equal(ledger.gained(), {("invalid", "error", "too_large"): len(sizes)}, "counted as too large")
    report = json.dumps({"discarded_events": []}).encode()
    tap.equal(project.post(envelope(("client_report", report + b" " * (4096 - len(report))))).status, 200, "a client report of exactly 4 KiB")


def test_lines(project):
    def post(*lines):
        return project.post(b"\n".join(lines))

    good = {
        "a header with unknown members": [b'{"a":1,"trace":{"x":[1]}}', b'{"type":"event","b":2}', EVENT],
        "blanks before an item's header": [b"{}", b'  {"type":"session"}', b"{}", b' {"type":"event"}', EVENT],
        "a length of 0 at the end": [b"{}", b'{"type":"attachment","length":0}', b""],
        "a length of 0 and no newline": [b"{}", b'{"type":"attachment","length":0}'],
        "a length that is null": [b"{}", b'{"type":"event","length":null}', EVENT],
        "a payload that looks like items": [b"{}", b'{"type":"attachment","length":18}', b'{"type":"event"}\n{', b'{"type":"event"}', EVENT],
        "a header alone": [b"{}"],
        "an odd sent_at": [b'{"sent_at":"yesterday"}', b'{"type":"event"}', EVENT],
        "an odd event id": [b'{"event_id":"xyz"}', b'{"type":"event"}', EVENT],
        "a nil event id": [b'{"event_id":"' + b"0" * 32 + b'"}', b'{"type":"event"}', EVENT],
    }
    for what, lines in good.items():
        tap.equal(post(*lines).status, 200, f"accepted: {what}")
    bad = {
        "an empty line as header": [b"", b'{"type":"event"}', EVENT],
        "a header that is text": [b'"{}"', b'{"type":"event"}', EVENT],
        "a header of two objects": [b"{}{}", b'{"type":"event"}', EVENT],
        "an item's type that is a number": [b"{}", b'{"type":7}', EVENT],
        "a length of 1e99": [b"{}", b'{"type":"event","length":1e99}', EVENT],
        "a length of 2^64": [b"{}", b'{"type":"event","length":18446744073709551616}', EVENT],
        "a header of 70 KB": [b'{"a":"' + b"x" * 70000 + b'"}', b'{"type":"event"}', EVENT],
    }
    ledger = Ledger(project)
    for what, lines in bad.items():
        check_detail(post(*lines), 400, f"400: {what}")
    tap.equal(ledger.gained(), {("invalid", "error", "invalid_envelope"): len(bad)}, "counted as invalid envelopes")


def test_refusals_are_counted(project):
    ledger = Ledger(project)
    project.post(b"hello", headers={"Content-Encoding": "gzip"})
    project.post(envelope(("event", b"{")))
    project.post(envelope(("event", b"")))
    project.post(b"", "store")
    project.post(b"hello there!", "store")
    project.post(envelope(("event", {"message": "x"})), query="?sentry_key=" + "0" * 32)
    tap.equal(ledger.gained(), {("invalid", "error", "invalid_compression"): 1, ("invalid", "error", "invalid_json"): 1,
                                ("invalid", "error", "no_data"): 2, ("invalid", "error", "payload"): 1},
              "refusals are counted with their reason, unknown keys nowhere")
    body = envelope(("event", {"message": "twice"}), event_id=new_id())
    project.post(body)
    project.post(body)
    tap.equal(ledger.gained(), {("accepted", "error", ""): 1, ("invalid", "error", "duplicate"): 1}, "an event that comes twice is counted as a duplicate")
    report = {"timestamp": 1, "discarded_events": [
        {"reason": "queue_overflow", "category": "error", "quantity": 3},
        {"reason": "queue_overflow", "category": "error", "quantity": 4},
        {"reason": "made up", "category": "transaction_indexed", "quantity": 2},
        {"reason": "sample_rate", "category": "something new", "quantity": 1},
        {"reason": "", "category": "error", "quantity": 1}, {"reason": "negative", "category": "error", "quantity": -1},
        {"reason": "huge", "category": "error", "quantity": 10**15}, "nonsense", None],
        "rate_limited_events": [{"reason": "upstream", "category": "error", "quantity": 1}], "filtered_events": 7}
    tap.equal(project.post(envelope(("client_report", report))).status, 200, "a client report is accepted")
    tap.equal(ledger.gained(), {("client_discard", "error", "queue_overflow"): 7, ("client_discard", "transaction", "made up"): 2,
                                ("client_discard", "unknown", "sample_rate"): 1, ("rate_limited", "error", "upstream"): 1},
              "and adds what the client threw away")
    tap.equal(project.post(envelope(("client_report", b"["))).status, 200, "a malformed report does no harm")


def test_store_forms(project):
    def get(data, **headers):
        query = f"?sentry_key={project.key}&sentry_version=4&sentry_client=raven-js%2F1.0&sentry_data={data}"
        return project.post(None, "store", query=query, headers=headers, method="GET")

    def event():
        event_id = new_id()
        return event_id, json.dumps({"event_id": event_id, "message": "pixel ~~~ \u00fc>>>???"}).encode()

    event_id, body = event()
    answer = get(urllib.parse.quote(body))
    tap.ok(answer.status == 200 and answer.headers["content-type"] == "image/gif" and answer.headers["cache-control"] == "no-store"
           and len(answer.body) == 43 and answer.body.startswith(b"GIF89a"), "an event in an image's address is answered with the image",
           f"{answer} {answer.headers}")
    tap.ok(project.event(event_id), "and is there")
    for what, quote in {"": urllib.parse.quote, " with a bare plus": lambda text: text.decode().replace("=", "%3D")}.items():
        while not (coded := base64.b64encode(zlib.compress((made := event())[1]))).rstrip(b"=").endswith(b"+"):
            pass
        tap.ok(get(quote(coded)).status == 200 and project.event(made[0]), f"sentry_data as base64 of zlib{what}")
    check_detail(get(""), 400, "400: sentry_data is empty")
    check_detail(get("hello"), 400, "400: sentry_data is none")

    server = project.server
    header = {"X-Sentry-Auth": f"Sentry sentry_version=3, sentry_key={project.key}"}
    event_id, body = event()
    answer = server.request("POST", "/api/store/", body, header)
    tap.ok(answer.json() == {"id": event_id} and project.event(event_id), "POST /api/store/: the key says which project")
    check_detail(server.request("POST", "/api/store/", body), 401, "401: POST /api/store/ without a key")
    check_detail(server.request("POST", "/api/store/", body, {"X-Sentry-Auth": "Sentry sentry_key=" + "1" * 32}), 403,
                 "403: POST /api/store/ with an unknown key")


def test_addresses(project):
    server, query = project.server, f"?sentry_key={project.key}"
    paths = [f"/api/{project.id}/envelope", f"/api/{project.id}/envelope/", f"//api//{project.id}///envelope//",
             f"/api/{project.id}//envelope/"]
    for path in paths:
        tap.equal(server.request("POST", path + query, envelope(("event", {"message": "slash"}))).status, 200, f"slashes: {path}")
    for path in (f"/api/{project.id}/", f"/api/{project.id}/nothing/", "/api/", "/api/relay/healthcheck/"):
        answer = server.request("POST", path + query, EVENT)
        tap.ok(answer.status in (404, 405) and answer.json()["detail"], f"no such endpoint: {path}", answer)
    answer = server.request("GET", f"/api/{project.id}/envelope/{query}")
    tap.ok(answer.status == 405 and "POST" in answer.headers.get("allow", ""), "405: GET on the envelope endpoint", answer)
    for kind in ("live", "ready"):
        answer = server.request("GET", f"/api/relay/healthcheck/{kind}/")
        tap.equal((answer.status, answer.json()), (200, {"is_healthy": True}), f"the health check {kind} of a Relay")


def test_auth(project):
    def post(**headers):
        return project.post(envelope(("event", {"message": "auth"})), query="", headers={name.replace("_", "-"): value for name, value in headers.items()})

    encoded = "".join(f"%{ord(digit):02x}" for digit in project.key)
    good = {
        "a percent-encoded key": f"Sentry sentry_key={encoded}, sentry_version=7",
        "a percent-encoded client": f"Sentry sentry_key={project.key}, sentry_client=my%2Fsdk%201",
        "capitals, blanks and commas": f"SENTRY   ,, sentry_key = {project.key} ,,sentry_version=7,",
        "a prefix of other fields": f"Sentry sentry_timestamp=1.5, sentry_key={project.key}",
    }
    for version in ("2", "2.0", "3", "4", "5", "6", "7"):
        good[f"version {version}"] = f"Sentry sentry_key={project.key}, sentry_version={version}"
    for what, header in good.items():
        tap.equal(post(X_Sentry_Auth=header).status, 200, f"auth: {what}")
    for version in ("0", "1", "8", "-7", "seven", "77"):
        check_detail(post(X_Sentry_Auth=f"Sentry sentry_key={project.key}, sentry_version={version}"), 400, f"400: version {version}")
    header = f"Sentry sentry_key={project.key}"
    check_detail(post(X_Sentry_Auth=header, Authorization=header), 401, "401: both headers")
    check_detail(post(X_Sentry_Auth="Sentry key=" + project.key), 401, "401: names without their prefix")


def run(project):
    test_items(project)
    test_transactions(project)
    test_filtered(project)
    test_counts_and_sizes(project)
    test_lines(project)
    test_refusals_are_counted(project)
    test_store_forms(project)
    test_addresses(project)
    test_auth(project)
