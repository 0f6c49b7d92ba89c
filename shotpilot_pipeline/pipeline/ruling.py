"""Rulings made and taken back: `accept` (older takes stand for changed words) and `render --again`. Buys nothing.

A ruling is a line of NAME.rulings with who, when and why. Taking it back takes the line out; git keeps what it said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.choosing import who
from shotpilot_pipeline.pipeline.naming import no_such
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list, selected_of
from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.resolve import picked
from shotpilot_pipeline.store.rulings import moved_rulings, one_line, read_rulings, write_rulings
from shotpilot_pipeline.store.show_lock import hold_show
from shotpilot_pipeline.values.plan import Action, Plan, PlanLine
from shotpilot_pipeline.values.rulings import FIRST_AGAIN, Attempt, Kind, Ruling, Rulings

#: What a task may be in the plan for its older takes to be accepted: wanted under a key of which nothing is there.
_ACCEPTABLE = frozenset({Action.CHANGED, Action.BEHIND, Action.REFUSED, Action.FAILED})


def now() -> str:
    """This moment as it stands in the files: UTC, ISO 8601, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def list_rulings(reading: Reading) -> tuple[Ruling, ...]:
    """Every ruling of the list, by the addresses of today. Raises BadFiles."""
    return moved_rulings(read_rulings(reading.places.rulings), reading.compiled.moved)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What `accept` (or its undo) did: the rulings made or taken back, and the plans before and after it."""

    rulings: tuple[Ruling, ...]
    versions: Mapping[str, tuple[int, int]]  # address -> version whose takes stand, and how many there are
    before: Plan
    after: Plan


def accept(reading: Reading, wish: Wish, *, why: str = "", version: int = 0) -> Accepted:
    """Rule that the bought takes of `version` (0: the newest with takes) stand for the words of today.

    For every task of `wish` that the plan would buy anew; stage after stage, since a stage is seen to be unchanged
    only once the one before it stands. Raises UsageError where nothing can be accepted, ShowLocked.
    """
    with hold_show(reading.places.held, f"accept {reading.places.shot_list.name}"):
        there = list_rulings(reading)
        known, chosen = _known(reading), selected_of(reading.compiled.tasks, wish)
        before = plan = _plan(reading, known, there)
        made: list[Ruling] = []
        versions: dict[str, tuple[int, int]] = {}
        while fresh := _fresh(plan, chosen, known, version, {ruling.address for ruling in made}):
            for line, number, key in fresh:
                made.append(
                    Ruling(line.address, Kind.ACCEPT, line.key, key, now(), who(reading.places.root), one_line(why))
                )
                versions[line.address] = (number, known.counts[key])
            plan = _plan(reading, known, (*there, *made))
        if not made:
            raise UsageError(_nothing_to_accept(before, chosen, known, version))
        write_rulings(reading.places.rulings, (*there, *made))
        return Accepted(tuple(made), versions, before, plan)


def take_back_accepts(reading: Reading, wish: Wish) -> Accepted:
    """Take every accept of the tasks of `wish` back. Raises UsageError where there is none."""
    with hold_show(reading.places.held, f"accept {reading.places.shot_list.name}"):
        there = list_rulings(reading)
        chosen = selected_of(reading.compiled.tasks, wish)
        gone = [
            ruling for ruling in there if ruling.kind is Kind.ACCEPT and (chosen is None or ruling.address in chosen)
        ]
        if not gone:
            raise UsageError(f"nothing was accepted there; {reading.places.rulings.name} lists what was")
        kept = [ruling for ruling in there if ruling not in gone]
        known = _known(reading)
        write_rulings(reading.places.rulings, kept)
        return Accepted(tuple(gone), {}, _plan(reading, known, there), _plan(reading, known, kept))


def attempts_of(
    reading: Reading, again: Sequence[tuple[str, int]], known: Known
) -> tuple[tuple[Ruling, ...], tuple[str, ...]]:
    """The rulings that further attempts `again` need (address, number; 0: the next), and what to say of the others.

    An attempt that was asked for already needs no new one: the same command twice buys it once. Raises UsageError for
    an address that has nothing to do again.
    """
    index = Index(reading.compiled.tasks)
    lines = {line.address: line for line in plan_list(reading, Wish(), known).lines}
    made: list[Ruling] = []
    words: list[str] = []
    for asked, number in again:
        members = index.members(asked)
        if not members:
            raise UsageError(f"--again: {no_such(asked, index, reading.places.shot_list.name)}")
        for address in members:
            ruling, word = _attempt(lines[address], number, known, index.tasks[address].takes)
            made += [ruling._replace(by=who(reading.places.root))] if ruling else []
            words += [word] if word else []
    return tuple(made), tuple(words)


def record_attempts(reading: Reading, made: Sequence[Ruling]) -> None:
    """Write further attempts down, before anything is sent for them. Under the show's lock."""
    if made:
        write_rulings(reading.places.rulings, (*list_rulings(reading), *made))


def take_back_attempts(reading: Reading, again: Sequence[tuple[str, int]]) -> tuple[Ruling, ...]:
    """Take the last further attempt at each address back. What it brought stays. Raises UsageError, ShowLocked."""
    with hold_show(reading.places.held, f"render --again --undo {reading.places.shot_list.name}"):
        there = list_rulings(reading)
        index = Index(reading.compiled.tasks)
        wanted = {member for address, _ in again for member in index.members(address) or (address,)}
        gone: dict[str, Ruling] = {}
        for ruling in sorted(there, key=lambda ruling: ruling.at):
            if ruling.kind is Kind.AGAIN and ruling.address in wanted:
                gone[ruling.address] = ruling
        if not gone:
            raise UsageError(f"no further attempt was asked for at {', '.join(sorted(wanted))}")
        write_rulings(reading.places.rulings, [ruling for ruling in there if ruling not in gone.values()])
        return tuple(gone.values())


def with_rulings(known: Known, more: Sequence[Ruling], there: Sequence[Ruling]) -> Known:
    """What is known, with rulings that are not written down yet."""
    return replace(known, rulings=Rulings.of((*there, *more))) if more else known


def ruling_json(ruling: Ruling) -> dict[str, Any]:
    """One ruling, for programs."""
    return {**ruling._asdict(), "kind": ruling.kind.value}


def _known(reading: Reading) -> Known:
    return known_of(reading, bought_of(reading))


def _plan(reading: Reading, known: Known, rulings: Sequence[Ruling]) -> Plan:
    return plan_list(reading, Wish(), replace(known, rulings=Rulings.of(rulings)))


def _fresh(
    plan: Plan, chosen: frozenset[str] | None, known: Known, version: int, done: set[str]
) -> list[tuple[PlanLine, int, str]]:
    """The lines that can be accepted now, each with the version that stands for it and its key."""
    found = []
    for line in plan.lines:
        if line.action not in _ACCEPTABLE or line.address in done or not (chosen is None or line.address in chosen):
            continue
        older = older_version(line, known, version)
        if older is not None:
            found.append((line, *older))
    return found


def older_version(line: PlanLine, known: Known, version: int = 0) -> tuple[int, str] | None:
    """The version of a task whose takes could stand for its words of today: number and key; None where none could.

    The one that a pick points at, else the newest that has takes here; `version` names another.
    """
    if not line.key or known.counts.get(line.key):
        return None
    keys = [
        (number, key)
        for number, key in enumerate(known.versions(line.address), 1)
        if key != line.key and known.counts.get(key) and version in (0, number)
    ]
    pick = known.picks.get(line.address)
    of_pick = [one for one in keys if pick is not None and pick.sha256 and picked(pick, known.takes_of(one[1]))]
    chosen = of_pick or keys
    return chosen[-1] if chosen else None


def _nothing_to_accept(plan: Plan, chosen: frozenset[str] | None, known: Known, version: int) -> str:
    lines = [line for line in plan.lines if chosen is None or line.address in chosen]
    changed = [line for line in lines if line.action in _ACCEPTABLE]
    if changed and version:
        return f"{changed[0].address} has no takes of v{version:03} in this store, so they cannot stand for anything"
    if changed:
        return f"{changed[0].address} has no takes of an older version in this store that could stand for today's words"
    if len(lines) == 1:
        return f"nothing to accept: {lines[0].address} is {lines[0].action.value}: {lines[0].reason}"
    return f"nothing to accept: none of these {len(lines)} tasks has changed since it was bought"


def _attempt(line: PlanLine, number: int, known: Known, takes: int) -> tuple[Ruling | None, str]:
    """The ruling that a further attempt at one task needs, or what to say instead of one."""
    address, have = line.address, known.counts.get(line.key, 0)
    if line.action in (Action.HELD, Action.OMITTED):
        raise UsageError(f"--again: {address} is {line.reason}; take that out of the shot list first")
    if not line.key or not have:
        raise UsageError(f"--again: nothing of {address} is there yet ({line.reason}); a plain render buys it")
    last = known.rulings.attempt(address, line.key) or Attempt(FIRST_AGAIN - 1, 0)
    number = number or max(last.number, FIRST_AGAIN)
    whole = last.number < FIRST_AGAIN or have >= known.rulings.again(address, line.key, takes)
    if number <= last.number:
        there = f"attempt {last.number} of {address} is there, so nothing is bought"
        return None, f"{there}; one more is: --again {address}={last.number + 1}" if whole else ""
    if not whole:
        raise UsageError(f"--again: attempt {last.number} of {address} is not complete yet; a plain render goes on")
    if number > last.number + 1:
        raise UsageError(f"--again: the next attempt at {address} is {last.number + 1}, not {number}")
    said = known.decisions.get(address)
    more = said.wanted(0 if said.more_key else takes, line.key) if said else 0  # asked for, and still to come
    return Ruling(address, Kind.AGAIN, line.key, str(Attempt(number, max(have, more))), now(), ""), ""
