"""Each hard case is told as it was read and found good: the right place, plain words, a cure, and nothing besides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.play import names, play, play_rule, rule_file, rules, said_file

JARGON = ("Traceback", "Error(", "given schemas", "'type'", "NoneType", "Node(", "jsonschema", "regex", "null byte")


@pytest.mark.parametrize("name", names())
def test_what_is_said_of_a_hard_case(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder-of-the-show"
    folder.mkdir()
    said = play(name, folder)
    assert said == said_file(name).read_text("utf-8"), "if this is better, `python -m tests.cases` writes it down"
    assert not [word for word in JARGON if word in said]


@pytest.mark.parametrize("rule", rules())
def test_what_is_said_of_a_rule_that_is_broken(rule: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder-of-the-show"
    folder.mkdir()
    said = play_rule(rule, folder)
    assert said == rule_file(rule).read_text("utf-8"), "if this is better, `python -m tests.cases` writes it down"
    assert not [word for word in JARGON if word in said]
    assert f"[{rule}]" in said
