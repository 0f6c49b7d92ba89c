"""Choosing: what is said goes into the picks file, whoever else writes it, and whatever is wrong with it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shotpilot_pipeline.errors import BadFiles, UsageError
from shotpilot_pipeline.pipeline import picksfile
from shotpilot_pipeline.pipeline.choosing import Facts, choose, decisions_of, undo, who
from shotpilot_pipeline.store import files, swap
from shotpilot_pipeline.store.files import StoreUnwritable
from shotpilot_pipeline.values.decision import Change, Verb
from tests.pipeline.choosing import FINAL, A, B, actions, copied, filled, reading_of, rehearsed

AT = "2026-11-25T18:30:00Z"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rehearsed(tmp_path_factory.mktemp("show"))


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    return copied(original, tmp_path)


def picks_of(path: Path) -> Path:
    return reading_of(path).places.picks


def say(path: Path, *changes: Change, by: str = "Vera") -> Any:
    return choose(reading_of(path), changes, by, AT)


def test_a_pick_holds_number_bytes_key_who_when_and_why(path: Path) -> None:
    saved = say(path, Change(A, Verb.PICK, 3, value="the eyes"))
    pick = decisions_of(reading_of(path))[A].pick
    take = Facts(reading_of(path)).subject(A).takes[2]
    assert pick is not None
    assert (pick.take, pick.sha256, pick.key) == (3, take.pictures[0].sha256, take.key)
    assert (pick.by, pick.at, pick.why) == ("Vera", AT, "the eyes")
    assert saved.changed == (A,)
    assert say(path, Change(A, Verb.PICK, 3), by="Ana").changed == ()  # said already: who said it first stays


def test_the_earlier_pick_becomes_an_alternate_and_a_reject_ends_a_pick(path: Path) -> None:
    say(path, Change(A, Verb.PICK, 3))
    say(path, Change(A, Verb.PICK, 1))
    one = decisions_of(reading_of(path))[A]
    assert (one.pick and one.pick.take, [mark.take for mark in one.alternates]) == (1, [3])
    say(path, Change(A, Verb.REJECT, 1), Change(A, Verb.PICK, 3))
    one = decisions_of(reading_of(path))[A]
    assert (one.pick and one.pick.take, one.alternates, [mark.take for mark in one.rejects]) == (3, (), [1])
    say(path, Change(A, Verb.CLEAR))
    assert A not in decisions_of(reading_of(path))


def test_a_pick_by_hand_keeps_its_bytes_when_it_is_demoted(path: Path) -> None:
    picks_of(path).write_text(f"picks: 1\n{A}: 2 # mine\n")
    say(path, Change(A, Verb.PICK, 1))
    mark = decisions_of(reading_of(path))[A].alternates[0]
    assert mark.sha256 == Facts(reading_of(path)).subject(A).takes[1].pictures[0].sha256
    assert "# mine" in picks_of(path).read_text()


def test_undo_takes_back_ones_own_words_byte_for_byte(path: Path) -> None:
    file = picks_of(path)
    file.write_text(f"# head\npicks: 1\n{B}:   2   # hers\n")
    texts = [file.read_text()]
    for changes in ([Change(A, Verb.PICK, 3)], [Change(B, Verb.REJECT, 1), Change(B, Verb.STARS, 2, value="5")],
                    [Change(A, Verb.REDO)]):  # fmt: skip
        say(path, *changes)
        texts.append(file.read_text())
    say(path, Change(B, Verb.NOTE, value="look"), by="Ana")
    assert undo(reading_of(path), "Ana").changed == (B,)
    for text in reversed(texts[:-1]):
        undo(reading_of(path), "Vera")
        assert file.read_text() == text
    with pytest.raises(UsageError, match="nothing that Vera said is left to be undone"):
        undo(reading_of(path), "Vera")


def test_undo_never_takes_back_what_somebody_said_since(path: Path) -> None:
    say(path, Change(A, Verb.PICK, 3))
    say(path, Change(A, Verb.PICK, 1), by="Ana")
    before = picks_of(path).read_text()
    with pytest.raises(UsageError, match="changed again since Vera said `pick`; nothing was undone"):
        undo(reading_of(path), "Vera")
    assert picks_of(path).read_text() == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Change(A, Verb.PICK, 9), "has no take 9; it has takes 1, 2, 3"),
        (Change(FINAL, Verb.PICK, 1), "has no take 1: nothing of it has been rehearsed yet"),
        (Change("sc010/sh01@iterate", Verb.PICK, 1), 'is not in night.yaml; did you mean "sc010/sh010@iterate"'),
        (Change("sc010/sh010", Verb.PICK, 1), "alone says no stage; write one of these: sc010/sh010@iterate"),
        (Change(A, Verb.PICK, 1, sha256="0" * 64), "take 1 of sc010/sh010@iterate is another picture by now"),
        (Change(A, Verb.PICK, 1, version=2), "has no version 2; it has version 1"),
        (Change(A, Verb.STARS, 1, value="6"), "'6' is no number of stars; write 0 to 5"),
        (Change(A, Verb.MORE, value="1000"), "'1000' is no number of takes; write 0 to 99"),
        (Change(FINAL, Verb.REDO), "has no take to do again"),
        (Change(A, Verb.PICK), "which take of sc010/sh010@iterate?"),
    ],
)
def test_what_cannot_be_said_changes_nothing(path: Path, change: Change, says: str) -> None:
    with pytest.raises(UsageError, match=r".") as told:
        say(path, Change(B, Verb.PICK, 1), change)
    assert says in str(told.value)
    assert not picks_of(path).exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "picks: 1\nsc010/sh010@iterate: {tak: 1}\n",
            "'tak' is not a key of `sc010/sh010@iterate`; did you mean \"take\"?",
        ),
        ("picks: 1\nshow: noon\n", "these are the picks of noon, and the shot list is of night"),
        ("picks: 1\n<<<<<<< a\nsc010/sh010@iterate: 1\n=======\n>>>>>>> b\n", "git could not merge lines 2-5"),
        ("shotlist: 1\n", "the file needs `picks`"),
    ],
)
def test_a_damaged_file_is_left_as_it_is(path: Path, text: str, says: str) -> None:
    picks_of(path).write_text(text)
    for act in (
        lambda: say(path, Change(A, Verb.PICK, 1)),
        lambda: decisions_of(reading_of(path)),
        lambda: Facts(reading_of(path)).plan,
    ):
        with pytest.raises(BadFiles) as told:
            act()
        assert says in str(told.value)
    assert picks_of(path).read_text() == text


def test_a_shot_that_is_gone_keeps_its_entry_and_is_told(path: Path) -> None:
    picks_of(path).write_text("picks: 1\nsc010/sh099@iterate: 3\n")
    say(path, Change(A, Verb.PICK, 1))
    assert "sc010/sh099@iterate: 3" in picks_of(path).read_text()


def test_a_picture_that_somebody_deleted_cannot_be_picked_and_loses_no_pick(path: Path) -> None:
    say(path, Change(A, Verb.PICK, 2))
    facts = Facts(reading_of(path))
    picture = facts.subject(A).takes[1].pictures[0]
    (gone,) = (path.parent / ".shotpilot/rehearsal/store/objects").rglob(f"{picture.sha256}.*")
    gone.unlink()
    with pytest.raises(UsageError, match="has no take 2; it has takes 1, 3"):
        say(path, Change(A, Verb.STARS, 2, value="5"))
    assert decisions_of(reading_of(path))[A].pick is not None


def test_windows_line_ends_a_byte_order_mark_and_a_link_stay(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.yaml"
    real.write_bytes(b"\xef\xbb\xbfpicks: 1\r\nshow: night\r\n")
    picks_of(path).symlink_to(real)
    say(path, Change(A, Verb.PICK, 1))
    data = real.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfpicks: 1\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert picks_of(path).is_symlink()
    assert decisions_of(reading_of(path))[A].pick is not None


def test_an_editor_that_saves_between_read_and_write_is_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is edited by hand at the worst moment: after it was read, while the new text is being written."""
    file, put, edits = picks_of(path), swap.put_in_place, [f"{B}: 2 # by hand\n", f"{B}: 3 # by hand\n"]

    def slow(*arguments: Any) -> bool:
        if edits:
            file.write_text(f"picks: 1\n{edits.pop(0)}")
        return put(*arguments)

    monkeypatch.setattr(picksfile, "put_in_place", slow)
    say(path, Change(A, Verb.PICK, 1))
    found = decisions_of(reading_of(path))
    assert (found[A].pick and found[A].pick.take, found[B].pick and found[B].pick.take) == (1, 3)
    assert "# by hand" in file.read_text()


def test_an_editor_that_saves_all_the_time_loses_nothing(tmp_path: Path) -> None:
    """Two writers of one file, of whom one knows no lock: every save of either is in the file at the end."""
    file, ends = tmp_path / "f", threading.Event()
    file.write_bytes(b"0 0")
    hand = 0

    def editor() -> None:
        nonlocal hand
        while not ends.is_set():
            ours = file.read_bytes().split()[1]
            (tmp_path / "new").write_bytes(b"%d %s" % (hand + 1, ours))
            if file.read_bytes().split()[1] == ours:
                os.replace(tmp_path / "new", file)
                hand += 1

    thread = threading.Thread(target=editor)
    thread.start()
    saved = 0
    for _ in range(150):
        old = file.read_bytes()
        saved += swap.put_in_place(file, b"%s %d" % (old.split()[0], saved + 1), old)
    ends.set()
    thread.join()
    assert file.read_bytes().split()[0] == b"%d" % hand


def list_of(shots: int, stages: str = "") -> str:
    """A list of so many shots in one scene."""
    lines = "".join(f"      sh{number:03}: {{subject: lantern {number}}}\n" for number in range(shots))
    return (
        "shotlist: 1\nshow: night\nstages:\n"
        "  iterate: {model: kling-v3, resolution: 1K, takes: 2, pick: human}\n"
        "  final: {model: kling-v3, resolution: 1K, takes: 1, carry: image, pick: first}\n"
        f"defaults: {{aspect_ratio: '1:1'}}\nscenes:\n  sc010:\n    place: a pier\n    shots:\n{lines}"
    )


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    """Two processes, each with hundreds of marks and notes on the same twenty shots: the last word of each stands."""
    path = filled(tmp_path, list_of(20))
    program = """
import sys
from pathlib import Path
from shotpilot_pipeline.pipeline.choosing import Facts, choose
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.values.decision import Change, Verb
reading = read_list(Path(sys.argv[1]), None, rehearsal=True)
facts, name, take = Facts(reading), sys.argv[2], int(sys.argv[3])
for number in range(100):
    address = f"sc010/sh{number % 20:03}@iterate"
    stars = Change(address, Verb.STARS, take, value=str(1 + number // 20))
    choose(reading, [Change(address, Verb.NOTE, value=str(number)), stars], name, facts=facts)
"""
    asking = [sys.executable, "-c", program, str(path)]
    root = Path(__file__).parents[2]
    children = [
        subprocess.Popen([*asking, name, str(take)], stderr=subprocess.PIPE, cwd=root)
        for take, name in enumerate(("Ana", "Vera"), 1)
    ]
    for child in children:
        assert child.wait(120) == 0, child.stderr and child.stderr.read()
    found = decisions_of(reading_of(path))
    for number in range(20):
        one = found[f"sc010/sh{number:03}@iterate"]
        assert {(note.by, note.text) for note in one.notes} == {(name, str(number + 80)) for name in ("Ana", "Vera")}
        assert {(mark.by, mark.take, stars) for mark, stars in one.stars} == {("Ana", 1, 5), ("Vera", 2, 5)}


def test_a_full_disk_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say(path, Change(A, Verb.PICK, 1))
    before = picks_of(path).read_bytes()

    def full(handle: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    broken = SimpleNamespace(**{name: getattr(os, name) for name in dir(os) if not name.startswith("__")})
    broken.write = full
    monkeypatch.setattr(files, "os", broken)
    with pytest.raises(StoreUnwritable, match="the disk is full"):
        say(path, Change(A, Verb.PICK, 3))
    monkeypatch.undo()
    assert picks_of(path).read_bytes() == before
    assert not list(picks_of(path).parent.glob("*.tmp")) + list(picks_of(path).parent.glob(".*.tmp"))
    say(path, Change(A, Verb.PICK, 3))
    undo(reading_of(path), "Vera")
    assert picks_of(path).read_bytes() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk of its own needs root")
def test_a_disk_that_is_really_full(path: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk may be mounted here")
    try:
        file = disk / "night.picks.yaml"
        file.write_text(f"picks: 1\n{A}: 1 # by hand\n")
        picks_of(path).symlink_to(file)
        _fill(disk / "ballast")
        with pytest.raises(StoreUnwritable, match="the disk is full"):
            say(path, Change(A, Verb.PICK, 3))
        assert file.read_text() == f"picks: 1\n{A}: 1 # by hand\n"
        (disk / "ballast").unlink()
        assert say(path, Change(A, Verb.PICK, 3)).changed == (A,)
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def _fill(ballast: Path) -> None:
    """Write until nothing more goes in."""
    handle = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(handle, b"x" * 4096):
            pass
    except OSError:
        return
    finally:
        os.close(handle)


def test_sixty_shots_by_hand_are_the_same_as_by_command(tmp_path: Path) -> None:
    path = filled(tmp_path, list_of(60))
    takes = {f"sc010/sh{number:03}@iterate": number % 2 + 1 for number in range(60)}
    by_hand = "picks: 1\n" + "".join(f"{address}: {take}\n" for address, take in takes.items())
    picks_of(path).write_text(by_hand)
    plan = Facts(reading_of(path)).plan
    picks_of(path).unlink()
    say(path, *(Change(address, Verb.PICK, take) for address, take in takes.items()))
    assert Facts(reading_of(path)).plan == plan
    keys = [line.partition(":")[0] for line in picks_of(path).read_text().splitlines() if line.startswith("sc")]
    assert keys == list(takes)


def test_an_older_take_can_be_picked_and_is_said_to_be_stale(path: Path) -> None:
    text = path.read_text()
    path.write_text(text.replace("coils a rope", "mends a net"))
    with pytest.raises(
        UsageError,
        match=r"nothing of what the shot list says now is in the store; an older one is sc010/sh010@iterate#v1\.1",
    ):
        say(path, Change(A, Verb.PICK, 3))
    say(path, Change(A, Verb.PICK, 3, version=1))
    pick = decisions_of(reading_of(path))[A].pick
    assert pick is not None
    assert (pick.take, pick.version) == (3, 1)
    assert any(
        "not a take of the current version" in note
        for line in Facts(reading_of(path)).plan.lines
        for note in line.notes
    )
    path.write_text(text)  # the list says again what it said: the pick holds again
    assert actions(path)[FINAL] == "new"


def test_who_sits_here_is_said_by_git_else_by_the_login(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "Vera  Kane")
    assert who(path.parent) == "Vera Kane"
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("LOGNAME", "vera")
    assert who(path.parent) == "vera"
