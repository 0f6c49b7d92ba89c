"""Rules on series, stages and the hand-off."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Place
from shotpilot_pipeline.lint.handoff import (
    Rewritten,
    Unpicked,
    motion_older_than_pick,
    no_hero,
    start_frame_unusable,
)
from shotpilot_pipeline.lint.manual import whole_list
from shotpilot_pipeline.lint.registry import Lists
from shotpilot_pipeline.values.lint import Clip, LintFilm, LintShot, Sent, Text
from tests.lint.linting import checked, rules, the

STAGES = """\
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 2}
  final: {model: kling-o3, resolution: 4K, carry: image}
"""


def one(shot: str) -> str:
    return STAGES + f"scenes: {{sc010: {{shots: {{sh010: {{subject: a key, action: lies there, {shot}}}}}}}}}\n"


@pytest.mark.parametrize(
    ("panels", "told"),
    [
        ('["Wide shot, an empty courtroom.", "The judge."]', ["series-panel-thin"]),
        ('["Wide shot, an empty courtroom.", "@vera turns."]', []),
        ('["Wide shot, an empty court.", "Wide shot, an empty court room."]', []),
        ('["A red car in the rain at night.", "A red car in rain at night."]', ["series-panel-twins"]),
    ],
)
def test_panels(tmp_path: Path, panels: str, told: list[str]) -> None:
    clothes = "x-wardrobe: gown\n"
    assert rules(tmp_path, f"{clothes}model: kling-o3\nseries: {{panels: {panels}}}\n") == told


def test_an_airplane_panel_is_no_panel(tmp_path: Path) -> None:
    assert rules(tmp_path, 'prompt: "Medium shot, 50mm. A control panel 2 metres wide, a panel of judges."\n') == []


def test_panels_in_a_prompt_are_numbered_anew(tmp_path: Path) -> None:
    prompt = "prompt: |\n  Panel 3: Wide shot, a road. Panel 1: Close-up, a wheel. Panel 2: Medium shot, a driver.\n"
    found = the(tmp_path, "series-panel-order", f"model: kling-o3\n{prompt}series: {{amount: 3}}\n")
    assert found.fix is not None
    assert [edit.text for edit in found.fix.edits] == ["Panel 1:", "Panel 2:", "Panel 3:"]


def test_4k_in_one_shot_alone(tmp_path: Path) -> None:
    assert rules(tmp_path, one("stages: {iterate: {model: kling-o3, resolution: 4K}}")) == ["4k-while-iterating"]
    assert rules(tmp_path, one("stages: {final: {resolution: 4K}}")) == []


def test_a_jpeg_to_try_out_is_no_fault(tmp_path: Path) -> None:
    assert rules(tmp_path, one("stages: {iterate: {output_format: jpeg}}")) == []
    assert rules(tmp_path, one("stages: {final: {output_format: jpeg}}")) == ["jpeg-for-comp"]
    assert rules(tmp_path, "subject: a key\naction: lies there\noutput_format: jpeg\n") == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("a vertical frame", True),
        ("shot in 9:16", True),
        ("a town square", False),
        ("a portrait on a wall", False),
        ("a clock at 16:09", False),
        ("widescreen", False),
        ("a letter to the Corinthians 4:5 on a page", True),
    ],
)
def test_words_on_the_format(tmp_path: Path, words: str, told: bool) -> None:
    snippet = f'subject: "a key, {words}"\naction: lies there\n'
    assert ("aspect-words" in rules(tmp_path, snippet)) is told


@pytest.mark.parametrize("aspect", ["0:0", "1:0", "²:³", "99999999:1", "wide", ":"])
def test_a_format_that_is_none_is_told_by_another_rule_alone(tmp_path: Path, aspect: str) -> None:
    snippet = f'subject: "a vertical frame"\naction: hangs there\nmotion: it falls\naspect_ratio: "{aspect}"\n'
    assert rules(tmp_path, snippet) == ["aspect-unsupported"]


def test_a_cap_for_each_shot_names_the_dearest(tmp_path: Path) -> None:
    text = """\
budget: {shot: 0.05, stages: {still: 0.05}}
scenes:
  sc010: {shots: {sh010: {subject: a key, action: lies there}, sh020: {subject: a lamp, action: burns, takes: 3}}}
"""
    found = checked(tmp_path, whole_list(text))
    assert [problem.rule for problem in found] == ["budget-over", "budget-over"]
    assert found[0].message == "sc010/sh020 costs $0.084 with all takes, $0.034 more than its cap of $0.05"
    assert found[1].message.startswith("stage still costs $0.112")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("duration: 16, motion: a hand comes", ["duration-range"]),
        ("duration: 16, motion: a hand comes, clip: {model: vidu}", []),
        ("duration: 1, motion: a hand comes, clip: {model: vidu}", []),
        ("duration: 99", ["duration-range"]),
        ("duration: 16, clip: {model: vidu}", []),
        ("clip: {parts: [{motion: a, duration: 8}, {motion: b, duration: 8}]}", ["multi-shot-limits"]),
        ("motion: a, clip: {parts: [{motion: b, duration: 8}]}", ["multi-shot-limits"]),
        ("motion: a, clip: {change: small}", []),
    ],
)
def test_clips(tmp_path: Path, more: str, told: list[str]) -> None:
    assert rules(tmp_path, one(more)) == told


def test_motion_that_only_moves(tmp_path: Path) -> None:
    for motion in ("slow push-in as she turns her head; rain crosses the lamp", "the key falls"):
        assert rules(tmp_path, one(f"motion: {motion!r}")) == []


def test_a_still_that_no_video_model_takes(tmp_path: Path) -> None:
    nowhere = Place("list.yaml", 3)
    text = Text("motion", "it falls", "it falls", nowhere, nowhere)
    clip = Clip(text, 5.0, nowhere, "", "", None, (), nowhere)
    sent = Sent("a/b@final", "final", "own", "text-to-image", False, "", "", "4K", "3:1", "png", 0, 1, 0, 0, 0, 0, 0)
    film = LintFilm("s", {}, (), (), (), {})

    def shot(aspect: str) -> LintShot:
        return LintShot(
            "a/b", nowhere, {}, (), (), False, False, (sent._replace(aspect=aspect),), frozenset(), frozenset(), (),
            frozenset(), clip, (), (), False, lambda _key, _stage: nowhere, film,
        )  # fmt: skip

    assert [finding.message for finding in start_frame_unusable(shot("3:1"), Lists())] == [
        "a clip is to be made from this shot, and 3:1 is outside what the video models take"
    ]
    assert list(start_frame_unusable(shot("21:9"), Lists())) == []


def test_takes_that_wait_for_a_pick() -> None:
    assert no_hero([]) == ()
    (found,) = no_hero([Unpicked("a/b@final", 2, Place("l", 1)), Unpicked("a/c@final", 1, Place("l", 9))])
    assert found.message.startswith("2 shots have takes at the last stage and no pick")
    assert found.address == "a/b@final"


def test_a_motion_that_was_written_for_another_take() -> None:
    assert motion_older_than_pick([]) == ()
    (found,) = motion_older_than_pick([Rewritten("a/b@final", 2, 3, Place("l", 5, 7))])
    assert found.message == "the motion was written for take 2, and take 3 is picked"
    assert (found.address, found.place) == ("a/b@final", Place("l", 5, 7))
