"""Edits carried out on a text: `mended(text, edits)`. Does not know why anything is edited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from shotpilot_pipeline.errors import Edit, Fix, Place

#: What ends a line to YAML, and so to every place that is told.
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def mended(text: str, edits: Iterable[Edit]) -> str:
    """`text` with every edit carried out. Places count lines and characters from 1 in `text` as it is given.

    Raises ValueError for edits that overlap, or that lie outside of the text.
    """
    starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
    spans = sorted((_offset(edit.start, starts, text), _offset(edit.end, starts, text), edit.text) for edit in edits)
    made, reached = [], 0
    for start, end, new in spans:
        if start < reached or end < start:
            raise ValueError("edits overlap")
        made += [text[reached:start], new]
        reached = end
    return "".join((*made, text[reached:]))


def _offset(place: Place, starts: Sequence[int], text: str) -> int:
    if not 1 <= place.line <= len(starts):
        raise ValueError(f"no line {place.line}")
    offset = starts[place.line - 1] + place.column - 1
    if not starts[place.line - 1] <= offset <= len(text):
        raise ValueError(f"no column {place.column} in line {place.line}")
    return offset


def apart(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """The fixes that can be carried out together: of two that touch the same text, the first."""
    taken: dict[str, list[tuple[Place, Place]]] = {}
    kept = []
    for fix in fixes:
        spans = [(edit.start.file, edit.start, edit.end) for edit in fix.edits]
        if all(_free(start, end, taken.get(file, ())) for file, start, end in spans):
            kept.append(fix)
            for file, start, end in spans:
                taken.setdefault(file, []).append((start, end))
    return tuple(kept)


def _free(start: Place, end: Place, taken: Iterable[tuple[Place, Place]]) -> bool:
    """Whether nothing taken touches the stretch; two that only meet at an empty point touch as well."""
    return all(end < other_start or other_end < start for other_start, other_end in taken)
