"""A tree against the JSON Schema: typed by it, then checked by it. Does not read YAML, and words nothing itself.

`jsonschema` decides what is wrong; `sentences` says it. It never fetches: every `$ref` is written out beforehand, and
the registry is empty.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.sentences import Wrong, cut_sentence, sentences
from shotpilot_pipeline.shotlist.shapes import inlined, shape_of
from shotpilot_pipeline.shotlist.typed import settle

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError


def check(node: Node, name: str, definition: str = "", address: str = "") -> list[Problem]:
    """Type the tree below `node` in place by a schema (or one of its `$defs`) and say all that is wrong with it."""
    cuts: list[Node] = []
    sure = settle(node, shape_of(name, definition), cuts)
    problems = [cut_sentence(cut, address) for cut in cuts]
    if not sure:
        for error in _validator(name, definition).iter_errors(node.plain()):
            problems.extend(sentences(_wrong(error), node, address))
    return problems


@cache
def _validator(name: str, definition: str) -> Draft202012Validator:
    # jsonschema takes 90 ms to import, and a faultless list never needs it.
    from jsonschema import Draft202012Validator
    from referencing import Registry

    return Draft202012Validator(inlined(name, definition), registry=Registry())


def _wrong(error: ValidationError) -> Wrong:
    schema = error.schema if isinstance(error.schema, dict) else {}
    below = tuple(_wrong(inner) for inner in error.context or ())
    steps = tuple(error.relative_schema_path)
    return Wrong(tuple(error.absolute_path), str(error.validator), error.validator_value, error.instance, schema,
                 steps, below)  # fmt: skip
