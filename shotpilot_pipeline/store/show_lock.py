"""One writer for each show: a lock that dies with its process. Does not know what the writer does.

The lock is the system's (flock) on `.shotpilot/lock`; the text in the file only says who holds it. A file that a dead
process left behind holds nobody up.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from shotpilot_pipeline.errors import ShowLocked, UsageError
from shotpilot_pipeline.store.files import in_words, make_folder

_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})


@contextmanager
def hold_show(file: Path, doing: str = "a run") -> Iterator[None]:
    """Hold the show whose lock is `file` (`.shotpilot/lock`) while the block runs.

    `doing` says what for, as in "render noir.yaml". Raises ShowLocked, naming the holder, when another run has it;
    StoreUnwritable when the folder may not be written; UsageError on a disk that knows no locks.
    """
    with in_words(file.parent):
        make_folder(file.parent, durable=False)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _lock(handle, file)
        _say(handle, {"pid": os.getpid(), "host": socket.gethostname(), "since": _now(), "doing": doing})
        try:
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(handle, 0)  # never unlinked: the next run might already wait on this very file
    finally:
        os.close(handle)


def held_for(file: Path) -> str:
    """What for the show is held just now, such as "render noir.yaml"; "" where nobody holds it.

    Told by the text in the file alone: to try the lock itself would turn a run away that begins in that moment.
    """
    try:
        said = json.loads(file.read_bytes()[:4096])
        alive = said["host"] != socket.gethostname() or _lives(int(said["pid"]))
        return str(said["doing"]) if alive else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _lock(handle: int, file: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            raise ShowLocked(_holder(handle, file)) from None
        raise UsageError(
            f"{file}: this disk knows no locks ({error.strerror}), so two runs could buy the same; "
            "keep .shotpilot on a local disk"
        ) from error


def _holder(handle: int, file: Path) -> str:
    """The sentence that names the holder. Its text may be half-written: then it is not named."""
    try:
        said = json.loads(os.pread(handle, 4096, 0))
        who = f"{said['doing']} (process {said['pid']} on {said['host']}, since {said['since']})"
        cure = f"wait for it, or stop it there with: kill -INT {said['pid']}"
    except (ValueError, KeyError, TypeError):
        who, cure = "another run", "wait for it"
    return f"{file}: {who} holds this show; {cure}"


def _say(handle: int, who: dict[str, object]) -> None:
    with suppress(OSError):  # a full disk: the lock holds all the same
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(who).encode() + b"\n", 0)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
