"""Whether a roll fits under the caps, asked inside the transaction that reserves its money. Pure SQL reading."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from shotpilot_pipeline.queue.ledger.rows import CapReached, Caps


class Asked(NamedTuple):
    """The roll that wants to be sent. `price` is nano-USD, 0 where nobody knows it."""

    address: str
    run: str
    show: str
    shot: str  # scene/shot
    stage: str
    day: str
    price: int


def check_caps(db: sqlite3.Connection, asked: Asked, caps: Caps) -> None:
    """Charged, reserved and this roll must fit under every cap. Raises CapReached for the tightest that it passes."""
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
        reserved, charged = committed(db, scope)
        if asked.price > most - reserved - charged:
            passed.append((most - reserved - charged, name, most, reserved, charged))
    if passed:
        _, name, most, reserved, charged = min(passed)
        raise CapReached(name, most, reserved, charged, asked.price, asked.address)


def committed(db: sqlite3.Connection, scope: tuple[str, str, str]) -> tuple[int, int]:
    """Nano-USD reserved and charged in a scope (schema.SCOPES)."""
    sql = "SELECT reserved, charged FROM totals WHERE scope = ? AND show = ? AND name = ?"
    row = db.execute(sql, scope).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))
