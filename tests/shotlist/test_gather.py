"""A long list is compiled by several processes, and nobody can tell it from what comes out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.pipeline.reading import open_list
from shotpilot_pipeline.shotlist import compile, errand, gather, references
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.source import SceneSource
from tests.shotlist.compiling import draw
from tests.starting import ROOT

HEAD = """\
shotlist: 1
show: long
cast:
  vera: {name: Vera, frontal: refs/vera.png}
images:
  plate: refs/plate.png
stages:
  iterate: {model: kling-o3, takes: 2, pick: first}
  final: {model: kling-o3, resolution: 2K, carry: image}
scenes:
"""


def written(folder: Path, faulty: bool, edited: bool = False) -> Path:
    """A list of four scenes with ten shots each; some with warnings, some at fault, one asks for another's pick."""
    for name in ("vera", "plate") if not (folder / "refs").exists() else ():
        draw(folder / f"refs/{name}.png")
    lines = [HEAD]
    for scene in range(1, 5):
        lines.append(f"  sc{scene:03}:\n    place: a pier\n    shots:\n")
        for shot in range(1, 11):
            lines.append(f"      sh{shot:03}:\n        prompt: wave {shot} of {scene} and @vera\n")
            if shot % 3 == 0:
                lines.append("        negative_prompt: blur\n")
            if shot == 5:
                lines.append(
                    "        images: {other: {pick: sc001/sh001@iterate}}\n        add_images: [other, plate]\n"
                )
            if faulty and shot == 7:
                lines.append("        light: '{{ vars.nobody }}'\n        prompts: 1\n")
            if edited and shot > 2:
                lines.append("        tags: [edited]\n")
    path = folder / "list.yaml"
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets how many processes work."""

    def work(count: int) -> None:
        monkeypatch.setattr(gather, "ENOUGH", 4)
        monkeypatch.setattr(gather, "hands", lambda: count)

    return work


@pytest.mark.parametrize("faulty", [False, True])
@pytest.mark.parametrize("hands", [2, 3, 9])
def test_several_processes_say_and_keep_what_one_does(
    tmp_path: Path, several: Callable[[int], None], hands: int, faulty: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(references, "RACY", 10**18)  # else the pictures' stamps depend on how long this test takes

    def outcome(count: int) -> tuple[object, ...]:
        several(count)
        found = []
        for edited in (False, True):
            path = written(tmp_path, faulty, edited)
            memo = open_list(path, tmp_path, rehearsal=False).places.memo
            memo.unlink(missing_ok=True) if not edited else None
            checked = check_file(path, tmp_path)
            opened = open_list(path, tmp_path, rehearsal=False)
            found += [checked.problems, opened.recalled.compiled, memo.read_bytes() if not faulty else b""]
        return tuple(found)

    alone, together = outcome(1), outcome(hands)
    assert together == alone
    assert bool(alone[1]) is not faulty


def test_work_whose_process_dies_is_done_here(
    tmp_path: Path, several: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path, here = written(tmp_path, faulty=False), os.getpid()
    whole = check_file(path, tmp_path)
    open_list(path, tmp_path, rehearsal=False).places.memo.unlink()
    several(3)
    compile_shot = compile.compile_shot

    def dies(*arguments: object) -> object:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return compile_shot(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(gather, "compile_shot", dies)
    assert check_file(path, tmp_path) == whole


def test_where_no_further_process_is_allowed_one_does_it_all(
    tmp_path: Path, several: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, faulty=False)
    whole = check_file(path, tmp_path)
    open_list(path, tmp_path, rehearsal=False).places.memo.unlink()
    several(3)

    def refused() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    assert check_file(path, tmp_path) == whole


def test_an_errand_brings_what_its_work_gives_or_nothing() -> None:
    def fails() -> int:
        raise ValueError("told where the work is done again")

    sent = [errand.Errand(lambda: os.getpid()), errand.Errand(fails)]
    try:
        found = [one.result() for one in sent]
    finally:
        for one in sent:
            one.forget()
    assert found[0] not in (None, os.getpid())
    assert found[1] is None


def test_each_turn_is_taken_once_by_whoever_has_time() -> None:
    turns = errand.Turns(errand.Turns.MOST)
    sent = [errand.Errand(lambda: list(turns)) for _ in range(3)]
    try:
        taken = [list(turns), *(one.result() for one in sent)]
    finally:
        for one in sent:
            one.forget()
        turns.close()
    assert sorted(number for numbers in taken for number in numbers or ()) == list(range(errand.Turns.MOST))
    with pytest.raises(ValueError, match="are more than"):
        errand.Turns(errand.Turns.MOST + 1)


def test_the_turns_of_a_process_that_died_are_taken_by_nobody() -> None:
    end, start = os.pipe()
    middle = os.fork()
    if not middle:  # makes the turns, sends somebody, and dies
        turns, maker = errand.Turns(3), os.getpid()
        if not os.fork():
            while os.getppid() == maker:
                time.sleep(0.01)
            os.write(start, repr(list(turns)).encode())
        os._exit(0)
    os.waitpid(middle, 0)
    os.close(start)
    assert os.read(end, 100) == b"[]"
    os.close(end)


@pytest.mark.parametrize("scenes", [[10_000], [1] * 5_000, [0, 500, 0, 3], [20] * 500, [121, 7], [200_000, 1]])
def test_every_shot_is_in_one_batch(scenes: list[int]) -> None:
    def source(number: int, shots: int) -> SceneSource:
        return SceneSource(f"sc{number}", Node({}, "a.yaml", 1, 1), tuple(map(str, range(shots))), tuple)

    sources = [source(number, shots) for number, shots in enumerate(scenes)]
    batches = list(gather._batches(sources, scenes))
    assert len(batches) <= errand.Turns.MOST
    taken = [(one.scene.id, shot) for batch in batches for one in batch for shot in range(one.start, one.end)]
    assert taken == [(scene.id, shot) for scene in sources for shot in range(len(scene.ids))]
    weights = [sum(one.end - one.start for one in batch) for batch in batches]
    assert max(weights) <= 4 * max(gather.BATCH, sum(scenes) / errand.Turns.MOST + 1)


def script(text: str, *words: str) -> subprocess.Popen[str]:
    """A Python of its own, as none that runs tests could be killed or interrupted."""
    return subprocess.Popen(
        [sys.executable, "-c", text, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


def test_nobody_is_left_where_the_process_that_waits_is_killed() -> None:
    waits = """
import os, time
from shotpilot_pipeline.shotlist.errand import Errand
def work():
    print(os.getpid(), flush=True)
    time.sleep(0.5)
    return b"x" * 10_000_000  # far more than a pipe holds
Errand(work).result()
"""
    with script(waits) as main:
        assert main.stdout is not None
        child = int(main.stdout.readline())
        main.kill()
        main.wait()
        for _ in range(200):
            if not is_running(child):
                return
            time.sleep(0.05)
    raise AssertionError("it is still there")


def is_running(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_in_the_moment_of_the_fork_is_heard(name: str) -> None:
    told = """
import os, signal, sys
from shotpilot_pipeline.shotlist.errand import Errand
def heard(number, frame):
    raise SystemExit(42)
number = getattr(signal, sys.argv[1])
signal.signal(number, heard)
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), number))
Errand(lambda: 1).result()
print("not heard")
"""
    with script(told, name) as main:
        said = main.communicate(timeout=60)
    assert (main.returncode, *said) == (42, "", "")


def test_nothing_is_forked_beside_another_thread() -> None:
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    try:
        assert errand.hands() == 1
    finally:
        stop.set()
        other.join()
