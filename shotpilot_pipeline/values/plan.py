"""The plan as a value: one line per task, and what the lines add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shotpilot_pipeline.values.money import Money


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


@dataclass(frozen=True, slots=True)
class Plan:
    """Every task of the list (or of the selection), in list order."""

    lines: tuple[PlanLine, ...]
    totals: Totals


def plan_as_json(plan: Plan) -> dict[str, object]:
    """The plan with the keys DESIGN section 4 fixes; money is text, an unknown price is null."""
    totals = plan.totals
    return {
        "tasks": [_line_as_json(line) for line in plan.lines],
        "totals": {
            "images_new": totals.images_new,
            "images_cached": totals.images_cached,
            "rolls": totals.rolls,
            "cost_usd": str(totals.cost),
            "cost_usd_at_most": str(totals.cost_at_most),
            "unpriced": totals.unpriced,
        },
    }


def _line_as_json(line: PlanLine) -> dict[str, object]:
    return {
        "address": line.address,
        "action": line.action.value,
        "reason": line.reason,
        "endpoint": line.endpoint,
        "takes_wanted": line.takes_wanted,
        "takes_have": line.takes_have,
        "takes_new": line.takes_new,
        "rolls": line.rolls,
        "cost_usd": None if line.cost is None else str(line.cost),
        "cost_usd_at_most": None if line.cost_at_most is None else str(line.cost_at_most),
        "render_key": line.key or None,
        "notes": list(line.notes),
    }
