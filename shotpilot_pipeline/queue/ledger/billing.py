"""The bill against the ledger: exact charges in place of booked ones, both figures kept. Does not fetch the bill."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shotpilot_pipeline.queue.ledger.schema import MOST_NANO


class Corrected(NamedTuple):
    """One roll whose charge the bill changed or confirmed for the first time. Nano-USD."""

    id: int
    address: str
    request_id: str
    before: int | None
    after: int


class Reconciled(NamedTuple):
    """What came of a bill."""

    corrected: tuple[Corrected, ...]  # the bill says another sum
    confirmed: int  # the bill says the same
    early: tuple[str, ...]  # request ids of rolls that are not closed yet
    foreign: tuple[str, ...]  # request ids the ledger does not know: another machine's, or a lost request
    unreadable: int  # events without an id or a whole, sensible sum


def charges_of(events: Sequence[Mapping[str, Any]]) -> tuple[dict[str, int], int]:
    """Nano-USD by request id, and how many events could not be read. An event that comes twice counts once."""
    charges: dict[str, int] = {}
    seen: set[tuple[str, str, int]] = set()
    unreadable = 0
    for event in events:
        id, nano = event.get("request_id"), _nano(event.get("cost_estimate_nano_usd"))
        if not isinstance(id, str) or not id or nano is None:
            unreadable += 1
        elif (mark := (id, str(event.get("timestamp")), nano)) not in seen:
            seen.add(mark)
            charges[id] = charges.get(id, 0) + nano
    return charges, unreadable


def apply(db: sqlite3.Connection, events: Sequence[Mapping[str, Any]]) -> Reconciled:
    """Set `billed` where the bill says something new. Inside an open transaction; only closed rolls are touched."""
    charges, unreadable = charges_of(events)
    corrected, confirmed, early, foreign = [], 0, [], []
    for request_id, nano in charges.items():
        sql = "SELECT id, address, state, booked, billed, charged FROM rolls WHERE request_id = ?"
        row = db.execute(sql, (request_id,)).fetchone()
        if row is None:
            foreign.append(request_id)
        elif row[2] != "closed":
            early.append(request_id)
        else:
            id, address, _, _, billed, before = row
            sql = """UPDATE rolls SET billed = ?, verified = 1
                WHERE id = ? AND state = 'closed' AND billed IS ? RETURNING charged"""
            (after,) = db.execute(sql, (nano, id, billed)).fetchall()[0]
            if after == before:
                confirmed += 1
            else:
                corrected.append(Corrected(id, address, request_id, before, after))
    return Reconciled(tuple(corrected), confirmed, tuple(early), tuple(foreign), unreadable)


def _nano(value: object) -> int | None:
    """A whole number of nano-dollars, also where it came as text or as 28000000.0; None where it is not one."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MOST_NANO else None
