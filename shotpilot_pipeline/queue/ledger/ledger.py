"""The ledger of paid requests: one line for each, one compare-and-set for each step, money reserved before it is owed.

Every method that changes something returns only once that is safely on the disk, or raises with nothing changed. Does
not know HTTP, does not decide what is bought. Blocks while the disk works: `book.py` keeps it off the event loop.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from shotpilot_pipeline.queue.ledger import billing, reading, uploads
from shotpilot_pipeline.queue.ledger.budget import Asked, check_caps, committed_by_name
from shotpilot_pipeline.queue.ledger.plans import SavedPlans
from shotpilot_pipeline.queue.ledger.questions import Questions
from shotpilot_pipeline.queue.ledger.rows import (
    NO_CAPS,
    OPEN,
    Caps,
    LedgerConflict,
    LedgerRoll,
    LedgerUnusable,
    PriceUnknown,
    RollLike,
    State,
    SubmittedLike,
    Sums,
    TakeUndecided,
    local_day,
    stamp,
)
from shotpilot_pipeline.queue.ledger.schema import in_words, open_for_reading, open_for_writing, transaction
from shotpilot_pipeline.queue.ledger.spare import Spare
from shotpilot_pipeline.queue.ledger.trim import clean_text, trim_answer
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.origin import may_be_the_same
from shotpilot_pipeline.values.outcome import Outcome


class Ledger(Questions):
    """The ledger at `path`. Threads take turns; so do processes.

    `reading`: for looking only; where there is no file it is empty, and no file is made. `day_of` tells the local
    calendar day of a moment. Every method raises LedgerUnusable when the disk refuses, LedgerDamaged when the file is
    broken; a step from the wrong state raises LedgerConflict.
    """

    def __init__(self, path: Path, *, reading: bool = False, day_of: Callable[[datetime], str] = local_day) -> None:
        self.path = path
        self._day_of = day_of
        self._turn = threading.RLock()
        self._db = open_for_reading(path) if reading else open_for_writing(path)
        self._spare = Spare(path)
        self.plans = SavedPlans(self._changing, self._asking)

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Steps ------------------------------------------------------------------------------------------------------------

    def intend(
        self,
        roll: RollLike,
        body: Mapping[str, object],
        *,
        run: str,
        show: str,
        queue: str,
        price: Money | None,
        caps: Caps = NO_CAPS,
        now: datetime,
        allow_unpriced: bool = True,
        person: str = "",
    ) -> int:
        """Write down that `roll` is about to be sent, and reserve its `price` (None: nobody knows it). Returns its id.

        Raises CapReached, PriceUnknown (unless `allow_unpriced`), or TakeUndecided when one of its takes was asked
        for already in a roll that is not over.
        """
        if price is None and not allow_unpriced:
            raise PriceUnknown(
                f"{roll.address}: not sent, nobody knows what {roll.endpoint} costs; name its price in a model card, "
                "or allow rolls without a price"
            )
        stage, nano = Address.parse(roll.address).stage, 0 if price is None else price.nano
        asked = Asked(roll.address, queue, run, show, _shot_of(roll.address), stage, self._day_of(now), nano)
        if not self._spare.hold():
            raise LedgerUnusable(f"{self.path}: the disk is full, so nothing new is sent; free some space and run the "
                                 "same command again", full=True)  # fmt: skip
        with self._changing() as db:
            self._undecided(db, roll, queue)
            check_caps(db, asked, caps)
            line = _line_of(roll, asked) | {
                "price": None if price is None else nano, "day_cap": caps.day, "intended_at": stamp(now),
                "person": clean_text(person),
            }  # fmt: skip
            return _written_down(db, line, body, roll.form)

    def sending(self, id: int, now: datetime) -> None:
        """The POST is the next thing that leaves this machine.

        Where midnight has passed since the intent, the roll counts to the new day: raises CapReached when that day's
        budget has no room for it.
        """
        day = self._day_of(now)
        with self._changing() as db:
            sql = """SELECT address, queue, run, show, shot, stage, day, coalesce(price, 0), day_cap FROM rolls
                WHERE id = ? AND state = ?"""
            row = db.execute(sql, (id, State.INTENDED)).fetchone()  # in any other state the move itself says no
            if row is not None and row[6] != day:
                address, queue, run, show, shot, stage, _, price, day_cap = row
                check_caps(db, Asked(address, queue, run, show, shot, stage, day, price), Caps(day=day_cap))
            self._move(db, id, State.SENDING, (State.INTENDED,), {"day": day, "sending_at": stamp(now)})

    def submitted(self, id: int, submitted: SubmittedLike, now: datetime) -> None:
        """The queue accepted it under this id. Raises LedgerConflict when another roll has that id."""
        self._surely(lambda db: self._accept(db, id, submitted, State.SENDING, now, ""))

    def adopt(self, id: int, submitted: SubmittedLike, now: datetime, *, who: str = "") -> None:
        """An unknown roll was found at the queue under this id (by a person: `who`), so it goes on as submitted."""
        self._surely(lambda db: self._accept(db, id, submitted, State.UNKNOWN, now, who))

    def unknown(self, id: int, why: str, now: datetime, *, request_id: str = "") -> None:
        """The answer to the POST was lost. Its money stays reserved. `request_id`: one that the answer let slip."""
        del now  # the window of the search begins at `sending_at`
        values = {"why": clean_text(why), "hint": clean_text(request_id)}
        self._surely(lambda db: self._move(db, id, State.UNKNOWN, (State.SENDING,), values))

    def released(self, id: int, why: str, now: datetime, *, proved: bool = True, who: str = "") -> None:
        """It was not accepted, so its money is free again; its takes may be asked for anew.

        `proved=False`, for an unknown roll that a person wants sent again without proof: then it may have been paid,
        and its price is booked as charged, unverified. Nothing but proof frees money.
        """
        states = (State.INTENDED, State.SENDING, State.UNKNOWN) if proved else (State.UNKNOWN,)
        values = {"why": clean_text(why), "decided_by": clean_text(who), "closed_at": stamp(now), "reserved": 0}

        def release(db: sqlite3.Connection) -> None:
            self._move(db, id, State.RELEASED, states, values | {"booked": None if proved else self._price(db, id)})

        self._surely(release)

    def written_off(self, id: int, who: str, why: str, now: datetime) -> None:
        """A person gave an unknown roll up: its price counts as paid, unverified, and nothing came of it."""
        values = {"why": clean_text(why), "decided_by": clean_text(who), "closed_at": stamp(now), "reserved": 0}

        def write_off(db: sqlite3.Connection) -> None:
            self._move(db, id, State.WRITTEN_OFF, (State.UNKNOWN,), values | {"booked": self._price(db, id)})

        self._surely(write_off)

    def closed(
        self,
        id: int,
        outcome: Outcome | str,
        *,
        charged: Money | None,
        verified: bool,
        units: str,
        answer: str,
        now: datetime,
        why: str = "",
        who: str = "",
    ) -> None:
        """Nothing more comes of it (or a person, `who`, gave it up); its charge replaces what was reserved. `charged`
        None: nobody knows the price.

        A roll that was never accepted closes only with a verified charge of nothing (refused at the door).
        """
        values = {
            "reserved": 0, "booked": None if charged is None else charged.nano,
            "verified": int(verified and charged is not None), "units": clean_text(units), "outcome": str(outcome),
            "why": clean_text(why), "closed_at": stamp(now), "decided_by": clean_text(who),
        }  # fmt: skip

        def close(db: sqlite3.Connection) -> None:
            self._move(db, id, State.CLOSED, (State.SUBMITTED, State.SENDING), values)
            db.execute("UPDATE papers SET answer = ? WHERE roll = ?", (trim_answer(answer), id))

        self._surely(close)

    def apply_billing(self, events: Sequence[Mapping[str, Any]]) -> billing.Reconciled:
        """Replace booked charges by those of the bill; both figures are kept. One compare-and-set for each roll."""
        with self._changing() as db:
            return billing.apply(db, events)

    # Questions --------------------------------------------------------------------------------------------------------

    def roll(self, id: int) -> LedgerRoll | None:
        """One roll by its number in the ledger."""
        with self._asking() as db:
            return next(iter(reading.rolls(db, "r.id = ?", (id,))), None)

    def by_request(self, request_id: str) -> LedgerRoll | None:
        """The roll that the queue knows under this id."""
        with self._asking() as db:
            return next(iter(reading.rolls(db, "r.request_id = ?", (request_id,))), None)

    def open_roll(self, roll: RollLike, queue: str) -> LedgerRoll | None:
        """The line of these takes at this queue while it is not over; there is one at most."""
        with self._asking() as db:
            open_ones = reading.in_states(db, OPEN, None, [roll.key])
        return next((one for one in open_ones if (one.takes, one.queue) == (roll.takes, queue)), None)

    def rolls_at(self, show: str, address: str) -> tuple[LedgerRoll, ...]:
        """Every roll ever made for one task, oldest first."""
        with self._asking() as db:
            return reading.rolls(db, "r.show = ? AND r.shot = ? AND r.address = ?", (show, _shot_of(address), address))

    def rolls_of_key(self, key: str) -> tuple[LedgerRoll, ...]:
        """Every roll ever made for one render key, oldest first."""
        with self._asking() as db:
            return reading.rolls(db, "r.key = ?", (key,))

    def spent_by(
        self, group: str, *, show: str | None = None, run: str | None = None, day: str | None = None,
        queue: str | None = None,
    ) -> Mapping[str, Sums]:  # fmt: skip
        """The same by `run`, `day`, `show`, `scene`, `shot`, `stage` or `model`. Raises ValueError for another word."""
        with self._asking() as db:
            return reading.sums_by(db, group, {"show": show, "run": run, "day": day, "queue": queue})

    def committed(self, scope: str, show: str, *, local: bool) -> Mapping[str, tuple[int, int]]:
        """Nano-USD reserved and charged by name in one of schema.SCOPES, at queues of this machine or at all others."""
        with self._asking() as db:
            return committed_by_name(db, scope, show, local)

    # Uploads ----------------------------------------------------------------------------------------------------------

    def upload(self, sha256: str, host: str, now: datetime, *, lasts: timedelta = uploads.LEAST_LIFE) -> str | None:
        """The URL under which these bytes already lie at `host`, if it still lives for `lasts`."""
        found = self.uploaded(sha256, host, now, lasts=lasts)
        return None if found is None else found[0]

    def uploaded(
        self, sha256: str, host: str, now: datetime, *, lasts: timedelta = uploads.LEAST_LIFE
    ) -> tuple[str, datetime] | None:
        """The same, with the end of its life."""
        with self._asking() as db:
            found = uploads.find(db, sha256, host, stamp(now), stamp(now + lasts))
        return None if found is None else (found[0], datetime.fromisoformat(found[1]))

    def keep_upload(self, sha256: str, host: str, url: str, *, now: datetime, expires: datetime | None = None) -> None:
        """Remember where these bytes were put. `expires` None: after uploads.USUAL_LIFE."""
        with self._changing() as db:
            uploads.keep(db, sha256, host, url, stamp(now), stamp(expires or now + uploads.USUAL_LIFE))

    def forget_upload(self, sha256: str, host: str) -> None:
        """The URL no longer works."""
        with self._changing() as db:
            uploads.forget(db, sha256, host)

    def forget_uploads_of(self, id: int) -> None:
        """A roll's references could not be fetched: the next one sends them anew."""
        with self._changing() as db:
            uploads.forget_sent(db, id)

    # Inside -----------------------------------------------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing, and on the disk when the block is left."""
        with self._turn, in_words(self.path), transaction(self._db) as db:
            yield db

    def _surely(self, step: Callable[[sqlite3.Connection], None]) -> None:
        """A step that tells what has happened already: where the disk is full, in the room kept for it."""
        try:
            with self._changing() as db:
                step(db)
        except LedgerUnusable as error:
            if not error.full or not self._spare.give():
                raise
            with self._changing() as db:
                step(db)

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        with self._turn, in_words(self.path):
            yield self._db

    def _undecided(self, db: sqlite3.Connection, roll: RollLike, queue: str) -> None:
        """Raises TakeUndecided when a roll that is not over asked for one of the same takes, at any queue that may be
        the same service."""
        sql = f"""SELECT id, state, takes, queue, show FROM rolls
            WHERE key = ? AND state IN ({", ".join("?" * len(OPEN))})"""  # noqa: S608
        for id, state, takes, where, show in db.execute(sql, (roll.key, *map(str, OPEN))).fetchall():
            both = sorted(set(json.loads(takes)) & set(roll.takes))
            if both and may_be_the_same(queue, where):
                raise TakeUndecided(
                    f"{roll.address}: take {both[0]} was asked for already and is not over (roll {id} of the show "
                    f"{show} at {where} is {state}); `shotpilot reconcile` for that show says more"
                )

    def _price(self, db: sqlite3.Connection, id: int) -> int | None:
        row = db.execute("SELECT price FROM rolls WHERE id = ?", (id,)).fetchone()
        return None if row is None else row[0]

    def _accept(
        self, db: sqlite3.Connection, id: int, submitted: SubmittedLike, from_state: State, now: datetime, who: str
    ) -> None:
        sql = "SELECT id, address FROM rolls WHERE request_id = ?"
        if other := db.execute(sql, (submitted.request_id,)).fetchone():
            raise LedgerConflict(f"request {submitted.request_id} belongs to roll {other[0]} ({other[1]}) already")
        values = {"request_id": submitted.request_id, "submitted_at": stamp(now), "decided_by": clean_text(who)}
        self._move(db, id, State.SUBMITTED, (from_state,), values)
        urls = (submitted.status_url, submitted.response_url, submitted.cancel_url, id)
        db.execute("UPDATE papers SET status_url = ?, response_url = ?, cancel_url = ? WHERE roll = ?", urls)

    def _move(
        self, db: sqlite3.Connection, id: int, to: State, states: Sequence[State], values: Mapping[str, object]
    ) -> None:
        """The compare-and-set: `id` goes from one of `states` to `to`. Raises LedgerConflict."""
        sets = ", ".join(f"{name} = ?" for name in ("state", *values))
        sql = f"UPDATE rolls SET {sets} WHERE id = ? AND state IN ({', '.join('?' * len(states))}) RETURNING id"  # noqa: S608
        if db.execute(sql, (str(to), *values.values(), id, *map(str, states))).fetchall():
            return
        row = db.execute("SELECT address, state FROM rolls WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise LedgerConflict(f"the ledger has no roll {id}")
        raise LedgerConflict(
            f"{row[0]}: roll {id} is {row[1]}, so it cannot become {to}; another run or `reconcile` moved it. "
            "Nothing was changed"
        )


def _shot_of(address: str) -> str:
    at = Address.parse(address)
    return f"{at.scene}/{at.shot}"


def _line_of(roll: RollLike, asked: Asked) -> dict[str, object]:
    """The line of a roll that is about to be sent, as far as the roll says it."""
    return {
        "state": State.INTENDED, "run": asked.run, "show": asked.show, "address": roll.address,
        "scene": Address.parse(roll.address).scene, "shot": asked.shot, "stage": asked.stage, "day": asked.day,
        "endpoint": roll.endpoint, "queue": asked.queue, "key": roll.key, "takes": json.dumps(list(roll.takes)),
        "panels": roll.panels, "picture_price": roll.picture_price, "reserved": asked.price,
    }  # fmt: skip


def _written_down(db: sqlite3.Connection, line: Mapping[str, object], body: Mapping[str, object], form: str) -> int:
    """Put the line into the book, with what is to be sent beside it. Returns its id."""
    names, marks = ", ".join(line), ", ".join(f":{name}" for name in line)
    sql = f"INSERT INTO rolls ({names}) VALUES ({marks})"  # noqa: S608 -- our own words only
    id = int(db.execute(sql, dict(line)).lastrowid or 0)
    papers = (id, json.dumps(body, ensure_ascii=False, separators=(",", ":")), form)
    db.execute("INSERT INTO papers (roll, body, form) VALUES (?, ?, ?)", papers)
    return id
