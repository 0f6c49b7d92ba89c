"""Changes the text of a picks file: only the lines of the entries that change, everything else byte for byte.

An entry is cut out by its lines and edited as a round trip of ruamel.yaml, so that its comments, its order and its
quotes stay too. What was written is read again before anybody saves it: a text that does not say what was meant is
refused, not saved. Pure: text to text. Does not know which takes exist, nor what a decision means.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shotpilot_pipeline.errors import BadFiles, UsageError
from shotpilot_pipeline.shotlist.picks import Said, decisions_in, is_entry
from shotpilot_pipeline.shotlist.picksentry import comments_in, write_entry
from shotpilot_pipeline.values.decision import Decision

_HEAD = "# What people chose of each shot at each stage. Edit it by hand as you like.\npicks: 1\nshow: {show}\n"


class Block(NamedTuple):
    """The lines of one entry, from its key to its last line that is indented; counted from 0, `end` exclusive."""

    address: str
    start: int
    end: int


def edited(
    text: str,
    file: str,
    after: Mapping[str, Decision],
    order: Mapping[str, int],
    show: str,
    said: Said | None = None,
) -> tuple[str, Said]:
    """The text with the entries of `after` saying what `after` says, read again; an empty one becomes a new file.

    `order` is the place of each address in the shot list: a new entry goes where its neighbours are. `said`: what the
    text says, where somebody has read it already. Raises BadFiles where the text is damaged, UsageError where it
    cannot be edited without doubt.
    """
    if not text.strip():
        text, said = _HEAD.format(show=show), None
    said = said or _said(text, file)
    new = _with_all(text, said, {one: two for one, two in after.items() if two != said.decisions.get(one)}, order)
    found = _said(new, file)
    _require_meant(file, found, {**said.decisions, **after}, said.show)
    return new, found


def block_text(text: str, said: Said, address: str) -> str:
    """The lines of one entry as they stand in `text`, which says `said`; "" where it has none."""
    block = _blocks(text, said).get(address)
    return "".join(_lines(text)[block.start : block.end]) if block else ""


def with_block(text: str, file: str, address: str, lines: str, order: Mapping[str, int]) -> str:
    """The text with the entry of `address` replaced by `lines`, which may be none. Raises BadFiles."""
    blocks, rows = _blocks(text, _said(text, file)), _lines(text)
    block = blocks.get(address)
    if block:
        return "".join(_replaced(rows, block, lines))
    return "".join(_inserted(rows, _place_for(address, blocks, order, len(rows)), lines))


def _said(text: str, file: str) -> Said:
    said, problems = decisions_in(text, file)
    if problems:
        raise BadFiles(problems)
    return said


def _require_meant(file: str, found: Said, meant: Mapping[str, Decision], show: str) -> None:
    wanted = {address: one for address, one in meant.items() if not one.says_nothing}
    written = {address: one for address, one in found.decisions.items() if not one.says_nothing}
    if written != wanted or found.show != show:
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
    if not starts:
        return {}
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


def _with_all(text: str, said: Said, after: Mapping[str, Decision], order: Mapping[str, int]) -> str:
    """The text with every changed entry, from the last to the first, so that no line moves before its turn."""
    blocks, rows = _blocks(text, said), _lines(text)
    if not blocks and any(map(is_entry, said.places)):  # all on one line: the whole text is the entry's
        for address, decision in after.items():
            text = write_entry(text, said.decisions.get(address, Decision(address)), decision)
        return text
    places = {
        address: blocks[address].start if address in blocks else _place_for(address, blocks, order, len(rows))
        for address in after
    }
    in_list = sorted(after, key=lambda address: (places[address], order.get(address, len(order))))
    for address in reversed(in_list):
        before, block = said.decisions.get(address, Decision(address)), blocks.get(address)
        if block is None:
            rows = _inserted(rows, places[address], write_entry("", before, after[address]))
            continue
        old = "".join(rows[block.start : block.end])
        gone = after[address].says_nothing and not comments_in(old) and "x-" not in old
        rows = _replaced(rows, block, "" if gone else write_entry(old, before, after[address]))
    return "".join(rows)


def _inserted(rows: list[str], at: int, lines: str) -> list[str]:
    """The rows with a new entry before row `at`, an empty line on either side: so that git can merge neighbours."""
    if not lines:
        return rows
    above, below = rows[:at], rows[at:]
    end = "" if not above or above[-1].endswith("\n") else "\n"
    gap = "\n" if above and above[-1].strip() else ""
    if end:
        above = [*above[:-1], above[-1] + end]
    return [*above, *([gap] if gap else []), *_lines(lines), *(["\n"] if below and below[0].strip() else []), *below]


def _replaced(rows: list[str], block: Block, lines: str) -> list[str]:
    """The rows with other lines for an entry; without any, the empty line above it goes too."""
    start = block.start
    alone = block.end == len(rows) or not rows[block.end].strip()
    if not lines and start and not rows[start - 1].strip() and alone:
        start -= 1
    return [*rows[:start], *_lines(lines), *rows[block.end :]]


def _place_for(address: str, blocks: Mapping[str, Block], order: Mapping[str, int], end: int) -> int:
    """The line where a new entry goes: behind the nearest of those before it in the list, else before the next."""
    own = order.get(address, len(order))
    known = [(order[other], block) for other, block in blocks.items() if other in order]
    before = [(place, block) for place, block in known if place < own]
    if before:
        return max(before)[1].end
    return min(known)[1].start if known else end
