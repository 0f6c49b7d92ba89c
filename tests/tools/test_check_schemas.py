"""The schema checker finds what it is there to find."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.check_schemas import DIALECT, faults_of


def schema(**more: Any) -> dict[str, Any]:
    return {"$schema": DIALECT, "title": "A thing", "description": "What it is.", "type": "object", **more}


def test_a_described_schema_passes() -> None:
    good = schema(
        properties={"a": {"$ref": "#/$defs/a"}, "b": {"description": "B.", "type": "integer", "default": 1}},
        **{"$defs": {"a": {"description": "A.", "type": "string", "examples": ["x"]}}},
    )
    assert list(faults_of("good", good)) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (schema(type="sting"), "#/type"),
        (schema(title=""), "no title"),
        (schema(**{"$schema": "http://json-schema.org/draft-07/schema#"}), "$schema is not"),
        (schema(properties={"a": {"type": "string"}}), "#/properties/a: no description"),
        (schema(properties={"a": {"description": "A.", "type": "string", "examples": [1]}}), "#/properties/a/examples"),
        (schema(properties={"a": {"description": "A.", "type": "string", "default": 1}}), "#/properties/a/default"),
        (
            schema(properties={"a": {"description": "A.", "items": {"$ref": "#/$defs/b"}}}, **{"$defs": {"b": {
                "type": "object", "properties": {"c": {}}}}}),
            "#/$defs/b/properties/c: no description",
        ),
        (
            schema(properties={"a": {"$ref": "#/$defs/b", "examples": ["x"]}}, **{"$defs": {"b": {
                "description": "B.", "type": "integer"}}}),
            "#/properties/a/examples",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(wrong: dict[str, Any], said: str) -> None:
    faults = list(faults_of("wrong", wrong))
    assert any(said in fault for fault in faults), faults
