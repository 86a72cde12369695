"""A browser without a screen: cookies, forms with their CSRF token, and what a page may hold."""

import html.parser
import re
import urllib.parse

VOID = set("area base br col embed hr img input link meta source track wbr".split())
# In SVG these close themselves.
SELF_CLOSING = {"use", "path", "rect", "circle", "line", "polyline"}


class Person:
    """One browser's cookies on a server."""

    def __init__(self, server):
        self.server = server
        self.cookies = {}

    def request(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self.server.request(method, path, body, headers)
        for name, value in answer.all_headers:
            if name.lower() == "set-cookie":
                self._keep(value)
        return answer

    def _keep(self, header):
        name, _, rest = header.partition("=")
        value = rest.split(";")[0]
        if not value or "max-age=0" in header.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def token(self, path="/"):
        """The CSRF token of the forms on a page."""
        found = re.search(r'name="_csrf" value="([^"]+)"', self.get(path).text)
        return found[1] if found else ""

    def post(self, path, **fields):
        """Sends a form as our pages do. Names that are no Python names come as {"event:read": 1}."""
        fields = {**fields.pop("extra", {}), **fields}
        return self.request("POST", path, {"_csrf": self.token(), **fields})

    def sign_in(self, login, password):
        return self.request("POST", "/users/sign_in", {"login": login, "password": password})


class Page(html.parser.HTMLParser):
    """Reads a page and notes what must not be in one."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.faults, self.open, self.ids, self.texts = [], [], set(), []
        self.labels, self.controls, self.h1 = set(), [], 0
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]
        if self.h1 != 1:
            self.faults.append(f"{self.h1} first headings")
        for tag, attributes in self.controls:
            name = attributes.get("id")
            if not attributes.get("aria-label") and name not in self.labels and "label" not in attributes:
                self.faults.append(f"<{tag} name={attributes.get('name')}> has no label")

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if len(attributes) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.faults.append(f"<{tag} {name}>")
            if name in ("href", "src", "action", "formaction"):
                if re.match(r"\s*(?!https?:|mailto:)[a-z][a-z0-9+.-]*:", value or "", re.I):
                    self.faults.append(f"<{tag} {name}={value}>")
        if tag == "style" or tag == "script" and "src" not in attributes:
            self.faults.append(f"inline <{tag}>")
        self.note(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def note(self, tag, attributes):
        name = attributes.get("id")
        if name in self.ids:
            self.faults.append(f"the id {name} stands twice")
        if name:
            self.ids.add(name)
        self.h1 += tag == "h1"
        if tag == "label" and "for" in attributes:
            self.labels.add(attributes["for"])
        is_wrapped = "label" in self.open
        if tag in ("input", "select", "textarea") and not is_wrapped:
            if attributes.get("type") != "hidden" and not attributes.get("aria-hidden"):
                self.controls.append((tag, attributes))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()
            if tag not in SELF_CLOSING:
                self.faults.append(f"<{tag}/> closes itself")

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> where {self.open[-3:]} are open")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())
