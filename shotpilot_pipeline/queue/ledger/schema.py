"""The ledger's file: its tables, how it is opened, how an older one is brought up. Does not know what a roll is for.

`PRAGMA user_version` holds the format. MIGRATIONS is the door for the next one: statements by the format they start
from, carried out in one transaction when a ledger is opened for writing.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.queue.ledger.rows import MOVES, OPEN, LedgerConflict, LedgerDamaged, LedgerUnusable, State

FORMAT = 4
APPLICATION = 0x53_48_4F_54  # "SHOT": marks the file as ours
WAIT = 30.0  # s for another process to finish its transaction
OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
MOST_NANO = 10_000 * 1_000_000_000  # of one roll: ten thousand dollars, so that sums stay far below 64 bits
MOST_ANSWER = 8192  # bytes of a trimmed answer
#: Locks and shared memory of these do not hold what WAL needs.
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "lustre", "glusterfs", "ceph"}
    | {f"fuse.{name}" for name in ("sshfs", "glusterfs", "rclone", "s3fs", "gcsfuse", "davfs2", "ceph-fuse")}
)
_FULL = frozenset({sqlite3.SQLITE_FULL})
_BARRED = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def _words(states: object) -> str:
    return ", ".join(f"'{state}'" for state in states)  # type: ignore[attr-defined]


_MOVES = ", ".join(f"'{old}>{new}'" for old, news in MOVES.items() for new in sorted(news))

#: What caps are measured against, kept in step with the rolls inside each transaction: a sum over 100,000 rolls at
#: each intent would cost more than the disk does. In the order: scope, show, name; each at every queue by itself, since
#: what a queue on this machine pretends to charge is no money.
SCOPES = (("run", "''", "run"), ("day", "''", "day"), ("show", "show", "''"), ("shot", "show", "shot"),
          ("stage", "show", "stage"))  # fmt: skip


def _counted(row: str, sign: str) -> str:
    """The statement of a trigger that adds a row to its totals, or takes it off."""
    money = f"{row}.reserved, coalesce({row}.charged, 0)"
    named = ((scope, [part if part.startswith("'") else f"{row}.{part}" for part in parts]) for scope, *parts in SCOPES)
    rows = ", ".join(f"('{scope}', {row}.queue, {show}, {name}, {money})" for scope, (show, name) in named)
    return (
        f"INSERT INTO totals VALUES {rows} ON CONFLICT DO UPDATE SET "  # noqa: S608 -- our own words only
        f"reserved = totals.reserved {sign} excluded.reserved, charged = totals.charged {sign} excluded.charged"
    )


_TOTALS = f"""
CREATE TABLE totals (
    scope TEXT NOT NULL,
    queue TEXT NOT NULL,
    show TEXT NOT NULL,
    name TEXT NOT NULL,
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    charged INTEGER NOT NULL CHECK (charged >= 0),
    PRIMARY KEY (scope, show, name, queue)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER rolls_count AFTER INSERT ON rolls BEGIN {_counted("NEW", "+")}; END;
CREATE TRIGGER rolls_recount AFTER UPDATE OF reserved, booked, billed, day ON rolls
    BEGIN {_counted("OLD", "-")}; {_counted("NEW", "+")}; END;
"""

_RECOUNT = "".join(
    f"INSERT INTO totals SELECT '{scope}', queue, {show}, {name}, sum(reserved), sum(coalesce(charged, 0)) "  # noqa: S608
    f"FROM rolls GROUP BY queue, {show}, {name};\n"
    for scope, show, name in SCOPES
)

#: Saved plans that may be carried out once, each from `saved` over `open` to `done` (docs/plans.md).
_PLANS = """
CREATE TABLE plans (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('saved', 'open', 'done')),
    show TEXT NOT NULL,
    saved_at TEXT NOT NULL,
    begun_at TEXT NOT NULL DEFAULT '',
    ended_at TEXT NOT NULL DEFAULT '',
    runs TEXT NOT NULL DEFAULT '[]'
) STRICT, WITHOUT ROWID;
CREATE TRIGGER plans_move BEFORE UPDATE OF state ON plans
    WHEN OLD.state || '>' || NEW.state NOT IN ('saved>open', 'open>open', 'open>done')
    BEGIN SELECT RAISE(ABORT, 'a plan cannot move so'); END;
CREATE TRIGGER plans_stay BEFORE DELETE ON plans
    BEGIN SELECT RAISE(ABORT, 'a plan is never deleted'); END;
CREATE INDEX rolls_failed ON rolls (show, key) WHERE outcome = 'failed';
"""

#: 1 to 2: totals by queue. 2 to 3: saved plans; failed rolls are found quickly. 3 to 4: who ran the render.
MIGRATIONS: Mapping[int, str] = {
    1: f"DROP TRIGGER rolls_count;\nDROP TRIGGER rolls_recount;\nDROP TABLE totals;\n{_TOTALS}{_RECOUNT}",
    2: _PLANS,
    3: "ALTER TABLE rolls ADD COLUMN person TEXT NOT NULL DEFAULT '';\n",
}

#: Money columns are nano-USD. What each column means: docs/ledger.md.
TABLES = f"""
CREATE TABLE rolls (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ({_words(State)})),
    run TEXT NOT NULL,
    show TEXT NOT NULL,
    address TEXT NOT NULL,
    scene TEXT NOT NULL,
    shot TEXT NOT NULL,
    stage TEXT NOT NULL,
    day TEXT NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    day_cap INTEGER,
    endpoint TEXT NOT NULL,
    queue TEXT NOT NULL,
    key TEXT NOT NULL,
    takes TEXT NOT NULL CHECK (takes GLOB '[[]*]'),
    panels INTEGER NOT NULL CHECK (panels >= 1),
    picture_price INTEGER NOT NULL CHECK (picture_price BETWEEN -1 AND {MOST_NANO}),
    price INTEGER CHECK (price BETWEEN 0 AND {MOST_NANO}),
    reserved INTEGER NOT NULL CHECK (reserved BETWEEN 0 AND {MOST_NANO}),
    booked INTEGER CHECK (booked BETWEEN 0 AND {MOST_NANO}),
    billed INTEGER CHECK (billed BETWEEN 0 AND {MOST_NANO}),
    charged INTEGER GENERATED ALWAYS AS (coalesce(billed, booked)) STORED,
    verified INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
    units TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL DEFAULT '',
    request_id TEXT UNIQUE CHECK (request_id <> ''),
    hint TEXT NOT NULL DEFAULT '',
    intended_at TEXT NOT NULL,
    sending_at TEXT NOT NULL DEFAULT '',
    submitted_at TEXT NOT NULL DEFAULT '',
    closed_at TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL DEFAULT '',
    decided_by TEXT NOT NULL DEFAULT '',
    person TEXT NOT NULL DEFAULT '',
    CHECK (reserved = CASE WHEN state IN ({_words(OPEN)}) THEN coalesce(price, 0) ELSE 0 END),
    CHECK (booked IS NULL OR state NOT IN ({_words(OPEN)})),
    CHECK (billed IS NULL OR (state = 'closed' AND request_id IS NOT NULL AND verified = 1)),
    CHECK (verified = 0 OR charged IS NOT NULL),
    CHECK ((request_id IS NOT NULL) = (state = 'submitted' OR (state = 'closed' AND submitted_at <> ''))),
    CHECK (state <> 'closed' OR request_id IS NOT NULL OR (booked = 0 AND verified = 1)),
    CHECK ((outcome <> '') = (state = 'closed')),
    CHECK (state IN ('intended', 'released') OR sending_at <> ''),
    CHECK (sending_at <> '' OR booked IS NULL)
) STRICT;
CREATE TABLE papers (
    roll INTEGER PRIMARY KEY REFERENCES rolls (id),
    body TEXT NOT NULL,
    form TEXT NOT NULL,
    status_url TEXT NOT NULL DEFAULT '',
    response_url TEXT NOT NULL DEFAULT '',
    cancel_url TEXT NOT NULL DEFAULT '',
    answer TEXT NOT NULL DEFAULT '' CHECK (length(CAST(answer AS BLOB)) <= {MOST_ANSWER})
) STRICT;
CREATE TABLE uploads (
    sha256 TEXT NOT NULL,
    host TEXT NOT NULL,
    url TEXT NOT NULL,
    uploaded_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (sha256, host)
) STRICT, WITHOUT ROWID;
CREATE INDEX rolls_by_shot ON rolls (show, shot);
CREATE INDEX rolls_by_run ON rolls (run);
CREATE INDEX rolls_by_day ON rolls (day);
CREATE INDEX rolls_by_key ON rolls (key, state);
CREATE INDEX rolls_refused ON rolls (show, key) WHERE outcome = 'refused';
CREATE INDEX rolls_open ON rolls (state) WHERE state IN ({_words(OPEN)});
CREATE TRIGGER rolls_move BEFORE UPDATE OF state ON rolls
    WHEN OLD.state || '>' || NEW.state NOT IN ({_MOVES})
    BEGIN SELECT RAISE(ABORT, 'a roll cannot move so'); END;
CREATE TRIGGER rolls_stay BEFORE DELETE ON rolls
    BEGIN SELECT RAISE(ABORT, 'a roll is never deleted'); END;
CREATE TRIGGER rolls_price BEFORE UPDATE OF price, picture_price, key, takes, show, address, queue ON rolls
    BEGIN SELECT RAISE(ABORT, 'what was asked for never changes'); END;
CREATE VIEW bill AS SELECT id, day, run, show, address, takes, state, outcome, price / 1e9 AS price_usd,
    reserved / 1e9 AS reserved_usd, charged / 1e9 AS charged_usd, verified, request_id, why FROM rolls;
{_TOTALS}{_PLANS}"""  # noqa: S608 -- our own words only


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open the ledger at `path`, made where there is none, brought up where it is older.

    Raises LedgerUnusable, LedgerDamaged, or UsageError (a network file system, a newer format).
    """
    _check_version()
    with in_words(path):
        _make_folder(path.parent)
        if (kind := file_system(path.parent)) in NETWORK_FILE_SYSTEMS:
            raise UsageError(f"{path}: lies on a network disk ({kind}), where a ledger can be damaged; keep "
                             ".shotpilot on a disk of this machine")  # fmt: skip
        check_not_lost(path)
        db = _connected(f"{path.absolute().as_uri()}?mode=rwc")
        try:
            _set_up(db)
            _bring_up(db, path)
        except BaseException:
            db.close()
            raise
    return db


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the ledger at `path` to look into it; an empty one in memory where there is none, and no file
    is made for it (beside one that is there, SQLite may leave its own -shm and an empty -wal). Raises as
    `open_for_writing`."""
    _check_version()
    check_not_lost(path)
    if not path.exists():
        db = _connected("file::memory:")
        _bring_up(db, path)
        return db
    with in_words(path):
        log = path.with_name(f"{path.name}-wal")
        as_is = os.access in os.supports_effective_ids
        writable = all(os.access(place, os.W_OK, effective_ids=as_is) for place in (path.parent, path))
        still = not writable and not (log.exists() and log.stat().st_size)  # nothing outside the file: read it as it is
        db = _connected(f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}")
        try:
            found = _format(db, path)
            if found != FORMAT:
                db.close()
                db = _connected("file::memory:") if not found else open_for_writing(path)
                if not found:
                    _bring_up(db, path)
        except BaseException:
            db.close()
            raise
    return db


def check_not_lost(path: Path) -> None:
    """Raises LedgerDamaged where what lies beside the ledger says that it knew rolls, and it is gone or empty: made
    anew, it would buy again what is on its way."""
    beside = [path.with_name(f"{path.name}-{ending}") for ending in ("spare", "wal")]
    left = next((file for file in beside if file.exists() and file.stat().st_size), None)
    if left is None or (path.exists() and path.stat().st_size):
        return
    what = "is empty" if path.exists() else "is gone"
    raise LedgerDamaged(
        f"{path}: {what}, though {left.name} beside it says that it was used; put it back from a backup, since it "
        f"knows what is on its way and paid. If there is none: look at your requests on fal.ai first, then take "
        f"{left.name} away too, and a new ledger is begun"
    )


def _connected(uri: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, timeout=WAIT, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA trusted_schema = OFF")
    return db


def _set_up(db: sqlite3.Connection) -> None:
    """WAL, and every commit on the disk before it returns. Two that open at once both ask for WAL: one waits."""
    ends = time.monotonic() + WAIT
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _HELD or time.monotonic() > ends:
                raise
            time.sleep(0.01)
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA fullfsync = ON")  # a Mac's plain fsync leaves the bytes in the disk's own memory
    db.execute("PRAGMA checkpoint_fullfsync = ON")


def _bring_up(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or carry out what leads from an older format to this one, in one transaction."""
    if _format(db, path) == FORMAT:
        return
    with transaction(db):
        found = _format(db, path)  # again: somebody else may have done it while we waited
        if not found:
            _run(db, TABLES)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {FORMAT}")
        while found and found < FORMAT:
            _run(db, MIGRATIONS[found])
            found += 1
            db.execute(f"PRAGMA user_version = {found}")


def _format(db: sqlite3.Connection, path: Path) -> int:
    """The format of the file; 0: it is empty. Raises LedgerDamaged for another program's file, UsageError for a
    newer one."""
    ours = db.execute("PRAGMA application_id").fetchone()[0]
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if ours != APPLICATION and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise LedgerDamaged(f"{path}: is a database, but no ledger of ours; move it away, or put the right one back")
    if found > FORMAT:
        raise UsageError(f"{path}: was written by a newer shotpilot (format {found}, this one knows {FORMAT}); update")
    return found


def _run(db: sqlite3.Connection, script: str) -> None:
    """The statements of a script, inside the open transaction (executescript would commit it)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of the block or nothing of it; nobody else writes meanwhile."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
        raise


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system says into a sentence. Raises LedgerUnusable, LedgerDamaged, LedgerConflict."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise LedgerConflict(f"{path}: the ledger does not take this: {error}; nothing was changed") from error
    except sqlite3.Error as error:
        raise _in_words(path, error) from error
    except OSError as error:
        raise LedgerUnusable(f"{path}: cannot be used ({error.strerror or error}); {_SAFE}") from error


_SAFE = "nothing was half written, and what was bought is safe: cure that and run the same command again"


def _in_words(path: Path, error: sqlite3.Error) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return LedgerDamaged(
            f"{path}: is damaged ({error}); do not delete it, it knows what is paid. Copy it (with its -wal), then "
            f"put a backup back, or save what can be saved: sqlite3 {path.name} .recover"
        )
    if code in _FULL:
        return LedgerUnusable(f"{path}: the disk is full; {_SAFE}", full=True)
    if code == sqlite3.SQLITE_IOERR:
        return LedgerUnusable(
            f"{path}: the disk does not take it or give it back ({error}); it may be full; {_SAFE}", full=True
        )
    if code in _BARRED:
        return LedgerUnusable(f"{path}: may not be written here ({error}); {_SAFE}")
    if code in _HELD:
        return LedgerUnusable(f"{path}: another program has held the ledger for {WAIT:.0f} s; {_SAFE}")
    return LedgerUnusable(f"{path}: cannot be used ({error}); {_SAFE}")


def _check_version() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise UsageError(f"the ledger needs SQLite {wanted} or newer; this Python has {sqlite3.sqlite_version}")


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, their names safely on the disk."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        handle = os.open(new.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def file_system(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The kind of file system `folder` lies on; "" where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
        inside = f"{folder.resolve()}/"
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        left, _, right = line.partition(" - ")
        fields = left.split()
        point = fields[4].replace("\\040", " ") if len(fields) > 4 else ""
        if point and inside.startswith(f"{point.rstrip('/')}/") and len(point) >= best:
            best, kind = len(point), right.partition(" ")[0]
    return kind
