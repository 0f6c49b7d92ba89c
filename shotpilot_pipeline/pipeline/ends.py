"""How the tasks of a render end: where nothing is sent, where a lost request held them up, in two goes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from shotpilot_pipeline.engine.faults import may_pass, outcome_of
from shotpilot_pipeline.errors import ShotpilotError
from shotpilot_pipeline.pipeline.recovery import Recovered
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.totals import add_up
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import BROKEN, Outcome, TaskEnd
from shotpilot_pipeline.values.plan import Plan


def barred(known: Known) -> Mapping[str, tuple[Outcome, str]]:
    """What the engine must not send even when a task settles to it only while it runs."""
    return {
        **{key: (Outcome.REFUSED, why) for key, why in known.refused.items()},
        **{key: (Outcome.UNKNOWN, why) for key, why in known.undecided.items()},
    }


def held_up_by(plan: Plan, ends: Sequence[TaskEnd], found: Recovered) -> Plan:
    """The part of `plan` that a lost request held up. What failed or was refused meanwhile is not asked for again."""
    held_up = {end.address for end in ends if end.outcome in (Outcome.UNKNOWN, Outcome.BLOCKED, Outcome.WAITING)}
    lines = tuple(line for line in plan.lines if line.address in held_up - set(_faults(found)))
    return Plan(lines, add_up(lines))


def _faults(found: Recovered) -> Mapping[str, ShotpilotError]:
    """What went wrong with requests that were found, by address, where a new one would not help."""
    return {roll.address: end.fault for roll, end in found.rolls if end.fault is not None and not may_pass(end.fault)}


def at_rest(plan: Plan) -> tuple[TaskEnd, ...]:
    """How tasks end where nothing is sent."""
    words = {
        "cached": Outcome.CACHED, "held": Outcome.HELD, "omitted": Outcome.OMITTED, "waiting": Outcome.WAITING,
        "stale-pick": Outcome.WAITING, "behind": Outcome.SKIPPED, "blocked": Outcome.BLOCKED,
        "unknown": Outcome.UNKNOWN, "failed": Outcome.FAILED, "refused": Outcome.REFUSED,
    }  # fmt: skip
    return tuple(
        TaskEnd(line.address, words.get(line.action.value, Outcome.CACHED), line.reason) for line in plan.lines
    )


def merged(first: Sequence[TaskEnd], second: Sequence[TaskEnd], found: Recovered) -> tuple[TaskEnd, ...]:
    """The ends of a run that went on after lost requests were found: one for each task, with all it brought."""
    failed = ((address, TaskEnd(address, outcome_of(fault), str(fault))) for address, fault in _faults(found).items())
    later = dict(failed) | {end.address: end for end in second}
    came = Counter[str]()
    for roll, end in found.rolls:
        came[roll.address] += len(end.takes)
    return tuple(_both(end, later.get(end.address, end), came[end.address]) for end in first)


def _both(before: TaskEnd, after: TaskEnd, found: int) -> TaskEnd:
    new = before.takes_new + (after.takes_new if after is not before else 0) + found
    cost = None if before.cost is None or after.cost is None else before.cost + after.cost
    if after.outcome is Outcome.CACHED and new:
        outcome = Outcome.RENDERED if before.outcome in BROKEN else before.outcome
        return _in_other_words(after, outcome, f"{new} takes rendered" if new > 1 else "1 take rendered", new, cost)
    return _in_other_words(after, after.outcome, after.reason, new, cost)


def _in_other_words(end: TaskEnd, outcome: Outcome, reason: str, takes: int, cost: Money | None) -> TaskEnd:
    """The same task's end in other words."""
    return end._replace(outcome=outcome, reason=reason, takes_new=takes, cost=cost)
