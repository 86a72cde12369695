"""Relay's pairs: events as sent, and what its own test made of them.

Relay scrubbed these events under rules written for that test, not under its defaults; `_meta` names the rule of each
change. RULES says the same in our words, so that the same values have to come out equal. DIFFERENCES lists those that
do not, with the reason; docs/scrubbing.md says the same.
"""

import json
import re

# What the fixtures' own rules did, beside what our defaults do (paths of users in texts, "...-TOKEN" headers).
RULES = """
filter anything from request.cookies.wcsid
filter anything from request.cookies.hblid
filter anything from request.headers.User-Agent
remove anything from tags.RequestId
remove anything from user.ip_address
hash anything from user.email
replace userpath from exception.**.filename
replace userpath from exception.**.abs_path
replace anything from server_name with "[.local hostname]"
remove anything from contexts.device.boot_time
remove anything from contexts.device.memory_size
remove anything from contexts.device.timezone
remove anything from contexts.device.screen_density
remove anything from contexts.device.screen_dpi
remove anything from contexts.device.screen_height_pixels
remove anything from contexts.device.screen_width_pixels
remove anything from contexts.device.screen_resolution
replace "%7B%22token%22%3A%22*%22%2C" from request.cookies._okdetect with "{[ok detect token],"
""".strip()

# (event, path): (what we keep, why it is not what Relay's test has)
DIFFERENCES = {
    ("cocoa", "user.email"): (
        re.compile(r"[0-9A-F]{40}"),
        "Relay's hash is HMAC-SHA-1 under an empty key, ours the first 40 digits of SHA-256"),
    ("dotnet", "breadcrumbs.values.1.message"): (
        re.compile(r"Request starting HTTP/1\.1 POST http://localhost:62919/Home/PostIndex application/json; .*"),
        "the path of an address on the web is not a folder of users, whatever its first part is called"),
    ("dotnet", "request.cookies._okdetect"): (
        re.compile(r"\{\[ok detect token\],%22proto%22%3A%22http%3A%22%2C%22host%22%3A%22localhost%3A4040%22%7D"),
        "cookies are kept as they were sent, with their escapes; the same part is replaced"),
}
# Scrubbed by us and not there: (event, path): why.
FURTHER = {
    ("cocoa", "contexts.app.executable_path"):
        "the fixtures' rules left contexts out; a user's name in a path is as personal there as elsewhere",
}


def remarks(meta, path=()):
    """(path, rule) of every change that `_meta` tells of."""
    for key, value in meta.items():
        if key == "" and value.get("rem"):
            yield path, value["rem"][0][0]
        elif isinstance(value, dict) and key != "":
            yield from remarks(value, path + (key,))


def at(value, path):
    """The value at a path; None where there is none."""
    for key in path:
        if isinstance(value, list):
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def our_path(expected, path):
    """Lists of pairs are found by name, since normalising may order them otherwise."""
    head = at(expected, path[:-2]) if path[-1] == "1" else None
    if isinstance(head, list) and isinstance(at(head, [path[-2]]), list):
        name = head[int(path[-2])][0]
        return ("server_name",) if name == "server_name" else path[:-2] + (name,)
    return path


def our_value(event, path):
    for i in range(1, len(path)):
        pairs = at(event, path[:i])
        is_pairs = isinstance(pairs, list) and pairs and all(isinstance(pair, list) for pair in pairs)
        if is_pairs:
            return next((value for name, value in pairs if name == path[i]), None)
    return at(event, path)


def marked(value, path=()):
    """Paths of all texts that hold one of our replacements."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from marked(member, path + (key,))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from marked(member, path + (str(index),))
    elif isinstance(value, str) and re.search(r"\[(Filtered|user)\]", value):
        yield path


def check(tap, name, expected, event):
    """Compares one event; how many values were equal."""
    equal, paths = 0, set()
    for path, rule in remarks(expected["_meta"]):
        ours = our_path(expected, path)
        paths.add(".".join(ours))
        wanted, got = at(expected, path), our_value(event, ours)
        place = (name, ".".join(ours))
        if place in DIFFERENCES:
            form, why = DIFFERENCES[place]
            tap.ok(isinstance(got, str) and form.fullmatch(got), f"{name} {place[1]} differs: {why}", got)
        elif got == wanted:
            equal += 1
        else:
            tap.ok(False, f"{name} {place[1]} by {rule}", f"wanted {wanted!r}\ngot    {got!r}")
    more = []
    for path in marked(event):
        named = ".".join(path)
        pairs = at(event, path[:-2]) if len(path) > 2 and path[-1] == "1" else None
        if isinstance(pairs, list) and isinstance(pairs[int(path[-2])], list):
            named = ".".join(path[:-2] + (pairs[int(path[-2])][0],))
        if (name, named) in FURTHER:
            tap.ok(True, f"{name} {named} is scrubbed too: {FURTHER[name, named]}")
        elif named not in paths:
            more.append(f"{named}: {at(event, path)!r}")
    tap.ok(equal > 0 and not more, f"{name}: {equal} scrubbed values are equal, and no others are scrubbed",
           "\n".join(more))
    return equal


def load(folder):
    """(name, event as sent, event expected) of each pair."""
    import yaml

    for path in sorted(folder.glob("events-pii-expected/*__pii_stripping.snap")):
        name = path.name[len("test_fixtures__"):-len("__pii_stripping.snap")]
        sent = (folder / f"events/payloads/{name}.json").read_bytes()
        yield name, json.loads(sent), yaml.safe_load(path.read_text().split("---\n", 2)[2])
