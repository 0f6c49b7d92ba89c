"""What was typed behind `shotpilot pick`, as changes: which takes of which addresses are meant. Saves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.choosing import Facts
from shotpilot_pipeline.plan.decide import Subject
from shotpilot_pipeline.plan.select import select
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.decision import Change, Verb

_NUMBER = re.compile(r"#?(?:v(?P<version>[1-9]\d*)\.)?(?P<take>[1-9]\d*)\Z")
_SEVERAL = re.compile(r"[*?\[\],+]|\A[a-z]+:")
_OF_ADDRESS = frozenset({Verb.MORE, Verb.REDO})


class Which(NamedTuple):
    """A take by its number; `version` 0 is the current one."""

    version: int
    take: int


class Meant(NamedTuple):
    """What one address (or selector) was typed with."""

    word: str
    takes: tuple[Which, ...]
    wrong: str = ""  # what was typed where a take was to stand, and can be none


def read_words(words: Sequence[str]) -> list[Meant]:
    """Addresses, each with the takes typed on it (`#3`) or behind it (`3`, `v1.3`). Raises UsageError."""
    found: list[Meant] = []
    for word in words:
        number = _NUMBER.match(word)
        if number and found:
            found[-1] = found[-1]._replace(takes=(*found[-1].takes, _which(number)))
        elif number:
            raise UsageError(f"take {word} of what? Write the address before it: sc010/sh010@iterate {word}")
        else:
            address, hash_, take = word.partition("#")
            number = _NUMBER.match(take)
            if hash_ and not number:
                raise UsageError(f"{word!r} names no take; write {address}#3, or {address}#v1.3 for an older version")
            if found and not hash_ and "/" not in word and not _SEVERAL.search(word):
                found[-1] = found[-1]._replace(wrong=word)
            else:
                found.append(Meant(address, (_which(number),) if number else ()))
    if not found:
        raise UsageError("which take? Write its address and number: sc010/sh010@iterate 3")
    return found


def _which(number: re.Match[str]) -> Which:
    return Which(int(number["version"] or 0), int(number["take"]))


def changes_of(meant: Sequence[Meant], saying: Sequence[tuple[Verb, str]], facts: Facts) -> list[Change]:
    """The changes that `saying` (verb and value) makes to what was meant, in list order of each selector.

    Raises UsageError where a take is needed and none is named, where several are and one is wanted, or where a
    selector matches nothing.
    """
    changes: list[Change] = []
    for one in meant:
        addresses = list(_addresses(one.word, saying, facts))
        if one.wrong:
            raise UsageError(_no_take(one, facts.subject(addresses[0])))
        for address in addresses:
            for verb, value in saying:
                changes += _said(address, verb, value, one.takes)
        if any(verb is Verb.PICK for verb, _ in saying):
            _require_one_each(one.word, addresses, facts)
    return changes


def _no_take(meant: Meant, subject: Subject) -> str:
    """Why what was typed behind an address is no take of it."""
    most = max((take.number for take in subject.takes), default=0)
    number = f"from 1 to {most}" if most > 1 else "and there is only take 1" if most else "from 1 on"
    return f"{meant.wrong!r} is no take of {subject.address}: a take is a number{',' if most == 1 else ''} {number}"


def _said(address: str, verb: Verb, value: str, takes: Sequence[Which]) -> Iterator[Change]:
    if verb in _OF_ADDRESS:
        if takes:
            raise UsageError(f"--{verb} is about all takes of {address}: leave the number out")
        yield Change(address, verb, value=value)
        return
    if verb is Verb.PICK and len(takes) != 1:
        raise UsageError(f"one take of {address} is picked, not {len(takes)}: write {address} 3")
    if not takes and verb not in (Verb.CLEAR, Verb.NOTE):
        raise UsageError(f"which take of {address}? Write its number: {address} 3")
    for version, take in takes or (Which(0, 0),):
        yield Change(address, verb, take, value=value, version=version)


def _addresses(word: str, saying: Sequence[tuple[Verb, str]], facts: Facts) -> Iterable[str]:
    """Every address a word means: itself, or for what may be said of several, all that a selector matches."""
    tasks = facts.reading.compiled.tasks
    if not _SEVERAL.search(word):
        members = facts.members(word)
        if len(members) == 1 or (members and not any(verb is Verb.PICK for verb, _ in saying)):
            return members
        try:
            Address.parse(word)
        except ValueError as error:
            raise UsageError(str(error)) from None
        facts.subject(word)  # says what is wrong with it
    found = select(tasks, [word])
    return [task.address for task in tasks if task.address in found]


def _require_one_each(word: str, addresses: Sequence[str], facts: Facts) -> None:
    """Raise UsageError where a pick of several would pick two variants of which one goes on."""
    for address in addresses:
        twin = next((other for other in facts.subject(address).siblings if other in addresses), None)
        if twin is not None:
            raise UsageError(f"{word} means {address} and {twin}, and one variant goes on: name the one that is picked")
