"""A GitLab that keeps its state in memory: projects, issues with notes, commits, files. It answers the part of GitLab's
REST API that Culprit asks for, notes what it was asked, and can be told to misbehave.

Written after GitLab's documentation. What it accepts is checked against GitLab's own schema elsewhere (contract.mjs).
"""

import base64
import datetime
import email.utils
import json
import re
import subprocess
import tempfile
import threading
import time
import urllib.parse

import misbehave

PROJECT_ID = 4711


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Request:
    """What the API was asked: decoded query and body, and whose token came."""

    def __init__(self, request):
        self.method = request.method
        self.path, _, query = request.path.partition("?")
        self.query = urllib.parse.parse_qs(query)
        self.token = request.headers.get("authorization", "").removeprefix("Bearer ")
        is_form = "urlencoded" in request.headers.get("content-type", "")
        self.form = dict(urllib.parse.parse_qsl(request.body.decode())) if is_form else {}
        self.body = json.loads(request.body) if request.body and not is_form else None

    def __repr__(self):
        return f"{self.method} {self.path} {self.query or ''} {self.body or ''}"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """Signs identity tokens, by the openssl command."""

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(suffix=".pem")
        subprocess.run(["openssl", "genrsa", "-out", self.file.name, "2048"], check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", self.file.name, "-noout", "-modulus"], check=True,
                                 capture_output=True, text=True).stdout.strip().split("=")[1]
        self.jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "test", "e": "AQAB",
                    "n": base64url(bytes.fromhex(modulus))}

    def sign(self, claims):
        head = base64url(json.dumps({"alg": "RS256", "typ": "JWT", "kid": "test"}).encode())
        text = f"{head}.{base64url(json.dumps(claims).encode())}"
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file.name], input=text.encode(), check=True,
                                   capture_output=True).stdout
        return f"{text}.{base64url(signature)}"


class Gitlab(misbehave.Server):
    """Its behaviours (misbehave.py) begin once a change was made: "closed" is an answer that got lost. refuse() answers
    before anything is done."""

    def __init__(self, clock_offset=0):
        super().__init__(self.reply)
        self.state = threading.RLock()
        self.clock_offset, self.search_finds = clock_offset, True
        self.tokens = {"project-token": {"username": "project_4711_bot", "name": "Bot", "level": 40, "scopes": ["api"]}}
        self.issues, self.notes, self.hidden = {}, {}, set()
        self.commits, self.merge_requests, self.diffs, self.files = {}, {}, {}, {}
        self.asked, self.refusals = [], []
        self.record = set()  # all that was ever asked: method, target, body
        self.lag = 0
        self.codes, self.refreshes, self.serial = {}, {}, 0
        self.start()
        self.address = self.url()
        self.project = {"id": PROJECT_ID, "path_with_namespace": "team/shop", "default_branch": "main",
                        "web_url": f"{self.address}/team/shop", "issues_access_level": "enabled", "issues_enabled": True}

    def now(self):
        return time.time() + self.clock_offset

    def count(self, method, pattern):
        with self.state:
            return len([r for r in self.asked if r.method == method and re.search(pattern, r.path)])

    def refuse(self, status, method, pattern, times=1, headers=()):
        with self.state:
            self.refusals += [(status, method, pattern, headers)] * times

    def forget(self):
        """Behaves well again, and forgets what it was asked."""
        with self.state:
            self.clear()
            self.refusals.clear()
            self.asked.clear()

    def _refusal(self, request):
        for refusal in self.refusals:
            status, method, pattern, headers = refusal
            if request.method == method and re.search(pattern, request.path):
                self.refusals.remove(refusal)
                return misbehave.Reply({"message": f"{status} for a test"}, status, headers)
        return None

    def reply(self, request):
        if request.path.startswith("/api/"):
            self.record.add((request.method, request.path, request.body))
        request = Request(request)
        if self.lag and request.method == "POST":
            time.sleep(self.lag)  # the sender may be gone before anything is done
        with self.state:
            self.asked.append(request)
            refusal = self._refusal(request)
            if refusal:
                return refusal
            status, body, headers = self._answer(request)
            headers = {"Date": email.utils.formatdate(self.now(), usegmt=True), **(headers or {})}
            return misbehave.Reply(body, status, headers.items())

    def _answer(self, request):
        person = self.tokens.get(request.token)
        if not request.path.startswith("/api/v4/"):
            return self._openid(request)
        if not person:
            return 401, {"message": "401 Unauthorized"}, None
        for method, pattern, function in ROUTES:
            found = re.fullmatch(pattern, request.path.removeprefix("/api/v4"))
            if found and method == request.method:
                result = function(self, person, request, *[urllib.parse.unquote(part) for part in found.groups()])
                return result if len(result) == 3 else (*result, None)
        return 404, {"error": "404 Not Found"}, None

    # --- signing in: OpenID Connect ---

    def _openid(self, request):
        if request.path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.address, "authorization_endpoint": f"{self.address}/oauth/authorize",
                         "token_endpoint": f"{self.address}/oauth/token", "jwks_uri": f"{self.address}/oauth/discovery/keys",
                         "userinfo_endpoint": f"{self.address}/oauth/userinfo", "response_types_supported": ["code"],
                         "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                         "code_challenge_methods_supported": ["S256"], "subject_types_supported": ["public"],
                         "id_token_signing_alg_values_supported": ["RS256"]}, None
        if request.path == "/oauth/discovery/keys":
            return 200, {"keys": [self.key().jwk]}, None
        if request.path == "/oauth/token":
            return self._token(request.form)
        if request.path == "/oauth/userinfo":
            return 200, self.tokens[request.token]["claims"], None
        return 404, {"error": "404 Not Found"}, None

    def key(self):
        if not hasattr(self, "_key"):
            self._key = Key()
        return self._key

    def _token(self, form):
        if form.get("grant_type") == "refresh_token":
            grant = self.refreshes.pop(form["refresh_token"], None)
        else:
            grant = self.codes.pop(form.get("code"), None)
        if not grant:
            return 400, {"error": "invalid_grant"}, None
        self.serial += 1
        access, refresh = f"person-access-{self.serial}", f"person-refresh-{self.serial}"
        claims = {"iss": self.address, "sub": grant["sub"], "aud": grant["client_id"], "iat": int(time.time()),
                  "exp": int(time.time()) + 300, "nonce": grant["nonce"], "nickname": grant["username"],
                  "preferred_username": grant["username"], "name": grant["name"]}
        self.tokens[access] = {**grant, "scopes": ["api"], "claims": claims}
        self.refreshes[refresh] = grant
        return 200, {"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": 7200,
                     "scope": "openid profile email api", "id_token": self.key().sign(claims)}, None

    def consent(self, url, username, name, level):
        """What a browser brings back from GitLab, where somebody has said yes: the path of the callback."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        self.serial += 1
        code = f"code-{self.serial}"
        self.codes[code] = {"username": username, "name": name, "level": level, "sub": str(sum(username.encode())),
                            "nonce": query["nonce"], "client_id": query["client_id"]}
        back = urllib.parse.urlsplit(query["redirect_uri"])
        return f"{back.path}?{urllib.parse.urlencode({'code': code, 'state': query['state']})}"

    # --- what people do in GitLab ---

    def set_state(self, number, is_open):
        with self.state:
            issue = self.issues[number]
            issue["state"] = "opened" if is_open else "closed"
            issue["updated_at"] = iso(self.now())
            return issue

    def hook(self, number, action, at=None, kind="issue"):
        """The body of a webhook."""
        issue = self.issues[number]
        return {"object_kind": kind, "event_type": kind, "user": {"id": 1, "name": "Ann", "username": "ann"},
                "project": {"id": PROJECT_ID, "path_with_namespace": "team/shop"},
                "object_attributes": {"id": 1, "iid": number, "title": issue["title"], "action": action,
                                      "state": issue["state"], "url": issue["web_url"],
                                      "updated_at": at or datetime.datetime.fromtimestamp(self.now(), datetime.timezone.utc)
                                      .strftime("%Y-%m-%d %H:%M:%S UTC")}}

    def open_issue(self, body, author):
        with self.state:
            number = len(self.issues) + 1
            now = iso(self.now())
            self.issues[number] = {
                "id": 1000 + number, "iid": number, "project_id": PROJECT_ID, "title": body["title"],
                "description": body.get("description") or "", "state": "opened", "created_at": now, "updated_at": now,
                "labels": body.get("labels", []), "confidential": bool(body.get("confidential")),
                "author": {"username": author["username"], "name": author["name"]}, "moved_to_id": None,
                "web_url": f"{self.address}/team/shop/-/issues/{number}"}
            self.notes[number] = []
            return self.issues[number]


MISSING = 404, {"message": "404 Not found"}


def is_project(server, name):
    return name in (str(PROJECT_ID), server.project["path_with_namespace"])


def get_self(server, person, request):
    return 200, {"id": 1, "name": "token", "scopes": person["scopes"], "active": True, "revoked": False}


def get_project(server, person, request, project):
    if not is_project(server, project) or person["level"] == 0:
        return 404, {"message": "404 Project Not Found"}
    return 200, {**server.project, "permissions": {"project_access": {"access_level": person["level"]}, "group_access": None}}


def page_of(items, request):
    size, page = int(request.query.get("per_page", ["20"])[0]), int(request.query.get("page", ["1"])[0])
    part = items[(page - 1) * size:page * size]
    return 200, part, {"X-Next-Page": str(page + 1) if page * size < len(items) else ""}


def list_issues(server, person, request, project):
    query = request.query
    found = [issue for number, issue in sorted(server.issues.items(), reverse=True) if number not in server.hidden]
    if "iids[]" in query:
        found = [issue for issue in found if str(issue["iid"]) in query["iids[]"]]
    if "state" in query:
        found = [issue for issue in found if issue["state"] == query["state"][0]]
    for name, key in (("updated_after", "updated_at"), ("created_after", "created_at")):
        if name in query:
            found = [issue for issue in found if issue[key] >= query[name][0]]
    if "created_before" in query:
        found = [issue for issue in found if issue["created_at"] <= query["created_before"][0]]
    if "search" in query and server.search_finds:
        found = [issue for issue in found if query["search"][0] in issue["description"]]
    elif "search" in query:
        found = []
    return page_of(found, request)


def create_issue(server, person, request, project):
    if not is_project(server, project):
        return MISSING
    if person["level"] < 10:
        return 403, {"message": "403 Forbidden"}
    if not (request.body or {}).get("title"):
        return 400, {"error": "title is missing"}
    if len(request.body["title"]) > 255:
        return 400, {"message": {"title": ["is too long (maximum is 255 characters)"]}}
    return 201, server.open_issue(request.body, person)


def get_issue(server, person, request, project, number):
    issue = server.issues.get(int(number))
    return (200, issue) if issue and int(number) not in server.hidden else MISSING


def change_issue(server, person, request, project, number):
    issue = server.issues.get(int(number))
    if not issue or int(number) in server.hidden:
        return MISSING
    event = request.body.get("state_event")
    if event in ("close", "reopen"):
        issue["state"] = "closed" if event == "close" else "opened"
        issue["updated_at"] = iso(server.now())
        issue["changed_by"] = person["username"]
    return 200, issue


def list_notes(server, person, request, project, number):
    return page_of(list(reversed(server.notes[int(number)])), request)


def create_note(server, person, request, project, number):
    if int(number) not in server.issues or int(number) in server.hidden:
        return MISSING
    notes = server.notes[int(number)]
    notes.append({"id": len(notes) + 1, "body": request.body["body"], "author": {"username": person["username"]}})
    server.issues[int(number)]["updated_at"] = iso(server.now())
    return 201, notes[-1]


def get_commit(server, person, request, project, sha):
    found = [commit for full, commit in server.commits.items() if full.startswith(sha)]
    return (200, found[0]) if found else (404, {"message": "404 Commit Not Found"})


def get_merge_requests(server, person, request, project, sha):
    found = [full for full in server.commits if full.startswith(sha)]
    return 200, server.merge_requests.get(found[0], []) if found else []


def get_diff(server, person, request, project, sha):
    found = [full for full in server.commits if full.startswith(sha)]
    return 200, server.diffs.get(found[0], []) if found else []


def get_tree(server, person, request, project):
    names = server.files.get(request.query["ref"][0])
    if names is None:
        return 404, {"message": "404 Tree Not Found"}
    tree = [{"id": "0", "name": name.rsplit("/", 1)[-1], "type": "blob", "path": name, "mode": "100644"} for name in sorted(names)]
    return page_of([{"id": "0", "name": "lib", "type": "tree", "path": "lib", "mode": "040000"}] + tree, request)


def get_file(server, person, request, project, path):
    files = server.files.get(request.query["ref"][0], {})
    return (200, files[path].encode()) if path in files else (404, {"message": "404 File Not Found"})


P = "/projects/([^/]+)"
ROUTES = [
    ("GET", "/personal_access_tokens/self", get_self),
    ("GET", P, get_project),
    ("GET", P + "/issues", list_issues),
    ("POST", P + "/issues", create_issue),
    ("GET", P + r"/issues/(\d+)", get_issue),
    ("PUT", P + r"/issues/(\d+)", change_issue),
    ("GET", P + r"/issues/(\d+)/notes", list_notes),
    ("POST", P + r"/issues/(\d+)/notes", create_note),
    ("GET", P + r"/repository/commits/([0-9a-f]+)", get_commit),
    ("GET", P + r"/repository/commits/([0-9a-f]+)/merge_requests", get_merge_requests),
    ("GET", P + r"/repository/commits/([0-9a-f]+)/diff", get_diff),
    ("GET", P + "/repository/tree", get_tree),
    ("GET", P + "/repository/files/([^/]+)/raw", get_file),
]
