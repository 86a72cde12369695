"""The collectors: what SDKs post that were set up for GitLab's error tracking, sent by hand and by real SDKs."""

import gzip
import json
import os
import pathlib
import shutil
import subprocess
import uuid
import zlib

import brotli

from browser import Person
from culprit import shared
from scene import HERE, tap

COLLECTORS = ("/api/v4/error_tracking/collector", "/errortracking/api/v1/projects")
# An id that GitLab had given; none of ours.
FOREIGN_ID = 30451
SDK = HERE.parent / "sdk"


def envelope(*items, **header):
    lines = [json.dumps(header)]
    for kind, payload in items:
        lines += [json.dumps({"type": kind}), json.dumps(payload)]
    return ("\n".join(lines) + "\n").encode()


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


def auth(key):
    return {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={key}"}


def is_taken(answer, event_id, what):
    tap.ok(answer.status == 200 and answer.json() == {"id": event_id}, what, answer)


def test_by_hand(site, key):
    before = site.titles("other/secret")
    for collector in COLLECTORS:
        post = lambda path, body, headers=None, **more: site.server.request(
            "POST", f"{collector}/api/{more.get('id', FOREIGN_ID)}/{path}", body, {**auth(key), **(headers or {})})
        for path in ("store", "store/"):
            event = {"event_id": uuid.uuid4().hex, "message": f"{collector} {path}"}
            is_taken(post(path, event), event["event_id"], f"{collector} {path}")
            tap.ok(event["message"] in site.titles(), "and is shown")
        for path in ("envelope", "envelope/"):
            event = {"event_id": uuid.uuid4().hex, "message": f"{collector} {path}"}
            is_taken(post(path, envelope(("event", event))), event["event_id"], f"{collector} {path}")
            tap.ok(event["message"] in site.titles(), "and is shown")
        for coding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstd)):
            event = {"event_id": uuid.uuid4().hex, "message": f"{collector} {coding}"}
            is_taken(post("envelope/", pack(envelope(("event", event))), {"Content-Encoding": coding}), event["event_id"],
                     f"{collector} {coding}")
        event = {"event_id": uuid.uuid4().hex, "message": f"{collector} many items"}
        is_taken(post("envelope/", envelope(("client_report", {}), ("event", event), ("sessions", {"aggregates": []}))),
                 event["event_id"], "an envelope with other items before the event")
        event["event_id"] = uuid.uuid4().hex
        dsn = f"https://{key}@gitlab.example.org{collector}/{FOREIGN_ID}"
        is_taken(post("envelope/", envelope(("event", event), dsn=dsn)), event["event_id"], "with the old DSN in the envelope")
        event["event_id"] = uuid.uuid4().hex
        is_taken(site.server.request("POST", f"{collector}/api/{FOREIGN_ID}/envelope/", envelope(("event", event), dsn=dsn)),
                 event["event_id"], "with the key in it alone, as tunnels send")
        other = post("envelope/", envelope(("event", event), dsn=dsn.replace(key, site.key)))
        tap.equal(other.status, 400, "but not with another key in it")
        for id in ("1", "0", "x", site.other_project, "99999999999999999999"):
            event["event_id"] = uuid.uuid4().hex
            is_taken(post("store/", event, id=id), event["event_id"], f"the key says which project, not the id {id}")
        tap.equal(site.titles("other/secret"), before, "nothing came to the project of that id")
        for wrong, status in (({}, 401), (auth(key[5:]), 403), (auth(key.upper()), 403), (auth("x" * 500), 403)):
            answer = site.server.request("POST", f"{collector}/api/1/store/", event, wrong)
            tap.ok(answer.status == status and answer.headers["access-control-allow-origin"] == "*",
                   f"{status} with {str(wrong)[:60]}", answer)
        for path in ("store", "envelope/"):
            answer = site.server.request("OPTIONS", f"{collector}/api/{FOREIGN_ID}/{path}", headers={
                "Origin": "https://shop.example", "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "x-sentry-auth"})
            tap.ok(answer.status == 200 and "x-sentry-auth" in answer.headers["access-control-allow-headers"],
                   f"preflight of {path}", answer)
        answer = site.server.request("POST", f"{collector}/api/1/unknown/", event, auth(key))
        tap.ok(answer.status == 404 and answer.headers["access-control-allow-origin"] == "*", "404 of what is not there", answer)
        tap.equal(site.server.request("GET", f"{collector}/api/1/store/").status, 405, "405 for GET")
        tap.equal(post("envelope/", b"no envelope").status, 400, "400 for what is no envelope")


def test_whole_key(site, key):
    """A key is all of its text: the same digits without the prefix are another key."""
    digits = key.removeprefix("glet_")
    site.server.cli("key", "add", "other/secret", "--public-key", digits)
    event = {"event_id": uuid.uuid4().hex, "message": "to the other project"}
    answer = site.server.request("POST", f"{COLLECTORS[0]}/api/1/store/", event, auth(digits))
    is_taken(answer, event["event_id"], "the digits of a key are a key of their own")
    tap.ok(event["message"] in site.titles("other/secret") and event["message"] not in site.titles(), "of another project")
    for path, status in (("/api/1/store/", 200), (f"/api/{site.other_project}/store/", 403)):
        event["event_id"] = uuid.uuid4().hex
        tap.equal(site.server.request("POST", path, event, auth(key)).status, status,
                  f"on our own endpoints the id still has to be the key's: {path}")


def test_limits(site, key):
    """A key's rate limit, and switching it off, hold as on our own endpoints."""
    id = next(k["id"] for k in site.mara("GET", "/projects/1/error_tracking/client_keys").json() if k["public_key"] == key)
    person = Person(site.server)
    person.get(site.server.sign_in_link[len(site.server.url):])
    send = lambda: site.server.request("POST", f"{COLLECTORS[0]}/api/{FOREIGN_ID}/store/", {"message": "often"}, auth(key))
    person.post("/main/app/-/settings/limits/keys", id=id, count=0, window=60)
    answer = send()
    tap.ok(answer.status == 429 and "key_quota" in answer.headers["x-sentry-rate-limits"], "429 over the key's limit", answer)
    person.post("/main/app/-/settings/limits/keys", id=id, count=0, window=0)
    tap.equal(send().status, 200, "200 without one")
    person.post("/main/app/-/settings/operations/keys", id=id, action="disable")
    tap.equal(send().status, 403, "403 for a key that is switched off")
    listed = site.mara("GET", "/projects/1/error_tracking/client_keys").json()
    tap.equal([k["active"] for k in listed if k["id"] == id], [False], "which is listed as such")
    person.post("/main/app/-/settings/operations/keys", id=id, action="enable")
    tap.equal(send().status, 200, "and works again")


def test_recorded_events(site, key):
    folder = shared("data", "gitlab", "events")
    if not folder:
        return tap.skip("events recorded by GitLab", "the shared fixtures are not here")
    for path in sorted(folder.glob("*.json")):
        event = json.loads(path.read_text())
        event["event_id"] = uuid.uuid4().hex
        for where, body in (("store/", json.dumps(event).encode()), ("envelope/", envelope(("event", event)))):
            answer = site.server.request("POST", f"{COLLECTORS[0]}/api/{FOREIGN_ID}/{where}", body, auth(key))
            is_taken(answer, event["event_id"], f"{path.name} to {where}")
        exceptions = event["exception"]
        values = exceptions["values"] if isinstance(exceptions, dict) else exceptions
        shown = site.latest_event(next((title for title in site.titles() if title.startswith(values[-1]["type"] or "?")), ""))
        tap.ok(shown and shown["eventID"] == event["event_id"], f"{path.name} is shown", site.titles())
        if not shown:
            continue
        entries = {entry["type"]: entry["data"] for entry in shown["entries"]}
        tap.equal(len(entries["exception"]["values"]), len(values), f"{path.name}: all its exceptions")
        traces = [value["stacktrace"] for part in ("exception", "threads") for value in entries.get(part, {}).get("values", [])
                  if value.get("stacktrace")]
        tap.ok(traces and all(trace["frames"] for trace in traces), f"{path.name}: with a stack trace")


def play(command, dsn, folder, environment):
    return subprocess.run(command, cwd=folder, env={**environment, "SENTRY_DSN": dsn}, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=90)


def test_sdks(site, folder, environment):
    """Programs with GitLab's DSN, of which only the host is another."""
    programs = [("sentry_sdk", ["/usr/bin/python3", str(SDK / "python/shop.py")], {})]
    if folder:
        shutil.copy(SDK / "javascript/shop_node.mjs", folder)
        programs.append(("@sentry/node", ["node", str(folder / "shop_node.mjs")], {"SENTRY_PACKAGE": "@sentry/node"}))
    else:
        tap.skip("@sentry/node", environment)
    for name, command, more in programs:
        for collector in COLLECTORS:
            project = f"main/{uuid.uuid4().hex[:8]}x"
            site.server.cli("project", "create", project)
            own_key = f"glet_{uuid.uuid4().hex}"
            site.server.cli("key", "add", project, "--public-key", own_key)
            dsn = f"{site.server.url.replace('//', f'//{own_key}@')}{collector}/{FOREIGN_ID}"
            result = play(command, dsn, pathlib.Path("/tmp"), {**(environment if folder else os.environ), **more})
            titles = sorted(site.titles(project))
            tap.equal(titles, ["OrderError: order 17 cannot be placed", "OrderError: payment service is down", "stock is low"],
                      f"{name} with {collector}: its errors are shown")
            if len(titles) != 3:
                tap.diag(result.stdout[-2000:] + result.stderr[-2000:])


def run(site, key, folder, environment):
    test_by_hand(site, key)
    test_whole_key(site, key)
    test_limits(site, key)
    test_recorded_events(site, key)
    test_sdks(site, folder, environment)
