"""What the lines of a plan add up to. Does not know why a line says what it says."""

from __future__ import annotations

from collections.abc import Iterable

from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import Action, PlanLine, Totals


def add_up(lines: Iterable[PlanLine]) -> Totals:
    """Pictures (panels counted), rolls and money of all lines."""
    actions: dict[Action, int] = {}
    new = cached = rolls = cost = at_most = unpriced = 0
    for line in lines:
        action, panels = line.action, line.panels
        actions[action] = actions.get(action, 0) + 1
        if action is not Action.OMITTED:
            have, wanted = line.takes_have, line.takes_wanted
            cached += (have if have < wanted else wanted) * panels
        if action is Action.CACHED:
            continue
        new += line.takes_new * panels
        rolls += line.rolls
        cost += line.cost.nano if line.cost is not None else 0
        if line.cost_at_most is None:
            unpriced += 1
        else:
            at_most += line.cost_at_most.nano
    return Totals(new, cached, rolls, Money(cost), Money(at_most), unpriced, actions)
