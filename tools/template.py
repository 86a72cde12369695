#!/usr/bin/env python3
"""Compiles HTML templates to C.

    template.py compile templates/page.html OUT.c
    template.py header OUT.h templates/*.html

A template file is HTML with three kinds of marks:

    {{ expression }}    a value, escaped for the place where it stands
    {% statement %}     C, or one of the words below
    {# comment #}       leaves nothing behind

    {% include "web/pages.h" %}             a C include; before the first template
    {% template name(parameters) %}         starts void template_name(struct buffer *out, parameters)
    {% partial name(parameters) %}          the same, known to this file alone
    {% if c %} {% elif c %} {% else %} {% for a; b; c %} {% while c %} ... {% end %}
    {% call name(arguments) %}              writes another template
    {% icon name %}, {% icon small name %}  a symbol of the sprite (tools/icons.txt)
    {% icon (expression) %}                 the same, with a name known at run time
    {% asset file %}                        the address of a file of assets/
    {{ raw expression }}                    a struct html, which is escaped already

Any other statement is C as it stands. A statement that names `out` writes by
itself, so it may only stand between tags.

The compiler follows the HTML as a browser would and so knows the place of each
value. Text and quoted attributes are escaped; an attribute that holds an
address lets only harmless addresses through (html_url in src/web/html.h), and a
value later in such an attribute is percent-encoded. Where no escaping is safe
(script, style, comments, names, unquoted attributes) a value is an error of the
build, and so are inline scripts and styles, which the pages' content security
policy forbids anyway. Every branch has to end in the place where it began.

White space that a browser would not show is left out, except in <pre> and
<textarea>.
"""
import os
import re
import sys

ICONS_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "icons.txt")

URL_ATTRIBUTES = {"href", "src", "action", "formaction", "poster", "cite", "xlink:href", "ping",
                  "background", "manifest", "data"}
# Attributes that may not be written at all, and why.
FORBIDDEN_ATTRIBUTES = {
    "style": "styles belong in assets/app.css",
    "srcdoc": "a page inside an attribute cannot be escaped safely",
    "http-equiv": "set a header instead",
}
# Attributes whose inner grammar is not known here: fixed text only.
STATIC_ATTRIBUTES = {"srcset", "sizes", "imagesrcset", "sandbox", "allow"}
FORBIDDEN_TAGS = {"iframe", "object", "embed", "base", "applet", "frame", "frameset"}
RAW_TEXT_TAGS = {"script", "style"}
VERBATIM_TAGS = {"pre", "textarea"}
# White space beside these is never shown.
BLOCK_TAGS = set("""
    html head meta link title script body header footer main nav section article aside div p ul ol li
    dl dt dd table caption thead tbody tfoot tr td th form fieldset legend h1 h2 h3 h4 h5 h6 hr br
    details summary dialog option select optgroup pre blockquote figure figcaption path use symbol
    rect col colgroup
""".split())
STATEMENT_WORDS = {"for": "for", "while": "while", "if": "if"}

SPACE = " \t\r\n\f"
# Stands for the line end behind a statement that has a line for itself: counted, not written.
LONE_MARK = "\x00"
# Stands in Place.value for a {{ value }} at its beginning.
PLACE_OF_VALUE = "\x01"


class TemplateError(Exception):
    def __init__(self, line, message):
        super().__init__(message)
        self.line = line


# --- reading ----------------------------------------------------------------

class Token:
    """One piece of the file: kind is 'text', 'value' or 'statement'."""

    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line


def lines_in(text):
    return text.count("\n") + text.count(LONE_MARK)


def tokens_of(source):
    pattern = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}|\{#(.*?)#\}", re.S)
    at, line = 0, 1
    for match in pattern.finditer(source):
        text = source[at:match.start()]
        if text:
            yield Token("text", text, line)
        line += lines_in(text)
        if match.group(1) is not None:
            yield Token("value", match.group(1).strip(), line)
        elif match.group(2) is not None:
            yield Token("statement", match.group(2).strip(), line)
        line += lines_in(match.group(0))
        at = match.end()
    text = source[at:]
    for mark in ("{{", "{%", "{#"):
        if mark in text:
            raise TemplateError(line + lines_in(text[:text.index(mark)]), f"{mark} is never closed")
    if text:
        yield Token("text", text, line)
    yield Token("end", "", line + lines_in(text))


def without_lone_marks(source):
    """Statements and comments that stand alone on a line take the line with them."""
    return re.sub(r"(?m)^[ \t]*(\{%(?:(?!%\}).)*%\}|\{#(?:(?!#\}).)*#\})[ \t]*\n",
                  lambda match: match.group(1) + LONE_MARK, source)


# --- where in the HTML we are --------------------------------------------------

class Place:
    """Follows the HTML byte by byte; two equal places treat what follows alike."""

    def __init__(self):
        self.state = "text"
        self.tag = ""          # the tag being read
        self.is_closing = False
        self.attribute = ""    # the attribute being read
        self.quote = ""
        self.value = ""        # fixed text of the attribute so far
        self.has_value = False  # a {{ value }} stands in the attribute already
        self.verbatim = ""     # "pre" or "textarea" while inside one
        self.comment = ""
        self.raw_text = ""
        # A statement stands right behind a name of the tag, which may not go on behind it.
        self.needs_separator = False

    def key(self):
        return (self.state, self.tag if self.state != "text" else "", self.attribute, self.quote,
                self.verbatim, self.address(), self.raw_text)

    def address(self):
        """How far an attribute with an address has come: "" at its start, "safe" where the rest
        cannot change what kind of address it is."""
        if self.attribute not in URL_ATTRIBUTES or not self.value:
            return ""
        is_safe = self.has_value or re.match(r"(https?://[^/]+/|mailto:|/(?!/)|[?#])", self.value, re.I)
        return "safe" if is_safe else "open"

    def end_name(self, line):
        """A statement follows: a name in a tag ends here."""
        if self.state == "attribute_name":
            self.check_attribute(line)
        if self.state in ("tag_name", "attribute_name", "after_attribute_name"):
            self.state, self.attribute, self.needs_separator = "tag", "", True

    def copy(self):
        other = Place()
        other.__dict__.update(self.__dict__)
        return other

    def describe(self):
        return {
            "text": "text" + (f" in <{self.verbatim}>" if self.verbatim else ""),
            "tag_open": "a tag", "tag_name": "a tag name", "tag": f"<{self.tag}>, between attributes",
            "attribute_name": f"an attribute name of <{self.tag}>",
            "after_attribute_name": f"<{self.tag}>, after an attribute name",
            "before_value": f"an unquoted value of {self.attribute}",
            "unquoted": f"an unquoted value of {self.attribute}",
            "quoted": f"the attribute {self.attribute}",
            "comment": "a comment", "markup": "a declaration",
            "raw_text": f"<{self.raw_text}>",
        }[self.state]

    def feed(self, char, line):
        getattr(self, "in_" + self.state)(char, line)

    def in_text(self, char, _line):
        if char == "<":
            self.state, self.tag, self.is_closing = "tag_open", "", False

    def in_tag_open(self, char, line):
        if char == "/":
            self.is_closing = True
        elif char == "!":
            self.state, self.comment = "markup", "!"
        elif char.isalpha():
            self.state, self.tag = "tag_name", char.lower()
        else:
            raise TemplateError(line, f"'<' before {char!r}: write &lt;")

    def in_tag_name(self, char, line):
        if char in SPACE or char in "/>":
            if self.tag in FORBIDDEN_TAGS:
                raise TemplateError(line, f"<{self.tag}> is not used in our pages")
            self.state = "tag"
            self.in_tag(char, line)
        else:
            self.tag += char.lower()

    def in_tag(self, char, line):
        if char in SPACE or char == "/":
            self.needs_separator = False
            return
        if char == ">":
            self.end_tag()
        elif self.needs_separator:
            raise TemplateError(line, f"a name in <{self.tag}> goes on behind a statement")
        elif char in "\"'=<":
            raise TemplateError(line, f"{char!r} in <{self.tag}> where an attribute should stand")
        else:
            self.state, self.attribute = "attribute_name", char.lower()

    def end_tag(self):
        self.state, self.needs_separator = "text", False
        if self.is_closing:
            if self.tag == self.verbatim:
                self.verbatim = ""
        elif self.tag in RAW_TEXT_TAGS:
            self.state, self.raw_text, self.comment = "raw_text", self.tag, ""
        elif self.tag in VERBATIM_TAGS and not self.verbatim:
            self.verbatim = self.tag
        self.attribute = ""

    def in_attribute_name(self, char, line):
        if char in SPACE or char in "/>=":
            self.check_attribute(line)
            self.state = "before_value" if char == "=" else "after_attribute_name"
            if char in "/>":
                self.in_after_attribute_name(char, line)
        else:
            self.attribute += char.lower()

    def check_attribute(self, line):
        if self.attribute.startswith("on"):
            raise TemplateError(line, f"{self.attribute}: scripts belong in assets/app.js")
        if self.attribute in FORBIDDEN_ATTRIBUTES:
            raise TemplateError(line, f"{self.attribute}: {FORBIDDEN_ATTRIBUTES[self.attribute]}")

    def in_after_attribute_name(self, char, line):
        if char == "=":
            self.state = "before_value"
        elif char not in SPACE:
            self.state = "tag"
            self.in_tag(char, line)

    def in_before_value(self, char, _line):
        if char in SPACE:
            return
        self.value, self.has_value = "", False
        if char in "\"'":
            self.state, self.quote = "quoted", char
        else:
            self.state, self.value = "unquoted", char

    def in_unquoted(self, char, _line):
        if char in SPACE:
            self.state = "tag"
        elif char == ">":
            self.end_tag()

    def in_quoted(self, char, line):
        if char == self.quote:
            self.check_fixed_url(line)
            self.state, self.attribute, self.quote, self.value = "tag", "", "", ""
        else:
            self.value += char

    def check_fixed_url(self, line):
        scheme = re.match(r"\s*([^/?#]*):", self.value)
        if self.attribute in URL_ATTRIBUTES and scheme:
            if scheme.group(1).lower() not in ("http", "https", "mailto"):
                raise TemplateError(line, f"{self.attribute}: only http, https and mailto are used")

    def in_markup(self, char, _line):
        self.comment += char
        if self.comment == "!--":
            self.state, self.comment = "comment", ""
        elif char == ">":
            self.state = "text"

    def in_comment(self, char, _line):
        self.comment = (self.comment + char)[-3:]
        if self.comment == "-->":
            self.state = "text"

    def in_raw_text(self, char, line):
        self.comment += char.lower()
        if self.comment.endswith(f"</{self.raw_text}"):
            if self.comment[:-len(self.raw_text) - 2].strip():
                where = "assets/app.js" if self.raw_text == "script" else "assets/app.css"
                raise TemplateError(line, f"inline <{self.raw_text}>: it belongs in {where}")
            self.state, self.tag, self.is_closing = "tag_name", self.raw_text, True
            self.raw_text = ""


# --- writing C --------------------------------------------------------------------

def c_string(text):
    """The text as adjacent string literals, one for each line of C."""
    names = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\", "?": "\\?"}
    lines, current = [], ""
    for char in text:
        current += names.get(char, char)
        if len(current) > 88:
            lines.append(current)
            current = ""
    if current or not lines:
        lines.append(current)
    return "\n    ".join(f'"{line}"' for line in lines)


def constant_of_asset(name):
    return "ASSET_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


class Function:
    """One template on its way to C."""

    def __init__(self, compiler, name, parameters, is_static, line):
        self.compiler = compiler
        self.name, self.parameters, self.is_static, self.line = name, parameters, is_static, line
        self.body = []      # lines of C
        self.fixed = []     # pieces of C string literals not written yet
        self.text = ""      # fixed HTML at the end of `fixed`, as text
        self.place = Place()
        self.blocks = []    # open {% if %} and {% for %}
        self.pending_space = ""
        self.is_verbatim_start = False
        self.beside_block = True  # what came last is a tag beside which space is not shown

    def signature(self):
        head = "static void" if self.is_static else "void"
        rest = f", {self.parameters}" if self.parameters else ""
        return f"{head} template_{self.name}(struct buffer *out{rest})"

    # fixed text

    def add_text(self, text, line):
        i = 0
        while i < len(text):
            char = text[i]
            if char == LONE_MARK:
                line += 1
                i += 1
                continue
            before = self.place.state
            if before == "text" and not self.place.verbatim and char in SPACE:
                if not self.pending_space:
                    self.pending_space = " "
                if char == "\n":
                    self.pending_space = "\n"
                line += char == "\n"
                i += 1
                continue
            if before == "text" and char == "<" and not self.place.verbatim:
                match = re.match(r"</?([a-zA-Z0-9]+)", text[i:])
                is_block = bool(match) and match.group(1).lower() in BLOCK_TAGS
                self.write_space(unless=is_block)
            elif before == "text":
                self.write_space(unless=False)
            self.place.feed(char, line)
            self.write_char(char, before)
            line += char == "\n"
            i += 1

    def write_char(self, char, before):
        after = self.place.state
        is_between = before in ("tag", "after_attribute_name", "tag_name", "attribute_name")
        if before in ("comment", "markup") and after == "text":
            if before == "comment":
                self.text = self.text[:self.text.rindex("<!--")]
                return
        if is_between and char in SPACE:
            if not self.text.endswith(" "):
                self.text += " "
            return
        if char == ">" and after in ("text", "raw_text") and self.text.endswith(" "):
            self.text = self.text[:-1]
        self.text += char
        opened = before != "text" and after == "text" and not self.place.is_closing
        self.is_verbatim_start = opened and self.place.tag == self.place.verbatim
        if before != "text" and after in ("text", "raw_text"):
            self.beside_block = self.place.tag in BLOCK_TAGS
        elif before == "text":
            self.beside_block = False

    def guard_first_line(self):
        """A browser drops a line end right behind <pre> and <textarea>: let it drop one of ours."""
        if self.is_verbatim_start:
            self.text += "\n"
        self.is_verbatim_start = False

    def write_space(self, unless):
        if self.pending_space and not unless and not self.beside_block:
            self.text += self.pending_space
        self.pending_space = ""

    def take_text(self):
        if self.text:
            self.fixed.append(c_string(self.text))
            self.text = ""

    def add_macro(self, macro):
        self.take_text()
        self.fixed.append(macro)

    def flush(self):
        self.take_text()
        if self.fixed:
            joined = "\n    ".join(self.fixed)
            self.body.append(f"  BUFFER_APPEND_LITERAL(out, {joined});")
            self.fixed = []

    # values

    def add_value(self, token):
        line, expression = token.line, token.text
        raw = re.match(r"raw\s+(.*)", expression, re.S)
        place = self.place
        if not expression:
            raise TemplateError(line, "an empty {{ }}")
        self.guard_first_line()
        if place.state == "text":
            self.write_space(unless=False)
            self.beside_block = False
            writer = "html_raw" if raw else "HTML_TEXT"
        elif raw:
            raise TemplateError(line, f"raw in {place.describe()}: it may only stand between tags")
        elif place.state == "quoted":
            writer = self.writer_for_attribute(line)
            place.has_value = True
            place.value = place.value or PLACE_OF_VALUE
        else:
            raise TemplateError(line, f"a value in {place.describe()} cannot be escaped")
        self.flush()
        expression = raw.group(1) if raw else expression
        self.mark_line(line)
        self.body.append(f"  {writer}(out, ({expression}));")

    def writer_for_attribute(self, line):
        place = self.place
        if place.attribute in STATIC_ATTRIBUTES:
            raise TemplateError(line, f"a value in {place.describe()} cannot be escaped")
        if place.attribute not in URL_ATTRIBUTES:
            return "HTML_TEXT"
        if not place.value:
            return "HTML_URL"
        if place.address() == "safe":
            return "HTML_URL_PART"
        raise TemplateError(line, f"a value in {place.describe()} needs an address before it that "
                                  "begins with /, ?, # or http(s)://host/")

    def mark_line(self, line):
        self.body.append(f'#line {line} "{self.compiler.path}"')

    # statements

    def add_statement(self, token):
        line, text = token.line, token.text
        if self.place.state in ("comment", "markup", "raw_text"):
            raise TemplateError(line, f"a statement in {self.place.describe()}; {{# #}} comments are "
                                      "left out of the page")
        self.place.end_name(line)
        word = re.match(r"[A-Za-z_]*", text).group(0)
        rest = text[len(word):].strip()
        if word == "icon":
            return self.add_icon(rest, line)
        if word == "asset":
            return self.add_asset(rest, line)
        if word in STATEMENT_WORDS:
            self.flush_before_block()
            self.blocks.append({"word": word, "line": line, "start": self.place.copy(), "end": None})
            if word != "if":
                self.beside_block = False  # also reached from the end of the body
            return self.add_c(f"  {word} ({rest}) {{", line)
        if word in ("else", "elif"):
            return self.add_else(word, rest, line)
        if word == "end":
            return self.add_end(line)
        if word == "call":
            return self.add_call(rest, line)
        self.flush_before_block()
        if re.search(r"\bout\b", text):
            self.require_text(line, "a statement that writes to out")
            self.beside_block = False
        if not text.endswith(";"):
            text += ";"
        return self.add_c("  " + text, line)

    def flush_before_block(self):
        # Space before a statement shows only where something visible came before it.
        self.guard_first_line()
        if self.place.state == "text":
            self.write_space(unless=False)
        elif self.place.state == "quoted":
            self.place.check_fixed_url(self.line)
        self.flush()

    def add_c(self, code, line):
        self.mark_line(line)
        self.body.append(code)

    def require_text(self, line, what):
        if self.place.state != "text":
            raise TemplateError(line, f"{what} in {self.place.describe()}: it may only stand "
                                      "between tags")

    def add_icon(self, rest, line):
        self.require_text(line, "an icon")
        size = ""
        if rest.startswith("small"):
            size, rest = " small", rest[len("small"):].strip()
        self.write_space(unless=False)
        self.beside_block = False
        if rest.startswith("("):
            self.flush()
            is_small = "true" if size else "false"
            return self.add_c(f"  html_icon(out, {rest}, {is_small});", line)
        if rest not in self.compiler.icons:
            raise TemplateError(line, f"icon {rest!r} is not listed in tools/icons.txt")
        self.text += f'<svg class="icon{size}" aria-hidden="true"><use href="'
        self.add_macro("ASSET_ICONS_SVG")
        self.text += f'#{rest}"></use></svg>'
        return None

    def add_asset(self, rest, line):
        if not re.fullmatch(r"[a-z0-9._-]+", rest):
            raise TemplateError(line, f"asset {rest!r} is not a file name")
        if self.place.state == "text":
            raise TemplateError(line, "the address of an asset belongs in an attribute")
        self.place.value += "/assets/"
        self.add_macro(constant_of_asset(rest))

    def add_call(self, rest, line):
        match = re.fullmatch(r"(\w+)\s*\((.*)\)", rest, re.S)
        if not match:
            raise TemplateError(line, "write {% call name(arguments) %}")
        self.require_text(line, "a call")
        self.flush_before_block()
        self.beside_block = False
        arguments = f", {match.group(2)}" if match.group(2).strip() else ""
        self.add_c(f"  template_{match.group(1)}(out{arguments});", line)

    def add_else(self, word, rest, line):
        if not self.blocks or self.blocks[-1]["word"] != "if":
            raise TemplateError(line, f"{word} without if")
        block = self.blocks[-1]
        self.flush_before_block()
        self.check_join(block["end"], line, "the branches")
        block["end"] = self.place
        self.place = block["start"].copy()
        self.beside_block = False
        if word == "elif":
            self.add_c(f"  }} else if ({rest}) {{", line)
        else:
            block["word"] = "else"
            self.add_c("  } else {", line)

    def add_end(self, line):
        if not self.blocks:
            raise TemplateError(line, "end without if, for or while")
        block = self.blocks.pop()
        self.flush_before_block()
        self.check_join(block["end"], line, "the branches")
        if block["word"] != "else":
            self.check_join(block["start"], line, f"the block of line {block['line']}")
        self.add_c("  }", line)
        self.beside_block = False

    def check_join(self, place, line, what):
        if place and place.key() != self.place.key():
            raise TemplateError(line, f"{what} end in different places: {place.describe()} and "
                                      f"{self.place.describe()}")
        if place:
            self.place.needs_separator |= place.needs_separator

    def finish(self, line):
        self.pending_space = ""
        self.flush()
        if self.blocks:
            raise TemplateError(self.blocks[-1]["line"], f"{self.blocks[-1]['word']} without end")
        if self.place.state != "text" or self.place.verbatim:
            raise TemplateError(line, f"the template ends in {self.place.describe()}")

    def code(self):
        lines = [self.signature() + " {"] + self.body + ["}"]
        return "\n".join(lines)


class Compiler:
    def __init__(self, path):
        self.path = path
        self.includes, self.functions = [], []
        with open(ICONS_FILE, encoding="utf-8") as file:
            self.icons = {line.strip() for line in file if line.strip() and line[0] != "#"}

    def compile(self):
        with open(self.path, encoding="utf-8") as file:
            source = file.read()
        if LONE_MARK in source or PLACE_OF_VALUE in source:
            raise TemplateError(1, "a control character in the file")
        function, line = None, 1
        for token in tokens_of(without_lone_marks(source)):
            line = token.line
            started = self.start_of(token, line)
            if started:
                if function:
                    function.finish(line)
                function = started
                self.functions.append(function)
            elif token.kind == "statement" and token.text.startswith("include"):
                self.includes.append(token.text[len("include"):].strip())
            elif function is None:
                if token.text.strip(SPACE + LONE_MARK):
                    raise TemplateError(line, "the file has to begin with {% template name(...) %}")
            elif token.kind == "text":
                function.add_text(token.text, line)
            elif token.kind == "value":
                function.add_value(token)
            elif token.kind == "statement":
                function.add_statement(token)
        if function is None:
            raise TemplateError(1, "the file has no {% template name(...) %}")
        function.finish(line)

    def start_of(self, token, line):
        match = token.kind == "statement" and re.match(r"(template|partial)\s+(.*)", token.text, re.S)
        if not match:
            return None
        parts = re.fullmatch(r"([a-z][a-z0-9_]*)\s*\((.*)\)", match.group(2).strip(), re.S)
        if not parts:
            raise TemplateError(line, f"write {{% {match.group(1)} name(parameters) %}}")
        return Function(self, parts.group(1), " ".join(parts.group(2).split()),
                        match.group(1) == "partial", line)

    def c_file(self):
        lines = [f"/* Made from {self.path} by tools/template.py. */",
                 '#include "templates.h"', '#include "assets.h"']
        lines += [f"#include {name}" for name in self.includes]
        lines += [f"{function.signature()};" for function in self.functions if function.is_static]
        for function in self.functions:
            lines += ["", function.code()]
        return "\n".join(lines) + "\n"


def compiled(path):
    compiler = Compiler(path)
    try:
        compiler.compile()
    except TemplateError as error:
        sys.exit(f"{path}:{error.line}: error: {error}")
    return compiler


def header_file(paths):
    functions = [function for path in paths for function in compiled(path).functions
                 if not function.is_static]
    seen = {}
    for function in functions:
        if function.name in seen:
            sys.exit(f"{function.compiler.path}:{function.line}: error: template {function.name} is "
                     f"also in {seen[function.name]}")
        seen[function.name] = function.compiler.path
    structs = sorted({name for function in functions
                      for name in re.findall(r"\bstruct\s+(\w+)", function.parameters)})
    lines = ["/* Made from templates/ by tools/template.py. */", "#ifndef CULPRIT_TEMPLATES_H",
             "#define CULPRIT_TEMPLATES_H", "", '#include "base/buffer.h"', '#include "web/html.h"', ""]
    lines += [f"struct {name};" for name in structs] + [""]
    lines += [function.signature() + ";" for function in functions] + ["", "#endif"]
    return "\n".join(lines) + "\n"


def write_if_changed(path, text):
    """An unchanged header keeps its time, so that nothing is built again for it."""
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "compile":
        with open(arguments[2], "w", encoding="utf-8") as file:
            file.write(compiled(arguments[1]).c_file())
    elif len(arguments) >= 2 and arguments[0] == "header":
        write_if_changed(arguments[1], header_file(arguments[2:]))
    else:
        sys.exit("usage: template.py compile IN.html OUT.c | header OUT.h IN.html...")


if __name__ == "__main__":
    main(sys.argv[1:])
