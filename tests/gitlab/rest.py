"""The REST endpoints, as scripts use them."""

import re
import sqlite3
import threading
import uuid

from culprit import Server
from scene import Client, is_answer, tap

SETTINGS = "/projects/1/error_tracking/settings"
KEYS = "/projects/1/error_tracking/client_keys"
UNAUTHORIZED = {"message": "401 Unauthorized"}
FORBIDDEN = {"message": "403 Forbidden"}
NO_PROJECT = {"message": "404 Project Not Found"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_who_may_ask(site):
    server, token = site.server, site.mara.token
    for headers in ({}, {"PRIVATE-TOKEN": "wrong"}, {"Authorization": "Bearer wrong"}, {"PRIVATE-TOKEN": ""},
                    {"Authorization": f"Basic {token}"}, {"JOB-TOKEN": token}):
        is_answer(Client(server, **headers)("GET", SETTINGS), 401, UNAUTHORIZED, f"401 with {headers or 'nothing'}")
    for headers in ({"PRIVATE-TOKEN": token}, {"Private-Token": f" {token} "}, {"Authorization": f"Bearer {token}"}):
        tap.equal(Client(server, **headers)("GET", SETTINGS).status, 200, f"200 with {list(headers)}")
    for name in ("private_token", "access_token"):
        for client in (Client(server), site.mara):
            answer = client("GET", f"{SETTINGS}?{name}={token}")
            tap.ok(answer.status == 401 and "PRIVATE-TOKEN" in answer.json()["message"],
                   f"401 with {name} in the address, and why", answer)
            tap.ok(token not in answer.text, "... which is not repeated")
    scope = {"error": "insufficient_scope", "scope": "project:write",
             "error_description": "The request requires higher privileges than provided by the access token."}
    reader = Client(server, site.token("mara", "project:read"))
    tap.equal(reader("GET", SETTINGS).status, 200, "project:read reads")
    for method, path in (("PATCH", SETTINGS), ("PUT", SETTINGS), ("POST", KEYS), ("DELETE", f"{KEYS}/1")):
        is_answer(reader(method, path, {"active": True, "integrated": True}), 403, scope, f"project:read: {method}")
    is_answer(Client(server, site.token("mara", "event:write"))("GET", SETTINGS), 403,
              {**scope, "scope": "project:read"}, "event:write does not read")
    for method, path in (("GET", SETTINGS), ("PATCH", SETTINGS), ("PUT", SETTINGS), ("GET", KEYS), ("POST", KEYS),
                         ("DELETE", f"{KEYS}/1")):
        body = {"active": True, "integrated": True} if method in ("PATCH", "PUT") else None
        is_answer(site.dora(method, path, body), 403, FORBIDDEN, f"a developer may not: {method}")
        is_answer(site.gus(method, path, body), 403, FORBIDDEN, f"nor a guest: {method}")
        for other in (site.other_project, "other%2Fsecret", "999", "main%2Fnone", "none", "%2F", "main%2F1%2F2",
                      "99999999999999999999", "-1", "main%252Fapp", "main%2Fapp%00"):
            elsewhere = path.replace("/projects/1/", f"/projects/{other}/")
            is_answer(site.mara(method, elsewhere, body), 404, NO_PROJECT, f"{method} of {other} is not there")


def test_settings(site):
    url = site.server.url
    wanted = {"active": True, "project_name": "App", "sentry_external_url": f"{url}/main/app",
              "api_url": f"{url}/api/0/projects/main/app/", "integrated": True}
    is_answer(site.mara("GET", SETTINGS), 200, wanted, "settings")
    is_answer(site.mara("GET", SETTINGS.replace("1", "main%2Fapp")), 200, wanted, "by the project's path")
    is_answer(site.mara("GET", SETTINGS + "/"), 200, wanted, "with a slash at the end")
    tap.equal(site.server.request("GET", f"/api/0/projects/main/app/", headers={
        "Authorization": f"Bearer {site.mara.token}"}).status, 200, "api_url is where Sentry's API is")
    part = "--b\r\nContent-Disposition: form-data; name=\"active\"\r\n\r\ntrue\r\n--b--\r\n"
    for how, path, body, headers in (
            ("JSON", "", {"active": True}, {}), ("a word in JSON", "", {"active": "yes"}, {}),
            ("a number in JSON", "", {"active": 1}, {}), ("the query", "?active=true", None, {}),
            ("a form", "", b"active=1", FORM), ("an empty body and the query", "?active=T", b"", FORM),
            ("a multipart form", "", part.encode(), {"Content-Type": "multipart/form-data; boundary=b"}),
            ("the body before the query", "?active=false", {"active": True}, {}),
            ("both", "", {"active": True, "integrated": True}, {}), ("more", "", {"active": True, "x": [1]}, {})):
        is_answer(site.mara("PATCH", SETTINGS + path, body, headers), 200, wanted, f"PATCH: active by {how}")
    is_answer(site.mara("PUT", SETTINGS, {"active": True, "integrated": True}), 200, wanted, "PUT: both")


def test_switch(site):
    """Error tracking off and on: what SDKs send is refused and taken."""
    server, settings = site.server, lambda: site.mara("GET", SETTINGS).json()
    ways = ("/api/1/store/", "/api/v4/error_tracking/collector/api/7/store/", "/errortracking/api/v1/projects/api/7/store/")
    send = lambda: [server.request("POST", f"{way}?sentry_key={site.key}", {"message": "m"}) for way in ways]
    answer = site.mara("PATCH", SETTINGS, {"active": False})
    tap.ok(answer.status == 200 and answer.json()["active"] is False and settings()["active"] is False, "switched off", answer)
    refused = send()
    tap.ok(all(one.status == 403 and "Error tracking is off" in one.json()["detail"] for one in refused), "SDKs are refused", refused)
    tap.equal(site.admin("GET", f"/projects/{site.other_project}/error_tracking/settings").json()["active"], True,
              "another project is as it was")
    tap.equal(server.request("POST", f"/api/{site.other_project}/store/?sentry_key={site.other_key}", {"message": "m"}).status, 200,
              "and takes events")
    answer = site.mara("PUT", SETTINGS, {"active": "1", "integrated": "true"})
    tap.ok(answer.status == 200 and settings() == answer.json() and answer.json()["active"], "switched on", answer)
    tap.equal([one.status for one in send()], [200, 200, 200], "SDKs are let in again")
    for method, body in (("PATCH", {"active": True, "integrated": False}), ("PUT", {"active": True, "integrated": False})):
        answer = site.mara(method, SETTINGS, body)
        tap.ok(answer.status == 400 and "address of your Sentry" in answer.json()["error"], f"{method}: no Sentry is connected", answer)
    tap.equal((settings()["active"], settings()["integrated"]), (True, True), "and nothing has changed")


def test_connected():
    """A project whose errors come from a Sentry."""
    with Server() as server:
        key = server.key
        token = server.cli("token", "create", "admin", "--scope", "project:write").split()[-1]
        server.stop()
        database = sqlite3.connect(server.data / "culprit.db")
        database.execute("INSERT INTO connection(project_id, is_active, kind, url, token, organization_slug, organization_name, "
                         "project_slug, project_name, remote_project_id, changed_ms) "
                         "VALUES(1, 1, 1, 'https://sentry.example.org', x'00', 'o', 'O', 'p', 'P', 42, 1)")
        database.commit()
        database.close()
        server.start()
        ask = Client(server, token)
        wanted = {"active": True, "project_name": "P", "sentry_external_url": "https://sentry.example.org/o/p",
                  "api_url": "https://sentry.example.org/api/0/projects/o/p/", "integrated": False}
        is_answer(ask("GET", SETTINGS), 200, wanted, "connected: settings")
        is_answer(ask("PATCH", SETTINGS, {"active": False}), 200, {**wanted, "active": False}, "switched off")
        is_answer(ask("PUT", SETTINGS, {"active": True, "integrated": False}), 200, wanted, "and on")
        tap.equal(server.send_event({"message": "m"}, project="1", key=key).status, 200, "events that come here are kept all the same")
        answer = ask("PATCH", SETTINGS, {"active": True, "integrated": True})
        tap.ok(answer.status == 200 and answer.json()["integrated"] and answer.json()["project_name"] == "App", "to this server", answer)
        is_answer(ask("PATCH", SETTINGS, {"active": True, "integrated": False}), 200, wanted, "and back: the connection was kept")


def test_wrong_settings(site):
    for body, error in (({}, "active is missing"), ({"active": None}, "active is empty"), ({"active": ""}, "active is empty"),
                        ({"active": "maybe"}, "active is invalid"), ({"active": []}, "active is invalid"),
                        ({"active": {}}, "active is invalid"), ({"active": 2}, "active is invalid"),
                        ({"active": True, "integrated": "x"}, "integrated is invalid"),
                        ({"integrated": 1.5}, "active is missing, integrated is invalid")):
        is_answer(site.mara("PATCH", SETTINGS, body), 400, {"error": error}, f"PATCH {body}")
    for body, error in (({}, "active is missing, integrated is missing"), ({"active": True}, "integrated is missing"),
                        ({"integrated": True}, "active is missing"),
                        ({"active": None, "integrated": []}, "active is empty, integrated is invalid")):
        is_answer(site.mara("PUT", SETTINGS, body), 400, {"error": error}, f"PUT {body}")
    for what, body, headers in (("no JSON", b"{", {}), ("a list", b"[]", {}), ("text", b"\"x\"", {}),
                                ("deep JSON", b"[" * 30000, {}), ("any bytes", bytes(range(256)), {}),
                                ("XML", b"<a/>", {"Content-Type": "application/xml"}),
                                ("no boundary", b"--b--", {"Content-Type": "multipart/form-data"}),
                                ("half a form", b"--b\r\nContent-Disp", {"Content-Type": "multipart/form-data; boundary=b"})):
        headers = {"Content-Type": "application/json", **headers}
        answer = site.mara("PATCH", SETTINGS, body, headers)
        tap.ok(answer.status == 400 and set(answer.json()) & {"error", "message"}, f"400 for {what}", answer)
    answer = site.mara("PATCH", SETTINGS, b" " * 70000, {"Content-Type": "application/json"})
    tap.ok(answer.status == 413 and "message" in answer.json(), "413 for a large body", answer)
    is_answer(site.mara("POST", SETTINGS), 405, {"message": "405 Method Not Allowed"}, "405")
    is_answer(site.mara("GET", "/projects/1/error_tracking"), 404, {"message": "404 Not Found"}, "404")
    tap.equal(site.mara("GET", SETTINGS).json()["active"], True, "nothing has changed")


def test_keys(site):
    server = site.server
    first = site.mara("GET", KEYS)
    keys = first.json()
    dsn = lambda key: f"{server.url.replace('//', f'//{key}@')}/api/v4/error_tracking/collector/1"
    is_answer(first, 200, [{"id": 1, "active": True, "public_key": site.key, "sentry_dsn": dsn(site.key)}], "the first key")
    answer = site.mara("POST", KEYS)
    made = answer.json()
    tap.ok(answer.status == 201 and set(made) == set(keys[0]) and made["active"], "a key is made", answer)
    tap.equal(made["sentry_dsn"], dsn(made["public_key"]), "with a DSN")
    is_answer(site.mara("GET", KEYS), 200, keys + [made], "both are listed")
    sent = lambda: server.send_event({"message": "x"}, key=made["public_key"], project="1").status
    tap.equal(sent(), 200, "the new key works at once")
    is_answer(site.mara("DELETE", f"/projects/main%2Fapp/error_tracking/client_keys/{made['id']}"), 204, None, "it is deleted")
    tap.equal(sent(), 403, "and works no more")
    is_answer(site.mara("DELETE", f"{KEYS}/{made['id']}"), 404, {"message": "404 Not found"}, "once only")
    is_answer(site.mara("DELETE", f"{KEYS}/x"), 400, {"error": "key_id is invalid"}, "an id is a number")
    is_answer(site.mara("DELETE", f"{KEYS}/99999999999999999999"), 400, {"error": "key_id is invalid"}, "a small one")
    other = site.admin("GET", f"/projects/{site.other_project}/error_tracking/client_keys").json()[0]
    is_answer(site.mara("DELETE", f"{KEYS}/{other['id']}"), 404, {"message": "404 Not found"},
              "a key of another project is not there")
    tap.equal(len(site.admin("GET", f"/projects/{site.other_project}/error_tracking/client_keys").json()), 1, "and stays")
    tap.ok(re.search(r'"first".*"last"', first.headers["link"]), "pages are linked")


def test_pages(site):
    for _ in range(24):
        site.mara("POST", KEYS)
    everything = site.mara("GET", KEYS + "?per_page=100").json()
    tap.equal(len(everything), 25, "all keys on one page")
    page = site.mara("GET", KEYS)
    tap.equal(len(page.json()), 20, "20 on a page")
    found = {name: page.headers[name] for name in ("x-total", "x-total-pages", "x-page", "x-per-page", "x-next-page", "x-prev-page")}
    tap.equal(found, {"x-total": "25", "x-total-pages": "2", "x-page": "1", "x-per-page": "20", "x-next-page": "2",
                      "x-prev-page": ""}, "headers of the first page")
    seen, path = [], KEYS + "?per_page=10"
    while path:
        page = site.mara("GET", path)
        seen += page.json()
        links = {name: url for url, name in re.findall(r'<([^>]*)>; rel="(\w+)"', page.headers["link"])}
        path = links.get("next", "")[len(site.server.url) + len("/api/v4"):]
    tap.equal(seen, everything, "following rel=next shows each key once")
    tap.equal(set(links), {"prev", "first", "last"}, "the last page has no next")
    tap.equal(site.mara("GET", KEYS + "?page=7").json(), [], "a page beyond the last is empty")
    tap.equal(site.mara("GET", KEYS + "?page=9223372036854775807").json(), [], "however far")
    tap.equal(len(site.mara("GET", KEYS + "?per_page=5000").json()), 25, "100 at most")
    for query, error in (("page=x", "page is invalid"), ("page=0", "page does not have a valid value"),
                         ("per_page=-1", "per_page is invalid"), ("per_page=0", "per_page does not have a valid value"),
                         ("per_page=99999999999999999999", "per_page is invalid")):
        is_answer(site.mara("GET", f"{KEYS}?{query}"), 400, {"error": error}, query)
    tap.equal(site.mara("HEAD", KEYS).headers["x-total"], "25", "HEAD tells how many")


def test_at_once(site):
    """Keys made and deleted by many at once: none is lost, none is made twice."""
    results = []

    def work():
        for _ in range(5):
            made = site.mara("POST", KEYS).json()
            results.append((made["public_key"], site.mara("DELETE", f"{KEYS}/{made['id']}").status))

    before = site.mara("GET", KEYS + "?per_page=100").json()
    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.equal(({status for _, status in results}, len({key for key, _ in results})), ({204}, 30), "30 keys come and go")
    tap.equal(site.mara("GET", KEYS + "?per_page=100").json(), before, "those that were there are there")
    for key in before[1:]:
        site.mara("DELETE", f"{KEYS}/{key['id']}")


def test_brought_key(site):
    key = f"glet_{uuid.uuid4().hex}"
    site.server.cli("key", "add", "main/app", "--public-key", key)
    listed = site.mara("GET", KEYS).json()[-1]
    tap.equal(listed["public_key"], key, "a key that was brought is listed as it is")
    tap.ok(f"//{key}@" in listed["sentry_dsn"], "and so in its DSN")
    return key


def run(site):
    for test in (test_who_may_ask, test_settings, test_switch, test_wrong_settings, test_keys, test_pages, test_at_once):
        test(site)
    test_connected()
