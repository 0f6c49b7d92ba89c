"""A negative_prompt turned into a sentence of the prompt, in the lines of a file. Does not know why.

Only where it is plain how: the keys of a shot one a line, the prompt as a block or on one line, or slots and no style.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from shotpilot_pipeline.errors import Edit, Place

_NEGATIVE = re.compile(r"( *)negative_prompt:[ \t]+([^\s|>&*!{\[#].*?)[ \t]*\Z")
_PROMPT = re.compile(r" *prompt:[ \t]+(\S.*?)[ \t]*\Z")
_BLOCK = re.compile(r"[|>][-+]?\Z")
_STYLE = re.compile(r"(?:^|[\s{,])(?:style|series):")
_QUOTES = "\"'"


def avoided(place: Place, lines: Sequence[str]) -> tuple[Edit, ...]:
    """The edits that take the key `negative_prompt` at `place` out and say `Avoid: ...` in the prompt; none where it is
    not plain how."""
    own = _NEGATIVE.match(lines[place.line - 1])
    if own is None or len(own.group(1)) != place.column - 1 or place.line >= len(lines):
        return ()
    indent, sentence = place.column - 1, f"Avoid: {_plain(own.group(2)).rstrip('.')}."
    out = Edit(Place(place.file, place.line, 1), Place(place.file, place.line + 1, 1), "")
    prompt = next((at for at in _siblings(place.line - 1, indent, lines) if _PROMPT.match(lines[at])), None)
    if prompt is None:
        if any(map(_STYLE.search, lines)):
            return ()  # it would take the place of a style that is said further out
        style = f"{' ' * indent}style: {json.dumps(sentence[:-1], ensure_ascii=False)}\n"
        return (Edit(out.start, out.end, style),)
    added = _added(place.file, prompt, indent, lines, sentence)
    return (added, out) if added is not None else ()


def _plain(written: str) -> str:
    """A text without the quotes it stands in."""
    quoted = len(written) > 1 and written[0] in _QUOTES and written[-1] == written[0]
    return written[1:-1] if quoted else written


def _siblings(at: int, indent: int, lines: Sequence[str]) -> list[int]:
    """The lines of the same map that begin an entry, as indices; deeper lines belong to the entry above."""
    first = last = at
    while first and _deep(lines[first - 1], indent):
        first -= 1
    while last + 1 < len(lines) and _deep(lines[last + 1], indent):
        last += 1
    return [number for number in range(first, last + 1) if lines[number][indent : indent + 1].strip()]


def _deep(line: str, indent: int) -> bool:
    return not line.strip() or len(line) - len(line.lstrip(" ")) >= indent


def _added(file: str, at: int, indent: int, lines: Sequence[str], sentence: str) -> Edit | None:
    """The edit that puts the sentence at the end of the prompt on line `at` (an index)."""
    found = _PROMPT.match(lines[at])
    if found is None:
        return None
    written, column = found.group(1), found.start(1) + 1
    if _BLOCK.match(written):
        return _in_block(file, at, indent, lines, sentence)
    below = lines[at + 1] if at + 1 < len(lines) else ""
    if " #" in written or (below.strip() and _deep(below, indent + 1)):
        return None  # a remark, or a text that goes on
    text = f"{_plain(written)}{'' if written.rstrip(_QUOTES).endswith(('.', '!', '?')) else '.'} {sentence}"
    if written[0] in _QUOTES:
        new = f"{written[0]}{text}{written[0]}" if not set(_QUOTES + "\\") & set(sentence) else ""
    else:
        new = json.dumps(text, ensure_ascii=False)
    return Edit(Place(file, at + 1, column), Place(file, at + 1, column + len(written)), new) if new else None


def _in_block(file: str, at: int, indent: int, lines: Sequence[str], sentence: str) -> Edit | None:
    last = at
    for number in range(at + 1, len(lines)):
        if lines[number].strip():
            if not _deep(lines[number], indent + 1):
                break
            last = number
    if last == at or last + 1 >= len(lines):
        return None
    blanks = len(lines[at + 1]) - len(lines[at + 1].lstrip(" "))
    end = Place(file, last + 2, 1)
    return Edit(end, end, f"{' ' * blanks}{sentence}\n")
