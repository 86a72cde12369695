"""The event that the bench sends: a Python error with 20 frames and their source lines, 15 KB.

Its shape is the same as that of the load which the peers were measured with.
"""

import json


def frame(i):
    return {
        "filename": f"app/mod{i % 7}.py",
        "abs_path": f"/srv/app/app/mod{i % 7}.py",
        "module": f"app.mod{i % 7}",
        "function": f"func_{i}",
        "lineno": 100 + i,
        "in_app": i % 3 != 0,
        "pre_context": [f"    x{j} = compute_{j}(a, b, c)  # line {j}" for j in range(5)],
        "context_line": "    return do_the_thing(x, y, z)",
        "post_context": [f"    y{j} = other_{j}(q, r)" for j in range(5)],
    }


def breadcrumb(i):
    return {
        "type": "http", "category": "httplib", "timestamp": 1700000000 + i,
        "message": f"GET /x/{i}", "data": {"status_code": 200},
    }


def event():
    return {
        "event_id": "EVENTID",
        "timestamp": "TIMESTAMP",
        "platform": "python",
        "level": "error",
        "release": "app@1.2.3",
        "environment": "production",
        "server_name": "web-1",
        "transaction": "/api/checkout",
        "tags": {"customer": "acme", "region": "eu", "browser": "Chrome 120"},
        "user": {"id": "42", "email": "u@example.org", "ip_address": "10.0.0.1"},
        "request": {
            "url": "https://example.org/api/checkout", "method": "POST",
            "headers": {"User-Agent": "Mozilla/5.0", "Host": "example.org"}, "data": {"a": 1},
        },
        "contexts": {
            "runtime": {"name": "CPython", "version": "3.11.7"},
            "os": {"name": "Linux", "version": "6.1"},
            "trace": {"trace_id": "a" * 32, "span_id": "b" * 16},
        },
        "breadcrumbs": {"values": [breadcrumb(i) for i in range(20)]},
        "exception": {"values": [{
            "type": "EXCTYPE", "value": "could not process order",
            "mechanism": {"type": "generic", "handled": False},
            "stacktrace": {"frames": [frame(i) for i in range(20)]},
        }]},
        "sdk": {"name": "sentry.python", "version": "2.64.0"},
        "modules": {f"pkg{i}": "1.0" for i in range(40)},
    }


if __name__ == "__main__":
    print(json.dumps(event()))
