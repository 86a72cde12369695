"""Every question that was put to the Sentry of the tests, put once more to Prism with Sentry's own OpenAPI document,
which refuses what breaks it: method, path, query and body."""

import re
import urllib.parse

import npm
from culprit import shared
from prism import Prism

# What the document does not have. Everything else has to be in it.
NOT_COVERED = [
    ("GET", r"/api/0/projects/"),  # all projects of the token: GitLab asks for them as well
    ("GET", r"/api/0/"),  # whose token it is, and its scopes
    ("POST", r"/api/0/issues/\d+/plugins/gitlab/link/"),  # plugins are older than the document
]


def is_covered(request):
    path = request.path.partition("?")[0]
    return not any(re.fullmatch(methods, request.method) and re.fullmatch(pattern, path) for methods, pattern in NOT_COVERED)


def one_by_one(request):
    """The same for each of its ids: the document says that `id` is an integer and in words that it is repeated."""
    path, _, query = request.path.partition("?")
    values = urllib.parse.parse_qsl(query)
    ids = [value for name, value in values if name == "id"]
    if len(ids) < 2:
        return [request.path]
    return [f"{path}?{urllib.parse.urlencode([(name, value) for name, value in values if name != 'id'] + [('id', number)])}"
            for number in ids]


def check(tap, requests):
    document = shared("data", "openapi", "sentry.json")
    if not document:
        return tap.skip("Sentry's OpenAPI document", "the shared fixtures are not here")
    folder, environment = npm.install("gitlab")
    if not folder:
        return tap.skip("Sentry's OpenAPI document", environment)
    headers = {"Authorization": "Bearer token"}
    asked = sorted({(request.method, path, request.body or None) for request in requests if is_covered(request)
                    for path in one_by_one(request)}, key=str)
    with Prism(folder, environment, document) as prism:
        for method, path, body in (("PUT", "/api/0/projects/org/app/issues/?id=x", b'{"status": "resolved"}'),
                                   ("PUT", "/api/0/projects/org/app/issues/?id=1", b'{"status": 1}'),
                                   ("GET", "/api/0/projects/org/app/issues/?sort=last_seen", None),
                                   ("GET", "/api/0/projects/org/app/isues/", None)):
            tap.ok(prism.violations(method, path, body, headers), f"what is wrong is found: {method} {path}")
        wrong = [(*request, found) for request in asked if (found := prism.violations(*request, headers))]
    tap.ok(asked and not wrong, f"{len(asked)} different questions are as Sentry's document says", wrong[:5])
    kinds = {(method, re.sub(r"APP-\d+|[0-9a-f]{32}|\d+(?=/|$)", "N", path.partition("?")[0].removeprefix("/api/0")))
             for method, path, _ in asked}
    tap.ok(len(kinds) >= 8, f"of {len(kinds)} kinds", sorted(kinds))
    tap.diag("Not in the document, so not checked: the list of all projects, the token's scopes, links by Sentry's plugin.")
    return None
