"""Every question that was put to the GitLab of the tests, put once more to Prism with GitLab's own OpenAPI document, which
refuses what breaks it: method, path, query and body."""

import re

import npm
from culprit import shared
from prism import Prism

# What the extract of the document does not have. Everything else has to be in it.
NOT_COVERED = [
    ("GET|POST", r"/projects/\d+/issues/\d+/notes"),
    ("GET", r"/projects/\d+/repository/commits/[0-9a-f]+/(merge_requests|diff)"),
    ("GET", r"/projects/\d+/repository/tree"),
    ("GET", r"/projects/\d+/repository/files/[^/]+/raw"),
]


def is_covered(method, target):
    path = target.partition("?")[0].removeprefix("/api/v4")
    return not any(re.fullmatch(methods, method) and re.fullmatch(pattern, path) for methods, pattern in NOT_COVERED)


def check(tap, record):
    """`record`: (method, target, body) of what was asked."""
    document = shared("data", "openapi", "gitlab.json")
    if not document:
        return tap.skip("GitLab's OpenAPI document", "the shared fixtures are not here")
    folder, environment = npm.install("gitlab")
    if not folder:
        return tap.skip("GitLab's OpenAPI document", environment)
    with Prism(folder, environment, document) as prism:
        tap.ok(prism.violations("POST", "/api/v4/projects/1/issues", b'{"labels": "bug"}'), "a wrong body is found")
        tap.ok(prism.violations("GET", "/api/v4/projects/1/issues?state=shut", None), "and a wrong query")
        tap.ok(prism.violations("GET", "/api/v4/projects/1/isues", None), "and a wrong path")
        tap.ok(prism.violations("PATCH", "/api/v4/projects/1/issues/1", b"{}"), "and a wrong method")
        asked = [request for request in record if is_covered(request[0], request[1])]
        wrong = [(request, found) for request in asked if (found := prism.violations(*request))]
        tap.ok(asked and not wrong, f"{len(asked)} different questions are as GitLab's document says", wrong[:5])
        kinds = {(method, re.sub(r"\d+|[0-9a-f]{8,}", "N", target.partition("?")[0])) for method, target, _ in asked}
        tap.ok(len(kinds) >= 7, f"of {len(kinds)} kinds", sorted(kinds))
        tap.diag("Not in the extract of the document, so not checked: notes, merge requests and changes of commits, trees, files.")
    return None
