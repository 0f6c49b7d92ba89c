"""Two states of a show compared: shots, requests, references, takes, picks, money. Does not know where they came from.

A state may know less than another (a run has no words, a revision no charges): what only one of them tells is not
compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shotpilot_pipeline.values.money import Money

Input = Mapping[str, Any]
_PICTURES = ("image_url", "image_urls", "elements")


class Ask(NamedTuple):
    """What one task asks for. `key` is "" while a pick is open; `inputs` are empty where nobody kept them."""

    takes: int
    key: str
    endpoint: str
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A show at one moment. `name` is what the user called it. None: it does not tell."""

    name: str
    tasks: Mapping[str, Ask]
    words: Mapping[str, Mapping[str, str]] | None = None  # scene/shot -> slot -> text
    picks: Mapping[str, int] | None = None  # address -> take
    takes: Mapping[str, str] | None = None  # address#take -> sha256
    all_takes: bool = True  # False: only those that came in one run
    money: Mapping[str, Money] = field(default_factory=dict)  # what the sum is of -> the sum
    sources: Mapping[str, str] = field(default_factory=dict)  # sha256 of a reference -> path
    part: bool = False  # of what was selected of the list: what is not in it may be there all the same


class Change(NamedTuple):
    """One thing that is not what it was; `before` or `now` is "" where it was not there, or is not."""

    what: str  # a slot, a field, a path, an address
    before: str
    now: str


class ShotChange(NamedTuple):
    """A shot that both have, and how it differs."""

    shot: str
    changes: tuple[Change, ...]  # slots and fields; a text where both sides are set is compared by words
    references: tuple[Change, ...]  # paths that came or went


class Sum(NamedTuple):
    """A sum that both tell."""

    what: str
    before: Money
    now: Money


class Comparison(NamedTuple):
    """How B differs from A."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[ShotChange, ...]
    picks: tuple[Change, ...]
    new_takes: tuple[str, ...]  # address#take
    lost_takes: tuple[str, ...]
    money: tuple[Sum, ...]
    apart: tuple[str, ...] = ()  # shots that only one side is about, since the other is of a part of the list


def compare(a: Snapshot, b: Snapshot) -> Comparison:
    """How `b` differs from `a`, shots in the order of `b`, those that are gone last."""
    before, now = _by_shot(a), _by_shot(b)
    changed = (_shot(shot, before[shot], now[shot], a, b) for shot in now if shot in before)
    came = tuple(shot for shot in now if shot not in before)
    went = tuple(shot for shot in before if shot not in now)
    return Comparison(
        added=() if a.part else came,
        removed=() if b.part else went,
        changed=tuple(one for one in changed if one.changes or one.references),
        picks=_picks(a.picks, b.picks),
        new_takes=_takes(a.takes, b.takes),
        lost_takes=_takes(b.takes, a.takes) if a.all_takes and b.all_takes else (),
        money=tuple(Sum(what, a.money[what], b.money[what]) for what in a.money if what in b.money),
        apart=(*(came if a.part else ()), *(went if b.part else ())),
    )


def _by_shot(state: Snapshot) -> dict[str, dict[str, Ask]]:
    found: dict[str, dict[str, Ask]] = {}
    for address, ask in state.tasks.items():
        found.setdefault(address.partition("@")[0].partition(".")[0], {})[address] = ask
    return found


def _shot(shot: str, before: Mapping[str, Ask], now: Mapping[str, Ask], a: Snapshot, b: Snapshot) -> ShotChange:
    told: dict[Change, None] = {}
    old, new = (state.words.get(shot, {}) if state.words is not None else {} for state in (a, b))
    slots = bool(old and new)
    for slot in dict.fromkeys((*old, *new)) if slots else ():
        if old.get(slot, "") != new.get(slot, ""):
            told.setdefault(Change(slot, old.get(slot, ""), new.get(slot, "")))
    for address in dict.fromkeys((*before, *now)):
        if (a.part and address not in before) or (b.part and address not in now):
            continue
        for change in _task(address, before.get(address), now.get(address)):
            if not (slots and told and change.what == "prompt"):  # its slots have said it already
                told.setdefault(change)
    return ShotChange(shot, tuple(told), tuple(_references(before, now, a.sources, b.sources)))


def _task(address: str, before: Ask | None, now: Ask | None) -> Iterator[Change]:
    """How one task differs, its pictures left to `_references`."""
    if before is None or now is None:
        yield Change(address, "" if before is None else "there", "" if now is None else "there")
        return
    stage = address.rpartition("@")[2]
    if before.takes != now.takes:
        yield Change(f"takes at {stage}", str(before.takes), str(now.takes))
    if before.endpoint != now.endpoint:
        yield Change(f"model at {stage}", before.endpoint, now.endpoint)
    old, new = before.inputs, now.inputs
    if old and new and (len(old) == len(new) or len(old) == 1 or len(new) == 1):
        yield from _fields(old[0], new[0])
    elif before.key and now.key and before.key != now.key:
        yield Change(f"request at {stage}", before.key[:12], now.key[:12])


def _fields(old: Input, new: Input) -> Iterator[Change]:
    for name in dict.fromkeys((*old, *new)):
        if name not in _PICTURES and old.get(name) != new.get(name):
            yield Change(name, _text(old.get(name)), _text(new.get(name)))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _references(
    before: Mapping[str, Ask], now: Mapping[str, Ask], sources: Mapping[str, str], later: Mapping[str, str]
) -> Iterator[Change]:
    """Pictures of the show that came, went, or are other bytes under the same name."""
    old, new = _marks(before.values(), sources), _marks(now.values(), later)
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield Change(name, old.get(name, "")[:12], new.get(name, "")[:12])


def _marks(asks: Iterable[Ask], sources: Mapping[str, str]) -> dict[str, str]:
    """Every reference that is sent: its path (or URL) -> its sha256. Takes that are carried on are no references."""
    found: dict[str, str] = {}
    for ask in asks:
        for wire in ask.inputs[:1]:
            for mark in _every_mark(wire):
                kind, _, rest = mark.partition(":")
                if kind == "url":
                    found.setdefault(rest, rest)
                elif kind == "sha256" and rest in sources:
                    found.setdefault(sources[rest], rest)
    return found


def _every_mark(wire: Input) -> Iterator[str]:
    if "image_url" in wire:
        yield wire["image_url"]
    yield from wire.get("image_urls", ())
    for element in wire.get("elements", ()):
        for value in element.values():
            yield from [value] if isinstance(value, str) else value


def _picks(before: Mapping[str, int] | None, now: Mapping[str, int] | None) -> tuple[Change, ...]:
    if before is None or now is None:
        return ()
    addresses = sorted(address for address in {*before, *now} if before.get(address) != now.get(address))
    return tuple(Change(address, *(_take(picks.get(address)) for picks in (before, now))) for address in addresses)


def _take(number: int | None) -> str:
    return "" if number is None else f"take {number}"


def _takes(before: Mapping[str, str] | None, now: Mapping[str, str] | None) -> tuple[str, ...]:
    """The takes of `now` whose bytes `before` has not."""
    if before is None or now is None:
        return ()
    there = set(before.values())
    return tuple(take for take, sha256 in now.items() if sha256 not in there)
