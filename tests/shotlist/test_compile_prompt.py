"""Prompts: slots joined in the guide's order, full prompts, templates of the whole, wraps, looks, white space."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.shotlist.words import SIZES, heading, in_words
from tests.shotlist.compiling import STAGES, show


@pytest.mark.parametrize(
    ("slots", "prompt"),
    [
        ("size: CU, angle: low angle, lens: 50mm", "Close-up, low angle, 50mm."),
        ("subject: a cat, action: sleeps", "a cat sleeps."),
        ("action: rain falls", "rain falls."),
        ("place: a pier, int_ext: EXT, time: NIGHT", "a pier, exterior, night."),
        ("int_ext: INT, time: late afternoon", "interior, late afternoon."),
        ("int_ext: INT/EXT", "interior and exterior."),
        ("light: neon, mood: tense, style: oil painting", "neon, tense. oil painting."),
        ("size: WS., subject: a cat., light: neon.", "Wide shot. a cat. neon."),
        ("subject: who knows..., light: neon", "who knows... neon."),
        ("subject: a cat, mood: tense...", "a cat. tense..."),
        ("subject: a cat, mood: tense\u2026, style: oil", "a cat. tense\u2026 oil."),
        ("mood: tense..., light: neon", "neon, tense..."),
        ("subject: a cat, style: Really?", "a cat. Really?"),
        ("subject: Stop!, place: a pier", "Stop! a pier."),
        (
            "size: EWS, subject: a cat, place: a pier, mood: calm, look: noir",
            "Extreme wide shot. a cat. a pier. calm. grain.",
        ),
        ("size: Two people, lens: 35mm", "Two people, 35mm."),
        ("look: [noir, wet], style: slow", "grain, wet streets, slow."),
    ],
)
def test_slots_join_in_the_guides_order(slots: str, prompt: str, tmp_path: Path) -> None:
    result = show(tmp_path, f"sh010: {{{slots}}}", head="looks: {noir: grain., wet: wet streets}")
    assert result.prompt() == prompt


@pytest.mark.parametrize(
    ("shot", "wardrobe", "prompt"),
    [
        ('subject: "@vera in @vera.wardrobe"', "red dress.", "@Element1 in red dress."),
        ('subject: "@vera in @vera.wardrobe", action: walks', "red dress.", "@Element1 in red dress walks."),
        ('subject: "@vera in @vera.wardrobe"', "what a dress!", "@Element1 in what a dress!"),
        ('subject: "@vera in @vera.wardrobe", light: neon', "red...", "@Element1 in red... neon."),
        ('prompt: "@vera wears @vera.wardrobe. She runs."', "red dress.", "@Element1 wears red dress. She runs."),
        ('prompt: "@vera wears @vera.wardrobe... She runs."', "a dress?", "@Element1 wears a dress?... She runs."),
    ],
)
def test_words_of_a_wardrobe_bring_no_second_full_stop(shot: str, wardrobe: str, prompt: str, tmp_path: Path) -> None:
    head = f"cast: {{vera: {{frontal: https://example.com/v.jpg, wardrobe: {wardrobe!r}}}}}"
    stages = "stages: {still: {model: kling-o3, pick: first}}"
    assert show(tmp_path, f"sh010: {{{shot}}}", head=f"{head}\n{stages}").prompt() == prompt


def test_every_abbreviation_is_spelled_out() -> None:
    assert (in_words("size", "WS"), in_words("size", "mcu"), in_words("size", "ECU.")) == (
        *("Wide shot", "Medium close-up"),
        "Extreme close-up",
    )
    assert {"EWS", "WS", "FS", "MWS", "MS", "MCU", "CU", "ECU", "INSERT", "OTS", "POV", "2S"} <= set(SIZES)
    assert in_words("size", "a long look at her hands") == "a long look at her hands"


def test_a_full_prompt_is_sent_alone(tmp_path: Path) -> None:
    result = show(
        tmp_path,
        "sh010: {prompt: only this, size: CU, mood: tense, look: noir}",
        head="looks: {noir: grain}\ndefaults: {style: oil}",
        scene="place: a pier",
    )
    assert result.prompt() == "only this"
    assert dict(result.list.scenes[0].shots[0].words)["size"] == "Close-up"


def test_a_template_replaces_the_join_and_sees_slots_and_prompt(tmp_path: Path) -> None:
    template = "{{ shot.size }} of {{ shot.subject }} | {{ prompt }}"
    shot = f'sh010:\n  subject: a cat\n  size: CU\n  prompt_template: "{template}"\n'
    assert show(tmp_path, shot).prompt() == "Close-up of a cat | Close-up. a cat."


def test_a_wrap_stands_around_what_the_shot_says_at_its_stage_alone(tmp_path: Path) -> None:
    head = (
        "stages:\n  a: {model: kling-v3}\n  b: {model: kling-o3, carry: image, "
        'prompt_wrap: "Same as @pick, cleaner. {{ prompt }} Sharp."}\n'
    )
    result = show(tmp_path, "sh010: {subject: a cat}", head=head)
    assert result.prompt("sc010/sh010@a") == "a cat."
    assert result.prompt("sc010/sh010@b") == "Same as @Image1, cleaner. a cat. Sharp."


def test_the_default_wrap_stands_only_where_a_picture_is_carried(tmp_path: Path) -> None:
    head = (
        "stages:\n  a: {model: kling-v3, carry: image}\n  b: {model: kling-v3}\n  c: {model: kling-o3, carry: image}\n"
    )
    result = show(tmp_path, "sh010: {prompt: a cat}", head=head)
    assert [result.prompt(f"sc010/sh010@{stage}") for stage in "abc"] == [
        *("a cat", "a cat"),
        "Keep composition, framing and pose of @Image1. a cat",
    ]


def test_what_a_wrap_is_put_around_is_not_read_as_a_template_again(tmp_path: Path) -> None:
    head = 'vars: {odd: "{{ 7 * 7 }}"}\nstages: {a: {model: kling-v3, prompt_wrap: "[{{ prompt }}]"}}'
    assert show(tmp_path, 'sh010: {prompt: "a {{ vars.odd }}"}', head=head).prompt("sc010/sh010@a") == "[a {{ 7 * 7 }}]"


def test_white_space_is_folded_so_reflowing_is_free(tmp_path: Path) -> None:
    first = show(tmp_path, "sh010:\n  prompt: |\n    one\n      two\n\n    three   four\n").list.tasks[0]
    second = show(tmp_path, 'sh010: {prompt: "one two three four"}').list.tasks[0]
    assert first.keys == second.keys


def test_a_look_that_is_not_defined_is_an_error_with_a_hint(tmp_path: Path) -> None:
    problem = show(tmp_path, "sh010: {subject: a cat, look: nior}", head="looks: {noir: grain}").only_error()
    assert problem.message == "there is no look 'nior'"
    assert problem.hint == 'did you mean "noir"?'
    assert (problem.place.line, problem.place.column) == (8, 37)


@pytest.mark.parametrize(
    "shot",
    [
        "sh010: {look: nior, prompt: only this}",
        "sh010: {look: [noir, nior], prompt: only this}",
        "sh010: {look: nior, series: {panels: [one, two]}}",
        "sh010: {prompt: only this, stages: {still: {look: nior}}}",
        "sh010: {prompt: only this, vary: {axes: {look: {a: noir, b: nior}}}}",
    ],
)
def test_a_look_that_is_not_defined_is_the_same_error_where_the_look_is_not_sent(tmp_path: Path, shot: str) -> None:
    problem = show(tmp_path, shot, head="looks: {noir: grain}").only_error()
    assert (problem.rule, problem.message) == ("unknown-look", "there is no look 'nior'")
    assert problem.hint == 'did you mean "noir"?'


def test_every_look_that_is_not_defined_is_told_at_once(tmp_path: Path) -> None:
    errors = show(tmp_path, "sh010: {subject: a cat, look: [nior, wte]}", head="looks: {noir: a, wet: b}").errors
    assert [error.message for error in errors] == ["there is no look 'nior'", "there is no look 'wte'"]


def test_a_shot_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    problem = show(tmp_path, "sh010: {motion: slow push-in}").only_error()
    assert (problem.rule, problem.address) == ("prompt-empty", "sc010/sh010")


def test_a_prompt_too_long_after_filling_says_by_how_much(tmp_path: Path) -> None:
    shot = f'sh010: {{prompt: "{"é" * 2490} {{{{ vars.more }}}}"}}'
    problem = show(tmp_path, shot, head="vars: {more: 0123456789A}").only_error()
    assert problem.rule == "prompt-too-long"
    assert "2502 characters" in problem.message
    assert "2500" in problem.message
    assert problem.hint == "shorten it by 2"
    assert show(tmp_path, shot, head="vars: {more: 012345678}").errors == []


def test_words_for_reports_are_filled_and_their_faults_are_told(tmp_path: Path) -> None:
    result = show(
        tmp_path, 'sh010: {subject: a cat, motion: "pan over {{ vars.town }}"}', head="vars: {city: Port Vale}"
    )
    assert result.only_error().message == "vars has no 'town'"
    good = show(tmp_path, 'sh010: {subject: a cat, motion: "pan over {{ vars.city }}"}', head="vars: {city: Port Vale}")
    assert dict(good.list.scenes[0].shots[0].words)["motion"] == "pan over Port Vale"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("a pier", "EXT", "NIGHT"), "EXT. a pier - NIGHT"),
        (("a pier", "", ""), "a pier"),
        (("", "INT", "DAY"), "INT. - DAY"),
        (("", "", ""), ""),
    ],
)
def test_a_heading_as_far_as_given(parts: tuple[str, str, str], text: str) -> None:
    assert heading(*parts) == text


def test_a_stage_can_change_the_words(tmp_path: Path) -> None:
    result = show(
        tmp_path,
        'sh010: {subject: "a cat at {{ stage }}", stages: {final: {light: neon}}}',
        head=STAGES.replace("carry: image", "carry: prompt"),
    )
    assert result.prompt("sc010/sh010@iterate") == "a cat at iterate."
    assert result.prompt("sc010/sh010@final") == "a cat at final. neon."
