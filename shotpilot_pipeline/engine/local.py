"""The run on this machine: starts what the schedule says is ready, a bounded number of rolls at a time.

Tells what happens through a plain callback and returns how every task ended. Never prints, never asks anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import anyio
from anyio.abc import TaskGroup

from shotpilot_pipeline.engine.collecting import RollEnd, collect_roll
from shotpilot_pipeline.engine.desk import Brake, RollDesk
from shotpilot_pipeline.engine.references import Uploads
from shotpilot_pipeline.engine.schedule import Schedule
from shotpilot_pipeline.engine.sending import Sent
from shotpilot_pipeline.engine.shop import Limits, Roll, Shop
from shotpilot_pipeline.engine.stock import Stock
from shotpilot_pipeline.engine.window import Window
from shotpilot_pipeline.engine.work import Work, WorkEnd, do_work
from shotpilot_pipeline.errors import ShotpilotError
from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.queue.protocol import Submitted
from shotpilot_pipeline.values.event import Event, RunStarted, RunStopped, TaskEnded
from shotpilot_pipeline.values.outcome import TaskEnd
from shotpilot_pipeline.values.plan import Plan
from shotpilot_pipeline.values.task import Task

GRACE = 60.0  # seconds that a roll is asked for when its deadline passed while nobody asked


async def carry_out(
    plan: Plan,
    tasks: Sequence[Task],
    shop: Shop,
    tell: Callable[[Event], None],
    limits: Limits | None = None,
    brake: Brake | None = None,
) -> tuple[TaskEnd, ...]:
    """Carry out `plan`, all stages to the end, and say how each of its tasks ended, in list order.

    `tasks` are all tasks of the list, also those outside the plan. Cancelling leaves whole takes and nothing half;
    the same plan made again goes on from there. A fault that is about the run and not about a task (account, disk,
    budget, a person at the `brake`) stops it: RunStopped is told, what runs is finished, the rest ends as skipped.
    """
    run = _Run(plan, tasks, shop, tell, limits or Limits())
    if brake is not None:
        brake.bind(run.desk)
    tell(RunStarted(len(plan.lines), sum(line.takes_new for line in plan.lines), plan.totals.cost_at_most))
    await run.to_the_end()
    return run.schedule.ends


class OpenRoll(NamedTuple):
    """A roll that an earlier run had accepted and did not bring to its end. `age`: seconds since its submit."""

    roll: Roll
    submitted: Submitted
    age: float


async def collect(
    rolls: Sequence[OpenRoll],
    shop: Shop,
    tell: Callable[[Event], None],
    limits: Limits | None = None,
    brake: Brake | None = None,
) -> tuple[RollEnd, ...]:
    """Bring rolls that are open at the queue to their end, and say how each of them ended. Sends nothing.

    What is past its deadline gets a last GRACE seconds; what is open even then stays open.
    """
    numbers = _Numbers(shop)
    limits = limits or Limits()
    desk = RollDesk(shop, limits, Uploads(shop, limits), tell, numbers.next, Window(limits.unfinished))
    if brake is not None:
        brake.bind(desk)
    ends: list[RollEnd | None] = [None] * len(rolls)

    async def one(place: int, left: OpenRoll) -> None:
        async with desk.window:
            sent = Sent(left.submitted, anyio.current_time() - left.age, _before(shop.now(), left.age), left=True)
            until = max(limits.deadline, left.age + GRACE)
            ends[place] = await collect_roll(left.roll, sent, desk, deadline=until)

    try:
        async with anyio.create_task_group() as group:
            for place, left in enumerate(rolls):
                group.start_soon(one, place, left)
    except BaseExceptionGroup as several:
        raise _plainest(several) from None
    return tuple(end for end in ends if end is not None)


def _before(now: str, seconds: float) -> str:
    """The time so many seconds before `now`, both UTC, ISO 8601."""
    then = datetime.fromisoformat(now) - timedelta(seconds=seconds)
    return then.isoformat(timespec="seconds").replace("+00:00", "Z")


class _Numbers:
    """Free take numbers by key, each handed out once."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._last: dict[str, int] = {}

    def next(self, key: str) -> int:
        number = max(self._shop.store.next_number(key), self._last.get(key, 0) + 1)
        self._last[key] = number
        return number


class _Run:
    """One run: its schedule, its stock of takes, and how many rolls are on their way."""

    def __init__(
        self, plan: Plan, tasks: Sequence[Task], shop: Shop, tell: Callable[[Event], None], limits: Limits
    ) -> None:
        index = Index(tasks)
        self.lines = {line.address: line for line in plan.lines}
        self.tasks = index.tasks
        self.tell = tell
        self.stock = Stock(shop, index, tasks, plan.lines)
        self.schedule = Schedule(plan.lines, index, shop.stages, self.stock.settle, shop.barred)
        self.desk = RollDesk(
            shop, limits, Uploads(shop, limits), tell, self.stock.next_number, Window(limits.unfinished)
        )
        self.free = limits.unfinished  # rolls that may still be started; below 0 while one task has many
        self.stopped = False

    async def to_the_end(self) -> None:
        """Start what is ready, wait for an end, go on. No task group is left open around a callback that yields."""
        send, receive = anyio.create_memory_object_stream[WorkEnd](float("inf"))
        self._tell_ends()
        try:
            async with send, receive, anyio.create_task_group() as group:
                running = self._start(group, send.send_nowait)
                if self.desk.halt is not None and not running:
                    self._stop(self.desk.halt)
                    self._tell_ends()
                while running:
                    end = await receive.receive()
                    running += self._settle(end) + self._start(group, send.send_nowait)
        except BaseExceptionGroup as several:
            raise _plainest(several) from None

    def _start(self, group: TaskGroup, done: Callable[[WorkEnd], None]) -> int:
        """Start every task that is ready while rolls are free. Returns how many were started."""
        started = 0
        while self.free > 0 and self.desk.halt is None and (address := self.schedule.next_ready()) is not None:
            work = self._work(address)
            self.free -= len(work.rolls)
            group.start_soon(self._carry, work, done)
            started += 1
        return started

    async def _carry(self, work: Work, done: Callable[[WorkEnd], None]) -> None:
        done(await do_work(work, self.desk))

    def _work(self, address: str) -> Work:
        form, key = self.schedule.request(address)
        task = self.tasks[address]
        numbers = self.stock.numbers_to_buy(task, key, self.lines[address])
        return Work.of(task, form, key, numbers)

    def _settle(self, end: WorkEnd) -> int:
        """A task has ended: its takes are known, the schedule goes on. Returns the change in what is running."""
        self.free += len(end.work.rolls)
        self.stock.add(end.work.key, end.takes)
        stop = self.desk.halt or end.stop
        if stop is not None and not self.stopped:
            self._stop(stop)
        self.schedule.ended(end.end)
        self._tell_ends()
        return -1

    def _stop(self, fault: ShotpilotError) -> None:
        self.stopped = True
        self.tell(RunStopped(str(fault), int(fault.exit_code)))
        self.schedule.give_up(f"not sent: {fault.in_short}", int(fault.exit_code))

    def _tell_ends(self) -> None:
        for end in self.schedule.new_ends():
            self.tell(TaskEnded(*end))


def _plainest(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one exception inside, where there is only one: a group says nothing to a person."""
    while len(several.exceptions) == 1:
        inner = several.exceptions[0]
        if not isinstance(inner, BaseExceptionGroup):
            return inner
        several = inner
    return several
