"""What was decided of a task becomes its line in the plan: words, takes, rolls and prices. Decides nothing."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from shotpilot_pipeline.plan.rolls import rolls_needed
from shotpilot_pipeline.values.decision import Decision
from shotpilot_pipeline.values.fits import derivative_note
from shotpilot_pipeline.values.money import ZERO, Money
from shotpilot_pipeline.values.plan import Action, PlanLine
from shotpilot_pipeline.values.task import NO_PRICE, Task


class Verdict(NamedTuple):
    """What becomes of one task, before prices."""

    action: Action
    reason: str
    have: int = 0
    new: int = 0  # takes to buy now
    later: int = 0  # takes that may be bought once something else is there
    wanted: int = 0  # takes, where somebody asked for more than the shot list does; 0: as the list says
    form: str = ""
    key: str = ""
    follows: bool = False  # a rule settles it in the same run


def why_nothing_comes(action: Action) -> str:
    """Why nothing comes of a task, as the end of a sentence that begins with its name."""
    return {
        Action.OMITTED: "is omitted",
        Action.BEHIND: "is behind and bought on demand only",
        Action.BLOCKED: "is blocked itself",
        Action.UNKNOWN: "is of unknown outcome",
        Action.REFUSED: "was refused",
        Action.HELD: "is held and has no take",
        Action.CACHED: "has no whole series",
    }.get(action, "is not rendered and not selected")


def who_asked(said: Decision, missing: int) -> str:
    """`Vera asked for 4 more takes`, and how many of what is missing that is, where it is not all."""
    by = said.more_by or "the picks file"
    asked = f"{by} asked for {said.more} more {'take' if said.more == 1 else 'takes'}"
    return asked if missing == said.more else f"{asked}; {missing} {'is' if missing == 1 else 'are'} missing"


def takes_in_words(count: int) -> str:
    """`1 take`, `4 takes`."""
    return "1 take" if count == 1 else f"{count} takes"


def price_of(task: Task, takes: int) -> Money | None:
    """What so many takes of the task cost; None where no price is known."""
    return None if task.picture_price == NO_PRICE else _money(task.picture_price * task.panels * takes)


@lru_cache(maxsize=1000)  # a list has few prices and many tasks
def _money(nano: int) -> Money:
    return Money(nano)


def cached_line(task: Task, reason: str, have: int, form: str, key: str) -> PlanLine:
    """The line of a task whose takes are there: most lines of most plans."""
    return PlanLine(
        task.address, Action.CACHED, reason, task.endpoint, task.takes, have, 0, task.panels, 0, ZERO, ZERO,
        form, key, task.notes,
    )  # fmt: skip


def priced(task: Task, verdict: Verdict) -> PlanLine:
    """The line of any other task."""
    new, later = verdict.new, verdict.later
    return PlanLine(
        task.address,
        verdict.action,
        verdict.reason,
        task.endpoint,
        verdict.wanted or task.takes,
        verdict.have,
        new,
        task.panels,
        rolls_needed(new, task.panels),
        price_of(task, new) if new else ZERO,
        price_of(task, new + later) if new + later else ZERO,
        verdict.form,
        verdict.key,
        (*task.notes, note) if (note := derivative_note(verdict.form)) else task.notes,
        later,
        verdict.follows,
    )
