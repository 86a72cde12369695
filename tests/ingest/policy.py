"""What a project lets in: allowed origins, rate limits, and the ledger that says what became of everything."""

import html
import pathlib
import re
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "web"))
from browser import Page, Person  # noqa: E402
from sender import Ledger, Project, check_detail, envelope, new_id, tap  # noqa: E402

PAGE = "/main/app/-/settings/limits"


class Settings:
    """A maintainer's browser at the page of origins and limits."""

    def __init__(self, server, path=PAGE):
        self.person, self.path = Person(server), path
        self.person.get(server.sign_in_link[len(server.url):])

    def save(self, **fields):
        answer = self.person.post(self.path, origins=fields.get("origins", ""), rate_limits=fields.get("rate_limits", ""))
        return answer

    def limit_key(self, count, window, number=0):
        ids = re.findall(r'name="id" value="(\d+)"', self.person.get(self.path).text)
        return self.person.post(self.path + "/keys", id=ids[number], count=count, window=window)


def error(project, **headers):
    return project.post(envelope(("event", {"message": "limited"}), event_id=new_id()), headers=headers)


def start_of_window(seconds):
    """Waits until at least most of a window is left, so that a test does not run into the next."""
    while time.time() % seconds > seconds * 0.3:
        time.sleep(0.05)


def limits_of(answer):
    """The header as {(scope, reason): (seconds, categories)}."""
    found = {}
    for limit in filter(None, answer.headers.get("x-sentry-rate-limits", "").split(", ")):
        seconds, categories, scope, reason = limit.split(":")
        found[scope, reason] = (int(seconds), set(filter(None, categories.split(";"))))
    return found


def test_origins(project, settings):
    tap.equal(error(project, Origin="https://anywhere.example").status, 200, "at first pages of every origin may send")
    settings.save(origins="example.com\n*.wild.example\nhttps://secure.example:8443\nnull\nfile://\nHTTP://Mixed.Example")
    allowed = {
        "https://example.com": True, "http://example.com:8080": True, "https://EXAMPLE.com": True, "https://www.example.com": False,
        "https://notexample.com": False, "https://wild.example": True, "http://a.b.wild.example:81": True, "https://badwild.example": False,
        "https://secure.example:8443": True, "https://secure.example": False, "http://secure.example:8443": False, "null": True,
        "file://": True, "http://mixed.example": True, "https://mixed.example": False, "https://example.com.evil.example": False,
    }
    ledger = Ledger(project)
    wrong = {origin: error(project, Origin=origin).status for origin, is_allowed in allowed.items()
             if (error(project, Origin=origin).status == 200) != is_allowed}
    tap.ok(not wrong, f"{len(allowed)} origins are let in or not", wrong)
    refused = sum(not is_allowed for is_allowed in allowed.values())
    tap.equal(ledger.gained().get(("invalid", "error", "cors")), refused, "refused ones are counted")
    check_detail(error(project, Origin="https://evil.example"), 403, "403: an origin that is not allowed")
    tap.equal(error(project).status, 200, "what names no origin is let in")
    tap.equal(error(project, Referer="https://example.com:99/cart?x=1").status, 200, "without an Origin the Referer counts")
    check_detail(error(project, Referer="https://evil.example/example.com"), 403, "403: the Referer of another page")
    answer = project.post(None, "store", method="GET", headers={"Referer": "https://evil.example/"},
                          query=f"?sentry_key={project.key}&sentry_data=%7B%22message%22%3A%22a%22%7D")
    check_detail(answer, 403, "403: an image on another page")
    tap.equal(project.post(None, method="OPTIONS", query="", headers={"Origin": "https://evil.example"}).status, 200, "preflights are answered all the same")
    settings.save(origins="none")
    check_detail(error(project, Origin="https://example.com"), 403, "403: every browser, when none is allowed")
    tap.equal(error(project).status, 200, "servers still may")
    settings.save(origins="*")
    tap.equal(error(project, Origin="https://evil.example").status, 200, "a * lets all in again")


def test_bad_settings(settings):
    bad = {
        "origins": ["https://a.example/path", "foo*.example.com", "a b", "https://a.example:99999", "a.example:x", "\n".join(f"h{i}.example" for i in range(101))],
        "rate_limits": ["error", "error 10", "error ten/minute", "error 10/fortnight", "cats 10/minute", "error 10/90d", "error -1/minute",
                        "error 5/0s", "error 9999999999/minute", "\n".join(["error 1/minute"] * 21)],
    }
    for field, values in bad.items():
        wrong = []
        for value in values:
            answer = settings.save(**{field: value})
            text = html.unescape(answer.text)
            if answer.status != 400 or not re.search(r"Line \d+ of the (rate limits|allowed origins)", text) or value.split("\n")[0] not in text:
                wrong.append((value[:40], answer.status))
        tap.ok(not wrong, f"{len(values)} wrong values of {field} are refused, with the line, and shown again", wrong)


def test_key_limit(project, settings):
    start_of_window(10)
    settings.limit_key(5, 10)
    ledger = Ledger(project)
    answers = [error(project) for _ in range(8)]
    tap.equal([answer.status for answer in answers], [200] * 5 + [429] * 3, "a key of 5 errors in 10 seconds lets 5 in")
    check_detail(answers[-1], 429, "429: the answer says so")
    wait = int(answers[-1].headers["retry-after"])
    tap.ok(1 <= wait <= 10 and limits_of(answers[-1]) == {("key", "key_quota"): (wait, {"default", "error", "security"})},
           "and until when, for which categories", answers[-1].headers)
    tap.ok("x-sentry-rate-limits" not in answers[4].headers, "before the limit nothing is said")
    tap.equal(project.post({"message": "a"}, "store").status, 429, "store is limited too")
    tap.equal(project.post(envelope(("session", {}))).status, 200, "sessions are not errors")
    tap.equal(project.post(envelope(("client_report", {"discarded_events": [{"reason": "ratelimit_backoff", "category": "error", "quantity": 2}]}))).status, 200,
              "client reports are never limited")
    gained = ledger.gained()
    tap.equal((gained[("accepted", "error", "")], gained[("rate_limited", "error", "key_quota")], gained[("client_discard", "error", "ratelimit_backoff")]),
              (5, 4, 2), "the ledger counts what was let in and what was not")
    partly = project.post(envelope(("attachment", b"abc"), ("event", {"message": "a"}), ("statsd", b"x"), event_id=(event_id := new_id())))
    tap.ok(partly.status == 200 and ("key", "key_quota") in limits_of(partly) and not project.event(event_id),
           "of an envelope only what is limited is dropped", f"{partly} {partly.headers}")
    gained = ledger.gained()
    tap.ok(gained.get(("rate_limited", "attachment", "key_quota")) == 1 and gained.get(("rate_limited", "error", "key_quota")) == 1
           and gained.get(("filtered", "metric_bucket", "not_kept")) == 1, "attachments fall with their event", gained)
    whole = project.post(envelope(("attachment", b"abc"), ("event", {"message": "a"}), event_id=new_id()))
    tap.equal(whole.status, 429, "429: when nothing of an envelope is left")
    time.sleep(10.2 - time.time() % 10)
    tap.equal(error(project).status, 200, "the next window lets in again")
    settings.limit_key(0, 10)
    tap.equal(error(project).status, 429, "a count of 0 lets nothing in")
    settings.limit_key(0, 0)
    tap.equal(error(project).status, 200, "and no window is no limit")


def test_project_limits(project, settings):
    settings.save(rate_limits="error 1000000/day\r\ntransaction 0\r\nmonitor,metric_bucket 3/day")
    answer = project.post(envelope(("transaction", {})))
    tap.ok(answer.status == 429 and limits_of(answer) == {("project", "project_quota"): (int(answer.headers["retry-after"]), {"transaction"})}
           and int(answer.headers["retry-after"]) <= 60, "a limit of 0 switches a category off", f"{answer} {answer.headers}")
    tap.equal(error(project).status, 200, "and only that")
    statuses = [project.post(envelope(("statsd", b"a"))).status for _ in range(5)]
    tap.equal(statuses, [200] * 3 + [429] * 2, "categories of one line share its count")
    settings.save(rate_limits="error 1000000/day\nmonitor,metric_bucket 3/day\nsession 5/day")
    tap.equal(project.post(envelope(("statsd", b"a"))).status, 429, "a change of other settings starts no new window")
    settings.save(rate_limits="all 3/day")
    answers = [project.post(envelope(("statsd", b"a"), ("event", {"message": "x"}))) for _ in range(4)]
    tap.equal([answer.status for answer in answers], [200, 200, 429, 429], "all: everything together")
    tap.ok(limits_of(answers[2]) == {("project", "project_quota"): (int(answers[2].headers["retry-after"]), set())},
           "the empty list of categories stands for all", answers[2].headers)
    settings.save(rate_limits="error 200/day")
    accepted = []

    def hammer():
        for _ in range(60):
            accepted.append(error(project).status)

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.equal((accepted.count(200), accepted.count(429)), (200, 280), "eight senders at once get exactly what is allowed")
    settings.save()
    tap.equal(error(project).status, 200, "without limits everything is let in")


def test_pages(project, settings):
    server = project.server
    page = settings.person.get("/main/app/-/ingest")
    tap.ok(page.status == 200 and not (faults := Page(page.text).faults), "the page of the ledger", faults if page.status == 200 else page)
    for text in ("Accepted", "Rate limited", "key_quota", "Dropped by the SDK", "queue_overflow", "Larger than the limits"):
        tap.ok(text in page.text, f"it shows {text!r}")
    for period in ("7d", "30d", "90d", "nonsense", "<script>"):
        answer = settings.person.get(f"/main/app/-/ingest?period={period}")
        tap.ok(answer.status == 200 and "key_quota" in answer.text and "<script>&" not in answer.text, f"over {period}", answer)
    tap.ok(not (faults := Page(settings.person.get(PAGE).text).faults), "the page of origins and limits", faults)
    server.cli("project", "create", "main/silent")
    tap.ok("Nothing came" in settings.person.get("/main/silent/-/ingest").text, "a project that got nothing")
    for role, path, status in (("guest", "/main/app/-/ingest", 403), ("reporter", "/main/app/-/ingest", 200),
                               ("developer", PAGE, 403), ("maintainer", PAGE, 200)):
        person = Person(server)
        person.sign_in(role, f"the {role}'s password")
        tap.equal(person.get(path).status, status, f"a {role} at {path}: {status}")
        if path == PAGE and status == 403:
            tap.equal(person.post(PAGE, origins="none", rate_limits="").status, 403, "and cannot save")
    stranger = Person(server)
    stranger.sign_in("stranger", "the stranger's password")
    tap.equal((stranger.get("/main/app/-/ingest").status, stranger.get(PAGE).status), (404, 404), "to strangers neither exists")


def test_api(project):
    auth = {"Authorization": f"Bearer {project.token}"}
    stats = {}
    for stat in ("received", "generated", "rejected", "blacklisted"):
        answer = project.server.request("GET", f"/api/0/projects/main/app/stats/?stat={stat}", headers=auth)
        rows = answer.json()
        tap.ok(answer.status == 200 and len(rows) == 24 and rows[1][0] - rows[0][0] == 3600, f"stats of the project: {stat}", answer)
        stats[stat] = sum(count for _, count in rows)
    tap.ok(stats["received"] == stats["generated"] + stats["rejected"] + stats["blacklisted"] and stats["generated"] > 200, "received is the sum", stats)
    days = project.server.request("GET", "/api/0/projects/main/app/stats/?stat=received&resolution=1d&since=0", headers=auth).json()
    tap.ok(len(days) == 91 and sum(count for _, count in days) == stats["received"], "by day, as far back as is kept", days[-2:])
    tap.equal(project.server.request("GET", "/api/0/projects/main/nothing/stats/", headers=auth).status, 404, "stats of an unknown project")
    tap.equal(project.server.request("GET", "/api/0/organizations/other/stats_v2/", headers=auth).status, 404, "stats of an unknown organization")
    tap.equal(project.server.request("GET", "/api/0/organizations/main/stats_v2/").status, 401, "stats without a token")


def run(server):
    project = Project(server)
    for login, role in (("guest", "guest"), ("reporter", "reporter"), ("developer", "developer"), ("maintainer", "maintainer"), ("stranger", None)):
        server.cli("user", "create", login, "--email", f"{login}@example.org", "--name", login, "--password-stdin", input=f"the {login}'s password\n")
        if role:
            server.cli("member", "set", "main/app", login, role)
    settings = Settings(server)
    test_origins(project, settings)
    test_bad_settings(settings)
    test_key_limit(project, settings)
    test_project_limits(project, settings)
    test_pages(project, settings)
    test_api(project)
