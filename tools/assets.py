#!/usr/bin/env python3
"""Packs the assets of the pages into the program.

    assets.py OUTDIR ASSET...

Writes OUTDIR/assets.h and OUTDIR/assets.c with every file named, and with
icons.svg, the sprite of the icons that tools/icons.txt names (from Debian's
bootstrap-icons). Comments and white space are taken out of css and js, each file
is compressed once, here, and its address holds a hash of its content, so that a
browser may keep it for ever. Templates name an address by {% asset app.css %}.

In css, each `--name: light-dark(A, B)` of :root is also written as plain `A`,
for browsers that do not know light-dark(); those show the light theme.
"""
import gzip
import hashlib
import os
import re
import sys

ICON_SOURCES = "/usr/share/bootstrap-icons/svg"
ICON_NAMES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "icons.txt")
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml"}
HASH_DIGITS = 10


def sprite():
    symbols = []
    with open(ICON_NAMES, encoding="utf-8") as file:
        names = [line.strip() for line in file if line.strip() and line[0] != "#"]
    for name in names:
        path = os.path.join(ICON_SOURCES, name + ".svg")
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError:
            sys.exit(f"tools/icons.txt: there is no icon {name} in {ICON_SOURCES} "
                     "(Debian package bootstrap-icons)")
        head, body = re.fullmatch(r"\s*<svg([^>]*)>(.*)</svg>\s*", text, re.S).groups()
        box = re.search(r'viewBox="([^"]*)"', head).group(1)
        body = re.sub(r">\s+<", "><", body.strip())
        symbols.append(f'<symbol id="{name}" viewBox="{box}">{body}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>"


def with_plain_colours(css):
    def plain(match):
        body = match.group(1)
        if "light-dark(" not in body:
            return match.group(0)
        only_light = re.sub(r"light-dark\(((?:[^(),]|\([^()]*\))*),(?:[^()]|\([^()]*\))*\)", r"\1", body)
        return (":root{" + only_light + "}@supports (color:light-dark(#000,#fff)){:root{" + body + "}}")
    return re.sub(r":root\{([^{}]*)\}", plain, css, count=1)


def small_css(css):
    strings = []

    def keep(match):
        if match.group(0).startswith("/*"):
            return " "
        strings.append(match.group(0))
        return f"\x00{len(strings) - 1}\x00"
    css = re.sub(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|/\*.*?\*/', keep, css, flags=re.S)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,]) ?", r"\1", css)
    css = re.sub(r": ", ":", css).replace(";}", "}").strip()
    css = with_plain_colours(css)
    return re.sub("\x00(\\d+)\x00", lambda match: strings[int(match.group(1))], css)


def small_js(js, path):
    lines = []
    for number, line in enumerate(js.split("\n"), 1):
        if line.count("`") % 2:
            sys.exit(f"{path}:{number}: error: a template literal over several lines cannot be packed")
        line = line.strip()
        if line and not line.startswith("//"):
            lines.append(line)
    return "\n".join(lines) + "\n"


def small_svg(svg):
    svg = re.sub(r"<!--.*?-->|<\?xml.*?\?>", "", svg, flags=re.S)
    return re.sub(r">\s+<", "><", svg).strip()


def content_of(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    kind = os.path.splitext(path)[1]
    if kind == ".css":
        return small_css(text)
    if kind == ".js":
        return small_js(text, path)
    if kind == ".svg":
        return small_svg(text)
    return sys.exit(f"{path}: error: assets are css, js or svg")


def array_of(name, data):
    lines = [f"static const unsigned char {name}[] = {{"]
    for at in range(0, len(data), 24):
        lines.append("  " + ",".join(str(byte) for byte in data[at:at + 24]) + ",")
    return "\n".join(lines + ["};"])


HEADER = """/* Made by tools/assets.py. */
#ifndef CULPRIT_ASSETS_H
#define CULPRIT_ASSETS_H

#include "base/slice.h"

struct asset {
  struct slice path; /* with the hash; the address */
  const char *content_type;
  struct slice plain, gzip; /* live as long as the program */
};

/* The asset of that path, or null. */
const struct asset *asset_find(struct slice path);

"""

FIND = """
const struct asset *asset_find(struct slice path) {
  for (size_t i = 0; i < sizeof assets / sizeof *assets; i++) {
    if (slice_equal(assets[i].path, path)) return &assets[i];
  }
  return 0;
}
"""


def write_if_changed(path, text):
    """An unchanged header keeps its time, so that nothing is built again for it."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(arguments):
    if not arguments:
        sys.exit("usage: assets.py OUTDIR ASSET...")
    files = {os.path.basename(path): content_of(path) for path in arguments[1:]}
    files["icons.svg"] = sprite()
    header, arrays, rows = HEADER, [], []
    for name, text in sorted(files.items()):
        data = text.encode()
        stem, kind = os.path.splitext(name)
        digest = hashlib.sha256(data).hexdigest()[:HASH_DIGITS]
        identifier = re.sub(r"[^a-z0-9]", "_", name.lower())
        header += f'#define ASSET_{identifier.upper()} "/assets/{stem}.{digest}{kind}"\n'
        packed = gzip.compress(data, 9, mtime=0)
        arrays += [array_of("plain_" + identifier, data), array_of("gzip_" + identifier, packed)]
        rows.append(f'    {{{{"/assets/{stem}.{digest}{kind}", {len(f"/assets/{stem}.{digest}{kind}")}}}, '
                    f'"{TYPES[kind]}",\n     {{(const char *)plain_{identifier}, {len(data)}}}, '
                    f'{{(const char *)gzip_{identifier}, {len(packed)}}}}},')
    source = ('/* Made by tools/assets.py. */\n#include "assets.h"\n\n' + "\n\n".join(arrays) +
              "\n\nstatic const struct asset assets[] = {\n" + "\n".join(rows) + "\n};\n" + FIND)
    write_if_changed(os.path.join(arguments[0], "assets.h"), header + "\n#endif\n")
    with open(os.path.join(arguments[0], "assets.c"), "w", encoding="utf-8") as file:
        file.write(source)


if __name__ == "__main__":
    main(sys.argv[1:])
