"""Scalars read as the schema wants them, not as they look: `21:9`, `010`, `NO` and dates stay text.

Goes through a tree once, with the schema beside it, and says whether the tree is *surely* what the schema allows.
Words no message: what is not sure goes to `validate`.
"""

from __future__ import annotations

import math
import re

from shotpilot_pipeline.shotlist.node import Node, NodeValue
from shotpilot_pipeline.shotlist.shapes import ANYTHING, Shape
from shotpilot_pipeline.shotlist.yamltext import Cut, Plain

_NULL = ("null", "~")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:[eE][+-]?[0-9]{1,3})?\Z")
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def settle(node: Node, shape: Shape, cuts: list[Node]) -> bool:
    """Type every scalar below `node` in place. True: the schema surely allows it; False: ask the schema.

    Adds to `cuts` every prose that ` #` cut short. The tree must come from `yamltext`, and be settled only once.
    """
    value = node.value
    if shape.branches:
        branch = _branch(value, shape.branches)
        return settle(node, branch or ANYTHING, cuts) and branch is not None and shape.understood
    if type(value) is dict:
        return _settle_map(value, shape, cuts)
    if type(value) is list:
        wanted = not shape.kinds or "array" in shape.kinds
        sure = wanted and shape.understood and shape.least_items <= len(value) <= shape.most_items
        items = shape.items if wanted else ANYTHING
        for item in value:
            sure = settle(item, items, cuts) and sure
        return sure
    return _settle_scalar(node, str(value), shape, cuts)


def _branch(value: NodeValue, branches: tuple[Shape, ...]) -> Shape | None:
    """The alternative that is meant: the first that takes a map, a list or a scalar, as the value is one."""
    if type(value) is dict or type(value) is list:
        kind = "object" if type(value) is dict else "array"
        return next((branch for branch in branches if kind in branch.kinds), None)
    return next((branch for branch in branches if branch.kinds - {"object", "array", "null"}), None)


def _settle_map(value: dict[str, Node], shape: Shape, cuts: list[Node]) -> bool:
    wanted = not shape.kinds or "object" in shape.kinds
    if not wanted:
        shape = ANYTHING
    sure = wanted and shape.understood and len(value) >= shape.least_keys
    fields, names = shape.fields, shape.names
    for key, node in value.items():
        below = fields.get(key)
        if below is None:
            below = next((other for pattern, other in shape.patterns if pattern.search(key)), shape.extra)
        if below is None or (names is not None and not names.search(key)):
            sure = False
        sure = settle(node, below or ANYTHING, cuts) and sure
    if shape.required and not all(key in value for key in shape.required):
        return False
    return sure and (not shape.one_of or sum(key in value for key in shape.one_of) == 1)


def _settle_scalar(node: Node, text: str, shape: Shape, cuts: list[Node]) -> bool:
    kinds = shape.kinds
    written = node.value
    if text in _NULL and isinstance(written, Plain):
        node.value = None
        return (not kinds or "null" in kinds) and shape.understood and (not shape.enum or None in shape.enum)
    if not kinds or "string" in kinds:
        node.value = text
        if shape.prose and type(written) is Cut:
            cuts.append(node)
        fits = shape.pattern is None or shape.pattern.search(text) is not None
        return fits and shape.understood and (not shape.enum or text in shape.enum)
    value = _converted(text, kinds)
    node.value = text if value is None else value
    return value is not None and shape.understood and _within(value, shape)


def _converted(text: str, kinds: frozenset[str]) -> bool | int | float | None:
    """The text as a truth value or a number, as far as `kinds` want one; None when it is none."""
    if "boolean" in kinds:
        return _TRUTH.get(text.lower())
    if "integer" in kinds and _WHOLE.match(text):
        return int(text)
    if "number" in kinds and _NUMBER.match(text):
        number = float(text)
        return number if math.isfinite(number) else None
    return None


def _within(value: float, shape: Shape) -> bool:
    if shape.enum and value not in shape.enum:
        return False
    if shape.most is not None and value > shape.most:
        return False
    return (shape.least is None or value >= shape.least) and (shape.above is None or value > shape.above)
