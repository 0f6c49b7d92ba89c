"""Bytes put safely on disk: written aside, synced, put in place in one step. Does not know what the bytes mean.

Every call that changes the disk goes through the name `os` of this module, so that a test can let any one of them fail.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shotpilot_pipeline.errors import ExitCode, ShotpilotError

READ_ONLY = 0o444  # what was bought is read, never edited in place
NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV, errno.ENOSYS})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class StoreUnwritable(ShotpilotError):
    """The disk is full, or the folder may not be written. Nothing was half-kept; the same command goes on later."""

    exit_code = ExitCode.TAKES_FAILED


@contextmanager
def in_words(folder: Path) -> Iterator[None]:
    """Turn what the system says while `folder` is written into a sentence. Raises StoreUnwritable."""
    try:
        yield
    except OSError as error:
        raise StoreUnwritable(_sentence(folder, error)) from error


def _sentence(folder: Path, error: OSError) -> str:
    safe = "nothing was half-kept and nothing bought is lost"
    if error.errno in _FULL:
        return f"{folder}: the disk is full; free some space and run the same command again: {safe}"
    if error.errno in _FORBIDDEN:
        return f"{folder}: this folder may not be written; give yourself the right to write there: {safe}"
    return f"{folder}: cannot be written ({error.strerror or error}); cure that and run the same command again: {safe}"


def hash_file(path: Path) -> str:
    """The sha256 of a file, read piece by piece, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_new(path: Path, data: bytes, *, durable: bool) -> None:
    """Write a file that does not exist yet; synced when `durable`. What could not be written whole is taken away."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        if durable:
            os.fsync(handle)
    except OSError:
        with suppress(OSError):
            os.unlink(path)
        raise
    finally:
        os.close(handle)


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, safely to the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, *, durable: bool) -> None:
    """Make a folder and those above it; the new names are synced when `durable`."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        with suppress(FileExistsError):
            os.mkdir(new)
        if durable:
            sync(new.parent)


def move_in(aside: Path, target: Path, staging: Path) -> None:
    """Give the file at `aside` its final name, replacing what stood there. From another disk it is copied first.

    `staging` is a folder on the disk of `target`.
    """
    try:
        os.rename(aside, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        near = staging / target.name
        shutil.copyfile(aside, near)
        os.chmod(near, READ_ONLY)
        sync(near)
        os.rename(near, target)
        os.unlink(aside)


def put_new(aside: Path, target: Path) -> None:
    """Give the file at `aside` its final name, never replacing a file. Raises FileExistsError."""
    try:
        os.link(aside, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if target.exists():  # a disk without hard links: one writer at a time, so nobody comes in between
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        os.rename(aside, target)
    else:
        os.unlink(aside)


def write_atomic(path: Path, data: bytes, *, durable: bool = True, mode: int | None = None) -> None:
    """Write a file so that at every instant either the old or the new one is there, whole. Raises StoreUnwritable.

    `mode` are its rights, else those that new files get.
    """
    near = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with in_words(path.parent):
        make_folder(path.parent, durable=durable)
        with suppress(FileNotFoundError):
            os.unlink(near)
        write_new(near, data, durable=durable)
        if mode is not None:
            os.chmod(near, mode)
        os.replace(near, path)
        if durable:
            sync(path.parent)
