"""Room on the disk that is kept for the ledger's last words. Does not know what they say.

When the disk runs full between a POST and its answer, the answer's id must still be written down, or the money is of
unknown fate. So a file beside the ledger holds some room; it is given up when a step finds none, and as long as it
cannot be had back nothing new is intended.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

BYTES = 512 * 1024  # a step writes 10 to 40 kB to the log, so this is the end of some twenty rolls on their way


class Spare:
    """The file that holds the room, beside the ledger at `path`."""

    def __init__(self, path: Path) -> None:
        self._file = path.with_name(f"{path.name}-spare")
        self._held = False

    def hold(self) -> bool:
        """Hold the room, if it is not held already. False: the disk has none."""
        self._held = self._held or self._filled()
        return self._held

    def give(self) -> bool:
        """Give the room up for a step that found none. False: it was given up before."""
        had, self._held = self._held, False
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
        return had

    def _filled(self) -> bool:
        try:
            if self._file.stat().st_size == BYTES:
                return True
        except OSError:
            pass
        try:
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
            try:
                written = os.write(handle, os.urandom(BYTES))  # noise: some disks store zeros without taking room
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError:
            written = 0
        if written == BYTES:
            return True
        self.give()
        return False
