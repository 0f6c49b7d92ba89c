"""A client's choices, held against what was said here: what is new, what agrees, what conflicts. Saves nothing itself.

    read_choices   the client's file -> choices        (schemas/choices-1.schema.json)
    propose        choices -> one finding for each     nothing is resolved silently
    take_over      findings -> the picks file          under the client's name

A choice means the picture it was made on, by its bytes: a number that means another picture now is not followed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import BadFiles, Place, Problem
from shotpilot_pipeline.pipeline.choosing import Facts, Saved, choose
from shotpilot_pipeline.pipeline.picksfile import read_picks_file
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.shotlist.document import parse_all
from shotpilot_pipeline.shotlist.filetext import read_text
from shotpilot_pipeline.shotlist.reader import in_order
from shotpilot_pipeline.shotlist.validate import check
from shotpilot_pipeline.store.moving import moved_address
from shotpilot_pipeline.values.decision import Change, Decision, Verb
from shotpilot_pipeline.values.take import Take

SCHEMA = "choices-1"
NOBODY = "the client"
_VERBS = {"pick": Verb.PICK, "alternate": Verb.ALTERNATE, "reject": Verb.REJECT}


class Choice(NamedTuple):
    """What a client said of one take. `decision`: pick, alternate, reject, or "" for stars or a note alone."""

    address: str
    take: int
    sha256: str
    decision: str = ""
    stars: int | None = None
    note: str = ""
    x: float | None = None
    y: float | None = None


class Choices(NamedTuple):
    """A client's file."""

    show: str
    by: str
    at: str
    takes: tuple[Choice, ...]


class Kind(StrEnum):
    """What a choice is, held against what was said here."""

    NEW = "new"
    SAME = "same"  # said here already
    CONFLICT = "conflict"  # something else was said here
    STALE = "stale"  # of a picture made from an older request
    UNKNOWN = "unknown"  # of a picture that is not in the store
    GONE = "gone"  # of a shot that is not in the list


class Finding(NamedTuple):
    """One choice, what it is, and both sides in words."""

    choice: Choice
    kind: Kind
    theirs: str
    ours: str
    changes: tuple[Change, ...] = ()


class Proposal(NamedTuple):
    """Every finding, in the order of the file, and what was said here when they were made."""

    by: str
    at: str
    findings: tuple[Finding, ...]
    seen: Mapping[str, Decision]

    def count(self, kind: Kind) -> int:
        """How many findings are of a kind."""
        return Counter(one.kind for one in self.findings)[kind]


def read_choices(path: Path, show: str) -> Choices:
    """Read a client's file. Raises BadFiles where it is damaged, or of another show than `show`."""
    got = read_text(path, str(path), '{"choices": 1')
    if isinstance(got, Problem):
        raise BadFiles([got])
    try:
        said: dict[str, Any] = json.loads(got.text)
    except ValueError as error:
        line, column = (error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else (0, 0)
        hint = "save the file again from the client copy, or ask for it once more"
        raise BadFiles(
            [Problem("choices", Place(got.file, line, column), "is no JSON, or is cut short", hint)]
        ) from error
    parsed = parse_all(got.text, got.file)
    problems = [*parsed.problems, *(check(parsed.node, SCHEMA) if parsed.node is not None else ())]
    if problems:
        raise BadFiles(in_order(problems))
    if said["show"] != show:
        message = f"these choices are of {said['show']}, and the shot list is of {show}"
        raise BadFiles([Problem("choices-show", Place(got.file), message, "name the list they were made for")])
    takes = tuple(Choice(**{key: one[key] for key in Choice._fields if key in one}) for one in said["takes"])
    return Choices(said["show"], said.get("by") or NOBODY, said.get("at") or "", takes)


def propose(reading: Reading, choices: Choices, facts: Facts, among: frozenset[str] | None = None) -> Proposal:
    """Hold every choice (of the addresses `among`; None: of all) against what there is and what was said."""
    places, compiled = reading.places, reading.compiled
    seen = read_picks_file(places.picks, compiled.show, compiled.moved).decisions
    known = {task.address for task in compiled.tasks}
    moved = [one._replace(address=moved_address(one.address, compiled.moved)) for one in choices.takes]
    twice = _picked_twice(moved, facts, known)
    findings = tuple(
        _finding(one, facts, seen, known, twice, choices.by)
        for one in moved
        if among is None or one.address in among or one.address not in known
    )
    return Proposal(choices.by, choices.at, findings, seen)


def take_over(reading: Reading, proposal: Proposal, facts: Facts, *, theirs: bool) -> Saved:
    """Save what is new and, with `theirs`, what conflicts. Raises UsageError where somebody chose meanwhile."""
    wanted = (Kind.NEW, Kind.CONFLICT) if theirs else (Kind.NEW,)
    changes = [change for one in proposal.findings if one.kind in wanted for change in one.changes]
    return choose(reading, changes, proposal.by, proposal.at or None, facts, seen=proposal.seen)


def _picked_twice(choices: Sequence[Choice], facts: Facts, known: set[str]) -> Mapping[str, str]:
    """Addresses of which the client picked more than one take, or variant: address -> both, in words."""
    groups: dict[tuple[str, ...], list[Choice]] = {}
    for one in choices:
        if one.decision == "pick" and one.address in known:
            group = tuple(sorted((one.address, *facts.subject(one.address).siblings)))
            groups.setdefault(group, []).append(one)
    return {
        one.address: " and ".join(f"{other.address}#{other.take}" for other in picked)
        for picked in groups.values()
        if len({(other.address, other.sha256) for other in picked}) > 1
        for one in picked
    }


def _finding(
    choice: Choice, facts: Facts, seen: Mapping[str, Decision], known: set[str], twice: Mapping[str, str], by: str
) -> Finding:
    theirs = _theirs(choice)
    if choice.address not in known:
        return Finding(choice, Kind.GONE, theirs, "it is not in the shot list")
    subject = facts.subject(choice.address)
    take = next((one for one in subject.takes if one.pictures[0].sha256 == choice.sha256), None)
    if take is None:
        older = _older(choice, facts)
        kind = Kind.STALE if older else Kind.UNKNOWN
        return Finding(choice, kind, theirs, older or "this picture is not in the store")
    decision = seen.get(choice.address, Decision(choice.address))
    changes = tuple(_changes(choice, take, decision, by))
    clashes = [*_clashes(choice, take, decision, facts, seen)]
    if choice.decision == "pick" and choice.address in twice:
        clashes.append(f"both {twice[choice.address]} are picked in this file")
    if clashes:
        return Finding(choice, Kind.CONFLICT, theirs, "; ".join(clashes), changes)
    return Finding(choice, Kind.NEW if changes else Kind.SAME, theirs, "", changes)


def _theirs(choice: Choice) -> str:
    said = [choice.decision] if choice.decision else []
    if choice.stars is not None:
        said.append(f"{choice.stars} stars" if choice.stars != 1 else "1 star")
    if choice.note:
        said.append(f"note “{choice.note}”")
    return ", ".join(said) or "nothing"


def _older(choice: Choice, facts: Facts) -> str:
    for number, key in enumerate(facts.known.versions(choice.address), 1):
        for take in facts.known.takes_of(key):
            if take.pictures[0].sha256 == choice.sha256:
                return f"it is take {take.number} of version {number}, and the shot list says something else now"
    return ""


def _mark(take: Take, decision: Decision) -> tuple[str, str]:
    """What is said here of a take, and by whom; "" for nothing."""
    pick = decision.pick
    if pick and (pick.sha256 == take.pictures[0].sha256 if pick.sha256 else pick.take == take.number):
        return "pick", pick.by
    for word, marks in (("alternate", decision.alternates), ("reject", decision.rejects)):
        for mark in marks:
            if mark.means(take):
                return word, mark.by
    return "", ""


def _clashes(
    choice: Choice, take: Take, decision: Decision, facts: Facts, seen: Mapping[str, Decision]
) -> Iterator[str]:
    """Everything said here that taking the choice over would undo, in words."""
    mark, by = _mark(take, decision)
    if choice.decision and mark and mark != choice.decision and (mark, choice.decision) != ("alternate", "pick"):
        yield f"{_who(by)} said {mark} of it"
    if choice.decision == "pick" and mark != "pick":
        for address in (choice.address, *facts.subject(choice.address).siblings):
            pick = seen.get(address, Decision(address)).pick
            if pick is not None:
                which = f"take {pick.take}" if address == choice.address else f"{address}#{pick.take}"
                yield f"{_who(pick.by)} picked {which}"
    stars = decision.stars_of(take)
    if choice.stars is not None and stars and stars != choice.stars:
        yield f"it has {stars} stars here"


def _changes(choice: Choice, take: Take, decision: Decision, by: str) -> Iterator[Change]:
    """What taking the choice over would say, without what is said already."""

    def change(verb: Verb, value: str = "") -> Change:
        return Change(choice.address, verb, take.number, choice.sha256, take.key, value)

    if choice.decision and _mark(take, decision)[0] != choice.decision:
        yield change(_VERBS[choice.decision])
    if choice.stars is not None and decision.stars_of(take) != choice.stars:
        yield change(Verb.STARS, str(choice.stars))
    if choice.note:
        pinned = change(Verb.NOTE, choice.note)._replace(x=choice.x, y=choice.y)
        there = decision.notes_of(take)
        if not any((one.text, one.by, one.x, one.y) == (choice.note.strip(), by, choice.x, choice.y) for one in there):
            yield pinned


def _who(by: str) -> str:
    return by or "somebody here"


def proposal_as_json(proposal: Proposal, saved: Saved | None) -> dict[str, object]:
    """The proposal for programs, and what was saved of it."""
    return {
        "by": proposal.by,
        "choices": [
            {
                "address": one.choice.address,
                "take": one.choice.take,
                "sha256": one.choice.sha256,
                "kind": one.kind.value,
                "theirs": one.theirs,
                "ours": one.ours,
            }
            for one in proposal.findings
        ],
        "counts": {kind.value: proposal.count(kind) for kind in Kind},
        "applied": saved is not None,
        "changed": list(saved.changed) if saved else [],
        "undo": saved.undo or None if saved else None,
    }
