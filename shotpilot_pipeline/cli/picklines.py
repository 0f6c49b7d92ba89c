"""What was chosen, in words: each address as it stands now, what that changes, and what the next render costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shotpilot_pipeline.cli.planlines import totals_lines
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.pipeline.plandoc import plan_doc
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import Wish
from shotpilot_pipeline.values.decision import Decision, Mark
from shotpilot_pipeline.values.plan import BUYS, Action, Plan, PlanLine

if TYPE_CHECKING:
    from shotpilot_pipeline.pipeline.choosing import Facts, Saved

_MOST_LINES = 12  # addresses that are told one by one; of more, the count is told
_TOLD = BUYS | {Action.STALE_PICK, Action.BEHIND, Action.BLOCKED}


def saved_lines(reading: Reading, saved: Saved, before: Facts, screen: Screen, *, undone: bool) -> Iterator[str]:
    """The lines to show after a choice. `before`: what there was when it was made."""
    from shotpilot_pipeline.pipeline.choosing import Facts

    if not saved.changed:
        yield "Nothing changed: that is said already."
        return
    after = Facts(reading)
    if undone:
        yield f"Undone: {', '.join(saved.changed)}"
    if len(saved.changed) > _MOST_LINES:
        yield f"{counted(len(saved.changed), 'address', 'addresses')} changed."
    for address in saved.changed[:_MOST_LINES]:
        yield from _decision_lines(saved.decisions.get(address, Decision(address)), after)
    yield from _consequences(before.plan, after.plan, set(saved.changed))
    yield from totals_lines(plan_doc(reading, Wish(), after.known, after.plan), screen)


def _decision_lines(decision: Decision, facts: Facts) -> Iterator[str]:
    """One line with all that stands for an address now, and one where its pick is not followed."""
    pick = decision.pick
    said = [f"take {pick.take} picked" if pick else "no pick"]
    for word, marks in (("alternate", decision.alternates), ("rejected", decision.rejects)):
        if marks:
            said.append(f"{word} {', '.join(map(_number, marks))}")
    said += [f"{'*' * stars} {_number(mark)}" for mark, stars in decision.stars]
    if decision.notes:
        said.append(counted(len(decision.notes), "note"))
    key = facts.keys.get(decision.address, "")
    wanted = facts.subject(decision.address).wanted if not decision.more_key else 0
    if decision.more and decision.wanted(wanted, key) > len(facts.known.takes_of(key) if key else ()):
        said.append(f"{decision.more} more asked for")
    yield f"{decision.address}: {'; '.join(said)}"
    if pick and pick.key and key and pick.key != key:
        yield (
            f"  ! take {pick.take} was made from another request than the shot list has now, so nothing goes on from "
            f"it; `shotpilot plan` says what does"
        )


def _number(mark: Mark) -> str:
    return f"v{mark.version}.{mark.take}" if mark.version else str(mark.take)


def _consequences(before: Plan, after: Plan, changed: set[str]) -> Iterator[str]:
    """What the plan says otherwise than before, of the stages that hang on what was chosen."""
    was = {line.address: line for line in before.lines}
    moved = [line for line in after.lines if _differs(line, was.get(line.address)) and line.action in _TOLD]
    for line in moved[:_MOST_LINES]:
        price = f" for ${line.cost}" if line.cost and line.action in BUYS else ""
        yield f"  {line.address}: {line.action.value}{price}: {_reason(line)}"
    if len(moved) > _MOST_LINES:
        yield f"  and {len(moved) - _MOST_LINES} more"


def _reason(line: PlanLine) -> str:
    head, colon, rest = line.reason.partition(": ")
    return rest if colon and head == line.action.value else line.reason


def _differs(line: PlanLine, was: PlanLine | None) -> bool:
    return was is None or (was.action, was.key, was.takes_new) != (line.action, line.key, line.takes_new)
