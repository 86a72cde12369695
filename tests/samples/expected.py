"""What is to be kept of an event, and why a value may come back different.

    differences(sent, kept, reasons) -> what nobody can explain

`canonical` puts what was sent into the places where Sentry has it today: old names, bare lists, a
lone stack trace. After that each value has to come back at its place, or one of REASONS has to hold
for it; how often each did is counted in `reasons`.
"""
import json
import re
import urllib.parse

MODERN = {"Exception": "exception", "Stacktrace": "stacktrace", "Http": "request", "User": "user",
          "Message": "logentry", "Breadcrumbs": "breadcrumbs", "Contexts": "contexts",
          "Template": "template", "Threads": "threads", "DebugMeta": "debug_meta"}
LEVELS = {"log": "info", "critical": "fatal", "warn": "warning"}


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
NOT_KEPT = {
    "project", "project_id", "key_id", "version", "time_spent", "ingest_path", "grouping_config", "_metrics",
    "hashes", "location", "metadata", "title", "nodestore_insert", "culprit", "received", "errors", "type",
    "_meta", "start_timestamp", "spans", "measurements", "breakdowns", "transaction_info",
}


def is_cut(sent, kept):
    """Whether a text, or the JSON of a deep value, was cut at a limit."""
    if isinstance(kept, str) and kept in ("{\u2026}", "[\u2026]"):
        return isinstance(sent, (dict, list))
    return isinstance(kept, str) and kept.endswith("...") and str(sent).startswith(kept[:-3])


def is_scrubbed(sent, kept):
    return kept == "[Filtered]" or isinstance(kept, str) and re.search(r"\[(Filtered|email|ip)\]", kept) is not None


def explain(path, sent, kept, whole):
    """Why `kept` stands where `sent` was; or nothing."""
    name, top = path[-1], path[0]
    if is_scrubbed(sent, kept):
        return "scrubbed"
    if is_cut(sent, kept):
        return "cut at its limit"
    if len(path) == 1 and name in NOT_KEPT:
        return "of the server, or of transactions: not kept"
    return None


def same(sent, kept):
    if isinstance(sent, bool) or isinstance(kept, bool):
        return sent is kept or str(sent).lower() == str(kept).lower()
    if isinstance(sent, str):
        sent = sent.replace("\0", "\ufffd").encode("utf-8", "replace").decode().replace("?", "\ufffd") \
            if re.search("[\ud800-\udfff]", sent) else sent.replace("\0", "\ufffd")
        return sent == str(kept)
    return sent == kept or str(sent) == str(kept)


def walk(path, sent, kept, whole, found, reasons):
    if sent in (None, "", [], {}) and not isinstance(sent, bool):
        return
    if isinstance(sent, dict) and isinstance(kept, dict):
        for key, value in sent.items():
            walk(path + [key], value, kept.get(key, MISSING), whole, found, reasons)
        return
    if isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        for index, (one, other) in enumerate(zip(sent, kept)):
            walk(path + [index], one, other, whole, found, reasons)
        return
    if kept is not MISSING and same(sent, kept):
        return
    reason = explain(path, sent, kept, whole)
    if reason:
        reasons[reason] += 1
    else:
        shown = "nothing" if kept is MISSING else repr(kept)[:160]
        found.append(f"{'.'.join(map(str, path))}: {repr(sent)[:160]} became {shown}")


def differences(sent, kept, reasons):
    found = []
    wanted = canonical(sent)
    kept = dict(kept)
    if kept.get("tags"):
        kept["tags"] = dict(kept["tags"])
    for key, value in wanted.items():
        walk([key], value, kept.get(key, MISSING), kept, found, reasons)
    return found
