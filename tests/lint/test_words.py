"""Rules on words: what they catch, and what real prompts hold that they must leave alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lint.linting import rules, the

OFTEN = {"text-on-v3", "slot-order", "size-conflict", "slot-shot-size", "slot-lens"}  # not what is asked here


def prompt_rules(folder: Path, prompt: str, more: str = "") -> set[str]:
    """What is said of a full prompt, besides the framework."""
    return set(rules(folder, f"prompt: {json.dumps(prompt)}\n{more}")) - OFTEN


@pytest.mark.parametrize(
    "prompt",
    [
        "the same barista behind the counter",
        "The same outfit, now wet",
        "a man in a coat, as before",
        "the room from the previous shot",
        "She opens the door",
        "Then a dog runs in",
        "a woman, still wearing the scarf",
        "the lamp is lit again.",
    ],
)
def test_words_that_lean_on_another_picture(tmp_path: Path, prompt: str) -> None:
    assert prompt_rules(tmp_path, prompt) == {"memory-words"}


@pytest.mark.parametrize(
    "prompt",
    [
        "two coats of the same colour",
        "a clock and a mirror of the same size, at the same time lit from below",
        "a banner with the text 'The same old story'",
        "waves rolling in again and again against the pier",
        "She-wolf in a forest",
        "a still life with pears",
        "Theodore's desk by a window",
        "a bird seen before a storm",
    ],
)
def test_words_that_lean_on_nothing(tmp_path: Path, prompt: str) -> None:
    assert "memory-words" not in prompt_rules(tmp_path, prompt)


def test_the_panels_of_one_series_know_each_other(tmp_path: Path) -> None:
    panels = (
        'series: {panels: ["Wide shot, a woman at a bar.", "Close-up, the same woman, laughing."]}\nmodel: kling-o3'
    )
    assert rules(tmp_path, panels) == []


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("a street with no people", True),
        ("a table without plates", True),
        ("a door that never closes", True),
        ("a sign that reads 'NO SMOKING' on a wall", False),
        ("a wall with the words “do not enter”", False),
        ("house no 5 on a hill", False),
        ("not only roses but tulips", False),
        ("a nobleman in a notebook shop", False),
    ],
)
def test_negation(tmp_path: Path, prompt: str, told: bool) -> None:
    assert ("negation-in-prompt" in prompt_rules(tmp_path, prompt)) is told


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("a corridor, dolly in on the door", True),
        ("the camera slowly pans across a harbour", True),
        ("tracking shot of a runner", True),
        ("slow zoom in on a clock", True),
        ("a frying pan on a stove", False),
        ("a child with a dolly", False),
        ("a crane on a building site, a truck beside it", False),
        ("a photographer with a zoom lens", False),
        ("a man pushing in the crowd", False),
        ("a tram on its tracks, long exposure", False),
    ],
)
def test_camera_moves(tmp_path: Path, prompt: str, told: bool) -> None:
    assert ("camera-move-in-still" in prompt_rules(tmp_path, prompt)) is told


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("use a pose map for the dancer", True),
        ("only change the sky", True),
        ("inpaint the left window", True),
        ("a carnival mask on a chair", False),
        ("a deep valley with depth and haze", False),
        ("a controlled fire", False),
        ("shop window with a change of clothes", False),
    ],
)
def test_control_that_there_is_not(tmp_path: Path, prompt: str, told: bool) -> None:
    assert ("unsupported-control" in prompt_rules(tmp_path, prompt)) is told


@pytest.mark.parametrize(
    ("slots", "told"),
    [
        ("time: DAY\naction: shines in the moonlight", True),
        ("time: NIGHT\naction: in bright sunlight", True),
        ("time: NIGHT\naction: under a neon sign", False),
        ("time: DUSK\naction: in the last sunlight", False),
        ("int_ext: INT\naction: stands under the open sky", True),
        ("int_ext: INT\naction: blue sky through the window", False),
        ("time: NIGHT\naction: before a poster that says 'SUNSHINE'\nmodel: kling-o3", False),
    ],
)
def test_words_against_the_heading(tmp_path: Path, slots: str, told: bool) -> None:
    assert ("tod-intext-conflict" in rules(tmp_path, f"subject: a singer\n{slots}\n")) is told


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("Medium shot of a singer, 35mm film grain, on an 85mm lens", False),
        ("Medium shot, 50mm. A singer, shot at 85mm", True),
        ("Close-up, 24mm. A singer at the bar", True),
        ("Wide shot, 24mm. A singer at the bar", False),
        ("Medium shot, 35mm look. A singer at the bar, 50mm", False),
    ],
)
def test_two_lenses(tmp_path: Path, prompt: str, told: bool) -> None:
    assert ("lens-conflict" in set(rules(tmp_path, f"size: null\nlens: null\nprompt: {json.dumps(prompt)}\n"))) is told


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("Wide shot of a square, close-up of a face", True),
        ("Medium close-up of a singer", False),
        ("Wide shot of a longshoreman, a long shot at the title", False),
        ("Close-up of a photograph that shows 'a wide shot'", False),
        ("Over-the-shoulder shot, a wide view of the harbour", False),
    ],
)
def test_two_sizes(tmp_path: Path, prompt: str, told: bool) -> None:
    assert ("size-conflict" in rules(tmp_path, f"prompt: {json.dumps(prompt)}\n")) is told


def test_a_size_said_for_all_shots_does_not_speak_against_a_full_prompt(tmp_path: Path) -> None:
    assert rules(tmp_path, "prompt: Wide shot, 35mm. A singer at the bar.\n") == []
    assert rules(tmp_path, "size: CU\nprompt: Wide shot, 35mm. A singer at the bar.\n") == ["size-conflict"]


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("a sign that says OPEN", True),
        ("a shirt reading Welcome home", True),
        ("a sign that says 'OPEN'", False),
        ('a sign saying "OPEN" above a door', False),
        ("a woman reading a letter under a sign", False),
        ("a text that reads like a letter", False),
    ],
)
def test_lettering_without_quotes(tmp_path: Path, prompt: str, told: bool) -> None:
    assert ("text-unquoted" in prompt_rules(tmp_path, prompt, "model: kling-o3\n")) is told


def test_a_long_speech_is_not_lettering(tmp_path: Path) -> None:
    said = 'a man cries "we shall all of us be gone before the morning comes to this town"'
    assert prompt_rules(tmp_path, said) == set()


@pytest.mark.parametrize(
    ("word", "told"), [("stunning", True), ("8K", True), ("a stunningly red coat", False), ("a 48k gold ring", False)]
)
def test_praise(tmp_path: Path, word: str, told: bool) -> None:
    assert (
        "prestige-words" in rules(tmp_path, f"subject: a key\naction: lies there\nstyle: fine grain, {word}\n")
    ) is told


def test_two_words_of_praise_are_told_and_not_taken_out_by_themselves(tmp_path: Path) -> None:
    found = the(tmp_path, "prestige-words", "subject: a key\naction: lies there\nstyle: masterpiece, 8k, fine grain\n")
    assert found.fix is None


def test_what_many_shots_lack_is_said_once(tmp_path: Path) -> None:
    shots = "".join(f"sh0{n}0: {{subject: a key, action: lies on step {n}, lens: null}}\n" for n in range(1, 6))
    found = the(tmp_path, "slot-lens", shots)
    assert found.message == "5 of 5 shots: each names no lens (sc010/sh010, sc010/sh020, sc010/sh030, ...)"
    assert found.address == "sc010/sh010"


def test_words_of_a_template_that_is_not_filled_yet_are_left_alone(tmp_path: Path) -> None:
    stages = """\
stages:
  iterate: {model: kling-v3, takes: 1}
  final: {model: kling-v3, resolution: 2K, carry: image, prompt_wrap: "Hold the pose of @pick. {{ prompt }}"}
"""
    assert rules(tmp_path, stages) == []
