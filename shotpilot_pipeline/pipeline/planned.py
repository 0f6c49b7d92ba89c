"""A render of a saved plan: whether it may begin or go on, and what of it is still to be sent. Sends nothing itself.

    saved ─▶ nothing moved since? ─▶ begun, in the ledger ─▶ carried out ─▶ done
                                        └─ killed or stopped: the same plan goes on, for what it has not asked for yet

A plan never asks for more takes at an address than it said, however often it is stopped: what its runs have asked for
is counted in the ledger, whatever became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.saved import SavedPlan
from shotpilot_pipeline.pipeline.stale import PlanStale, moved_meanwhile, moved_since
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.rolls import rolls_needed
from shotpilot_pipeline.plan.totals import add_up
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.plans import DONE, SAVED, PlanUse
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import Outcome, TaskEnd
from shotpilot_pipeline.values.plan import BUYS, Action, Plan, PlanLine


@dataclass(slots=True)
class Planned:
    """One saved plan under the show's lock, beside one ledger."""

    saved: SavedPlan
    ledger: Ledger
    left_out: dict[str, TaskEnd] = field(default_factory=dict)  # tasks of the plan that this run does not touch

    def admit(self, reading: Reading, known: Known) -> None:
        """Let the plan begin, or go on. Raises UsageError, with nothing changed, where it may not."""
        use = self.ledger.plans.use_of(self.saved.id)
        if use is None:
            raise UsageError(
                f"{self.saved.path}: the ledger {self.ledger.path} does not know this plan: it was saved in another "
                "copy of this show, or the ledger is new; plan anew"
            )
        if use.state == DONE:
            raise UsageError(_done(self.saved, use))
        moved = (
            moved_since(self.saved, reading, known, self.ledger)
            if use.state == SAVED
            else moved_meanwhile(self.saved, reading, known, self.ledger, use)
        )
        if moved:
            raise PlanStale(self.saved, moved)
        self.ledger.plans.begin(self.saved.id, use.state, datetime.now(UTC))

    def to_do(self, plan: Plan) -> Plan:
        """What of `plan`, which was just made, this run carries out: no line and no take that was not saved.

        Notes how the tasks end that are left out.
        """
        asked = self._asked()
        before = {line.address: line for line in self.saved.doc.plan.lines}
        lines = []
        for line in plan.lines:
            kept = _bounded(line, before.get(line.address), asked.get(line.address, 0))
            if isinstance(kept, TaskEnd):
                self.left_out[line.address] = kept
            else:
                lines.append(kept)
        return Plan(tuple(lines), add_up(lines))

    def all_ends(self, ends: tuple[TaskEnd, ...], plan: Plan) -> tuple[TaskEnd, ...]:
        """The ends of all tasks of `plan`, those that were left out among them."""
        found = self.left_out | {end.address: end for end in ends}
        return tuple(found[line.address] for line in plan.lines if line.address in found)

    def _asked(self) -> Mapping[str, int]:
        """Takes that runs of this plan have asked for, by address; those that were sent nowhere not counted."""
        use = self.ledger.plans.use_of(self.saved.id)
        runs = use.runs if use is not None else ()
        found: dict[str, int] = {}
        for run, by_address in self.ledger.plans.asked_since(self.saved.doc.show, self._last).items():
            for address, takes in by_address.items() if run in runs else ():
                found[address] = found.get(address, 0) + takes
        return found

    @property
    def _last(self) -> int:
        last: int = self.saved.bound["ledger"]["last"]
        return last


def _done(saved: SavedPlan, use: PlanUse) -> str:
    when = use.ended_at.replace("T", " ").partition(".")[0]
    runs = f" (run {use.runs[-1]})" if use.runs else ""
    return (
        f"{saved.path}: nothing was sent: this plan was carried out on {when} UTC{runs}, and a plan is carried out "
        "once; plan anew"
    )


def _bounded(line: PlanLine, before: PlanLine | None, asked: int) -> PlanLine | TaskEnd:
    """The line within what the saved plan said of it; how the task ends where nothing of that is left."""
    promised = 0 if before is None else before.takes_new or (before.takes_later if before.follows else 0)
    left = promised - asked
    if line.action in BUYS:
        new = min(line.takes_new, left)
        if new > 0:
            return _cut(line, new)
        if asked:
            return TaskEnd(
                line.address, Outcome.FAILED, "asked for under this plan already; it did not bring all takes"
            )
        if line.takes_new:
            return TaskEnd(line.address, Outcome.WAITING, "not part of this plan; plan anew")
    elif line.action in (Action.WAITING, Action.STALE_PICK):
        if line.follows and left > 0:
            return line._replace(takes_later=min(line.takes_later, left))
        return TaskEnd(line.address, Outcome.WAITING, line.reason)
    return line


def _cut(line: PlanLine, new: int) -> PlanLine:
    """The line for so many takes only."""
    if new == line.takes_new:
        return line
    cost = None if line.cost is None else Money(line.cost.nano // line.takes_new * new)
    return line._replace(takes_new=new, rolls=rolls_needed(new, line.panels), cost=cost, cost_at_most=cost)
