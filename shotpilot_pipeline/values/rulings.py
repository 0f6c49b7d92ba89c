"""What people ruled about bought takes: which stand for changed words, which are to be shot again. No I/O.

accept   the bought takes of an older request stand for the one the list asks for now, at one address
again    a further attempt at a request: as many takes more, whatever is there already
adopt    a take that was not bought by this request: a file, or a request that was lost
swap     two shots changed places in the list; what was kept of them was exchanged at that moment
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

FIRST_AGAIN = 2  # the attempt after the one every shot has


class Kind(StrEnum):
    """What was ruled."""

    ACCEPT = "accept"
    AGAIN = "again"
    ADOPT = "adopt"
    SWAP = "swap"


NO_KEY = "-"  # of a ruling that is about shots and not about a request


class Attempt(NamedTuple):
    """A further attempt: its number (from 2), and how many takes there were when it was asked for."""

    number: int
    after: int

    def __str__(self) -> str:
        return f"a{self.number:02}+{self.after}"


class Ruling(NamedTuple):
    """One line of the rulings file.

    `what`: the older key (accept), the attempt (again), take and sha256 (adopt), the other shot (swap).
    """

    address: str
    kind: Kind
    key: str  # the render key it is about: that of today's words (accept), of the takes (again, adopt)
    what: str
    at: str  # UTC, ISO 8601
    by: str
    why: str = ""


def _nothing() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType({})


def _no_attempts() -> Mapping[str, Mapping[str, Attempt]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rulings:
    """All rulings of a list, as a plan and a run look them up.

    `accepted`: address -> key of today's words -> key whose takes stand for it. `attempts`: address -> key -> the last
    attempt asked for. `addresses`: every address with either.
    """

    accepted: Mapping[str, Mapping[str, str]] = field(default_factory=_nothing)
    attempts: Mapping[str, Mapping[str, Attempt]] = field(default_factory=_no_attempts)
    addresses: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rulings: Iterable[Ruling]) -> Rulings:
        """The rulings of a file's lines; a later attempt goes before an earlier one."""
        accepted: dict[str, dict[str, str]] = {}
        attempts: dict[str, dict[str, Attempt]] = {}
        for ruling in rulings:
            if ruling.kind is Kind.ACCEPT:
                accepted.setdefault(ruling.address, {})[ruling.key] = ruling.what
            elif ruling.kind is Kind.AGAIN:
                at = attempts.setdefault(ruling.address, {})
                at[ruling.key] = max(at.get(ruling.key, Attempt(0, 0)), attempt_of(ruling.what))
        return cls(accepted, attempts, frozenset(accepted) | frozenset(attempts))

    def standing(self, address: str, key: str) -> str:
        """The key whose takes count at `address` when its request has `key`: an accepted one, else `key` itself."""
        accepted = self.accepted.get(address)
        passed = [key]
        while accepted and (older := accepted.get(passed[-1])) and older not in passed:
            passed.append(older)
        return passed[-1]

    def attempt(self, address: str, key: str) -> Attempt | None:
        """The last further attempt that was asked for."""
        return self.attempts.get(address, {}).get(key)

    def again(self, address: str, key: str, takes: int) -> int:
        """How many takes the last further attempt wants in all where the list says `takes`; 0 where there is none.

        With `key` "", not known yet: under whichever it will be.
        """
        attempts = self.attempts.get(address)
        if not attempts:
            return 0
        asked = [attempts[key]] if key in attempts else list(attempts.values()) if not key else []
        return max((attempt.after + takes for attempt in asked), default=0)


NO_RULINGS = Rulings()


def swapped(one: str, other: str) -> Callable[[str], str]:
    """Gives an address with two shots (`scene/shot`) exchanged; variant and stage stay."""
    into = {one: other, other: one}

    def exchange(address: str) -> str:
        shot, at, rest = _apart(address)
        return f"{into.get(shot, shot)}{at}{rest}"

    return exchange


def _apart(address: str) -> tuple[str, str, str]:
    """The shot, and what follows it with its mark: a variant, a stage, a take."""
    found = min((place for mark in ".@#" if (place := address.find(mark)) >= 0), default=len(address))
    return address[:found], address[found : found + 1], address[found + 1 :]


def attempt_of(text: str) -> Attempt:
    """`a02+4` as an Attempt. Raises ValueError."""
    number, plus, after = text.removeprefix("a").partition("+")
    if not plus:
        raise ValueError(f"{text!r} is not an attempt; write a02+4: the second, after 4 takes")
    return Attempt(int(number), int(after))
