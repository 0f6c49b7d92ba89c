"""Saved plans in the ledger: each is carried out once, whatever happens in between. Does not know what a plan holds.

saved ──▶ open ──▶ done
           ↺ every run that carries it out, or goes on with it, is noted
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple

from shotpilot_pipeline.queue.ledger.rows import OPEN, LedgerConflict, State, stamp

SAVED, BEGUN, DONE = "saved", "open", "done"


class PlanUse(NamedTuple):
    """Where a saved plan stands. Times are UTC, ISO 8601, "" where it has not come to that."""

    state: str  # SAVED, BEGUN or DONE
    saved_at: str
    begun_at: str
    ended_at: str
    runs: tuple[str, ...]  # that carried it out, in order


class Position(NamedTuple):
    """Where the ledger of a show stands: it moves with every request and with every decision about one."""

    rolls: int
    last: int  # number of the last roll
    open: int
    charged_nano_usd: int


#: One transaction of the ledger, and one look into it.
Door = Callable[[], AbstractContextManager[sqlite3.Connection]]


class SavedPlans:
    """The plans of one ledger. Every change is on the disk when its method returns; raises what the ledger raises."""

    def __init__(self, changing: Door, asking: Door) -> None:
        self._changing = changing
        self._asking = asking

    def save(self, id: str, show: str, now: datetime) -> None:
        """Note that a plan was saved: it may be carried out once, by whoever has this ledger."""
        with self._changing() as db:
            db.execute(
                "INSERT INTO plans (id, state, show, saved_at) VALUES (?, ?, ?, ?)", (id, SAVED, show, stamp(now))
            )

    def use_of(self, id: str) -> PlanUse | None:
        """Where a plan stands; None for one that was saved beside another ledger."""
        with self._asking() as db:
            return _use_of(db, id)

    def begin(self, id: str, state: str, now: datetime) -> None:
        """The plan is carried out from now on; `state` is where it stood. Raises LedgerConflict if it moved."""
        with self._changing() as db:
            begun = ", begun_at = ?" if state == SAVED else ""
            values = (BEGUN, *((stamp(now),) if begun else ()), id, state)
            sql = f"UPDATE plans SET state = ?{begun} WHERE id = ? AND state = ? RETURNING id"  # noqa: S608 -- our words
            if state == DONE or not db.execute(sql, values).fetchall():
                raise LedgerConflict(f"the plan {id} was begun or carried out by another run meanwhile")

    def note_run(self, id: str, run: str) -> None:
        """This run carries out the plan: its requests are the plan's. Raises LedgerConflict for one not begun."""
        with self._changing() as db:
            use = _use_of(db, id)
            if use is None or use.state != BEGUN:
                raise LedgerConflict(f"the plan {id} is not begun, so no run carries it out")
            db.execute("UPDATE plans SET runs = ? WHERE id = ?", (json.dumps([*use.runs, run]), id))

    def end(self, id: str, now: datetime) -> None:
        """The plan was carried out, and never is again. Raises LedgerConflict for one not begun."""
        with self._changing() as db:
            sql = "UPDATE plans SET state = ?, ended_at = ? WHERE id = ? AND state = ? RETURNING id"
            if not db.execute(sql, (DONE, stamp(now), id, BEGUN)).fetchall():
                raise LedgerConflict(f"the plan {id} is not begun, so it cannot be done")

    def position(self, show: str) -> Position:
        """Where the ledger of a show stands; another position means that something was asked, decided or charged."""
        states = ", ".join(f"'{state}'" for state in OPEN)
        sql = f"""SELECT count(*), coalesce(max(id), 0), total(state IN ({states})), sum(coalesce(charged, 0))
            FROM rolls WHERE show = ?"""  # noqa: S608 -- our own words only
        with self._asking() as db:
            return Position(*(int(value or 0) for value in db.execute(sql, (show,)).fetchone()))

    def asked_since(self, show: str, last: int) -> Mapping[str, Mapping[str, int]]:
        """Takes asked for after roll `last`, by run and address; released rolls, which were sent nowhere, left out."""
        found: dict[str, dict[str, int]] = {}
        sql = "SELECT run, address, takes FROM rolls WHERE show = ? AND id > ? AND state <> ?"
        with self._asking() as db:
            for run, address, takes in db.execute(sql, (show, last, str(State.RELEASED))):
                by_address = found.setdefault(run, {})
                by_address[address] = by_address.get(address, 0) + len(json.loads(takes))
        return found


def _use_of(db: sqlite3.Connection, id: str) -> PlanUse | None:
    row = db.execute("SELECT state, saved_at, begun_at, ended_at, runs FROM plans WHERE id = ?", (id,)).fetchone()
    return None if row is None else PlanUse(row[0], row[1], row[2], row[3], tuple(json.loads(row[4])))
