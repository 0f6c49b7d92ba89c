"""A text file that people edit too, replaced whole: never over something that somebody saved meanwhile.

Does not know what the file holds. As in `files`, what changes the disk goes through the name `os` of this module.
"""

from __future__ import annotations

import ctypes
import os
import stat
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from shotpilot_pipeline.store.files import NO_LINKS, in_words, make_folder, sync, write_new

_AT_FDCWD = -100
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)


def put_in_place(path: Path, data: bytes, old: bytes | None) -> bool:
    """Make `data` the content of `path`, durably, if that still holds `old` (None: is not there).

    False: it holds something else by now, and still does. Raises StoreUnwritable; then nothing has changed.
    """
    near = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    with in_words(path.parent):
        make_folder(path.parent, durable=True)
        with suppress(FileNotFoundError):
            os.unlink(near)
        write_new(near, data, durable=True)
        try:
            done = _put_new(near, path) if old is None else _put_over(near, path, old)
            sync(path.parent)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(near)
        return done


def _put_new(near: Path, path: Path) -> bool:
    try:
        os.link(near, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if path.exists():
            return False
        os.rename(near, path)
    return True


def _put_over(near: Path, path: Path, old: bytes) -> bool:
    """Trade places with the old file, and look at what came back: if it is not `old`, trade back."""
    if _read(path) != old:
        return False
    os.chmod(near, stat.S_IMODE(path.stat().st_mode))
    expected: bytes | None = old
    first = True
    while True:
        putting = _read(near)
        if not _exchange(near, path):
            os.replace(near, path)  # a disk that cannot trade: between look and rename there is an instant left
            return True
        if _read(near) == expected:
            return first
        expected, first = putting, False  # somebody saved in that instant: what they saved is put back


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _exchange(one: Path, other: Path) -> bool:
    """Let two files trade names in one step; False where the system or the disk cannot, or one is gone."""
    renameat2 = _renameat2()
    if renameat2 is None:
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0)


@cache
def _renameat2() -> Any:
    try:
        return ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
