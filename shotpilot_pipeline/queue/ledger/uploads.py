"""Where reference pictures were put at the queue's media host, by their bytes. An upload is only ever a saving."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

USUAL_LIFE = timedelta(days=6)  # fal keeps files for at least 7 days (its FAQ), where nothing else was asked for
LEAST_LIFE = timedelta(hours=2)  # a request may wait for an hour, and a runner fetches the file after that


def find(db: sqlite3.Connection, sha256: str, host: str, now: str, until: str) -> tuple[str, str] | None:
    """The URL of these bytes at `host` that lives beyond `until`, and its end. One from the future (a clock set back)
    is none."""
    sql = "SELECT url, expires_at FROM uploads WHERE sha256 = ? AND host = ? AND expires_at > ? AND uploaded_at <= ?"
    row = db.execute(sql, (sha256, host, until, now)).fetchone()
    return None if row is None else (str(row[0]), str(row[1]))


def keep(db: sqlite3.Connection, sha256: str, host: str, url: str, at: str, expires: str) -> None:
    """Remember a URL; what has expired by now is forgotten."""
    db.execute("DELETE FROM uploads WHERE expires_at <= ?", (at,))
    db.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?)", (sha256, host, url, at, expires))


def forget_sent(db: sqlite3.Connection, roll: int) -> None:
    """The URLs that a roll sent along do not work."""
    db.execute("DELETE FROM uploads WHERE instr((SELECT body FROM papers WHERE roll = ?), url) > 0", (roll,))


def forget(db: sqlite3.Connection, sha256: str, host: str) -> None:
    """The URL no longer works."""
    db.execute("DELETE FROM uploads WHERE sha256 = ? AND host = ?", (sha256, host))
