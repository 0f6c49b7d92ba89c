"""The chart of a plan: a box for each task, an arrow for each need; folded, a box for each scene at each stage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.plan.build import build_plan
from shotpilot_pipeline.plan.chart import PICTURE, STAGE, Arrow, Chart, chart_of, folded
from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.values.plan import Action
from tests.plan.filmset import Shelf, chain, task


def _chart(*tasks, shelf: Shelf | None = None, **how) -> Chart:
    return chart_of(tasks, build_plan(tasks, (shelf or Shelf()).known, **how))


def test_stages_and_pictures_are_told_apart() -> None:
    plate = task("sc010/sh030@iterate", needs=["sc010/sh010@iterate"])
    chart = _chart(*chain("sc010/sh010", stages=("iterate", "refine")), plate)
    assert chart.arrows == (
        Arrow("sc010/sh010@iterate", "sc010/sh010@refine", STAGE),
        Arrow("sc010/sh010@iterate", "sc010/sh030@iterate", PICTURE),
    )
    assert [box.action for box in chart.boxes] == [Action.NEW, Action.WAITING, Action.WAITING]


def test_what_is_not_selected_is_not_drawn() -> None:
    chart = _chart(*chain("sc010/sh010"), selected=frozenset({"sc010/sh010@refine"}))
    assert [box.id for box in chart.boxes] == ["sc010/sh010@refine"]
    assert chart.arrows == ()


def test_folded_a_scene_is_one_box_for_each_stage() -> None:
    first, second = chain("sc010/sh010"), chain("sc010/sh020")
    far = task("sc020/sh010@iterate", needs=["sc010/sh010@iterate"])
    shelf = Shelf()
    shelf.buy(first[0].keys[0], [1])
    chart = folded(_chart(*first, *second, far, shelf=shelf))
    assert [box.id for box in chart.boxes] == ["sc010@iterate", "sc010@refine", "sc010@final", "sc020@iterate"]
    assert dict(chart.boxes[0].counts) == {Action.CACHED: 1, Action.NEW: 1}
    assert chart.boxes[0].action is Action.NEW, "what is still to do is what a box shows"
    assert Arrow("sc010@iterate", "sc010@refine", STAGE, 2) in chart.arrows
    assert Arrow("sc010@iterate", "sc020@iterate", PICTURE, 1) in chart.arrows


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), unique=True, max_size=9))
def test_folding_loses_no_task_and_makes_no_arrow_into_itself(shots: list[tuple[int, int]]) -> None:
    tasks = [one for scene, shot in shots for one in chain(f"sc{scene}/sh{shot}")]
    chart = _chart(*tasks)
    small = folded(chart)
    assert sum(box.tasks for box in small.boxes) == len(chart.boxes) == len(tasks)
    assert all(arrow.start != arrow.end for arrow in small.arrows)
    assert sum(arrow.times for arrow in small.arrows) == sum(len(Index(tasks).needs_of(one)) for one in tasks)
