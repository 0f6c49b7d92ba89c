"""When each task of a plan may start. Pure: told what ended, tells what is ready. Does not know how a task is done.

    waiting ──▶ ready ──▶ running ──▶ done
       └──────────┴────────────────────▲

Every task has one state, changed in one place (`_set`). A task that waits is settled, through the same function the
plan uses, when the last of what it needs has ended. Two tasks with one render key go one after the other, so that
the second finds the takes of the first.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum

from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.plan.resolve import Settled, Settlement, Waiting
from shotpilot_pipeline.values.outcome import BROKEN, Outcome, TaskEnd
from shotpilot_pipeline.values.plan import BUYS, Action, PlanLine
from shotpilot_pipeline.values.task import Task


class State(StrEnum):
    """Where a task stands."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"


#: How lines end that the run does nothing for.
_AT_ONCE: Mapping[Action, Outcome] = {
    Action.CACHED: Outcome.CACHED,
    Action.HELD: Outcome.HELD,
    Action.OMITTED: Outcome.OMITTED,
    Action.BEHIND: Outcome.SKIPPED,
    Action.BLOCKED: Outcome.BLOCKED,
    Action.UNKNOWN: Outcome.UNKNOWN,
    Action.FAILED: Outcome.FAILED,
    Action.REFUSED: Outcome.REFUSED,
}

#: Settles one task from what exists at this moment.
Settle = Callable[[Task], Settlement]


class Schedule:
    """The states of all tasks of one plan, and the quick views a run needs of them."""

    def __init__(
        self,
        lines: Sequence[PlanLine],
        index: Index,
        stages: Sequence[str],
        settle: Settle,
        barred: Mapping[str, tuple[Outcome, str]] | None = None,
    ) -> None:
        self._tasks = index.tasks
        self._barred = barred or {}
        self._settle = settle
        self._states: dict[str, State] = {}
        self._ends: dict[str, TaskEnd] = {}
        self._unread: list[TaskEnd] = []  # ended since they were last asked for
        self._requests: dict[str, tuple[str, str]] = {}  # address -> form, key
        self._holders: dict[str, str] = {}  # key -> the task that renders it just now, or did so last
        self._twins: dict[str, str] = {}  # task -> the one with the same key that it waits for
        self._owed: dict[str, int] = {}  # how many ends a waiting task still waits for
        self._hangs_on: dict[str, list[str]] = {}
        self._ready: list[tuple[int, int, str]] = []
        ranks = {stage: rank for rank, stage in enumerate(stages)}
        last = len(ranks)
        self._order = {
            line.address: (ranks.get(self._tasks[line.address].stage, last), place) for place, line in enumerate(lines)
        }
        self._begin(lines, index)

    @property
    def over(self) -> bool:
        """Whether every task has ended."""
        return len(self._ends) == len(self._order)

    @property
    def ends(self) -> tuple[TaskEnd, ...]:
        """How each task ended, in list order."""
        return tuple(self._ends[address] for address in self._order if address in self._ends)

    def state(self, address: str) -> State:
        """Where a task stands."""
        return self._states[address]

    def request(self, address: str) -> tuple[str, str]:
        """Form and render key of a task that is ready or runs."""
        return self._requests[address]

    def next_ready(self) -> str | None:
        """The task to start now, which then runs: earlier stages first, then list order. None: nothing is ready."""
        if not self._ready:
            return None
        address = heapq.heappop(self._ready)[2]
        self._set(address, State.RUNNING)
        return address

    def ended(self, end: TaskEnd) -> None:
        """A running task has ended; what hangs on it is settled, blocked or made ready."""
        if self._states[end.address] is not State.RUNNING:
            raise ValueError(f"{end.address} is not running, so it cannot end")
        self._end(end)
        self._follow([end.address])

    def give_up(self, reason: str, exit_code: int = 0) -> None:
        """The run stops early: whatever has not started ends as skipped."""
        self._ready.clear()
        for address in self._order:
            if self._states[address] in (State.WAITING, State.READY):
                self._end(TaskEnd(address, Outcome.SKIPPED, reason, exit_code=exit_code))

    def new_ends(self) -> Iterator[TaskEnd]:
        """Every end that was not handed out before, in the order in which they came."""
        fresh, self._unread = self._unread, []
        yield from fresh

    def _begin(self, lines: Sequence[PlanLine], index: Index) -> None:
        waiting = []
        for line in lines:
            if line.action in BUYS:
                self._requests[line.address] = (line.form, line.key)
                self._make_ready(line.address)
            elif line.action in _AT_ONCE:
                self._states[line.address] = State.WAITING
                self._end(TaskEnd(line.address, _AT_ONCE[line.action], line.reason))
            else:
                self._states[line.address] = State.WAITING
                waiting.append(line.address)
        settled_now = []
        for address in waiting:
            needs = [need for need in index.needs_of(self._tasks[address]) if self._still_open(need)]
            for need in needs:
                self._hangs_on.setdefault(need, []).append(address)
            self._owed[address] = len(needs)
            if not needs:
                settled_now.append(address)
        for address in settled_now:
            self._follow(self._settle_now(address))

    def _still_open(self, need: str) -> bool:
        """Whether a needed task is part of the plan and has not ended."""
        return need in self._order and self._states.get(need) is not State.DONE

    def _follow(self, ended: list[str]) -> None:
        """Go on from tasks that ended, and from those that end by it, without recursion."""
        while ended:
            address = ended.pop()
            for hanging in self._hangs_on.pop(address, ()):
                self._owed[hanging] -= 1
                if not self._owed[hanging] and self._states[hanging] is State.WAITING:
                    ended.extend(self._settle_now(hanging))

    def _settle_now(self, address: str) -> list[str]:
        """Nothing is owed to a waiting task any more: it becomes ready or ends. Returns it when it ended."""
        if address in self._requests:
            return self._after_twin(address)
        settled = self._settle(self._tasks[address])
        if not isinstance(settled, Settled):
            person = isinstance(settled, Waiting) and settled.person
            broken = None if person else self._broken(settled.on)
            self._end(_behind(address, broken) if broken else TaskEnd(address, Outcome.WAITING, settled.reason))
            return [address]
        broken = self._broken([chosen.address for chosen in settled.used])
        if broken:
            self._end(_behind(address, broken))
            return [address]
        if settled.key in self._barred and self._barred[settled.key][0] in BROKEN:
            self._end(TaskEnd(address, *self._barred[settled.key]))
            return [address]
        self._requests[address] = (settled.form, settled.key)
        holder = self._holders.get(settled.key)
        if holder is not None and self._states[holder] is State.DONE:
            self._twins[address] = holder
            return self._after_twin(address)
        self._make_ready(address)
        return []

    def _after_twin(self, address: str) -> list[str]:
        """The task with the same render key has ended: this one finds its takes, or shares its fate."""
        twin = self._ends[self._twins[address]]
        if twin.outcome in BROKEN:
            reason = f"the same picture as {twin.address}: {twin.reason}"
            self._end(TaskEnd(address, twin.outcome, reason, exit_code=twin.exit_code))
            return [address]
        self._make_ready(address)
        return []

    def _broken(self, on: Sequence[str]) -> TaskEnd | None:
        """The end of the first of `on` after which nothing can go on; None if there is none."""
        ends = (self._ends.get(address) for address in on)
        return next((end for end in ends if end is not None and end.outcome in BROKEN), None)

    def _make_ready(self, address: str) -> None:
        """Ready, unless another task renders the same key just now: then it waits for that one."""
        key = self._requests[address][1]
        holder = self._holders.get(key)
        if holder is not None and self._states[holder] is not State.DONE:
            self._set(address, State.WAITING)
            self._twins[address] = holder
            self._hangs_on.setdefault(holder, []).append(address)
            self._owed[address] = 1
            return
        self._holders[key] = address
        self._set(address, State.READY)
        heapq.heappush(self._ready, (*self._order[address], address))

    def _end(self, end: TaskEnd) -> None:
        self._set(end.address, State.DONE)
        self._ends[end.address] = end
        self._unread.append(end)

    def _set(self, address: str, state: State) -> None:
        """The one place where a state changes; nothing leaves DONE."""
        if self._states.get(address) is State.DONE:
            raise ValueError(f"{address} has ended and cannot become {state.value}")
        self._states[address] = state


def _behind(address: str, broken: TaskEnd) -> TaskEnd:
    """How a task ends that needs one which broke. Behind what a stop left out, it is left out by the same stop."""
    if broken.outcome is Outcome.SKIPPED and broken.exit_code:
        reason = f"not sent: {broken.address}, which it needs, was not sent"
        return TaskEnd(address, Outcome.SKIPPED, reason, exit_code=broken.exit_code)
    return TaskEnd(address, Outcome.BLOCKED, f"{broken.address} is {broken.outcome.value}, which it needs")
