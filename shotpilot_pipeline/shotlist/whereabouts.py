"""Paths from the root of the show, and the same paths as the user of this command types them.

A memo keeps the former, so that the next command, from another folder, can say the latter. Reads nothing.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path


class Whereabouts:
    """Where one shot list stands, and how its files are called in it and on the screen."""

    def __init__(self, file: Path, root: Path) -> None:
        self._typed = str(file)
        self._root = os.path.abspath(root)
        self._kept: dict[str, str] = {}  # asked for each of 10,000 shots, of a handful of files
        self._shown: dict[str, str] = {}

    @cached_property
    def list(self) -> str:
        """The list's path from the root, as written: symlinks are not followed."""
        return self.kept(self._typed)

    def kept(self, typed: str) -> str:
        """A path as typed or shown, from the root on."""
        if typed not in self._kept:
            self._kept[typed] = Path(os.path.relpath(typed, self._root)).as_posix()
        return self._kept[typed]

    def shown(self, kept: str) -> str:
        """A path from the root on, as the user of this command types it: from the folder of the list as typed."""
        if kept == self.list:
            return self._typed
        if kept not in self._shown:
            inside = os.path.relpath(kept, os.path.dirname(self.list) or ".")
            self._shown[kept] = os.path.normpath(os.path.join(os.path.dirname(self._typed), inside))
        return self._shown[kept]

    def beside(self, typed: str, path: str) -> str:
        """`path` as written in the file `typed`, from the root on. A `..` stays: after a symlink it leads elsewhere."""
        return f"{self.kept(os.path.dirname(typed) or '.')}/{path}"
