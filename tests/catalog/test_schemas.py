"""Schemas are found in a wheel and in the repository, and describe themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog import schemas


def test_every_schema_of_the_repository_loads_and_is_one(root: Path) -> None:
    names = [path.name.removesuffix(".schema.json") for path in (root / "schemas").glob("*.schema.json")]
    assert {"shotlist-1", "picks-1"} <= set(names)
    for name in names:
        loaded = schemas.schema(name)
        Draft202012Validator.check_schema(loaded)
        assert loaded["title"]
        assert loaded["description"]


def test_a_wheel_carries_them_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a-1.schema.json").write_text('{"title": "A"}')
    monkeypatch.setattr(schemas, "_FOLDERS", (tmp_path, tmp_path / "none"))
    assert schemas.schema("a-1") == {"title": "A"}


def test_a_schema_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError, match="no schema 'none'"):
        schemas.schema("none")
