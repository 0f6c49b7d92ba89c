"""The schedule: nothing starts before its needs, every task ends once, failures block what hangs on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.engine.schedule import Schedule, State
from shotpilot_pipeline.plan.build import build_plan
from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.resolve import Choices, Settled, Settlement, settle_task
from shotpilot_pipeline.values.outcome import BROKEN, Outcome, TaskEnd
from shotpilot_pipeline.values.task import Task
from tests.plan.filmset import Shelf, chain, task

STAGES = ("iterate", "refine", "final")


class Stand:
    """A schedule with a shelf behind it, on which ended tasks put their takes."""

    def __init__(self, tasks: list[Task], *, rehearsal: bool = True) -> None:
        self.shelf = Shelf()
        self.index = Index(tasks)
        self.choices = Choices(
            self.index, Known(takes_of=self.shelf.takes_of, picks=self.shelf.picks), first_where_unpicked=rehearsal
        )
        plan = build_plan(tasks, self.shelf.known, first_where_unpicked=rehearsal)
        self.choices.keys.update({line.address: line.key for line in plan.lines if line.key})
        self.schedule = Schedule(plan.lines, self.index, STAGES, self.settle)
        self.started: list[str] = []

    def settle(self, one: Task) -> Settlement:
        settled = settle_task(one, self.choices)
        if isinstance(settled, Settled):
            self.choices.keys[one.address] = settled.key
        return settled

    def start(self) -> str | None:
        address = self.schedule.next_ready()
        if address is not None:
            self.started.append(address)
        return address

    def end(self, address: str, outcome: Outcome = Outcome.RENDERED) -> None:
        one = self.index.tasks[address]
        if outcome is Outcome.RENDERED:
            self.shelf.buy(self.schedule.request(address)[1], range(1, one.takes + 1), one.panels)
        self.schedule.ended(TaskEnd(address, outcome, "so it went"))


@st.composite
def films(draw: st.DrawFn) -> list[Task]:
    """Chains of stages with pictures of other shots among their needs, some with the same request, in any order."""
    tasks: list[Task] = []
    for number in range(draw(st.integers(1, 6))):
        needs = (
            draw(st.lists(st.sampled_from([one.address for one in tasks]), unique=True, max_size=2)) if tasks else []
        )
        stages = STAGES[: draw(st.integers(1, 3))]
        state = draw(st.sampled_from(["", "", "", "", "hold", "omit"]))
        prompt = draw(st.sampled_from(["same", f"own {number}"]))
        carry = draw(st.sampled_from(["image", "prompt"]))
        tasks += chain(f"s/{number}", stages=stages, carry=carry, prompt=prompt, state=state, iterate={"needs": needs})
    return draw(st.permutations(tasks))


@given(films(), st.data())
def test_every_task_ends_once_and_nothing_starts_before_its_needs(tasks: list[Task], data: st.DataObject) -> None:
    stand = Stand(tasks)
    running: list[str] = []
    told: list[TaskEnd] = list(stand.schedule.new_ends())
    while True:
        address = stand.start() if data.draw(st.booleans()) or not running else None
        if address is not None:
            needs = stand.index.needs_of(stand.index.tasks[address])
            assert all(stand.schedule.state(need) is State.DONE for need in needs)
            keys = [stand.schedule.request(other)[1] for other in running]
            assert stand.schedule.request(address)[1] not in keys
            running.append(address)
        elif running:
            ended = running.pop(data.draw(st.integers(0, len(running) - 1)))
            stand.end(ended, data.draw(st.sampled_from([Outcome.RENDERED, Outcome.RENDERED, Outcome.FAILED])))
            told += stand.schedule.new_ends()
        else:
            break
    assert stand.schedule.over
    assert sorted(end.address for end in told) == sorted(one.address for one in tasks)
    assert [end.address for end in stand.schedule.ends] == [one.address for one in tasks]
    ends = {end.address: end.outcome for end in stand.schedule.ends}
    for one in tasks:
        if ends[one.address] is Outcome.RENDERED:
            assert all(ends[need] not in BROKEN for need in stand.index.needs_of(one))
        if ends[one.address] is Outcome.BLOCKED:
            assert stand.index.needs_of(one)


@given(films())
def test_without_trouble_everything_is_rendered_or_needs_something_held_or_omitted(tasks: list[Task]) -> None:
    stand = Stand(tasks)
    while (address := stand.start()) is not None:
        stand.end(address)
    ends = {end.address: end for end in stand.schedule.ends}
    assert len(ends) == len(tasks)
    for one in tasks:
        if ends[one.address].outcome is Outcome.BLOCKED:
            assert any(
                ends[need].outcome in (Outcome.HELD, Outcome.OMITTED, Outcome.BLOCKED)
                for need in stand.index.needs_of(one)
            )


def test_stages_go_first_then_list_order() -> None:
    stand = Stand([one for shot in "cab" for one in chain(f"s/{shot}")])
    while (address := stand.start()) is not None:
        stand.end(address)
    assert stand.started == [f"s/{shot}@{stage}" for stage in STAGES for shot in "cab"]


def test_a_task_ends_only_once_and_only_when_it_runs() -> None:
    stand = Stand([task("s/a@iterate")])
    with pytest.raises(ValueError, match="not running"):
        stand.end("s/a@iterate", Outcome.FAILED)
    assert stand.start() == "s/a@iterate"
    stand.end("s/a@iterate")
    with pytest.raises(ValueError, match="not running"):
        stand.end("s/a@iterate")


def test_a_person_is_waited_for_with_the_plans_words() -> None:
    stand = Stand(chain("s/a", iterate={"takes": 2, "pick": "human"}), rehearsal=False)
    assert stand.start() == "s/a@iterate"
    stand.end("s/a@iterate")
    assert stand.schedule.over
    ends = {end.address: end for end in stand.schedule.ends}
    assert ends["s/a@refine"].outcome is ends["s/a@final"].outcome is Outcome.WAITING
    assert ends["s/a@refine"].reason == "waits for a pick among the 2 takes of s/a@iterate"
    assert ends["s/a@final"].reason == "waits for the takes of s/a@refine"


def test_giving_up_ends_what_has_not_started_and_lets_the_rest_finish() -> None:
    stand = Stand([*chain("s/a"), *chain("s/b")])
    assert stand.start() == "s/a@iterate"
    stand.schedule.give_up("the account is locked")
    assert stand.start() is None
    assert not stand.schedule.over
    stand.end("s/a@iterate")
    assert stand.schedule.over
    assert [end.outcome for end in stand.schedule.ends] == [Outcome.RENDERED] + [Outcome.SKIPPED] * 5


def test_a_very_long_chain_of_failures_is_no_deeper_than_any_other() -> None:
    tasks = [task("s/0@iterate")]
    for number in range(1, 5_000):
        tasks.append(task(f"s/{number}@iterate", needs=[tasks[-1].address]))
    stand = Stand(tasks)
    assert stand.start() == "s/0@iterate"
    stand.end("s/0@iterate", Outcome.FAILED)
    assert stand.schedule.over
    assert stand.schedule.ends[-1].outcome is Outcome.BLOCKED
