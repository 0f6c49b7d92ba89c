"""Changes the text of a picks file: only the lines of the entries that change, everything else byte for byte.

An entry is cut out by its lines and edited as a round trip of ruamel.yaml, so that its comments, its order and its
quotes stay too. What was written is read again before anybody saves it: a text that does not say what was meant is
refused, not saved. Pure: text to text. Does not know which takes exist, nor what a decision means.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shotpilot_pipeline.errors import BadFiles, Place, UsageError
from shotpilot_pipeline.shotlist.picks import Said, decisions_in, is_entry
from shotpilot_pipeline.shotlist.picksentry import comments_in, write_entry
from shotpilot_pipeline.values.decision import Decision

_HEAD = "# What people chose of each shot at each stage. Edit it by hand as you like.\npicks: 1\nshow: {show}\n"


class Block(NamedTuple):
    """The lines of one entry, from its key to its last line that is indented; counted from 0, `end` exclusive."""

    address: str
    start: int
    end: int


def edited(text: str, file: str, after: Mapping[str, Decision], order: Mapping[str, int], show: str) -> str:
    """The text with the entries of `after` saying what `after` says; an empty text becomes a new file.

    `order` is the place of each address in the shot list: a new entry goes where its neighbours are. Raises BadFiles
    where the text is damaged, UsageError where it cannot be edited without doubt.
    """
    text = text if text.strip() else _HEAD.format(show=show)
    said = _said(text, file)
    for address, decision in after.items():
        before = said.decisions.get(address, Decision(address))
        if decision != before:
            text = _with(text, said, before, decision, order)
            said = Said({**said.decisions, address: decision}, said.show, said.show_place, _places_in(text, file))
    _require_meant(text, file, said)
    return text


def block_text(text: str, file: str, address: str) -> str:
    """The lines of one entry as they stand in `text`; "" where it has none."""
    if not text.strip():
        return ""
    block = _blocks(text, _said(text, file)).get(address)
    return "".join(_lines(text)[block.start : block.end]) if block else ""


def with_block(text: str, file: str, address: str, lines: str, order: Mapping[str, int]) -> str:
    """The text with the entry of `address` replaced by `lines`, which may be none. Raises BadFiles."""
    said = _said(text, file)
    blocks, rows = _blocks(text, said), _lines(text)
    block = blocks.get(address)
    new = (
        _replaced(rows, block, lines)
        if block
        else _inserted(rows, _place_for(address, blocks, order, len(rows)), lines)
    )
    _said(new, file)
    return new


def _said(text: str, file: str) -> Said:
    said, problems = decisions_in(text, file)
    if problems:
        raise BadFiles(problems)
    return said


def _places_in(text: str, file: str) -> dict[str, Place]:
    return _said(text, file).places


def _require_meant(text: str, file: str, meant: Said) -> None:
    found = _said(text, file)
    wanted = {address: one for address, one in meant.decisions.items() if not one.says_nothing}
    written = {address: one for address, one in found.decisions.items() if not one.says_nothing}
    if written != wanted or found.show != meant.show:
        raise UsageError(
            f"{file}: this file is written in a way that cannot be changed without doubt; put each entry on lines of "
            "its own, `address: ` at the start of the line, and nothing was changed now"
        )


def _lines(text: str) -> list[str]:
    """The lines with their ends. Only a line feed ends one: what a word processor calls a line is none here."""
    *rows, last = text.split("\n")
    return [*(f"{row}\n" for row in rows), *([last] if last else [])]


def _blocks(text: str, said: Said) -> dict[str, Block]:
    """Where each entry stands, in the order of the file; empty where entries share lines (`{picks: 1, ...}`)."""
    if any(place.column != 1 for place in said.places.values()):
        return {}
    rows = _lines(text)
    starts = sorted((place.line - 1, key) for key, place in said.places.items())
    found = {}
    for (start, key), (next_start, _) in zip(starts, [*starts[1:], (len(rows), "")], strict=True):
        end = next_start
        while end > start + 1 and _is_between(rows[end - 1]):
            end -= 1
        if is_entry(key):
            found[key] = Block(key, start, end)
    return found


def _is_between(row: str) -> bool:
    """Whether a line belongs to what follows, or to nobody: empty, a comment at the margin, a document's end."""
    return not row.strip() or row.startswith(("#", "---", "..."))


def _with(text: str, said: Said, before: Decision, after: Decision, order: Mapping[str, int]) -> str:
    blocks, rows = _blocks(text, said), _lines(text)
    if not blocks and any(map(is_entry, said.places)):
        return write_entry(text, before, after)  # all on one line: the whole text is the entry's
    block = blocks.get(after.address)
    if block is None:
        at = _place_for(after.address, blocks, order, len(rows))
        return _inserted(rows, at, write_entry("", before, after))
    old = "".join(rows[block.start : block.end])
    gone = after.says_nothing and not comments_in(old) and "x-" not in old
    return _replaced(rows, block, "" if gone else write_entry(old, before, after))


def _inserted(rows: list[str], at: int, lines: str) -> str:
    """The rows with a new entry before row `at`, an empty line on either side: so that git can merge neighbours."""
    if not lines:
        return "".join(rows)
    above, below = rows[:at], rows[at:]
    end = "" if not above or above[-1].endswith("\n") else "\n"
    gap = "\n" if above and above[-1].strip() else ""
    return "".join([*above, end, gap, lines, "\n" if below and below[0].strip() else "", *below])


def _replaced(rows: list[str], block: Block, lines: str) -> str:
    """The rows with other lines for an entry; without any, the empty line above it goes too."""
    start = block.start
    alone = block.end == len(rows) or not rows[block.end].strip()
    if not lines and start and not rows[start - 1].strip() and alone:
        start -= 1
    return "".join([*rows[:start], lines, *rows[block.end :]])


def _place_for(address: str, blocks: Mapping[str, Block], order: Mapping[str, int], end: int) -> int:
    """The line where a new entry goes: behind the nearest of those before it in the list, else before the next."""
    own = order.get(address, len(order))
    known = [(order[other], block) for other, block in blocks.items() if other in order]
    before = [(place, block) for place, block in known if place < own]
    if before:
        return max(before)[1].end
    return min(known)[1].start if known else end
