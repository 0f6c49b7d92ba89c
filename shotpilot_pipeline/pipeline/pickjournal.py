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

MOST = 2_000  # changes that are kept; nobody takes back more
_TRIMMED = 1_000


class Entry(NamedTuple):
    """One change: who, when, what, and each entry's text before and after."""

    id: str
    by: str
    at: str
    what: str
    blocks: tuple[tuple[str, str, str], ...]  # address, before, after
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
                    found[said["id"]] = Entry(said["id"], said["by"], said["at"], said["what"], blocks)
            except (ValueError, KeyError, TypeError):
                continue
        return list(found.values())

    def add(self, by: str, at: str, what: str, blocks: Sequence[tuple[str, str, str]]) -> Entry:
        """Write a change down, before it is made. Raises StoreUnwritable."""
        entry = Entry(secrets.token_hex(6), by, at, what, tuple(blocks))
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
    said = {"id": entry.id, "by": entry.by, "at": entry.at, "what": entry.what, "blocks": entry.blocks}
    return json.dumps(said, ensure_ascii=False)
