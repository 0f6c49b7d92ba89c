"""Bytes the store lost, put back from the files in renders/ that still hold them.

Reads file sizes first and hashes only what can be the picture. Does not know names, lists or locks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from shotpilot_pipeline.errors import Place, Problem, Severity, ShotpilotError
from shotpilot_pipeline.store.files import hash_file
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.take import Picture


class Copies:
    """The files below a folder, found by their bytes; the folder is walked at the first question."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_size: Mapping[int, list[Path]] | None = None

    def of(self, picture: Picture) -> Path | None:
        """A file that holds the bytes of `picture`; None where there is none."""
        if self._by_size is None:
            self._by_size = _by_size(self._folder)
        for path in self._by_size.get(picture.bytes, ()):
            with suppress(OSError):
                if hash_file(path) == picture.sha256:
                    return path
        return None


def put_back_lost(store: Store, renders: Path) -> tuple[Problem, ...]:
    """Put back every picture that the store lost and that a file below `renders` still holds; each is told of."""
    copies = Copies(renders)
    found = ((picture, copies.of(picture)) for picture in store.lost())
    return tuple(_put_back(store, picture, copy) for picture, copy in found if copy is not None)


def _put_back(store: Store, picture: Picture, copy: Path) -> Problem:
    lost = f"the store had lost the picture {picture.sha256[:12]}"
    try:
        store.put_back(picture, copy)
    except (OSError, ShotpilotError) as error:
        message, hint = f"{lost}; this file still holds it, but it could not be put back", f"keep this file: {error}"
        return Problem("store-picture", Place(str(copy)), message, hint)
    message = f"{lost}; this file still held it, and it was put back"
    return Problem("store-picture", Place(str(copy)), message, "nothing to do", Severity.WARNING)


def _by_size(folder: Path) -> Mapping[int, list[Path]]:
    sizes: dict[int, list[Path]] = {}
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(place, name)
            with suppress(OSError):
                sizes.setdefault(path.stat().st_size, []).append(path)
    return sizes
