"""Whether a roll fits under the caps, asked inside the transaction that reserves its money. Pure SQL reading."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from shotpilot_pipeline.queue.ledger.rows import CapReached, Caps
from shotpilot_pipeline.values.origin import is_loopback


class Asked(NamedTuple):
    """The roll that wants to be sent. `price` is nano-USD, 0 where nobody knows it."""

    address: str
    queue: str
    run: str
    show: str
    shot: str  # scene/shot
    stage: str
    day: str
    price: int


def check_caps(db: sqlite3.Connection, asked: Asked, caps: Caps) -> None:
    """Charged, reserved and this roll must fit under every cap. Raises CapReached for the tightest that it passes.

    Money of the same kind counts: a trial at a queue of this machine eats nothing of the real budget, nor the other way
    round.
    """
    scopes = (
        ("run", caps.run, ("run", "", asked.run)),
        ("day", caps.day, ("day", "", asked.day)),
        ("show", caps.show, ("show", asked.show, "")),
        ("shot", caps.shot, ("shot", asked.show, asked.shot)),
        (f"stages.{asked.stage}", caps.stages.get(asked.stage), ("stage", asked.show, asked.stage)),
    )
    passed = []
    for name, most, scope in scopes:
        if most is None:
            continue
        reserved, charged = committed(db, scope, is_loopback(asked.queue))
        if asked.price > most - reserved - charged:
            passed.append((most - reserved - charged, name, most, reserved, charged))
    if passed:
        _, name, most, reserved, charged = min(passed)
        raise CapReached(name, most, reserved, charged, asked.price, asked.address)


def committed_by_name(db: sqlite3.Connection, scope: str, show: str, local: bool) -> dict[str, tuple[int, int]]:
    """Nano-USD reserved and charged, by name, of everything in a scope of a show."""
    found: dict[str, tuple[int, int]] = {}
    sql = "SELECT name, reserved, charged, queue FROM totals WHERE scope = ? AND show = ?"
    for name, reserved, charged, queue in db.execute(sql, (scope, show)):
        if is_loopback(queue) == local:
            before = found.get(name, (0, 0))
            found[name] = (before[0] + int(reserved), before[1] + int(charged))
    return found


def committed(db: sqlite3.Connection, scope: tuple[str, str, str], local: bool) -> tuple[int, int]:
    """Nano-USD reserved and charged in a scope (schema.SCOPES), at the queues of this machine or at all others."""
    sql = "SELECT reserved, charged, queue FROM totals WHERE scope = ? AND show = ? AND name = ?"
    rows = [row for row in db.execute(sql, scope) if is_loopback(row[2]) == local]
    return sum(int(row[0]) for row in rows), sum(int(row[1]) for row in rows)
