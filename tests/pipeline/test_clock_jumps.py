"""The wall clock jumps between intent, submit and close: nothing is lost, and a roll counts to the day it was sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.queue.ledger.book import LedgerBook
from shotpilot_pipeline.queue.rehearsal.doors import ORIGIN
from shotpilot_pipeline.queue.rehearsal.faults.liar import Liar
from shotpilot_pipeline.queue.rehearsal.faults.plan import read_plan
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.values.outcome import Outcome
from tests.pipeline.buying import PICTURE, TAKES, committed, grey_picture, show, states, takes
from tests.pipeline.test_render_property import Crash, Strike, committed_by, once, staged

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = ("intended", "sending", "submitted", "closed")


@pytest.fixture(autouse=True)
def _in_auckland(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A day of this machine is not a day of UTC: noon there is one in the morning of the next day here."""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Clock:
    """Shows at each step of the book what it was set to; at any other time the last of it."""

    def __init__(self, times: dict[str, datetime]) -> None:
        self.times = times
        self.now = NOON

    def of(self, step: Callable[..., Any], name: str) -> Callable[..., Any]:
        """`step` of the book, before which the clock is set."""

        async def stepped(book: LedgerBook, *arguments: Any, **named: Any) -> Any:
            self.now = self.times.get(name, self.now)
            book._clock = lambda: self.now  # a render makes its book by itself
            return await step(book, *arguments, **named)

        return stepped


def rendered(path: Path, clock: Clock, liar: Liar, crash_at: int = 0) -> list[Outcome]:
    """One render in process by `clock`, ended at the n-th step if so wished; how its tasks ended."""
    strike = Strike()
    strike.left = crash_at
    outcomes: list[Outcome] = []
    steps: dict[str, Any] = {name: clock.of(getattr(LedgerBook, name), name) for name in STEPS}
    here = patch.dict("os.environ", {"SHOTPILOT_FAL_QUEUE_URL": ORIGIN})
    with here, patch.multiple(LedgerBook, **steps), staged(liar, strike):
        try:
            outcomes = [end.outcome for end in once(read_list(path, None, rehearsal=False), None).ends]
        except* Crash:
            pass
    return outcomes


def new_queue() -> Liar:
    queue = RehearsalQueue(models_of(load_catalog(None)), grey_picture)
    return Liar(queue, read_plan({"faults": 1, "seed": 0, "rules": []}))


@pytest.mark.parametrize(
    "times",
    [
        {"intended": NOON, "sending": NOON - 3 * DAY, "submitted": NOON - 400 * DAY, "closed": NOON - 2 * HOUR},
        {"intended": NOON, "sending": NOON + 3 * DAY, "submitted": NOON + 400 * DAY, "closed": NOON + 800 * DAY},
        {"intended": NOON, "sending": NOON + DAY, "submitted": NOON - DAY, "closed": NOON + DAY},
    ],
    ids=["back", "forth", "both"],
)
@pytest.mark.parametrize("crash_at", [0, 4, 9])
def test_nothing_is_lost(tmp_path: Path, times: dict[str, datetime], crash_at: int) -> None:
    path, liar = show(tmp_path), new_queue()
    if crash_at:
        rendered(path, Clock(times), liar, crash_at)
        assert committed(path) >= liar.queue.billed_nano
    for _ in range(2):
        outcomes = rendered(path, Clock(times), liar)
    assert set(outcomes) == {Outcome.CACHED}
    assert takes(path) == TAKES
    assert committed(path) == liar.queue.billed_nano == TAKES * PICTURE
    assert set(states(path)) <= {"closed", "released"}


@pytest.mark.parametrize(
    ("sent", "day"), [(NOON - 2 * HOUR, "2026-11-23"), (NOON, "2026-11-24"), (NOON - DAY, "2026-11-23")]
)
def test_a_roll_counts_to_the_local_day_it_was_sent(tmp_path: Path, sent: datetime, day: str) -> None:
    path = show(tmp_path)
    times = {"intended": NOON + 5 * DAY, "sending": sent, "submitted": sent + 9 * DAY, "closed": sent - 9 * DAY}
    rendered(path, Clock(times), new_queue())
    assert committed_by(path, "day") == {day: TAKES * PICTURE}


def test_the_cap_of_the_day_is_that_of_the_day_of_the_submit(tmp_path: Path) -> None:
    """Yesterday is full. A roll meant for today that is sent by a clock set back to yesterday does not pass its cap."""
    path, liar = show(tmp_path), new_queue()
    (tmp_path / "shotpilot.toml").write_text("[budget]\nday = 0.12\n")
    rendered(path, Clock({"intended": NOON}), liar)
    assert committed(path) == liar.queue.billed_nano == 4 * PICTURE
    outcomes = rendered(path, Clock({"intended": NOON + DAY, "sending": NOON}), liar)
    assert outcomes.count(Outcome.SKIPPED) == 2
    assert committed_by(path, "day", "state = 'closed'") == {"2026-11-24": 4 * PICTURE}
    outcomes = rendered(path, Clock({"intended": NOON + DAY, "sending": NOON + DAY}), liar)
    assert outcomes.count(Outcome.RENDERED) == 2
    assert committed_by(path, "day", "state = 'closed'") == {"2026-11-24": 4 * PICTURE, "2026-11-25": 2 * PICTURE}
