"""What a change does to decisions: the rules of choosing, as a function from what was said to what is said now.

Pure: it is told which takes there are and looks nothing up. Does not know where decisions are kept.

1. One take of an address is picked. The one picked before becomes an alternate.
2. Where variants are chosen among, a pick of one makes those of its siblings alternates.
3. A take has one of pick, alternate, reject, or none; stars and notes stand beside them.
4. A mark holds the bytes it was made on, so that it never means another picture.
5. A redo rejects every take there is and asks for as many as the shot list wants, however often it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.values.decision import MOST_STARS, Change, Decision, Mark, TakeNote, Verb
from shotpilot_pipeline.values.take import Pick, Take

Decisions = Mapping[str, Decision]
MOST_MORE = 99  # takes; who wants a hundred more of one shot has mistyped


class Subject(NamedTuple):
    """What a change is about: the address's takes under its current key, how many are wanted, and its siblings."""

    address: str
    key: str  # "" while it is not known
    takes: Sequence[Take]  # of the current key
    wanted: int  # by the shot list
    siblings: tuple[str, ...]  # the other variants that are chosen among with it
    again: int = 0  # takes that a further attempt wants in all


class Words(NamedTuple):
    """Who says it, and when (UTC, ISO 8601)."""

    by: str
    at: str


def decide(
    change: Change, take: Take | None, subject: Subject, words: Words, decisions: Decisions
) -> dict[str, Decision]:
    """The decisions of every address that the change touches, as they are afterwards.

    `take` is the one that is meant, of whatever version; None where the change is about the address. Raises
    UsageError for what cannot be said.
    """
    before = decisions.get(change.address, Decision(change.address))
    if change.verb is Verb.PICK:
        return _pick(change, _needed(take, change), subject, words, decisions)
    return {change.address: _RULES[change.verb](before, change, take, subject, words)}


def _pick(change: Change, take: Take, subject: Subject, words: Words, decisions: Decisions) -> dict[str, Decision]:
    before = decisions.get(change.address, Decision(change.address))
    same = before.pick is not None and _is(before.pick, take, change)
    if same and before.pick and before.pick.why == (change.value or before.pick.why) and before.pick.sha256:
        return {}  # said already, by whoever said it first
    rest = _demoted(before, keep=None if same else before.pick, takes=subject.takes)
    rest = _unmarked(rest, take)
    version = change.version if take.key != subject.key else 0
    pick = Pick(
        change.address, take.number, take.pictures[0].sha256, take.key, words.by, words.at, change.value, version
    )
    found = {change.address: rest._replace(pick=pick)}
    for sibling in subject.siblings:
        other = decisions.get(sibling)
        if other is not None and other.pick is not None:
            found[sibling] = _demoted(other, keep=other.pick)
    return found


def _demoted(decision: Decision, keep: Pick | None, takes: Sequence[Take] = ()) -> Decision:
    """The decision without its pick; `keep` goes among the alternates, with its bytes where `takes` has them."""
    bare = decision._replace(pick=None)
    if keep is None:
        return bare
    mark = Mark(keep.take, keep.sha256, keep.by, keep.at, keep.version)
    if not mark.sha256:
        mark = next((mark._replace(sha256=take.pictures[0].sha256) for take in takes if mark.means(take)), mark)
    if any(_same(other, mark) for other in bare.alternates):
        return bare
    return bare._replace(alternates=(*bare.alternates, mark))


def _unmarked(decision: Decision, take: Take) -> Decision:
    """The decision with `take` among neither the alternates nor the rejects."""
    return decision._replace(
        alternates=tuple(mark for mark in decision.alternates if not mark.means(take)),
        rejects=tuple(mark for mark in decision.rejects if not mark.means(take)),
    )


def _without(decision: Decision, take: Take, change: Change) -> Decision:
    """The decision with no mark on `take`: not the pick, no alternate, no reject."""
    rest = _unmarked(decision, take)
    return rest._replace(pick=None) if rest.pick is not None and _is(rest.pick, take, change) else rest


def _alternate(before: Decision, change: Change, take: Take | None, subject: Subject, words: Words) -> Decision:
    take = _needed(take, change)
    if before.alternate(take) and not before.rejected(take):
        return before
    rest = _without(before, take, change)
    return rest._replace(alternates=(*rest.alternates, _mark(take, change, subject, words)))


def _reject(before: Decision, change: Change, take: Take | None, subject: Subject, words: Words) -> Decision:
    take = _needed(take, change)
    if before.rejected(take):
        return before
    rest = _without(before, take, change)
    return rest._replace(rejects=(*rest.rejects, _mark(take, change, subject, words)))


def _clear(before: Decision, change: Change, take: Take | None, subject: Subject, words: Words) -> Decision:
    if take is not None:
        return _without(before, take, change)
    return before._replace(pick=None, alternates=(), rejects=())


def _stars(before: Decision, change: Change, take: Take | None, subject: Subject, words: Words) -> Decision:
    take = _needed(take, change)
    stars = _number(change.value, 0, MOST_STARS, "stars")
    if before.stars_of(take) == stars:
        return before
    rest = tuple(star for star in before.stars if not star[0].means(take))
    return before._replace(stars=(*rest, (_mark(take, change, subject, words), stars)) if stars else rest)


def _note(before: Decision, change: Change, take: Take | None, subject: Subject, words: Words) -> Decision:
    """A person has one note on a take, and one at each place where they pinned one; an empty text takes it away."""
    text = _clean(change.value)

    x, y = (None if at is None else round(at, 4) for at in (change.x, change.y))

    def is_the_same(note: TakeNote) -> bool:
        on = note.means(take) if take is not None and note.take else take is None and not note.take
        return on and note.by == words.by and (note.x, note.y) == (x, y)

    rest = tuple(note for note in before.notes if not is_the_same(note))
    if not text:
        return before._replace(notes=rest)
    sha256 = take.pictures[0].sha256 if take is not None else ""
    number, version = (take.number if take is not None else 0), (change.version if take is not None else 0)
    return before._replace(notes=(*rest, TakeNote(number, text, words.by, words.at, x, y, sha256, version)))


def _more(before: Decision, change: Change, take: Take | None, subject: Subject, words: Words) -> Decision:
    """So many takes over what is there, and over what was wanted anyway and is still to come."""
    count = _number(change.value, 0, MOST_MORE, "takes")
    if not count:
        return before._replace(more=0, more_over=0, more_key="", more_by="", more_at="")
    have = len(subject.takes)
    picked = before.pick is not None and any(_is(before.pick, take, change) for take in subject.takes)
    over = max(have if picked else max(have, subject.wanted), subject.again)  # what has a pick is not topped up
    count += max(0, before.wanted(0, subject.key) - over) if before.more_key else 0
    return _asked(before, count, over, subject, words)


def _redo(before: Decision, change: Change, take: Take | None, subject: Subject, words: Words) -> Decision:
    if not subject.takes:
        raise UsageError(f"{change.address} has no take to do again: nothing of it has been rendered yet")
    for one in subject.takes:
        before = _reject(before, change, one, subject, words)
    if before.wanted(0, subject.key) == len(subject.takes) + subject.wanted and before.more_key:
        return before
    return _asked(before, subject.wanted, len(subject.takes), subject, words)


def _asked(before: Decision, count: int, over: int, subject: Subject, words: Words) -> Decision:
    if not subject.key:
        return before._replace(more=count, more_over=0, more_key="", more_by=words.by, more_at=words.at)
    return before._replace(more=count, more_over=over, more_key=subject.key, more_by=words.by, more_at=words.at)


_Rule = Callable[[Decision, Change, Take | None, Subject, Words], Decision]
_RULES: Mapping[Verb, _Rule] = {
    Verb.ALTERNATE: _alternate,
    Verb.REJECT: _reject,
    Verb.CLEAR: _clear,
    Verb.STARS: _stars,
    Verb.NOTE: _note,
    Verb.MORE: _more,
    Verb.REDO: _redo,
}


def _mark(take: Take, change: Change, subject: Subject, words: Words) -> Mark:
    version = change.version if take.key != subject.key else 0
    return Mark(take.number, take.pictures[0].sha256, words.by, words.at, version)


def _is(pick: Pick, take: Take, change: Change) -> bool:
    """Whether `pick` is of `take`: by the bytes, else by the number."""
    if pick.sha256:
        return pick.sha256 == take.pictures[0].sha256
    return pick.take == take.number and pick.version == change.version


def _same(one: Mark, other: Mark) -> bool:
    if one.sha256 or other.sha256:
        return one.sha256 == other.sha256
    return (one.take, one.version) == (other.take, other.version)


def _needed(take: Take | None, change: Change) -> Take:
    if take is None:
        raise UsageError(f"which take of {change.address}? Write {change.address}#1, or its number behind the address")
    return take


def _number(text: str, least: int, most: int, what: str) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise UsageError(f"{text!r} is no number of {what}; write {least} to {most}")
    return int(text)


def _clean(text: str) -> str:
    """A note as it can stand in a text file: no control characters, no space at its ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(letter for letter in lines if letter == "\n" or letter.isprintable()).strip()
