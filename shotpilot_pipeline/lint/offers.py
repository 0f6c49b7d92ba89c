"""Cures for problems that other rooms found: what the words of a problem offer, as an edit of the line it is about.

All of it is proposed, never done unasked, but for a number that only one value can have. Nothing is guessed: where the
word at fault does not stand alone at the problem's place, there is no cure. Reads no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from shotpilot_pipeline.errors import Edit, Fix, Place, Problem
from shotpilot_pipeline.lint.avoiding import avoided

_MEANT = re.compile(r'did you mean "?([^"?]+?)"?\?')
_SAID = re.compile(r"'([^']+)'|@([\w-]+)|\b(?:task|rule) ([\w./@-]+)")
_CALLED = re.compile(r"write `(\w+)(?:: \d+)?`\Z")
_NEAREST = re.compile(r"the nearest is (\S+);|write (\S+)\Z")
_ABLE = re.compile(r"([\w-]+) can\Z")
_PANELS = re.compile(r"amount is \d+, but (\d+) panels")
_MARKED = re.compile(r"the prompt marks panel ([\d, ]+), and")
_RANGE = re.compile(r"(?:write|a series has) (\d+) to (\d+)")
_AMOUNT = re.compile(r"give (amount: \d+), as many")
_VERSION = re.compile(r"write `\w+: (\d+)`\Z")
_AS_LIST = re.compile(r"write \[(.+)\]\Z")
_MOST = re.compile(r"takes at most (\d+)")
_ENTRY = re.compile(r"( *)[\w-]+:[ \t]+[^\s|>{\[].*\Z")
_QUOTES = "\"'"


class _Spot(NamedTuple):
    """A problem, and what stands at its place."""

    problem: Problem
    piece: str  # the marked part of the line; "" where it has no end on its line
    lines: Sequence[str]  # of the file

    def edit(self, start: int, end: int, text: str) -> Edit:
        """The edit of a stretch of the line, counted from the problem's place."""
        at = self.problem.place
        return Edit(Place(at.file, at.line, at.column + start), Place(at.file, at.line, at.column + end), text)


def offered(problem: Problem, lines: Sequence[str]) -> Fix | None:
    """The cure that a problem's own words offer, if any. `lines` are those of its file."""
    place, end = problem.place, problem.end
    if problem.rule not in _OFFERS and "did you mean" not in problem.hint + problem.message:
        return problem.fix  # most problems: nothing is offered
    if problem.fix is not None or not (0 < place.line <= len(lines) and place.column):
        return problem.fix
    until = end.column - 1 if end is not None and end.line == place.line else place.column - 1
    spot = _Spot(problem, lines[place.line - 1][place.column - 1 : until], lines)
    offer = _OFFERS.get(problem.rule)
    return (offer(spot) if offer is not None else None) or _meant(spot)


def _meant(spot: _Spot) -> Fix | None:
    """The name that was meant, in place of the one that is not known."""
    words = f"{spot.problem.message}; {spot.problem.hint}"
    meant, said = _MEANT.search(words), _SAID.search(spot.problem.message)
    if meant is None or said is None:
        return None
    old, new = next(filter(None, said.groups())), meant.group(1)
    if "/" in old and "/" not in new:
        old = old.rpartition("/")[2]  # of a path, the name alone is another
    there = list(re.finditer(rf"(?<![\w-]){re.escape(old)}(?![\w-])", spot.piece))
    if len(there) != 1:
        return None
    return Fix(f"write {new}", (spot.edit(*there[0].span(), new),), automatic=False)


def _value(spot: _Spot, new: str, automatic: bool = False) -> Fix | None:
    """Another value, in the quotes in which the old one stands."""
    quote = spot.piece[:1] if spot.piece[:1] in _QUOTES else ""
    if not spot.piece or new == spot.piece.strip(_QUOTES):
        return None
    return Fix(f"write {new}", (spot.edit(0, len(spot.piece), f"{quote}{new}{quote}"),), automatic)


def _key(spot: _Spot) -> Fix | None:
    """A key of another tool under the name it has here; else, a key that nobody knows is taken out."""
    called = _CALLED.search(spot.problem.hint)
    if called is not None and spot.piece:
        return Fix(f"write {called.group(1)}", (spot.edit(0, len(spot.piece), called.group(1)),), automatic=False)
    return _meant(spot) or _line_out(spot)


def _line_out(spot: _Spot) -> Fix | None:
    """A line that is one entry and nothing else is taken out."""
    at, lines = spot.problem.place, spot.lines
    entry = _ENTRY.match(lines[at.line - 1])
    if entry is None or len(entry.group(1)) != at.column - 1 or at.line == len(lines):
        return None
    below = lines[at.line]
    if below.strip() and len(below) - len(below.lstrip()) >= at.column:
        return None  # its text goes on there
    edit = Edit(Place(at.file, at.line, 1), Place(at.file, at.line + 1, 1), "")
    return Fix(f"take {spot.piece or 'this line'} out", (edit,), automatic=False)


def _aspect(spot: _Spot) -> Fix | None:
    nearest = _NEAREST.search(spot.problem.hint)
    return _value(spot, next(filter(None, nearest.groups()))) if nearest else _model(spot)


def _model(spot: _Spot) -> Fix | None:
    """The model that can, in place of the one that cannot; behind those of a list."""
    able = _ABLE.search(spot.problem.hint)
    if able is None or not spot.piece:
        return None
    if not (spot.piece.startswith("[") and spot.piece.endswith("]")):
        return _value(spot, able.group(1))
    last = len(spot.piece) - 1
    return Fix(f"add {able.group(1)}", (spot.edit(last, last, f", {able.group(1)}"),), automatic=False)


def _panels(spot: _Spot) -> Fix | None:
    """As many panels as there are: no other number can be right."""
    there = _PANELS.search(spot.problem.message)
    if there is not None:
        return _value(spot, there.group(1), automatic=True) if spot.piece.isdigit() else None
    marked = _MARKED.search(spot.problem.message)
    numbers = [int(number) for number in marked.group(1).split(",")] if marked is not None else []
    amounts = [step.place for step in spot.problem.chain if step.words.startswith("amount")]
    if not amounts or numbers != list(range(1, len(numbers) + 1)):
        return None
    at = amounts[0]
    old = re.match(r"\d+", spot.lines[at.line - 1][at.column - 1 :])
    if old is None or at.file != spot.problem.place.file:
        return None
    edit = Edit(at, Place(at.file, at.line, at.column + old.end()), str(len(numbers)))
    return Fix(f"write amount: {len(numbers)}", (edit,))


def _amount(spot: _Spot) -> Fix | None:
    """The amount as the first entry of the series."""
    at, wanted = spot.problem.place, _AMOUNT.search(spot.problem.hint)
    if wanted is None:
        return None
    entry, line = wanted.group(1), spot.lines[at.line - 1]
    here = line[at.column - 1 :]
    if here.startswith("{"):
        is_empty = here[1:].lstrip().startswith("}")
        return Fix(f"write {entry}", (spot.edit(1, 1, entry if is_empty else f"{entry}, "),), automatic=False)
    indent = line[: at.column - 1]
    if indent.strip():
        return None
    return Fix(f"write {entry}", (spot.edit(0, 0, f"{entry}\n{indent}"),), automatic=False)


def _range(spot: _Spot) -> Fix | None:
    """The nearest number that is taken, or the first items of a list that is too long."""
    limits = _RANGE.search(f"{spot.problem.message}; {spot.problem.hint}")
    if limits is not None and spot.piece.lstrip("-").isdigit():
        least, most = map(int, limits.groups())
        return _value(spot, str(min(max(int(spot.piece), least), most)))
    most_items = _MOST.search(spot.problem.message)
    return _first_items(spot, int(most_items.group(1))) if most_items is not None else None


def _first_items(spot: _Spot, most: int) -> Fix | None:
    """The first items of a list on one line."""
    column = spot.problem.place.column - 1
    line = spot.lines[spot.problem.place.line - 1][column:]
    found = re.match(r"[\w-]+:[ \t]*\[([^\[\]{}\"'#]*)\]", line)
    items = found.group(1).split(",") if found is not None else []
    if found is None or len(items) <= most:
        return None
    start, end = found.start(1) + len(",".join(items[:most])), found.end(1)
    return Fix(f"keep the first {most}", (spot.edit(start, end, ""),), automatic=False)


def _version(spot: _Spot) -> Fix | None:
    version = _VERSION.search(spot.problem.hint)
    return _value(spot, version.group(1)) if version is not None else None


def _as_list(spot: _Spot) -> Fix | None:
    """One value where a list is wanted: a list of one."""
    if not _AS_LIST.search(spot.problem.hint) or not spot.piece:
        return None
    return Fix("make it a list", (spot.edit(0, len(spot.piece), f"[{spot.piece}]"),), automatic=False)


def _avoid(spot: _Spot) -> Fix | None:
    """The words of a negative_prompt, as a sentence at the end of the prompt."""
    edits = avoided(spot.problem.place, spot.lines)
    return Fix("say it in the prompt: Avoid: ...", edits, automatic=False) if edits else None


_OFFERS: dict[str, Callable[[_Spot], Fix | None]] = {
    "schema-unknown-key": _key,
    "schema-range": _range,
    "schema-type": _as_list,
    "schema-version": _version,
    "series-amount-missing": _amount,
    "series-amount-range": _range,
    "series-panel-mismatch": _panels,
    "series-unsupported": _model,
    "resolution-unsupported": _model,
    "image-count": _model,
    "model-unable": _model,
    "aspect-unsupported": _aspect,
    "negative-prompt-used": _avoid,
}
