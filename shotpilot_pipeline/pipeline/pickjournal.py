"""What the entries of a picks file said before each change: one line a change, so that it can be taken back.

It is a convenience and never a truth: the picks file says what counts. Does not know what an entry means.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.store.files import in_words, make_folder, write_atomic
from shotpilot_pipeline.values.digest import sha256_text

MOST = 2_000  # changes that are kept; nobody takes back more
_TRIMMED = 1_000


class Splice(NamedTuple):
    """A stretch of lines that changed: where, what stood there, and how many lines stand there now.

    `after` is the sha256 of the whole text with the change.
    """

    row: int  # counted from 0
    old: tuple[str, ...]
    new: int  # lines
    after: str

    @classmethod
    def between(cls, before: str, after: str) -> Splice:
        """What turned one text into the other."""
        old, new = before.split("\n"), after.split("\n")
        start = 0
        while start < min(len(old), len(new)) and old[start] == new[start]:
            start += 1
        end = 0
        while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
            end += 1
        return cls(start, tuple(old[start : len(old) - end]), len(new) - end - start, sha256_text(after))

    def undone(self, text: str) -> str | None:
        """The text as it was before; None where it is not just what the change made of it."""
        if sha256_text(text) != self.after:
            return None
        rows = text.split("\n")
        return "\n".join([*rows[: self.row], *self.old, *rows[self.row + self.new :]])


class Entry(NamedTuple):
    """One change: who, when, what, each entry's text before and after, and what changed in the file."""

    id: str
    by: str
    at: str
    what: str
    blocks: tuple[tuple[str, str, str], ...]  # address, before, after
    splice: Splice
    undone: bool = False


class Journal:
    """The journal in one file. Only who holds the lock of the picks file may write it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries(self) -> list[Entry]:
        """Every change, oldest first. A line that a crash cut short is left out."""
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return []
        found: dict[str, Entry] = {}
        for line in lines:
            try:
                said = json.loads(line)
                if "undone" in said:
                    found[said["undone"]] = found[said["undone"]]._replace(undone=True)
                else:
                    blocks = tuple((address, before, after) for address, before, after in said["blocks"])
                    found[said["id"]] = Entry(
                        said["id"], said["by"], said["at"], said["what"], blocks, Splice(*said["splice"])
                    )
            except (ValueError, KeyError, TypeError):
                continue
        return list(found.values())

    def add(self, by: str, at: str, what: str, blocks: Sequence[tuple[str, str, str]], splice: Splice) -> Entry:
        """Write a change down, before it is made. Raises StoreUnwritable."""
        entry = Entry(secrets.token_hex(6), by, at, what, tuple(blocks), splice)
        self._append(_line(entry))
        return entry

    def mark_undone(self, id_: str) -> None:
        """This change was taken back. Raises StoreUnwritable."""
        self._append(json.dumps({"undone": id_}))

    def _append(self, line: str) -> None:
        with in_words(self._path.parent):
            make_folder(self._path.parent, durable=False)
            with self._path.open("ab+") as file:
                if file.tell() and not _ends_a_line(file.name):
                    file.write(b"\n")
                file.write(f"{line}\n".encode())
                lines = file.tell()
        if lines > MOST * 1_000 and len(entries := self.entries()) > MOST:
            kept = [_line(entry) for entry in entries[-_TRIMMED:] if not entry.undone]
            write_atomic(self._path, "".join(f"{one}\n" for one in kept).encode(), durable=False)


def _ends_a_line(path: str) -> bool:
    with Path(path).open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _line(entry: Entry) -> str:
    said: dict[str, object] = {
        "id": entry.id,
        "by": entry.by,
        "at": entry.at,
        "what": entry.what,
        "blocks": entry.blocks,
    }
    said["splice"] = entry.splice
    return json.dumps(said, ensure_ascii=False)
