"""Compares what the server shows of a program's events, through the API and on the page, with what is expected."""

import re
from html.parser import HTMLParser

from programs import BREADCRUMBS, ENVIRONMENT, RELEASE, TAGS, USER


def values_of(item):
    """Protocol lists come bare or as {"values": […]}."""
    return item.get("values", []) if isinstance(item, dict) else item or []


def frames_of(thrown):
    return ((thrown.get("stacktrace") or {}).get("frames")) or []


def entry(event, kind):
    found = [item["data"] for item in event["entries"] if item["type"] == kind]
    return found[0] if found else None


def is_own(program, frame):
    name = program.source.name
    return name in ((frame.get("filename") or "").split("/")[-1], (frame.get("absPath") or "").split("/")[-1])


def is_said_in_app(program, frame):
    """Whether a frame outside the program's file counts as in-app: where the SDK says so and can know."""
    if program.platform == "native":
        return frame.get("function") == "main"  # what the linker starts: without a file it could be anybody's
    return frame.get("in_app") is True


class Comparison:
    """Collects (what, got, want) of one event."""

    def __init__(self):
        self.rows = []

    def equal(self, what, got, want):
        self.rows.append((what, got, want))


def check_issue(issue, expected, page):
    rows = Comparison()
    for key, want in (("title", expected.title), ("culprit", expected.culprit.format(page=page)), ("level", expected.level),
                      ("count", "1"), ("userCount", 1), ("status", "unresolved")):
        rows.equal(f"issue's {key}", issue[key], want)
    return rows.rows


def check_event(program, shown, sent, expected, page):
    """Compares the API's event with the program's text and, where only the wire knows, with what was sent."""
    rows = Comparison()
    rows.equal("title", shown["title"], expected.title)
    rows.equal("culprit", shown["culprit"], expected.culprit.format(page=page))
    rows.equal("platform", shown["platform"], program.platform)
    tags = {tag["key"]: tag["value"] for tag in shown["tags"]}
    rows.equal("level", tags.get("level"), expected.level)
    rows.equal("tags", {key: tags.get(key) for key in TAGS}, TAGS)
    rows.equal("release", (shown["release"] or {}).get("version"), RELEASE)
    rows.equal("environment", tags.get("environment"), ENVIRONMENT)
    rows.equal("user", {key: shown["user"].get(key) for key in USER}, USER)
    crumbs = [(crumb["category"], crumb["message"], crumb["level"])
              for crumb in values_of(entry(shown, "breadcrumbs"))]
    rows.equal("first breadcrumbs", crumbs[:len(BREADCRUMBS)], BREADCRUMBS)
    rows.equal("number of breadcrumbs", len(crumbs), len(values_of(sent.get("breadcrumbs"))))
    if expected.chain:
        check_chain(rows, program, shown, sent, expected, page)
    return rows.rows


def check_chain(rows, program, shown, sent, expected, page):
    chain = values_of(entry(shown, "exception"))
    rows.equal("chain", [(thrown["type"], thrown["value"]) for thrown in chain],
               [(thrown.type, thrown.value) for thrown in expected.chain])
    rows.equal("frames of each", [len(frames_of(thrown)) for thrown in chain],
               [len(frames_of(thrown)) for thrown in values_of(sent["exception"])])
    for thrown, sent_thrown, want in zip(chain, values_of(sent["exception"]), expected.chain):
        frames = frames_of(thrown)
        own = [frame for frame in frames if is_own(program, frame)]
        rows.equal(f"own frames of {want.type}",
                   [(frame["function"], frame["lineNo"], frame["filename"], frame["absPath"], frame["inApp"])
                    for frame in own],
                   [(function, program.line(mark), program.filename, program.path.format(page=page), True)
                    for function, mark in want.frames])
        foreign = [(frame["function"], frame["inApp"]) for frame in frames if not is_own(program, frame)]
        said = [(shown["function"], is_said_in_app(program, frame))
                for shown, frame in zip(frames, frames_of(sent_thrown)) if not is_own(program, shown)]
        rows.equal(f"other frames of {want.type}", foreign, said)


class DetailsPage(HTMLParser):
    """What a reader gets of a details page: its text, the chain's types, and the frames as drawn."""

    HIDDEN = ("script", "style", "template", "svg")
    VOID = ("input", "img", "br", "hr", "meta", "link", "path", "use", "rect")

    def __init__(self, source):
        super().__init__()
        self.open = []  # (tag, classes) of the elements around
        self.parts = []
        self.types = []
        self.frames = []
        self.feed(source)

    def is_in(self, tag, name=None):
        return any(open_tag == tag and (name is None or name in classes) for open_tag, classes in self.open)

    def handle_starttag(self, tag, attributes):
        if tag in self.VOID:
            return
        classes = (dict(attributes).get("class") or "").split()
        self.open.append((tag, classes))
        if tag == "li" and "frame" in classes:
            self.frames.append({"path": "", "function": "", "at": "", "badges": ""})
        if tag == "h3" and self.is_in("article", "exc"):
            self.types.append("")

    def handle_endtag(self, tag):
        while self.open and tag not in self.VOID and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if any(self.is_in(tag) for tag in self.HIDDEN):
            return
        self.parts.append(data)
        if self.is_in("article", "exc") and self.is_in("h3"):
            self.types[-1] += data.strip()
        if self.is_in("li", "frame"):
            for key, tag, name in (("path", "span", "path"), ("function", "bdi", "fn"), ("at", "span", "at"),
                                   ("badges", "span", "tags")):
                if self.is_in(tag, name):
                    self.frames[-1][key] += data.strip()

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.parts))


def check_page(program, source, expected, page):
    """Compares what the details page draws: newest exception and newest frame first."""
    drawn, rows = DetailsPage(source), Comparison()
    culprit = expected.culprit.format(page=page)
    wanted = [*expected.title.split(": "), culprit, f"release {RELEASE}", f"environment {ENVIRONMENT}",
              f"level {expected.level}", f"Email {USER['email']}", f"ID {USER['id']}", f"Username {USER['username']}"]
    wanted += [f"{key} {value}" for key, value in TAGS.items()]
    wanted += [f"{category} {message}" for category, message, _ in BREADCRUMBS]
    wanted += [f"{thrown.type} {thrown.value}" for thrown in expected.chain]
    rows.equal("text that is not shown", [part for part in wanted if part not in drawn.text], [])
    if expected.chain:
        rows.equal("chain", drawn.types, [thrown.type for thrown in reversed(expected.chain)])
    if any(thrown.frames for thrown in expected.chain):
        own = [(frame["function"], frame["at"].split(":")[1], "In app" in frame["badges"])
               for frame in drawn.frames if frame["path"].split("/")[-1] == program.source.name]
        rows.equal("own frames", own, [(function or "", str(program.line(mark)), True)
                                       for thrown in reversed(expected.chain)
                                       for function, mark in reversed(thrown.frames)])
    return rows.rows
