"""Addresses after a renumbering, as the shot list's `moved` says it. Knows no lock and no file."""

from __future__ import annotations

from collections.abc import Sequence

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.values.address import Address

Routes = Sequence[tuple[Address, Address]]


def routes_of(moved: Sequence[tuple[str, str]]) -> Routes:
    """The moves as addresses. Raises UsageError for one that is none."""
    return [(_read(old), _read(new)) for old, new in moved]


def moved_address(address: str, moved: Sequence[tuple[str, str]]) -> str:
    """Where a task's address stands after every move. Raises UsageError for a loop."""
    return destination(address, routes_of(moved))


def destination(address: str, routes: Routes) -> str:
    """Where an address ends when every move is followed. Raises UsageError for a loop."""
    passed = [address]
    while (following := _follow(Address.parse(passed[-1]), routes)) != passed[-1]:
        if following in passed:
            raise UsageError(f"moved: the moves go round in a circle: {' -> '.join([*passed, following])}")
        passed.append(following)
    return passed[-1]


def _follow(at: Address, routes: Routes) -> str:
    for old, new in routes:
        same_variant = old.variant in ("", at.variant)
        same_stage = old.stage in ("", at.stage)
        if (at.scene, at.shot) == (old.scene, old.shot) and same_variant and same_stage:
            variant = new.variant if old.variant or new.variant else at.variant
            return str(Address(new.scene, new.shot, variant, new.stage or at.stage))
    return str(at)


def _read(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise UsageError(f"moved: {error}") from None
