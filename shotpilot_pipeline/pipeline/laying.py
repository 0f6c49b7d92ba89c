"""Lays out files of a show: read, laid out, compared, written. What the layout is stands in the room shotlist."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import BadFiles, Problem, UsageError
from shotpilot_pipeline.shotlist.filetext import FileText, read_text
from shotpilot_pipeline.shotlist.layout import formatted
from shotpilot_pipeline.store.files import write_atomic


class Laid(NamedTuple):
    """A file as it is and as it should be."""

    file: Path
    before: str
    after: str
    sha256: str  # of the bytes that were read


def lay_out(file: Path) -> Laid:
    """`file` in the one layout. Writes nothing. Raises BadFiles where it cannot be read or laid out."""
    got = _read(file)
    return Laid(file, got.text, formatted(got.text, str(file)), got.sha256)


def write_laid(laid: Laid) -> None:
    """Write it, whole or not at all. Raises UsageError where somebody changed the file meanwhile."""
    if _read(laid.file).sha256 != laid.sha256:
        raise UsageError(f"{laid.file}: was changed meanwhile, so it was not written; run the same command again")
    write_atomic(laid.file, laid.after.encode())


def _read(file: Path) -> FileText:
    got = read_text(file, str(file))
    if isinstance(got, Problem):
        raise BadFiles([got])
    return got
