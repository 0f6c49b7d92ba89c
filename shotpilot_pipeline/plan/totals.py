"""What the lines of a plan add up to. Does not know why a line says what it says."""

from __future__ import annotations

from collections.abc import Iterable
from operator import add

from shotpilot_pipeline.plan.rolls import rolls_needed
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import Action, PlanLine, Totals


def add_up(lines: Iterable[PlanLine]) -> Totals:
    """Pictures (panels counted), rolls and money of all lines."""
    actions: dict[Action, int] = {}
    new = cached = rolls = cost = at_most = unpriced = later = 0
    following = following_rolls = following_cost = 0
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
        later += line.takes_later * panels
        if line.follows:
            following += line.takes_later * panels
            following_rolls += rolls_needed(line.takes_later, panels)
            following_cost += line.cost_at_most.nano if line.cost_at_most is not None else 0
        if line.cost_at_most is None:
            unpriced += 1
        else:
            at_most += line.cost_at_most.nano
    money = Money(cost), Money(at_most)
    return Totals(
        new, cached, rolls, *money, unpriced, actions, following, following_rolls, Money(following_cost), new + later
    )


def sum_up(parts: Iterable[Totals]) -> Totals:
    """What plans of different tasks add up to together."""
    actions: dict[Action, int] = {}
    numbers, money, most = [0] * 6, [0] * 3, 0
    for one in parts:
        for action, count in one.actions.items():
            actions[action] = actions.get(action, 0) + count
        of_one = (one.images_new, one.images_cached, one.rolls, one.unpriced, one.images_following, one.rolls_following)
        numbers = [*map(add, numbers, of_one)]
        money = [*map(add, money, (one.cost.nano, one.cost_at_most.nano, one.cost_following.nano))]
        most += one.images_at_most
    new, cached, rolls, unpriced, following, following_rolls = numbers
    cost, at_most, following_cost = map(Money, money)
    return Totals(
        new, cached, rolls, cost, at_most, unpriced, actions, following, following_rolls, following_cost, most
    )
