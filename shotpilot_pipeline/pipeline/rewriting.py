"""Files of a show written anew: whole or not at all, and never over somebody else's change. Knows no YAML."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.store.files import write_atomic

_MAY_WRITE = 0o222


def rewrite(files: Mapping[Path, tuple[bytes, bytes]]) -> None:
    """Write the second bytes where the first ones stand; each file is at every instant the old one or the new one.

    A link stays a link, and the rights of a file stay as they are. Raises UsageError, before anything is written, where
    a file is not what it was or is write-protected; StoreUnwritable where the disk is full or forbids it.
    """
    changed = {path: pair for path, pair in files.items() if pair[0] != pair[1]}
    for path, (before, _) in changed.items():
        try:
            there, mode = path.read_bytes(), path.stat().st_mode
        except OSError as error:
            raise UsageError(f"{path}: cannot be read ({error.strerror}), so nothing was written") from error
        if there != before:
            raise UsageError(f"{path}: was changed meanwhile, so nothing was written; run the same command again")
        if not mode & _MAY_WRITE:
            raise UsageError(f"{path}: is write-protected, so nothing was written; `chmod u+w {path}` lifts that")
    for path, (_, after) in changed.items():
        real = Path(os.path.realpath(path))
        write_atomic(real, after, mode=real.stat().st_mode & 0o7777)
