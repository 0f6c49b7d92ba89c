"""The index of the store: how many whole takes each render key has, told in milliseconds.

A memory of the folders and nothing more: it can be deleted at any time. Does not know what a take was bought for.

How it stays true without looking at each file: it remembers, for every folder of records and of pictures, a *stamp*
(times of change and inode) from before the folder was last listed. A folder whose stamp is another is listed again. A
folder that changed less than RACY before it was listed could change once more within the same tick of the clock, so
its stamp is not remembered and it is listed again next time. The store's own writes are entered at once, but their
folders' stamps are not: the next look lists those folders again, so that nothing done beside a write is missed.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import NamedTuple, TypeVar

from shotpilot_pipeline.store.objects import is_whole
from shotpilot_pipeline.store.pictures import EXTENSIONS
from shotpilot_pipeline.store.questions import gathered, rows_of, tallied, whole_takes, whole_takes_of
from shotpilot_pipeline.store.records import RECORD_NAME, DamagedRecord, Entry, read_record
from shotpilot_pipeline.values.digest import sha256_text
from shotpilot_pipeline.values.origin import is_loopback
from shotpilot_pipeline.values.take import Picture, Take

T = TypeVar("T")

FORMAT = 2  # an index of another format is made anew
RACY = 2_000_000_000  # ns; FAT, the coarsest file system in use, keeps times of change to 2 s
WAIT = 30.0  # s for another process to finish writing the index
#: The file cannot be used just now, though it may be good: then the index is kept in memory, which is only slower.
_UNWRITABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_SHARD = re.compile(r"[0-9a-f]{2}\Z")

_TABLES = """
CREATE TABLE folders (name TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE takes (key TEXT, number INTEGER, bytes INTEGER NOT NULL, changed INTEGER NOT NULL, damage TEXT NOT NULL,
    missing INTEGER NOT NULL, local INTEGER NOT NULL, PRIMARY KEY (key, number)) WITHOUT ROWID;
CREATE TABLE pictures (key TEXT, number INTEGER, panel INTEGER, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, format TEXT NOT NULL, missing INTEGER NOT NULL,
    PRIMARY KEY (key, number, panel)) WITHOUT ROWID;
CREATE INDEX pictures_by_bytes ON pictures (sha256);
CREATE TABLE tally (shard TEXT, local INTEGER, keys TEXT NOT NULL, counts TEXT NOT NULL, PRIMARY KEY (shard, local))
    WITHOUT ROWID;
"""


class Found(NamedTuple):
    """One record as found on disk: its size in bytes and time of change in ns, and what it says or why it does not."""

    key: str
    number: int
    bytes: int
    changed: int
    entry: Entry | None
    damage: str


class Index:
    """The index of one store's folder. Reads work for many processes while one writes; threads take turns.

    `local`: only takes from a queue on this machine (True) or only those from a real one (False); None: all.
    """

    def __init__(self, folder: Path, *, local: bool | None = None) -> None:
        self._wanted = (0, 1) if local is None else (int(local),) * 2
        self._folder = folder
        self._file = folder / "index.db"
        self._turn = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._in_memory = False

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            if self._db is not None:
                self._db.close()
            self._db = None

    def counts(self) -> dict[str, int]:
        """Every render key that has whole takes, and how many."""
        return self._ask(None, lambda db: tallied(db, self._wanted), {})

    def stamp(self) -> str:
        """What changes whenever a record or a picture comes or goes: all folders' stamps; "" where one is too young.

        A folder that changed less than 2 s ago could change again without its times telling.
        """
        stamps = {name: _stamp(f"{self._folder}/{name}") for name in _shards(self._folder)}
        youngest = max((int(stamp.partition(".")[0]) for stamp in stamps.values() if stamp), default=0)
        return "" if time.time_ns() - youngest < RACY else sha256_text(repr(sorted(stamps.items())))

    def takes(self) -> dict[str, tuple[Take, ...]]:
        """Every whole take whose pictures are there, by key, in order of number."""
        return self._ask(None, lambda db: whole_takes(db, self._wanted), {})

    def takes_of(self, key: str) -> tuple[Take, ...]:
        """The same of one key."""
        return self._ask(key[:2], lambda db: whole_takes_of(db, key, self._wanted), ())

    def recorded(self, key: str) -> tuple[Take, ...]:
        """The takes of `key` with a good record, in order of number, whether their pictures are there or not."""
        return self._ask(key[:2], lambda db: tuple(gathered(rows_of(db, key, self._wanted))), ())

    def numbers(self, key: str) -> tuple[int, ...]:
        """Every number that has a record under `key`, damaged ones too."""
        sql = "SELECT number FROM takes WHERE key = ? ORDER BY number"
        return self._ask(key[:2], lambda db: tuple(number for (number,) in db.execute(sql, (key,))), ())

    def damaged(self) -> tuple[tuple[str, int, str], ...]:
        """Every record that cannot be read: key, number and why."""
        sql = "SELECT key, number, damage FROM takes WHERE damage <> '' ORDER BY key, number"
        return self._ask(None, lambda db: tuple(db.execute(sql)), ())

    def lost(self) -> tuple[Picture, ...]:
        """Every picture that a good record speaks of and that is not there, or not in its whole length."""
        sql = "SELECT DISTINCT sha256, bytes, width, height, format FROM pictures WHERE missing <> 0 ORDER BY sha256"
        return self._ask(None, lambda db: tuple(Picture._make(row) for row in db.execute(sql)), ())

    def enter(self, found: Found) -> None:
        """Enter a record that was just written. Its folders' stamps are left alone (see the module's rule)."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("BEGIN IMMEDIATE")
            _enter(db, self._folder, [found])
            _tally(db, {found.key[:2]})
            db.execute("COMMIT")

        with self._turn, suppress(sqlite3.Error):  # the take is kept; the next look finds it
            self._sure(work)

    def doubt(self, sha256: str) -> None:
        """Look again at the folder of a picture that turned out not to be what the index says."""
        with self._turn, suppress(sqlite3.Error):
            self._sure(lambda db: db.execute("DELETE FROM folders WHERE name = ?", (f"objects/{sha256[:2]}",)))

    def rebuild(self) -> int:
        """Forget everything and read every record again. Returns how many good records there are."""
        sql = "SELECT count(*) FROM takes WHERE damage = ''"
        with self._turn:
            self._sure(lambda db: _make_tables(db, anew=True))
            return self._ask(None, lambda db: int(db.execute(sql).fetchone()[0]), 0)

    def _ask(self, shard: str | None, question: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        """The answer to `question` after a look at the folders (of one shard of records, or all)."""
        if not self._folder.is_dir():
            return nothing

        def work(db: sqlite3.Connection) -> T:
            db.execute("BEGIN")
            if _changed(db, self._folder, shard):
                db.execute("COMMIT")
                db.execute("BEGIN IMMEDIATE")  # listed inside: what another process enters meanwhile waits its turn
                _refresh(db, self._folder, _changed(db, self._folder, shard))
            answer = question(db)
            db.execute("COMMIT")
            return answer

        with self._turn:
            return self._sure(work)

    def _sure(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` on the index; where its file is damaged or cannot be written, on one made anew or in memory."""
        try:
            return self._tried(work)
        except sqlite3.DatabaseError as error:
            self.close()
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNWRITABLE:
                self._in_memory = True
            else:  # damaged: it holds nothing that the records do not
                self._discard()
        return self._tried(work)

    def _tried(self, work: Callable[[sqlite3.Connection], T]) -> T:
        db = self._connected()
        try:
            return work(db)
        finally:
            if db.in_transaction:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")

    def _connected(self) -> sqlite3.Connection:
        if self._db is None:
            if not os.access(self._folder, os.W_OK):
                self._in_memory = True
            place = ":memory:" if self._in_memory else str(self._file)
            self._db = sqlite3.connect(place, timeout=WAIT, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")  # a lost last entry is found again by its folder's stamp
            _make_tables(self._db)
        return self._db

    def _discard(self) -> None:
        for ending in ("", "-wal", "-shm"):
            with suppress(OSError):
                os.unlink(f"{self._file}{ending}")


def _make_tables(db: sqlite3.Connection, *, anew: bool = False) -> None:
    if not anew and db.execute("PRAGMA user_version").fetchone()[0] == FORMAT:
        return
    db.execute("BEGIN IMMEDIATE")
    if anew or db.execute("PRAGMA user_version").fetchone()[0] != FORMAT:  # nobody made them while we waited
        for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            db.execute(f'DROP TABLE "{table}"')
        for statement in filter(str.strip, _TABLES.split(";")):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {FORMAT}")
    db.execute("COMMIT")


# Keeping up with the folders ------------------------------------------------------------------------------------------


def _changed(db: sqlite3.Connection, folder: Path, shard: str | None) -> dict[str, str]:
    """The folders that are not as remembered, each with its stamp now ("": gone)."""
    if shard is not None:
        name = f"takes/{shard}"
        known = db.execute("SELECT stamp FROM folders WHERE name = ?", (name,)).fetchone()
        now = _stamp(folder / name)
        return {} if now == (known[0] if known else "") else {name: now}
    before: dict[str, str] = dict(db.execute("SELECT name, stamp FROM folders"))
    after = {name: _stamp(f"{folder}/{name}") for name in _shards(folder)}
    gone = {name: "" for name in before if name not in after}
    return {name: stamp for name, stamp in after.items() if before.get(name) != stamp} | gone


def _shards(folder: Path) -> list[str]:
    names = []
    for room in ("takes", "objects"):
        with suppress(FileNotFoundError):
            names += [f"{room}/{name}" for name in os.listdir(folder / room) if _SHARD.match(name)]
    return names


def _stamp(path: Path | str) -> str:
    """What changes whenever a name in the folder does: times in ns and inode; "" where there is no folder."""
    try:
        seen = os.stat(path)
    except OSError:
        return ""
    return f"{max(seen.st_mtime_ns, seen.st_ctime_ns)}.{seen.st_mtime_ns}.{seen.st_ino}"


def _refresh(db: sqlite3.Connection, folder: Path, changed: Mapping[str, str]) -> None:
    """List the changed folders again, records first, and remember the stamps that can be trusted."""
    settled = time.time_ns() - RACY
    touched: set[str] = set()
    for name in sorted(changed, reverse=True):  # takes/.. before objects/..
        room, _, shard = name.partition("/")
        touched |= _list_records(db, folder, shard) if room == "takes" else _list_pictures(db, folder, shard)
    _tally(db, touched)
    for name, stamp in changed.items():
        if stamp and int(stamp.partition(".")[0]) < settled:
            db.execute("INSERT OR REPLACE INTO folders VALUES (?, ?)", (name, stamp))
        else:
            db.execute("DELETE FROM folders WHERE name = ?", (name,))


def _list_records(db: sqlite3.Connection, folder: Path, shard: str) -> set[str]:
    """Bring the rows of one folder of records up to it. Returns the shards of keys whose takes may have changed."""
    rows = db.execute("SELECT key, number, bytes, changed FROM takes WHERE key BETWEEN ? AND ?", _span(shard))
    before = {(key, number): (size, changed) for key, number, size, changed in rows}
    fresh: list[Found] = []
    for found in _records_in(folder / "takes" / shard, shard):
        known = before.pop((found.key, found.number), None)
        if known != (found.bytes, found.changed):
            fresh.append(read_found(folder, found))
    _forget(db, before)
    _enter(db, folder, fresh)
    return {shard} if fresh or before else set()


def _records_in(place: Path, shard: str) -> Iterable[Found]:
    """The records of one folder, not yet read."""
    with suppress(FileNotFoundError), os.scandir(place) as listed:
        for file in listed:
            if (name := RECORD_NAME.match(file.name)) and file.name.startswith(shard):
                seen = file.stat()
                yield Found(name[1], int(name[2]), seen.st_size, seen.st_mtime_ns, None, "")


def read_found(folder: Path, found: Found) -> Found:
    """The same with what the record says, or with why it cannot be read."""
    path = f"{folder}/takes/{found.key[:2]}/{found.key}.{found.number}.json"
    try:
        return found._replace(entry=read_record(path))
    except (DamagedRecord, OSError) as error:
        return found._replace(damage=str(error))


def _forget(db: sqlite3.Connection, takes: Iterable[tuple[str, int]]) -> None:
    gone = list(takes)
    db.executemany("DELETE FROM takes WHERE key = ? AND number = ?", gone)
    db.executemany("DELETE FROM pictures WHERE key = ? AND number = ?", gone)


def _enter(db: sqlite3.Connection, folder: Path, records: Iterable[Found]) -> None:
    for found in records:
        _forget(db, [(found.key, found.number)])
        pictures = found.entry.take.pictures if found.entry else ()
        absent = [not is_whole(folder, picture) for picture in pictures]
        missing = sum(absent) if pictures else 1  # a damaged record counts as missing
        local = int(found.entry is not None and is_loopback(found.entry.origin.get("queue")))
        row = (found.key, found.number, found.bytes, found.changed, found.damage, missing, local)
        db.execute("INSERT INTO takes VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        panels = enumerate(zip(pictures, absent, strict=True))
        rows = [(found.key, found.number, panel, *picture, gone) for panel, (picture, gone) in panels]
        db.executemany("INSERT INTO pictures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _list_pictures(db: sqlite3.Connection, folder: Path, shard: str) -> set[str]:
    """Mark which pictures of one folder are there, by name and size. Returns the shards of keys that are concerned."""
    there: dict[str, int] = {}
    with suppress(FileNotFoundError), os.scandir(folder / "objects" / shard) as listed:
        there = {file.name: file.stat().st_size for file in listed}
    sql = "SELECT key, number, panel, sha256, bytes, format, missing FROM pictures WHERE sha256 BETWEEN ? AND ?"
    turned = [
        (absent, key, number, panel)
        for key, number, panel, sha256, size, form, missing in db.execute(sql, _span(shard)).fetchall()
        if (absent := there.get(f"{sha256}.{EXTENSIONS[form]}") != size) != missing
    ]
    db.executemany("UPDATE pictures SET missing = ? WHERE key = ? AND number = ? AND panel = ?", turned)
    count = "SELECT sum(missing) FROM pictures p WHERE p.key = takes.key AND p.number = takes.number"
    db.executemany(
        f"UPDATE takes SET missing = ({count}) WHERE key = ? AND number = ?",  # noqa: S608 -- no foreign text in it
        {(key, number) for _, key, number, _ in turned},
    )
    return {key[:2] for _, key, _, _ in turned}


def _tally(db: sqlite3.Connection, shards: Iterable[str]) -> None:
    """Count the whole takes of each key anew, packed to one row a shard: 256 rows are read faster than 30,000."""
    sql = "SELECT key, count(*) FROM takes WHERE missing = 0 AND local = ? AND key BETWEEN ? AND ? GROUP BY key"
    for shard, local in product(shards, (0, 1)):
        rows = db.execute(sql, (local, *_span(shard))).fetchall()
        packed = (shard, local, " ".join(key for key, _ in rows), " ".join(str(count) for _, count in rows))
        db.execute("INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?)", packed)


def _span(shard: str) -> tuple[str, str]:
    """The first and the last text that hex digits after `shard` can make."""
    return shard, f"{shard}g"
