"""Which written words brought a piece of a filled prompt: the slot, look, wardrobe, variable or panel, and how.

Asked only when something is wrong. Follows the references of templates by name, without filling them again. Does not
know what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from shotpilot_pipeline.errors import Step
from shotpilot_pipeline.shotlist.fill import CannotFill, Filling, Scope, Value
from shotpilot_pipeline.shotlist.film import Film
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pointer import Span, inside
from shotpilot_pipeline.shotlist.words import SLOTS

if TYPE_CHECKING:
    from shotpilot_pipeline.shotlist.request import Cell

_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_NAMED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\s*(?:\"[^\"]*\"|'[^']*')\s*\])+")
_STEP = re.compile(r"[A-Za-z_]\w*|\"[^\"]*\"|'[^']*'")
_WARDROBE = re.compile(r"@([A-Za-z0-9][\w-]*)\.wardrobe")
_DEEPEST = 20  # values that use each other; a prompt that fills has fewer


class Spoken(NamedTuple):
    """One written text that may reach the prompt of a cell: what it is called, and who brings it in."""

    label: str  # "action", "panel 3", "the look noir"
    node: Node
    through: tuple[Step, ...] = ()


def spoken(cell: Cell) -> list[Spoken]:
    """The texts of a cell in the order of its prompt."""
    settings = cell.settings
    found = [Spoken("prompt_wrap", settings["prompt_wrap"])] if "prompt_wrap" in settings else []
    panels = list(_panels(cell))
    if panels:
        return found + panels
    if "prompt" in settings:
        return [*found, Spoken("prompt", settings["prompt"])]
    found += [Spoken(slot, settings[slot]) for slot in SLOTS if slot in settings and slot != "look"]
    found += _looks(cell.film, settings.get("look"))
    return found + ([Spoken("prompt_template", settings["prompt_template"])] if "prompt_template" in settings else [])


def _panels(cell: Cell) -> Iterator[Spoken]:
    series = cell.shot.get("series")
    listed = series.get("panels") if series is not None else None
    if series is None or listed is None or not isinstance(listed.value, list):
        return
    lead = series.get("lead")
    if lead is not None and lead.value:
        yield Spoken("the lead", lead)
    for place, panel in enumerate(listed.value, 1):
        if cell.panel in (0, place):
            yield Spoken(f"panel {place}", panel)


def _looks(film: Film, look: Node | None) -> Iterator[Spoken]:
    for item in look.list if look is not None and isinstance(look.value, list) else [look]:
        node = film.looks.values.get(str(item.value)) if item is not None else None
        if item is not None and isinstance(node, Node):
            yield Spoken(f"the look {item.value}", node, (Step(item.place, f"the look {item.value} is worn here"),))


def origin(cell: Cell, piece: str) -> Span | None:
    """Where `piece` of the cell's filled prompt was written, and through which values it came; None when not found."""
    for text in spoken(cell):
        way = _way(cell, text.node, piece, 0)
        if way is not None:
            return Span(way.place, way.end, (*way.chain, *text.through))
    return None


def _way(cell: Cell, node: Node, piece: str, deep: int) -> Span | None:
    film = cell.film
    if piece in str(node.value):
        return inside(node, piece, 0, film.pages, film.root)
    if deep > _DEEPEST:
        return None
    for written, target in references(cell, node):
        way = _way(cell, target, piece, deep + 1)
        if way is not None:
            step = Step(inside(node, written, 0, film.pages, film.root).place, f"{written} brings it in here")
            return Span(way.place, way.end, (*way.chain, step))
    return None


def references(cell: Cell, node: Node) -> Iterator[tuple[str, Node]]:
    """What the text of `node` names and where that is written: `vars.city`, `@vera.wardrobe`."""
    text = str(node.value)
    for expression in _EXPRESSION.findall(text):
        for named in _NAMED.findall(expression):
            target = _target(cell.filling.names, [step.strip("\"'") for step in _STEP.findall(named)])
            if target is not None and target is not node:
                yield named, target
    for found in _WARDROBE.finditer(text):
        member = cell.film.cast.get(found.group(1))
        if member is not None and member.wardrobe is not None and member.wardrobe is not node:
            yield found.group(), member.wardrobe


def _target(names: Mapping[str, Value], path: list[str]) -> Node | None:
    """The node that a dotted name of a template means; None for what nobody wrote, or more than one value."""
    value: Value | None = names.get(path[0])
    for name in path[1:]:
        if isinstance(value, Scope):
            value = value.nodes.get(name) or value.values.get(name)
        elif isinstance(value, Node):
            value = value.get(name)
        else:
            return None
    return value if isinstance(value, Node) and not isinstance(value.value, dict | list) else None


def longest(cell: Cell) -> tuple[str, int, Span] | None:
    """What makes the cell's prompt long: the longest text as filled, its length, and where it was written."""
    texts = [(_length(cell.filling, text), text) for text in spoken(cell)]
    if not texts:
        return None
    length, text = max(texts, key=lambda known: known[0])
    node, label, chain = text.node, text.label, text.through
    for _ in range(_DEEPEST):
        inner = max(((_written(target), written, target) for written, target in references(cell, node)), default=None,
                    key=lambda known: known[0])  # fmt: skip
        if inner is None or inner[0] * 2 < length:
            break
        place = inside(node, inner[1], 0, cell.film.pages, cell.film.root).place
        chain = (Step(place, f"{inner[1]} brings it in here"), *chain)
        length, label, node = inner[0], inner[1], inner[2]
    return label, length, Span(node.place, None, chain)


def _length(filling: Filling, text: Spoken) -> int:
    try:
        return 0 if text.label in ("prompt_wrap", "prompt_template") else len(filling.text(text.node, text.label))
    except CannotFill:
        return 0


def _written(node: Node) -> int:
    return len(" ".join(str(node.value).split()))
