"""Questions to the ledger: rolls by state, by key, by request id; sums. Changes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping

from shotpilot_pipeline.queue.ledger.rows import OPEN, CostRow, LedgerRoll, State, Sums

#: What sums can be gathered by, and the column each stands in.
GROUPS: Mapping[str, str] = {
    "run": "run",
    "day": "day",
    "show": "show",
    "scene": "scene",
    "shot": "shot",
    "stage": "stage",
    "model": "endpoint",
}

_ROLL = """SELECT r.id, r.run, r.show, r.address, r.endpoint, r.key, r.takes, r.panels, r.picture_price, p.form, p.body,
    r.state, coalesce(r.request_id, ''), p.status_url, p.response_url, p.cancel_url, r.reserved, r.charged,
    r.price IS NULL, r.verified, r.units, r.outcome, p.answer, r.intended_at, r.sending_at, r.submitted_at,
    r.closed_at, r.queue, r.price, r.booked, r.billed, r.day, r.why, r.decided_by, r.hint, r.person
    FROM rolls r JOIN papers p ON p.roll = r.id"""


def _words(states: Iterable[State]) -> str:
    return ", ".join(f"'{state}'" for state in states)


_SUMS = f"""count(*), total(state IN ({_words(OPEN)})), total(state = 'unknown'),
    sum(iif(state = 'released' AND booked IS NULL, 0, coalesce(price, 0))), sum(reserved), sum(coalesce(charged, 0)),
    sum(iif(verified, 0, coalesce(charged, 0))),
    sum(iif(outcome = 'rendered' OR charged IS NULL, 0, charged)),
    total(price IS NULL AND charged IS NULL AND state <> 'released')"""


def rolls(db: sqlite3.Connection, where: str, values: Iterable[object] = ()) -> tuple[LedgerRoll, ...]:
    """The rolls of a condition over `r` and `p`, oldest first."""
    found = db.execute(f"{_ROLL} WHERE {where} ORDER BY r.id", tuple(values))
    return tuple(_roll(row) for row in found)


def _roll(row: tuple[object, ...]) -> LedgerRoll:
    roll = LedgerRoll._make(row)
    return roll._replace(
        takes=tuple(json.loads(str(roll.takes))),
        body=json.loads(str(roll.body)),
        state=State(roll.state),
        unpriced=bool(roll.unpriced),
        verified=bool(roll.verified),
    )


def in_states(
    db: sqlite3.Connection, states: Iterable[State], show: str | None, keys: Iterable[str] = ()
) -> tuple[LedgerRoll, ...]:
    """The rolls in one of `states`, all of which are open ones; of one show or of all, of some keys or of any."""
    wanted, asked = frozenset(states), list(keys)
    assert wanted <= set(OPEN)
    where = f"r.state IN ({_words(OPEN)}) AND r.state IN ({_words(sorted(wanted))})"  # the first names the index
    values: list[object] = []
    if show is not None:
        where, values = f"{where} AND +r.show = ?", [*values, show]  # few rolls are open: not the show's index
    if asked:
        where, values = f"{where} AND r.key IN ({_marks(asked)})", [*values, *asked]
    return rolls(db, where, values)


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))


def ended_keys(db: sqlite3.Connection, show: str, queue: str, outcome: str) -> dict[str, str]:
    """Keys whose last closed roll at `queue` ended as `refused` or `failed`, each with the reason."""
    assert outcome in ("refused", "failed")
    sql = f"""SELECT r.key, r.why FROM rolls r WHERE r.show = ? AND r.queue = ? AND r.outcome = '{outcome}'
        AND NOT EXISTS (SELECT 1 FROM rolls n WHERE n.key = r.key AND n.queue = r.queue AND n.state = 'closed'
        AND n.id > r.id)"""  # noqa: S608 -- written out, so that the index of such rolls is used
    return dict(db.execute(sql, (show, queue)))


def rendered(db: sqlite3.Connection, show: str) -> tuple[tuple[str, str], ...]:
    """Address and render key of every roll that brought takes, in the order in which they were asked for."""
    sql = (
        "SELECT address, key FROM rolls WHERE +show = ? AND outcome = 'rendered' GROUP BY address, key ORDER BY min(id)"
    )
    return tuple(db.execute(sql, (show,)))  # nearly all rows: no index


def cost_rows(db: sqlite3.Connection, show: str) -> tuple[CostRow, ...]:
    """Every roll of a show that was sent or will be, oldest first: without its papers, which would fill the memory."""
    sql = """SELECT address, key, takes, panels, state, outcome, reserved, charged, verified, price, endpoint, queue,
        day, run, person, intended_at FROM rolls
        WHERE +show = ? AND (state <> 'released' OR booked IS NOT NULL) ORDER BY id"""
    read: dict[str, tuple[int, ...]] = {}
    found = []
    for address, key, takes, panels, state, *rest in db.execute(sql, (show,)):
        numbers = read.setdefault(takes, tuple(json.loads(takes)))
        row = CostRow._make((address, key, numbers, panels, State(state), *rest))
        found.append(row._replace(verified=bool(row.verified)))
    return tuple(found)


def sums(db: sqlite3.Connection, chosen: Mapping[str, str | None]) -> Sums:
    """What the chosen rolls come to."""
    where, values = _where(chosen)
    row = db.execute(f"SELECT {_SUMS} FROM rolls {where}", values).fetchone()  # noqa: S608 -- our own words only
    return _as_sums(row)


def sums_by(db: sqlite3.Connection, group: str, chosen: Mapping[str, str | None]) -> dict[str, Sums]:
    """The same, gathered by one of GROUPS, in its order. Raises ValueError for another word."""
    if group not in GROUPS:
        raise ValueError(f"sums are gathered by {', '.join(GROUPS)}, not by {group!r}")
    where, values = _where(chosen)
    column = GROUPS[group]
    sql = f"SELECT {column}, {_SUMS} FROM rolls {where} GROUP BY +{column} ORDER BY +{column}"  # noqa: S608
    return {str(name): _as_sums(row) for name, *row in db.execute(sql, values)}


def _as_sums(row: Iterable[object]) -> Sums:
    return Sums(*(int(value or 0) for value in row))  # type: ignore[call-overload]


def _where(chosen: Mapping[str, str | None]) -> tuple[str, tuple[str, ...]]:
    asked = {GROUPS.get(name, name): value for name, value in chosen.items() if value is not None}
    if "shot" not in asked and "show" in asked:  # a show is most of its ledger: read through, not by an index
        asked["+show"] = asked.pop("show")
    where = " AND ".join(f"{column} = ?" for column in asked)
    return (f"WHERE {where}" if where else ""), tuple(asked.values())
