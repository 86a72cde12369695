"""A maintainer at the error-tracking part of a project's settings, and a Sentry to connect to."""

import html
import pathlib
import re
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("lib", "web")]
import misbehave  # noqa: E402
from browser import Page, Person  # noqa: E402

MASK = "************"
EVERYTHING = ["event:read", "event:write", "project:read"]


class Sentry(misbehave.Server):
    """Answers what a Connect asks, for one token. Projects are (organization, slug, name, id)."""

    def __init__(self, token="sntryu_" + "5ec4e7" * 10, projects=(("shop", "cart", "The Cart", 7),), scopes=EVERYTHING, **more):
        super().__init__(answer=self.reply, **more)
        self.token, self.projects, self.scopes, self.page = token, list(projects), scopes, 100
        self.may_list = self.may_see_events = True

    def reply(self, request):
        path, _, query = request.path.partition("?")
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return misbehave.Reply({"detail": "Invalid token"}, 401)
        if path == "/api/0/":
            auth = {"scopes": self.scopes} if self.scopes is not None else None
            return misbehave.Reply({"version": "0", "auth": auth, "user": {"name": "Reader of <b>Shop</b>"}})
        if path == "/api/0/projects/":
            return self.list(query) if self.may_list else misbehave.Reply({"detail": "No permission"}, 403)
        if re.fullmatch(r"/api/0/projects/[^/]+/[^/]+/issues/", path):
            return misbehave.Reply([]) if self.may_see_events else misbehave.Reply({"detail": "No permission"}, 403)
        return misbehave.Reply({"detail": "Not found"}, 404)

    def list(self, query):
        start = int(re.search(r"cursor=0%3A(\d+)%3A0", query)[1]) if query else 0
        rows = [{"id": str(id), "slug": slug, "name": name, "status": "active",
                 "organization": {"id": "1", "slug": organization, "name": f"{organization} & Co"}}
                for organization, slug, name, id in self.projects[start:start + self.page]]
        has_next = str(start + self.page < len(self.projects)).lower()
        links = ", ".join(f'<{self.url()}/api/0/projects/?&cursor=0:{at}:0>; rel="{rel}"; results="{found}"; cursor="0:{at}:0"'
                          for rel, at, found in (("previous", 0, "false"), ("next", start + self.page, has_next)))
        return misbehave.Reply(rows, headers=[("Link", links)])


class Form:
    """The form as a page shows it."""

    def __init__(self, answer):
        self.answer, self.status = answer, answer.status
        section = re.search(r'<section [^>]*id="error-tracking".*?</section>', answer.text, re.S)
        self.html = section[0] if section else ""
        value = lambda pattern: html.unescape((re.search(pattern, self.html, re.S) or ["", ""])[1])
        self.url = value(r'name="api_url"[^>]* value="([^"]*)"')
        self.token = value(r'name="token"[^>]* value="([^"]*)"')
        self.ticket = value(r'name="ticket" value="([^"]*)"')
        self.is_active = bool(re.search(r'name="active"[^>]* checked', self.html))
        self.source = value(r'name="source" value="(\w+)" checked')
        self.options = [(html.unescape(key), html.unescape(title)) for key, title in
                        re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)</option>', self.html)]
        self.project = value(r'<option value="([^"]*)" selected')
        self.is_disabled = bool(re.search(r"<select[^>]* disabled", self.html))
        self.is_connected = 'aria-label="Projects successfully retrieved"' in self.html
        self.wrong = re.findall(r'id="([a-z-]+)"[^>]*aria-invalid="true"', self.html)
        outcomes = re.findall(r"<(div|p)[^>]*data-outcome>(.*?)</\1>(?:</div>)?", self.html, re.S)
        self.outcome = " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).strip() for _, text in outcomes)
        self.faults = Page(answer.text).faults if section else []
        self.faults += [f"the project {key!r} has no title" for key, title in self.options if not title]

    def __repr__(self):
        return f"<{self.status} {self.outcome!r} {self.url!r} {self.token!r} {self.project!r} {self.options[:3]}>"


class Maintainer(Person):
    """Who fills the form. Every page they get is kept, to look for secrets in it."""

    def __init__(self, server, project="main/app", login=None, password=None):
        super().__init__(server)
        self.path = f"/{project}/-/settings/operations"
        self.pages = []
        if login:
            self.sign_in(login, password)

    def request(self, *arguments, **more):
        answer = super().request(*arguments, **more)
        self.pages.append(answer)
        return answer

    def form(self):
        return Form(self.get(self.path))

    def send(self, button, **fields):
        fields = {"active": "on", "source": "sentry", "token": MASK, **fields, button: "1"}
        fields = {name: value for name, value in fields.items() if value is not None}
        return self.post(self.path + "/error_tracking", **fields)

    def connect(self, url, **fields):
        return Form(self.send("connect", api_url=url, **fields))

    def save(self, url, **fields):
        """The form again, or None when it was saved."""
        answer = self.send("save", api_url=url, **fields)
        return None if answer.status == 303 else Form(answer)
