"""Caps: exact, the tightest first, over midnight, with two processes after the same last cent."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from shotpilot_pipeline.errors import BudgetReached, ExitCode
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import CapReached, Caps, PriceUnknown, State, local_day
from shotpilot_pipeline.values.money import Money
from tests.queue.ledgering import CENT, NOON, QUEUE, STEPS, accepted, after, brought_to, close, intend, opened, roll


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path / "ledger.db") as one:
        yield one


@pytest.mark.parametrize(
    ("caps", "name"),
    [
        (Caps(run=10 * CENT), "run"),
        (Caps(day=10 * CENT), "day"),
        (Caps(show=10 * CENT), "show"),
        (Caps(shot=10 * CENT), "shot"),
        (Caps(stages={"final": 10 * CENT, "iterate": 0}), "stages.final"),
        (Caps(run=12 * CENT, day=11 * CENT, show=10 * CENT, shot=99 * CENT, stages={"final": 13 * CENT}), "show"),
    ],
    ids=str,
)
def test_the_last_roll_that_fits_and_the_first_that_does_not(ledger: Ledger, caps: Caps, name: str) -> None:
    intend(ledger, roll(takes=(1, 2, 3)), caps=caps)
    with pytest.raises(CapReached) as stopped:
        intend(ledger, roll(takes=(4,)), caps=caps)
    assert (stopped.value.cap, stopped.value.missing, stopped.value.reserved) == (name, 2 * CENT, 9 * CENT)
    assert ledger.spent().rolls == 1
    intend(ledger, roll(takes=(4,), cents=1), caps=caps)  # to the last cent
    intend(ledger, roll(takes=(5,), cents=0), caps=caps)
    with pytest.raises(CapReached):
        intend(ledger, roll(takes=(6,), cents=1), caps=caps)


@pytest.mark.parametrize(
    ("other", "caps"),
    [
        ({"run": "r2"}, Caps(run=3 * CENT)),
        ({"show": "blanc"}, Caps(show=3 * CENT, shot=3 * CENT, stages={"final": 3 * CENT})),
        ({"now": after(86_400)}, Caps(day=3 * CENT)),
    ],
    ids=str,
)
def test_what_does_not_count(ledger: Ledger, other: dict[str, object], caps: Caps) -> None:
    intend(ledger, roll())
    intend(ledger, roll(takes=(2,)), caps=caps, **other)


LOCAL = "http://127.0.0.1:8787"
EVERY = Caps(run=5 * CENT, day=5 * CENT, show=5 * CENT, shot=5 * CENT, stages={"final": 5 * CENT})


@pytest.mark.parametrize(("first", "then"), [(LOCAL, QUEUE), (QUEUE, LOCAL)])
def test_a_trial_on_this_machine_and_the_real_thing_have_each_their_own_money(
    ledger: Ledger, first: str, then: str
) -> None:
    close(ledger, _sent(ledger, intend(ledger, roll(), queue=first)))
    intend(ledger, roll(takes=(2,)), queue=then, caps=EVERY)
    for queue in (first, then):
        with pytest.raises(CapReached) as stopped:
            intend(ledger, roll(takes=(3,)), queue=queue, caps=EVERY)
        assert stopped.value.missing == CENT


def test_all_real_queues_draw_on_one_budget(ledger: Ledger) -> None:
    intend(ledger, roll(), queue="https://proxy.example/fal")
    with pytest.raises(CapReached):
        intend(ledger, roll(takes=(2,)), caps=Caps(show=5 * CENT))


def test_over_midnight_too_a_trial_has_its_own_money(ledger: Ledger) -> None:
    late = intend(ledger, roll(), caps=Caps(day=5 * CENT))
    intend(ledger, roll(takes=(2,)), queue=LOCAL, now=after(86_400))
    ledger.sending(late, after(86_400))
    assert ledger.roll(late).state == State.SENDING


def _sent(ledger: Ledger, id: int) -> int:
    STEPS["sending"](ledger, id)
    STEPS["submitted"](ledger, id)
    return id


def test_the_day_is_one_for_all_shows(ledger: Ledger) -> None:
    intend(ledger, roll(), show="blanc", run="r7")
    with pytest.raises(CapReached, match="budget of the day"):
        intend(ledger, roll(takes=(2,)), caps=Caps(day=5 * CENT))


def test_variants_and_stages_of_a_shot_share_its_cap(ledger: Ledger) -> None:
    intend(ledger, roll("sc010/sh010.dusk@iterate"))
    intend(ledger, roll("sc010/sh020@iterate"))
    with pytest.raises(CapReached, match="budget of shot sc010/sh010 has"):
        intend(ledger, roll("sc010/sh010.neon@final"), caps=Caps(shot=5 * CENT))


@pytest.mark.parametrize("state", State)
def test_what_counts_in_each_state(ledger: Ledger, state: State) -> None:
    brought_to(ledger, state)
    room = 5 * CENT if state is not State.RELEASED else 2 * CENT
    with pytest.raises(CapReached):
        intend(ledger, roll(takes=(2,)), caps=Caps(show=room))
    intend(ledger, roll(takes=(2,)), caps=Caps(show=room + CENT))


def test_the_sentence(ledger: Ledger) -> None:
    id = intend(ledger, roll(takes=(1, 2)))
    STEPS["sending"](ledger, id)
    STEPS["submitted"](ledger, id)
    close(ledger, id, 5)
    intend(ledger, roll(takes=(3,)))
    with pytest.raises(BudgetReached) as stopped:
        intend(ledger, roll(takes=(4, 5)), caps=Caps(stages={"final": 10 * CENT}))
    assert str(stopped.value) == (
        "the budget of stage final has no room for the next roll (sc010/sh010@final, $0.06): of $0.10, $0.05 is spent "
        "and $0.03 is held for requests on their way or not yet decided; raise budget.stages.final in the shot list to "
        "0.14 or more, then run the same command again"
    )
    assert stopped.value.in_short == "the budget of stage final has no room for it"
    assert stopped.value.exit_code is ExitCode.BUDGET


@pytest.mark.parametrize(
    ("caps", "cure"),
    [
        (Caps(run=5 * CENT), r"run the same command again for another \$0.05, or raise what set it \(--max-cost, or"),
        (Caps(run=2 * CENT), r"raise what set it \(--max-cost, .*\) to 0.03"),
        (Caps(day=5 * CENT), r"go on tomorrow, or raise budget.day in shotpilot.toml to 0.06 or more"),
        (Caps(shot=5 * CENT), r"raise budget.shot in the shot list to 0.06 or more"),
    ],
)
def test_what_is_to_be_raised(ledger: Ledger, caps: Caps, cure: str) -> None:
    intend(ledger, roll())
    with pytest.raises(CapReached, match=cure):
        intend(ledger, roll(takes=(2,)), caps=caps)


def test_a_charge_above_the_estimate_is_told_truly_and_stops_the_next(ledger: Ledger) -> None:
    caps = Caps(show=6 * CENT)
    id = intend(ledger, roll(), caps=caps)
    STEPS["sending"](ledger, id)
    STEPS["submitted"](ledger, id)
    close(ledger, id, 9)
    assert ledger.spent().charged == 9 * CENT
    with pytest.raises(CapReached, match=r"of \$0.06, \$0.09 is spent; raise budget.show in the shot list to 0.12"):
        intend(ledger, roll(takes=(2,)), caps=caps)


def test_a_raised_cap_goes_on(ledger: Ledger) -> None:
    with pytest.raises(CapReached):
        intend(ledger, roll(), caps=Caps(run=0))
    intend(ledger, roll(), caps=Caps(run=3 * CENT))


# Prices nobody knows -------------------------------------------------------------------------------------------------


def test_a_roll_without_a_price(ledger: Ledger) -> None:
    id = intend(ledger, roll(cents=-1), caps=Caps(run=0))
    line = ledger.roll(id)
    assert line is not None
    assert (line.reserved, line.unpriced, line.price) == (0, True, None)
    assert ledger.spent() == ledger.spent()._replace(reserved=0, unpriced=1, rolls=1)
    with pytest.raises(PriceUnknown, match="kling-image"):
        intend(ledger, roll(takes=(2,), cents=-1), allow_unpriced=False)
    intend(ledger, roll(takes=(3,)), allow_unpriced=False)


def test_the_bill_gives_a_price_to_what_had_none(ledger: Ledger) -> None:
    id = brought_to(ledger, State.SUBMITTED, roll(cents=-1))
    ledger.closed(id, "rendered", charged=None, verified=False, units="", answer="", now=NOON)
    assert (ledger.spent().charged, ledger.spent().unpriced) == (0, 1)
    ledger.apply_billing([{"request_id": f"req-{id}", "cost_estimate_nano_usd": 4 * CENT}])
    assert (ledger.spent().charged, ledger.spent().unpriced, ledger.spent().unverified) == (4 * CENT, 0, 0)


# Clocks --------------------------------------------------------------------------------------------------------------


def test_a_roll_counts_to_the_day_it_is_sent(ledger: Ledger) -> None:
    caps = Caps(day=5 * CENT)
    late, early = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 24, 0, 0, 1, tzinfo=UTC)
    waits = intend(ledger, roll(), now=late, caps=caps)
    intend(ledger, roll(takes=(2,)), now=early, caps=caps)
    with pytest.raises(CapReached, match="budget of the day"):
        ledger.sending(waits, early)
    line = ledger.roll(waits)
    assert line is not None
    assert (line.state, line.day) == (State.INTENDED, "2026-11-23")
    ledger.sending(waits, late)  # the clock was set back: it counts to the day the clock says
    assert ledger.spent(day="2026-11-23").committed == ledger.spent(day="2026-11-24").committed == 3 * CENT


def test_a_roll_that_fits_the_new_day_moves_there(ledger: Ledger) -> None:
    id = intend(ledger, roll(), caps=Caps(day=3 * CENT))
    ledger.sending(id, after(86_400))
    assert ledger.spent(day="2026-11-23").rolls == 0
    assert ledger.spent(day="2026-11-24").reserved == 3 * CENT


def test_a_clock_that_is_set_back_loses_nothing(ledger: Ledger) -> None:
    id = intend(ledger, roll(), now=after(0))
    ledger.sending(id, after(-3600))
    ledger.submitted(id, accepted("req"), after(-7200))
    close(ledger, id, now=after(-90_000))
    ledger_now = ledger.spent(day="2026-11-23")
    assert (ledger_now.rolls, ledger_now.charged) == (1, 3 * CENT)
    again = intend(ledger, roll(takes=(2,)), now=after(-200_000))
    assert again > id
    assert ledger.spent().committed == 6 * CENT


def test_the_day_is_the_one_on_the_wall() -> None:
    east = timezone(timedelta(hours=13))
    moment = datetime(2026, 11, 24, 2, 0, tzinfo=east)
    assert local_day(moment) == moment.astimezone().date().isoformat()


# Two at once ---------------------------------------------------------------------------------------------------------


def _race(path: str, name: str, rolls: int, start: object, fits: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    sent = 0
    with Ledger(Path(path)) as ledger:
        for number in range(rolls):
            one = roll(f"sc010/{name}{number}@final")
            try:
                id = ledger.intend(
                    one, {}, run=name, show="noir", queue=QUEUE, price=Money(3 * CENT), caps=Caps(show=100 * CENT),
                    now=datetime.now(UTC),
                )  # fmt: skip
            except CapReached:
                continue
            sent += 1
            ledger.sending(id, datetime.now(UTC))
            if number % 3 == 0:  # some turn out not to be accepted: their money is free for either of the two
                ledger.released(id, "busy", datetime.now(UTC))
                sent -= 1
    fits.put(sent)  # type: ignore[attr-defined]


def test_two_processes_after_the_same_cent(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    world = multiprocessing.get_context("spawn")
    start, fits = world.Event(), world.Queue()
    both = [world.Process(target=_race, args=(str(path), name, 60, start, fits)) for name in ("ann", "bob")]
    for process in both:
        process.start()
    start.set()
    kept = sum(fits.get(timeout=60) for _ in both)
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    with opened(path) as ledger:
        assert kept == 33  # 33 rolls of 3 cents fit under a dollar, and no 34th
        assert ledger.spent(show="noir").reserved == 99 * CENT
