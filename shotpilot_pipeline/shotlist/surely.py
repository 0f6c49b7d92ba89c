"""Whether a JSON Schema surely allows a JSON value, for the plain words that the schemas of model cards are written in.

"No" only means *not sure*: then the schema library is asked, which has the last word. So the schema stays the one
truth, and a list without a fault does not wait for that library to be loaded, which takes longer than its ten shots.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_SILENT = frozenset({"title", "description", "default", "examples", "added_later", "then", "else"})  # read with `if`
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "integer": (int,), "number": (int, float)
}  # fmt: skip


def surely_allows(schema: Mapping[str, Any] | bool, value: Any) -> bool:
    """True: `value` is what the schema wants. False: it may not be."""
    if isinstance(schema, bool):
        return schema
    return all(
        word in _SILENT or (word in _TESTS and _TESTS[word](value, wanted, schema)) for word, wanted in schema.items()
    )


def _type(value: Any, wanted: Any, _: Mapping[str, Any]) -> bool:
    return isinstance(wanted, str) and type(value) in _TYPES.get(wanted, ())


def _enum(value: Any, wanted: Any, _: Mapping[str, Any]) -> bool:
    return any(type(one) is type(value) and one == value for one in wanted)


def _const(value: Any, wanted: Any, schema: Mapping[str, Any]) -> bool:
    return _enum(value, [wanted], schema)


def _sized(kinds: tuple[type, ...], fits: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Mapping[str, Any]], bool]:
    """A test that is about values of some kinds, and lets all others pass."""
    return lambda value, wanted, _: type(value) not in kinds or fits(value, wanted)


def _items(value: Any, wanted: Any, _: Mapping[str, Any]) -> bool:
    return type(value) is not list or all(surely_allows(wanted, item) for item in value)


def _properties(value: Any, wanted: Any, _: Mapping[str, Any]) -> bool:
    return type(value) is not dict or all(surely_allows(wanted[key], value[key]) for key in wanted if key in value)


def _additional(value: Any, wanted: Any, schema: Mapping[str, Any]) -> bool:
    return type(value) is not dict or wanted is True or not set(value) - set(schema.get("properties", ()))


def _required(value: Any, wanted: Any, _: Mapping[str, Any]) -> bool:
    return type(value) is not dict or set(wanted) <= set(value)


def _not(value: Any, wanted: Any, _: Mapping[str, Any]) -> bool:
    if not isinstance(wanted, Mapping) or set(wanted) != {"required"}:
        return False
    return type(value) is dict and not set(wanted["required"]) <= set(value)


def _if(value: Any, wanted: Any, schema: Mapping[str, Any]) -> bool:
    """The branch that counts, where the question has a sure answer."""
    if type(value) is not dict or not _asks_plainly(wanted):
        return False
    return surely_allows(schema.get("then" if surely_allows(wanted, value) else "else", {}), value)


def _asks_plainly(schema: Any) -> bool:
    """Whether a schema only asks which words some fields hold, and which there are: what it does not surely allow, it
    surely refuses."""
    if not isinstance(schema, Mapping) or not set(schema) <= {"properties", "required"}:
        return False
    parts = schema.get("properties", {}).values()
    if not all(isinstance(part, Mapping) and set(part) <= {"const", "enum"} for part in parts):
        return False
    return all(type(word) is str for part in parts for word in (*part.get("enum", ()), part.get("const", "")))


_NUMBER = (int, float)
_TESTS: Mapping[str, Callable[[Any, Any, Mapping[str, Any]], bool]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minLength": _sized((str,), lambda value, least: len(value) >= least),
    "maxLength": _sized((str,), lambda value, most: len(value) <= most),
    "minimum": _sized(_NUMBER, lambda value, least: value >= least),
    "maximum": _sized(_NUMBER, lambda value, most: value <= most),
    "minItems": _sized((list,), lambda value, least: len(value) >= least),
    "maxItems": _sized((list,), lambda value, most: len(value) <= most),
    "items": _items,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _required,
    "not": _not,
    "if": _if,
}
