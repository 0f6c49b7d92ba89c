"""The book over the ledger: charges, the thread, cancelling, rolls of an earlier run, uploads of an earlier run."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.engine.shop import Book
from shotpilot_pipeline.errors import BudgetReached
from shotpilot_pipeline.queue.failures import RequestFailed, completed_failure, read_failure
from shotpilot_pipeline.queue.ledger.book import LedgerBook
from shotpilot_pipeline.queue.ledger.charge import charge_of, unit_prices
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import Caps, LedgerConflict, LedgerRoll, State
from shotpilot_pipeline.queue.protocol import Image, Result
from shotpilot_pipeline.values.money import ZERO, Money
from shotpilot_pipeline.values.outcome import Outcome
from tests.queue.ledgering import CENT, MODEL, NOON, QUEUE, accepted, after, brought_to, opened, roll

ESTIMATE, UNIT = Money(6 * CENT), Money(28_000_000)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path / "ledger.db") as one:
        yield one


def book_of(ledger: Ledger, **more: object) -> LedgerBook:
    told = {"run": "r1", "show": "noir", "queue": QUEUE, "unit_price": lambda model: Money(3 * CENT)} | more
    return LedgerBook(ledger, clock=lambda: NOON, **told)  # type: ignore[arg-type]


def result(units: str | None, pictures: int = 1) -> Result:
    images = tuple(Image(f"https://v3b.fal.media/files/{number}.png") for number in range(pictures))
    return Result(images, None if units is None else Decimal(units))


def only(ledger: Ledger) -> LedgerRoll:
    line = ledger.roll(ledger.spent().rolls)
    assert line is not None
    return line


# Charges -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "nano"),
    [("1", 28_000_000), ("2.0", 56_000_000), ("4.00000000", 112_000_000), ("8.439999999999998", 236_320_000), ("0", 0),
     ("0.00000001", 0)],
)  # fmt: skip
def test_units_times_price_to_the_nano_dollar(units: str, nano: int) -> None:
    assert charge_of(ESTIMATE, UNIT, result(units), None)[:2] == (Money(nano), True)


@pytest.mark.parametrize("units", [None, "1001", "1e30", "1e999999"])
def test_without_believable_units_the_estimate_stands_unverified(units: str | None) -> None:
    assert charge_of(ESTIMATE, UNIT, result(units), None)[:2] == (ESTIMATE, False)
    assert charge_of(None, UNIT, result(units), None)[:2] == (None, False)


def test_units_without_a_unit_price() -> None:
    assert charge_of(ESTIMATE, None, result("2"), None) == (ESTIMATE, False, "2")
    assert charge_of(None, None, result("0"), None)[:2] == (ZERO, True)


@pytest.mark.parametrize(
    ("code", "headers", "charged", "verified"),
    [
        (500, {}, ZERO, True),
        (503, {}, ZERO, True),
        (422, {}, ESTIMATE, False),
        (422, {"x-fal-billable-units": "0"}, ZERO, True),
        (422, {"x-fal-billable-units": "2"}, UNIT * 2, True),
        (404, {}, ESTIMATE, False),  # no longer kept: it may have been paid
        (404, {"x-fal-billable-units": "0"}, ZERO, True),
        (499, {}, ESTIMATE, False),
    ],
)
def test_what_a_failure_costs(code: int, headers: dict[str, str], charged: Money, verified: bool) -> None:
    failure = read_failure(code, headers, {"detail": "no"})
    assert charge_of(ESTIMATE, UNIT, None, failure)[:2] == (charged, verified)


def test_a_failure_told_by_the_status_alone_is_not_proof() -> None:
    assert charge_of(ESTIMATE, UNIT, None, completed_failure("it broke", ""))[:2] == (ESTIMATE, False)


def test_unit_prices_come_from_the_cards() -> None:
    price = unit_prices(load_catalog(None))
    assert price(MODEL) == UNIT
    assert price("fal-ai/kling-image/o3/text-to-image") == UNIT
    assert price("nobody/knows/this") is None


# The book ------------------------------------------------------------------------------------------------------------


def test_the_ledger_fits_the_engine(ledger: Ledger) -> None:
    book: Book = book_of(ledger)
    steps = [name for name in vars(Book) if not name.startswith("_")]
    assert {"intended", "sending", "submitted", "unknown", "held_back", "closed"} == set(steps)
    assert all(callable(getattr(book, name)) for name in steps)


async def test_a_roll_from_its_intent_to_its_charge(ledger: Ledger) -> None:
    book, one = book_of(ledger), roll(takes=(1, 2))
    await book.intended(one, {"prompt": "x"})
    assert only(ledger).reserved == 6 * CENT
    await book.sending(one)
    await book.submitted(one, accepted("req"))
    assert only(ledger).state is State.SUBMITTED
    await book.closed(one, Outcome.RENDERED, result("2", 2))
    line = only(ledger)
    assert (line.charged, line.verified, line.billable_units, line.outcome) == (6 * CENT, True, "2", "rendered")
    assert [image["url"] for image in json.loads(line.answer)["images"]] == [
        "https://v3b.fal.media/files/0.png", "https://v3b.fal.media/files/1.png",
    ]  # fmt: skip


async def test_a_roll_that_is_held_back_is_intended_again(ledger: Ledger) -> None:
    book, one = book_of(ledger, caps=Caps(run=3 * CENT)), roll()
    for _ in range(3):
        await book.intended(one, {})
        await book.sending(one)
        await book.held_back(one, "too many requests")
    assert ledger.spent().committed == 0
    await book.intended(one, {})
    with pytest.raises(BudgetReached):
        await book.intended(roll(takes=(2,)), {})


async def test_a_lost_answer(ledger: Ledger) -> None:
    book, one = book_of(ledger), roll()
    await book.intended(one, {})
    await book.sending(one)
    await book.unknown(one, "read timed out", request_id="slipped")
    line = only(ledger)
    assert (line.state, line.reserved, line.why, line.hint) == (State.UNKNOWN, 3 * CENT, "read timed out", "slipped")


async def test_refused_at_the_door(ledger: Ledger) -> None:
    book, one = book_of(ledger), roll()
    fault = RequestFailed(read_failure(422, {}, {"detail": [{"loc": ["body", "prompt"], "msg": "no", "type": "x"}]}))
    await book.intended(one, {})
    await book.sending(one)
    await book.closed(one, Outcome.REFUSED, None, fault)
    assert (only(ledger).charged, only(ledger).verified) == (0, True)
    assert list(ledger.refused_keys("noir", QUEUE)) == [one.key]
    assert "field prompt" in ledger.refused_keys("noir", QUEUE)[one.key]
    assert ledger.refused_keys("blanc", QUEUE) == {}
    assert ledger.refused_keys("noir", "http://127.0.0.1:8787") == {}


async def test_a_key_is_refused_until_something_else_comes_of_it(ledger: Ledger) -> None:
    book, one = book_of(ledger), roll()
    for outcome, refused in ((Outcome.REFUSED, True), (Outcome.RENDERED, False), (Outcome.REFUSED, True)):
        await book.intended(one, {})
        await book.sending(one)
        await book.submitted(one, accepted(f"req-{ledger.spent().rolls}"))
        await book.closed(one, outcome, None)
        assert (one.key in ledger.refused_keys("noir", QUEUE)) == refused


async def test_a_roll_of_an_earlier_run_is_closed_by_this_one(ledger: Ledger) -> None:
    one = roll(takes=(1, 2))
    id = brought_to(ledger, State.SUBMITTED, one)
    book = book_of(ledger, run="r2")
    await book.closed(one, Outcome.RENDERED, result(None, 2))
    line = ledger.roll(id)
    assert line is not None
    assert (line.state, line.charged, line.verified, line.run) == (State.CLOSED, 6 * CENT, False, "r1")
    with pytest.raises(LedgerConflict, match="no open roll"):
        await book.closed(one, Outcome.RENDERED, None)


async def test_a_new_day_without_room_frees_the_roll_again(ledger: Ledger) -> None:
    moments = iter([NOON, after(86_400), after(86_400)])
    book = LedgerBook(
        ledger, run="r", show="noir", queue=QUEUE, unit_price=lambda model: None, caps=Caps(day=3 * CENT),
        clock=lambda: next(moments),
    )  # fmt: skip
    brought = ledger.intend(
        roll(takes=(9,)), {}, run="r", show="noir", queue=QUEUE, price=Money(3 * CENT), now=after(86_400)
    )
    await book.intended(roll(), {})
    with pytest.raises(BudgetReached, match="budget of the day"):
        await book.sending(roll())
    assert [one.id for one in ledger.unfinished()] == [brought]


async def test_a_step_is_not_cut_short(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled in the middle of a step, or while it waits its turn, the book still sees it to the disk."""
    book, one = book_of(ledger), roll()
    began, go_on, where = threading.Event(), threading.Event(), []
    real = ledger.intend

    def slow(*args: object, **kwargs: object) -> int:
        where.append(threading.current_thread())
        began.set()
        assert go_on.wait(10)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger, "intend", slow)
    async with anyio.create_task_group() as group:
        group.start_soon(book.intended, one, {})
        group.start_soon(book.intended, roll(takes=(2,)), {})
        await anyio.to_thread.run_sync(began.wait)
        group.cancel_scope.cancel()
        go_on.set()
    assert threading.main_thread() not in where
    assert [line.state for line in ledger.unfinished()] == [State.INTENDED] * 2


async def test_many_rolls_at_once(ledger: Ledger) -> None:
    book = book_of(ledger, caps=Caps(run=30 * CENT))
    refused = []

    async def carry(number: int) -> None:
        one = roll(takes=(number,))
        try:
            await book.intended(one, {})
        except BudgetReached:
            refused.append(number)
            return
        await book.sending(one)
        await book.submitted(one, accepted(f"req-{number}"))
        await book.closed(one, Outcome.RENDERED, result("1"))

    async with anyio.create_task_group() as group:
        for number in range(1, 31):
            group.start_soon(carry, number)
    assert (len(refused), ledger.spent().charged, ledger.spent().open) == (20, 30 * CENT, 0)


# Uploads -------------------------------------------------------------------------------------------------------------


def test_an_upload_is_remembered_while_it_lives(ledger: Ledger) -> None:
    url, host = "https://v3b.fal.media/files/ab.png", "https://rest.fal.ai"
    assert ledger.upload("ab", host, NOON) is None
    ledger.keep_upload("ab", host, url, now=NOON, expires=after(86_400))
    assert ledger.upload("ab", host, NOON) == url
    assert ledger.upload("ab", "http://127.0.0.1:1", NOON) is None
    assert ledger.upload("ab", host, after(22 * 3600 - 1)) == url
    assert ledger.upload("ab", host, after(22 * 3600)) is None  # a request that waits two hours would not find it
    assert ledger.upload("ab", host, after(-5)) is None  # the clock was set back: nobody knows how old it is
    ledger.forget_upload("ab", host)
    assert ledger.upload("ab", host, NOON) is None


def test_expired_uploads_are_swept_away(ledger: Ledger) -> None:
    ledger.keep_upload("a", "h", "u1", now=NOON, expires=after(10))
    ledger.keep_upload("b", "h", "u2", now=after(20), expires=after(99_999))
    assert ledger._db.execute("SELECT sha256 FROM uploads").fetchall() == [("b",)]
    ledger.keep_upload("b", "h", "u3", now=after(30), expires=after(99_999))
    assert ledger.upload("b", "h", after(40)) == "u3"


@pytest.mark.parametrize(("type", "kept"), [("file_download_error", False), ("content_policy_violation", True)])
async def test_a_reference_that_could_not_be_fetched_is_uploaded_anew(ledger: Ledger, type: str, kept: bool) -> None:
    url, other, host = "https://v3b.fal.media/files/ab.png", "https://v3b.fal.media/files/cd.png", "https://rest.fal.ai"
    ledger.keep_upload("ab", host, url, now=NOON, expires=after(86_400))
    ledger.keep_upload("cd", host, other, now=NOON, expires=after(86_400))
    book, one = book_of(ledger), roll()
    await book.intended(one, {"prompt": "a pier", "image_urls": [url]})
    await book.sending(one)
    await book.submitted(one, accepted("req-1"))
    failure = read_failure(422, {}, {"detail": [{"loc": ["body", "image_urls", 0], "msg": "no", "type": type}]})
    await book.closed(one, Outcome.REFUSED, None, RequestFailed(failure))
    assert (ledger.upload("ab", host, NOON) == url) is kept
    assert ledger.upload("cd", host, NOON) == other
