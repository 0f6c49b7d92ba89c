"""What a fault means for a task, for its roll's line in the book, and for the run. Decides; does nothing."""

from __future__ import annotations

from shotpilot_pipeline.errors import (
    BudgetReached,
    ExitCode,
    Interrupted,
    KeyOrBalance,
    ShotpilotError,
    TakesFailed,
    UsageError,
)
from shotpilot_pipeline.queue.failures import Billed, Kind, NotSent, RequestFailed
from shotpilot_pipeline.values.outcome import Outcome

#: Kinds of failure after which the same request would be refused again: the words, the references, a field.
_REFUSALS = frozenset({Kind.REFUSED.value, Kind.INPUT.value, Kind.REFERENCE.value, Kind.EMPTY.value})
_UNKNOWN = frozenset({"answer-lost", "still-open"})
#: What the service stumbles over and does not bill: the same request may pass.
_PASSING = frozenset({Kind.SERVICE, Kind.TIMEOUT})
#: Caps that hold for one shot or stage: another one may still fit under its own.
_OWN_CAPS = ("shot", "stage")


def outcome_of(fault: ShotpilotError) -> Outcome:
    """How a task ends by a fault of one of its rolls. What only stopped the run has not failed."""
    if isinstance(fault, (KeyOrBalance, BudgetReached, Interrupted, NotSent)):
        return Outcome.SKIPPED
    kind = getattr(fault, "kind", "failed")
    if kind in _UNKNOWN:
        return Outcome.UNKNOWN
    return Outcome.REFUSED if kind in _REFUSALS else Outcome.FAILED


def is_about_the_run(fault: ShotpilotError) -> bool:
    """Whether a fault would meet every other roll as well: account, disk, network, a budget of the run."""
    if isinstance(fault, BudgetReached):
        return not str(getattr(fault, "cap", "")).startswith(_OWN_CAPS)
    return isinstance(fault, NotSent) or not isinstance(fault, (TakesFailed, UsageError))


def is_terminal(fault: ShotpilotError) -> bool:
    """Whether the queue itself said that nothing will come of an accepted request.

    Where it only no longer knows the request (and bills nothing by it), or the bytes could not be fetched or kept,
    the request may have been paid: its line stays open, to be collected again or decided by a person.
    """
    if not isinstance(fault, RequestFailed):
        return False
    return fault.failure.kind is not Kind.NOT_FOUND or (fault.failure.billed is Billed.NO and fault.failure.units == 0)


def may_pass(fault: ShotpilotError | None) -> bool:
    """Whether a new roll of the same request is worth it: it ended by the service's own stumbling, unbilled."""
    if not isinstance(fault, RequestFailed):
        return False
    failure = fault.failure
    return failure.kind in _PASSING and not failure.permanent and failure.billed is not Billed.YES


def exit_code_of(fault: ShotpilotError) -> int:
    """The exit code a fault calls for beyond that of the task's outcome; 0: none."""
    return int(fault.exit_code) if fault.exit_code is not ExitCode.TAKES_FAILED or _stopped_by(fault) else 0


def reason_of(fault: ShotpilotError) -> str:
    """Why a task ended by a fault. What stopped the run, or a shot or stage, is told in full once, elsewhere."""
    return f"not sent: {fault.in_short}" if _stopped_by(fault) else str(fault)


def _stopped_by(fault: ShotpilotError) -> bool:
    return outcome_of(fault) is Outcome.SKIPPED
