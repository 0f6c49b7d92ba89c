"""Settings: levels from outside in, axes above all, nulls that unset, and where a value came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.shotlist.compile import origins
from tests.shotlist.compiling import CAST, STAGES, catalog, compiled, read, show

TWO = "stages:\n  a: {model: kling-o3, resolution: 1K}\n  b: {model: kling-o3, resolution: 1K}\n"


def resolutions(folder: Path, shot: str, head: str = TWO, scene: str = "") -> list[str]:
    result = show(folder, shot, head=head, scene=scene)
    return [result.wire(task.address)["resolution"] for task in result.list.tasks]


@pytest.mark.parametrize(
    ("head", "scene", "shot", "found"),
    [
        ("", "", "", ["1K", "1K"]),
        ("defaults: {resolution: 2K}", "", "", ["2K", "2K"]),
        ("defaults: {resolution: 2K, stages: {b: {resolution: 4K}}}", "", "", ["2K", "4K"]),
        ("defaults: {stages: {b: {resolution: 4K}}}", "defaults: {resolution: 2K}", "", ["2K", "2K"]),
        ("", "defaults: {resolution: 2K, stages: {a: {resolution: 4K}}}", "", ["4K", "2K"]),
        ("", "stages: {a: {resolution: 4K}}", "", ["4K", "1K"]),
        ("", "defaults: {stages: {a: {resolution: 4K}}}", ", resolution: 2K", ["2K", "2K"]),
        ("", "defaults: {resolution: 4K}", ", resolution: 1K, stages: {b: {resolution: 2K}}", ["1K", "2K"]),
    ],
)
def test_the_inner_level_wins_and_within_a_level_its_stage(
    head: str, scene: str, shot: str, found: list[str], tmp_path: Path
) -> None:
    assert resolutions(tmp_path, f"sh010: {{prompt: a{shot}}}", TWO + head, scene) == found


def test_an_axis_named_like_a_key_sets_it_above_all(tmp_path: Path) -> None:
    shot = "sh010: {prompt: a, stages: {b: {resolution: 2K}}, vary: {axes: {resolution: {big: 4K}}, variants: all}}"
    assert resolutions(tmp_path, shot) == ["4K", "4K"]


def test_another_axis_is_only_seen_by_templates(tmp_path: Path) -> None:
    shot = 'sh010:\n  prompt: "coat: {{ axis.coat }}"\n  vary: {axes: {coat: {red: crimson wool}}}\n'
    assert show(tmp_path, shot).prompt("sc010/sh010.red@still") == "coat: crimson wool"


def test_axis_numbers_are_numbers(tmp_path: Path) -> None:
    result = show(tmp_path, 'sh010: {prompt: a, vary: {axes: {takes: {few: "2", many: "5"}}, variants: all}}')
    assert [task.takes for task in result.list.tasks] == [2, 5]


@pytest.mark.parametrize(
    ("axis", "says"),
    [
        ('takes: {few: "none"}', "takes is a number, not 'none'"),
        ("output_format: {x: gif}", "output_format is png or jpeg or webp, not 'gif'"),
        ("images: {x: plate}", "an axis cannot set images here"),
        ("pick: {x: human}", "an axis cannot set pick here"),
    ],
)
def test_an_axis_that_cannot_set_its_key_is_an_error(axis: str, says: str, tmp_path: Path) -> None:
    problem = show(tmp_path, f"sh010: {{prompt: a, vary: {{axes: {{{axis}}}}}}}").only_error()
    assert problem.message == says


def test_maps_merge_by_key_and_lists_replace(tmp_path: Path) -> None:
    head = CAST + "defaults:\n  images: {a: https://example.com/a.jpg, b: https://example.com/b.jpg}\n  tags: [x, y]\n"
    shot = 'sh010:\n  model: kling-o3\n  images: {b: https://example.com/c.jpg}\n  tags: [z]\n  prompt: "@a @b"\n'
    result = show(tmp_path, shot, head=head)
    assert result.wire("sc010/sh010@still")["image_urls"] == [
        "url:https://example.com/a.jpg",
        "url:https://example.com/c.jpg",
    ]
    assert result.list.tasks[0].tags == ("z",)


def test_a_plain_null_unsets(tmp_path: Path) -> None:
    head = "defaults: {mood: tense, stages: {still: {takes: 4}}}"
    result = show(tmp_path, "sh010: {subject: a cat, mood: null, takes: null}", head=head)
    assert result.prompt() == "a cat."
    assert result.list.tasks[0].takes == 1


def test_without_stages_there_is_one_still_and_its_model_follows_from_what_is_asked(tmp_path: Path) -> None:
    result = show(tmp_path, "sh010: {prompt: a}")
    task = result.list.tasks[0]
    assert (task.address, task.takes, task.pick) == ("sc010/sh010@still", 1, "first")
    assert task.endpoint == "fal-ai/kling-image/v3/text-to-image"
    assert result.wire(task.address) == {
        "prompt": "a",
        "resolution": "1K",
        "aspect_ratio": "16:9",
        "output_format": "png",
    }


@pytest.mark.parametrize(("takes", "picker"), [("takes: 1", "first"), ("takes: 2", "human"), ("mood: x", "first")])
def test_a_person_picks_where_there_are_several_takes(takes: str, picker: str, tmp_path: Path) -> None:
    result = show(tmp_path, f"sh010: {{prompt: a, {takes}}}", head="stages: {one: {model: kling-v3}}")
    assert result.list.tasks[0].pick == picker


def test_a_prompt_is_carried_unless_an_image_is_asked_for(tmp_path: Path) -> None:
    assert show(tmp_path, "sh010: {prompt: a}", head=TWO).list.tasks[1].carry == "prompt"


def test_a_warning_where_every_stage_is_overridden_at_once(tmp_path: Path) -> None:
    result = show(tmp_path, "sh010: {prompt: a, model: kling-o3, aspect_ratio: 1:1}", head=STAGES)
    assert [problem.rule for problem in result.problems] == ["overrides-every-stage"]
    assert "model here holds for every stage of shot sc010/sh010" in result.problems[0].message
    assert (result.problems[0].place.line, result.problems[0].address) == (11, "sc010/sh010")


@pytest.mark.parametrize(
    ("shot", "scene"),
    [("sh010: {prompt: a}", "defaults: {takes: 3}"), ("sh010: {prompt: a, vary: {axes: {resolution: {a: 1K}}}}", "")],
)
def test_the_same_warning_for_scenes_and_axes(shot: str, scene: str, tmp_path: Path) -> None:
    result = show(tmp_path, shot, head=STAGES.replace("4K", "2K"), scene=scene)
    assert [problem.rule for problem in result.warnings] == ["overrides-every-stage"]


def test_no_warning_for_what_the_stages_set_alike_or_for_one_stage(tmp_path: Path) -> None:
    assert show(tmp_path, "sh010: {prompt: a, model: kling-v3, resolution: 2K}", head=TWO).warnings == []
    assert show(tmp_path, "sh010: {prompt: a, stages: {final: {takes: 2}}}", head=STAGES).warnings == []


@pytest.mark.parametrize(
    ("scene", "shot"),
    [("", "stages: {finl: {takes: 2}}"), ("defaults: {stages: {finl: skip}}", ""), ("stages: {finl: skip}", "")],
)
def test_a_stage_that_is_not_there_is_an_error_with_a_hint(scene: str, shot: str, tmp_path: Path) -> None:
    problem = show(tmp_path, f"sh010: {{prompt: a, {shot}}}".replace(", }", "}"), head=STAGES, scene=scene).only_error()
    assert problem.message == "there is no stage 'finl'"
    assert "final" in problem.hint


def test_each_value_tells_where_it_was_written(tmp_path: Path) -> None:
    text = "\n".join(
        [
            "shotlist: 1",
            "show: noir",
            "stages: {a: {model: kling-v3, takes: 2}}",
            "defaults: {aspect_ratio: 21:9}",
            "scenes:",
            "  sc010:",
            "    place: a pier",
            "    shots:",
            "      sh010:",
            "        subject: a cat",
            "        images: {plate: https://example.com/p.jpg}",
            "",
        ]
    )
    source = read(tmp_path, text)
    found = {key: (value, place.line) for key, value, place in origins(source, catalog(), "sc010/sh010@a")}
    assert found == {
        "model": ("kling-v3", 3),
        "takes": ("2", 3),
        "aspect_ratio": ("21:9", 4),
        "place": ("a pier", 7),
        "subject": ("a cat", 10),
        "images.plate": ("https://example.com/p.jpg", 11),
        "output_format": ("png", 0),
        "resolution": ("1K", 0),
    }


@pytest.mark.parametrize("address", ["sc010/sh011@a", "sc020/sh010@a", "sc010/sh010@b"])
def test_origins_of_nothing_say_what_is_missing(address: str, tmp_path: Path) -> None:
    source = read(
        tmp_path,
        "shotlist: 1\nshow: a\nstages: {a: {model: kling-v3}}\nscenes: {sc010: {shots: {sh010: {prompt: a}}}}\n",
    )
    with pytest.raises(KeyError, match="there is no"):
        origins(source, catalog(), address)


def test_omit_and_hold_count_for_a_scene_until_a_shot_says_otherwise(tmp_path: Path) -> None:
    text = """\
shotlist: 1
show: noir
scenes:
  sc010: {hold: true, shots: {a: {prompt: a}, b: {prompt: b, hold: false}, c: {omit: true}}}
"""
    assert [task.state for task in compiled(tmp_path, text).list.tasks] == ["hold", "", "omit"]
