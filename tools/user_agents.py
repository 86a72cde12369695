#!/usr/bin/env python3
"""Compiles the patterns of user agents to C tables.

    user_agents.py OUT.c [REGEXES.yaml]

Reads regexes.yaml of Debian's package uap-core: three lists (browsers, operating
systems, devices) of regular expressions, of which the first that matches counts,
with replacements for what its groups hold. Each expression becomes a small
program for the matcher in src/event/user_agent.c, and a filter: sets of words of
which any match has to contain one, as hashes of three neighbouring letters.

The expressions use neither look-around nor back references, so that matching
takes time linear in the text. Repetitions of up to more than 50, which the source
has instead of `*` for engines that are not linear, are compiled as unbounded.
"""
import os
import sys

import yaml

try:
    from re import _constants as sre, _parser as sre_parse
except ImportError:  # before Python 3.11
    import sre_constants as sre
    import sre_parse

SOURCE = "/usr/share/uap-core/regexes.yaml"
UNBOUNDED = 51
# As in src/event/user_agent_tables.h.
OP = {name: number for number, name in enumerate(
    "SET SPLIT JUMP SAVE START END BOUNDARY NO_BOUNDARY MATCH".split())}
OPERAND_LIMIT = 1 << 14
SPLIT_LIMIT = 1024
GRAM_MASK, GRAMS = 8191, 4
NONE = 0xFFFF
LISTS = (  # name, key of the expressions, keys of the replacements
    ("browsers", "user_agent_parsers", ("family_replacement", "v1_replacement", "v2_replacement", "v3_replacement")),
    ("systems", "os_parsers", ("os_replacement", "os_v1_replacement", "os_v2_replacement", "os_v3_replacement")),
    ("devices", "device_parsers", ("device_replacement", "brand_replacement", "model_replacement")),
)

DIGITS = frozenset(range(48, 58))
WORD = DIGITS | frozenset(range(65, 91)) | frozenset(range(97, 123)) | {95}
SPACE = frozenset((9, 10, 11, 12, 13, 32))
ALL = frozenset(range(256))
CATEGORIES = {
    sre.CATEGORY_DIGIT: DIGITS, sre.CATEGORY_NOT_DIGIT: ALL - DIGITS,
    sre.CATEGORY_WORD: WORD, sre.CATEGORY_NOT_WORD: ALL - WORD,
    sre.CATEGORY_SPACE: SPACE, sre.CATEGORY_NOT_SPACE: ALL - SPACE,
}
POSITIONS = {
    sre.AT_BEGINNING: "START", sre.AT_BEGINNING_STRING: "START", sre.AT_END: "END", sre.AT_END_STRING: "END",
    sre.AT_BOUNDARY: "BOUNDARY", sre.AT_NON_BOUNDARY: "NO_BOUNDARY",
}


class Unsupported(Exception):
    pass


def folded(bytes_):
    return bytes_ | {b ^ 32 for b in bytes_ if chr(b).isalpha() and b < 128}


def byte_set(op, argument, ignores_case):
    """The bytes that a node for one character matches, or None when it is no such node."""
    if op is sre.LITERAL:
        chosen = frozenset({argument})
    elif op is sre.NOT_LITERAL:
        chosen = frozenset({argument})
        return ALL - (folded(chosen) if ignores_case else chosen)
    elif op is sre.ANY:
        return ALL - {10}
    elif op is sre.IN:
        chosen, is_negated = set(), False
        for kind, value in argument:
            if kind is sre.NEGATE:
                is_negated = True
            elif kind is sre.LITERAL:
                chosen.add(value)
            elif kind is sre.RANGE:
                chosen.update(range(value[0], value[1] + 1))
            elif kind is sre.CATEGORY:
                chosen |= CATEGORIES[value]
            else:
                raise Unsupported(kind)
        if ignores_case:
            chosen = folded(chosen)
        return ALL - chosen if is_negated else frozenset(chosen)
    else:
        return None
    return folded(chosen) if ignores_case else chosen


class Program:
    """Instructions of one expression: [operation, operand, operand]."""

    def __init__(self, tree, ignores_case, sets):
        self.code, self.splits = [], 0
        self.ignores_case, self.sets = ignores_case, sets
        self.sequence(tree)
        self.emit("MATCH")

    def emit(self, name, a=0, b=0):
        self.code.append([name, a, b])
        if name == "SPLIT":  # its number follows it
            self.code.append(["", self.splits, 0])
            self.splits += 1
            return len(self.code) - 2
        return len(self.code) - 1

    def sequence(self, nodes):
        for op, argument in nodes:
            self.node(op, argument)

    def node(self, op, argument):
        bytes_ = byte_set(op, argument, self.ignores_case)
        if bytes_ is not None:
            self.emit("SET", self.sets.setdefault(bytes_, len(self.sets)))
        elif op is sre.AT:
            self.emit(POSITIONS[argument])
        elif op is sre.SUBPATTERN:
            group, _, _, inner = argument
            if group is not None:
                self.emit("SAVE", 2 * group)
            self.sequence(inner)
            if group is not None:
                self.emit("SAVE", 2 * group + 1)
        elif op is sre.BRANCH:
            self.branch(argument[1])
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            self.repeat(*argument, is_greedy=op is sre.MAX_REPEAT)
        else:
            raise Unsupported(op)

    def branch(self, branches):
        jumps = []
        for branch in branches[:-1]:
            split = self.emit("SPLIT")
            self.code[split][1] = len(self.code)
            self.sequence(branch)
            jumps.append(self.emit("JUMP"))
            self.code[split][2] = len(self.code)
        self.sequence(branches[-1])
        for jump in jumps:
            self.code[jump][1] = len(self.code)

    def set_split(self, at, inside, behind, is_greedy):
        self.code[at][1:] = (inside, behind) if is_greedy else (behind, inside)

    def repeat(self, least, most, inner, is_greedy):
        for _ in range(least):
            self.sequence(inner)
        if most is sre.MAXREPEAT or most >= UNBOUNDED:
            split = self.emit("SPLIT")
            self.sequence(inner)
            self.emit("JUMP", split)
            self.set_split(split, split + 2, len(self.code), is_greedy)
            return
        splits = []
        for _ in range(most - least):
            splits.append(self.emit("SPLIT"))
            self.sequence(inner)
        for split in splits:
            self.set_split(split, split + 2, len(self.code), is_greedy)

    def first_bytes(self):
        """What a match may start with."""
        found, seen, waiting = set(), set(), [0]
        while waiting:
            at = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            name, a, b = self.code[at]
            if name == "SET":
                found |= self.by_number[a]
            elif name == "SPLIT":
                waiting += [a, b]
            elif name == "JUMP":
                waiting.append(a)
            elif name == "MATCH":
                return ALL
            else:
                waiting.append(at + 1)
        return frozenset(found)

    @property
    def by_number(self):
        return {number: bytes_ for bytes_, number in self.sets.items()}


# --- words that have to be there ------------------------------------------------


def letter_of(bytes_):
    """The one lower-case letter that a set stands for, or None."""
    lower = {b + 32 if 65 <= b <= 90 else b for b in bytes_} if len(bytes_) <= 2 else ()
    return chr(min(lower)) if len(lower) == 1 else None


def clauses_of(nodes, ignores_case):
    """[{words}, ...]: any match has a word of each set in it. Words are in lower case."""
    clauses, word = [], ""

    def flush():
        nonlocal word
        if len(word) >= 2:
            clauses.append(frozenset({word}))
        word = ""

    for op, argument in nodes:
        bytes_ = byte_set(op, argument, ignores_case)
        if bytes_ is not None:
            letter = letter_of(bytes_)
            if letter is None:
                flush()
            else:
                word += letter
        elif op is sre.SUBPATTERN:
            inner = argument[3]
            letters = [letter_of(s) if s is not None else None
                       for s in (byte_set(o, a, ignores_case) for o, a in inner)]
            if None not in letters:
                word += "".join(letters)
                continue
            flush()
            clauses += clauses_of(inner, ignores_case)
        elif op is sre.BRANCH:
            flush()
            parts = [best(clauses_of(branch, ignores_case), 1) for branch in argument[1]]
            if all(parts):
                clauses.append(frozenset().union(*(part[0] for part in parts)))
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            flush()
            if argument[0] > 0:
                clauses += clauses_of(argument[2], ignores_case)
        elif op is not sre.AT:
            flush()
    flush()
    return clauses


def best(clauses, count):
    """Those that let the least through: with long words, and few of them."""
    return sorted(set(clauses), key=lambda c: (-min(len(w) for w in c), len(c), sorted(c)))[:count]


def gram(a, b, c):
    return (ord(a) << 10 ^ ord(b) << 5 ^ ord(c)) & GRAM_MASK


def grams_of(word):
    if len(word) == 2:
        grams = [gram("\0", *word)]
    else:
        grams = [gram(*word[i:i + 3]) for i in range(len(word) - 2)]
    if len(grams) > GRAMS:
        grams = [grams[i * (len(grams) - 1) // (GRAMS - 1)] for i in range(GRAMS)]
    return (grams + [grams[0]] * GRAMS)[:GRAMS]


# --- tables ----------------------------------------------------------------------


class Tables:
    def __init__(self):
        self.sets, self.words, self.texts = {}, {}, {}
        self.code, self.clauses, self.text_size = [], [], 0

    def text(self, text):
        if text is None:
            return NONE
        if text not in self.texts:
            self.texts[text] = self.text_size
            self.text_size += len(text.encode()) + 1
        return self.texts[text]

    def pattern(self, entry, replacements):
        ignores_case = entry.get("regex_flag") == "i"
        tree = sre_parse.parse(entry["regex"])
        program = Program(tree, ignores_case, self.sets)
        first = program.first_bytes()
        start = len(self.code)
        for name, a, b in program.code:
            if max(a, b) >= OPERAND_LIMIT:
                raise Unsupported("too long")
            self.code.append(OP[name] | a << 4 | b << 18 if name else a)
        if program.splits > SPLIT_LIMIT:
            raise Unsupported("so many alternatives")
        clause_start = len(self.clauses)
        for clause in best(clauses_of(tree, ignores_case), 3):
            self.clauses.append(len(clause))
            self.clauses += [self.words.setdefault(word, len(self.words)) for word in sorted(clause)]
        self.clauses.append(0)
        texts = [self.text(entry[key] if key in entry else None) for key in replacements]
        texts += [NONE] * (4 - len(texts))
        fields = (start, clause_start, self.sets.setdefault(first, len(self.sets)),
                  program.splits)
        return "{%d, %d, %d, %d, {%s}}" % (*fields, ", ".join(map(str, texts)))


def quoted(text):
    return '"%s\\0"' % text.replace("\\", "\\\\").replace('"', '\\"')


def rows(items, per_row=16):
    items = list(map(str, items))
    return ",\n".join("  " + ", ".join(items[i:i + per_row]) for i in range(0, len(items), per_row))


def main():
    out_path, source = sys.argv[1], (sys.argv[2:] or [SOURCE])[0]
    if not os.path.exists(source):
        sys.exit(f"{source} is missing; install the Debian package uap-core (./setup does)")
    with open(source, encoding="utf-8") as file:
        data = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    tables, out = Tables(), []
    out.append("/* Made by tools/user_agents.py from uap-core's regexes.yaml (Apache-2.0). */\n"
               '#include "event/user_agent_tables.h"\n')
    for name, key, replacements in LISTS:
        patterns = []
        for entry in data[key]:
            try:
                patterns.append(tables.pattern(entry, replacements))
            except Unsupported as problem:
                sys.exit(f"{source}: {entry['regex'][:80]}: {problem} is not supported")
        out.append("static const struct ua_pattern %s[] = {\n%s};\n" % (name, rows(patterns, 2)))
        out.append("const struct ua_list ua_%s = {%s, %d};\n" % (name, name, len(patterns)))
    if tables.text_size >= NONE or len(tables.sets) >= OPERAND_LIMIT:
        sys.exit(f"{source}: too many texts or sets")
    bitmaps = []
    for bytes_ in tables.sets:
        bits = bytearray(32)
        for byte in bytes_:
            bits[byte >> 3] |= 1 << (byte & 7)
        bitmaps.append("{%s}" % ", ".join(map(str, bits)))
    out.append("const unsigned char ua_sets[][32] = {\n%s};\n" % rows(bitmaps, 1))
    out.append("const uint32_t ua_code[] = {\n%s};\n" % rows(tables.code))
    words = ("{{%s}}" % ", ".join(map(str, grams_of(word))) for word in tables.words)
    out.append("const struct ua_word ua_words[] = {\n%s};\n" % rows(words, 4))
    out.append("const uint16_t ua_clauses[] = {\n%s};\n" % rows(tables.clauses))
    out.append("const char ua_texts[] =\n%s;\n" % "\n".join("  " + quoted(text) for text in tables.texts))
    os.makedirs(os.path.dirname(os.path.abspath(out_path)), exist_ok=True)
    with open(out_path, "w", encoding="utf-8") as file:
        file.write("\n".join(out))


if __name__ == "__main__":
    main()
