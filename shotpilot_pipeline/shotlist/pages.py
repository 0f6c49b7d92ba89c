"""The texts of files: given in memory, as an editor holds them, or read from disk. Does not know YAML.

Everything that reads a shot list reads it through here, so that a list can be checked while it is being typed, and a
complaint can look at the line it is about without reading the file once for each complaint.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

_MOST_SHOWN = 20_000_000  # bytes of a file whose lines are looked at: twice a list of 10,000 shots


class Pages:
    """Files by path. `given` are texts that count instead of what is on disk.

    `until_ns`: a file that was changed on disk after this time (of `time.time_ns`) has no lines, because they are not
    the ones that were checked.
    """

    def __init__(self, given: Mapping[Path, str] | None = None, until_ns: int = 0) -> None:
        self._given = {os.path.realpath(path): text for path, text in (given or {}).items()}
        self._until = until_ns
        self._lines: dict[str, Sequence[str]] = {}

    @property
    def in_memory(self) -> bool:
        """Whether anything here is not as it is on disk."""
        return bool(self._given)

    def given(self, path: Path | str) -> bytes | None:
        """The bytes that count instead of those on disk; None where there are none."""
        text = self._given.get(os.path.realpath(path)) if self._given else None
        return None if text is None else text.encode("utf-8", "surrogatepass")

    def bytes_of(self, path: Path) -> bytes:
        """What `path` holds. Raises OSError."""
        given = self.given(path)
        return path.read_bytes() if given is None else given

    def is_file(self, path: Path) -> bool:
        """Whether there is such a file, in memory or on disk."""
        return self.given(path) is not None or path.is_file()

    def lines(self, file: str, root: Path | None = None) -> Sequence[str]:
        """The lines of a file as the user would type it (or from `root` on), read once; none when it cannot be read."""
        if file not in self._lines:
            paths = [Path(file), *([root / file] if root is not None else [])]
            self._lines[file] = next(filter(None, map(self._read, paths)), ())
        return self._lines[file]

    def _read(self, path: Path) -> Sequence[str]:
        given = self.given(path)
        try:
            if given is None and (not path.is_file() or self._is_other(path)):
                return ()
            data = self.bytes_of(path)
        except (OSError, ValueError):
            return ()
        return lines_of(data)

    def _is_other(self, path: Path) -> bool:
        found = path.stat()
        return found.st_size > _MOST_SHOWN or bool(self._until and found.st_mtime_ns > self._until)


def lines_of(data: bytes) -> list[str]:
    """The lines of a text as places count them; what is no UTF-8 stands as a question mark in a box."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
