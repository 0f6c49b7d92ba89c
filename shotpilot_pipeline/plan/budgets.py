"""What a plan would leave of each budget. Pure: it is told the caps and what is spent. Does not know who enforces them.

Money that is reserved (on its way, or of unknown outcome) counts as spent: that is how a render counts it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from shotpilot_pipeline.values.money import ZERO, Money
from shotpilot_pipeline.values.plan import PlanLine


class Budget(NamedTuple):
    """One budget against one plan."""

    scope: str  # "run", "day", "show", "stage" or "shot"
    name: str  # of the stage, scene/shot, the day; "" where there is only one
    cap: Money
    charged: Money
    reserved: Money
    now: Money  # what one run of this plan uses of it
    at_most: Money  # now and later

    @property
    def left(self) -> Money:
        """What may still be spent; below nothing where more was spent than the cap allows today."""
        return self.cap - self.charged - self.reserved

    @property
    def over(self) -> Money:
        """By how much this run would pass it; nothing where it fits."""
        return max(ZERO, self.now - max(self.left, ZERO)) if self.now else ZERO

    @property
    def over_later(self) -> Money:
        """By how much it is passed once everything is picked and bought."""
        return max(ZERO, self.at_most - max(self.left, ZERO)) if self.at_most else ZERO


class Spent(NamedTuple):
    """What the ledger holds against a budget."""

    reserved: Money = ZERO
    charged: Money = ZERO


#: Scope and name -> what is spent there.
SpentIn = Callable[[str, str], Spent]


#: What a plan uses of a scope and name: nano-USD in one run, and at most.
Uses = Mapping[tuple[str, str], tuple[int, int]]


def budgets_of(uses: Uses, caps: Mapping[str, Money], spent: SpentIn, day: str) -> tuple[Budget, ...]:
    """Every budget there is: run, day, show, the stages, then the shots that pass theirs, else the tightest of them.

    `caps`: by `run`, `day`, `show`, `shot` and `stage:NAME`. `day`: the calendar day it is, `2026-11-23`.
    """
    found = [
        _budget(scope, name, caps[scope], spent(scope, name), uses.get(("show", ""), (0, 0)))
        for scope, name in (("run", ""), ("day", day), ("show", ""))
        if scope in caps
    ]
    for key, cap in caps.items():
        scope, colon, name = key.partition(":")
        if colon:
            found.append(_budget(scope, name, cap, spent(scope, name), uses.get((scope, name), (0, 0))))
    return (*found, *_shots(uses, caps["shot"], spent)) if "shot" in caps else tuple(found)


def uses_of(lines: Iterable[PlanLine], *, per_shot: bool) -> Uses:
    """What the lines use of the show and of each stage; `per_shot`: of each shot too."""
    found: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        at_most = line.cost_at_most.nano if line.cost_at_most is not None else 0
        if not at_most:
            continue
        now = at_most if line.follows else line.cost.nano if line.cost is not None else 0
        shot, _, stage = line.address.partition("@")
        scopes = [("show", ""), ("stage", stage)]
        scopes += [("shot", shot.partition(".")[0])] if per_shot else []
        for scope in scopes:
            sums = found.setdefault(scope, [0, 0])
            sums[0] += now
            sums[1] += at_most
    return {scope: (now, at_most) for scope, (now, at_most) in found.items()}


def uses_together(parts: Iterable[Uses]) -> Uses:
    """What plans of different tasks use together."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for uses in parts:
        for scope, (now, at_most) in uses.items():
            before = found.get(scope, (0, 0))
            found[scope] = (before[0] + now, before[1] + at_most)
    return found


def _shots(uses: Uses, cap: Money, spent: SpentIn) -> Iterator[Budget]:
    shots = [
        _budget(scope, name, cap, spent(scope, name), use) for (scope, name), use in uses.items() if scope == "shot"
    ]
    over = [budget for budget in shots if budget.over]
    yield from over or sorted(shots, key=lambda budget: (budget.left - budget.at_most, budget.name))[:1]


def _budget(scope: str, name: str, cap: Money, spent: Spent, use: tuple[int, int]) -> Budget:
    return Budget(scope, name, cap, spent.charged, spent.reserved, Money(use[0]), Money(use[1]))


def budget_as_json(budget: Budget) -> dict[str, object]:
    """The budget with its keys in `plan --json`; money is text."""
    return {
        "scope": budget.scope,
        "name": budget.name,
        "cap_usd": str(budget.cap),
        "charged_usd": str(budget.charged),
        "reserved_usd": str(budget.reserved),
        "left_usd": str(budget.left),
        "plan_usd": str(budget.now),
        "plan_usd_at_most": str(budget.at_most),
        "over_usd": str(budget.over),
        "over_usd_at_most": str(budget.over_later),
    }
