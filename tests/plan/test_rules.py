"""Rules that choose where nobody did, takes that were rejected, and takes that somebody asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shotpilot_pipeline.plan.build import build_plan
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.values.decision import Decision, Mark
from shotpilot_pipeline.values.plan import Action, PlanLine
from shotpilot_pipeline.values.task import Task
from tests.plan.filmset import Shelf, chain

A, FINAL = "s/a@iterate", "s/a@final"


def tasks_of(pick: str, takes: int = 4, **how: object) -> list[Task]:
    return chain("s/a", stages=("iterate", "final"), iterate={"pick": pick, "takes": takes, **how})


def shelf_of(tasks: list[Task], count: int) -> Shelf:
    shelf = Shelf()
    shelf.buy(tasks[0].keys[0], range(1, count + 1), address=tasks[0].address)
    return shelf


def known(shelf: Shelf, decision: Decision, picked: int = 0) -> Known:
    if picked:
        shelf.pick(A, picked, next(iter(shelf.takes)))
    return replace(shelf.known, decisions={decision.address: decision})


def lines(tasks: list[Task], known: Known, **how: bool) -> dict[str, PlanLine]:
    return {line.address: line for line in build_plan(tasks, known, **how).lines}


def stars(**by_take: int) -> tuple[tuple[Mark, int], ...]:
    return tuple((Mark(int(take[1:])), count) for take, count in by_take.items())


@pytest.mark.parametrize(
    ("decision", "take"),
    [
        (Decision(A, stars=stars(t2=3, t3=5)), 3),
        (Decision(A, stars=stars(t4=5, t2=5)), 2),  # of several, the lowest number
        (Decision(A, stars=stars(t2=3, t3=5), rejects=(Mark(3),)), 2),
    ],
)
def test_best_stars_takes_the_most_stars_and_never_a_reject(decision: Decision, take: int) -> None:
    tasks = tasks_of("best-stars")
    shelf = shelf_of(tasks, 4)
    line = lines(tasks, known(shelf, decision))[FINAL]
    assert line.action is Action.NEW
    assert shelf.takes[tasks[0].keys[0]][take].pictures[0].sha256 in line.form


def test_best_stars_waits_while_nothing_has_stars() -> None:
    tasks = tasks_of("best-stars")
    line = lines(tasks, shelf_of(tasks, 4).known)[FINAL]
    assert (line.action, line.reason) == (Action.WAITING, f"waits for stars on a take of {A}")


def test_in_a_rehearsal_stars_count_and_nobody_is_waited_for() -> None:
    tasks = tasks_of("best-stars")
    shelf = shelf_of(tasks, 4)
    takes = shelf.takes[tasks[0].keys[0]]
    for decision, take in ((Decision(A, stars=stars(t3=1)), 3), (Decision(A, notes=()), 1)):
        line = lines(tasks, known(shelf, decision), first_where_unpicked=True)[FINAL]
        assert takes[take].pictures[0].sha256 in line.form


def test_first_passes_over_a_rejected_take() -> None:
    tasks = tasks_of("first")
    shelf = shelf_of(tasks, 4)
    line = lines(tasks, known(shelf, Decision(A, rejects=(Mark(1), Mark(2)))))[FINAL]
    assert shelf.takes[tasks[0].keys[0]][3].pictures[0].sha256 in line.form


@pytest.mark.parametrize("pick", ["first", "human", "best-stars"])
def test_where_all_is_rejected_a_person_is_waited_for(pick: str) -> None:
    tasks = tasks_of(pick)
    decision = Decision(A, rejects=tuple(Mark(take) for take in range(1, 5)))
    line = lines(tasks, known(shelf_of(tasks, 4), decision))[FINAL]
    assert line.action is Action.WAITING
    assert line.reason == f"all 4 takes of {A} are rejected; pick one, or ask for more"


@pytest.mark.parametrize(
    ("there", "more", "picked", "new", "says"),
    [
        (4, Decision(A, more=4, more_by="Vera"), 0, 4, "Vera asked for 4 more takes"),
        (4, Decision(A, more=4), 0, 4, "the picks file asked for 4 more takes"),
        (8, Decision(A, more=4), 0, 0, "all 8 takes are there"),  # spent
        (6, Decision(A, more=4, more_by="Vera"), 0, 2, "Vera asked for 4 more takes; 2 are missing"),
        (4, Decision(A, more=4, more_by="Vera"), 1, 4, "Vera asked for 4 more takes"),  # a pick does not end that wish
        (2, Decision(A), 1, 0, "take 1 is picked, so no more than 2 takes are wanted"),
    ],
)
def test_more_takes_are_bought_once_and_the_plan_says_who_asked(
    there: int, more: Decision, picked: int, new: int, says: str
) -> None:
    tasks = tasks_of("human")
    line = lines(tasks, known(shelf_of(tasks, there), more, picked))[A]
    assert (line.takes_new, line.reason) == (new, says)
    assert line.takes_wanted == there + new or not new


def test_more_of_one_request_is_not_asked_of_the_next() -> None:
    tasks = tasks_of("human", prompt="old")
    asked = Decision(A, more=4, more_over=4, more_key=tasks[0].keys[0], more_by="Vera")
    assert lines(tasks, known(shelf_of(tasks, 4), asked))[A].takes_new == 4
    changed = tasks_of("human", prompt="new")
    assert lines(changed, known(shelf_of(tasks, 4), asked))[A].takes_new == 4  # as the list wants, not eight


def test_more_over_what_was_there_tops_up_a_pick_by_so_many() -> None:
    tasks = tasks_of("human")
    asked = Decision(A, more=1, more_over=2, more_key=tasks[0].keys[0])
    assert lines(tasks, known(shelf_of(tasks, 2), asked, picked=1))[A].takes_new == 1


def test_a_held_shot_gets_no_more() -> None:
    tasks = tasks_of("human", state="hold")
    line = lines(tasks, known(shelf_of(tasks, 4), Decision(A, more=4)))[A]
    assert (line.action, line.takes_new) == (Action.HELD, 0)
