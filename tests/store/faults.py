"""A disk that fails, or a machine that stops, at the n-th change it is asked for."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from shotpilot_pipeline.store import files, staging, store

CHANGES = ("open", "write", "fsync", "link", "unlink", "rename", "replace", "chmod", "mkdir")


class Stopped(BaseException):
    """The machine stopped: nothing after this instant happens."""


class FaultyOs:
    """`os`, until the n-th changing call (counted from 0). `number` is the error it gives; 0: the machine stops."""

    def __init__(self, at: int, number: int = 0, only: tuple[str, ...] = CHANGES) -> None:
        self.left = at
        self.number = number
        self.only = only
        self.happened = False

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._watched(real) if name in self.only else real

    def _watched(self, real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                self.happened = True
                if not self.number:
                    raise Stopped
                if self.left == -1:  # a full disk may have room again for the next, smaller thing
                    raise OSError(self.number, os.strerror(self.number))
            return real(*args, **kwargs)

        return call


@contextmanager
def faulty(at: int, number: int = 0, only: tuple[str, ...] = CHANGES) -> Iterator[FaultyOs]:
    """Everything the store does to the disk goes through one `FaultyOs` while the block runs."""
    disk = FaultyOs(at, number, only)
    rooms: list[ModuleType] = [files, store, staging]
    with pytest.MonkeyPatch.context() as patch:
        for room in rooms:
            patch.setattr(room, "os", disk)
        yield disk


FULL = errno.ENOSPC
READ_ONLY_DISK = errno.EROFS
