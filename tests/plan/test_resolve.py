"""The rules of picks, one by one: who chooses, what goes on, what waits, what is stale."""

from __future__ import annotations

from typing import Any

import pytest

from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.plan.resolve import Choices, Settled, StalePick, Waiting, settle_task
from shotpilot_pipeline.values.request import is_open, marks_of, render_key
from shotpilot_pipeline.values.task import Task
from tests.plan.filmset import Shelf, chain, task

VARIANTS = ("s/a.dusk@iterate", "s/a.neon@iterate")


def choices(shelf: Shelf, tasks: list[Task], **how: Any) -> Choices:
    found = Choices(Index(tasks), shelf.known, **how)
    found.keys.update({one.address: one.keys[0] for one in tasks if one.keys and one.keys[0]})
    return found


def variants(pick: str = "human", carry: str = "image") -> list[Task]:
    found = [task(address, takes=2, pick=pick) for address in VARIANTS]
    return [*found, task("s/a@refine", gates=VARIANTS, carry=carry)]


def sha256(shelf: Shelf, key: str, take: int, panel: int = 1) -> str:
    return shelf.takes[key][take].pictures[panel - 1].sha256


def test_a_first_stage_needs_nothing() -> None:
    one = task("s/a@iterate")
    settled = settle_task(one, choices(Shelf(), [one]))
    assert settled == Settled(one.forms[0], one.keys[0], "", 0, ())


def test_a_human_pick_is_waited_for_and_then_sent() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), iterate={"takes": 4, "pick": "human"})
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1, 2, 3, 4])
    waits = settle_task(refine, choices(shelf, [iterate, refine]))
    assert isinstance(waits, Waiting)
    assert waits.person
    assert waits.reason == "waits for a pick among the 4 takes of s/a@iterate"
    shelf.pick(iterate.address, 3, iterate.keys[0])
    settled = settle_task(refine, choices(shelf, [iterate, refine]))
    assert isinstance(settled, Settled)
    assert (settled.gate, settled.take) == ("s/a@iterate", 3)
    assert marks_of(settled.form) == (f"sha256:{sha256(shelf, iterate.keys[0], 3)}",)
    assert settled.key == render_key(settled.form)


def test_a_human_pick_gates_even_where_only_the_prompt_is_carried_and_another_pick_keeps_the_key() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), iterate={"takes": 2, "pick": "human"}, carry="prompt")
    assert refine.keys[0]
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1, 2])
    assert isinstance(settle_task(refine, choices(shelf, [iterate, refine])), Waiting)
    for take in (1, 2):
        shelf.pick(iterate.address, take, iterate.keys[0])
        settled = settle_task(refine, choices(shelf, [iterate, refine]))
        assert isinstance(settled, Settled)
        assert settled.key == refine.keys[0]


def test_a_pick_follows_the_bytes_whatever_their_number() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), iterate={"takes": 2, "pick": "human"})
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1, 2])
    shelf.pick(iterate.address, 1, iterate.keys[0])
    shelf.takes[iterate.keys[0]][5] = shelf.takes[iterate.keys[0]].pop(1)._replace(number=5)
    settled = settle_task(refine, choices(shelf, [iterate, refine]))
    assert isinstance(settled, Settled)
    assert settled.take == 5


def test_a_pick_without_a_sha256_goes_by_number() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), iterate={"takes": 2, "pick": "human"})
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1, 2])
    shelf.pick(iterate.address, 2)
    settled = settle_task(refine, choices(shelf, [iterate, refine]))
    assert isinstance(settled, Settled)
    assert settled.take == 2


@pytest.mark.parametrize("pick", ["human", "first"])
def test_a_pick_of_other_bytes_is_stale_and_never_followed(pick: str) -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), iterate={"takes": 2, "pick": pick})
    shelf = Shelf()
    shelf.buy("0" * 64, [1, 2])
    shelf.pick(iterate.address, 2, "0" * 64)
    shelf.buy(iterate.keys[0], [1, 2])
    stale = settle_task(refine, choices(shelf, [iterate, refine]))
    assert isinstance(stale, StalePick)
    assert "take 2 of s/a@iterate was picked" in stale.reason
    assert "pick among its 2 takes" in stale.reason


@pytest.mark.parametrize(
    ("bytes_left", "coming", "cure"),
    [
        ((), (), "or name s/a@iterate to buy it again"),
        ((), ("s/a@iterate",), "or pick when it is rendered"),
        ((1,), (), "or pick again"),
        ((1, 3), (), "or pick among its 2 takes"),
    ],
)
def test_a_pick_of_lost_bytes_is_lost_and_not_stale(
    bytes_left: tuple[int, ...], coming: tuple[str, ...], cure: str
) -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), iterate={"takes": 3, "pick": "human"})
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1, 2, 3], address=iterate.address)
    shelf.pick(iterate.address, 2, iterate.keys[0])
    shelf.takes[iterate.keys[0]] = {number: shelf.takes[iterate.keys[0]][number] for number in bytes_left}
    lost = settle_task(refine, choices(shelf, [iterate, refine], coming=coming))
    assert isinstance(lost, Waiting)
    assert lost.reason.startswith("take 2 of s/a@iterate was picked, but its bytes are not in this store; bring them")
    assert lost.reason.endswith(cure)


def test_a_pick_by_number_of_lost_takes_is_lost() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), iterate={"takes": 2, "pick": "human"})
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1, 2], address=iterate.address)
    shelf.takes.clear()
    shelf.pick(iterate.address, 2)
    lost = settle_task(refine, choices(shelf, [iterate, refine]))
    assert isinstance(lost, Waiting)
    assert "its bytes are not in this store" in lost.reason


def test_in_a_rehearsal_a_stale_pick_does_not_hold_anything_up() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), iterate={"takes": 2, "pick": "human"})
    shelf = Shelf()
    shelf.buy("0" * 64, [1, 2])
    shelf.pick(iterate.address, 2, "0" * 64)
    shelf.buy(iterate.keys[0], [1, 2])
    settled = settle_task(refine, choices(shelf, [iterate, refine], first_where_unpicked=True))
    assert isinstance(settled, Settled)
    assert settled.take == 1


def test_in_a_rehearsal_its_own_picks_go_before_the_first_rule() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), iterate={"takes": 2, "pick": "human"})
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1, 2])
    for expected in (1, 2):
        settled = settle_task(refine, choices(shelf, [iterate, refine], first_where_unpicked=True))
        assert isinstance(settled, Settled)
        assert settled.take == expected
        shelf.pick(iterate.address, 2, iterate.keys[0])


def test_a_rule_that_nobody_knows_leaves_it_to_a_person() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), iterate={"pick": "best-looking"})
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1])
    waits = settle_task(refine, choices(shelf, [iterate, refine]))
    assert isinstance(waits, Waiting)
    assert "best-looking" in waits.reason


@pytest.mark.parametrize("carry", ["image", "prompt"])
def test_of_variants_the_one_picked_goes_on_in_its_own_words(carry: str) -> None:
    tasks = variants(carry=carry)
    shelf = Shelf()
    for one in tasks[:2]:
        shelf.buy(one.keys[0], [1, 2])
    waits = settle_task(tasks[2], choices(shelf, tasks))
    assert isinstance(waits, Waiting)
    assert waits.reason == "waits for a pick among the 4 takes of s/a@iterate"
    shelf.pick(VARIANTS[1], 2, tasks[1].keys[0])
    settled = settle_task(tasks[2], choices(shelf, tasks))
    assert isinstance(settled, Settled)
    assert (settled.gate, settled.take) == (VARIANTS[1], 2)
    if carry == "prompt":
        assert settled.form == tasks[2].forms[1]
    else:
        assert sha256(shelf, tasks[1].keys[0], 2) in settled.form


def test_two_picked_variants_are_a_conflict_for_a_person() -> None:
    tasks = variants()
    shelf = Shelf()
    for one in tasks[:2]:
        shelf.buy(one.keys[0], [1])
        shelf.pick(one.address, 1, one.keys[0])
    waits = settle_task(tasks[2], choices(shelf, tasks))
    assert isinstance(waits, Waiting)
    assert waits.person
    assert "s/a.dusk@iterate#1 and s/a.neon@iterate#1 are both picked" in waits.reason


def test_a_stale_pick_of_one_variant_does_not_stop_a_valid_one_of_another() -> None:
    tasks = variants()
    shelf = Shelf()
    shelf.buy("0" * 64, [1])
    shelf.pick(VARIANTS[0], 1, "0" * 64)
    shelf.buy(tasks[1].keys[0], [1])
    shelf.pick(VARIANTS[1], 1, tasks[1].keys[0])
    settled = settle_task(tasks[2], choices(shelf, tasks))
    assert isinstance(settled, Settled)
    assert settled.gate == VARIANTS[1]


def test_first_is_the_first_take_of_the_first_variant_that_has_any() -> None:
    tasks = variants(pick="first")
    shelf = Shelf()
    shelf.buy(tasks[1].keys[0], [1, 2])
    now = choices(shelf, tasks)
    settled = settle_task(tasks[2], now)
    assert isinstance(settled, Settled)
    assert (settled.gate, settled.take) == (VARIANTS[1], 1)
    now.coming = {VARIANTS[0]}  # takes of an earlier variant are still to come: nothing may be promised
    assert isinstance(settle_task(tasks[2], now), Waiting)


def test_first_waits_for_take_one_while_it_may_still_come() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"))
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [2])
    now = choices(shelf, [iterate, refine])
    now.coming = {iterate.address}
    assert isinstance(settle_task(refine, now), Waiting)
    now.coming = set()
    settled = settle_task(refine, now)
    assert isinstance(settled, Settled)
    assert settled.take == 2


def test_a_series_carries_every_panel_and_a_short_one_is_never_chosen_by_a_rule() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), panels=3)
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1], panels=2)
    waits = settle_task(refine, choices(shelf, [iterate, refine]))
    assert isinstance(waits, Waiting)
    assert "a whole series" in waits.reason
    shelf.buy(iterate.keys[0], [2], panels=3)
    settled = settle_task(refine, choices(shelf, [iterate, refine]))
    assert isinstance(settled, Settled)
    assert settled.take == 2
    assert list(marks_of(settled.form)) == [f"sha256:{sha256(shelf, iterate.keys[0], 2, panel)}" for panel in (1, 2, 3)]


def test_a_person_may_pick_a_short_series_but_a_missing_panel_is_named() -> None:
    iterate, refine = chain("s/a", stages=("iterate", "refine"), panels=3)
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1], panels=2)
    shelf.pick(iterate.address, 1, iterate.keys[0])
    waits = settle_task(refine, choices(shelf, [iterate, refine]))
    assert isinstance(waits, Waiting)
    assert "it has 2 panels and panel 3 is needed" in waits.reason


def test_one_panel_goes_on_by_itself() -> None:
    iterate = task("s/a@iterate", panels=3)
    panels = [task(f"s/a.p0{panel}@final", gates=[iterate.address], of_panel=panel) for panel in (1, 2, 3)]
    shelf = Shelf()
    shelf.buy(iterate.keys[0], [1], panels=3)
    settled = settle_task(panels[1], choices(shelf, [iterate, *panels]))
    assert isinstance(settled, Settled)
    assert marks_of(settled.form) == (f"sha256:{sha256(shelf, iterate.keys[0], 1, 2)}",)


def test_a_picture_of_another_shot_is_its_picked_take() -> None:
    plate = task("s/a@iterate", takes=2, pick="human")
    other = task("s/b@still", needs=["s/a@iterate"])
    shelf = Shelf()
    shelf.buy(plate.keys[0], [1, 2])
    assert isinstance(settle_task(other, choices(shelf, [plate, other])), Waiting)
    shelf.pick(plate.address, 2, plate.keys[0])
    settled = settle_task(other, choices(shelf, [plate, other]))
    assert isinstance(settled, Settled)
    assert settled.gate == ""
    assert [chosen.address for chosen in settled.used] == ["s/a@iterate"]
    assert not is_open(settled.form)


def test_the_name_of_a_shot_means_the_variant_that_was_picked() -> None:
    tasks = [*variants()[:2], task("s/b@still", needs=["s/a@iterate"])]
    shelf = Shelf()
    for one in tasks[:2]:
        shelf.buy(one.keys[0], [1])
    shelf.pick(VARIANTS[1], 1, tasks[1].keys[0])
    settled = settle_task(tasks[2], choices(shelf, tasks))
    assert isinstance(settled, Settled)
    assert marks_of(settled.form) == (f"sha256:{sha256(shelf, tasks[1].keys[0], 1)}",)


def test_a_name_that_is_not_in_the_list_is_said() -> None:
    one = task("s/b@still", needs=["s/nobody@iterate"])
    waits = settle_task(one, choices(Shelf(), [one]))
    assert isinstance(waits, Waiting)
    assert "s/nobody@iterate, which is not in the shot list" in waits.reason
