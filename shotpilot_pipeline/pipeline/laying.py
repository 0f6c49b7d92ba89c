"""Lays out files of a show: read, laid out, compared, written. What the layout is stands in the room shotlist."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import BadFiles, Place, Problem, UsageError
from shotpilot_pipeline.pipeline.rewriting import rewrite
from shotpilot_pipeline.shotlist.filetext import read_text
from shotpilot_pipeline.shotlist.layout import formatted
from shotpilot_pipeline.values.digest import sha256_bytes
from shotpilot_pipeline.values.mending import end_of_lines

MOST = 2_000_000  # characters of a file to lay out: some 4,000 shots, which take a minute
_BOM = "\ufeff"


class Laid(NamedTuple):
    """A file as it is and as it should be. Its line ends and its byte order mark are its author's."""

    file: Path
    before: str
    after: str


def lay_out(file: Path) -> Laid:
    """`file` in the one layout. Writes nothing. Raises BadFiles where it cannot be read or laid out."""
    got = read_text(file, str(file))
    if isinstance(got, Problem):
        raise BadFiles([got])
    if len(got.text) > MOST:
        most = f"holds more than {MOST:,} characters, too many to lay out at once"
        raise BadFiles([Problem("file", Place(str(file)), most, "divide it with `include`")])
    before = file.read_bytes().decode()
    if sha256_bytes(before.encode()) != got.sha256:
        raise UsageError(f"{file}: was changed meanwhile; run the same command again")
    after = formatted(got.text, str(file)).replace("\n", end_of_lines(before))
    return Laid(file, before, (_BOM if before.startswith(_BOM) else "") + after)


def write_laid(laid: Iterable[Laid]) -> None:
    """Write them as `rewrite` does."""
    rewrite({one.file: (one.before.encode(), one.after.encode()) for one in laid})
