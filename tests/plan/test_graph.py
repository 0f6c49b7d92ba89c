"""Needs come first, list order holds otherwise, loops are drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.errors import BadFiles
from shotpilot_pipeline.plan.graph import Index, in_order, needed_by, reach, stage_order
from shotpilot_pipeline.values.task import Task
from tests.plan.filmset import chain, task


@st.composite
def graphs(draw: st.DrawFn) -> list[Task]:
    """Tasks without loops, in any list order: each needs some that stand earlier in a hidden order."""
    count = draw(st.integers(1, 12))
    names = [f"sc010/sh{number:03}@still" for number in range(count)]
    tasks = [
        task(name, needs=draw(st.lists(st.sampled_from(names[:place]), unique=True, max_size=3)) if place else ())
        for place, name in enumerate(names)
    ]
    return draw(st.permutations(tasks))


@given(graphs())
def test_needs_come_first_and_nothing_is_lost(tasks: list[Task]) -> None:
    order = [one.address for one in in_order(tasks)]
    assert sorted(order) == sorted(one.address for one in tasks)
    place = {address: number for number, address in enumerate(order)}
    assert all(place[need] < place[one.address] for one in tasks for need in one.needs)


@given(graphs())
def test_a_list_in_order_stays_as_it_is(tasks: list[Task]) -> None:
    order = in_order(tasks)
    assert in_order(order) == order


@given(graphs())
def test_tasks_without_needs_keep_their_list_order_among_those_nobody_needs(tasks: list[Task]) -> None:
    needed = {need for one in tasks for need in one.needs}
    free = [one.address for one in tasks if not one.needs and one.address not in needed]
    assert [one.address for one in in_order(tasks) if one.address in set(free)] == free


def test_loops_are_drawn_as_a_chain_with_their_places() -> None:
    tasks = [
        task("s/a@still", needs=["s/b@still"], place="list.yaml:4"),
        task("s/b@still", needs=["s/c@still"], place="list.yaml:9"),
        task("s/c@still", needs=["s/a@still"], place="more.yaml:2"),
        task("s/d@still"),
        task("s/e@still", needs=["s/e@still"], place="list.yaml:20"),
    ]
    with pytest.raises(BadFiles) as failed:
        in_order(tasks)
    first, second = failed.value.problems
    assert "s/a@still -> s/b@still -> s/c@still -> s/a@still" in first.message
    assert str(first.place) == "list.yaml:4:1"
    assert [str(step.place) for step in first.chain] == ["list.yaml:9:1", "more.yaml:2:1"]
    assert second.message == "s/e@still needs its own picked take"


def test_a_very_long_chain_is_no_deeper_than_any_other() -> None:
    names = [f"s/sh{number}@still" for number in range(20_000)]
    tasks = [task(name, needs=[names[place + 1]] if place + 1 < len(names) else ()) for place, name in enumerate(names)]
    assert [one.address for one in in_order(tasks)] == names[::-1]


def test_a_name_stands_for_all_its_variants() -> None:
    tasks = [
        task("s/a.dusk.l50@iterate"),
        task("s/a.dusk.l85@iterate"),
        task("s/a.neon.l50@iterate"),
        task("s/b@still", needs=["s/a@iterate"]),
    ]
    index = Index(tasks)
    assert index.members("s/a@iterate") == tuple(one.address for one in tasks[:3])
    assert index.members("s/a.dusk@iterate") == ("s/a.dusk.l50@iterate", "s/a.dusk.l85@iterate")
    assert index.members("s/b@still") == ("s/b@still",)
    assert index.members("s/nobody@still") == ()
    assert index.needs_of(tasks[3]) == tuple(one.address for one in tasks[:3])


def test_one_panel_of_a_shot_whose_panels_are_tasks_is_that_task() -> None:
    tasks = [task("s/a.p01@final"), task("s/a.p02@final"), task("s/b@still", needs=["s/a@final/p02"])]
    index = Index(tasks)
    assert index.picture("s/a@final", 2) == (("s/a.p02@final",), 0)
    assert index.needs_of(tasks[2]) == ("s/a.p02@final",)
    assert Index([task("s/a@final", panels=4)]).picture("s/a@final", 2) == (("s/a@final",), 2)


def test_stages_are_ordered_by_what_feeds_them_even_when_a_shot_skips_one() -> None:
    tasks = chain("s/a", stages=("iterate", "final")) + chain("s/b")
    assert stage_order(tasks) == ("iterate", "refine", "final")


def test_reach_goes_all_the_way_in_both_directions() -> None:
    needs = {"c": ["b"], "b": ["a"], "a": [], "d": ["a"]}
    assert reach(["c"], needs) == {"a", "b", "c"}
    assert reach(["a"], needed_by(needs)) == {"a", "b", "c", "d"}
