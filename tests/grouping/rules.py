"""The settings page of the grouping rules, and what rules do to the events that come after them."""

import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lib"), str(TESTS / "web"), str(TESTS / "ingest")]
from browser import Page, Person  # noqa: E402
from sender import Project, envelope, new_id, tap  # noqa: E402

PAGE = "/main/app/-/settings/grouping"


def frame(function, in_app=True):
    return {"function": function, "module": "shop", "in_app": in_app, "lineno": 7}


def group_of(project, **event):
    """Sends an event and returns the id of its error."""
    event_id = new_id()
    assert project.post(envelope(("event", {"platform": "python", **event}), event_id=event_id)).status == 200
    return project.event(event_id)["groupID"], event_id


def crash(project, *functions, kind="Crash"):
    return group_of(project, exception={"values": [{"type": kind, "value": "v", "stacktrace": {"frames": [frame(name) for name in functions]}}]})[0]


def test_refused(person):
    bad = {
        "Line 2, column 15": {"stack_rules": "# mine\r\nfunction:main -apple", "fingerprint_rules": "type:A -> a"},
        "Line 1, column 7": {"stack_rules": "function:a -app", "fingerprint_rules": "type:A"},
        "longer than 64 KiB": {"stack_rules": "#" * 65537, "fingerprint_rules": ""},
        "more than 500 rules": {"stack_rules": "", "fingerprint_rules": "type:A -> a\n" * 501},
    }
    for message, fields in bad.items():
        answer = person.post(PAGE, **fields)
        shown = all(line[:60] in answer.text.replace("&gt;", ">") for text in fields.values() for line in text.split("\r\n")[:1])
        tap.ok(answer.status == 400 and message in answer.text and shown, f"refused, and shown again: {message}", answer.text[:500])
        tap.ok(not Page(answer.text).faults, "and the page is sound", Page(answer.text).faults)
    tap.ok("type:A" not in person.get(PAGE).text, "nothing of it is kept")


def test_stack_rules(project, person):
    one, other = crash(project, "main", "a", "b"), crash(project, "main", "a", "c")
    tap.ok(one != other, "stacks that differ are two errors")
    answer = person.post(PAGE, stack_rules="# vendored\r\nstack.function:[bc] -app -group\r\n", fingerprint_rules="")
    tap.equal(answer.status, 303, "stack trace rules are saved")
    page = person.get(PAGE).text
    tap.ok("stack.function:[bc] -app -group" in page and "The rules are saved" in page, "and shown")
    tap.equal(crash(project, "main", "a", "b"), crash(project, "main", "a", "c"), "what they leave out does not tell errors apart")
    _, event_id = group_of(project, exception={"values": [{"type": "E", "stacktrace": {"frames": [frame("a"), frame("b")]}}]})
    frames = project.event(event_id)["entries"][0]["data"]["values"][0]["stacktrace"]["frames"]
    tap.equal([item["inApp"] for item in frames], [True, False], "and which frames are in the app follows them")
    person.post(PAGE, stack_rules="type:Crash max-frames=1", fingerprint_rules="")
    tap.equal(crash(project, "x", "y", "z"), crash(project, "a", "z"), "max-frames counts from the crash")


def test_fingerprint_rules(project, person):
    rules = ('type:Down tags.region:* -> down, {{ tags.region }} title="Down in {{ tags.region }}"\r\n'
             "message:\"*quota*\" -> quota\r\n")
    person.post(PAGE, stack_rules="", fingerprint_rules=rules)

    def down(region, name):
        return group_of(project, tags={"region": region},
                        exception={"values": [{"type": "Down", "value": name, "stacktrace": {"frames": [frame(name)]}}]})

    (first, event_id), (second, _), (third, _) = down("eu", "f"), down("eu", "g"), down("us", "f")
    tap.ok(first == second != third, "a fingerprint rule groups by its values")
    tap.equal(project.event(event_id)["title"], "Down in eu", "and gives the title")
    tap.equal(group_of(project, message="Quota 7 exceeded")[0], group_of(project, message="no more quota")[0], "messages match whatever their case")
    tap.equal(group_of(project, message="out of quota", fingerprint=["own"])[0], group_of(project, message="quota", fingerprint=["other"])[0],
              "a rule wins over what the client sent")
    person.post(PAGE, stack_rules="", fingerprint_rules="")
    tap.ok(group_of(project, message="Quota 7 exceeded")[0] != group_of(project, message="no more quota")[0], "without rules all is as before")


def test_access(server, project):
    for login, role, status in (("visitor", None, 404), ("dev", "developer", 403), ("keeper", "maintainer", 200)):
        server.cli("user", "create", login, "--email", f"{login}@example.org", "--name", login, "--password-stdin", input=f"the {login}'s password\n")
        if role:
            server.cli("member", "set", "main/app", login, role)
        person = Person(server)
        person.sign_in(login, f"the {login}'s password")
        tap.equal(person.get(PAGE).status, status, f"{role or 'a stranger'} gets the page with {status}")
        if status != 200:
            tap.equal(person.post(PAGE, stack_rules="function:a -app", fingerprint_rules="").status, status, "and cannot save")


def run(server):
    project, person = Project(server), Person(server)
    person.get(server.sign_in_link[len(server.url):])
    page = person.get(PAGE)
    tap.ok(page.status == 200 and not Page(page.text).faults, "the page of grouping rules", Page(page.text).faults)
    settings = person.get("/main/app/-/settings/operations").text
    tap.ok(re.search(rf'href="{PAGE}"', settings), "is linked from the settings")
    test_refused(person)
    test_stack_rules(project, person)
    test_fingerprint_rules(project, person)
    test_access(server, project)
