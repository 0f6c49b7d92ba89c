"""The room aside: where bytes are written before they are kept, one folder for each running process.

What a dead process left there is taken away by the next one. Does not know what is written there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shotpilot_pipeline.store.files import make_folder

_OWNER = "owner"  # locked by the process whose folder it is; the lock dies with the process
_TURN = ".turn"  # locked while folders are made or taken away


class Staging:
    """One process's own folder below `root`, made when first asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._own: Path | None = None
        self._owner = -1

    def folder(self) -> Path:
        """This process's folder. Raises OSError when it cannot be made."""
        if self._own is None or not self._own.is_dir():
            self.close()
            make_folder(self._root, durable=False)
            with _turn(self._root):
                _clean(self._root)
                own = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self._root))
                self._owner = os.open(own / _OWNER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
                fcntl.flock(self._owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._own = own
        return self._own

    def close(self) -> None:
        """Take the folder away with what is left in it."""
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)
            self._own = None
        if self._owner >= 0:
            os.close(self._owner)
            self._owner = -1


@contextmanager
def _turn(root: Path) -> Iterator[None]:
    handle = os.open(root / _TURN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _clean(root: Path) -> None:
    """Take away the folders whose process is dead. A kept take has its own name elsewhere, so no byte of it goes."""
    for left in root.iterdir():
        if left.name != _TURN and _is_free(left / _OWNER):
            shutil.rmtree(left, ignore_errors=True)


def _is_free(owner: Path) -> bool:
    try:
        handle = os.open(owner, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
    finally:
        os.close(handle)
