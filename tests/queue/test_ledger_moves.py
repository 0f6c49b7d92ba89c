"""Every state and every step: what may follow what, and what the database itself holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.queue.ledger import schema
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import MOVES, OPEN, LedgerConflict, LedgerDamaged, State, TakeUndecided
from shotpilot_pipeline.values.money import Money
from tests.queue.ledgering import (
    CENT,
    NOON,
    QUEUE,
    STEPS,
    WAYS,
    accepted,
    after,
    brought_to,
    close,
    intend,
    opened,
    roll,
)

#: Where each step leads, from each state in which it is allowed. Anything else is a conflict.
ALLOWED = {
    "sending": {State.INTENDED: State.SENDING},
    "submitted": {State.SENDING: State.SUBMITTED},
    "unknown": {State.SENDING: State.UNKNOWN},
    "adopt": {State.UNKNOWN: State.SUBMITTED},
    "released": dict.fromkeys((State.INTENDED, State.SENDING, State.UNKNOWN), State.RELEASED),
    "sent again": {State.UNKNOWN: State.RELEASED},
    "written off": {State.UNKNOWN: State.WRITTEN_OFF},
    "closed": {State.SUBMITTED: State.CLOSED},
    "refused": {State.SENDING: State.CLOSED, State.SUBMITTED: State.CLOSED},
}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path / "ledger.db") as one:
        yield one


@pytest.mark.parametrize(("state", "step"), list(product(State, STEPS)), ids=str)
def test_every_step_from_every_state(ledger: Ledger, state: State, step: str) -> None:
    id = brought_to(ledger, state)
    before = ledger.roll(id)
    to = ALLOWED[step].get(state)
    if to is not None:
        STEPS[step](ledger, id)
        after_it = ledger.roll(id)
        assert after_it is not None
        assert after_it.state is to
        assert bool(after_it.reserved) == (to in OPEN)
    else:
        with pytest.raises(LedgerConflict):
            STEPS[step](ledger, id)
        assert ledger.roll(id) == before


@pytest.mark.parametrize(("old", "new"), list(product(State, State)), ids=str)
def test_the_database_holds_the_moves_too(ledger: Ledger, old: State, new: State) -> None:
    """A program that writes past the class is stopped at every move there is not."""
    id = brought_to(ledger, old)
    if new in MOVES[old]:
        return
    with pytest.raises(sqlite3.IntegrityError, match="cannot move so"):
        ledger._db.execute("UPDATE rolls SET state = ? WHERE id = ?", (new.value, id))


def test_the_moves_of_the_class_and_of_the_database_are_the_same() -> None:
    assert {(old, new) for ways in ALLOWED.values() for old, new in ways.items()} == {
        (old, new) for old, news in MOVES.items() for new in news
    }


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(
    "change",
    [
        "reserved = -1", "reserved = 1", "reserved = 1.5", "reserved = 'much'", "reserved = NULL", "booked = -1",
        "booked = 2.5", "billed = -1", "billed = 10000000000001", "verified = 2", "state = 'paid'", "request_id = ''",
        "price = 1", "picture_price = 7", "takes = '[9]'", "key = 'other'", "day = 'yesterday'",
        "outcome = iif(outcome = '', 'rendered', '')",
        "request_id = iif(request_id IS NULL, 'x', NULL)",
    ],
)  # fmt: skip
def test_a_column_never_says_what_cannot_be(ledger: Ledger, state: State, change: str) -> None:
    id = brought_to(ledger, state)
    before = ledger.roll(id)
    with pytest.raises(sqlite3.IntegrityError):
        ledger._db.execute(f"UPDATE rolls SET {change} WHERE id = ?", (id,))
    assert ledger.roll(id) == before


@pytest.mark.parametrize("state", OPEN)
def test_an_open_roll_has_no_charge(ledger: Ledger, state: State) -> None:
    id = brought_to(ledger, state)
    with pytest.raises(sqlite3.IntegrityError):
        ledger._db.execute("UPDATE rolls SET booked = 0 WHERE id = ?", (id,))


def test_a_roll_is_never_deleted(ledger: Ledger) -> None:
    id = brought_to(ledger, State.CLOSED)
    with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
        ledger._db.execute("DELETE FROM rolls WHERE id = ?", (id,))


def test_a_roll_that_was_not_accepted_costs_nothing(ledger: Ledger) -> None:
    id = brought_to(ledger, State.SENDING)
    with pytest.raises(LedgerConflict):
        close(ledger, id, 3)
    close(ledger, id, 0, "refused", units="", why="the prompt (field prompt)")
    line = ledger.roll(id)
    assert line is not None
    assert (line.state, line.charged, line.verified, line.request_id) == (State.CLOSED, 0, True, "")


def test_what_was_sent_is_kept_word_for_word(ledger: Ledger) -> None:
    body = {"prompt": 'a "quiet" room — café \U0001f3ac', "num_images": 2, "elements": [{"frontal_image_url": "u"}]}
    one = roll(takes=(1, 2), cents=5)
    id = ledger.intend(one, body, run="r", show="s", queue=QUEUE, price=Money(10 * CENT), now=NOON)
    ledger.sending(id, after(1))
    ledger.submitted(id, accepted("req"), after(2))
    line = ledger.roll(id)
    assert line is not None
    assert line.body == body
    assert list(line.body) == list(body)
    assert (line.takes, line.reserved, line.charged, line.form) == ((1, 2), 10 * CENT, None, one.form)
    assert line.status_url.endswith("/requests/req/status")
    assert [line.intended_at, line.sending_at, line.submitted_at] == [
        "2026-11-23T12:00:00.000Z", "2026-11-23T12:00:01.000Z", "2026-11-23T12:00:02.000Z",
    ]  # fmt: skip
    assert ledger.by_request("req") == line


def test_one_request_belongs_to_one_roll(ledger: Ledger) -> None:
    one, other = brought_to(ledger, State.SENDING), brought_to(ledger, State.UNKNOWN, roll(takes=(2,)))
    ledger.submitted(one, accepted("same"), NOON)
    with pytest.raises(LedgerConflict, match="belongs to roll 1"):
        ledger.adopt(other, accepted("same"), NOON)
    line = ledger.roll(other)
    assert line is not None
    assert line.state is State.UNKNOWN


@pytest.mark.parametrize("state", State)
def test_a_take_is_not_asked_for_twice(ledger: Ledger, state: State) -> None:
    brought_to(ledger, state, roll(takes=(1, 2)))
    again = roll(takes=(2, 3))
    if state in OPEN:
        with pytest.raises(TakeUndecided, match="take 2"):
            intend(ledger, again)
    else:
        intend(ledger, again)
    intend(ledger, roll(takes=(7,)))  # other takes of the same key may be bought
    intend(ledger, roll(takes=(1, 2)), queue="http://127.0.0.1:1")  # what another queue sells is another thing


def test_money_of_doubt_counts_until_there_is_proof(ledger: Ledger) -> None:
    proved = brought_to(ledger, State.UNKNOWN, roll(takes=(1,)))
    again = brought_to(ledger, State.UNKNOWN, roll(takes=(2,)))
    lost = brought_to(ledger, State.UNKNOWN, roll(takes=(3,)))
    ledger.released(proved, "not in the account's list, says fal", NOON)
    ledger.released(again, "send it again", NOON, proved=False, who="vera")
    ledger.written_off(lost, "vera", "given up", NOON)
    lines = [ledger.roll(id) for id in (proved, again, lost)]
    money = [(line.reserved, line.charged, line.verified) for line in lines if line]
    assert money == [(0, None, False), (0, 3 * CENT, False), (0, 3 * CENT, False)]
    assert ledger.spent().wasted == ledger.spent().unverified == 6 * CENT


def test_a_roll_there_is_not(ledger: Ledger) -> None:
    for step in STEPS.values():
        with pytest.raises(LedgerConflict, match="no roll 5"):
            step(ledger, 5)
    assert ledger.roll(5) is None


def test_a_moment_without_a_zone_is_no_moment(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="time zone"):
        intend(ledger, roll(), now=NOON.replace(tzinfo=None))
    assert ledger.spent().rolls == 0


# The file ------------------------------------------------------------------------------------------------------------


def test_looking_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "ledger.db"
    with Ledger(path, reading=True) as ledger:
        assert ledger.unknowns() == ()
        assert ledger.spent().committed == 0
    assert not path.parent.exists()


def test_a_reader_sees_what_a_writer_just_did(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with opened(path) as writer:
        intend(writer, roll())
        with Ledger(path, reading=True) as reader:
            intend(writer, roll(takes=(2,)))
            assert reader.spent().rolls == 2
            with pytest.raises(Exception, match="may not be written"):
                intend(reader, roll(takes=(3,)))


def test_the_disk_is_told_to_keep_it(ledger: Ledger) -> None:
    pragmas = {name: ledger._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}  # 2 is FULL


def test_a_file_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE theirs (x)")
    db.close()
    for reading in (True, False):
        with pytest.raises(LedgerDamaged, match="no ledger of ours"):
            Ledger(path, reading=reading)


@pytest.mark.parametrize("reading", [True, False])
def test_a_file_that_is_no_database(tmp_path: Path, reading: bool) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"x" * 5000)
    with pytest.raises(LedgerDamaged, match="do not delete it"):
        Ledger(path, reading=reading)
    assert path.read_bytes() == b"x" * 5000


def test_a_newer_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with opened(path) as ledger:
        ledger._db.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")
    for reading in (True, False):
        with pytest.raises(UsageError, match="newer shotpilot"):
            Ledger(path, reading=reading)


def test_the_door_for_the_next_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    with opened(path) as ledger:
        id = brought_to(ledger, State.SUBMITTED)
        before = ledger.roll(id)
    now = schema.FORMAT
    monkeypatch.setattr(schema, "FORMAT", now + 2)
    steps = ("ALTER TABLE rolls ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';", "UPDATE rolls SET mood = 'glad';")
    monkeypatch.setattr(schema, "MIGRATIONS", dict(enumerate(steps, now)))
    with opened(path) as ledger:
        assert ledger.roll(id) == before
        assert ledger._db.execute("SELECT mood FROM rolls").fetchall() == [("glad",)]


def test_a_ledger_without_totals_by_queue_is_brought_up(tmp_path: Path) -> None:
    path, counted = tmp_path / "ledger.db", "SELECT * FROM totals WHERE reserved OR charged ORDER BY 1, 2, 3, 4"
    with opened(path) as ledger:
        brought_to(ledger, State.CLOSED)
        brought_to(ledger, State.UNKNOWN, roll(takes=(2,)))
        intend(ledger, roll(takes=(3,)), queue="http://127.0.0.1:8787")
        before = ledger._db.execute(counted).fetchall()
        shape = "SELECT sql FROM sqlite_schema WHERE name <> 'rolls' ORDER BY name"
        columns = "SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info('rolls')"
        rolls = ledger._db.execute(columns).fetchall()
        tables = ledger._db.execute(shape).fetchall()
        ledger._db.executescript("""DROP TRIGGER rolls_count; DROP TRIGGER rolls_recount; DROP TABLE totals;
            ALTER TABLE rolls DROP COLUMN person;
            CREATE TABLE totals (scope, show, name, reserved, charged, PRIMARY KEY (scope, show, name));
            CREATE TRIGGER rolls_count AFTER INSERT ON rolls BEGIN SELECT 1; END;
            CREATE TRIGGER rolls_recount AFTER UPDATE OF day ON rolls BEGIN SELECT 1; END;
            DROP TABLE plans;
            DROP INDEX rolls_failed;
            PRAGMA user_version = 1;""")
    with opened(path) as ledger:
        assert len(before) == 10  # five scopes at two queues
        assert ledger._db.execute(counted).fetchall() == before
        assert ledger._db.execute(shape).fetchall() == tables
        assert ledger._db.execute(columns).fetchall() == rolls
        assert {row.person for row in ledger.cost_rows("night")} <= {""}


def test_a_step_to_the_next_format_that_fails_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    opened(path).close()
    with monkeypatch.context() as patch:
        patch.setattr(schema, "FORMAT", schema.FORMAT + 1)
        step = "ALTER TABLE rolls ADD COLUMN mood TEXT;\nALTER TABLE none ADD x;"
        patch.setattr(schema, "MIGRATIONS", {schema.FORMAT - 1: step})
        with pytest.raises(Exception, match="no such table"):
            opened(path)
    with opened(path) as ledger:
        assert "mood" not in {row[1] for row in ledger._db.execute("PRAGMA table_info(rolls)")}


def test_a_network_disk_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "21 1 8:1 / / rw - ext4 /dev/sda rw\n"
        "22 21 0:5 / /mnt/my\\040share rw,relatime shared:1 - nfs4 server:/x rw\n"
        "23 22 0:6 / /mnt/my\\040share/fast rw - xfs /dev/sdb rw\n",
        encoding="utf-8",
    )
    kinds = [
        schema.file_system(Path(place), mounts) for place in ("/mnt/my share/a", "/mnt/my share/fast/b", "/mnt/my")
    ]
    assert kinds == ["nfs4", "xfs", "ext4"]
    assert schema.file_system(tmp_path, tmp_path / "none") == ""
    monkeypatch.setattr(schema, "file_system", lambda folder: "nfs4")
    with pytest.raises(UsageError, match="network disk"):
        opened(tmp_path / "ledger.db")
    assert not (tmp_path / "ledger.db").exists()


def test_the_ways_of_this_test_lead_where_they_say(ledger: Ledger) -> None:
    for number, state in enumerate(WAYS, 1):
        line = ledger.roll(brought_to(ledger, state, roll(takes=(number,))))
        assert line is not None
        assert line.state is state
