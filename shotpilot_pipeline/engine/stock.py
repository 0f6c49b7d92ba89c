"""What there is while a run goes on: takes by key, growing, and the tasks settled from them. Does not send anything."""

from __future__ import annotations

from collections.abc import Sequence

from shotpilot_pipeline.engine.shop import Shop
from shotpilot_pipeline.errors import StoreDamaged, UsageError
from shotpilot_pipeline.plan.graph import Index, in_order
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.resolve import Choices, Settled, Settlement, Waiting, picked, settle_task
from shotpilot_pipeline.plan.rolls import free_numbers
from shotpilot_pipeline.values.plan import BUYS, PlanLine
from shotpilot_pipeline.values.take import Take
from shotpilot_pipeline.values.task import Task


class Stock:
    """Takes by key, asked of the store once and kept up to date by what the run brings."""

    def __init__(self, shop: Shop, index: Index, tasks: Sequence[Task], lines: Sequence[PlanLine]) -> None:
        self._shop = shop
        self._takes: dict[str, list[Take]] = {}
        self._reserved: dict[str, set[int]] = {}
        known = Known(
            takes_of=self.takes_of,
            picks=shop.picks,
            decisions=shop.decisions,
            rulings=shop.rulings,
            form_of=shop.form_of,
        )
        self._choices = Choices(index, known, first_where_unpicked=shop.first_where_unpicked)
        self._choices.keys.update({line.address: line.key for line in lines if line.key})
        if any(not line.key for line in lines):  # something waits: it may rest on tasks outside the plan
            self._settle_the_others(tasks, {line.address for line in lines}, index)

    def _settle_the_others(self, tasks: Sequence[Task], planned: set[str], index: Index) -> None:
        for task in in_order(tasks, index):
            if task.address not in planned and task.forms:
                settled = settle_task(task, self._choices)
                if isinstance(settled, Settled):
                    self._choices.keys[task.address] = settled.key

    def takes_of(self, key: str) -> Sequence[Take]:
        """The takes of a key, in order of number."""
        takes = self._takes.get(key)
        if takes is None:
            takes = self._takes[key] = list(self._shop.store.takes_of(key))
        return takes

    def add(self, key: str, takes: Sequence[Take]) -> None:
        """These takes were kept."""
        there = {take.number: take for take in (*self.takes_of(key), *takes)}
        self._takes[key] = [there[number] for number in sorted(there)]
        self._reserved.pop(key, None)

    def settle(self, task: Task) -> Settlement:
        """What `task` sends, as far as it is known now."""
        settled = settle_task(task, self._choices)
        if isinstance(settled, Settled):
            if settled.own is not None and not (settled.form and self.takes_of(settled.key)):
                reason = "the takes that were accepted for it are not in this store; nothing is bought in their place"
                return Waiting(reason, (task.address,), True)
            self._choices.keys[task.address] = settled.key
        return settled

    def numbers_to_buy(self, task: Task, key: str, line: PlanLine) -> tuple[int, ...]:
        """The numbers of the takes that are missing; they are reserved until the task has ended.

        Never more than the plan showed. A gap that a broken run left is filled first.
        """
        takes = self.takes_of(key)
        if line.action in BUYS:
            whole = sum(len(take.pictures) >= task.panels for take in takes)
            count = min(line.takes_new, max(0, line.takes_wanted - whole))
        else:
            count = max(0, min(line.takes_later, self._wanted(task, key, takes) - len(takes)))
        numbers = free_numbers(count, self._taken(key, takes)) if count else ()
        self._reserved.setdefault(key, set()).update(numbers)
        return numbers

    def _wanted(self, task: Task, key: str, takes: Sequence[Take]) -> int:
        """Takes wanted of a task that was settled only in this run; with a pick, only what was asked for expressly."""
        said, pick = self._shop.decisions.get(task.address), self._shop.picks.get(task.address)
        enough = bool(takes) and pick is not None and picked(pick, takes) is not None
        again = self._shop.rulings.again(task.address, key, task.takes)
        if said is None:
            return again if enough else max(again, task.takes)
        more = said.wanted(0 if enough and said.more_key else task.takes, key) if said.more or not enough else 0
        return max(again, more)

    def next_number(self, key: str) -> int:
        """A number for a take nobody asked for: behind every kept and every reserved one."""
        reserved = self._reserved.setdefault(key, set())
        kept = self._shop.store.next_number(key) - 1
        number = max(kept, *(take.number for take in self.takes_of(key)), *reserved, 0) + 1
        reserved.add(number)
        return number

    def _taken(self, key: str, takes: Sequence[Take]) -> set[int]:
        """Numbers that have a take or a record: also those whose pictures are lost or whose record is damaged."""
        there = {take.number for take in takes}
        last = self._shop.store.next_number(key) - 1
        return there | {number for number in range(1, last + 1) if number not in there and self._recorded(key, number)}

    def _recorded(self, key: str, number: int) -> bool:
        try:
            self._shop.store.entry_of(key, number)
        except UsageError:
            return False
        except StoreDamaged:
            return True
        return True
