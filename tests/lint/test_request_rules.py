"""Rules on the request and its syntax."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Severity
from tests.lint.linting import rules, the


def said(folder: Path, prompt: str) -> list[str]:
    return rules(folder, f"prompt: {json.dumps('Medium shot, 50mm. ' + prompt)}\n")


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("a ${colour} car", True),
        ("a {{ '{' }}colour} car", True),
        ("TODO: the light", True),
        ("a car, ???", True),
        ("lorem ipsum dolor", True),
        ("[insert place here]", True),
        ("a poster with the word 'TODO'", False),
        ("a todo list on a fridge", False),
        ("What is behind the door??", False),
        ("a set of braces in a drawer", False),
    ],
)
def test_placeholders(tmp_path: Path, prompt: str, told: bool) -> None:
    assert ("template-unresolved" in said(tmp_path, prompt)) is told


def test_a_placeholder_blocks(tmp_path: Path) -> None:
    assert the(tmp_path, "template-unresolved", "subject: TODO\naction: waits\n").severity is Severity.ERROR


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("a (red:1.3) car", True),
        ("a ((red)) car", True),
        ("a red car --ar 16:9", True),
        ("a red car::2 a street", True),
        ("a red car <lora:cars:0.8>", True),
        ("1girl, a red car", True),
        ("a red car (see page 3:16)", False),
        ("a clock at (10:30)", False),
        ("a well-lit street -- wet, empty", False),
        ("a red car (his father's)", False),
    ],
)
def test_the_syntax_of_other_tools(tmp_path: Path, prompt: str, told: bool) -> None:
    assert ("weights-or-flags" in said(tmp_path, prompt)) is told


def test_all_weights_of_a_text_are_mended_together(tmp_path: Path) -> None:
    found = the(
        tmp_path, "weights-or-flags", 'subject: "a (red:1.3) car on a (wet:1.1) road --ar 16:9"\naction: waits\n'
    )
    assert found.fix is not None
    assert [edit.text for edit in found.fix.edits] == ["red", "wet", ""]


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "’", "“"])
def test_characters_of_word_processors(tmp_path: Path, sign: str) -> None:
    assert said(tmp_path, f"a red{sign}car") == ["smart-chars"]


def test_letters_of_other_languages_are_no_fault(tmp_path: Path) -> None:
    assert said(tmp_path, "Žižkov, café Łódź, 東京 at dawn") == []


def test_a_fix_never_breaks_the_file(tmp_path: Path) -> None:
    """A curly quote in a text in double quotes cannot simply become a plain one."""
    found = the(tmp_path, "smart-chars", 'subject: "the “red” car"\naction: waits\n')
    assert found.fix is None
    found = the(tmp_path, "smart-chars", "subject: the “red” car\naction: waits\n")
    assert found.fix is not None or found.hint


def test_one_render_serves_two_shots_that_ask_for_the_same(tmp_path: Path) -> None:
    shots = "sh010: {subject: a key, action: lies there}\nsh020: {subject: a key, action: lies there}\n"
    found = the(tmp_path, "duplicate-request", shots)
    assert found.address == "sc010/sh020"
    assert "sc010/sh010" in found.message


def test_a_prompt_near_the_limit_is_a_warning(tmp_path: Path) -> None:
    found = the(tmp_path, "prompt-too-long", "prompt: Medium shot, 50mm. " + "incomprehensibilities " * 104 + "\n")
    assert found.severity is Severity.WARNING
