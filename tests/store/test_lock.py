"""The lock: a readable text that git can merge, with versions that never change their number."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.errors import BadFiles, UsageError
from shotpilot_pipeline.store.lock import (
    COLUMNS,
    HEADER,
    Lock,
    merge_locks,
    moved_lock,
    parse_lock,
    read_lock,
    write_lock,
)
from shotpilot_pipeline.values.take import Picture, Take
from tests.store.stock import key_of

A = "sc010/sh010@iterate"
PATH = Path("noir.lock")


def take(key: str, number: int, *pictures: str) -> Take:
    made = (Picture(key_of(name), 1000 + len(name), 4, 3, "png") for name in pictures or (f"{key}{number}",))
    return Take(key_of(key), number, tuple(made))


ADDRESSES = st.sampled_from(
    [A, "sc010/sh010@final", "sc010/sh010.dusk.l50@iterate", "sc2/sh10@still", "sc2/sh9@still", "SC2/sh-9_b@x"]
)
BOUGHT = st.lists(
    st.builds(
        lambda address, key, number, panels: (
            address,
            take(key, number, *[f"{key}{number}{p}" for p in range(panels)]),
        ),
        ADDRESSES,
        st.sampled_from("abc"),
        st.integers(1, 120),
        st.just(1),
    ),
    max_size=30,
)


@given(BOUGHT)
def test_what_is_written_is_read(bought: list[tuple[str, Take]]) -> None:
    lock = Lock().with_takes(bought)
    again = parse_lock(lock.text(), PATH)
    assert again == lock
    assert again.text() == lock.text()
    for address, one in bought:
        assert again.version(address, one.key) == lock.version(address, one.key) >= 1
        assert again.keys(address)[again.version(address, one.key)] == one.key


@given(BOUGHT, st.randoms())
def test_the_order_of_lines_means_nothing_when_read(bought: list[tuple[str, Take]], chance: object) -> None:
    lock = Lock().with_takes(bought)
    lines = lock.text().removeprefix(HEADER + COLUMNS).splitlines(keepends=True)
    chance.shuffle(lines)  # type: ignore[attr-defined]
    assert parse_lock(HEADER + COLUMNS + "".join(lines + lines), PATH) == lock


def test_the_nth_distinct_key_is_version_n_and_a_returning_key_has_its_old_one() -> None:
    lock = Lock()
    for key, number in (("x", 1), ("x", 2), ("y", 1), ("x", 3), ("z", 1)):
        lock = lock.with_take(A, take(key, number))
    assert [(line.version, line.take) for line in lock.at(A)] == [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1)]
    assert (lock.version(A, key_of("y")), lock.version(A, key_of("never"))) == (2, 0)
    assert (lock.next_version(A, key_of("x")), lock.next_version(A, key_of("new"))) == (1, 4)
    assert dict(lock.keys(A)) == {1: key_of("x"), 2: key_of("y"), 3: key_of("z")}
    assert lock.version("sc010/sh010@final", key_of("x")) == 0


def test_a_lock_never_changes_and_the_same_take_again_gives_the_same_lock() -> None:
    lock = Lock().with_take(A, take("x", 1))
    assert lock.with_take(A, take("x", 1)) is lock
    lock.with_take(A, take("x", 2))
    assert len(lock.lines) == 1
    with pytest.raises(UsageError, match=r"sc010/sh010@iterate#v1\.1: the lock has this take with other bytes"):
        lock.with_take(A, take("x", 1, "else"))


def test_the_text_is_readable_and_stands_in_the_order_people_count() -> None:
    lock = Lock().with_takes(
        [
            ("sc2/sh10@a", take("k", 1)),
            ("sc2/sh9@a", take("k", 10)),
            ("sc2/sh9@a", take("k", 2)),
            ("sc2/sh9.p@a", take("k", 1)),
            ("sc10/sh1@a", take("k", 1, "p1", "p2")),
            ("sc2-b/sh1@a", take("k", 1)),
        ]
    )
    heads = [line.partition(key_of("k"))[0].rstrip() for line in lock.text().splitlines()[2:]]
    assert heads == [
        "sc2/sh9@a v001 t02 -",
        "sc2/sh9@a v001 t10 -",
        "sc2/sh9.p@a v001 t01 -",
        "sc2/sh10@a v001 t01 -",
        "sc2-b/sh1@a v001 t01 -",
        "sc10/sh1@a v001 t01 p01",
        "sc10/sh1@a v001 t01 p02",
    ]
    assert lock.text().startswith("# shotpilot lock 1")


def test_a_lock_that_says_the_same_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "noir.lock"
    assert not write_lock(path, Lock())
    assert not path.exists()
    lock = Lock().with_take(A, take("x", 1))
    assert write_lock(path, lock)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert not write_lock(path, read_lock(path))
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert write_lock(path, lock.with_take(A, take("x", 2)))
    assert [file.name for file in tmp_path.iterdir()] == ["noir.lock"]
    assert read_lock(tmp_path / "none.lock") == Lock()


def test_other_line_ends_and_remarks_are_read(tmp_path: Path) -> None:
    lock = Lock().with_takes([(A, take("x", 1)), (A, take("x", 2))])
    path = tmp_path / "noir.lock"
    path.write_bytes(b"\xef\xbb\xbf" + (lock.text() + "\n# a remark\n").replace("\n", "\r\n").encode())
    assert read_lock(path) == lock


LINE = f"{A} v001 t01 - {'a' * 64} {'b' * 64} 5\n"


def said(text: str) -> list[str]:
    with pytest.raises(BadFiles) as caught:
        parse_lock(text, PATH)
    return [str(problem) for problem in caught.value.problems]


def test_conflict_markers_are_said_with_the_cure() -> None:
    text = f"{HEADER}{COLUMNS}<<<<<<< HEAD\n{LINE}=======\n{LINE}>>>>>>> theirs\n"
    problems = said(text)
    assert [problem.split(": ")[0] for problem in problems] == ["noir.lock:3:1", "noir.lock:5:1", "noir.lock:7:1"]
    assert all("a merge conflict was left here; keep the lines of both sides" in problem for problem in problems)


@pytest.mark.parametrize(
    "line",
    [
        "sc010/sh010 v001 t01 - " + "a" * 64 + " " + "b" * 64 + " 5",
        LINE.strip().replace("v001", "1"),
        LINE.strip().replace("v001", "v000"),
        LINE.strip().replace("t01", "t00"),
        LINE.strip().replace(" - ", " p00 "),
        LINE.strip().replace("a" * 64, "a" * 63),
        LINE.strip().replace("a" * 64, "A" * 64),
        LINE.strip() + " more",
        LINE.strip().replace("sc010", "../sc010"),
        "rm -rf /",
    ],
)
def test_every_malformed_line_is_said_by_its_place(line: str) -> None:
    problems = said(f"{HEADER}{COLUMNS}{LINE}{line}\n{line}\n")
    assert [problem.split(": ")[0] for problem in problems] == ["noir.lock:4:1", "noir.lock:5:1"]
    assert all("is not a picture" in problem and "bring the file back from git" in problem for problem in problems)


def test_another_file_or_format_is_said() -> None:
    assert "format 2, which this shotpilot does not know" in said("# shotpilot lock 2\n")[0]
    assert "no lock of shotpilot" in said('{"lockfileVersion": 3}\n')[0]
    assert parse_lock("", PATH) == Lock()


def test_bytes_that_are_no_text_are_said(tmp_path: Path) -> None:
    path = tmp_path / "noir.lock"
    path.write_bytes(HEADER.encode() + b"\xff\xfe\n")
    with pytest.raises(BadFiles, match=r"noir\.lock:2:1: this line is not UTF-8"):
        read_lock(path)
    with pytest.raises(BadFiles, match="cannot be read"):
        read_lock(tmp_path)


def test_contradictions_are_said_with_the_number_to_write() -> None:
    two_keys = f"{LINE}{LINE.replace('a' * 64, 'c' * 64)}"
    [problem] = said(HEADER + COLUMNS + two_keys)
    assert problem.startswith("noir.lock:4:1: two render keys are version 1 of sc010/sh010@iterate; write v002")
    two_versions = f"{LINE}{LINE.replace('v001 t01', 'v002 t02')}"
    assert "one render key is version 1 and version 2" in said(HEADER + COLUMNS + two_versions)[0]
    two_pictures = f"{LINE}{LINE.replace('b' * 64, 'd' * 64)}"
    [problem] = said(HEADER + COLUMNS + two_pictures)
    assert problem.startswith("noir.lock:4:1: two pictures are sc010/sh010@iterate#v1.1; write t02")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: HEADER + data.decode("latin-1")))
def test_no_text_whatever_is_a_traceback(text: str) -> None:
    with suppress(BadFiles):
        parse_lock(text, PATH)


def test_git_merges_what_two_people_bought(tmp_path: Path) -> None:
    shots = [f"sc010/sh{number:03}@iterate" for number in range(10, 200, 10)]
    base = Lock().with_takes([(shot, take(shot, 1)) for shot in shots])
    ours = base.with_takes([(shots[1], take(shots[1], 2)), ("sc010/sh035@final", take("o", 1))])
    theirs = base.with_takes([(shots[9], take("new words", 1)), ("sc020/sh010@final", take("t", 1))])
    for name, lock in (("base", base), ("ours", ours), ("theirs", theirs)):
        write_lock(tmp_path / name, lock)
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    merged = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert parse_lock(merged, PATH) == merge_locks(ours, theirs)


@given(BOUGHT, BOUGHT)
def test_merging_loses_nothing_and_keeps_our_numbers(
    ours: list[tuple[str, Take]], theirs: list[tuple[str, Take]]
) -> None:
    mine, yours = Lock().with_takes(ours), Lock().with_takes(theirs)
    merged = merge_locks(mine, yours)
    assert set(mine.lines) <= set(merged.lines)
    wanted = {(line.address, line.key, line.sha256) for line in (*mine.lines, *yours.lines)}
    assert {(line.address, line.key, line.sha256) for line in merged.lines} == wanted
    assert parse_lock(merged.text(), PATH) == merged
    assert merge_locks(merged, yours) == merged == merge_locks(merged, mine)


def test_a_merge_gives_the_later_take_the_next_free_number() -> None:
    ours = Lock().with_take(A, take("x", 1, "mine"))
    theirs = Lock().with_take(A, take("x", 1, "theirs")).with_take(A, take("y", 1))
    lines = merge_locks(ours, theirs).at(A)
    assert [(line.version, line.take, line.sha256) for line in lines] == [
        (1, 1, key_of("mine")),
        (1, 2, key_of("theirs")),
        (2, 1, key_of("y1")),
    ]


def test_moves_take_all_stages_and_variants_along_and_can_stay_for_ever() -> None:
    lock = Lock().with_takes(
        [
            ("s/a@iterate", take("i", 1)),
            ("s/a@iterate", take("j", 1)),
            ("s/a.dusk@iterate", take("k", 1)),
            ("s/a@final", take("f", 1)),
            ("s/ab@final", take("g", 1)),
        ]
    )
    moved = moved_lock(lock, [("s/a", "s/b"), ("s/b", "t/c")])
    assert moved.addresses() == ("s/ab@final", "t/c@final", "t/c@iterate", "t/c.dusk@iterate")
    assert dict(moved.keys("t/c@iterate")) == {1: key_of("i"), 2: key_of("j")}
    assert moved_lock(moved, [("s/a", "s/b"), ("s/b", "t/c")]) == moved
    assert moved_lock(lock, []) == lock


def test_a_move_onto_a_bought_address_keeps_its_versions_and_adds_the_others() -> None:
    lock = Lock().with_takes([("s/a@x", take("a1", 1)), ("s/a@x", take("both", 1)), ("s/b@x", take("both", 1))])
    lock = lock.with_take("s/b@x", take("b2", 1))
    moved = moved_lock(lock, [("s/a", "s/b")])
    assert dict(moved.keys("s/b@x")) == {1: key_of("both"), 2: key_of("b2"), 3: key_of("a1")}


def test_moves_of_one_variant_or_stage_and_moves_in_a_circle() -> None:
    lock = Lock().with_takes([("s/a.x@it", take("1", 1)), ("s/a.y@it", take("2", 1)), ("s/a.y@fin", take("3", 1))])
    assert "s/a.z@it" in moved_lock(lock, [("s/a.x", "s/a.z")]).addresses()
    assert moved_lock(lock, [("s/a.y@it", "s/a.y@draft")]).addresses() == ("s/a.x@it", "s/a.y@draft", "s/a.y@fin")
    with pytest.raises(UsageError, match=r"circle: s/a\.x@it -> s/b\.x@it -> s/a\.x@it"):
        moved_lock(lock, [("s/a", "s/b"), ("s/b", "s/a")])
    with pytest.raises(UsageError, match="moved: 'nonsense' is not an address"):
        moved_lock(lock, [("nonsense", "s/b")])
