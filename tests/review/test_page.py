"""The questions a page asks of its values."""

from __future__ import annotations

from dataclasses import replace

from shotpilot_pipeline.review.page import ReportShot, ReportStage, ReportTake, heroes, states_of, totals
from shotpilot_pipeline.values.money import Money
from tests.review.made_up_page import STAGES, Studio


def test_the_hero_is_the_pick_of_the_furthest_stage_that_has_pictures(studio: Studio) -> None:
    shot = studio.shot("sc010", 1)
    (hero,) = heroes(shot, STAGES)
    assert (hero[0].stage, hero[1].number) == ("final", 1)
    without_final = replace(shot, stages=(*shot.stages[:2], replace(shot.stages[2], takes=(), state="waiting")))
    assert heroes(without_final, STAGES)[0][0].stage == "refine"


def test_without_a_pick_the_newest_version_stands_for_the_shot(studio: Studio) -> None:
    stage = studio.stage("sc010/sh010", "iterate", picked=0)
    newer = replace(stage.takes[0], version=2, number=1)
    shot = ReportShot("sh010", (replace(stage, takes=(*stage.takes, newer)),))
    assert heroes(shot, STAGES) == ((shot.stages[0], newer),)


def test_variants_that_go_their_own_way_are_all_heroes(studio: Studio) -> None:
    stages = tuple(replace(studio.stage("sc010/sh010", "final"), variant=name) for name in ("dusk", "neon"))
    assert [stage.variant for stage, _ in heroes(ReportShot("sh010", stages), STAGES)] == ["dusk", "neon"]


def test_a_shot_without_pictures_has_no_hero() -> None:
    empty = ReportTake(1, 1, (), Money.usd("0.028"))
    assert heroes(ReportShot("sh010", ()), STAGES) == ()
    assert heroes(ReportShot("sh010", (ReportStage("iterate", "a/b@iterate", takes=(empty,)),)), STAGES) == ()


def test_states_say_what_is_picked_and_what_is_undecided(studio: Studio) -> None:
    decided = studio.stage("sc010/sh010", "iterate", picked=2)
    open_one = studio.stage("sc010/sh010", "refine", picked=0)
    waiting = ReportStage("final", "sc010/sh010@final", state="waiting")
    shot = ReportShot("sh010", (decided, open_one, waiting), state="held")
    assert states_of(shot) == ("held", "picked", "undecided", "waiting")


def test_totals_add_up_to_the_cent(studio: Studio) -> None:
    page = studio.page(12)
    found = totals(page)
    assert (found.scenes, found.shots, found.takes, found.pictures, found.picked) == (3, 12, 84, 84, 36)
    assert str(found.price) == "2.688"  # 12 x (4 x 0.028 + 2 x 0.028 + 0.056)
    assert found.unpriced == 0


def test_a_take_without_a_price_is_counted_not_guessed(studio: Studio) -> None:
    page = studio.page(1)
    stage = page.scenes[0].shots[0].stages[0]
    free = replace(stage, takes=tuple(replace(take, price=None) for take in stage.takes))
    shot = replace(page.scenes[0].shots[0], stages=(free,))
    found = totals(replace(page, scenes=(replace(page.scenes[0], shots=(shot,)),)))
    assert (found.unpriced, str(found.price)) == (4, "0.00")
