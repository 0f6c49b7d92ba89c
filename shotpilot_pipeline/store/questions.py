"""What is asked of the index: counts and takes, as SQL. Does not look at files, nor keep the index up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from shotpilot_pipeline.values.take import Picture, Take


def tallied(db: sqlite3.Connection, local: tuple[int, int]) -> dict[str, int]:
    """Every render key with whole takes, and how many; `local` names the kinds of queue that count."""
    counts: dict[str, int] = {}
    for keys, numbers in db.execute("SELECT keys, counts FROM tally WHERE local IN (?, ?) AND keys <> ''", local):
        found = zip(keys.split(), map(int, numbers.split()), strict=True)
        counts.update(found if not counts else [(key, counts.get(key, 0) + number) for key, number in found])
    return counts


def whole_takes_of(db: sqlite3.Connection, key: str, local: tuple[int, int]) -> tuple[Take, ...]:
    """The whole takes of one key, in order of number; `local` as in `tallied`."""
    sql = """SELECT p.key, p.number, p.sha256, p.bytes, p.width, p.height, p.format FROM pictures p
        JOIN takes t ON t.key = p.key AND t.number = p.number WHERE p.key = ? AND t.missing = 0 AND t.local IN (?, ?)
        ORDER BY p.number, p.panel"""
    return tuple(gathered(db.execute(sql, (key, *local))))


def whole_takes(db: sqlite3.Connection, local: tuple[int, int]) -> dict[str, tuple[Take, ...]]:
    """Every whole take by key, in order of number; `local` as in `tallied`."""
    columns = "p.key, p.number, p.sha256, p.bytes, p.width, p.height, p.format FROM pictures p"
    if db.execute("SELECT 1 FROM takes WHERE missing <> 0 OR local NOT IN (?, ?) LIMIT 1", local).fetchone():
        joined = "JOIN takes t ON t.key = p.key AND t.number = p.number WHERE t.missing = 0 AND t.local IN (?, ?)"
        rows = db.execute(f"SELECT {columns} {joined} ORDER BY p.key, p.number, p.panel", local)
    else:  # every take counts: a third of the time without the join
        rows = db.execute(f"SELECT {columns} ORDER BY p.key, p.number, p.panel")
    by_key: dict[str, tuple[Take, ...]] = {}
    for take in gathered(rows):
        before = by_key.get(take.key)
        by_key[take.key] = (take,) if before is None else (*before, take)
    return by_key


def rows_of(
    db: sqlite3.Connection, key: str, local: tuple[int, int]
) -> Iterable[tuple[str, int, str, int, int, int, str]]:
    """The pictures of every recorded take of one key, in order of number and panel."""
    sql = """SELECT p.key, p.number, p.sha256, p.bytes, p.width, p.height, p.format FROM pictures p
        JOIN takes t ON t.key = p.key AND t.number = p.number WHERE p.key = ? AND t.local IN (?, ?)
        ORDER BY p.number, p.panel"""
    return db.execute(sql, (key, *local))


def gathered(rows: Iterable[tuple[str, int, str, int, int, int, str]]) -> list[Take]:
    """Rows in order of key, number and panel, gathered into takes."""
    takes: list[Take] = []
    last_key, last_number = "", 0
    pictures: tuple[Picture, ...] = ()
    new, add = tuple.__new__, takes.append  # a long list has 30,000 of them
    for row in rows:
        key, number, picture = row[0], row[1], new(Picture, row[2:])
        if number == last_number and key == last_key:
            pictures = (*pictures, picture)
            takes[-1] = new(Take, (key, number, pictures))
        else:
            last_key, last_number, pictures = key, number, (picture,)
            add(new(Take, (key, number, pictures)))
    return takes
