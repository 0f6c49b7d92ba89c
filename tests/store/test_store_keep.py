"""Put then get; nothing is overwritten, nothing is half-kept, whatever fails and wherever the machine stops."""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import Severity, StoreDamaged, UsageError
from shotpilot_pipeline.store.files import StoreUnwritable, hash_file
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.take import Picture, Take
from tests.examples import at_most
from tests.store.faults import FULL, READ_ONLY_DISK, Stopped, faulty
from tests.store.stock import kept, key_of, png, put_aside

KEY = key_of("a request")
TAKES = st.lists(
    st.tuples(
        st.sampled_from(["k1", "k2", "k3"]),
        st.integers(1, 12),
        st.lists(st.sampled_from("abcde"), min_size=1, max_size=3),
    ),
    max_size=6,
    unique_by=lambda take: take[:2],
)


def grave(store: Store) -> list[str]:
    return [str(problem) for problem in store.verify().problems if problem.severity is Severity.ERROR]


@given(TAKES)
@settings(max_examples=at_most(40))
def test_put_then_get(tmp_path_factory: pytest.TempPathFactory, takes: list[tuple[str, int, list[str]]]) -> None:
    folder = tmp_path_factory.mktemp("store") / "store"
    store = Store(folder, durable=False)
    put = [kept(store, key_of(name), number, *words, said=words) for name, number, words in takes]
    for look in (store, Store(folder)):
        for key in {take.key for take in put}:
            wanted = tuple(sorted(take for take in put if take.key == key))
            assert look.takes_of(key) == wanted
            assert look.counts()[key] == len(wanted)
            assert look.takes()[key] == look.takes_at_a_look(key) == wanted
            assert look.next_number(key) == wanted[-1].number + 1
        for take, (_, _, words) in zip(put, takes, strict=True):
            assert look.record_of(take.key, take.number) == {"address": "sc010/sh010@iterate", "said": words}
            for picture, word in zip(take.pictures, words, strict=True):
                assert look.path_of(picture).read_bytes() == png(word)
        assert sum(look.counts().values()) == len(put)
        assert not grave(look)


def test_kept_files_are_read_only_and_the_staging_is_empty(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    take = kept(store, KEY, 1, "a", "b", "a")
    for file in (*(store.path_of(picture) for picture in take.pictures), *(tmp_path / "store/takes").rglob("*.json")):
        assert file.stat().st_mode & 0o777 == 0o444
    assert {path.name for path in store.staging().iterdir()} == {"owner"}
    assert "DO NOT DELETE" in (tmp_path / "store/README.txt").read_text()


def test_records_pass_their_schema_and_hold_the_origin_word_for_word(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    origin = {"input": {"prompt": "naïve \ud800 ☂", "n": [1, 2.5, None]}, "tags": {"a": "b"}}
    path, picture = put_aside(store, "a")
    store.keep(KEY, 1, [(path, picture)], origin)
    [record] = (tmp_path / "store/takes").rglob("*.json")
    read = json.loads(record.read_bytes())
    Draft202012Validator(schema("take-1")).validate(read)
    assert read["origin"] == origin == store.record_of(KEY, 1)
    assert read["pictures"][0]["marks"]["text"] == ["words"]


def test_the_same_take_again_does_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    take = kept(store, KEY, 1, "a")
    before = {path: path.stat().st_ino for path in (tmp_path / "store").rglob("*") if path.suffix in (".png", ".json")}
    assert kept(store, KEY, 1, "a", told="something else") == take
    assert store.keep(KEY, 1, [(tmp_path / "moved in long ago", take.pictures[0])], {}) == take
    assert {path: path.stat().st_ino for path in before} == before
    assert store.record_of(KEY, 1) == {"address": "sc010/sh010@iterate"}


def test_another_take_under_the_same_number_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    take = kept(store, KEY, 1, "a")
    with pytest.raises(UsageError, match=r"take 1 is kept already, with other pictures.* keep this one as take 2"):
        kept(store, KEY, 1, "b")
    assert store.takes_of(KEY) == (take,)
    assert not grave(store)


def test_takes_share_bytes(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    for number in (1, 2):
        kept(store, KEY, number, "a")
    assert store.counts() == {KEY: 2}
    assert len(list((tmp_path / "store/objects").rglob("*.png"))) == 1


def test_keeping_again_brings_lost_and_damaged_bytes_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    take = kept(store, KEY, 1, "a", "b")
    store.path_of(take.pictures[0]).unlink()
    other = store.path_of(take.pictures[1])
    other.chmod(0o644)
    other.write_bytes(bytes(len(other.read_bytes())))
    assert grave(store)
    kept(store, KEY, 1, "a", "b")
    assert store.takes_of(KEY) == (take,)
    assert not grave(store)


@pytest.mark.parametrize(
    ("key", "number", "record", "says"),
    [
        ("../../etc/passwd", 1, {}, "not a render key"),
        (KEY.upper(), 1, {}, "not a render key"),
        (KEY, 0, {}, "numbered from 1"),
        (KEY, 1, {"price": float("nan")}, "plain JSON"),
        (KEY, 1, {"path": Path("x")}, "plain JSON"),
    ],
)
def test_what_cannot_be_a_take_is_refused_before_anything_moves(
    tmp_path: Path, key: str, number: int, record: dict[str, object], says: str
) -> None:
    store = Store(tmp_path / "store")
    path, picture = put_aside(store, "a")
    with pytest.raises(UsageError, match=says):
        store.keep(key, number, [(path, picture)], record)
    assert path.exists()
    assert store.counts() == {}


def test_a_file_that_changed_after_its_check_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    path, picture = put_aside(store, "a")
    path.write_bytes(png("b"))
    with pytest.raises(StoreDamaged, match="changed after it was checked"):
        store.keep(KEY, 1, [(path, picture)], {})
    with pytest.raises(UsageError, match="no such file to keep"):
        store.keep(KEY, 1, [(tmp_path / "gone", picture)], {})
    with pytest.raises(UsageError, match="is not a sha256"):
        store.keep(KEY, 1, [(path, Picture("../x", 1, 1, 1, "png"))], {})
    with pytest.raises(UsageError, match="at least one picture"):
        store.keep(KEY, 1, [], {})
    assert store.counts() == {}


def test_a_disk_without_links_and_a_file_from_another_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "store")
    real = os.rename

    def rename(old: Path, new: Path) -> None:
        if "elsewhere" in str(old):
            raise OSError(errno.EXDEV, "cross-device")
        real(old, new)

    def link(old: Path, new: Path) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "rename", rename)
    monkeypatch.setattr(os, "link", link)
    _, picture = put_aside(store, "a")
    far = tmp_path / "elsewhere.png"
    far.write_bytes(png("a"))
    take = store.keep(KEY, 1, [(far, picture)], {})
    assert store.takes_of(KEY) == (take,)
    assert not far.exists()
    assert not grave(store)
    with pytest.raises(UsageError):
        kept(store, KEY, 1, "b")


def test_the_machine_may_stop_at_any_instant(tmp_path: Path) -> None:
    """Stop before each change to the disk in turn: no take or a whole one, and the same keep then succeeds."""
    instants = 0
    for at in range(200):
        folder = tmp_path / str(at)
        first = kept(Store(folder), KEY, 1, "a", "b")
        store = Store(folder)
        aside = [put_aside(store, "b", "1"), put_aside(store, "c", "2")]
        with faulty(at) as disk:
            try:
                store.keep(KEY, 2, aside, {})
            except Stopped:
                instants += 1
            if not disk.happened:
                break
        store.close()
        after = Store(folder)
        second = Take(KEY, 2, tuple(picture for _, picture in aside))
        assert after.takes_of(KEY) in ((first,), (first, second))
        assert after.counts()[KEY] == len(after.takes_of(KEY))
        assert not grave(after)
        assert kept(after, KEY, 2, "b", "c") == second
        assert after.takes_of(KEY) == (first, second)
        assert not grave(after)
    assert instants > 15


@given(TAKES, st.integers(0, 160))
@settings(max_examples=at_most(40))
def test_a_stop_anywhere_in_any_run_loses_nothing_kept(
    tmp_path_factory: pytest.TempPathFactory, takes: list[tuple[str, int, list[str]]], at: int
) -> None:
    folder = tmp_path_factory.mktemp("store") / "store"
    told: list[Take] = []
    store = Store(folder)
    store.staging()
    with faulty(at), suppress(Stopped):
        for name, number, words in takes:
            told.append(kept(store, key_of(name), number, *words))
    store.close()
    after = Store(folder)
    there = {take for of_key in after.takes().values() for take in of_key}
    assert set(told) <= there
    assert len(there) <= len(told) + 1
    assert not grave(after)
    counts, rebuilt = after.counts(), after.rebuild()
    assert rebuilt == len(there)
    assert after.counts() == counts
    for name, number, words in takes:
        kept(after, key_of(name), number, *words)
    assert sum(after.counts().values()) == len(takes)


@pytest.mark.parametrize("number", [FULL, READ_ONLY_DISK, errno.EIO])
def test_a_disk_that_fails_at_any_instant_is_said_in_words(tmp_path: Path, number: int) -> None:
    said = set()
    for at in range(200):
        folder = tmp_path / str(at)
        store = Store(folder)
        aside = [put_aside(store, "a", "1"), put_aside(store, "b", "2")]
        with faulty(at, number) as disk:
            try:
                store.keep(KEY, 1, aside, {})
            except StoreUnwritable as error:
                said.add(str(error).replace(str(folder), "STORE"))
        if not disk.happened:
            break
        whole = Take(KEY, 1, tuple(picture for _, picture in aside))
        assert store.takes_of(KEY) in ((), (whole,))
        assert not grave(store)
        assert kept(store, KEY, 1, "a", "b") == whole
    words = {
        FULL: "the disk is full; free some space",
        READ_ONLY_DISK: "may not be written",
        errno.EIO: "cannot be written",
    }
    assert said
    assert all(words[number] in text and "nothing was half-kept" in text for text in said), said


CHILD = """
import sys
from pathlib import Path
from shotpilot_pipeline.store.files import StoreUnwritable
from shotpilot_pipeline.store.store import Store
from tests.store.stock import kept, key_of, png
from shotpilot_pipeline.store.pictures import check_picture
import random

folder, start, grow = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
store = Store(folder, durable=False)
for number in range(start, start + 400):
    side = 8 + grow * (number - start)
    try:
        path = store.staging() / "x"
        path.write_bytes(png(random.Random(number).randbytes(side * side // 2).hex()))
        store.keep(key_of(str(number % 7)), number, [(path, check_picture(path))], {})
    except (StoreUnwritable, OSError) as error:
        print("stopped", error, flush=True)
        break
    print(number, flush=True)
"""


def child(root: Path, *args: object, **how: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, **how)  # type: ignore[call-overload,no-any-return]


def test_kill_minus_nine_in_the_middle_of_it(tmp_path: Path, root: Path) -> None:
    """Real processes, killed at no chosen instant; what they said was kept is there, whole."""
    folder, told, chance = tmp_path / "store", set[int](), random.Random(7)
    for round_ in range(6):
        with child(root, folder, 1 + 400 * round_, 0) as process:
            assert process.stdout is not None
            for _ in range(chance.randint(1, 40)):
                told.add(int(process.stdout.readline()))
            process.kill()
            told |= {int(line) for line in process.stdout.read().splitlines() if line.strip()}
    store = Store(folder)
    there = {take.number for takes in store.takes().values() for take in takes}
    assert told <= there
    assert len(there) <= len(told) + 6  # kept, and killed before it could say so
    assert not grave(store)
    left = store.staging().parent
    assert [path for path in left.iterdir() if path.is_dir()] == [store.staging()]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, dict[str, object]]]:
    """A disk of 1 MB where that can be had, else a limit of 40 kB on each file; both end in "no room"."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True).returncode == 0
    )
    limit = {} if mounted else {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))}
    yield disk, limit
    if mounted:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_disk_that_runs_full(small_disk: tuple[Path, dict[str, object]], root: Path) -> None:
    disk, limit = small_disk
    with child(root, disk / "store", 1, 4, **limit) as process:
        assert process.stdout is not None
        *told, last = process.stdout.read().splitlines()
    assert last.startswith("stopped")
    store = Store(disk / "store")
    there = {take.number for takes in store.takes().values() for take in takes}
    assert {int(line) for line in told} <= there
    assert len(told) > 3
    assert not grave(store)
    store.close()


def test_threads_may_keep_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", durable=False)
    aside = {number: [put_aside(store, f"{number % 5}", str(number))] for number in range(1, 41)}
    faults: list[BaseException] = []

    def work(numbers: range) -> None:
        try:
            for number in numbers:
                store.keep(KEY, number, aside[number], {})
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(range(start, 41, 4),)) for start in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert store.counts() == {KEY: 40}
    assert not grave(store)


def test_staging_of_the_living_is_left_alone(tmp_path: Path) -> None:
    living = Store(tmp_path / "store")
    path, picture = put_aside(living, "a")
    other = Store(tmp_path / "store")
    assert other.staging() != living.staging()
    assert path.exists()
    assert living.keep(KEY, 1, [(path, picture)], {}).pictures == (picture,)
    assert hash_file(other.path_of(picture)) == picture.sha256
