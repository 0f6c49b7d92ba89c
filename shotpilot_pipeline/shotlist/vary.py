"""Variants: the cells of a shot's `vary` axes, crossed, zipped and skipped.

Does not know what an axis sets. `combine` is an expression over axis names: `*` crosses, `(a, b)` zips, a single
expression in parentheses is itself. Without it all axes are crossed in their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from math import prod
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.shotlist.node import Node

MOST = 1_000  # variants of one shot; more than anybody looks at
MOST_DEEP = 20  # parentheses inside parentheses

Choice = dict[str, str]  # axis -> name of its value
_WORD = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9_-]*|[*(),]|\S)")


class Variant(NamedTuple):
    """One cell: its id (value names joined by dots, in axis order) and the chosen value of each axis."""

    id: str
    values: Mapping[str, Node]  # axis -> text
    names: Mapping[str, str]  # axis -> name of the value


#: A shot without `vary`: one cell without a name.
PLAIN = Variant("", {}, {})


class BadVary(Exception):
    """What is wrong with a `vary`, and where."""

    def __init__(self, place: Place, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem("vary", place, message, hint)


def variants(vary: Node | None) -> tuple[Variant, ...]:
    """The cells in order, leftmost factor slowest. Raises BadVary."""
    if vary is None:
        return (PLAIN,)
    axes = _axes(vary)
    combine = vary.get("combine")
    choices = _Reader(combine, axes).cells() if combine is not None else _crossed(vary, axes)
    kept = _kept(choices, vary.get("skip"), axes)
    return tuple(
        Variant(
            ".".join(choice[axis] for axis in axes),
            {axis: axes[axis].map[choice[axis]] for axis in axes},
            choice,
        )
        for choice in kept
    )


def _axes(vary: Node) -> dict[str, Node]:
    node = vary.get("axes")
    axes = {name: axis for name, axis in node.map.items() if axis.value} if node is not None else {}
    if not axes:
        raise BadVary(vary.place, "vary has no axes", "write axes: {light: {dusk: last blue light, neon: red neon}}")
    for name, axis in axes.items():
        seen: dict[str, str] = {}
        for value, text in axis.map.items():
            twin = seen.setdefault(value.lower(), value)
            if twin != value:
                raise BadVary(
                    text.key_place, f"{value!r} and {twin!r} of axis {name} differ only in case", "rename one"
                )
    return axes


def _crossed(vary: Node, axes: Mapping[str, Node]) -> list[Choice]:
    _few(vary.place, prod(len(axis.map) for axis in axes.values()))
    return [dict(zip(axes, names, strict=True)) for names in product(*(axis.map for axis in axes.values()))]


def _few(place: Place, count: int) -> None:
    if count > MOST:
        raise BadVary(place, f"vary makes {count} variants, {MOST} at most", "zip some axes or drop values")


def _kept(choices: list[Choice], skip: Node | None, axes: Mapping[str, Node]) -> list[Choice]:
    kept = choices
    for rule in skip.list if skip is not None else ():
        wanted = _rule(rule, axes)
        if not any(_matches(choice, wanted) for choice in choices):
            raise BadVary(rule.place, "this skip matches no variant", "correct it or take it out")
        kept = [choice for choice in kept if not _matches(choice, wanted)]
    if not kept and skip is not None:
        raise BadVary(skip.place, "every variant is skipped", "take a skip out, or omit the shot")
    return kept


def _matches(choice: Choice, wanted: Choice) -> bool:
    return all(choice[axis] == name for axis, name in wanted.items())


def _rule(rule: Node, axes: Mapping[str, Node]) -> Choice:
    wanted = {}
    for axis, node in rule.map.items():
        if axis not in axes:
            raise BadVary(node.key_place, f"vary has no axis {axis!r}", near(axis, axes))
        name = str(node.value)
        if name not in axes[axis].map:
            raise BadVary(
                node.place,
                f"axis {axis} has no value {name!r}",
                near(name, axes[axis].map) or f"it has {', '.join(list(axes[axis].map)[:8])}",
            )
        wanted[axis] = name
    return wanted


class _Reader:
    """Reads a `combine` expression: factor * factor, where a factor is an axis or (expression, expression, ...)."""

    def __init__(self, combine: Node, axes: Mapping[str, Node]) -> None:
        self._axes = axes
        self._place = combine.place
        self._words = [word for word in _WORD.findall(str(combine.value)) if word.strip()]
        self._at = 0
        self._deep = 0
        self._used: set[str] = set()

    def cells(self) -> list[Choice]:
        """The cells the expression gives, once all of it is read and every axis is used."""
        cells = self._expression()
        if self._peek():
            raise self._bad(f"{self._peek()!r} is not expected here")
        unused = [axis for axis in self._axes if axis not in self._used]
        if unused:
            raise self._bad(f"combine does not use axis {unused[0]!r}", "use it or take the axis out")
        return cells

    def _expression(self) -> list[Choice]:
        cells = self._factor()
        while self._peek() == "*":
            self._at += 1
            more = self._factor()
            _few(self._place, len(cells) * len(more))
            cells = [left | right for left in cells for right in more]
        return cells

    def _factor(self) -> list[Choice]:
        word = self._next()
        if word == "(":
            return self._zip()
        if not word or word in "*),":
            raise self._bad(f"an axis name is missing before {word!r}" if word else "it ends too early")
        if word not in self._axes:
            raise self._bad(f"vary has no axis {word!r}", near(word, self._axes))
        if word in self._used:
            raise self._bad(f"combine uses axis {word!r} twice")
        self._used.add(word)
        return [{word: name} for name in self._axes[word].map]

    def _zip(self) -> list[Choice]:
        self._deep += 1
        if self._deep > MOST_DEEP:
            raise self._bad("combine has too many parentheses")
        parts = [self._expression()]
        while self._peek() == ",":
            self._at += 1
            parts.append(self._expression())
        if self._next() != ")":
            raise self._bad("a ')' is missing")
        self._deep -= 1
        if len({len(part) for part in parts}) > 1:
            lengths = " and ".join(f"{len(part)} ({', '.join(part[0])})" for part in parts)
            raise self._bad(f"a zip needs equal lengths; these are {lengths}", "cross them with * or even them out")
        return [dict(pair for cell in row for pair in cell.items()) for row in zip(*parts, strict=True)]

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _next(self) -> str:
        word = self._peek()
        self._at += 1
        return word

    def _bad(self, message: str, hint: str = "") -> BadVary:
        return BadVary(self._place, message, hint or "write combine: light * lens, or (light, lens) to zip")
