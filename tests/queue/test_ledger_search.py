"""Lost requests: found by their exact body, never guessed. The bill: both figures kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import CapReached, Caps, LedgerRoll, State
from shotpilot_pipeline.queue.ledger.search import Found, Verdict, match, search, window_start
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.values.money import Money
from tests.queue.ledgering import CENT, MODEL, NOON, QUEUE, after, brought_to, close, intend, opened, roll
from tests.queue.rehearsing import Clock


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path / "ledger.db") as one:
        yield one


BODY = {"prompt": "a quiet room", "num_images": 1, "element": {"weight": 1}}


def lost(
    ledger: Ledger, take: int = 1, body: dict[str, Any] | None = None, seconds: float = 0.0, hint: str = ""
) -> LedgerRoll:
    one = roll(takes=(take,))
    id = ledger.intend(one, body or BODY, run="r", show="s", queue=QUEUE, price=Money(3 * CENT), now=after(seconds))
    ledger.sending(id, after(seconds))
    ledger.unknown(id, "lost", after(seconds + 60), request_id=hint)
    line = ledger.roll(id)
    assert line is not None
    return line


def item(name: str, seconds: float = 1.0, body: object = BODY, **more: object) -> dict[str, Any]:
    sent = after(seconds).isoformat().replace("+00:00", "Z")
    return {"request_id": name, "endpoint_id": MODEL, "sent_at": sent, "json_input": body} | more


NOBODY: frozenset[str] = frozenset()


def test_one_match_is_the_one(ledger: Ledger) -> None:
    gone = lost(ledger)
    listed = [item("other", body=BODY | {"prompt": "a loud room"}), item("it")]
    assert match([gone], listed, NOBODY) == {gone.id: Found(gone.id, Verdict.ONE, ("it",))}


@pytest.mark.parametrize(
    "near",
    [
        BODY | {"num_images": 2}, BODY | {"num_images": 1.0}, BODY | {"num_images": True}, BODY | {"seed": None},
        {"prompt": "a quiet room"}, BODY | {"prompt": "a quiet room "}, BODY | {"element": {"weight": float("nan")}},
    ],
    ids=str,
)  # fmt: skip
def test_a_body_that_is_nearly_the_same_is_another(ledger: Ledger, near: dict[str, Any]) -> None:
    gone = lost(ledger)
    assert match([gone], [item("near", body=near)], NOBODY)[gone.id].verdict is Verdict.NONE


def test_the_order_of_fields_says_nothing(ledger: Ledger) -> None:
    gone = lost(ledger)
    assert match([gone], [item("it", body=dict(reversed(BODY.items())))], NOBODY)[gone.id].request_ids == ("it",)


def test_what_the_ledger_knows_is_not_lost(ledger: Ledger) -> None:
    gone = lost(ledger)
    assert match([gone], [item("it")], frozenset({"it"}))[gone.id] == Found(gone.id, Verdict.NONE)


def test_the_window(ledger: Ledger) -> None:
    gone = lost(ledger)
    assert window_start(gone) == "2026-11-23T11:58:00.000Z"
    assert match([gone], [item("early", -121)], NOBODY)[gone.id].verdict is Verdict.NONE
    assert match([gone], [item("it", -119)], NOBODY)[gone.id].verdict is Verdict.ONE
    assert match([gone], [item("it", sent_at=None)], NOBODY)[gone.id].verdict is Verdict.ONE
    assert match([gone], [item("it", sent_at="2026-11-23T12:00:01")], NOBODY)[gone.id].verdict is Verdict.ONE


def test_a_clock_set_back_between_intent_and_sending_widens_the_window(ledger: Ledger) -> None:
    one = roll()
    id = intend(ledger, one, now=after(0))
    ledger.sending(id, after(-500))
    ledger.unknown(id, "lost", after(0))
    line = ledger.roll(id)
    assert line is not None
    assert window_start(line) == "2026-11-23T11:49:40.000Z"


def test_several_are_left_to_a_person(ledger: Ledger) -> None:
    gone = lost(ledger)
    found = match([gone], [item("late", 9), item("soon", 2)], NOBODY)[gone.id]
    assert found == Found(gone.id, Verdict.SEVERAL, ("soon", "late"))


def test_one_without_its_body_could_be_it(ledger: Ledger) -> None:
    gone = lost(ledger)
    found = match([gone], [item("it"), item("bare", body=None)], NOBODY)[gone.id]
    assert found == Found(gone.id, Verdict.BARE, ("it",))
    assert match([gone], [item("bare", -500, body=None)], NOBODY)[gone.id].verdict is Verdict.NONE


def test_an_entry_that_comes_on_two_pages_is_one(ledger: Ledger) -> None:
    gone = lost(ledger)
    assert match([gone], [item("it"), item("it")], NOBODY)[gone.id].verdict is Verdict.ONE


def test_twins_get_one_each_in_the_order_sent(ledger: Ledger) -> None:
    """The same words for two takes: their requests cannot be told apart, and need not be."""
    one, two = lost(ledger, 1, seconds=0), lost(ledger, 2, seconds=30)
    found = match([two, one], [item("second", 31), item("first", 1)], NOBODY)
    assert (found[one.id].request_ids, found[two.id].request_ids) == (("first",), ("second",))
    found = match([one, two], [item("only", 5)], NOBODY)
    assert [found[gone.id].verdict for gone in (one, two)] == [Verdict.ONE, Verdict.NONE]
    found = match([one, two], [item("a"), item("b"), item("c")], NOBODY)
    assert {one.verdict for one in found.values()} == {Verdict.SEVERAL}


def test_a_twin_long_after_does_not_take_the_earlier_one(ledger: Ledger) -> None:
    one, two = lost(ledger, 1, seconds=0), lost(ledger, 2, seconds=900)
    found = match([one, two], [item("later", 901)], NOBODY)
    assert len([gone for gone in found.values() if gone.verdict is Verdict.ONE]) == 1
    found = match([two], [item("earlier", 1)], NOBODY)
    assert found[two.id].verdict is Verdict.NONE


def test_an_id_that_the_answer_let_slip_decides(ledger: Ledger) -> None:
    gone = lost(ledger, hint="b")
    found = match([gone], [item("a"), item("b"), item("bare", body=None)], NOBODY)[gone.id]
    assert found == Found(gone.id, Verdict.ONE, ("b",))
    wrong = match([gone], [item("b", body={"prompt": "not ours"})], NOBODY)[gone.id]
    assert wrong.verdict is Verdict.NONE


@pytest.mark.parametrize("bad", [{}, {"request_id": None}, {"request_id": 7}, {"request_id": ""}], ids=str)
def test_entries_that_say_nothing(ledger: Ledger, bad: dict[str, Any]) -> None:
    gone = lost(ledger)
    assert match([gone], [bad, item("it")], NOBODY)[gone.id].verdict is Verdict.ONE


async def test_found_at_the_queue_and_adopted(
    ledger: Ledger, client: QueueClient, rehearsal: RehearsalQueue, clock: Clock
) -> None:
    """Both doors of the rehearsal queue: a request that was accepted and whose answer was lost is found over pages."""
    rehearsal.manners = replace(rehearsal.manners, listed_after=60.0)
    now = datetime.fromtimestamp(clock(), UTC)
    body = {"prompt": "a quiet room", "num_images": 1, "aspect_ratio": "1:1", "resolution": "1K"}
    one = roll(takes=(5,))
    id = ledger.intend(one, body, run="r", show="s", queue=client.hosts.queue, price=None, now=now)
    ledger.sending(id, now)
    kept = [(await client.submit(MODEL, body | {"prompt": f"room {number}"}, {})).request_id for number in range(120)]
    accepted = await client.submit(MODEL, body, {})
    ledger.unknown(id, "the answer was cut", now)
    assert (await search(client, ledger.unknowns(), ledger.request_ids()))[id].verdict is Verdict.NONE  # not listed yet
    clock.now += 100_000
    found = (await search(client, ledger.unknowns(), ledger.request_ids()))[id]
    assert found == Found(id, Verdict.ONE, (accepted.request_id,))
    assert accepted.request_id not in kept
    ledger.adopt(id, client.rebuilt(MODEL, found.request_ids[0]), now)
    assert ledger.unknowns() == ()
    assert await search(client, (), ledger.request_ids()) == {}


# The bill ------------------------------------------------------------------------------------------------------------


def event(name: str, nano: object, **more: object) -> dict[str, Any]:
    return {"request_id": name, "timestamp": "t", "cost_estimate_nano_usd": nano} | more


def test_the_bill_replaces_the_estimate_and_keeps_it(ledger: Ledger) -> None:
    id = brought_to(ledger, State.SUBMITTED)
    close(ledger, id, 3, verified=False, units="")
    assert [one.id for one in ledger.unverified()] == [id]
    came = ledger.apply_billing([event(f"req-{id}", 2_500_000)])
    assert [(one.before, one.after) for one in came.corrected] == [(3 * CENT, 2_500_000)]
    line = ledger.roll(id)
    assert line is not None
    assert (line.charged, line.booked, line.billed, line.verified) == (2_500_000, 3 * CENT, 2_500_000, True)
    assert ledger.unverified() == ()
    again = ledger.apply_billing([event(f"req-{id}", 2_500_000)])
    assert (again.corrected, again.confirmed) == ((), 1)
    ledger.apply_billing([event(f"req-{id}", 2_600_000)])  # the bill itself was corrected
    assert ledger.spent().charged == 2_600_000


def test_events_that_cannot_be_applied(ledger: Ledger) -> None:
    early = brought_to(ledger, State.SUBMITTED)
    done = brought_to(ledger, State.CLOSED, roll(takes=(2,)))
    bad = [None, -1, 1.5, True, "x", "-3", "9" * 30, 10**14, [1]]
    came = ledger.apply_billing(
        [event(f"req-{early}", CENT), event("theirs", CENT), {}, {"request_id": 5}]
        + [event(f"req-{done}", nano) for nano in bad]
    )
    assert (came.early, came.foreign, came.unreadable) == ((f"req-{early}",), ("theirs",), len(bad) + 2)
    line = ledger.roll(done)
    assert line is not None
    assert (line.charged, line.billed) == (3 * CENT, None)


def test_an_event_on_two_pages_counts_once_and_two_events_add_up(ledger: Ledger) -> None:
    id = brought_to(ledger, State.CLOSED)
    ledger.apply_billing([event(f"req-{id}", CENT), event(f"req-{id}", CENT), event(f"req-{id}", "500", timestamp="u")])
    assert ledger.spent().charged == CENT + 500


def test_what_the_bill_says_counts_against_caps(ledger: Ledger) -> None:
    id = brought_to(ledger, State.CLOSED)
    ledger.apply_billing([event(f"req-{id}", 9 * CENT)])
    with pytest.raises(CapReached, match=r"\$0.09 is spent"):
        intend(ledger, roll(takes=(2,)), caps=Caps(show=11 * CENT), now=NOON)
