"""The index says what the folders hold, quickly, and can be lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.errors import Severity, StoreDamaged, UsageError
from shotpilot_pipeline.store import index
from shotpilot_pipeline.store.records import record_name
from shotpilot_pipeline.store.store import Store
from tests.examples import at_most
from tests.store.stock import kept, key_of

KEY, OTHER = key_of("a request"), key_of("another")


def record_path(folder: Path, key: str, number: int) -> Path:
    return folder / "takes" / key[:2] / record_name(key, number)


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an hour pass, so that the folders' stamps can be trusted."""
    now = time.time_ns() + 3600 * 10**9
    monkeypatch.setattr(index.time, "time_ns", lambda: now)


def test_a_store_that_is_not_there_is_empty_and_stays_away(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    assert (store.counts(), store.takes(), store.takes_of(KEY), store.next_number(KEY)) == ({}, {}, (), 1)
    assert store.rebuild() == 0
    assert store.verify().problems == ()
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("settled", [True, False])
def test_a_picture_deleted_renamed_cut_or_brought_back_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settled: bool
) -> None:
    if settled:
        later(monkeypatch)
    store = Store(tmp_path / "store")
    take = kept(store, KEY, 1, "a", "b")
    kept(store, KEY, 2, "c")
    assert store.counts() == {KEY: 2}
    path = store.path_of(take.pictures[1])
    away = path.with_name("somewhere else.png")

    path.rename(away)
    for look in (store, Store(tmp_path / "store")):
        assert look.counts() == {KEY: 1}
        assert [found.number for found in look.takes_of(KEY)] == [2]
    away.rename(path)
    assert store.counts() == {KEY: 2}
    assert [found.number for found in store.takes_of(KEY)] == [1, 2]
    path.unlink()
    assert store.counts() == {KEY: 1}
    path.write_bytes(b"half of it")
    assert store.counts() == {KEY: 1}
    shutil.rmtree(path.parent)
    assert store.counts() == {KEY: 1}


def test_a_picture_cut_in_place_is_noticed_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch)
    store = Store(tmp_path / "store")
    take = kept(store, KEY, 1, "a")
    assert store.counts() == {KEY: 1}
    os.truncate(store.path_of(take.pictures[0]), 10)
    assert store.takes_of(KEY) == ()
    assert store.counts() == {}


def test_records_that_come_and_go_by_other_means_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch)
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    kept(here, KEY, 1, "a")
    kept(there, KEY, 1, "a")
    kept(there, KEY, 3, "b")
    kept(there, OTHER, 1, "c")
    assert here.counts() == {KEY: 1}
    for room in ("objects", "takes"):
        shutil.copytree(tmp_path / "there" / room, tmp_path / "here" / room, dirs_exist_ok=True)
    assert here.counts() == {KEY: 2, OTHER: 1}
    assert here.next_number(KEY) == 4
    record_path(tmp_path / "here", KEY, 3).unlink()
    assert here.counts() == {KEY: 1, OTHER: 1}
    shutil.rmtree(tmp_path / "here" / "takes")
    assert here.counts() == {}


def test_a_copied_store_does_not_trust_the_index_that_came_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch)
    store = Store(tmp_path / "store")
    take = kept(store, KEY, 1, "a")
    assert store.counts() == {KEY: 1}
    store.close()
    name = store.path_of(take.pictures[0]).name
    shutil.copytree(tmp_path / "store", tmp_path / "copy", ignore=shutil.ignore_patterns(name))
    assert Store(tmp_path / "copy").counts() == {}


class Listing:
    """`os`, counting what is listed and looked at."""

    def __init__(self) -> None:
        self.listed = 0
        self.looked_at: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def scandir(self, path: Any) -> Any:
        self.listed += 1
        return os.scandir(path)

    def stat(self, path: Any) -> os.stat_result:
        self.looked_at.append(str(path))
        return os.stat(path)


def test_nothing_changed_means_no_folder_listed_and_no_file_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch)
    store = Store(tmp_path / "store")
    for number in range(1, 30):
        kept(store, key_of(str(number)), 1)
    first = store.counts()
    watch = Listing()
    monkeypatch.setattr(index, "os", watch)
    assert Store(tmp_path / "store").counts() == first
    assert watch.listed == 0
    assert all(len(Path(path).name) == 2 for path in watch.looked_at), "only shard folders are looked at"


def test_a_folder_changed_within_the_clocks_tick_is_listed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A coarse clock gives a second change the same stamp as the first: a fresh stamp is never trusted."""
    store = Store(tmp_path / "store")
    take = kept(store, KEY, 1, "a")
    stamp = f"{time.time_ns()}.0.0"
    monkeypatch.setattr(index, "_stamp", lambda _: stamp)
    assert store.counts() == {KEY: 1}
    store.path_of(take.pictures[0]).unlink()
    assert store.counts() == {}


def test_own_writes_do_not_hide_what_happens_beside_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch)
    store = Store(tmp_path / "store")
    take = kept(store, KEY, 1, "a")
    store.counts()
    store.path_of(take.pictures[0]).unlink()
    kept(store, KEY, 2, "b")
    assert store.counts() == {KEY: 1}


def break_record(path: Path, how: str) -> None:
    path.chmod(0o644)
    good = path.read_bytes()
    record = json.loads(good)
    match how:
        case "empty":
            new = b""
        case "cut":
            new = good[: len(good) // 2]
        case "noise":
            new = bytes(range(256))
        case "list":
            new = b"[1, 2]"
        case "field":
            record["pictures"][0]["sha256"] = "../../etc/passwd"
            new = json.dumps(record).encode()
        case "other":
            record["number"] = 7
            new = json.dumps(record).encode()
        case _:
            record["take"] = 2
            new = json.dumps(record).encode()
    path.write_bytes(new)


@pytest.mark.parametrize("how", ["empty", "cut", "noise", "list", "field", "other", "newer"])
def test_a_damaged_record_counts_as_missing_and_is_named(tmp_path: Path, how: str) -> None:
    store = Store(tmp_path / "store")
    kept(store, KEY, 1, "a")
    second = kept(store, KEY, 2, "b")
    path = record_path(tmp_path / "store", KEY, 1)
    break_record(path, how)
    for look in (store, Store(tmp_path / "store")):
        look.rebuild()
        assert look.counts() == {KEY: 1}
        assert look.takes_of(KEY) == (second,)
        assert look.next_number(KEY) == 3
        assert [named for named, _ in look.damaged_records()] == [path]
        with pytest.raises(StoreDamaged, match=f"{path.name}.*damaged"):
            look.record_of(KEY, 1)
    [fault] = [problem for problem in store.verify().problems if problem.severity is Severity.ERROR]
    assert (fault.rule, fault.place.file) == ("store-record", str(path))


def test_a_damaged_record_is_put_aside_when_its_take_comes_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    take = kept(store, KEY, 1, "a")
    path = record_path(tmp_path / "store", KEY, 1)
    break_record(path, "cut")
    half = path.read_bytes()
    assert kept(store, KEY, 1, "a") == take
    assert store.takes_of(KEY) == (take,)
    assert [old.read_bytes() for old in path.parent.glob("*.damaged-*")] == [half]


def test_a_record_of_a_newer_format_is_never_touched(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    kept(store, KEY, 1, "a")
    path = record_path(tmp_path / "store", KEY, 1)
    break_record(path, "newer")
    with pytest.raises(StoreDamaged, match="a newer shotpilot wrote it"):
        kept(store, KEY, 1, "a")
    assert json.loads(path.read_bytes())["take"] == 2


def test_a_take_that_was_never_kept_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"take 4 of render key .* is not in the store"):
        Store(tmp_path / "store").record_of(KEY, 4)


@pytest.mark.parametrize("damage", ["noise", "empty", "foreign", "pages"])
def test_a_damaged_index_is_made_again(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "store"
    store = Store(folder)
    for number in range(1, 60):
        kept(store, key_of(str(number % 9)), number)
    counts = store.counts()
    store.close()
    file = folder / "index.db"
    match damage:
        case "noise":
            file.write_bytes(b"this is no database" * 400)
        case "empty":
            file.write_bytes(b"")
        case "foreign":
            with sqlite3.connect(file) as db:
                db.executescript("DROP TABLE tally; DROP TABLE pictures; CREATE TABLE mine (x)")
        case "pages":
            data = bytearray(file.read_bytes())
            data[4096:] = os.urandom(len(data) - 4096)
            file.write_bytes(data)
    after = Store(folder)
    assert after.counts() == counts
    assert after.takes_of(key_of("1"))
    assert Store(folder).counts() == counts


def test_a_store_that_may_not_be_written_is_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "store"
    store = Store(folder)
    take = kept(store, KEY, 1, "a")
    store.close()
    (folder / "index.db").unlink()
    monkeypatch.setattr(index.os, "access", lambda *_: False)
    reader = Store(folder)
    assert (reader.counts(), reader.takes_of(KEY), reader.next_number(KEY)) == ({KEY: 1}, (take,), 2)
    store.path_of(take.pictures[0]).unlink()
    assert reader.counts() == {}
    assert not (folder / "index.db").exists()


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("keep"), st.sampled_from("xyz"), st.integers(1, 4), st.sampled_from("abcd")),
        st.tuples(st.sampled_from(["lose", "forget", "cut"]), st.integers(0, 9)),
        st.tuples(st.sampled_from(["look", "reopen", "one"])),
    ),
    max_size=14,
)


@given(ACTIONS)
@settings(max_examples=at_most(60))
def test_index_kept_equals_index_rebuilt(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[Any, ...]]
) -> None:
    """Whatever is kept, lost, forgotten or cut, and whenever somebody looks."""
    folder = tmp_path_factory.mktemp("store") / "store"
    store = Store(folder, durable=False)
    for action, *what in actions:
        files = sorted((folder / ("takes" if action == "forget" else "objects")).rglob("*.*"))
        if action == "keep":
            with suppress(UsageError):  # another take has that number
                kept(store, key_of(what[0]), what[1], what[2])
        elif action in ("lose", "forget") and files:
            files[what[0] % len(files)].unlink()
        elif action == "cut" and files:
            os.truncate(files[what[0] % len(files)], 3)
            store.takes()
            for key in "xyz":
                store.takes_of(key_of(key))
        elif action == "look":
            store.counts()
        elif action == "one":
            store.takes_of(key_of("x"))
        elif action == "reopen":
            store.close()
            store = Store(folder, durable=False)
    told = store.counts(), store.takes(), [store.takes_of(key_of(key)) for key in "xyz"]
    store.rebuild()
    assert (store.counts(), store.takes(), [store.takes_of(key_of(key)) for key in "xyz"]) == told
    assert store.counts() == {key: len(takes) for key, takes in store.takes().items()}
    assert all(store.takes_at_a_look(key_of(key)) == store.takes().get(key_of(key), ()) for key in "xyz")


READER = """
import sys
from pathlib import Path
from shotpilot_pipeline.store.store import Store

store, wanted, seen = Store(Path(sys.argv[1])), int(sys.argv[2]), 0
while seen < wanted:
    now = sum(store.counts().values())
    assert now >= seen, (now, seen)
    whole = sum(len(store.takes_of(key)) for key in store.takes())
    assert whole >= now
    seen = now
print(seen)
"""


def test_two_processes_read_while_one_writes(tmp_path: Path, root: Path) -> None:
    folder = tmp_path / "store"
    store = Store(folder, durable=False)
    kept(store, KEY, 1)
    command = [sys.executable, "-c", READER, str(folder), "60"]
    readers = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for number in range(2, 61):
        kept(store, key_of(str(number % 5)), number)
    assert [reader.communicate(timeout=120)[0].strip() for reader in readers] == ["60", "60"]
    assert [reader.returncode for reader in readers] == [0, 0]


def test_verify_names_every_fault_and_tells_faults_from_leftovers(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    takes = [kept(store, KEY, number, word) for number, word in enumerate("abcd", 1)]
    lost, bent, orphan, _ = (store.path_of(take.pictures[0]) for take in takes)
    lost.unlink()
    bent.chmod(0o644)
    data = bytearray(bent.read_bytes())
    data[-1] ^= 1
    bent.write_bytes(data)
    record_path(tmp_path / "store", KEY, 3).unlink()
    (orphan.parent / "Thumbs.db").write_bytes(b"x")
    heard: list[tuple[int, int]] = []
    found = store.verify(lambda done, of: heard.append((done, of)))
    by_rule = {(problem.rule, problem.severity): problem for problem in found.problems}
    places = {(problem.rule, Path(problem.place.file).name, problem.severity.value) for problem in found.problems}
    assert places == {
        ("store-picture", lost.name, "error"),
        ("store-picture", bent.name, "error"),
        ("store-orphan", orphan.name, "warning"),
        ("store-foreign", "Thumbs.db", "warning"),
    }
    assert all(problem.hint for problem in by_rule.values())
    assert heard[-1] == (4, 4)
    assert (found.takes, found.pictures) == (3, 4)
