"""The plan as a value: one line per task, and what the lines add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shotpilot_pipeline.values.money import ZERO, Money


class Action(StrEnum):
    """What the plan would do with a task (DESIGN section 4)."""

    NEW = "new"
    TOP_UP = "top-up"
    CHANGED = "changed"
    CACHED = "cached"
    WAITING = "waiting"
    STALE_PICK = "stale-pick"
    HELD = "held"
    OMITTED = "omitted"
    UNKNOWN = "unknown"
    FAILED = "failed"
    REFUSED = "refused"
    BLOCKED = "blocked"
    BEHIND = "behind"


#: The actions for which `render` sends something now.
BUYS = frozenset({Action.NEW, Action.TOP_UP, Action.CHANGED})


#: How the reason of a line begins for which a person ruled that older takes stand.
ACCEPTED = "accepted:"


class PlanLine(NamedTuple):
    """One task in the plan: what will be done, why, and for how much."""

    address: str
    action: Action
    reason: str  # one sentence, without a full stop
    endpoint: str
    takes_wanted: int
    takes_have: int
    takes_new: int  # that can be bought now
    panels: int  # pictures in a take
    rolls: int
    cost: Money | None  # now; None: no price is known
    cost_at_most: Money | None  # now and later
    form: str  # settled; "" while a pick is open
    key: str  # "" while a pick is open
    notes: tuple[str, ...]
    takes_later: int = 0  # that can be bought once what it waits for is there
    follows: bool = False  # a rule settles it in the same run, so that its later takes are bought by that run too


@dataclass(frozen=True, slots=True)
class Totals:
    """What a plan adds up to. `images` count panels; a price that is not known is counted in `unpriced`."""

    images_new: int
    images_cached: int
    rolls: int
    cost: Money
    cost_at_most: Money
    unpriced: int
    actions: Mapping[Action, int]
    images_following: int = 0  # bought by the same run, once a rule has settled what they wait for
    rolls_following: int = 0
    cost_following: Money = ZERO
    images_at_most: int = 0

    @property
    def cost_of_run(self) -> Money:
        """What one run spends where nobody picks meanwhile: now, and what follows by rule."""
        return self.cost + self.cost_following


@dataclass(frozen=True, slots=True)
class Plan:
    """Every task of the list (or of the selection), in list order."""

    lines: tuple[PlanLine, ...]
    totals: Totals


def plan_as_json(plan: Plan) -> dict[str, object]:
    """The plan with the keys DESIGN section 4 fixes; money is text, an unknown price is null."""
    totals = plan.totals
    return {
        "tasks": [line_as_json(line) for line in plan.lines],
        "totals": {
            "images_new": totals.images_new,
            "images_cached": totals.images_cached,
            "images_following": totals.images_following,
            "images_at_most": totals.images_at_most,
            "rolls": totals.rolls,
            "rolls_following": totals.rolls_following,
            "cost_usd": str(totals.cost),
            "cost_usd_following": str(totals.cost_following),
            "cost_usd_at_most": str(totals.cost_at_most),
            "unpriced": totals.unpriced,
        },
    }


def line_as_json(line: PlanLine) -> dict[str, object]:
    """One line with its keys."""
    return {
        "address": line.address,
        "action": line.action.value,
        "reason": line.reason,
        "endpoint": line.endpoint,
        "takes_wanted": line.takes_wanted,
        "takes_have": line.takes_have,
        "takes_new": line.takes_new,
        "takes_later": line.takes_later,
        "panels": line.panels,
        "follows": line.follows,
        "rolls": line.rolls,
        "cost_usd": None if line.cost is None else str(line.cost),
        "cost_usd_at_most": None if line.cost_at_most is None else str(line.cost_at_most),
        "render_key": line.key or None,
        "notes": list(line.notes),
    }
