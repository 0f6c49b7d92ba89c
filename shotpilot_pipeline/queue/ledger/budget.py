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
        ("run", caps.run, "run = ?", (asked.run,)),
        ("day", caps.day, "day = ?", (asked.day,)),
        ("show", caps.show, "show = ?", (asked.show,)),
        ("shot", caps.shot, "show = ? AND shot = ?", (asked.show, asked.shot)),
        (f"stages.{asked.stage}", caps.stages.get(asked.stage), "show = ? AND stage = ?", (asked.show, asked.stage)),
    )
    passed = []
    for name, most, where, values in scopes:
        if most is None:
            continue
        reserved, charged = committed(db, where, values)
        if asked.price > most - reserved - charged:
            passed.append((most - reserved - charged, name, most, reserved, charged))
    if passed:
        _, name, most, reserved, charged = min(passed)
        raise CapReached(name, most, reserved, charged, asked.price, asked.address)


def committed(db: sqlite3.Connection, where: str, values: tuple[str, ...]) -> tuple[int, int]:
    """Nano-USD reserved and charged over the rolls of `where`. An index holds all of it."""
    sql = f"SELECT coalesce(sum(reserved), 0), coalesce(sum(charged), 0) FROM rolls WHERE {where}"  # noqa: S608
    reserved, charged = db.execute(sql, values).fetchone()
    return int(reserved), int(charged)
