"""What a ledger can be asked. Changes nothing; the steps that change it stand in `ledger.py`."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import AbstractContextManager

from shotpilot_pipeline.queue.ledger import reading
from shotpilot_pipeline.queue.ledger.rows import OPEN, UNFINISHED, CostRow, LedgerRoll, State, Sums


class Questions:
    """The reading half of a ledger. Every method raises LedgerUnusable or LedgerDamaged, as the ledger does."""

    def _asking(self) -> AbstractContextManager[sqlite3.Connection]:
        """The database, with the turn of this thread."""
        raise AssertionError("a ledger gives it")

    def cost_rows(self, show: str) -> tuple[CostRow, ...]:
        """What sums over takes, tasks and people need of every roll of a show, oldest first."""
        with self._asking() as db:
            return reading.cost_rows(db, show)

    def unfinished(self, show: str | None = None) -> tuple[LedgerRoll, ...]:
        """Rolls that are intended, sending or submitted: what a run that was stopped left behind."""
        with self._asking() as db:
            return reading.in_states(db, UNFINISHED, show)

    def unknowns(self, show: str | None = None) -> tuple[LedgerRoll, ...]:
        """Rolls of which nobody knows whether they were accepted."""
        with self._asking() as db:
            return reading.in_states(db, (State.UNKNOWN,), show)

    def open_by_key(self, show: str | None = None) -> Mapping[str, tuple[LedgerRoll, ...]]:
        """Every render key with rolls that are not over (unknown ones too), and those rolls."""
        found: dict[str, tuple[LedgerRoll, ...]] = {}
        with self._asking() as db:
            for roll in reading.in_states(db, OPEN, show):
                found[roll.key] = (*found.get(roll.key, ()), roll)
        return found

    def refused_keys(self, show: str, queue: str) -> Mapping[str, str]:
        """Keys whose last closed roll at `queue` was refused, each with the reason: it would refuse the same again."""
        with self._asking() as db:
            return reading.ended_keys(db, show, queue, "refused")

    def failed_keys(self, show: str, queue: str) -> Mapping[str, str]:
        """Keys whose last closed roll at `queue` failed, each with the reason: the same may be asked again."""
        with self._asking() as db:
            return reading.ended_keys(db, show, queue, "failed")

    def keys(self) -> frozenset[str]:
        """Every render key that was ever asked for here, by any show."""
        with self._asking() as db:
            return frozenset(key for (key,) in db.execute("SELECT DISTINCT key FROM rolls"))

    def rendered(self, show: str) -> tuple[tuple[str, str], ...]:
        """Address and render key of everything that was bought here, in the order in which it was asked for: what a
        run that was killed did not write into the lock."""
        with self._asking() as db:
            return reading.rendered(db, show)

    def request_ids(self) -> frozenset[str]:
        """Every request id the ledger knows."""
        with self._asking() as db:
            return frozenset(id for (id,) in db.execute("SELECT request_id FROM rolls WHERE request_id IS NOT NULL"))

    def unverified(self) -> tuple[LedgerRoll, ...]:
        """Closed rolls whose charge is our estimate, with a request id to ask the bill about."""
        with self._asking() as db:
            return reading.rolls(db, "r.state = 'closed' AND r.verified = 0 AND r.request_id IS NOT NULL")

    def spent(
        self, *, run: str | None = None, day: str | None = None, show: str | None = None, scene: str | None = None,
        shot: str | None = None, stage: str | None = None, model: str | None = None, queue: str | None = None,
    ) -> Sums:  # fmt: skip
        """What the rolls come to for which all that is given holds. `shot` is `scene/shot`, `day` `2026-11-23`."""
        chosen = {"run": run, "day": day, "show": show, "scene": scene, "shot": shot, "stage": stage, "model": model,
                  "queue": queue}  # fmt: skip
        with self._asking() as db:
            return reading.sums(db, chosen)
