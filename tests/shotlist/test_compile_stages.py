"""Stages, carried picks and series: what feeds what, and how many pictures each asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.plan.rules import RULES
from shotpilot_pipeline.values.task import CHOOSERS, HUMAN
from tests.shotlist.compiling import STAGES, show

O3 = STAGES.replace("kling-v3", "kling-o3")
PANELS = "series: {lead: Board., panels: [one, two, three]}"


def test_a_stage_after_a_skipped_one_is_fed_by_the_nearest_earlier_one(tmp_path: Path) -> None:
    result = show(tmp_path, "sh010: {prompt: a, stages: {refine: skip}}", head=STAGES)
    assert result.addresses == ["sc010/sh010@iterate", "sc010/sh010@final"]
    assert result.task("sc010/sh010@final").gates == ("sc010/sh010@iterate",)
    assert result.wire("sc010/sh010@final")["image_urls"] == ["\0pick:sc010/sh010@iterate"]


def test_the_first_stage_left_carries_nothing(tmp_path: Path) -> None:
    result = show(tmp_path, "sh010: {prompt: a, stages: {iterate: skip, refine: skip}}", head=STAGES)
    task = result.task("sc010/sh010@final")
    assert (task.gates, task.carry, task.endpoint) == ((), "", "fal-ai/kling-image/o3/text-to-image")
    assert result.prompt("sc010/sh010@final") == "a"


def test_an_inner_level_takes_a_skip_back(tmp_path: Path) -> None:
    head = STAGES + "defaults: {stages: {final: skip}}"
    assert len(show(tmp_path, "sh010: {prompt: a}", head=head).list.tasks) == 2
    assert len(show(tmp_path, "sh010: {prompt: a, stages: {final: {takes: 2}}}", head=head).list.tasks) == 3
    assert len(show(tmp_path, "sh010: {prompt: a, stages: {final: null}}", head=head).list.tasks) == 3


def test_a_carried_prompt_leaves_the_picks_bytes_out_of_the_key(tmp_path: Path) -> None:
    result = show(tmp_path, "sh010: {prompt: a}", head=STAGES.replace("carry: image", "carry: prompt"))
    refine = result.task("sc010/sh010@refine")
    assert refine.gates == ("sc010/sh010@iterate",)
    assert refine.keys[0]
    assert refine.endpoint == "fal-ai/kling-image/v3/text-to-image"


def test_takes_of_a_series_are_rolls(tmp_path: Path) -> None:
    task = show(tmp_path, f"sh010: {{{PANELS}, takes: 4, model: kling-o3}}").list.tasks[0]
    assert (task.takes, task.panels) == (4, 3)


def test_a_series_is_joined_with_nothing_added(tmp_path: Path) -> None:
    shot = f"sh010: {{{PANELS}, mood: tense, size: CU, model: kling-o3}}"
    result = show(tmp_path, shot, scene="place: a pier")
    assert result.prompt() == "Board. Panel 1: one Panel 2: two Panel 3: three"
    assert show(tmp_path, "sh010: {series: {panels: [a, b]}}").prompt() == "Panel 1: a Panel 2: b"


def test_panels_may_stand_in_the_prompt(tmp_path: Path) -> None:
    result = show(tmp_path, 'sh010: {prompt: "Lead. Panel 1: a. Panel 2: b.", series: {amount: 2}}')
    wire = result.wire("sc010/sh010@still")
    assert (wire["prompt"], wire["series_amount"]) == ("Lead. Panel 1: a. Panel 2: b.", 2)


def test_panels_in_the_prompt_can_go_on_one_by_one(tmp_path: Path) -> None:
    shot = 'sh010: {prompt: "Lead. Panel 1: a cat. Panel 2: b.", series: {amount: 2}, stages: {final: {panels: each}}}'
    result = show(tmp_path, shot, head=O3.replace("carry: image", "carry: prompt"))
    assert result.prompt("sc010/sh010.p01@final") == "Lead. a cat."
    assert result.task("sc010/sh010.p02@final").gates == ("sc010/sh010@refine",)


@pytest.mark.parametrize(
    ("shot", "rule"),
    [
        ("series: {panels: [a]}", "series-amount-range"),
        ("series: {panels: [a, b, c, d, e, f, g, h, i, j]}", "series-amount-range"),
        ("series: {panels: [a, b], amount: 3}", "series-panel-mismatch"),
        ("series: {panels: [a, b]}, prompt: c", "series-panel-mismatch"),
        ("series: {lead: a}", "series-amount-missing"),
        ("series: {amount: 3}", "series-amount-missing"),
        ('series: {amount: 3}, prompt: "Panel 1: a Panel 2: b"', "series-panel-mismatch"),
        ('series: {amount: 2}, prompt: "Panel 1: a Panel 3: b"', "series-panel-mismatch"),
        ("series: {amount: 2}, prompt: two views, panels: each", "series-no-panels"),
        ("series: {panels: [a, b]}, model: kling-v3", "series-unsupported"),
    ],
)
def test_a_series_that_cannot_be_is_an_error(shot: str, rule: str, tmp_path: Path) -> None:
    assert show(tmp_path, f"sh010: {{{shot}}}").only_error().rule == rule


def test_panels_stay_apart_once_they_are(tmp_path: Path) -> None:
    result = show(tmp_path, f"sh010: {{{PANELS}, stages: {{refine: {{panels: each}}}}}}", head=O3)
    assert result.addresses == [
        "sc010/sh010@iterate",
        *(f"sc010/sh010.p0{panel}@{stage}" for stage in ("refine", "final") for panel in (1, 2, 3)),
    ]
    assert result.wire("sc010/sh010.p02@refine")["image_urls"] == ["\0pick:sc010/sh010@iterate/p02"]
    final = result.task("sc010/sh010.p02@final")
    assert final.gates == ("sc010/sh010.p02@refine",)
    assert result.wire(final.address)["image_urls"] == ["\0pick:sc010/sh010.p02@refine"]


def test_variants_and_panels_go_together(tmp_path: Path) -> None:
    shot = (
        'sh010: {series: {lead: "In {{ axis.light }}.", panels: [one, two]}, '
        "vary: {axes: {light: {dusk: blue, neon: red}}}, stages: {refine: {panels: each}}}"
    )
    result = show(tmp_path, shot, head=O3)
    assert result.addresses[:4] == [
        *("sc010/sh010.dusk@iterate", "sc010/sh010.neon@iterate"),
        *("sc010/sh010.p01@refine", "sc010/sh010.p02@refine"),
    ]
    second = result.task("sc010/sh010.p02@refine")
    assert second.gates == ("sc010/sh010.dusk@iterate", "sc010/sh010.neon@iterate")
    assert result.wire(second.address, 1)["image_urls"] == ["\0pick:sc010/sh010.neon@iterate/p02"]
    assert result.prompt(second.address, 1).endswith("In red. two")


def test_a_hold_compiles_and_says_so(tmp_path: Path) -> None:
    task = show(tmp_path, "sh010: {prompt: a, hold: true}").list.tasks[0]
    assert (task.state, bool(task.keys[0])) == ("hold", True)


def test_an_omitted_shot_is_not_compiled(tmp_path: Path) -> None:
    result = show(tmp_path, 'sh010: {prompt: "@nobody", omit: true}')
    assert result.errors == []
    assert result.list.tasks[0].forms == ()


def test_tags_may_differ_by_stage(tmp_path: Path) -> None:
    result = show(tmp_path, "sh010: {prompt: a, tags: [x], stages: {final: {tags: [y]}}}", head=STAGES)
    assert [task.tags for task in result.list.tasks] == [("x",), ("x",), ("y",)]


@pytest.mark.parametrize(
    ("rule", "hint"), [("frist", 'did you mean "first"?'), ("Zufall", "write best-stars or first or human")]
)
def test_a_rule_that_nobody_knows_is_an_error_where_it_is_written(tmp_path: Path, rule: str, hint: str) -> None:
    head = STAGES.replace("takes: 2, carry: image, pick: human", f"takes: 2, carry: image, pick: {rule}")
    result = show(tmp_path, "sh010: {prompt: a}\nsh020: {prompt: b}", head=head)
    error = result.only_error()
    assert (error.message, error.hint) == (f"there is no rule {rule!r} to pick by", hint)
    assert (error.place.line, error.rule) == (5, "unknown-pick")


def test_the_planner_knows_every_rule_that_passes() -> None:
    assert {HUMAN, *RULES} == CHOOSERS
