"""The example of DESIGN section 3, compiled: what it says of prompts, stages, variants, series and references."""

from __future__ import annotations

import pytest

from tests.shotlist.compiling import Result, compiled, draw

EXAMPLE = """\
shotlist: 1
show: midnight-syndicate
title: Midnight Syndicate
vars:
  city: Port Vale
cast:
  vera:
    name: Vera Kane
    frontal: refs/vera_front.jpg
    references: [refs/vera_left.jpg]
    wardrobe: black evening gown, pearl earrings
images:
  grade: {file: refs/teal_orange.jpg, role: palette}
looks:
  noir: black and white, hard shadows, Ilford HP5 grain
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 4, pick: human}
  refine:  {model: [kling-v3, kling-o3], resolution: 2K, takes: 2, carry: image, pick: human}
  final:   {model: kling-o3, resolution: 4K, takes: 1, carry: image, pick: first}
defaults:
  aspect_ratio: 21:9
  output_format: png
  look: noir
scenes:
  sc010:
    place: rain-slick alley behind the club in {{ vars.city }}
    int_ext: EXT
    time: NIGHT
    shots:
      sh010:
        size: WS
        lens: 35mm, f/2
        subject: "@vera in @vera.wardrobe"
        action: steps out of the doorway, collar up
        light: single sodium lamp, wet reflections
        mood: tense
        motion: slow push-in as she looks back
        duration: 4
        tags: [hero]
      sh020:
        size: CU
        subject: "@vera"
        action: reading a letter
        vary:
          axes:
            light: {dusk: last blue light, neon: red neon spill}
            lens: {l50: 50mm, l85: 85mm}
          combine: light * lens
          skip: [{light: dusk, lens: l85}]
          variants: choose
        stages:
          iterate: {takes: 6}
          final: skip
      sh030:
        model: kling-o3
        images:
          plate: {pick: sc010/sh010@iterate}
        prompt: |
          Keep the composition of @plate, graded like @grade.
      sh040:
        model: kling-o3
        series:
          lead: Cinematic storyboard, 35mm look.
          panels:
            - Wide shot, empty courtroom, morning light.
            - "@vera stands at the defense table."
            - Close-up, the judge's gavel mid-strike.
        stages:
          final: {panels: each}
      sh050: {omit: true}
budget: {show: 250.00, run: 40.00, shot: 4.00, stages: {final: 60.00}}
moved: [{from: sc010/sh015, to: sc010/sh020}]
"""
SH010 = (
    "Wide shot, 35mm, f/2. @Element1 in black evening gown, pearl earrings steps out of the doorway, collar up. "
    "rain-slick alley behind the club in Port Vale, exterior, night. single sodium lamp, wet reflections, tense. "
    "black and white, hard shadows, Ilford HP5 grain."
)
KEEP_ONE = "Keep composition, framing and pose of @Image1. "


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("show")
    draw(folder / "refs/vera_front.jpg", colour=(90, 40, 40))
    draw(folder / "refs/vera_left.jpg", colour=(80, 40, 40))
    draw(folder / "refs/teal_orange.jpg", colour=(0, 120, 120))
    return compiled(folder, EXAMPLE)


def test_the_tasks_come_in_list_order_and_stages_in_order_within_a_shot(example: Result) -> None:
    assert example.addresses == [
        *("sc010/sh010@iterate", "sc010/sh010@refine", "sc010/sh010@final"),
        *("sc010/sh020.dusk.l50@iterate", "sc010/sh020.neon.l50@iterate", "sc010/sh020.neon.l85@iterate"),
        "sc010/sh020@refine",
        *("sc010/sh030@iterate", "sc010/sh030@refine", "sc010/sh030@final"),
        *("sc010/sh040@iterate", "sc010/sh040@refine"),
        *("sc010/sh040.p01@final", "sc010/sh040.p02@final", "sc010/sh040.p03@final"),
        *("sc010/sh050@iterate", "sc010/sh050@refine", "sc010/sh050@final"),
    ]


def test_sh010_fills_letter_for_letter(example: Result) -> None:
    assert example.prompt("sc010/sh010@iterate") == SH010


def test_the_carried_pick_is_the_reference_image_on_v3_and_image1_on_o3(example: Result) -> None:
    refine, final = example.wire("sc010/sh010@refine"), example.wire("sc010/sh010@final")
    assert refine["prompt"] == f"Keep composition, framing and pose of the reference image. {SH010}"
    assert refine["image_url"] == "\0pick:sc010/sh010@iterate"
    assert final["prompt"] == KEEP_ONE + SH010
    assert final["image_urls"] == ["\0pick:sc010/sh010@refine"]


def test_the_cast_goes_along_at_every_stage(example: Result) -> None:
    elements = [example.wire(f"sc010/sh010@{stage}")["elements"] for stage in ("iterate", "refine", "final")]
    assert elements[0] == elements[1] == elements[2]
    assert [sorted(element) for element in elements[0]] == [["frontal_image_url", "reference_image_urls"]]


def test_endpoints_follow_from_the_pictures_and_the_price_from_the_resolution(example: Result) -> None:
    first, second, third = (example.task(f"sc010/sh010@{stage}") for stage in ("iterate", "refine", "final"))
    assert [task.endpoint.removeprefix("fal-ai/kling-image/") for task in (first, second, third)] == [
        *("v3/text-to-image", "v3/image-to-image", "o3/image-to-image")
    ]
    assert [task.picture_price for task in (first, second, third)] == [28_000_000, 28_000_000, 56_000_000]
    assert second.notes == ("kling-v3, the first of the models named",)


def test_each_stage_waits_for_the_one_before(example: Result) -> None:
    assert example.task("sc010/sh010@iterate").gates == ()
    assert example.task("sc010/sh010@refine").gates == ("sc010/sh010@iterate",)
    assert example.task("sc010/sh010@final").gates == ("sc010/sh010@refine",)
    assert [bool(example.task(f"sc010/sh010@{stage}").keys[0]) for stage in ("iterate", "refine", "final")] == [
        *(True, False, False)
    ]


def test_variants_to_choose_among_join_in_the_shots_own_next_stage(example: Result) -> None:
    task = example.task("sc010/sh020@refine")
    assert task.gates == tuple(f"sc010/sh020.{variant}@iterate" for variant in ("dusk.l50", "neon.l50", "neon.l85"))
    assert [example.wire(task.address, place)["image_url"] for place in range(3)] == [
        f"\0pick:{gate}" for gate in task.gates
    ]
    assert "85mm" in example.prompt(task.address, 2)
    assert "red neon spill" in example.prompt(task.address, 1)
    assert example.task("sc010/sh020.dusk.l50@iterate").takes == 6
    assert task.takes == 2


def test_a_full_prompt_is_sent_alone(example: Result) -> None:
    assert example.prompt("sc010/sh030@iterate") == "Keep the composition of @Image1, graded like @Image2."


def test_another_shots_pick_is_an_edge_and_an_image_numbered_after_the_carried_one(example: Result) -> None:
    first, later = example.wire("sc010/sh030@iterate"), example.wire("sc010/sh030@final")
    assert first["image_urls"][0] == "\0pick:sc010/sh010@iterate"
    assert example.task("sc010/sh030@iterate").needs == ("sc010/sh010@iterate",)
    assert later["image_urls"][:2] == ["\0pick:sc010/sh030@refine", "\0pick:sc010/sh010@iterate"]
    assert later["prompt"] == KEEP_ONE + "Keep the composition of @Image2, graded like @Image3."


def test_a_series_is_joined_exactly_and_carries_all_its_panels(example: Result) -> None:
    said = (
        "Cinematic storyboard, 35mm look. Panel 1: Wide shot, empty courtroom, morning light. "
        "Panel 2: @Element1 stands at the defense table. Panel 3: Close-up, the judge's gavel mid-strike."
    )
    first, second = example.wire("sc010/sh040@iterate"), example.wire("sc010/sh040@refine")
    assert first["prompt"] == said
    assert (first["result_type"], first["series_amount"]) == ("series", 3)
    assert second["image_urls"] == [f"\0pick:sc010/sh040@iterate/p0{panel}" for panel in (1, 2, 3)]
    assert second["series_amount"] == 3
    assert second["prompt"] == f"Keep composition, framing and pose of @Image1, @Image2 and @Image3. {said}"
    assert (example.task("sc010/sh040@iterate").takes, example.task("sc010/sh040@iterate").panels) == (4, 3)


def test_panels_each_go_on_as_tasks_of_their_own(example: Result) -> None:
    second = example.wire("sc010/sh040.p02@final")
    assert second["prompt"] == KEEP_ONE + "Cinematic storyboard, 35mm look. @Element1 stands at the defense table."
    assert second["image_urls"] == ["\0pick:sc010/sh040@refine/p02"]
    assert second["result_type"] == "single"
    assert "series_amount" not in second
    assert "elements" not in example.wire("sc010/sh040.p03@final")
    assert example.task("sc010/sh040.p02@final").panels == 1


def test_an_omitted_shot_keeps_its_number_and_asks_for_nothing(example: Result) -> None:
    task = example.task("sc010/sh050@iterate")
    assert (task.state, task.endpoint, task.forms, task.keys) == ("omit", "", (), ())


def test_the_list_says_what_plans_and_reports_need(example: Result) -> None:
    found = example.list
    assert (found.show, found.title, found.stages) == (
        *("midnight-syndicate", "Midnight Syndicate"),
        ("iterate", "refine", "final"),
    )
    assert found.cast == {"vera": "Vera Kane"}
    assert sorted(found.sources.values()) == ["refs/teal_orange.jpg", "refs/vera_front.jpg", "refs/vera_left.jpg"]
    assert found.budget == {
        "show": 250 * 10**9,
        "run": 40 * 10**9,
        "shot": 4 * 10**9,
        "stage:final": 60 * 10**9,
    }
    assert found.moved == (("sc010/sh015", "sc010/sh020"),)
    scene = found.scenes[0]
    assert scene.heading == "EXT. rain-slick alley behind the club in Port Vale - NIGHT"
    assert dict(scene.shots[0].words) == {
        "size": "Wide shot",
        "lens": "35mm, f/2",
        "mood": "tense",
        "look": "noir",
        "subject": "Vera Kane in black evening gown, pearl earrings",
        "int_ext": "exterior",
        "time": "night",
        "action": "steps out of the doorway, collar up",
        "light": "single sodium lamp, wet reflections",
        "place": "rain-slick alley behind the club in Port Vale",
        "motion": "slow push-in as she looks back",
        "duration": "4",
    }
    assert [name for name, _ in scene.shots[0].words][:4] == ["size", "lens", "subject", "action"]
    assert dict(scene.shots[1].words)["light"] == "last blue light / red neon spill"
    assert scene.shots[4].state == "omit"
    assert example.task("sc010/sh010@iterate").tags == ("hero",)
    assert example.task("sc010/sh010@iterate").cast == ("vera",)


def test_motion_never_reaches_a_prompt(example: Result) -> None:
    assert all("push-in" not in form for task in example.list.tasks for form in task.forms)
