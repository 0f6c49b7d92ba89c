"""Thumbnails in the background: made ahead in order, those asked for first, and one that fails stops nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
from PIL import Image

from shotpilot_pipeline.review import darkroom as module
from shotpilot_pipeline.review.darkroom import Darkroom


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Darkroom]:
    room = Darkroom(tmp_path / "cache")
    yield room
    room.close()


def pictures(folder: Path, count: int) -> dict[str, Path]:
    found = {}
    for number in range(count):
        file = folder / f"{number}.png"
        Image.new("RGB", (64, 36), (number, 90, 90)).save(file)
        found[f"{number:064x}"] = file
    return found


def kept(folder: Path) -> int:
    return len(list(folder.rglob("*.webp")))


def test_all_are_made_ahead_without_being_asked_for(tmp_path: Path, room: Darkroom) -> None:
    files = pictures(tmp_path, 12)
    room.expect(files, list(files))
    until = time.monotonic() + 20
    while kept(tmp_path / "cache") < 12 and time.monotonic() < until:
        time.sleep(0.01)
    assert kept(tmp_path / "cache") == 12


def test_what_is_asked_for_goes_before_what_is_made_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    gate = threading.Event()

    def slow(file: Path, cache: Path, sha256: str, size: object) -> bytes:
        gate.wait(20)
        order.append(sha256)
        return b"RIFF"

    monkeypatch.setattr(module, "thumbnail", slow)
    monkeypatch.setattr(module, "THREADS", 1)
    room = Darkroom(tmp_path / "cache")
    names = [f"{number:064x}" for number in range(6)]
    room.expect({name: tmp_path / name for name in names}, names)
    until = time.monotonic() + 20
    while not room._told and time.monotonic() < until:
        time.sleep(0.01)
    asked = [room.ask(names[4]), room.ask(names[5])]
    gate.set()
    assert [one.result(20) for one in asked] == [b"RIFF", b"RIFF"]
    room.close()
    assert order.index(names[5]) < order.index(names[4]) <= 2  # one may have been on its way already


def test_one_that_cannot_be_read_is_told_and_the_next_is_made(tmp_path: Path, room: Darkroom) -> None:
    files = pictures(tmp_path, 2)
    good, bad = files
    files[bad].write_bytes(b"\x89PNG no picture")
    room.expect(files, ())
    with pytest.raises(OSError):
        room.ask(bad).result(20)
    with pytest.raises(OSError):
        room.ask("f" * 64).result(20)
    assert room.ask(good).result(20)[:4] == b"RIFF"


def test_a_closed_room_makes_nobody_wait(tmp_path: Path) -> None:
    room = Darkroom(tmp_path / "cache")
    room.close()
    with pytest.raises(CancelledError):
        room.ask("a" * 64).result(5)
