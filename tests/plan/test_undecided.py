"""What the ledger says of a request decides what is planned for it: nothing is sent while its fate is open."""

from __future__ import annotations

from dataclasses import replace

from shotpilot_pipeline.plan.build import build_plan
from shotpilot_pipeline.values.plan import Action
from tests.plan.filmset import Shelf, chain, task


def test_an_open_fate_is_unknown_and_buys_nothing() -> None:
    tasks = chain("s/a", iterate={"takes": 4})
    key = tasks[0].keys[0]
    known = replace(Shelf().known, undecided={key: "the answer was lost"})
    lines = build_plan(tasks, known).lines
    assert [line.action for line in lines] == [Action.UNKNOWN, Action.BLOCKED, Action.BLOCKED]
    assert lines[0].takes_new == 0
    assert "the answer was lost" in lines[0].reason
    assert "unknown outcome" in lines[1].reason


def test_an_open_fate_of_takes_that_are_not_wanted_any_more_changes_nothing() -> None:
    shelf, one = Shelf(), task("s/a@still", takes=2)
    shelf.buy(one.keys[0], (1, 2))
    known = replace(shelf.known, undecided={one.keys[0]: "lost"})
    assert build_plan([one], known).lines[0].action is Action.CACHED


def test_a_refused_request_is_tried_again_only_by_name() -> None:
    one = task("s/a@still")
    known = replace(Shelf().known, refused={one.keys[0]: "against the rules"})
    [line] = build_plan([one], known).lines
    assert (line.action, line.takes_new) == (Action.REFUSED, 0)
    [line] = build_plan([one], known, named=frozenset({"s/a@still"})).lines
    assert (line.action, line.takes_new) == (Action.NEW, 1)
    [line] = build_plan([task("s/a@still", prompt="other words")], known).lines
    assert line.action is Action.NEW


def test_an_open_fate_is_not_overruled_by_name() -> None:
    one = task("s/a@still")
    known = replace(Shelf().known, undecided={one.keys[0]: "lost"})
    [line] = build_plan([one], known, named=frozenset({"s/a@still"})).lines
    assert line.action is Action.UNKNOWN
