"""Where exactly a problem stands: the very word inside a value, where the faulty text ends, and what led there.

Looks at the lines of a file again, and only when there is something to complain about. Does not know what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem, Step
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pages import Pages

_VALUE_LINES = 200  # lines of one value that are searched
_FAR = 2_000  # characters around a place that are looked at
_KEY = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s:#,{}\[\]"'][^:#,{}\[\]]*?)(?=[ \t]*:(?:\s|\Z))""")
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""")
_PLAIN = re.compile(r"(?:(?![ \t]#).)+")
_FLOW_PLAIN = re.compile(r"(?:(?![ \t]#|, |,\Z|[\]}]).)+")
_CLOSING = {"{": "}", "[": "]"}
_INCLUDED = "included here"
#: Rules that are about one sign, or about all that follows it: only its beginning is marked.
_POINTS = frozenset({"file", "yaml-bracket", "yaml-nesting", "yaml-quote", "yaml-tab"})


class Span(NamedTuple):
    """A stretch of one line: where it begins, where it ends (None: not known), and what led there."""

    place: Place
    end: Place | None = None
    chain: tuple[Step, ...] = ()  # what led there, innermost first


def inside(node: Node, piece: str, nth: int, pages: Pages, root: Path | None = None) -> Span:
    """The `nth` (from 0) `piece` at or after the start of `node`; the node's own place when it is not found.

    A value folded over several lines, or written with escapes, may not hold the piece as filled.
    """
    lines = pages.lines(node.file, root) if piece and node.line else ()
    for number in _lines_of(node, lines):
        line = lines[number - 1]
        at = line.find(piece, node.column - 1 if number == node.line else 0)
        while at >= 0:
            if nth == 0:
                return Span(Place(node.file, number, at + 1), Place(node.file, number, at + 1 + len(piece)))
            nth -= 1
            at = line.find(piece, at + 1)
    return Span(node.place)


def _lines_of(node: Node, lines: Sequence[str]) -> range:
    """The numbers of the lines that a value may stand on: its own, and those below that are indented deeper."""
    last = min(len(lines), node.line + _VALUE_LINES)
    if node.line > last:
        return range(0)
    first = lines[node.line - 1]
    own = len(first) - len(first.lstrip(" "))
    begins_line = node.key_line == node.line and node.key_column == own + 1
    for number in range(node.line + 1, last + 1) if begins_line else ():
        line = lines[number - 1]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= own:
            return range(node.line, number)
    return range(node.line, last + 1)


def beginning(place: Place, pages: Pages, root: Path | None = None) -> Node:
    """What begins on the line of `place`, a shot's key say: an empty text at the first sign of the line."""
    lines = pages.lines(place.file, root)
    line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    column = len(line) - len(line.lstrip(" ")) + 1
    return Node("", place.file, place.line, column, place.line, column)


def told_whole(
    problem: Problem, pages: Pages, included: Mapping[str, Place], root: Path | None = None, *outer: Step
) -> Problem:
    """The problem with its end, then the steps `outer`, then the includes that led to its file."""
    end = problem.end
    if end is None and problem.rule not in _POINTS:
        end = _end(problem.place, pages, root)
    chain = [*problem.chain, *(step for step in outer if step.place != problem.place)]
    file, seen = problem.place.file, {problem.place.file}
    while (entry := included.get(file)) is not None:
        chain.append(Step(entry, _INCLUDED))
        file = entry.file
        if file in seen:
            break
        seen.add(file)
    if end is problem.end and len(chain) == len(problem.chain):
        return problem
    return replace(problem, end=end, chain=tuple(dict.fromkeys(chain)))


def told(problems: Iterable[Problem], pages: Pages) -> tuple[Problem, ...]:
    """The problems of a file that includes nothing, each with its end."""
    return tuple(told_whole(problem, pages, {}) for problem in problems)


def _end(place: Place, pages: Pages, root: Path | None) -> Place | None:
    """Where the key or value that begins at `place` ends, on its line."""
    if not place.line or not place.column:
        return None
    lines = pages.lines(place.file, root)
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    length = _length(line, place.column - 1)
    return Place(place.file, place.line, place.column + length) if length else None


def _length(line: str, at: int) -> int:
    line = line[max(0, at - _FAR) : at + _FAR]
    at = min(at, _FAR)
    rest = line[at:]
    key = _KEY.match(line, at)
    if key is not None:
        return len(key.group())
    quoted = _QUOTED.match(line, at)
    if quoted is not None:
        return len(quoted.group())
    if rest[:1] in _CLOSING and not rest.startswith("{{"):
        return _bracketed(rest)
    before = line[:at]
    in_flow = any(before.count(sign) > before.count(_CLOSING[sign]) for sign in _CLOSING)
    plain = (_FLOW_PLAIN if in_flow else _PLAIN).match(line, at)
    return len(plain.group().rstrip()) if plain is not None else 0


def _bracketed(rest: str) -> int:
    """How far the bracket that `rest` begins with reaches; to the end of the line where it is closed further down."""
    deep = 0
    for at, sign in enumerate(rest):
        deep += (sign in "{[") - (sign in "}]")
        if not deep:
            return at + 1
    return len(rest.rstrip())
