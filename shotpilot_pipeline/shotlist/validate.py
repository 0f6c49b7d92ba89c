"""A tree against the JSON Schema: typed by it, then checked by it. Does not read YAML, and words nothing itself.

`jsonschema` decides what is wrong; `sentences` says it. It never fetches: every `$ref` is written out beforehand, and
the registry is empty.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.sentences import Wrong, cut_sentence, sentences
from shotpilot_pipeline.shotlist.shapes import inlined, shape_of
from shotpilot_pipeline.shotlist.typed import settle

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

_MOST_FAULTS = 1_000  # of one file or shot; nobody reads on
MOST_VALUES = 200_000  # values in a tree with a fault: the library takes 5 s and 500 MB to say what is wrong in them


def check(node: Node, name: str, definition: str = "", address: str = "") -> list[Problem]:
    """Type the tree below `node` in place by a schema (or one of its `$defs`) and say all that is wrong with it."""
    cuts: list[Node] = []
    sure = settle(node, shape_of(name, definition), cuts)
    problems = [cut_sentence(cut, address) for cut in cuts]
    if not sure and _values(node) > MOST_VALUES:
        message = f"is at fault somewhere, and holds more than {MOST_VALUES:,} values"
        problems.append(Problem("schema-size", node.place, message, "divide it with `include`", address=address))
    elif not sure:
        for error in islice(_validator(name, definition).iter_errors(node.plain()), _MOST_FAULTS):
            problems.extend(sentences(_wrong(error), node, address))
    return problems


def _values(node: Node) -> int:
    value = node.value
    if isinstance(value, dict | list):
        return 1 + sum(map(_values, value.values() if isinstance(value, dict) else value))
    return 1


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
