"""Budgets against a plan, in words: a row for each, and a loud line for each that it would pass."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from shotpilot_pipeline.cli.screen import Screen, counted, table
from shotpilot_pipeline.plan.budgets import Budget
from shotpilot_pipeline.values.money import ZERO, Money

MOST_SHOTS = 5  # shots over their budget that are shown; the others are counted


def budget_lines(budgets: Sequence[Budget], screen: Screen) -> Iterator[str]:
    """Every budget: its cap, what is used of it and left, what this plan takes, what is left then; and at most."""
    if not budgets:
        return
    over = [budget for budget in budgets if budget.scope == "shot" and budget.over]
    shown = [budget for budget in budgets if budget not in over[MOST_SHOTS:]]
    head = ("Budget", "cap", "used", "left", "this plan", "then left", "at most")
    rows = [head, *map(_row, shown)]
    yield ""
    for line, budget in zip(table(rows, right=dict.fromkeys(range(1, 7), True)), (None, *shown), strict=True):
        loud = budget is not None and bool(budget.over)
        yield screen.paint(line, "red" if loud else None, bold=loud or budget is None)
    if len(over) > MOST_SHOTS:
        yield f"and {counted(len(over) - MOST_SHOTS, 'shot')} more"
    for budget in shown:
        yield from _warning(budget, screen)


def _row(budget: Budget) -> tuple[str, ...]:
    used = budget.charged + budget.reserved
    sums = (budget.cap, used, budget.left, budget.now, budget.left - budget.now, budget.at_most)
    return (_name(budget), *(f"${amount}" if amount.nano >= 0 else f"-${Money(-amount.nano)}" for amount in sums))


def _name(budget: Budget) -> str:
    return f"{budget.scope} {budget.name}".rstrip()


def _warning(budget: Budget, screen: Screen) -> Iterator[str]:
    if budget.over:
        text = (
            f"OVER BUDGET: {_name(budget)}: ${budget.now} is needed and ${max(budget.left, ZERO)} is left, which is "
            f"${budget.over} too little. A render stops there and sends nothing beyond it."
        )
        yield from (screen.paint(line, "red", bold=True) for line in textwrap.wrap(text, screen.width))
    elif budget.over_later:
        text = f"{_name(budget)}: enough for now, but ${budget.over_later} short when everything is picked and bought."
        yield from (screen.paint(line, "yellow") for line in textwrap.wrap(text, screen.width))
