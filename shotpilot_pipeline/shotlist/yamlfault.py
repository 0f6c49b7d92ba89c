"""What a YAML fault means to somebody who writes prompts: where it really is, in words, and how to write it instead.

A YAML parser says where it gave up; this looks at the line and says what happened. It can also *mend* a text: put a
stand-in where the faulty value stood, so that the next fault can be found in the same go. Does not know the shot list.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

_LONGEST_SHOWN = 40  # characters of the user's text in a message
_NEXT_LINE = re.compile(r"[ \t:]*(?:\n[ \t]*)*\n( *)[^\s#]")
_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}\Z")
_NEAR = 200  # characters around a place that say what was meant
_LONGEST_LINE = 2_000  # characters of a line that are looked at
_FAR = 200  # lines above a place that are looked at
_ENTRY = re.compile(
    r"""(?P<lead>[ \t]*(?:-[ \t]+)*)                                         # indentation, list dashes
        (?:(?P<key>"[^"]*"|'[^']*'|[^\s\#"'{}\[\],:&*!|>%@`-][^:\n]*?|-[^\s:][^:\n]*?)[ \t]*:(?=[ \t]|$)[ \t]*)?
        (?P<value>[^\n]*)""",
    re.VERBOSE,
)
_HEADER = re.compile(r"[|>][-+1-9]{0,2}(?:[ \t]+#.*)?")  # of a block: no words follow on its line
_OR_QUOTES = "; or put it in quotes"
_BLOCK = "write `{key}: |` and put the text on the next line, indented" + _OR_QUOTES
_ITEM = "put the text in quotes"
#: What a value may not begin with, and why.
_FIRST = {
    "@": "begins with @, with which no plain text may begin in YAML",
    "`": "begins with a backtick, with which no plain text may begin in YAML",
    "%": "begins with %, with which no plain text may begin in YAML",
    "*": "begins with *, which YAML reads as an alias",
    "&": "begins with &, which YAML reads as an anchor",
    "!": "begins with !, which YAML reads as a tag",
    "[": "begins with [, which YAML reads as a list",
    "{": "begins with {, which YAML reads as a map",
    "|": "has words after the |; the text of a block begins on the next line",
    ">": "has words after the >; the text of a block begins on the next line",
    ",": "begins with a comma, with which no plain text may begin in YAML",
    "]": "begins with ], with which no plain text may begin in YAML",
    "}": "begins with }, with which no plain text may begin in YAML",
    "#": "begins with #, so YAML reads it as a comment",
}


class Fault(NamedTuple):
    """A syntax fault. Lines and columns count from 0, as the parser's marks do."""

    rule: str
    line: int
    column: int
    message: str
    hint: str
    value: tuple[int, int] | None = None  # line and column of the value to mend; None: cannot be mended


class Words(NamedTuple):
    """What is wrong and what to write instead."""

    message: str
    hint: str


class _Entry(NamedTuple):
    line: int
    indent: int
    key: str
    value: str
    column: int  # of the value
    text: str


def shown(text: str) -> str:
    """The user's text as a message quotes it: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"


def syntax_fault(text: str, error: yaml.MarkedYAMLError) -> Fault:
    """Say what a parser's error means."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    problem = error.problem or ""
    lines = Lines(text)
    conflict = _conflict_fault(lines, line)
    if conflict is not None:
        return conflict
    tab = _tab_fault(lines, line)
    if tab is not None:
        return tab
    context = error.context or ""
    if error.context_mark is not None and ("quoted scalar" in context or "flow" in context):
        opened = (error.context_mark.line, error.context_mark.column)
        unclosed = _unclosed(lines, opened, (line, column), "quoted" in context, problem)
        if unclosed is not None:
            return unclosed
    entry = _entry_at(lines, line)
    if entry is not None:
        entry = _whole_item(entry, problem)
        said = _value_fault(entry, problem)
        if said is not None:
            return Fault("yaml-text", entry.line, entry.column, said.message, said.hint, (entry.line, entry.column))
    sign = lines[line][column : column + 1]
    if "cannot start any token" in problem and sign in _FIRST:
        return Fault("yaml-text", line, column, f"the text here {_FIRST[sign]}", _ITEM)
    return _layout_fault(lines, line, column, problem)


def in_template(text: str, index: int) -> bool:
    """Whether `index` stands inside {{ }}: then the braces are the fault, not what is between them."""
    before = text[max(0, index - _NEAR) : index].rpartition("\n")[2]
    after = text[index : index + _NEAR]
    return "{{" in before and "}}" in after and "}}" not in before[before.rfind("{{") :]


def empty_value(text: str, index: int, key: str | None, flow: bool) -> Words:
    """What to say of a key (or a list's item: no key) without a value; `index` is where the value would stand."""
    if key is None:
        return Words("an item of this list is empty", "write a value after the dash, or remove the dash")
    name = shown(key)
    if flow:
        return _empty_in_braces(text[max(0, index - _NEAR) : index].rstrip(), key, name)
    rest = text[index : index + _NEAR].partition("\n")[0].strip(" \t:")
    if rest.startswith("#"):
        return Words(f"`{name}` has no value: everything after # is a comment",
                     f"if the text begins with #, {_BLOCK.format(key=name)}")  # fmt: skip
    cure = "write one, or `null` to unset it, or remove the key"
    own, below = _indent_at(text, index), _NEXT_LINE.match(text, index)
    if below is not None and len(below[1]) == own:
        cure = "indent the lines below it deeper if they belong to it, or write `null` to unset it, or remove the key"
    return Words(f"`{name}` has no value", cure)


def _empty_in_braces(before: str, key: str, name: str) -> Words:
    """The same for a key inside { }; `before` is what stands before its value."""
    if before.endswith(":"):
        return Words(f"`{name}` has no value", "write one after the colon, or take the key out")
    message = f"`{name}` stands here without a value: inside {{ }}"
    if before.removesuffix(key).rstrip().endswith(","):
        cure = f'if it belongs to the text before it, put that text in quotes: "…, {name}"'
        return Words(f"{message} a comma begins the next entry", cure)
    return Words(
        f"{message} each entry is `key: value`", "put a text that has braces around it in quotes, braces and all"
    )


def _indent_at(text: str, index: int) -> int:
    start = text.rfind("\n", 0, index) + 1
    line = text[start : start + _LONGEST_LINE]
    return len(line) - len(line.lstrip(" "))


def odd_key(lines: Lines, line: int, column: int) -> Words:
    """What to say of a map or list that stands where a key belongs."""
    entry = _entry_at(lines, line)
    if entry is not None and "{{" in entry.text[max(0, column - 2) : column + 2]:
        return Words(f"{_named(entry)} begins with {{{{, which YAML reads as a map", _cure(entry))
    return Words("a key must be plain text", "write `key: value`")


def mended(text: str, fault: Fault) -> str | None:
    """The text with an empty text in place of the faulty value, every line kept; None when that cannot help."""
    if fault.value is None:
        return None
    number, column = fault.value
    lines = text.split("\n")
    own = len(lines[number]) - len(lines[number].lstrip())
    lines[number] = lines[number][:column].rstrip(" ") + ' ""'
    for below in range(number + 1, len(lines)):
        line = lines[below]
        if not line.strip():
            continue
        if len(line) - len(line.lstrip()) <= own:
            break
        lines[below] = ""
    return "\n".join(lines)


class Lines:
    """The lines of a text, as far as they are looked at; "" outside of it."""

    def __init__(self, text: str) -> None:
        self._all = text.split("\n")

    def __getitem__(self, number: int) -> str:
        return self._all[number][:_LONGEST_LINE] if 0 <= number < len(self._all) else ""

    def indent(self, number: int) -> int:
        """How many spaces (or tabs) a line begins with."""
        return len(self[number]) - len(self[number].lstrip())


def _conflict_fault(lines: Lines, line: int) -> Fault | None:
    for number in (line, line - 1):
        if lines[number].startswith(("<<<<<<< ", "=======", ">>>>>>> ")):
            return Fault("yaml-conflict", number, 0, "a merge conflict is left in the file",
                         "keep one side of it, and delete the lines of <<<<<<<, ======= and >>>>>>>")  # fmt: skip
    return None


def _tab_fault(lines: Lines, line: int) -> Fault | None:
    for number in (line, line - 1):
        text = lines[number]
        lead = text[: len(text) - len(text.lstrip(" \t"))]
        if "\t" in lead and text.strip():
            return Fault("yaml-tab", number, lead.index("\t"), "a tab in the indentation: YAML takes spaces only",
                         "replace each tab with two spaces")  # fmt: skip
    return None


def _unclosed(
    lines: Lines, opened: tuple[int, int], gave_up: tuple[int, int], quoted: bool, problem: str
) -> Fault | None:
    """A quote or bracket that is opened and never closed: the fault is where it opens, not where the parser gave up."""
    line, column = opened
    sign = lines[line][column : column + 1]
    entry = _entry_at(lines, line)
    begins = entry is not None and (entry.line, entry.column) == opened
    mend = opened if begins else None
    if quoted and "escape" in problem and _HALF.search(lines[line], 0, gave_up[1] + 4):
        message = "this escape is half a character: another program wrote an emoji in two"
        return Fault("yaml-text", gave_up[0], gave_up[1] - 2, message,
                     "write the character itself, and save the file as UTF-8", mend)  # fmt: skip
    if quoted and "escape" in problem:
        return Fault("yaml-text", *gave_up, "inside double quotes a backslash begins an escape, and this is none",
                     "write \\\\ for a backslash, or use single quotes", mend)  # fmt: skip
    if quoted:
        cure = f"close it with {sign}, and indent each of its lines deeper than its key"
        return Fault("yaml-quote", line, column, f"the quote {sign} opened here is never closed",
                     f"{cure}; or write a block: `|` and the text on the next line", mend)  # fmt: skip
    closing = {"[": "]", "{": "}"}.get(sign)
    if closing is None:
        return None
    if closing in lines[gave_up[0]][gave_up[1] :] and gave_up[0] == line:
        message = f"inside {sign} {closing} a comma is missing before this, or YAML reads a sign of the text"
        return Fault("yaml-bracket", *gave_up, message, "put a comma between entries, and texts in quotes", mend)
    why = ": everything after ` #` is a comment" if re.search(r"[ \t]#", lines[line][column:]) else ""
    return Fault("yaml-bracket", line, column, f"the {sign} opened here is never closed{why}",
                 f"close it with {closing}; if it belongs to a text, put the text in quotes", mend)  # fmt: skip


def _entry_at(lines: Lines, line: int) -> _Entry | None:
    """The `key: value` or `- value` that the line belongs to: its own, or that of the nearest line less indented."""
    while line > 0 and not lines[line].strip():
        line -= 1
    found = _as_entry(lines, line)
    if found is not None and found.key:
        return found
    indent = lines.indent(line)
    for number in range(line - 1, max(-1, line - _FAR), -1):
        above = lines[number]
        if above.strip() and lines.indent(number) < indent:
            wrapped = _as_entry(lines, number)
            if wrapped is not None and wrapped.value and (found is None or "-" not in lines[line][: found.column]):
                return wrapped
            break
    return found


def _as_entry(lines: Lines, line: int) -> _Entry | None:
    found = _ENTRY.match(lines[line])
    if found is None:
        return None
    key, value = found["key"] or "", found["value"].rstrip()
    if not key and "-" not in found["lead"]:
        return None
    return _Entry(line, len(found["lead"]), key, value, found.start("value"), lines[line])


def _whole_item(entry: _Entry, problem: str) -> _Entry:
    """A list's item that holds two colons was meant as one text, not as a map."""
    if not entry.key or "-" not in entry.text[: entry.indent] or "mapping values" not in problem:
        return entry
    return entry._replace(key="", value=entry.text[entry.indent :].rstrip(), column=entry.indent)


def _named(entry: _Entry) -> str:
    return f"the text of `{shown(entry.key)}`" if entry.key else "this text"


def _cure(entry: _Entry) -> str:
    return _BLOCK.format(key=shown(entry.key)) if entry.key else _ITEM


def _value_fault(entry: _Entry, problem: str) -> Words | None:
    value = entry.value
    first = value[:1]
    if first in ("'", '"'):
        inside = "write '' for a ' inside" if first == "'" else 'write \\" for a " inside'
        other = _cure(entry).removesuffix(_OR_QUOTES) if entry.key else "put quotes of the other kind around all of it"
        return Words(f"{_named(entry)} goes on after its closing quote", f"{inside}, or {other}")
    if value.startswith(("{{", "{%", "{#")):
        return Words(f"{_named(entry)} begins with {value[:2]}, which YAML reads as a map", _cure(entry))
    if value.startswith("- "):
        cure = "put a text in quotes; of a list, put each `- item` on a line of its own, indented"
        return Words(f"{_named(entry)} begins with a dash and a space, which YAML reads as a list", cure)
    if value.startswith("? "):
        return Words(f"{_named(entry)} begins with ? and a space, which YAML reads as a key", _cure(entry))
    if first in "[{" and first and ("block mapping" in problem or "key" in problem or "block end" in problem):
        closing = "]" if first == "[" else "}"
        if value.count(first) < value.count(closing):
            return Words(f"there is one {closing} too many here", f"remove the last {closing}")
        return Words(f"{_named(entry)} {_FIRST[first]}, and there is more after it", _cure(entry))
    if first in _FIRST and first not in "[{" and not _HEADER.fullmatch(value):
        return Words(f"{_named(entry)} {_FIRST[first]}", _cure(entry))
    colon = re.search(r":(?=\s|$)", value)
    if colon and first not in "[{":
        before = shown(value[: colon.start() + 1])
        return Words(f"{_named(entry)} holds a colon and a space after `{before}`, which YAML reads as another key",
                     _cure(entry))  # fmt: skip
    if re.search(r"[ \t]#", value) and first not in "[{":
        return Words(f"{_named(entry)} is cut at ` #`, which begins a comment", _cure(entry))
    return None


def _layout_fault(lines: Lines, line: int, column: int, problem: str) -> Fault:
    """Nothing is wrong with a value: then it is the indentation, or a stray line."""
    sign = lines[line][column : column + 1]
    if "node content" in problem and sign.strip() and not sign.isalnum():
        return Fault("yaml-sign", line, column, f"{sign} stands where a value should",
                     "put the text in quotes, or take the sign out")  # fmt: skip
    while line > 0 and not lines[line].strip():
        line -= 1
    text, start = lines[line], lines.indent(line)
    if "node content" in problem:
        return Fault("yaml-sign", line, start, "in this line stands a sign with which no value may begin",
                     "put the text in quotes, or remove the sign")  # fmt: skip
    above = next((number for number in range(line - 1, max(-1, line - _FAR), -1)
                  if lines[number].strip() and not lines[number].lstrip().startswith("#")), line)  # fmt: skip
    entry = _entry_at(lines, above) if above < line else None
    if entry is not None and entry.value and start > lines.indent(entry.line):
        hash_at = re.search(r"[ \t]#", lines[above])
        if hash_at is not None and ":" not in text:
            return Fault("yaml-text", above, hash_at.start() + 1,
                         f"{_named(entry)} is cut at this #, which begins a comment, and goes on below", _cure(entry),
                         (entry.line, entry.column))  # fmt: skip
        if entry.key and ":" in text:
            return _indented_under(entry, lines.indent(entry.line), line, start)
    if "could not find expected ':'" in problem or (":" not in text and not text.lstrip().startswith("- ")):
        return Fault("yaml-line", line, start, f"`{shown(text)}` is neither `key: value` nor part of a text",
                     "write `key: value`, or indent it deeper than the key it belongs to")  # fmt: skip
    return Fault("yaml-indent", line, start, "this line does not line up with its neighbours",
                 "give every key of one map the same number of spaces")  # fmt: skip


def _indented_under(entry: _Entry, indent: int, line: int, start: int) -> Fault:
    key = shown(entry.key)
    cure = f"if it is a key, indent it like `{key}`, with {indent} spaces; if it goes on with that text, "
    cure += f"write `{key}: |` and put the text on the next line, indented"
    message = f"this line is indented under `{key}`, which already has a value"
    return Fault("yaml-indent", line, start, message, cure, (entry.line, entry.column))
