"""What is to be kept of an event, and why a value may come back different.

    differences(sent, kept, reasons) -> what nobody can explain

`canonical` puts what was sent into the places where Sentry has it today: old names, bare lists, a
lone stack trace. After that each value has to come back at its place, or one of REASONS has to hold
for it; how often each did is counted in `reasons`. More than was sent may be kept.
"""
import datetime
import json
import re
import urllib.parse

MODERN = {"Exception": "exception", "Stacktrace": "stacktrace", "Http": "request", "User": "user",
          "Message": "logentry", "Breadcrumbs": "breadcrumbs", "Contexts": "contexts",
          "Template": "template", "Threads": "threads", "DebugMeta": "debug_meta", "Csp": "csp", "Hpkp": "hpkp",
          "ExpectCT": "expectct", "ExpectStaple": "expectstaple", "Nel": "nel"}
LEVELS = {"log": "info", "critical": "fatal", "warn": "warning", "40": "error"}


# --- moves -------------------------------------------------------------------------------

def values(thing):
    """{"values": [...]}, a list or one item as a list without nulls."""
    if isinstance(thing, dict):
        thing = thing["values"] if "values" in thing else [thing]
    return [item for item in thing or [] if item is not None]


def pairs(thing, name="key"):
    """Of an object or a list: [[name, value], ...] without nulls."""
    if isinstance(thing, dict):
        thing = list(thing.items())
    found = [[item["key"], item["value"]] if isinstance(item, dict) else list(item) for item in thing or [] if item]
    return [[str(key), first(value)] for key, value in found if value is not None]


def first(value):
    return value[0] if isinstance(value, list) and value else value


def canonical(sent):
    event = {}
    for key, value in sent.items():
        old = key.removeprefix("sentry.interfaces.")
        event.setdefault(MODERN.get(old, key) if old != key else key, value)
    if event.get("message"):
        message = event.pop("message")
        logentry = event.get("logentry") if isinstance(event.get("logentry"), dict) else {}
        given = message if isinstance(message, dict) else {"formatted": message}
        event["logentry"] = {**given, **{k: v for k, v in logentry.items() if v}}
    if isinstance(event.get("logentry"), str):
        event["logentry"] = {"formatted": event["logentry"]}
    if event.get("logentry"):
        entry = event["logentry"] = dict(event["logentry"])
        if not entry.get("formatted") and not entry.get("params"):
            entry["formatted"] = entry.pop("message", None)
        if entry.get("formatted") == entry.get("message"):
            entry.pop("message", None)
    for name in ("exception", "threads", "breadcrumbs"):
        if event.get(name):
            event[name] = {"values": [dict(item) for item in values(event[name])]}
    move_stacktrace(event)
    if event.get("exception"):
        event["exception"]["values"] = [e for e in event["exception"]["values"]
                                        if e.get("type") or e.get("value") or e.get("stacktrace")]
        for exception in event["exception"]["values"]:
            if isinstance(exception.get("mechanism"), dict) and not exception["mechanism"].get("type"):
                exception["mechanism"] = canonical_mechanism(exception["mechanism"])
    if event.get("tags"):
        event["tags"] = {str(key).strip().replace(" ", "-"): value for key, value in reversed(pairs(event["tags"]))}
    if event.get("culprit") and not event.get("transaction"):
        event["transaction"] = event.pop("culprit")
    if event.get("request"):
        event["request"] = canonical_request(event["request"])
    if isinstance(event.get("user"), dict):
        event["user"] = canonical_user(event["user"])
    if event.get("site"):
        event.setdefault("tags", {})["site"] = event.pop("site")
    return event


def move_stacktrace(event):
    stacktrace = event.pop("stacktrace", None)
    if not stacktrace or not stacktrace.get("frames"):
        return
    exceptions = event.get("exception", {}).get("values", [])
    if len(exceptions) == 1 and not exceptions[0].get("stacktrace"):
        exceptions[0]["stacktrace"] = stacktrace
    elif not exceptions and not event.get("threads"):
        event["threads"] = {"values": [{"current": True, "stacktrace": stacktrace}]}


def canonical_mechanism(old):
    """Cocoa's first form."""
    new = {key: value for key, value in old.items() if key not in ("posix_signal", "mach_exception", "relevant_address")}
    if signal := old.get("posix_signal"):
        new["meta"] = {"signal": {"number" if key == "signal" else key: value for key, value in signal.items()}}
        new["type"] = "posix"
    if mach := old.get("mach_exception"):
        mach = {"name" if key == "exception_name" else key: value for key, value in mach.items()}
        new["meta"] = {**new.get("meta", {}), "mach_exception": mach}
        new["type"] = "mach"
    if "relevant_address" in old:
        new["data"] = {**new.get("data", {}), "relevant_address": old["relevant_address"]}
    return new


def canonical_request(request):
    request = {key: value for key, value in request.items() if value not in (None, "", [], {})}
    url, hash_, fragment = str(request.get("url", "")).partition("#")
    url, mark, query = url.partition("?")
    if "url" in request:
        request["url"] = url
    if hash_ and "fragment" not in request:
        request["fragment"] = fragment
    if mark and query and "query_string" not in request:
        request["query_string"] = query.lstrip("?")
    headers = [[name_of(key), value] for key, value in pairs(request.get("headers"))]
    cookie = [value for key, value in headers if key == "Cookie"]
    if cookie and not request.get("cookies"):
        request["cookies"] = cookie[0]
    request["headers"] = [header for header in headers if header[0] not in ("Cookie", "Set-Cookie")]
    cookies = request.get("cookies")
    if isinstance(cookies, str):
        cookies = [part.strip().partition("=")[::2] for part in cookies.split(";") if part.strip()]
    request["cookies"] = pairs(cookies)
    if isinstance(request.get("query_string"), (dict, list)):
        request["query_string"] = pairs(request["query_string"])
    elif request.get("query_string"):
        request["query_string"] = request["query_string"].lstrip("?")
    if isinstance(request.get("data"), str):
        request["data"] = parsed(request["data"])
    if "method" in request:
        request["method"] = request["method"].upper()
    return request


def name_of(header):
    return re.sub(r"(?:^|(?<=-))[a-z]", lambda m: m[0].upper(), header)


def parsed(text):
    """A body that is JSON or a form."""
    try:
        value = json.loads(text)
        if isinstance(value, (dict, list)):
            return value
    except ValueError:
        pass
    if re.fullmatch(r"[^<>{}\"`\\\s=]+=[^<>{}\"`\\\s]+", text) and not text.endswith("=="):
        return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
    return text


def canonical_user(user):
    known = ("id", "username", "email", "ip_address", "name", "geo")
    data = {**(user.get("data") or {}), **{k: v for k, v in user.items() if k not in known + ("data",)}}
    return {**{k: v for k, v in user.items() if k in known}, "data": data}


# --- reasons -----------------------------------------------------------------------------

MISSING = object()
# Of the server, of transactions, or of the transport: read, but not part of what is kept.
NOT_KEPT = {
    ("project",), ("project_id",), ("key_id",), ("version",), ("time_spent",), ("ingest_path",), ("hashes",),
    ("grouping_config",), ("_metrics",), ("location",), ("metadata",), ("title",), ("culprit",), ("received",),
    ("nodestore_insert",), ("transaction_info",), ("type",), ("errors",), ("sdk", "settings"), ("sdk", "client_ip"),
}
# Members that Sentry does not know either; .NET's SDK once sent the first.
UNKNOWN_MEMBERS = {"instruction_offset"}
RESERVED_TAGS = {"release", "dist", "user", "filename", "function"}


class Place:
    """One value that came back different: where it stands, and what stands around it."""

    def __init__(self, path, sent, kept, siblings, whole):
        self.path, self.name, self.sent, self.kept = path, path[-1], sent, kept
        self.siblings, self.whole = siblings, whole  # of what is kept
        self.is_missing = kept is MISSING

    def noted(self, kind, name=None):
        name = name or ".".join(map(str, self.path))
        return any(e["type"] == kind and e.get("name") == name for e in self.whole.get("errors", []))


def is_cut(place):
    if place.kept in ("{\u2026}", "[\u2026]"):
        return isinstance(place.sent, (dict, list))
    return isinstance(place.kept, str) and place.kept.endswith("...") and str(place.sent).startswith(place.kept[:-3])


def is_scrubbed(place):
    """What is not masked has to be there still, in order."""
    if not isinstance(place.kept, str) or "[" not in place.kept:
        return False
    if place.kept == "[Filtered]":
        return True
    parts = re.split(r"\[(?:Filtered|email|ip|user)\]", place.kept.removesuffix("..."))
    return len(parts) > 1 and re.match(".*?".join(map(re.escape, parts)), str(place.sent), re.S) is not None


def seconds(value):
    if isinstance(value, (int, float)):
        return float(value)
    try:
        return float(value)
    except ValueError:
        value = re.sub(r"(\.\d{6})\d+", r"\1", str(value).replace("Z", "+00:00"))
        when = datetime.datetime.fromisoformat(value)
        return (when if when.tzinfo else when.replace(tzinfo=datetime.timezone.utc)).timestamp()


def is_time(place):
    return place.name == "timestamp" and not place.is_missing and abs(seconds(place.sent) - place.kept) < 0.0011


def is_moved_time(place):
    """All times of an event move by the same."""
    if place.name != "timestamp" or place.is_missing:
        return False
    moved = [e for e in place.whole.get("errors", []) if e["type"] in ("past_timestamp", "future_timestamp", "clock_drift")]
    if not moved:
        return False
    shift = place.whole["timestamp"] - seconds(moved[-1]["value"])
    return abs(seconds(place.sent) + shift - place.kept) < 0.01


def is_path_of_url(place):
    return (place.name == "filename" and re.match(r"[\w-]+://", str(place.sent)) and not place.is_missing
            and place.siblings.get("abs_path") and place.kept.startswith("/") and place.kept in place.sent)


REASONS = [
    ("scrubbed", is_scrubbed),
    ("cut at its limit", is_cut),
    ("read, but not kept: of the server, of transactions, of the transport", lambda p: p.is_missing and p.path in NOT_KEPT),
    ("written as seconds with three digits", is_time),
    ("moved with the event, which was too old", is_moved_time),
    ("the file is the path of the script's URL", is_path_of_url),
    ("? is no function's name", lambda p: p.is_missing and p.name in ("function", "symbol") and p.sent == "?"),
    ("a native function's name is shortened", lambda p: p.name == "function" and p.siblings.get("raw_function") == p.sent),
    ("in_app is decided by rules", lambda p: p.name == "in_app" and p.siblings.get("sent_in_app") == p.sent),
    ("the sender's address", lambda p: p.path == ("user", "ip_address") and p.sent == "{{auto}}" and not p.is_missing),
    ("the name of a level", lambda p: p.name == "level" and LEVELS.get(str(p.sent)) == p.kept),
    ("a tag that the server sets", lambda p: p.path[0] == "tags" and p.is_missing and p.name in RESERVED_TAGS),
    ("a tag's name that may not be", lambda p: p.path[0] == "tags" and p.is_missing and p.noted("invalid_data", "tags")),
    ("a value that may not be, and is noted", lambda p: p.is_missing and (p.noted("invalid_data") or p.noted("invalid_environment"))),
    ("an attribute that is none, and is noted", lambda p: p.is_missing and p.noted("invalid_attribute")),
    ("no line's number", lambda p: p.is_missing and p.name in ("lineno", "colno") and p.sent in (0, -1)),
    ("the type follows from what is there", lambda p: p.path == ("type",) and not p.is_missing),
    ("a member that is none", lambda p: p.is_missing and p.name in UNKNOWN_MEMBERS),
    ("the stack before symbolication, beside the one after", lambda p: p.name == "raw_stacktrace" and "stacktrace" in p.siblings),
]


def is_empty(value):
    """Null, and what holds nothing but that."""
    if isinstance(value, dict):
        return all(is_empty(item) for item in value.values())
    if isinstance(value, list):
        return all(is_empty(item) for item in value)
    return value is None or value == ""


def same(sent, kept):
    if isinstance(sent, bool) or isinstance(kept, bool):
        return sent is kept or str(sent).lower() == str(kept).lower()
    if isinstance(sent, str):
        sent = sent.replace("\0", "\ufffd").encode("utf-8", "replace").decode().replace("?", "\ufffd") \
            if re.search("[\ud800-\udfff]", sent) else sent.replace("\0", "\ufffd")
        return sent == str(kept)
    return sent == kept or str(sent) == str(kept)


def walk(place, found, reasons):
    sent, kept = place.sent, place.kept
    if is_empty(sent):
        return
    if isinstance(sent, dict) and isinstance(kept, dict):
        for key, value in sent.items():
            walk(Place(place.path + (key,), value, kept.get(key, MISSING), kept, place.whole), found, reasons)
        return
    if isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        for index, (one, other) in enumerate(zip(sent, kept)):
            walk(Place(place.path + (index,), one, other, {}, place.whole), found, reasons)
        return
    if kept is not MISSING and same(sent, kept):
        return
    for reason, holds in REASONS:
        if holds(place):
            reasons[reason] += 1
            return
    shown = "nothing" if kept is MISSING else repr(kept)[:160]
    found.append(f"{'.'.join(map(str, place.path))}: {repr(sent)[:160]} became {shown}")


def differences(sent, kept, reasons):
    found = []
    wanted, kept = canonical(sent), dict(kept)
    if kept.get("tags"):
        kept["tags"] = dict(kept["tags"])
    for key, value in wanted.items():
        walk(Place((key,), value, kept.get(key, MISSING), kept, kept), found, reasons)
    return found
