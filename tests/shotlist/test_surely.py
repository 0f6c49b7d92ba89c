"""What is called sure the schema library allows; what lists ask for is sure, so that nobody waits for the library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.shotlist.surely import surely_allows
from tests.examples import at_most

NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.sampled_from(["x", "", "long words", 0, 1, 3, 1.0, 2.5, True, False, None])
VALUES = st.recursive(SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3))
SMALL = st.integers(0, 3)
PLAIN = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["object", "array", "string", "integer", "number", "boolean"]) | st.just(["string"]),
        "enum": st.lists(SCALARS, min_size=1, max_size=3),
        "const": SCALARS,
        **dict.fromkeys(("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"), SMALL),
        "required": st.lists(NAMES, max_size=2, unique=True),
        "title": st.just("words"),
        "pattern": st.just("^x"),
    },
)


def nested(below: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    parts = st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(NAMES, below, max_size=2),
            "additionalProperties": st.booleans() | below,
            "items": below,
            "not": below,
            "if": below,
            "then": below,
            "else": below,
            "patternProperties": st.just({"^b": {"type": "string"}}),
        },
    )
    return st.tuples(PLAIN, parts).map(lambda two: two[0] | two[1])


SCHEMAS = st.recursive(PLAIN | st.booleans(), nested, max_leaves=8)


@settings(max_examples=at_most(1500))
@given(SCHEMAS, VALUES)
@example({"if": {"properties": {"a": {"const": 1}}}, "then": {"type": "string"}}, {"a": 1.0})
@example({"enum": [1]}, True)
@example({"additionalProperties": False, "patternProperties": {"^b": {"type": "string"}}}, {"b": 1})
def test_what_is_sure_is_allowed(schema: dict[str, Any] | bool, value: Any) -> None:
    if surely_allows(schema, value):
        Draft202012Validator(schema).validate(value)


@pytest.mark.parametrize("endpoint", sorted(load_catalog(None).by_endpoint))
def test_what_a_card_takes_is_sure_and_what_it_refuses_is_not(endpoint: str) -> None:
    end = load_catalog(None).by_endpoint[endpoint][1]
    wire: dict[str, Any] = {
        "prompt": "x",
        "resolution": "1K",
        "aspect_ratio": "21:9",
        "elements": [{"frontal_image_url": "x"}],
    }
    if end.image_field:
        wire[end.image_field] = ["x"] if end.image_field == "image_urls" else "x"
    assert surely_allows(end.schema, wire)
    for change in ({"resolution": "9K"}, {"prompt": ""}, {"elements": [{}]}, {"num_images": 10}, {"unheard": 1}):
        assert not surely_allows(end.schema, wire | change)


def test_a_list_without_a_fault_does_not_load_the_library(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("shotlist: 1\nshow: s\nscenes: {sc010: {shots: {sh010: {prompt: a pier}}}}\n")
    program = f"""
import sys
from shotpilot_pipeline.pipeline.checking import check_file
from pathlib import Path
checked = check_file(Path({str(path)!r}), None)
assert checked.tasks == 1, checked
assert "jsonschema" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=False)
    assert done.returncode == 0, done.stderr
