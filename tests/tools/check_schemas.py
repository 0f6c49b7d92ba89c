"""The schemas keep their word: `python -m tests.tools.check_schemas`.

Each file in schemas/ is a valid draft 2020-12 schema, each property has a description for the editor to show, and each
example and default in it is valid where it stands. Knows nothing of what the schemas describe.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[2]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: Keywords whose value is a schema, a list of schemas, or a map of schemas (draft 2020-12, core and applicator).
_ONE = (
    "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("$defs", "dependentSchemas", "patternProperties", "properties")


def faults_of(name: str, schema: Any) -> Iterator[str]:
    """Everything wrong with one schema, each as `#/pointer: what`."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as wrong:
        yield f"{_pointer(tuple(wrong.absolute_path))}: {wrong.message}"
        return
    if schema.get("$schema") != DIALECT:
        yield f"#: $schema is not {DIALECT}"
    yield from (f"#: no {word}" for word in ("title", "description") if not schema.get(word))
    root = Resource.from_contents(schema, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resources([("", root), (schema.get("$id", name), root)])
    for path, below in _subschemas((), schema):
        yield from _undescribed(path, below, schema)
        yield from _wrong_examples(path, below, schema, registry)


def _subschemas(path: tuple[str, ...], schema: Any) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every schema in the schema, itself first, with its path."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for word in _ONE:
        yield from _subschemas((*path, word), schema.get(word))
    for word in _MANY:
        for place, below in enumerate(schema.get(word, ())):
            yield from _subschemas((*path, word, str(place)), below)
    for word in _NAMED:
        for name, below in schema.get(word, {}).items():
            yield from _subschemas((*path, word, name), below)


def _undescribed(path: tuple[str, ...], schema: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    """The properties without a description of their own or of what they refer to. Conditions describe nothing new."""
    if {"if", "then", "else", "not"} & set(path):
        return
    for name, below in schema.get("properties", {}).items():
        if isinstance(below, dict) and not _description(below, root):
            yield f"{_pointer((*path, 'properties', name))}: no description"


def _description(schema: dict[str, Any], root: dict[str, Any]) -> str:
    if schema.get("description"):
        return str(schema["description"])
    reference = schema.get("$ref", "")
    if not reference.startswith("#/"):
        return ""
    target: Any = root
    for step in reference[2:].split("/"):
        target = target.get(step.replace("~1", "/").replace("~0", "~"), {})
    return _description(target, root)


def _wrong_examples(
    path: tuple[str, ...], schema: dict[str, Any], root: dict[str, Any], registry: Registry[Any]
) -> Iterator[str]:
    shown = [("examples", example) for example in schema.get("examples", ())]
    shown += [("default", schema["default"])] if "default" in schema else []
    judge = Draft202012Validator(_standing_alone(schema, root), registry=registry)
    for word, example in shown:
        for wrong in judge.iter_errors(example):
            yield f"{_pointer((*path, word))}: {json.dumps(example)}: {wrong.message}"


def _standing_alone(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """The schema with the definitions of its root beside it, so that `#/$defs/...` means the same."""
    return schema if schema is root else {**schema, "$defs": root.get("$defs", {})}


def _pointer(path: tuple[Any, ...]) -> str:
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def main() -> int:
    """Check schemas/*.json; 1 when something is wrong."""
    files = sorted((ROOT / "schemas").glob("*.json"))
    faults = [] if files else ["schemas: no schema there"]
    for file in files:
        try:
            schema = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as wrong:
            faults.append(f"schemas/{file.name}: not JSON: {wrong}")
            continue
        faults += [f"schemas/{file.name}{fault}" for fault in faults_of(file.name, schema)]
    print("\n".join(faults) if faults else f"schemas: {len(files)} files, nothing wrong")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
