"""Choosing: what people say of takes goes into the picks file, safely, whoever else writes it at the same time.

    decisions_of   the picks file -> what was said, by address
    choose         changes -> the picks file, saved; what was said before goes into the undo journal
    undo           the last thing that somebody said is taken back

Everything that changes the file holds one lock, reads the file inside it, and puts the new text in its place in one
step; a text that somebody saved from an editor meanwhile is read again, not overwritten. Decides nothing itself: the
rules of choosing stand in `plan/decide.py`.
"""

from __future__ import annotations

import getpass
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.naming import no_such
from shotpilot_pipeline.pipeline.pickjournal import Entry, Journal, Splice
from shotpilot_pipeline.pipeline.picksfile import PicksFile, Read, holding
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list
from shotpilot_pipeline.plan.decide import Subject, Words, decide
from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.shotlist.picksedit import block_text, edited, with_block
from shotpilot_pipeline.store.moving import moved_address
from shotpilot_pipeline.values.decision import Change, Decision
from shotpilot_pipeline.values.plan import Plan
from shotpilot_pipeline.values.take import Take


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a choice. `decisions`: all of the list, as they are now. `undo`: names it for `undo`; "" where
    nothing changed.
    """

    decisions: Mapping[str, Decision]
    changed: tuple[str, ...] = ()  # addresses, in the order they were spoken of
    undo: str = ""


def decisions_of(reading: Reading) -> Mapping[str, Decision]:
    """What people said, by address. Raises BadFiles where the picks file is damaged or another show's."""
    return _file(reading).read().decisions


def choose(
    reading: Reading,
    changes: Sequence[Change],
    by: str = "",
    at: str | None = None,
    facts: Facts | None = None,
    *,
    seen: Mapping[str, Decision] | None = None,
) -> Saved:
    """Say `changes`, all of them or none, and save the picks file.

    `by` is who says it ("": the name in git's settings, else of the login); `at` when (UTC, ISO 8601; None: now).
    `facts`: what there is, where somebody has looked already. `seen`: what was said when the changes were thought up;
    where something else is said of one of their addresses by now, nothing is changed.
    Raises UsageError for a take or an address that is not there, BadFiles for a file that is damaged, StoreUnwritable
    where the disk refuses: then nothing has changed.
    """
    if not changes:
        return Saved(decisions_of(reading))
    facts = facts or Facts(reading)
    words = Words(by or who(reading.places.root), at or now())
    taken = [(change, facts.subject(change.address), facts.take(change)) for change in changes]

    def make(before: Mapping[str, Decision]) -> dict[str, Decision]:
        after: dict[str, Decision] = {}
        for change, subject, take in taken:
            if seen is not None and seen.get(change.address) != before.get(change.address):
                raise UsageError(
                    f"somebody chose at {change.address} meanwhile; look again, and nothing was changed now"
                )
            said = {**before, **after}
            after |= decide(change, take, subject, words, said)
        return {address: one for address, one in after.items() if one != before.get(address, Decision(address))}

    return _save(reading, make, words, ", ".join(dict.fromkeys(str(change.verb) for change in changes)))


def undo(reading: Reading, by: str = "", *, which: str = "") -> Saved:
    """Take back the last thing that `by` said (or the one that `which` names), byte for byte.

    Raises UsageError where there is nothing to take back, or where somebody changed the same entry since.
    """
    by = by or who(reading.places.root)
    journal, order = Journal(reading.places.undo), _order(reading)
    with holding(reading.places.picking):
        file = _file(reading)
        while True:
            read = file.read()
            entry = _to_undo(journal, read, by, which)
            text = entry.splice.undone(read.text)
            if text is None:  # something else changed since: the entries alone are put back
                text = read.text
                for address, before, _ in entry.blocks:
                    text = with_block(text, file.name, address, before, order)
            if file.replace(read, text):
                break
        journal.mark_undone(entry.id)
        changed = tuple(moved_address(address, reading.compiled.moved) for address, _, _ in entry.blocks)
        return Saved(file.read().decisions, changed, entry.id)


def _to_undo(journal: Journal, read: Read, by: str, which: str) -> Entry:
    """The entry that is to be undone. Raises UsageError."""
    for entry in reversed(journal.entries()):
        if entry.undone or (entry.id != which if which else entry.by != by):
            continue
        there = [block_text(read.text, read.said, address) for address, _, _ in entry.blocks]
        if all(now == after for now, (_, _, after) in zip(there, entry.blocks, strict=True)):
            return entry
        if all(now == before for now, (_, before, _) in zip(there, entry.blocks, strict=True)):
            continue  # it was written down, and then the disk refused
        names = ", ".join(address for address, _, _ in entry.blocks)
        raise UsageError(f"{names} was changed again since {entry.by} said `{entry.what}`; nothing was undone")
    whom = f"{which} is" if which else f"nothing that {by} said is left"
    raise UsageError(f"{whom} not to be undone" if which else f"{whom} to be undone")


def _save(
    reading: Reading,
    make: Callable[[Mapping[str, Decision]], dict[str, Decision]],
    words: Words,
    what: str,
) -> Saved:
    """Read, change and replace the picks file under its lock. `make` is asked again where the file moved meanwhile."""
    journal, order, show = Journal(reading.places.undo), _order(reading), reading.compiled.show
    with holding(reading.places.picking):
        file = _file(reading)
        while True:
            read = file.read()
            after = make(read.decisions)
            if not after:
                return Saved(read.decisions)
            text, said = edited(read.text, file.name, file.as_written(after, read), order, show, read.said)
            names = [file.name_in(address, read) for address in after]
            blocks = tuple(
                (name, block_text(read.text, read.said, name), block_text(text, said, name)) for name in names
            )
            entry = journal.add(words.by, words.at, what, blocks, Splice.between(read.text, text))
            if file.replace(read, text):
                return Saved({**read.decisions, **after}, tuple(after), entry.id)


@dataclass(frozen=True)
class Facts:
    """What there is to be chosen from: the takes of every address, under its current request and under older ones."""

    reading: Reading

    @cached_property
    def known(self) -> Known:
        """What was bought and picked."""
        return known_of(self.reading, bought_of(self.reading))

    @cached_property
    def plan(self) -> Plan:
        """What a render would do as things stand."""
        return plan_list(self.reading, Wish(), self.known)

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The current render key of each address, "" where it is not known yet."""
        return {line.address: line.key for line in self.plan.lines}

    @cached_property
    def _index(self) -> Index:
        return Index(self.reading.compiled.tasks)

    @cached_property
    def _siblings(self) -> Mapping[str, tuple[str, ...]]:
        gates = (task.gates for task in self.reading.compiled.tasks if len(task.gates) > 1)
        return {gate: tuple(other for other in group if other != gate) for group in gates for gate in group}

    def members(self, name: str) -> tuple[str, ...]:
        """The addresses that a name stands for: itself, the variants or panels of a shot, or a shot's only stage."""
        if "@" in name:
            return self._index.members(name)
        stages = tuple(other for other in self._index.tasks if other.partition("@")[0] == name)
        return stages if len(stages) == 1 else ()

    def subject(self, address: str) -> Subject:
        """What is known of an address. Raises UsageError where the list has none of that name."""
        task = self._index.tasks.get(address)
        if task is None:
            raise UsageError(no_such(address, self._index, self.reading.places.shot_list.name))
        key = self.keys.get(address, "")
        takes, again = self.known.takes_of(key) if key else (), self.known.rulings.again(address, key, task.takes)
        return Subject(address, key, takes, task.takes, self._siblings.get(address, ()), again)

    def take(self, change: Change) -> Take | None:
        """The take that is meant; None where the change is about the address. Raises UsageError where there is none."""
        if not change.take and not change.sha256:
            return None
        subject = self.subject(change.address)
        takes = self._takes_meant(change, subject)
        take = next((take for take in takes if take.number == change.take), None)
        if take is None:
            raise UsageError(self._no_take(change, takes))
        if change.sha256 and take.pictures[0].sha256 != change.sha256:
            raise UsageError(f"take {take.number} of {change.address} is another picture by now; look at it again")
        return take

    def _takes_meant(self, change: Change, subject: Subject) -> Sequence[Take]:
        if change.key:
            return self.known.takes_of(change.key)
        if not change.version:
            return subject.takes
        versions = self.known.versions(change.address)
        if change.version > len(versions):
            has = f"versions 1-{len(versions)}" if len(versions) > 1 else "version 1" if versions else "no version yet"
            raise UsageError(f"{change.address} has no version {change.version}; it has {has}")
        return self.known.takes_of(versions[change.version - 1])

    def _no_take(self, change: Change, takes: Sequence[Take]) -> str:
        of = f"version {change.version} of {change.address}" if change.version else change.address
        if not takes:
            return f"{of} has no take {change.take}: {self._why_none(change)}"
        numbers = ", ".join(str(take.number) for take in takes)
        return f"{of} has no take {change.take}; it has {'take' if len(takes) == 1 else 'takes'} {numbers}"

    def _why_none(self, change: Change) -> str:
        versions, places = self.known.versions(change.address), self.reading.places
        if change.version or change.key:
            return "its pictures are not in this store"
        if versions:
            older = next((f"#v{n}.1" for n, key in enumerate(versions, 1) if self.known.takes_of(key)), "")
            seen = f"; an older one is {change.address}{older}" if older else ""
            return f"nothing of what the shot list says now is in the store{seen}"
        if places.rehearsal:
            return "nothing of it has been rehearsed yet"
        return "nothing of it has been rendered yet (a rehearsal's takes are picked with --rehearsal)"


def who(root: Path) -> str:
    """Who sits here: the name in git's settings, else that of the login."""
    asking = [shutil.which("git") or "git", "config", "user.name"]
    try:
        asked = subprocess.run(  # noqa: S603  # fixed words, no shell
            asking, cwd=root, capture_output=True, text=True, timeout=5, check=False
        )
        name = " ".join(asked.stdout.split())
    except (OSError, subprocess.SubprocessError):
        name = ""
    try:
        return name or getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "somebody"


def now() -> str:
    """The time, UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _file(reading: Reading) -> PicksFile:
    return PicksFile(reading.places.picks, reading.compiled.show, reading.compiled.moved)


def _order(reading: Reading) -> dict[str, int]:
    return {task.address: place for place, task in enumerate(reading.compiled.tasks)}
