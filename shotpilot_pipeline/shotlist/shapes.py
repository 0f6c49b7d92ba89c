"""A JSON Schema as a tree of shapes: what a scalar's text is to be read as, and what is surely right.

A shape says `sure` only of what the schema certainly allows; whatever it does not understand or like is left to the
schema library, which has the last word (`validate`). So the schema stays the one truth, and ten thousand faultless
shots do not pay for its library. Knows no place, no message and no key of the shot list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from shotpilot_pipeline.catalog.schemas import schema

_SILENT = {"$schema", "$id", "$defs", "title", "description", "examples", "default", "contentMediaType"}
_READ = {
    *("$ref", "type", "enum", "const", "pattern", "properties", "patternProperties", "additionalProperties", "items"),
    *("propertyNames", "anyOf", "oneOf", "required", "minimum", "maximum", "exclusiveMinimum"),
    *("minItems", "maxItems", "minProperties"),
}
_KINDS = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


class Shape:
    """One place of the schema. `kinds` empty: anything goes. `prose`: words that may be cut short by ` #`."""

    __slots__ = (
        "above", "branches", "enum", "extra", "fields", "items", "kinds", "least", "least_items", "least_keys", "most",
        "most_items", "names", "one_of", "pattern", "patterns", "prose", "required", "understood",
    )  # fmt: skip

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.kinds: frozenset[str] = _kinds(raw)
        self.enum: tuple[Any, ...] = tuple(raw.get("enum", [raw["const"]] if "const" in raw else []))
        self.pattern = re.compile(raw["pattern"]) if "pattern" in raw else None
        self.prose: bool = raw.get("contentMediaType") == "text/plain"
        self.least: float | None = raw.get("minimum")
        self.most: float | None = raw.get("maximum")
        self.above: float | None = raw.get("exclusiveMinimum")
        self.least_items: int = raw.get("minItems", 0)
        self.most_items: float = raw.get("maxItems", float("inf"))
        self.least_keys: int = raw.get("minProperties", 0)
        self.required: tuple[str, ...] = tuple(raw.get("required", ()))
        self.one_of: tuple[str, ...] = tuple(key for part in raw.get("oneOf", ()) for key in part.get("required", ()))
        self.understood = set(raw) <= _SILENT | _READ and all(
            set(part) == {"required"} and len(part["required"]) == 1 for part in raw.get("oneOf", ())
        )
        self.fields: dict[str, Shape] = {}
        self.patterns: list[tuple[re.Pattern[str], Shape]] = []
        self.extra: Shape | None = ANYTHING
        self.items: Shape = ANYTHING
        self.names: re.Pattern[str] | None = None
        self.branches: tuple[Shape, ...] = ()


def _kinds(raw: Mapping[str, Any]) -> frozenset[str]:
    if "type" in raw:
        said = raw["type"]
        kinds = {said} if isinstance(said, str) else set(said)
    elif "enum" in raw or "const" in raw:
        kinds = {_KINDS[type(value)] for value in raw.get("enum", [raw.get("const")])}
    else:
        return frozenset()
    return frozenset(kinds | {"integer"} if "number" in kinds else kinds)


ANYTHING: Shape = Shape.__new__(Shape)
ANYTHING.__init__({})  # type: ignore[misc]  # it refers to itself: below anything there is anything
ANYTHING.extra = ANYTHING.items = ANYTHING


@cache
def shape_of(name: str, definition: str = "") -> Shape:
    """The shape of a schema, or of one of its `$defs`, made once."""
    root = schema(name)
    return _Maker(root["$defs"]).make(root["$defs"][definition] if definition else root)


@cache
def inlined(name: str, definition: str = "") -> dict[str, Any]:
    """The same part of the schema with every `$ref` written out: the schema library is twice as fast on it."""
    root = schema(name)
    part = root["$defs"][definition] if definition else {key: root[key] for key in root if key != "$defs"}
    written: dict[str, Any] = _without_refs(part, root["$defs"])
    return written


def _resolved(raw: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in raw:
        return raw
    target = _resolved(defs[raw["$ref"].removeprefix("#/$defs/")], defs)
    return {**target, **{key: value for key, value in raw.items() if key != "$ref"}}


def _without_refs(raw: Any, defs: Mapping[str, Any]) -> Any:
    if isinstance(raw, dict):
        return {key: _without_refs(value, defs) for key, value in _resolved(raw, defs).items()}
    return [_without_refs(value, defs) for value in raw] if isinstance(raw, list) else raw


class _Maker:
    """Makes each definition once: forty settings are shared by shots, stages and defaults."""

    def __init__(self, defs: Mapping[str, Any]) -> None:
        self.defs = defs
        self.made: dict[str, Shape] = {}

    def make(self, raw: Mapping[str, Any]) -> Shape:
        name = raw["$ref"] if set(raw) == {"$ref"} else ""
        if name in self.made:
            return self.made[name]
        raw = _resolved(raw, self.defs)
        shape = Shape(raw)
        if name:
            self.made[name] = shape
        shape.fields = {key: self.make(below) for key, below in raw.get("properties", {}).items()}
        shape.patterns = [
            (re.compile(key), self.make(below)) for key, below in raw.get("patternProperties", {}).items()
        ]
        extra = raw.get("additionalProperties", {})
        shape.extra = None if extra is False else self.make(extra) if extra else ANYTHING
        shape.items = self.make(raw["items"]) if "items" in raw else ANYTHING
        names = raw.get("propertyNames")
        shape.names = self.make(names).pattern if names else None
        shape.branches = tuple(self.make(branch) for branch in raw.get("anyOf", ()))
        return shape
