"""What the ledger's tests write with: rolls, moments, ways to bring a roll into each state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shotpilot_pipeline.engine.shop import Roll
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import NO_CAPS, Caps, State
from shotpilot_pipeline.queue.protocol import Submitted, rebuilt
from shotpilot_pipeline.values.digest import sha256_text
from shotpilot_pipeline.values.money import Money

MODEL = "fal-ai/kling-image/v3/text-to-image"
QUEUE = "https://queue.fal.run"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CENT = 10_000_000  # nano-USD


def utc_day(moment: datetime) -> str:
    """Days of tests do not hang on the machine's time zone."""
    return moment.astimezone(UTC).date().isoformat()


def opened(path: Path) -> Ledger:
    return Ledger(path, day_of=utc_day)


def roll(
    address: str = "sc010/sh010@final", takes: tuple[int, ...] = (1,), *, key: str = "", cents: int = 3, panels: int = 1
) -> Roll:
    """A roll whose pictures cost `cents` each; -1: nobody knows."""
    price = cents * CENT if cents >= 0 else -1
    return Roll(address, MODEL, "{}", key or sha256_text(address), takes, panels, price)


def intend(ledger: Ledger, one: Roll, *, now: datetime = NOON, caps: Caps = NO_CAPS, **more: Any) -> int:
    """Intend a roll of run r1 of the show `noir`, at its own price."""
    price = None if one.picture_price < 0 else Money(one.picture_price * len(one.takes) * one.panels)
    told = {"run": "r1", "show": "noir", "queue": QUEUE, "price": price} | more
    return ledger.intend(one, {"prompt": one.address, "num_images": len(one.takes)}, caps=caps, now=now, **told)


def accepted(name: str) -> Submitted:
    return rebuilt(QUEUE, MODEL, name)


def close(ledger: Ledger, id: int, cents: int = 3, outcome: str = "rendered", **more: Any) -> None:
    told = {"verified": True, "units": "1", "answer": "{}", "now": NOON} | more
    ledger.closed(id, outcome, charged=Money(cents * CENT), **told)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def _refused_at_the_door(ledger: Ledger, id: int) -> None:
    close(ledger, id, 0, "refused")


#: Every step there is, as one call.
STEPS: dict[str, Callable[[Ledger, int], None]] = {
    "sending": lambda ledger, id: ledger.sending(id, NOON),
    "submitted": lambda ledger, id: ledger.submitted(id, accepted(f"req-{id}"), NOON),
    "unknown": lambda ledger, id: ledger.unknown(id, "the answer was lost", NOON),
    "adopt": lambda ledger, id: ledger.adopt(id, accepted(f"found-{id}"), NOON, who="vera"),
    "released": lambda ledger, id: ledger.released(id, "not accepted", NOON),
    "sent again": lambda ledger, id: ledger.released(id, "send again", NOON, proved=False, who="vera"),
    "written off": lambda ledger, id: ledger.written_off(id, "vera", "given up", NOON),
    "closed": close,
    "refused": _refused_at_the_door,
}

#: The shortest way into each state.
WAYS: dict[State, tuple[str, ...]] = {
    State.INTENDED: (),
    State.SENDING: ("sending",),
    State.SUBMITTED: ("sending", "submitted"),
    State.UNKNOWN: ("sending", "unknown"),
    State.CLOSED: ("sending", "submitted", "closed"),
    State.WRITTEN_OFF: ("sending", "unknown", "written off"),
    State.RELEASED: ("released",),
}


def brought_to(ledger: Ledger, state: State, one: Roll | None = None) -> int:
    """A roll in `state`."""
    id = intend(ledger, one or roll())
    for step in WAYS[state]:
        STEPS[step](ledger, id)
    return id
