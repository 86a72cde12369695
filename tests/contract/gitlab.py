"""GitLab's Sentry client, by its rules, and what it needs of a server.

The client fails on what GitLab's would fail on: another status than 200 to 204 (redirects are not followed),
more than 1 MiB, more than 5 MiB in Ruby's memory, ids that are no text of digits, keys that are not there, and a
Link header that its regular expression does not read.
"""

import json
import re
import shutil
import sqlite3
import subprocess
import time
import urllib.parse
import uuid

from browser import Person
from culprit import Server, shared

LINK = re.compile(r'rel="(?P<direction>\w+)";\sresults="(?P<results>\w+)";\scursor="(?P<cursor>.+)"')
DIGITS = re.compile(r"\A\d+\Z")
SORTS = {"last_seen": None, "first_seen": "new", "frequency": "freq"}
BODY_LIMIT = 1024 * 1024


def pagination(headers):
    """Direction -> cursor of the pages that there are."""
    found = {}
    for link in headers.get("link", "").split(","):
        match = LINK.search(link)
        if match and match["results"] == "true":
            found[match["direction"]] = match["cursor"]
    return found


class Refused(Exception):
    """What GitLab shows instead of the answer."""


class MissingKeys(Refused):
    pass


def fetch(value, *keys):
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            raise MissingKeys(f"Sentry API response is missing keys. key not found: {key!r}")
        value = value[key]
    return value


def dig(value, *keys):
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def digits(value, name):
    if not isinstance(value, str):
        raise TypeError(f"{name} is a {type(value).__name__}, and the expression takes texts alone")
    if not DIGITS.match(value):
        raise Refused(f"Invalid value for {name} field")
    return value


class GitLab:
    """A project of GitLab's with its error tracking settings."""

    def __init__(self, server, token, project_id=139):
        self.server, self.token, self.id = server, token, project_id
        self.setting = None  # of the project that was chosen
        self.answers = []    # sizes and bodies of all, for who looks at them later

    def call(self, method, path, params=None, body=None):
        path = re.sub(r"/+", "/", path.rstrip("/") + "/")
        if params:
            path += "?" + urllib.parse.urlencode(params, quote_via=urllib.parse.quote)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        answer = self.server.request(method, path, json.dumps(body).encode() if body is not None else None, headers)
        if not 200 <= answer.status <= 204:
            raise Refused(f"Sentry response status code: {answer.status}")
        if len(answer.body) > BODY_LIMIT:
            raise Refused(f"Sentry API response is too big. Limit is 1 MB. Got {len(answer.body)} bytes.")
        self.answers.append(answer.body)
        return json.loads(answer.body), answer.headers

    # --- settings ---

    def projects(self):
        rows, _ = self.call("GET", "/api/0/projects/")
        return [{"id": row.get("id"), "name": fetch(row, "name"), "slug": fetch(row, "slug"), "status": dig(row, "status"),
                 "organization_name": fetch(row, "organization", "name"), "organization_slug": fetch(row, "organization", "slug"),
                 "organization_id": dig(row, "organization", "id")} for row in rows]

    def choose(self, name, organization_name):
        chosen = next(row for row in self.projects() if (row["name"], row["organization_name"]) == (name, organization_name))
        self.setting = chosen
        self.api_path = f"/api/0/projects/{chosen['organization_slug']}/{chosen['slug']}"

    @property
    def project_id(self):
        """Sentry's id of the project, found by both names, as GitLab does."""
        wanted = (self.setting["name"], self.setting["organization_name"])
        return next(int(row["id"]) for row in self.projects() if (row["name"], row["organization_name"]) == wanted)

    @property
    def external_url(self):
        return self.api_path.replace("/api/0/projects", "")

    # --- errors ---

    def errors(self, status="unresolved", term="", sort="last_seen", cursor=None, limit=20):
        params = {"query": f"is:{status} {term}".strip(), "limit": limit, "sort": SORTS[sort], "cursor": cursor}
        rows, headers = self.call("GET", self.api_path + "/issues/", {k: v for k, v in params.items() if v is not None})
        return [self.error(row) for row in rows], pagination(headers)

    @staticmethod
    def error(row):
        return {"id": digits(fetch(row, "id"), "id"), "first_seen": row.get("firstSeen"), "last_seen": row.get("lastSeen"),
                "title": row.get("title"), "type": row.get("type"), "user_count": row.get("userCount"),
                "count": row.get("count"), "message": dig(row, "metadata", "value"), "culprit": row.get("culprit"),
                "short_id": row.get("shortId"), "status": row.get("status"), "frequency": dig(row, "stats", "24h"),
                "project_id": dig(row, "project", "id"), "project_name": dig(row, "project", "name"),
                "project_slug": dig(row, "project", "slug")}

    def details(self, number):
        issue, _ = self.call("GET", f"/api/0/issues/{digits(number, 'id')}/")
        if int(fetch(issue, "project", "id")) != self.project_id:
            raise Refused("The Sentry issue appers to be outside of the configured Sentry project")
        for annotation in issue.get("annotations", []):
            if not isinstance(annotation, str):
                raise TypeError("an annotation is no HTML")
        plugin = next((found for found in issue.get("pluginIssues", []) if found["id"] == "gitlab"), None)
        return {**self.error(issue), "gitlab_issue": dig(plugin, "issue", "url"), "tags": {
            "level": issue.get("level"), "logger": issue.get("logger")},
            "first_release_last_commit": dig(issue, "firstRelease", "lastCommit"),
            "first_release_version": dig(issue, "firstRelease", "version"),
            "first_release_short_version": dig(issue, "firstRelease", "shortVersion"),
            "last_release_version": dig(issue, "lastRelease", "version"),
            "last_release_short_version": dig(issue, "lastRelease", "shortVersion")}

    def latest_event(self, number):
        event, _ = self.call("GET", f"/api/0/issues/{digits(number, 'id')}/events/latest/")
        if int(fetch(event, "projectID")) != self.project_id:
            raise Refused("The Sentry issue appers to be outside of the configured Sentry project")
        exception = next((entry for entry in fetch(event, "entries") if entry["type"] == "exception"), None)
        values = dig(exception, "data", "values") or []
        trace = next((value["stacktrace"] for value in values if value.get("stacktrace")), None)
        return {"group_id": digits(event["groupID"], "groupID"), "date_received": event["dateReceived"],
                "stack_trace_entries": dig(trace, "frames") or []}

    def update(self, number, status):
        self.details(number)
        body, _ = self.call("PUT", f"/api/0/issues/{digits(number, 'id')}/", body={"status": status})
        return bool(body)

    # --- links ---

    def repos(self):
        rows, _ = self.call("GET", f"/api/0/organizations/{self.setting['organization_slug']}/repos/")
        return [{"status": fetch(row, "status"), "integration_id": fetch(row, "integrationId"),
                 "project_id": fetch(row, "externalSlug")} for row in rows]

    def link(self, number, iid):
        """As the background job does; how it linked."""
        repo = next((repo for repo in self.repos() if repo["project_id"] == self.id and repo["status"] == "active"), None)
        if repo:
            self.call("PUT", f"/api/0/groups/{number}/integrations/{repo['integration_id']}/",
                      body={"project": self.id, "externalIssue": f"{self.id}#{iid}"})
            return "integration"
        self.call("POST", f"/api/0/issues/{number}/plugins/gitlab/link/", body={"issue_id": iid})
        return "plugin"


# How much Ruby's memory the decoded answers take, by GitLab's own rule; and how deep they are.
DEEP_SIZE = r"""
require "json"
require "objspace"
def size(value, depth)
  $depth = [$depth, depth].max
  ObjectSpace.memsize_of(value) + case value
    when Hash then value.sum { |key, member| size(key, depth + 1) + size(member, depth + 1) }
    when Array then value.sum { |member| size(member, depth + 1) }
    else 0
  end
end
STDIN.each_line do |line|
  $depth = 0
  puts "#{size(JSON.parse(line, max_nesting: false), 0)} #{$depth}"
end
"""


def ruby_sizes(bodies):
    """Bytes and depth of each, or None without Ruby."""
    if not shutil.which("ruby"):
        return None
    lines = b"".join(json.dumps(json.loads(body)).encode() + b"\n" for body in bodies)
    result = subprocess.run(["ruby", "-e", DEEP_SIZE], input=lines, capture_output=True, timeout=120)
    if result.returncode:
        raise RuntimeError(result.stderr.decode())
    return [tuple(map(int, line.split())) for line in result.stdout.splitlines()]


# --- what it needs of a server ----------------------------------------------------------------

ERRORS = 65
MEMORY_LIMIT, DEPTH_LIMIT = 5 * 1024 * 1024, 100


def frame(at, **more):
    return {"filename": f"app/f{at}.py", "abs_path": f"/srv/app/f{at}.py", "function": f"f{at}", "lineno": at + 1, **more}


def send(server, **event):
    event = {"event_id": uuid.uuid4().hex, "platform": "python", **event}
    answer = server.send_event(event, server.first_project, server.first_key)
    assert answer.status == 200, answer
    return event["event_id"]


def exception(kind, value="it broke", frames=()):
    return {"values": [{"type": kind, "value": value, "stacktrace": {"frames": list(frames) or [frame(1), frame(2)]}}]}


def send_errors(server):
    """ERRORS errors whose three orders differ."""
    start = time.time() - 3600
    for at in range(ERRORS):
        for event in range(1 + (at * 7) % 5):
            send(server, exception=exception(f"Error{at}"), timestamp=start + (at * 31) % ERRORS * 40 + event, logger="shop",
                 release="shop@" + "0123456789abcdef" * 2 + "01234567")


def walk(gitlab, **wanted):
    """All pages forwards, and backwards again from the last."""
    forwards, backwards, cursor = [], [], None
    while True:
        page, links = gitlab.errors(cursor=cursor, **wanted)
        forwards.append(page)
        if "next" not in links:
            break
        cursor = links["next"]
    while "previous" in links:
        page, links = gitlab.errors(cursor=links["previous"], **wanted)
        backwards.insert(0, page)
    return forwards, backwards


def test_projects(tap, gitlab):
    tap.equal([(row["id"], row["name"], row["slug"], row["status"], row["organization_name"], row["organization_slug"])
               for row in gitlab.projects()], [("1", "App", "app", "active", "Main", "main")], "Connect lists the project")
    gitlab.choose("App", "Main")
    tap.equal(gitlab.project_id, 1, "and finds its id by the two names")


def test_lists(tap, gitlab):
    keys = {"last_seen": lambda row: row["last_seen"], "first_seen": lambda row: row["first_seen"],
            "frequency": lambda row: int(row["count"])}
    for sort, key in keys.items():
        forwards, backwards = walk(gitlab, sort=sort)
        rows = [row for page in forwards for row in page]
        tap.equal([len(page) for page in forwards], [20, 20, 20, 5], f"{sort}: four pages")
        tap.equal(len({row["id"] for row in rows}), ERRORS, f"{sort}: every error once")
        tap.equal([key(row) for row in rows], sorted(map(key, rows), reverse=True), f"{sort}: the highest first")
        tap.equal([[row["id"] for row in page] for page in backwards], [[row["id"] for row in page] for page in forwards[:3]],
                  f"{sort}: the same pages backwards")
    row = rows[0]
    tap.equal([name for name, value in row.items() if value is None], [], "no attribute of an error is missing")
    tap.ok(len(row["frequency"]) == 24 and all(len(point) == 2 for point in row["frequency"]), "24 hours of frequency", row)
    tap.ok(isinstance(row["count"], str) and row["count"].isdigit() and isinstance(row["user_count"], int), "count and users")
    tap.equal((row["project_id"], row["project_name"], row["project_slug"]), ("1", "App", "app"), "and the project")


def test_search(tap, gitlab):
    tap.equal([row["title"] for row in gitlab.errors(term="Error64")[0]], ["Error64: it broke"], "a term is found")
    tap.equal(len(gitlab.errors(term="it broke", limit=100)[0]), ERRORS, "a term with a blank")
    tap.equal(gitlab.errors(term="nowhere")[0], [], "a term that is nowhere")
    tap.equal(gitlab.errors(status="resolved", term="Error64")[0], [], "a term among resolved errors")
    tap.equal(len(gitlab.errors(term="  ")[0]), 20, "blanks are no term")
    try:
        gitlab.errors(term="level:error")
        tap.ok(False, "a filter that this server does not know is refused")
    except Refused as refused:
        tap.equal(str(refused), "Sentry response status code: 400", "a filter that this server does not know is refused")


def test_details(tap, server, gitlab):
    data = shared("data", "gitlab", "events")
    for path in sorted(data.glob("*.json")) if data else []:
        event_id = send(server, **{**json.loads(path.read_text()), "event_id": uuid.uuid4().hex, "timestamp": None,
                                   "tags": {"sample": path.stem}})
        event, _ = gitlab.call("GET", f"{gitlab.api_path}/events/{event_id}/")
        number = event["groupID"]
        details, latest = gitlab.details(number), gitlab.latest_event(number)
        tap.equal((details["id"], latest["group_id"]), (number, number), f"{path.stem}: details and latest event")
        lines = [line for entry in latest["stack_trace_entries"] for line in entry["context"]]
        faults = [entry for entry in latest["stack_trace_entries"] if not {"lineNo", "colNo", "filename", "absPath", "function",
                                                                           "context"} <= set(entry)]
        tap.ok(not faults and all(isinstance(number, int) and isinstance(code, str) for number, code in lines),
               f"{path.stem}: {len(latest['stack_trace_entries'])} frames with {len(lines)} lines", faults[:3])
    if not data:
        tap.skip("events that GitLab's collector was tested with", "the directory of shared fixtures is not there")
    number = gitlab.errors(term="Error64")[0][0]["id"]
    details = gitlab.details(number)
    tap.equal((details["tags"], details["first_release_short_version"], details["last_release_version"]),
              ({"level": "error", "logger": "shop"}, "0123456789ab", "shop@" + "0123456789abcdef" * 2 + "01234567"),
              "level, logger and releases")
    frames = gitlab.latest_event(number)["stack_trace_entries"]
    tap.equal([entry["function"] for entry in frames], ["f1", "f2"], "frames, oldest first")
    send(server, message="Only words")
    number = gitlab.errors(term="Only words")[0][0]["id"]
    tap.equal(gitlab.latest_event(number)["stack_trace_entries"], [], "a message has no frames")


def test_updates(tap, gitlab):
    number = gitlab.errors(term="Error63")[0][0]["id"]
    for status in ("resolved", "ignored", "unresolved"):
        tap.ok(gitlab.update(number, status), f"{status}: answered")
        found = {of: [row["id"] for row in gitlab.errors(status=of, term="Error63")[0]] for of in ("resolved", "ignored", "unresolved")}
        tap.equal(found, {of: [number] * (of == status) for of in found}, f"{status}: it is among those alone")
        tap.equal(gitlab.details(number)["status"], status, f"{status}: in its details")


def refusal(action, *arguments, **more):
    try:
        return f"not refused: {action(*arguments, **more)}"
    except Refused as refused:
        return str(refused)


def test_refusals(tap, server, gitlab):
    number = gitlab.errors(term="Error62")[0][0]["id"]
    tap.equal(refusal(gitlab.details, "999999"), "Sentry response status code: 404", "an error that is not there")
    for scope, asks in (("project:read", [(gitlab.errors,), (gitlab.details, number), (gitlab.latest_event, number)]),
                        ("event:read", [(gitlab.projects,), (gitlab.repos,)]),
                        ("event:read,project:read", [(gitlab.update, number, "resolved"), (gitlab.link, number, 5)])):
        old, gitlab.token = gitlab.token, server.cli("token", "create", "dev", "--scope", scope).split()[-1]
        found = {refusal(*ask) for ask in asks}
        gitlab.token = old
        tap.equal(found, {"Sentry response status code: 403"}, f"a token with {scope} alone is refused the rest")
    old, gitlab.token = gitlab.token, "none"
    tap.equal(refusal(gitlab.projects), "Sentry response status code: 401", "a token that is none")
    gitlab.token = old
    server.cli("project", "create", "main/other")
    server.cli("member", "set", "main/other", "dev", "developer")
    chosen, gitlab.setting = gitlab.setting, next(row for row in gitlab.projects() if row["slug"] == "other")
    tap.ok("outside of the configured" in refusal(gitlab.details, number), "an error of another project than the chosen one")
    gitlab.setting = chosen


# --- links ---


def change_data(server, table, **values):
    """Puts a row into the database of a server that is stopped meanwhile. Columns that are not named are empty."""
    server.stop()
    with sqlite3.connect(server.data / "culprit.db") as database:
        for _, name, kind, is_needed, default, _ in database.execute(f"PRAGMA table_info({table})").fetchall():
            if is_needed and default is None and name not in values:
                values[name] = 0 if kind == "INTEGER" else b"" if kind == "BLOB" else ""
        names = ", ".join(values)
        database.execute(f"INSERT INTO {table}({names}) VALUES({', '.join('?' * len(values))})", list(values.values()))
    database.close()
    server.start()


def link_gitlab_project(server, remote_id, path):
    """Links the first project to a project of a GitLab."""
    change_data(server, "forge_server", id=1, name="GitLab", url="http://127.0.0.1:1")
    change_data(server, "project_forge", project_id=1, forge_id=1, remote_id=remote_id, path=path,
                web_url=f"http://127.0.0.1:1/{path}")


def test_links(tap, server, gitlab):
    number = gitlab.errors(term="Error61")[0][0]["id"]
    tap.equal((gitlab.repos(), gitlab.details(number)["gitlab_issue"]), ([], None), "no repository, no issue")
    tap.equal(refusal(gitlab.link, number, 5), "Sentry response status code: 400", "so nothing can be linked")
    server.person.post("/main/app/-/settings/operations", name="App", platform="python", repository="http://127.0.0.1:1/team/app.git")
    tap.equal(gitlab.link(number, 5), "plugin", "a repository's URL alone: linked by the plug-in")
    tap.equal(gitlab.details(number)["gitlab_issue"], "http://127.0.0.1:1/team/app/-/issues/5", "and found again")
    link_gitlab_project(server, gitlab.id + 1, "team/other")
    tap.equal(gitlab.link(number, 6), "plugin", "another GitLab project than that which asks: the plug-in")
    link_gitlab_project_again(server, gitlab.id)
    tap.equal(gitlab.link(number, 7), "integration", "its own: the integration")
    tap.equal(gitlab.details(number)["gitlab_issue"], "http://127.0.0.1:1/team/other/-/issues/7", "and found again")
    repo = gitlab.repos()[0]
    tap.equal((repo["project_id"], repo["status"]), (gitlab.id, "active"), "the repository has GitLab's number, as a number")
    answer = refusal(gitlab.call, "PUT", f"/api/0/groups/{number}/integrations/{repo['integration_id']}/",
                     body={"project": 1, "externalIssue": "1#5"})
    tap.equal(answer, "Sentry response status code: 400", "an issue of another GitLab project is refused")


def link_gitlab_project_again(server, remote_id):
    server.stop()
    with sqlite3.connect(server.data / "culprit.db") as database:
        database.execute("UPDATE project_forge SET remote_id = ?", [remote_id])
    database.close()
    server.start()


# --- sizes ---


def large_events():
    """Events that are as large as events may be, or whose answers are as long as GitLab reads, in several ways."""
    tiny = [{"filename": "a", "lineno": at + 1} for at in range(200)]
    full = [frame(at, vars={f"v{i}": "x" for i in range(20)}, context_line="code", pre_context=["a"] * 5, post_context=["b"] * 5)
            for at in range(150)]
    chain = lambda count, frames: {"values": [{"type": f"Chain{at}", "value": "v", "stacktrace": {"frames": frames}}
                                              for at in range(count)]}
    deep = {"a": 1}
    for _ in range(200):
        deep = {"a": deep}
    yield from ({"exception": chain(count, tiny)} for count in (5, 10, 15, 20, 50, 120))
    yield from ({"exception": chain(count, full)} for count in (3, 10))
    yield {"threads": {"values": [{"id": at, "name": "t", "stacktrace": {"frames": tiny}} for at in range(100)]}}
    yield {"exception": exception("Deep", frames=[frame(1, vars=deep)]), "extra": {"deep": deep}, "contexts": {"deep": deep},
           "request": {"url": "http://x/", "data": deep}, "breadcrumbs": [{"message": "m", "data": deep}]}
    yield {"message": "extra", "extra": {f"k{at}": [[n] for n in range(50)] for at in range(2000)}}
    yield {"message": "crumbs", "breadcrumbs": [{"message": "m", "data": {f"k{i}": [i] for i in range(500)}} for _ in range(100)]}
    yield {"message": "tags", "tags": {f"tag{at}": "v" * 200 for at in range(200)}, "modules": {f"m{at}": "1" for at in range(9000)}}
    yield {"message": "lists", "request": {"url": "http://x/", "data": {"list": [[at] for at in range(60000)]},
                                           "headers": {f"h{at}": "v" * 200 for at in range(200)}}}
    lists = lambda count: {f"k{at}": [[n] for n in range(40)] for at in range(count)}
    yield {"message": "all", "extra": lists(700), "contexts": {"c": lists(700)}, "request": {"url": "http://x/", "data": lists(700)},
           "user": {"id": "1", "data": lists(700)}, "breadcrumbs": [{"message": "m", "data": lists(3)} for _ in range(100)],
           "exception": exception("All", frames=[frame(at, vars=lists(2)) for at in range(200)])}
    yield {"message": "noted", "extra": {"a": 1}, "_meta": {"extra": deep, "user": {f"k{at}": {"": {"len": at}} for at in range(5000)}}}
    yield {"message": "images", "debug_meta": {"images": [{"type": "elf", "image_addr": hex(at)} for at in range(10000)]}}


def test_sizes(tap, server, gitlab):
    ids = [send(server, fingerprint=[str(at)], **event) for at, event in enumerate(large_events())]
    numbers = [gitlab.call("GET", f"{gitlab.api_path}/events/{event_id}/")[0]["groupID"] for event_id in ids]
    for at in range(20):
        send(server, exception=exception(f"Long{at}" + "x" * 5000, "y" * 20000, [frame(1, filename="z" * 5000)]),
             transaction="t" * 5000)
    gitlab.answers.clear()
    for number in numbers:
        gitlab.details(number)
        gitlab.latest_event(number)
    gitlab.errors(term="Long")
    gitlab.errors(term="Long", limit=100)
    sizes = ruby_sizes(gitlab.answers)
    if sizes is None:
        tap.skip("answers in Ruby's memory", "there is no Ruby")
        return
    tap.diag(f"longest answer {max(map(len, gitlab.answers))} bytes, in Ruby at most {max(sizes)[0]} bytes, {max(d for _, d in sizes)} deep")
    tap.ok(max(sizes)[0] <= MEMORY_LIMIT, "no answer takes more memory than GitLab allows", sizes)
    tap.ok(max(depth for _, depth in sizes) <= DEPTH_LIMIT, "nor is deeper", sizes)


def test_many_projects(tap, server, gitlab):
    """GitLab reads one page of projects: it holds all that fit into what it reads."""
    server.stop()
    with sqlite3.connect(server.data / "culprit.db") as database:
        columns = [name for _, name, *_ in database.execute("PRAGMA table_info(project)").fetchall() if name not in ("id", "slug", "name")]
        database.execute(
            f"WITH RECURSIVE n(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < 5000) INSERT INTO project(slug, name,"
            f" {', '.join(columns)}) SELECT 'many-' || at, 'Many ' || at, {', '.join(columns)} FROM n, project WHERE project.id = 1")
    database.close()
    server.start()
    gitlab.token = server.cli("token", "create", "admin", "--scope", "project:read").split()[-1]
    rows, headers = gitlab.call("GET", "/api/0/projects/")
    tap.ok((ruby_sizes(gitlab.answers[-1:]) or [(0, 0)])[0][0] <= MEMORY_LIMIT, "a list of projects that fits into Ruby's memory")
    tap.ok(1000 < len(rows) < 5000, f"{len(rows)} projects in one answer of {len(gitlab.answers[-1])} bytes")
    seen = [row["id"] for row in rows]
    while "next" in pagination(headers):
        rows, headers = gitlab.call("GET", "/api/0/projects/", {"cursor": pagination(headers)["next"]})
        seen += [row["id"] for row in rows]
    tap.equal((len(seen), len(set(seen))), (5002, 5002), "all of them page by page")
    rows, headers = gitlab.call("GET", "/api/0/projects/", {"per_page": 2})
    tap.equal(([row["id"] for row in rows], "next" in pagination(headers)), (seen[:2], True), "fewer on request")


def test(tap):
    with Server("--allow-private-addresses") as server:
        server.first_project, server.first_key = server.project, server.key
        server.person = Person(server)
        server.person.get(server.sign_in_link[len(server.url):])
        server.cli("user", "create", "dev", "--email", "dev@example.org")
        server.cli("member", "set", "main/app", "dev", "developer")
        gitlab = GitLab(server, server.cli("token", "create", "dev", "--scope", "event:read,event:write,project:read").split()[-1])
        send_errors(server)
        test_projects(tap, gitlab)
        test_lists(tap, gitlab)
        test_search(tap, gitlab)
        test_details(tap, server, gitlab)
        test_updates(tap, gitlab)
        test_refusals(tap, server, gitlab)
        test_links(tap, server, gitlab)
        test_sizes(tap, server, gitlab)
        test_many_projects(tap, server, gitlab)
        tap.equal(server.stop(), 0, "GitLab's server ends in good order")
