"""Rules on the request and its syntax."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.manual import whole_list
from shotpilot_pipeline.values.mending import mended
from tests.lint.linting import checked, rules, the


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


@pytest.mark.parametrize("text", ['"the “red” car"', "the “red” car", "“Red” car", "'the “red” car'"])
def test_plain_quotes_are_written_as_the_file_wants_them(tmp_path: Path, text: str) -> None:
    snippet = f"subject: {text}\naction: waits\n"
    found = the(tmp_path, "smart-chars", snippet)
    assert found.fix is not None
    whole = mended(whole_list(snippet), found.fix.edits)
    assert [problem.rule for problem in checked(tmp_path, whole)] == []


def test_the_signs_that_join_an_emoji_or_a_script_are_no_fault(tmp_path: Path) -> None:
    prompt = "prompt: Medium shot, 50mm. "
    assert rules(tmp_path, f"{prompt}a painted \U0001f469\u200d\U0001f3a4 on a wall\n") == []
    assert rules(tmp_path, f"{prompt}a sign, \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\n") == []
    mixed = f"{prompt}a\u200dcar, \U0001f469\u200d\U0001f3a4\n"
    found = the(tmp_path, "smart-chars", mixed)
    assert found.fix is not None
    assert len(found.fix.edits) == 1


@pytest.mark.parametrize(
    "prompt", ["{vars.club}}", "vars.club }}", "{ { vars.club } }", "{{ vars.club }}}}", "{{ '{' }}{ vars.club }}"]
)
def test_braces_that_filled_nothing_are_never_sent(tmp_path: Path, prompt: str) -> None:
    assert "template-unresolved" in said(tmp_path, f"a bar, {prompt}")


def test_a_template_that_a_value_brings_is_never_sent(tmp_path: Path) -> None:
    text = "vars: {club: 'the {{ vars.town }}'}\n"
    found = checked(
        tmp_path, "shotlist: 1\nshow: s\n" + text + "scenes: {a: {shots: {b: {prompt: '{{ vars.club }}'}}}}\n"
    )
    assert "template-unresolved" in {problem.rule for problem in found}


def test_a_flag_on_a_line_of_its_own_is_pointed_at_and_mended(tmp_path: Path) -> None:
    snippet = "prompt: |\n  Medium shot, 50mm. A wet car\n  --ar 16:9, at night\n"
    found = the(tmp_path, "weights-or-flags", snippet)
    assert (found.place.line, found.place.column) == (17, 11) or found.place.column == 11
    assert found.fix is not None
    assert "  A wet car\n" not in mended(whole_list(snippet), found.fix.edits)
    assert "--ar" not in mended(whole_list(snippet), found.fix.edits)


def test_one_render_serves_two_shots_that_ask_for_the_same(tmp_path: Path) -> None:
    shots = "sh010: {subject: a key, action: lies there}\nsh020: {subject: a key, action: lies there}\n"
    found = the(tmp_path, "duplicate-request", shots)
    assert found.address == "sc010/sh020"
    assert "sc010/sh010" in found.message


def test_a_prompt_near_the_limit_is_a_warning(tmp_path: Path) -> None:
    found = the(tmp_path, "prompt-too-long", "prompt: Medium shot, 50mm. " + "incomprehensibilities " * 104 + "\n")
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize("sign", ["“", "--a ", "(", "{", "' "])
def test_a_text_of_nothing_but_signs_brings_no_edit_for_each(tmp_path: Path, sign: str) -> None:
    found = checked(tmp_path, whole_list(f"prompt: {json.dumps((sign * 2_000)[:2_000], ensure_ascii=False)}\n"))
    assert all(len(problem.fix.edits) <= 200 for problem in found if problem.fix)
