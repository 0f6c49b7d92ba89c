"""Edits carried out on a text: `mended(text, edits)`. Does not know why anything is edited, nor what a file is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from shotpilot_pipeline.errors import Edit, Fix, Place

#: What ends a line for every place that is told. The separators of word processors are blanks, as for the reader.
_LINE = re.compile("[^\r\n]*")
_LINE_END = re.compile("\r\n|[\r\n]")


def mended(text: str, edits: Iterable[Edit]) -> str:
    """`text` with every edit carried out. Places count lines and characters from 1 in `text` as it is given.

    A new line that an edit brings ends as the first line of `text` does. Raises ValueError for edits that overlap, or
    that lie outside of the text.
    """
    starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
    spans = sorted((_offset(edit.start, starts, text), _offset(edit.end, starts, text), edit.text) for edit in edits)
    line_end = end_of_lines(text)
    made, reached = [], 0
    for start, end, new in spans:
        if start < reached or end < start:
            raise ValueError("edits overlap")
        made += [text[reached:start], new.replace("\n", line_end)]
        reached = end
    return "".join((*made, text[reached:]))


def end_of_lines(text: str) -> str:
    """How the first line of `text` ends; a newline where it has but one line."""
    found = _LINE_END.search(text)
    return found.group() if found else "\n"


def _offset(place: Place, starts: Sequence[int], text: str) -> int:
    if not 1 <= place.line <= len(starts):
        raise ValueError(f"no line {place.line}")
    start = starts[place.line - 1]
    line = _LINE.match(text, start)
    if line is None or not 1 <= place.column <= len(line.group()) + 1:
        raise ValueError(f"no column {place.column} in line {place.line}")
    return start + place.column - 1


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
