"""GraphQL: what clients of GitLab ask about errors, answered by hand and through GraphQL's own reference implementation."""

import json
import subprocess
import threading
import time
import urllib.parse
import uuid

from culprit import Server
from scene import HERE, Client, Site, tap

GID = "gid://gitlab/Gitlab::ErrorTracking::DetailedError/"
# What GitLab's details page sends.
DETAILS = """query errorDetails($fullPath: ID!, $errorId: GitlabErrorTrackingDetailedErrorID!) {
  project(fullPath: $fullPath) {
    id
    sentryErrors {
      detailedError(id: $errorId) {
        id sentryId title userCount count status firstSeen lastSeen message culprit
        tags { level logger }
        externalUrl externalBaseUrl firstReleaseShortVersion lastReleaseShortVersion
        firstReleaseVersion lastReleaseVersion gitlabCommit gitlabCommitPath gitlabIssuePath integrated
      }
    }
  }
}"""
LIST = """query list($path: ID!, $first: Int, $last: Int, $after: String, $before: String, $sort: String, $term: String,
                     $status: SentryErrorStatus) {
  project(fullPath: $path) {
    sentryErrors {
      errors(first: $first, last: $last, after: $after, before: $before, sort: $sort, searchTerm: $term, status: $status) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { sentryId } }
        nodes { sentryId title status count }
      }
    }
  }
}"""


def data_of(answer):
    body = answer.json()
    assert answer.status == 200 and "errors" not in body, answer.text
    return body["data"]


def page(client, **variables):
    errors = data_of(client.graphql(LIST, {"path": "main/app", **variables}))["project"]["sentryErrors"]["errors"]
    assert [edge["node"]["sentryId"] for edge in errors["edges"]] == [node["sentryId"] for node in errors["nodes"]]
    return errors


def ids(errors):
    return [node["sentryId"] for node in errors["nodes"]]


def message_of(answer):
    body = answer.json()
    return body["errors"][0]["message"] if answer.status == 200 and "errors" in body else f"no error: {answer}"


class Errors:
    """Errors in a project of their own, and what Sentry's API says of them."""

    def __init__(self, site, count=45):
        self.site, server = site, site.server
        self.dsn = server.cli("project", "create", "main/shop").strip()
        self.project, self.key = self.dsn.rsplit("/", 1)[1], self.dsn.split("@")[0].split("//")[1]
        for number in range(count):
            kind = f"Kind{number}Error"
            frame = {"filename": f"app/{kind}.py", "function": kind.lower(), "lineno": 10, "colno": 4, "in_app": True,
                     "pre_context": ["a", "b"], "context_line": "  raise", "post_context": ["c"]}
            event = {"platform": "python", "logger": "shop", "level": "warning", "release": f"shop@1.{number}",
                     "exception": {"values": [{"type": kind, "value": f"it broke {number}", "stacktrace": {"frames": [
                         {"filename": "main.py", "function": "main"}, frame]}}]}}
            for _ in range(1 + number % 3):
                answer = server.send_event({**event, "event_id": uuid.uuid4().hex}, project=self.project, key=self.key)
                assert answer.status == 200, answer

    def sentry(self, **query):
        path = "/api/0/projects/main/shop/issues/?" + urllib.parse.urlencode({"limit": 100, **query})
        return self.site.server.json("GET", path, token=self.site.admin.token)


def test_who_asks(site, errors):
    server = site.server
    for headers in ({}, {"PRIVATE-TOKEN": "wrong"}):
        answer = Client(server, **headers).graphql("{__typename}")
        tap.equal((answer.status, answer.json()), (401, {"errors": [{"message": "Invalid token"}]}), f"401 with {headers}")
    answer = server.request("POST", f"/api/graphql?private_token={site.mara.token}", {"query": "{__typename}"})
    tap.ok(answer.status == 401 and "header" in answer.json()["errors"][0]["message"], "401 with a token in the address", answer)
    answer = Client(server, Authorization=f"Bearer {site.mara.token}").graphql("{currentUser{username name id} metadata{version}}")
    found = data_of(answer)
    tap.ok(found["currentUser"]["username"] == "mara" and found["metadata"]["version"], "who asks, and what answers", found)
    ask = lambda client, path: data_of(client.graphql("query($p:ID!){project(fullPath:$p){name sentryErrors{externalUrl} "
                                                      f'sentryDetailedError(id:"{GID}1"){{title}}}}}}', {"p": path}))["project"]
    for path in ("other/secret", "other/none", "none/none", "none", site.other_project, "1", "", "/", "main/app/", "main//app",
                 "main/shop", "\u0000", "main/" + "x" * 5000):
        tap.equal(ask(site.mara, path), None, f"there is no project {path[:20]!r} for her")
    tap.ok(ask(site.mara, "main/app")["sentryErrors"], "but this one")
    tap.equal(ask(site.gus, "main/app"), {"name": "App", "sentryErrors": None, "sentryDetailedError": None},
              "a guest sees the project and no errors")
    for scope, sees in (("event:read", True), ("project:read", False), ("event:write", True)):
        found = ask(Client(server, site.token("mara", scope)), "main/app")
        tap.ok(found and bool(found["sentryErrors"]) == sees, f"with {scope} errors are {'' if sees else 'not '}seen", found)
    found = ask(Client(server, site.token("mara", "org:read")), "main/app")
    tap.equal(found, None, "a token for neither sees no project")
    query = f'{{project(fullPath:"main/app"){{sentryErrors{{detailedError(id:"{GID}%s"){{title}}errorStackTrace(id:"{GID}%s"){{issueId}}}}}}}}'
    foreign = errors.sentry()[0]["id"]
    found = data_of(site.mara.graphql(query % (foreign, foreign)))["project"]["sentryErrors"]
    tap.equal(found, {"detailedError": None, "errorStackTrace": None}, "an error of another project is not there")


def test_details(site, errors):
    issue = errors.sentry()[0]
    full = site.server.json("GET", f"/api/0/issues/{issue['id']}/", token=site.admin.token)
    found = data_of(site.admin.graphql(DETAILS, {"fullPath": "main/shop", "errorId": GID + issue["id"]}, "errorDetails"))
    project = found["project"]
    tap.equal(project["id"], f"gid://gitlab/Project/{errors.project}", "the project's id")
    url = f"{site.server.url}/main/shop"
    version = full["firstRelease"]["version"]
    wanted = {
        "id": GID + issue["id"], "sentryId": issue["id"], "title": issue["title"], "userCount": issue["userCount"],
        "count": int(issue["count"]), "status": "UNRESOLVED", "firstSeen": issue["firstSeen"], "lastSeen": issue["lastSeen"],
        "message": issue["metadata"]["value"], "culprit": issue["culprit"], "tags": {"level": "warning", "logger": "shop"},
        "externalUrl": f"{url}/-/error_tracking/{issue['id']}/details", "externalBaseUrl": url,
        "firstReleaseShortVersion": version.removeprefix("shop@"), "lastReleaseShortVersion": version.removeprefix("shop@"),
        "firstReleaseVersion": version, "lastReleaseVersion": version, "gitlabCommit": None, "gitlabCommitPath": None,
        "gitlabIssuePath": None, "integrated": True}
    tap.equal(project["sentryErrors"]["detailedError"], wanted, "GitLab's details query is answered as Sentry's API answers")
    old = DETAILS.replace("GitlabErrorTrackingDetailedErrorID!", "ID!")
    again = data_of(site.admin.graphql(old, {"fullPath": "main/shop", "errorId": GID + issue["id"]}))
    tap.equal(again, found, "also as GitLab 12 asked, with ID for the type of the id")
    fields = "sentryId shortId type sentryProjectId sentryProjectName sentryProjectSlug frequency{time count}"
    query = 'query($id:GitlabErrorTrackingDetailedErrorID!){project(fullPath:"main/shop"){sentryDetailedError(id:$id){%s}}}' % fields
    more = data_of(site.admin.graphql(query, {"id": GID + issue["id"]}))["project"]["sentryDetailedError"]
    hours = more.pop("frequency")
    tap.equal(more, {"sentryId": issue["id"], "shortId": issue["shortId"], "type": issue["type"],
                     "sentryProjectId": errors.project, "sentryProjectName": issue["project"]["name"],
                     "sentryProjectSlug": "shop"}, "the project's own sentryDetailedError, the other fields")
    times = [time.strftime("%Y-%m-%dT%H:00:00.000Z", time.gmtime(hour)) for hour, _ in issue["stats"]["24h"]]
    tap.equal([(hour["time"], hour["count"]) for hour in hours], list(zip(times, [count for _, count in issue["stats"]["24h"]])),
              "24 hours of events")
    for id in ("1", "gid://gitlab/Issue/1", GID, GID + "x", GID + "-1", GID + "99999999999999999999", GID + "1 ", ""):
        answer = site.admin.graphql(query, {"id": id})
        tap.ok("is not the id of an error" in message_of(answer) and answer.json()["data"]["project"] == {"sentryDetailedError": None},
               f"{id!r} is no id", answer)
    tap.equal(data_of(site.admin.graphql(query, {"id": GID + "999999"})), {"project": {"sentryDetailedError": None}},
              "null for an error that is not there")


def test_stack(site, errors):
    issue = errors.sentry()[0]
    fields = "issueId dateReceived stackTraceEntries{fileName function line col traceContext{line code}}"
    query = f'{{project(fullPath:"main/shop"){{sentryErrors{{errorStackTrace(id:"{GID}{issue["id"]}"){{{fields}}}}}}}}}'
    trace = data_of(site.admin.graphql(query))["project"]["sentryErrors"]["errorStackTrace"]
    kind = issue["metadata"]["type"]
    wanted = [{"fileName": "main.py", "function": "main", "line": None, "col": None, "traceContext": None},
              {"fileName": f"app/{kind}.py", "function": kind.lower(), "line": "10", "col": "4", "traceContext": [
                  {"line": 8, "code": "a"}, {"line": 9, "code": "b"}, {"line": 10, "code": "  raise"}, {"line": 11, "code": "c"}]}]
    tap.equal((trace["issueId"], trace["stackTraceEntries"]), (issue["id"], wanted), "the stack trace, oldest call first")
    site.server.send_event({"message": "no stack", "event_id": uuid.uuid4().hex}, project=errors.project, key=errors.key)
    plain = errors.sentry(query="no stack")[0]
    found = data_of(site.admin.graphql(query.replace(f"/{issue['id']}\"", f"/{plain['id']}\"")))
    tap.equal(found["project"]["sentryErrors"]["errorStackTrace"], None, "null for an error without one")
    site.server.json("PUT", f"/api/0/issues/{plain['id']}/", {"status": "ignored"}, token=site.admin.token)


def test_pages(site, errors):
    ask = lambda **variables: page(site.admin, path="main/shop", **variables)
    for sort, sentry in (("last_seen", "date"), ("first_seen", "new"), ("frequency", "freq"), (None, "date")):
        wanted = [issue["id"] for issue in errors.sentry(sort=sentry)]
        tap.equal(ids(ask(first=100, sort=sort)), wanted, f"sorted by {sort}")
        seen, after, sizes = [], None, []
        while True:
            found = ask(first=10, sort=sort, after=after)
            seen += ids(found)
            sizes.append(len(ids(found)))
            after = found["pageInfo"]["endCursor"]
            if not found["pageInfo"]["hasNextPage"]:
                break
        tap.equal((seen, sizes), (wanted, [10, 10, 10, 10, 5]), f"by {sort}, page by page forward")
        back, before = ids(found), found["pageInfo"]["startCursor"]
        while found["pageInfo"]["hasPreviousPage"]:
            found = ask(last=10, sort=sort, before=before)
            back = ids(found) + back
            before = found["pageInfo"]["startCursor"]
        tap.equal(back, wanted, f"by {sort}, page by page backward")
        edge = ask(first=10, sort=sort)["edges"][3]
        tap.equal(ids(ask(first=2, sort=sort, after=edge["cursor"])), wanted[4:6], f"by {sort}, behind any of them")
        tap.equal(ids(ask(last=2, sort=sort, before=edge["cursor"])), wanted[1:3], "and before it")
    everything = [issue["id"] for issue in errors.sentry()]
    tap.equal(ids(ask()), everything[:20], "20 at first")
    tap.equal(len(ids(ask(first=5000))), 45, "100 at most")
    first = ask(first=3)["pageInfo"]
    tap.equal((first["hasNextPage"], first["hasPreviousPage"]), (True, False), "the first page has one behind it alone")
    for variables, error in (({"first": 0}, "first must be at least 1"), ({"first": -5}, "first must be at least 1"),
                             ({"last": 0, "before": "1:1:0"}, "last must be at least 1"), ({"last": 5}, "last needs"),
                             ({"first": 5, "before": "1:1:0"}, "either"), ({"after": "1:1:0", "before": "1:1:0"}, "either"),
                             ({"after": "nonsense"}, "cursor"), ({"after": "1:2"}, "cursor"), ({"sort": "newest"}, "sort param"),
                             ({"sort": ""}, "sort param"), ({"term": "level:error"}, "level:error"), ({"term": "x" * 3000}, "search")):
        answer = site.admin.graphql(LIST, {"path": "main/shop", **variables})
        tap.ok(error in message_of(answer) and answer.json()["data"] == {"project": {"sentryErrors": {"errors": None}}},
               f"refused: {str(variables)[:60]}", answer)
        tap.equal(answer.json()["errors"][0].get("path"), ["project", "sentryErrors", "errors"], "with its path")
    tap.equal(ids(ask(after="")), everything[:20], "an empty cursor is none")


def test_search(site, errors):
    ask = lambda **variables: page(site.admin, path="main/shop", **variables)
    chosen = errors.sentry()[:3]
    for issue, status in zip(chosen, ("resolved", "ignored", "resolved")):
        site.server.json("PUT", f"/api/0/issues/{issue['id']}/", {"status": status}, token=site.admin.token)
    resolved, ignored = {chosen[0]["id"], chosen[2]["id"]}, {chosen[1]["id"]}
    tap.equal(set(ids(ask(status="RESOLVED"))), resolved, "status RESOLVED")
    tap.ok(ignored <= set(ids(ask(status="IGNORED"))), "status IGNORED")
    tap.equal({node["status"] for node in ask(status="RESOLVED")["nodes"]}, {"RESOLVED"}, "and they say so")
    tap.equal(set(ids(ask(term="is:resolved"))), resolved, "or in the words of Sentry's search")
    tap.equal(set(ids(ask(term="is:resolved", status="RESOLVED"))), resolved, "or both")
    answer = site.admin.graphql(LIST, {"path": "main/shop", "term": "is:resolved", "status": "IGNORED"})
    tap.ok("two statuses" in message_of(answer), "but not one and another", answer)
    tap.equal(ask(status="RESOLVED_IN_NEXT_RELEASE")["nodes"], [], "none is resolved in the next release")
    tap.equal(len(ids(ask(first=100))), 42, "the others are unresolved")
    tap.equal([node["title"] for node in ask(term="BROKE 11")["nodes"]], ["Kind11Error: it broke 11"], "text in any case")
    tap.equal(ask(term="no such text")["nodes"], [], "text that is nowhere")
    for issue in chosen:
        site.server.json("PUT", f"/api/0/issues/{issue['id']}/", {"status": "unresolved"}, token=site.admin.token)


def test_bodies(site):
    post = lambda body, **headers: site.server.request("POST", "/api/graphql", body, {**site.mara.headers, **headers})
    query = {"query": "{__typename}"}
    tap.equal(post({**query, "variables": None, "operationName": None, "extensions": {"x": 1}}).json(),
              {"data": {"__typename": "Query"}}, "nulls and extensions")
    tap.equal(site.server.request("POST", "/api/graphql/", query, site.mara.headers).json()["data"]["__typename"], "Query", "with a slash")
    for what, body in (("no JSON", b"{"), ("nothing", b""), ("text", b'"x"'), ("null", b"null"), ("an empty list", []), ("no query", {}),
                       ("an empty query", {"query": ""}), ("a query that is a list", {"query": ["{a}"]}), ("a list of lists", [[]]),
                       ("variables that are text", {**query, "variables": "{}"}), ("variables that are a list", {**query, "variables": []}),
                       ("a name that is a number", {**query, "operationName": 1}), ("too many", [query] * 11), ("any bytes", bytes(range(256)))):
        answer = post(body)
        tap.ok(answer.status == 400 and answer.json()["errors"][0]["message"] and "data" not in answer.json(), f"400 for {what}", answer)
    answer = post([query, {"query": "{nope}"}, {"query": "query A{__typename} query B{x:__typename}", "operationName": "B"}])
    found = answer.json()
    tap.ok(answer.status == 200 and found[0] == found[0] and found[2] == {"data": {"x": "Query"}} and found[1]["errors"],
           "a list of questions is answered by a list", answer)
    for kind in ("mutation", "subscription"):
        tap.ok("only queries" in message_of(post({"query": f"{kind} {{__typename}}"})), f"no {kind}")
    answer = post({"query": "{__typename}" + " " * 70000})
    tap.ok(answer.status == 413 and answer.json()["errors"], "413 for a large body", answer)
    tap.ok("longer than" in message_of(post({"query": "{__typename}" + " " * 17000})), "a document that is too long")
    for method in ("GET", "PUT"):
        answer = site.server.request(method, "/api/graphql", headers=site.mara.headers)
        tap.ok(answer.status == 405 and answer.json()["errors"][0]["message"], f"405 for {method}", answer)


def hostile():
    """Documents that ask for too much; each is answered at once, by an error."""
    nested = lambda text, times, rest: text * times + rest + "}" * times
    yield "deep", nested("{project(fullPath:\"main/app\")", 1, nested("{sentryErrors", 200, ""))
    yield "deep introspection", "{__schema" + nested("{types{fields{type", 30, "{name}") + "}}" * 30 + "}"
    yield "brackets", "{a(b:" + "[" * 8000
    yield "objects", "{a(b:" + "{c:" * 4000
    yield "aliases", "{" + " ".join(f"a{i}:__typename" for i in range(900)) + "}"
    yield "costly", "{project(fullPath:\"main/app\"){sentryErrors{" + " ".join(
        f"a{i}:errors(first:100){{nodes{{frequency{{count}}}}}}" for i in range(40)) + "}}}"
    yield "lists", "{project(fullPath:\"main/app\"){" + " ".join(f"a{i}:sentryErrors{{errors{{nodes{{id}}}}}}" for i in range(40)) + "}}"
    yield "cycle", "{...A} fragment A on Query{...B} fragment B on Query{...A}"
    yield "explosion", "{__schema{types{...F0}}}" + "".join(
        f"fragment F{i} on __Type{{ofType{{...F{i + 1}}} interfaces{{...F{i + 1}}}}}" for i in range(60)) + "fragment F60 on __Type{name}"
    yield "directives", "{__typename" + "@skip(if:false)" * 900 + "}"
    yield "variables", "query(" + "$a:Int," * 900 + "){__typename}"
    yield "operations", "query A{__typename}" * 700
    yield "tokens", "{" + "a," * 8000 + "}"
    yield "unicode", "{\u202e}"
    yield "NUL", "{\x00}"


def test_hostile(site):
    for name, document in hostile():
        started = time.monotonic()
        answer = site.mara.graphql(document)
        took = time.monotonic() - started
        tap.ok(answer.status in (200, 400) and len(answer.json()["errors"]) <= 20 and not answer.json().get("data") and took < 2,
               f"hostile: {name} ({took * 1000:.0f} ms)", answer)
    # These look as bad, and are not: what stands often is one field, and types end somewhere.
    for name, document in (("spreads", "{__schema{types{" + "...F " * 1500 + "}}} fragment F on __Type{" + "name " * 900 + "}"),
                           ("wide introspection", "{__schema{types" + "{fields{type{ofType" * 5 + "{name}" + "}}}" * 5 + "}}")):
        started = time.monotonic()
        answer = site.mara.graphql(document)
        took = time.monotonic() - started
        tap.ok(answer.json().get("data") and took < 2, f"harmless: {name} ({took * 1000:.0f} ms, {len(answer.body)} bytes)", answer)
    tap.equal(data_of(site.mara.graphql("{__typename}")), {"__typename": "Query"}, "the server answers as before")


def test_at_once(site, errors):
    results = []

    def work():
        for _ in range(10):
            results.append(ids(page(site.admin, path="main/shop", first=100)))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.ok(len(results) == 80 and all(found == results[0] for found in results), "80 questions by eight at once are answered alike")


def test_switched_off(site, errors):
    settings = f"/projects/{errors.project}/error_tracking/settings"
    query = '{project(fullPath:"main/shop"){name sentryErrors{externalUrl}}}'
    site.admin("PATCH", settings, {"active": False})
    tap.equal(data_of(site.admin.graphql(query)), {"project": {"name": "shop", "sentryErrors": None}}, "null while error tracking is off")
    site.admin("PATCH", settings, {"active": True})
    tap.ok(data_of(site.admin.graphql(query))["project"]["sentryErrors"], "and back with it")


def test_reference(site, errors, folder, environment):
    """graphql-js builds its own schema of our introspection; what it takes and refuses, so do we."""
    issue = errors.sentry()[0]
    variables = {"fullPath": "main/shop", "errorId": GID + issue["id"]}
    right = {"details": (DETAILS, variables), "list": (LIST, {"path": "main/shop", "first": 5})}
    right["fragments"] = ("""query Q($p: ID!, $deep: Boolean = true) { project(fullPath: $p) { ...P sentryErrors { ... on SentryErrorCollection
        { page: errors(first: 3) { nodes { ...E } pageInfo { ...I } } } } } }
        fragment P on Project { id name @skip(if: $deep) fullPath }
        fragment E on SentryError { __typename sentryId frequency @include(if: $deep) { time count } }
        fragment I on PageInfo { hasNextPage }""", {"p": "main/shop"})
    right["block"] = ('{ project(fullPath: """\nmain/shop\n""") { name } # done\n}', None)
    wrong = {"field": "{ project(fullPath: \"x\") { nope } }", "leaf": "{ currentUser }", "argument": "{ project(path: \"x\") { id } }",
             "missing": "{ project { id } }", "type": "{ project(fullPath: true) { id } }", "variable": "query($p: Int!) { project(fullPath: $p) { id } }",
             "unused": "query($p: ID!) { currentUser { id } }", "undeclared": "{ project(fullPath: $p) { id } }",
             "fragment": "{ currentUser { ...A } } fragment A on Project { id }", "cycle": "{ currentUser { ...A } } fragment A on CurrentUser { ...A }",
             "enum": "{ project(fullPath: \"x\") { sentryErrors { errors(status: OPEN) { nodes { id } } } } }",
             "merge": "{ a: currentUser { id } a: metadata { version } }", "directive": "{ currentUser { id @nope } }",
             "syntax": "{ currentUser { id }", "empty": "{ currentUser { } }"}
    documents = [{"name": name, "document": document, "variables": given} for name, (document, given) in right.items()]
    documents += [{"name": name, "document": document} for name, document in wrong.items()]
    result = subprocess.run(["node", str(folder / "contract.mjs")], input=json.dumps(documents), capture_output=True, text=True,
                            cwd=folder, timeout=60, env={**environment, "CULPRIT_URL": site.server.url, "CULPRIT_TOKEN": site.admin.token})
    tap.equal((result.returncode, result.stderr), (0, ""), "graphql-js asks and is answered")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    schemas = [line for line in found if "schema" in line]
    for line in schemas:
        tap.ok(not line.get("errors") and not line["faults"] and "SentryDetailedError" in line["types"],
               f"introspection, {line['schema']}: a sound schema", line)
    answers = {line["name"]: line for line in found if "name" in line}
    for name in right:
        line = answers[name]
        tap.ok(not line["faults"] and not line.get("errors") and line["data"]["project"], f"graphql-js and we take: {name}", line)
    for name in wrong:
        line = answers[name]
        tap.ok(line["faults"] and line["errors"] and line.get("data") is None, f"graphql-js and we refuse: {name}", line)
    tap.equal(len(answers), len(right) + len(wrong), "all are answered")


def walk(client, path, **variables):
    """All pages forward, and the first of them again from the second."""
    pages, after = [], None
    while True:
        found = page(client, path=path, first=10, after=after, **variables)
        pages.append(found["nodes"])
        if not found["pageInfo"]["hasNextPage"]:
            break
        after = found["pageInfo"]["endCursor"]
        tap.equal(found["edges"][-1]["cursor"], after, "connected: the last error's cursor ends the page")
    second = page(client, path=path, first=10, after=page(client, path=path, first=10, **variables)["pageInfo"]["endCursor"], **variables)
    back = page(client, path=path, last=10, before=second["pageInfo"]["startCursor"], **variables)
    tap.equal(back["nodes"], pages[0], "connected: and back")
    return pages


def test_connected(site, errors):
    """A project whose errors another server has, as its Sentry: answered as that server answers."""
    with Server("--allow-private-addresses") as server:
        here = Site(server)
        token = site.token("admin", "event:read,event:write,project:read")
        server.cli("source", "set", "main/app", "--sentry", site.server.url, "--sentry-project", "main/shop", "--token-stdin",
                   "--allow-private-addresses", input=token)
        ask = lambda client, path, query, **variables: data_of(client.graphql(query, {"fullPath": path, **variables}))["project"]
        for sort in ("last_seen", "first_seen", "frequency"):
            tap.equal(walk(here.mara, "main/app", sort=sort), walk(site.admin, "main/shop", sort=sort), f"connected: the list by {sort}")
        tap.equal(page(here.mara, path="main/app", term="broke 11")["nodes"], page(site.admin, path="main/shop", term="broke 11")["nodes"],
                  "connected: a search")
        tap.equal(page(here.mara, path="main/app", status="RESOLVED")["nodes"], [], "connected: a status")
        answer = here.mara.graphql(LIST, {"path": "main/app", "term": "nonsense:filter"})
        tap.ok("Sentry does not understand" in message_of(answer), "connected: what Sentry refuses is told", answer)
        for issue in errors.sentry()[:3]:
            there = ask(site.admin, "main/shop", DETAILS, errorId=GID + issue["id"])["sentryErrors"]["detailedError"]
            found = ask(here.mara, "main/app", DETAILS, errorId=GID + issue["id"])["sentryErrors"]["detailedError"]
            tap.equal(found, {**there, "integrated": False}, "connected: details")
            query = ("query($fullPath:ID!){project(fullPath:$fullPath){sentryErrors{externalUrl errorStackTrace(id:\"%s\"){issueId "
                     "dateReceived stackTraceEntries{fileName function line col traceContext{line code}}}}}}" % (GID + issue["id"]))
            there, found = (ask(*who, query)["sentryErrors"] for who in ((site.admin, "main/shop"), (here.mara, "main/app")))
            tap.equal(found["errorStackTrace"], there["errorStackTrace"], "connected: the stack trace")
            tap.equal(found["externalUrl"], f"{site.server.url}/main/shop", "connected: the list is at the Sentry")
        tap.equal(ask(here.mara, "main/app", DETAILS, errorId=GID + "999999")["sentryErrors"], {"detailedError": None},
                  "connected: null for an error that is not there")
        tap.equal(ask(here.gus, "main/app", DETAILS, errorId=GID + issue["id"])["sentryErrors"], None, "connected: a guest sees none")
        batch = [{"query": LIST, "variables": {"path": "main/app", "first": count}} for count in range(1, 8)]
        found = server.request("POST", "/api/graphql", batch, here.mara.headers).json()
        tap.equal([len(ids(one["data"]["project"]["sentryErrors"]["errors"])) for one in found], list(range(1, 8)),
                  "connected: several questions that have to be waited for")
        tap.equal(server.stop(), 0, "connected: the server stops cleanly")
        tap.ok("AddressSanitizer" not in server.output and token not in server.output, "connected: without a fault", server.output[-2000:])


def run(site, folder, environment):
    errors = Errors(site)
    test_who_asks(site, errors)
    for test in (test_details, test_stack, test_pages, test_search, test_at_once, test_connected, test_switched_off):
        test(site, errors)
    test_bodies(site)
    test_hostile(site)
    if folder:
        (folder / "contract.mjs").write_bytes((HERE / "contract.mjs").read_bytes())
        test_reference(site, errors, folder, environment)
    else:
        tap.skip("graphql-js", environment)
