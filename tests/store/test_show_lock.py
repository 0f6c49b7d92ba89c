"""One writer a show; the dead hold nobody up."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shotpilot_pipeline.errors import ExitCode, ShowLocked, UsageError
from shotpilot_pipeline.store import show_lock
from shotpilot_pipeline.store.files import StoreUnwritable
from shotpilot_pipeline.store.show_lock import hold_show

HOLDER = """
import sys
from pathlib import Path
from shotpilot_pipeline.store.show_lock import hold_show

with hold_show(Path(sys.argv[1]), "render noir.yaml"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_is_told_who_holds_the_show(tmp_path: Path, root: Path) -> None:
    file = tmp_path / ".shotpilot" / "lock"
    command = [sys.executable, "-c", HOLDER, str(file)]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ShowLocked) as caught, hold_show(file):
            raise AssertionError("two writers")
        assert "render noir.yaml" in str(caught.value)
        assert f"(process {holder.pid} on " in str(caught.value)
        assert f"kill -INT {holder.pid}" in str(caught.value)
        assert caught.value.exit_code is ExitCode.LOCKED
        holder.kill()
        holder.wait()
        assert str(holder.pid) in file.read_text(), "its text is left behind"
        with hold_show(file, "the next run"):
            assert str(os.getpid()) in file.read_text()
    assert file.read_text() == ""


def test_the_show_is_free_after_an_error_and_held_within_one_process_too(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with pytest.raises(RuntimeError), hold_show(file):
        raise RuntimeError
    with hold_show(file), pytest.raises(ShowLocked, match="a run"), hold_show(file):
        raise AssertionError("two writers")
    with hold_show(file):
        pass


@pytest.mark.parametrize("left", ["", "half of a li", "[]", '{"pid": 1}'])
def test_a_text_that_cannot_be_read_still_holds(tmp_path: Path, left: str) -> None:
    file = tmp_path / "lock"
    with hold_show(file):
        file.write_text(left)
        with pytest.raises(ShowLocked, match="another run holds this show; wait for it"), hold_show(file):
            raise AssertionError("two writers")


def test_a_stale_file_is_seen_through(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    file.write_text('{"pid": 1, "host": "x", "since": "y", "doing": "z"}' * 50)
    with hold_show(file):
        assert file.read_text().count("pid") == 1


def test_a_disk_without_locks_or_without_the_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(show_lock.fcntl, "flock", no_locks)
    with pytest.raises(UsageError, match="knows no locks"), hold_show(tmp_path / "lock"):
        raise AssertionError("no lock at all")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable), hold_show(tmp_path / "file" / "lock"):
        raise AssertionError("no lock at all")
