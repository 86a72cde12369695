"""Secrets that nobody has, and the places of an event where they are planted.

Each secret is made of random parts from a seed, so that a search for it finds nothing by chance; it is what must not
be found. Around it stands what makes it one: a name, the form of a card number, the lines around a key.
"""

import base64
import json
import random
import string
import urllib.parse

NAMES = ["password", "PASSWORD", "user_password", "passwd", "new_passwd", "secret", "client_secret", "SECRET_KEY",
         "api_key", "apikey", "X-Api-Key", "apiKey", "auth", "Authorization", "Proxy-Authorization", "oauth_verifier",
         "credentials", "mysql_pwd", "private_key", "privateKey", "privatekey", "token", "access_token",
         "refreshToken", "csrftoken", "X-CSRF-Token", "XSRF-TOKEN", "bearer", "session", "sessionid", "JSESSIONID",
         "PHPSESSID", "connect.sid", "jwt", "passphrase", "aws_secret_access_key", "AWS_ACCESS_KEY_ID",
         "encryption_key", "signing-key", "ssh_key", "credit_card", "card_number", "cvv", "ssn", "otp"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def word(self, length=20):
        # Letters and digits; begins with a letter, so that it is no number by chance.
        pool = string.ascii_letters + string.digits
        return "q" + "".join(self.random.choice(pool) for _ in range(length - 1))

    def digits(self, length):
        return "".join(self.random.choice(string.digits) for _ in range(length))

    def card(self):
        prefix, length = self.random.choice([("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("6011", 16),
                                             ("34", 15), ("37", 15), ("3530", 16), ("62", 16), ("36", 14)])
        body = prefix + self.digits(length - len(prefix) - 1)
        total = 0
        for index, digit in enumerate(reversed(body)):
            value = int(digit) * (2 if index % 2 == 0 else 1)
            total += value - 9 if value > 9 else value
        return body + str(-total % 10)

    def ssn(self):
        return f"{self.digits(3)}-{self.digits(2)}-{self.digits(4)}"

    def pem(self):
        """The body's lines, and the text around them."""
        lines = [base64.b64encode(self.random.randbytes(48)).decode() for _ in range(4)]
        kind = self.random.choice(["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"])
        return lines, f"-----BEGIN {kind}-----\n" + "\n".join(lines) + f"\n-----END {kind}-----\n"

    def user_info(self):
        return f"{self.word(8)}:{self.word(14)}"

    def known_token(self):
        word = self.word(40)
        return self.random.choice([f"ghp_{word}", f"glpat-{word[:20]}", f"sk_live_{word}", f"xoxb-{word}",
                                   "AKIA" + word[:16].upper(), f"npm_{word}"])


def plant(seed):
    """[(secret, event)]: each event carries one or a few secrets in one place."""
    make = Maker(seed)
    planted = []

    def add(place, *secrets):
        planted.append((list(secrets), place))

    # By name, in every kind of place.
    for index, name in enumerate(NAMES):
        word = make.word
        a, b, c, d, e = word(), word(), word(), word(), word()
        add({"request": {"headers": {name: a}, "env": {name: b}, "data": {"form": {name: c}},
                         "query_string": {name: d}, "cookies": {name: e}}}, a, b, c, d, e)
        a, b, c, d = word(), word(), word(), word()
        add({"extra": {name: a, "deep": {"list": [{name: b}], "pairs": [["x", 1], [name, c]],
                                         "header": {"name": name, "value": d}}}}, a, b, c, d)
        a, b, c = word(), word(), word()
        add({"breadcrumbs": [{"message": f"called with {name}={a}", "data": {name: b}},
                             {"category": "http", "data": {"url": f"https://shop.example/?{name}={c}&page=2"}}]}, a, b, c)
        a, b, c = word(), word(), word()
        frame = {"function": "f", "lineno": 1, "vars": {name: a, "d": {"k": {name: [b, b]}}, "r": f"{{'{name}': '{c}'}}"}}
        add({"exception": [{"type": "E", "value": "x", "stacktrace": {"frames": [frame]}}]}, a, b, c)
        a, b, c = word(), word(), word()
        add({"contexts": {"own": {name: a, "list": [[name, b]]}}, "user": {"id": "1", name: c}}, a, b, c)
        # Texts within texts.
        a, b, c, d = word(), word(), word(), word()
        add({"request": {"data": json.dumps({"user": {name: a}, "n": 1}), "query_string": f"?x=1&{name}={b}",
                         "url": f"https://shop.example/a?{name}={c}#{name}={d}", "method": "POST"}}, a, b, c, d)
        a, b, c = word(), word(), word()
        add({"extra": {"form": f"a=1&{name}={a}&b=2", "json": json.dumps({"body": json.dumps({name: b})}),
                       "repr": f"<Request {{'{name}': u'{c}'}}>"}}, a, b, c)
        a = word()
        add({"message": f"refused {name}={a}"}, a)

    # By what they look like, under names that say nothing.
    for index in range(40):
        card, spaced = make.card(), make.card()
        groups = " ".join(spaced[i:i + 4] for i in range(0, len(spaced), 4))
        add({"extra": {"note": f"paid with {card}.", "n": int(card), "spaced": groups}}, card, groups)
        card = make.card()
        add({"breadcrumbs": [{"message": f"card {card} declined"}], "exception": [{"type": "E", "value": f"no {card}"}]},
            card)
    for index in range(10):
        lines, text = make.pem()
        add({"extra": {"file": text, "list": text.splitlines()}}, *lines)
        lines, text = make.pem()
        frame = {"function": "f", "vars": {"blob": repr(text)}}
        add({"exception": [{"type": "E", "value": text, "stacktrace": {"frames": [frame]}}]}, *lines)
        lines, text = make.pem()
        add({"request": {"data": text, "method": "POST"}, "breadcrumbs": [{"message": text}]}, *lines)
    for index in range(10):
        user, other, third = make.user_info(), make.user_info(), make.user_info()
        add({"extra": {"dsn": f"postgres://{user}@db.internal:5432/shop"}, "message": f"GET https://{other}@x.example/y",
             "request": {"url": f"https://{third}@shop.example/"}}, user, other, third)
        basic = base64.b64encode(make.user_info().encode()).decode()
        add({"breadcrumbs": [{"data": {"h": f"Authorization: Basic {basic}\r\nHost: x"}}], "extra": {"c": f"Basic {basic}"}},
            basic)
        token = make.known_token()
        add({"extra": {"note": f"use {token} here"}, "exception": [{"type": "E", "value": f"bad {token}"}]}, token)
        number = make.ssn()
        add({"extra": {"note": f"is {number}"}, "user": {"id": "1", "note": number}}, number)
        bearer = make.word(30)
        add({"request": {"headers": {"X-Forwarded": f"Bearer {bearer}"}}, "message": f"sent Bearer {bearer}"}, bearer)
    for index in range(5):
        word, other = make.word(), make.word()
        add({"extra": {"sys.argv": ["app", "--password", word, f"--token={other}"]}}, word, other)
        word = make.word()
        add({"logentry": {"message": "%(name)s has %(password)s", "params": {"name": "Ann", "password": word}}}, word)
        word = make.word()
        add({"request": {"headers": [["Cookie", f"theme=dark; sessionid={word}"], ["Set-Cookie", f"a={word}"]]}}, word)
        word = make.word()
        add({"request": {"data": urllib.parse.urlencode({"user[password]": word, "x": "1"}), "method": "POST"}}, word)
        # What is dropped for its type is quoted among the errors.
        word = make.word()
        add({"logger": {"password": word}, "breadcrumbs": [f"token={word}"], "user": f"token={word}"}, word)
    return planted
