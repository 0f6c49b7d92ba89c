"""The plan: an action, a reason and a price for every task."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.plan.build import build_plan
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.rolls import free_numbers, rolls_needed, split_rolls
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import BUYS, Action, Plan, PlanLine
from shotpilot_pipeline.values.task import NO_PRICE, Task
from tests.plan.filmset import CENTS, Shelf, chain, task


def by_address(plan: Plan) -> dict[str, PlanLine]:
    return {line.address: line for line in plan.lines}


def line_of(tasks: list[Task], shelf: Shelf, address: str, **how: object) -> PlanLine:
    return by_address(build_plan(tasks, shelf.known, **how))[address]  # type: ignore[arg-type]


def test_the_workflow_of_the_guide_costs_what_the_guide_says() -> None:
    tasks = chain("s/a", iterate={"takes": 4, "pick": "human"}, refine={"pick": "human"}, final={"price": 2 * CENTS})
    plan = build_plan(tasks, Known())
    lines = by_address(plan)
    assert [line.action for line in plan.lines] == [Action.NEW, Action.WAITING, Action.WAITING]
    assert str(lines["s/a@iterate"].cost) == "0.112"
    assert lines["s/a@iterate"].reason == "new: nothing rendered yet"
    assert (lines["s/a@refine"].cost, lines["s/a@refine"].takes_new, lines["s/a@refine"].key) == (Money(0), 0, "")
    assert str(plan.totals.cost) == "0.112"
    assert str(plan.totals.cost_at_most) == "0.196"
    assert (plan.totals.images_new, plan.totals.rolls) == (4, 1)


def test_what_is_there_is_cached_and_what_is_missing_is_topped_up() -> None:
    one = task("s/a@iterate", takes=6, pick="human")
    shelf = Shelf()
    shelf.buy(one.keys[0], range(1, 5))
    line = line_of([one], shelf, one.address)
    assert (line.action, line.takes_have, line.takes_new) == (Action.TOP_UP, 4, 2)
    assert line.reason == "2 of 6 takes are missing"
    shelf.buy(one.keys[0], range(1, 9))
    line = line_of([one], shelf, one.address)
    assert (line.action, line.takes_have, line.takes_new, line.reason) == (Action.CACHED, 8, 0, "all 6 takes are there")
    assert build_plan([one], shelf.known).totals.images_cached == 6


def test_a_changed_request_names_the_version_it_had() -> None:
    one = task("s/a@iterate", prompt="new words", takes=4)
    shelf = Shelf()
    shelf.buy("0" * 64, range(1, 3), address=one.address)
    shelf.buy("1" * 64, range(1, 5), address=one.address)
    line = line_of([one], shelf, one.address)
    assert (line.action, line.takes_new) == (Action.CHANGED, 4)
    assert line.reason == "the request changed since v002 (4 takes)"


def test_a_key_that_returns_has_its_takes_back_for_nothing() -> None:
    one = task("s/a@iterate", prompt="old words")
    shelf = Shelf()
    shelf.buy(one.keys[0], [1], address=one.address)
    shelf.buy("1" * 64, [1], address=one.address)
    assert line_of([one], shelf, one.address).action is Action.CACHED


def test_what_has_a_valid_pick_is_not_topped_up_unless_it_is_named() -> None:
    one = task("s/a@iterate", takes=6, pick="human")
    shelf = Shelf()
    shelf.buy(one.keys[0], range(1, 5))
    shelf.pick(one.address, 2, one.keys[0])
    line = line_of([one], shelf, one.address)
    assert (line.action, line.takes_new) == (Action.CACHED, 0)
    assert line.reason == "take 2 is picked, so no more than 4 takes are wanted"
    assert line_of([one], shelf, one.address, named=frozenset({one.address})).takes_new == 2


def test_a_stale_pick_does_not_keep_takes_from_being_bought() -> None:
    one = task("s/a@iterate", takes=6, pick="human")
    shelf = Shelf()
    shelf.buy("0" * 64, [1])
    shelf.pick(one.address, 1, "0" * 64)
    shelf.buy(one.keys[0], range(1, 5))
    assert line_of([one], shelf, one.address).action is Action.TOP_UP


def test_a_picked_variant_ends_the_wish_for_more_of_the_others() -> None:
    variants = ["s/a.dusk@iterate", "s/a.neon@iterate", "s/a.dawn@iterate"]
    tasks = [*(task(address, takes=4, pick="human") for address in variants), task("s/a@refine", gates=variants)]
    shelf = Shelf()
    shelf.buy(tasks[0].keys[0], [1, 2])
    shelf.buy(tasks[1].keys[0], [1, 2, 3, 4])
    shelf.pick(variants[1], 3, tasks[1].keys[0])
    lines = by_address(build_plan(tasks, shelf.known))
    assert lines[variants[0]].action is Action.CACHED
    assert "s/a.neon@iterate#3 is picked" in lines[variants[0]].reason
    assert lines[variants[2]].action is Action.NEW  # nothing of it was ever rendered: somebody added it on purpose
    assert lines["s/a@refine"].action is Action.NEW


def test_two_shots_with_one_request_share_the_render() -> None:
    tasks = [task("s/a@iterate", prompt="x", takes=2), task("s/b@iterate", prompt="x", takes=2)]
    plan = build_plan(tasks, Known())
    assert plan.lines[1].reason == "the same picture as s/a@iterate: one render serves both"
    assert (plan.lines[1].takes_new, plan.lines[1].cost, plan.totals.images_new) == (0, Money(0), 2)
    more = build_plan([tasks[0], tasks[1]._replace(takes=3)], Known())
    assert [line.takes_new for line in more.lines] == [2, 1]


def test_held_and_omitted_buy_nothing() -> None:
    tasks = [*chain("s/a", state="hold"), *chain("s/b", state="omit")]
    shelf = Shelf()
    shelf.buy(tasks[0].keys[0], [1])
    plan = build_plan(tasks, shelf.known)
    assert [line.action for line in plan.lines] == [Action.HELD] * 3 + [Action.OMITTED] * 3
    assert plan.lines[0].reason == "held: it keeps 1 take and buys nothing"
    assert (plan.totals.images_new, plan.totals.images_cached) == (0, 1)
    assert plan.totals.cost_at_most == Money(0)


def test_what_needs_something_held_and_empty_is_blocked_by_name() -> None:
    tasks = [task("s/a@iterate", state="hold"), task("s/b@still", needs=["s/a@iterate"])]
    line = line_of(tasks, Shelf(), "s/b@still")
    assert line.action is Action.BLOCKED
    assert "s/a@iterate, which is held and has no take" in line.reason


def test_what_needs_something_omitted_is_blocked_by_name() -> None:
    tasks = [task("s/a@iterate", state="omit"), task("s/b@still", needs=["s/a@iterate"])]
    line = line_of(tasks, Shelf(), "s/b@still")
    assert line.action is Action.BLOCKED
    assert "s/a@iterate, which is omitted" in line.reason


def test_a_selected_task_whose_need_is_neither_bought_nor_selected_is_blocked_by_name() -> None:
    tasks = chain("s/a")
    chosen = frozenset({"s/a@refine", "s/a@final"})
    plan = build_plan(tasks, Known(), selected=chosen)
    assert [(line.address, line.action) for line in plan.lines] == [
        ("s/a@refine", Action.BLOCKED),
        ("s/a@final", Action.BLOCKED),
    ]
    assert "s/a@iterate, which is not rendered and not selected" in plan.lines[0].reason
    assert "s/a@refine, which is blocked itself" in plan.lines[1].reason
    shelf = Shelf()
    shelf.buy(tasks[0].keys[0], [1])
    lines = build_plan(tasks, shelf.known, selected=chosen).lines
    assert [line.action for line in lines] == [Action.NEW, Action.WAITING]


def test_a_pick_is_awaited_even_where_its_gate_is_not_selected() -> None:
    tasks = chain("s/a", iterate={"pick": "human", "takes": 2})
    shelf = Shelf()
    shelf.buy(tasks[0].keys[0], [1, 2])
    line = line_of(tasks, shelf, "s/a@refine", selected=frozenset({"s/a@refine"}))
    assert line.action is Action.WAITING


def bought_to_the_end(shelf: Shelf, tasks: list[Task]) -> None:
    """Buy stage after stage by the first rule, as a run would."""
    for _ in tasks:
        for line in build_plan(tasks, shelf.known).lines:
            if line.action in BUYS:
                shelf.buy(line.key, range(line.takes_have + 1, line.takes_wanted + 1), line.panels, line.address)


@pytest.mark.parametrize("carry", ["image", "prompt"])
@pytest.mark.parametrize("pick", ["first", "human"])
def test_an_earlier_stage_that_became_stale_is_listed_and_not_bought(carry: str, pick: str) -> None:
    shelf = Shelf()
    before = chain("s/a", carry=carry, iterate={"takes": 4, "prompt": "old"})
    bought_to_the_end(shelf, before)
    if pick == "human":
        shelf.pick("s/a@iterate", 1, before[0].keys[0])
    after = chain("s/a", carry=carry, iterate={"takes": 4, "prompt": "new", "pick": pick})
    plan = build_plan(after, shelf.known)
    assert [line.action for line in plan.lines] == [Action.BEHIND, Action.CACHED, Action.CACHED]
    assert "4 takes for $0.112" in plan.lines[0].reason
    assert (plan.totals.images_new, plan.totals.cost, plan.totals.cost_at_most) == (0, Money(0), Money(0))
    asked = build_plan(after, shelf.known, behind=True)
    assert asked.lines[0].action is Action.CHANGED
    assert asked.lines[0].takes_new == 4
    named = build_plan(after, shelf.known, named=frozenset({"s/a@iterate"}))
    assert named.lines[0].action is Action.CHANGED


def test_a_change_in_every_stage_is_no_stage_behind() -> None:
    shelf = Shelf()
    bought_to_the_end(shelf, chain("s/a", prompt="old"))
    plan = build_plan(chain("s/a", prompt="new"), shelf.known)
    assert [line.action for line in plan.lines] == [Action.CHANGED, Action.WAITING, Action.WAITING]


def test_behind_without_a_bought_next_stage_is_not_followed() -> None:
    """Only the last stage is bought: the middle one rests on what is behind, so it is behind as well."""
    shelf = Shelf()
    bought_to_the_end(shelf, chain("s/a", carry="prompt", iterate={"prompt": "old"}, refine={"prompt": "old"}))
    after = chain("s/a", carry="prompt", iterate={"prompt": "new"}, refine={"prompt": "new"})
    plan = build_plan(after, shelf.known)
    assert [line.action for line in plan.lines] == [Action.BEHIND, Action.BEHIND, Action.CACHED]
    assert plan.totals.cost_at_most == Money(0)


def test_a_stale_pick_is_shown_and_counted_at_most() -> None:
    shelf = Shelf()
    before = chain("s/a", prompt="old", iterate={"pick": "human", "takes": 2})
    shelf.buy(before[0].keys[0], [1, 2], address="s/a@iterate")
    shelf.pick("s/a@iterate", 2, before[0].keys[0])
    after = chain("s/a", prompt="new", iterate={"pick": "human", "takes": 2})
    shelf.buy(after[0].keys[0], [1, 2], address="s/a@iterate")
    plan = build_plan(after, shelf.known)
    assert [line.action for line in plan.lines] == [Action.CACHED, Action.STALE_PICK, Action.WAITING]
    assert plan.lines[0].notes == ("take 2 was picked, but it is not a take of the current version",)
    assert build_plan(before, shelf.known).lines[0].notes == ()
    assert plan.totals.cost == Money(0)
    assert str(plan.totals.cost_at_most) == "0.056"


def test_a_stale_pick_is_shown_where_a_rehearsal_goes_on_without_it() -> None:
    shelf = Shelf()
    shelf.buy("0" * 64, [1])
    shelf.pick("s/a@iterate", 1, "0" * 64)
    tasks = chain("s/a", iterate={"pick": "human"})
    shelf.buy(tasks[0].keys[0], [1])
    plan = build_plan(tasks, shelf.known, first_where_unpicked=True)
    assert [line.action for line in plan.lines] == [Action.CACHED, Action.NEW, Action.WAITING]
    assert "take 1 was picked" in plan.lines[0].notes[0]


def test_a_price_that_nobody_knows_is_counted_and_not_guessed() -> None:
    plan = build_plan([task("s/a@still", price=NO_PRICE), task("s/b@still")], Known())
    assert plan.lines[0].cost is None
    assert plan.totals.unpriced == 1
    assert str(plan.totals.cost) == "0.028"


def test_a_series_is_one_roll_a_take_and_its_panels_are_paid() -> None:
    plan = build_plan([task("s/a@still", panels=4, takes=2)], Known())
    assert (plan.lines[0].rolls, plan.totals.images_new, str(plan.totals.cost)) == (2, 8, "0.224")


def test_lines_stay_in_list_order_even_where_a_shot_refers_forward() -> None:
    tasks = [task("s/a@still", needs=["s/b@still"]), task("s/b@still")]
    plan = build_plan(tasks, Known())
    assert [line.address for line in plan.lines] == ["s/a@still", "s/b@still"]
    assert [line.action for line in plan.lines] == [Action.WAITING, Action.NEW]


@st.composite
def lists(draw: st.DrawFn) -> tuple[list[Task], Shelf]:
    """Shots of one to three stages, with variants, needs, shared requests, and some of it bought and picked."""
    shelf = Shelf()
    tasks: list[Task] = []
    for number in range(draw(st.integers(1, 4))):
        how = {
            "takes": draw(st.integers(1, 11)),
            "panels": draw(st.sampled_from([1, 1, 3])),
            "pick": draw(st.sampled_from(["human", "first"])),
            "state": draw(st.sampled_from(["", "", "", "hold", "omit"])),
            "carry": draw(st.sampled_from(["image", "prompt"])),
            "prompt": draw(st.sampled_from(["one", "two"])),
        }
        if how["state"] == "hold":  # a twin that is bought would fill it, and free what it blocks, only the next time
            how["prompt"] = f"held {number}"
        stages = draw(st.sampled_from([("iterate",), ("iterate", "refine"), ("iterate", "final")]))
        needs = (
            draw(st.lists(st.sampled_from([one.address for one in tasks]), unique=True, max_size=1)) if tasks else []
        )
        tasks += chain(f"s/sh{number}", stages=stages, **how, iterate={"needs": needs})
    for one in tasks:
        if one.keys and one.keys[0]:
            bought = draw(st.integers(0, one.takes))
            shelf.buy(one.keys[0], range(1, bought + 1), one.panels, one.address)
            if bought and draw(st.booleans()):
                shelf.pick(one.address, draw(st.integers(1, bought)), one.keys[0])
    return tasks, shelf


@given(lists(), st.booleans())
def test_sums_are_right_and_nothing_is_negative(listed: tuple[list[Task], Shelf], rehearsal: bool) -> None:
    tasks, shelf = listed
    plan = build_plan(tasks, shelf.known, first_where_unpicked=rehearsal)
    assert [line.address for line in plan.lines] == [one.address for one in tasks]
    for line, one in zip(plan.lines, tasks, strict=True):
        assert 0 <= line.takes_new <= max(0, line.takes_wanted - line.takes_have)
        assert line.takes_new == 0 or line.action in BUYS
        assert line.cost == Money(line.takes_new * line.panels * one.picture_price)
        assert line.cost_at_most is not None
        assert line.cost is not None
        assert line.cost_at_most >= line.cost
        assert line.rolls == rolls_needed(line.takes_new, line.panels)
        assert line.reason
        assert not line.reason.endswith(".")
    assert plan.totals.images_new == sum(line.takes_new * line.panels for line in plan.lines)
    assert plan.totals.cost == Money(sum(line.cost.nano for line in plan.lines if line.cost))
    assert sum(plan.totals.actions.values()) == len(tasks)


@given(lists())
def test_what_the_plan_buys_is_enough_and_the_last_plan_buys_nothing(listed: tuple[list[Task], Shelf]) -> None:
    tasks, shelf = listed
    spent = 0
    at_most = build_plan(tasks, shelf.known, first_where_unpicked=True).totals.cost_at_most
    for _ in tasks:  # no chain of needs is longer
        plan = build_plan(tasks, shelf.known, first_where_unpicked=True)
        spent += plan.totals.cost.nano
        for line in plan.lines:
            if line.takes_new:
                numbers = free_numbers(line.takes_new, shelf.takes.get(line.key, ()))
                shelf.buy(line.key, numbers, line.panels, line.address)
    last = build_plan(tasks, shelf.known, first_where_unpicked=True)
    assert last.totals.images_new == 0
    assert last.totals.cost_at_most == Money(0)
    assert spent <= at_most.nano
    assert {line.action for line in last.lines} <= {Action.CACHED, Action.HELD, Action.OMITTED, Action.BLOCKED}


@given(st.integers(0, 40), st.sets(st.integers(1, 30)), st.sampled_from([1, 4]))
def test_rolls_bring_exactly_the_missing_takes_in_as_few_as_possible(count: int, taken: set[int], panels: int) -> None:
    numbers = free_numbers(count, taken)
    assert len(numbers) == count
    assert not set(numbers) & taken
    rolls = split_rolls(numbers, panels)
    assert len(rolls) == rolls_needed(count, panels)
    assert [number for roll in rolls for number in roll] == list(numbers)
    assert all(1 <= len(roll) <= (1 if panels > 1 else 9) for roll in rolls)
