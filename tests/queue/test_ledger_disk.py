"""Kills at any instant, disks that run full, folders that may not be written: nothing torn, nothing lost."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shotpilot_pipeline.errors import ShotpilotError
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.rows import MOVES, LedgerDamaged, LedgerUnusable, State
from shotpilot_pipeline.queue.ledger.schema import SCOPES
from tests.queue.ledgering import CENT, STEPS, brought_to, intend, opened, roll

#: Brings rolls to their end, one after the other; before each step it says which, after each it says so again.
CHILD = """
import sys
from pathlib import Path
from tests.queue.ledgering import STEPS, intend, opened, roll
path, first = Path(sys.argv[1]), int(sys.argv[2])
ways = (("sending", "submitted", "closed"), ("sending", "unknown", "adopt", "closed"), ("released",),
        ("sending", "unknown", "written off"))
number = first
try:
    with opened(path) as ledger:
        while True:
            id = intend(ledger, roll("sc/s%d@final" % number))
            print(id, "intended", flush=True)
            for step in ways[number % 4]:
                STEPS[step](ledger, id)
                print(id, step, flush=True)
            number += 1
except Exception as error:
    print("stopped", type(error).__name__, error, flush=True)
"""
#: State after each step, and how far along it is.
AFTER = {
    "intended": State.INTENDED, "sending": State.SENDING, "submitted": State.SUBMITTED, "unknown": State.UNKNOWN,
    "adopt": State.SUBMITTED, "closed": State.CLOSED, "released": State.RELEASED, "written off": State.WRITTEN_OFF,
}  # fmt: skip


def child(root: Path, path: Path, first: int, **how: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(path), str(first)]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": root}
    return subprocess.Popen(command, **told, **how)  # type: ignore[call-overload,no-any-return]


def steps_told(lines: list[str]) -> dict[int, str]:
    """The last step each roll was told to have done; a line cut by the kill tells nothing."""
    told: dict[int, str] = {}
    for line in lines:
        id, _, step = line.rstrip("\n").partition(" ")
        if line.endswith("\n") and id.isdigit():
            told[int(id)] = step
    return told


def check_whole(path: Path) -> None:
    """The file is sound, every row keeps the rules, sums and lines agree."""
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("SELECT count(*) FROM rolls WHERE id NOT IN (SELECT roll FROM papers)").fetchone() == (0,)
    for scope, show, name in SCOPES:
        sums = f"SELECT queue, {show}, {name}, sum(reserved), sum(coalesce(charged, 0)) FROM rolls GROUP BY 1, 2, 3"
        counted = "SELECT queue, show, name, reserved, charged FROM totals WHERE scope = ? AND (reserved OR charged)"
        summed = {row for row in db.execute(sums) if row[3] or row[4]}
        assert set(db.execute(counted, (scope,))) == summed
    assert db.execute("SELECT count(*) FROM papers WHERE roll NOT IN (SELECT id FROM rolls)").fetchone() == (0,)
    db.close()


def run_and_kill(root: Path, path: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    for round_ in range(rounds):
        with child(root, path, 10_000 * (round_ + 1)) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(chance.randint(1, 60))]
            process.send_signal(signal.SIGKILL)
            lines += process.stdout.readlines()
        told = steps_told(lines)
        assert told, lines
        check_whole(path)
        with opened(path) as ledger:
            for id, step in told.items():
                line = ledger.roll(id)
                assert line is not None, (id, step)
                done = {AFTER[step]} | (MOVES[AFTER[step]] if id == max(told) else frozenset())
                assert line.state in done, (id, step, line.state)  # the last may have done one step more, untold
            untold = [one for one in ledger.unfinished() if one.id > max(told)]
            assert len(untold) <= 1
            for one in (*ledger.unfinished(), *ledger.unknowns()):
                assert one.reserved == 3 * CENT


def test_kill_minus_nine_between_any_two_instants(tmp_path: Path, root: Path) -> None:
    run_and_kill(root, tmp_path / "ledger.db", 6, 7)


@pytest.mark.slow
def test_kill_minus_nine_a_hundred_times(tmp_path: Path, root: Path) -> None:
    run_and_kill(root, tmp_path / "ledger.db", 100, 11)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, dict[str, object]]]:
    """A disk of 2 MB where that can be had, else a limit of 600 kB on each file; both end in "no room"."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    limit = {} if mounted else {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))}
    yield disk, limit
    if mounted:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_disk_that_runs_full(small_disk: tuple[Path, dict[str, object]], root: Path) -> None:
    disk, limit = small_disk
    with child(root, disk / "ledger.db", 1, **limit) as process:
        assert process.stdout is not None
        *lines, last = process.stdout.readlines()
    assert last.startswith("stopped LedgerUnusable"), last
    assert "run the same command again" in last
    told = steps_told(lines)
    assert len(told) > 2
    check_whole(disk / "ledger.db")
    with Ledger(disk / "ledger.db", reading=True) as ledger:
        for id, step in told.items():
            line = ledger.roll(id)
            assert line is not None
            assert line.state is AFTER[step]  # the step that did not fit was not half done
        assert ledger.spent().rolls - len(told) <= 1


@contextmanager
def barred(folder: Path) -> Iterator[None]:
    """The folder may not be written by whoever runs the test."""
    folder.chmod(0o555)
    for file in folder.iterdir():
        file.chmod(0o444)
    root_runs = os.geteuid() == 0
    if root_runs:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root_runs:
            os.seteuid(0)
        folder.chmod(0o755)
        for file in folder.iterdir():
            file.chmod(0o644)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others may enter."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        inside = Path(made) / ".shotpilot"
        inside.mkdir()
        yield inside


def test_a_folder_that_may_not_be_written(folder: Path) -> None:
    path = folder / "ledger.db"
    with opened(path) as ledger:
        brought_to(ledger, State.UNKNOWN)
    with barred(folder):
        with pytest.raises(LedgerUnusable, match="may not be written"), opened(path) as ledger:
            intend(ledger, roll(takes=(2,)))
        with Ledger(path, reading=True) as ledger:
            assert len(ledger.unknowns()) == 1
            with pytest.raises(LedgerUnusable, match="may not be written"):
                intend(ledger, roll(takes=(2,)))
    with opened(path) as ledger:
        assert ledger.spent().rolls == 1


def test_no_folder_can_be_made(folder: Path) -> None:
    with barred(folder), pytest.raises(LedgerUnusable, match="cannot be used"):
        opened(folder / "new" / "ledger.db")
    (folder / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ShotpilotError):
        opened(folder / "file" / "ledger.db")


def test_no_room_for_one_more_page(tmp_path: Path) -> None:
    """The step says so and has done nothing; with room again it goes through."""
    with opened(tmp_path / "ledger.db") as ledger:
        first = brought_to(ledger, State.SENDING)
        pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
        ledger._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LedgerUnusable, match="disk is full"):
            _ = [intend(ledger, roll(takes=(take,))) for take in range(2, 200)]
        rolls = ledger.spent().rolls
        STEPS["submitted"](ledger, first)
        ledger._db.execute("PRAGMA max_page_count = 1000000")
        intend(ledger, roll(takes=(1000,)))
        assert ledger.spent().rolls == rolls + 1
        assert ledger.spent().reserved == (rolls + 1) * 3 * CENT
    check_whole(tmp_path / "ledger.db")


ANSWERS = """
import sys
from pathlib import Path
from tests.queue.ledgering import STEPS, brought_to, close, intend, opened, roll
from shotpilot_pipeline.queue.ledger.rows import State
path = Path(sys.argv[1])
with opened(path) as ledger:
    ids = [brought_to(ledger, State.SENDING, roll(takes=(take,))) for take in range(1, 5)]
    ledger._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(path.with_name("film"), "wb", buffering=0) as film:
        for size in (65536, 4096, 512, 1):
            try:
                while film.write(b"x" * size) == size:
                    pass
            except OSError:
                pass
    try:
        for take in range(5, 2000):  # until the log has no room either
            intend(ledger, roll(takes=(take,)))
    except Exception as error:
        print(type(error).__name__, error, flush=True)
    for id in ids:
        STEPS["submitted"](ledger, id)
        close(ledger, id)
    try:
        intend(ledger, roll(takes=(2000,)))
    except Exception as error:
        print(type(error).__name__, error, flush=True)
    path.with_name("film").unlink()
    intend(ledger, roll(takes=(2000,)))
    print("goes on", flush=True)
"""


def test_the_answers_still_find_room_on_a_full_disk(small_disk: tuple[Path, dict[str, object]], root: Path) -> None:
    """Four requests are out when the disk runs full: their ids and charges are written down all the same."""
    disk, limit = small_disk
    if limit:  # a limit on each file keeps no room for anybody: only a real disk shows this
        return
    path = disk / "ledger.db"
    done = subprocess.run([sys.executable, "-c", ANSWERS, str(path)], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    assert first.startswith("LedgerUnusable")
    assert "nothing new is sent" in second
    assert third == "goes on"
    check_whole(path)
    with opened(path) as ledger:
        lines = [ledger.roll(id) for id in range(1, 5)]
        assert [line.state for line in lines if line] == [State.CLOSED] * 4


def test_a_file_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with opened(path) as ledger:
        for take in range(1, 40):
            brought_to(ledger, State.CLOSED, roll(takes=(take,)))
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(LedgerDamaged, match="do not delete it"), opened(path) as ledger:
        _ = [(ledger.roll(take), ledger.spent(show="noir")) for take in range(1, 40)]
