"""What a list cost and would cost: the ledger's rolls, told take by take what became of them, and the plan beside them.

Reads the ledger, the lock, the picks and the plan; changes nothing. What every figure counts: values/spent.py and
docs/costs.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.going_on import GoesOn, stand_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.ruling import list_rulings
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list, selected_of, shot_of
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.store.lock import Lock, moved_lock, read_lock
from shotpilot_pipeline.store.moving import moved_address
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.origin import is_loopback
from shotpilot_pipeline.values.plan import ACCEPTED, Action, PlanLine
from shotpilot_pipeline.values.rulings import Kind, Ruling, swapped
from shotpilot_pipeline.values.spent import (
    Books,
    Fate,
    OpenRoll,
    PaidTake,
    PlannedTask,
    Spent,
    add_up,
    by_group,
    shared_out,
)
from shotpilot_pipeline.values.take import Take
from shotpilot_pipeline.values.task import NO_PRICE, Task

if TYPE_CHECKING:
    from shotpilot_pipeline.queue.ledger.rows import CostRow

GROUPS = ("scene", "shot", "stage", "model", "day", "run", "person")
_SECONDS = len("2026-11-25T18:30:00")
NOT_WRITTEN_DOWN = "(not written down)"  # who ran a render, before that was kept


@dataclass(frozen=True, slots=True)
class Costs:
    """All figures of a list. `elsewhere`: takes of the lock that another machine paid for; nobody here knows what."""

    total: Spent
    by: Mapping[str, Mapping[str, Spent]]
    unpriced: int  # tasks whose price nobody knows
    elsewhere: int
    rehearsal: bool


def costs_of(reading: Reading, wish: Wish, groups: Sequence[str] = GROUPS) -> Costs:
    """What the tasks of `wish` cost and would cost, and everything that was paid for shots no longer in the list.

    With a selection, only what it names counts. Raises UsageError for a group there is none of, BadFiles,
    LedgerDamaged.
    """
    if unknown := [group for group in groups if group not in GROUPS]:
        raise UsageError(f"costs are gathered by {', '.join(GROUPS)}, not by {unknown[0]!r}")
    chosen = selected_of(reading.compiled.tasks, wish)
    account = _Account(reading, chosen)
    books = Books(tuple(account.paid()), tuple(account.open()), tuple(account.planned()))
    order = {
        "scene": [scene.id for scene in reading.compiled.scenes],
        "shot": list(dict.fromkeys(shot_of(task.address) for task in reading.compiled.tasks)),
        "stage": reading.compiled.stages,
    }
    by = {group: by_group(books, group, order.get(group, ())) for group in groups}
    total = add_up(books)
    total.rolls = len(account.rows)
    for group in groups:
        for row in account.rows:
            name = account.names(row)[group]
            if name in by[group]:
                by[group][name].rolls += 1
    unpriced = sum(line.cost_at_most is None for line in account.lines)
    return Costs(total, by, unpriced, account.elsewhere(), reading.places.rehearsal)


class _Account:
    """The rolls of one list with what is known of their takes; everything is looked up once."""

    def __init__(self, reading: Reading, chosen: frozenset[str] | None) -> None:
        self.reading = reading
        self.chosen = chosen
        compiled = reading.compiled
        self.tasks: dict[str, Task] = {task.address: task for task in compiled.tasks}
        self.known: Known = known_of(reading, bought_of(reading))
        plan = plan_list(reading, Wish(), self.known)
        self.lines: list[PlanLine] = [line for line in plan.lines if chosen is None or line.address in chosen]
        stand = stand_of(reading, self.known)
        self.keys: Mapping[str, str] = stand.keys
        self.going_on: dict[tuple[str, int], list[str]] = {}  # (key, take) -> addresses it goes on from
        self.decided: set[str] = set()  # keys of which some take goes on, or one of a variant instead
        variants = {gate: task.gates for task in compiled.tasks if len(task.gates) > 1 for gate in task.gates}
        for address, one in stand.going_on.items():
            self._goes_on(address, one)
            self.decided.update(self.keys[other] for other in variants.get(address, ()) if other in self.keys)
        self._families: dict[str, str] = {}
        self._addresses: dict[tuple[str, int], str] = {}
        self._names: dict[int, Mapping[str, str]] = {}

    def _goes_on(self, address: str, one: GoesOn) -> None:
        self.going_on.setdefault((one.take.key, one.take.number), []).append(address)
        self.decided.add(one.take.key)

    @cached_property
    def all_rows(self) -> tuple[CostRow, ...]:
        """Every roll of the show at the kind of queue that is configured: trials on this machine are no money."""
        places = self.reading.places
        if places.rehearsal or not places.ledger.exists():
            return ()
        from shotpilot_pipeline.queue.ledger.ledger import Ledger

        with Ledger(places.ledger, reading=True) as ledger:
            rows = ledger.cost_rows(self.reading.compiled.show)
        return tuple(row for row in rows if is_loopback(row.queue) == places.local)

    @cached_property
    def rows(self) -> tuple[CostRow, ...]:
        """Those of what was selected."""
        chosen = self.chosen
        return tuple(row for row in self.all_rows if chosen is None or self.address(row) in chosen)

    def address(self, row: CostRow) -> str:
        """Where the task of a roll stands today: moved as the list says, exchanged as was ruled after it was sent."""
        swaps = tuple(one for one in self._swaps if one.at[:_SECONDS] > row.intended_at[:_SECONDS])
        found = self._addresses.get((row.address, len(swaps)))
        if found is None:
            found = moved_address(row.address, self.reading.compiled.moved)
            for one in swaps:
                found = swapped(one.address, one.what)(found)
            self._addresses[row.address, len(swaps)] = found
        return found

    @cached_property
    def _swaps(self) -> Sequence[Ruling]:
        swaps = [one for one in list_rulings(self.reading) if one.kind is Kind.SWAP]
        return sorted(swaps, key=lambda one: one.at)

    def names(self, row: CostRow) -> Mapping[str, str]:
        """What a roll is gathered under."""
        found = self._names.get(id(row))
        if found is None:
            person = row.person or NOT_WRITTEN_DOWN
            found = self._names[id(row)] = {
                **self._places(self.address(row), row.endpoint), "day": row.day, "run": row.run, "person": person
            }  # fmt: skip
        return found

    def _places(self, address: str, endpoint: str) -> dict[str, str]:
        shot = shot_of(address)
        return {
            "scene": shot.partition("/")[0],
            "shot": shot,
            "stage": address.rpartition("@")[2],
            "model": self._family(endpoint),
        }

    def _family(self, endpoint: str) -> str:
        """The model's family, by the card; the endpoint where no card names it any more."""
        found = self._families.get(endpoint)
        if found is None:
            card = self.reading.catalog.by_endpoint.get(endpoint)
            found = self._families[endpoint] = card[0].family if card else endpoint
        return found

    def paid(self) -> Iterator[PaidTake]:
        """Every take that was charged, and every charge that brought none."""
        for row in self.rows:
            if row.charged is None:
                continue
            names, address = self.names(row), self.address(row)
            in_list = address in self.tasks
            if row.outcome != "rendered":
                if row.charged:
                    yield PaidTake(row.charged, Fate.NOTHING, (), names, in_list)
                continue
            came = _came(row)
            for number, nano in zip(came, shared_out(row.charged, len(came)), strict=True):
                fate, shots = self._fate(row.key, number, address)
                yield PaidTake(nano, fate, shots, names, in_list)

    def open(self) -> Iterator[OpenRoll]:
        """Every request whose money is held."""
        for row in self.rows:
            if row.reserved:
                yield OpenRoll(row.reserved, self.names(row), self.address(row) in self.tasks)

    def _fate(self, key: str, number: int, address: str) -> tuple[Fate, tuple[str, ...]]:
        goes_on = self.going_on.get((key, number))
        if goes_on:
            return Fate.GOES_ON, tuple(dict.fromkeys(map(shot_of, goes_on)))
        if self._rejected(key, number, address):
            return Fate.REJECTED, ()
        if key not in self._wanted_keys or (key in self.decided and not self._alternate(key, number, address)):
            return Fate.UNUSED, ()
        return Fate.OPEN, ()

    @cached_property
    def _wanted_keys(self) -> frozenset[str]:
        """Every key that some task of the list has today; one of which nothing is there yet has its older ones too."""
        counts = self.known.counts
        waiting = (address for address in self.tasks if not counts.get(self.keys.get(address, "")))
        older = (key for address in waiting for key in self.known.versions(address))
        return frozenset((*self.keys.values(), *older))

    def _rejected(self, key: str, number: int, address: str) -> bool:
        said = self.known.decisions.get(address)
        if said is None or not said.rejects:
            return False
        take = self._take(key, number)
        if take is not None and any(mark.sha256 and mark.means(take) for mark in said.rejects):
            return True
        versions = list(self.known.versions(address))
        version = versions.index(key) + 1 if key in versions else 0
        current = self.keys.get(address) == key
        return any(
            not mark.sha256 and mark.take == number and (mark.version == version or (current and not mark.version))
            for mark in said.rejects
        )

    def _alternate(self, key: str, number: int, address: str) -> bool:
        said, take = self.known.decisions.get(address), self._take(key, number)
        return said is not None and take is not None and said.alternate(take)

    def _take(self, key: str, number: int) -> Take | None:
        return next((take for take in self.known.takes_of(key) if take.number == number), None)

    def planned(self) -> Iterator[PlannedTask]:
        """What stands in the list: to be bought, shared, accepted."""
        owners: dict[str, set[str]] = {}
        for row in self.all_rows:
            if row.outcome == "rendered":
                owners.setdefault(row.key, set()).add(self.address(row))
        for line in self.lines:
            task = self.tasks[line.address]
            names = self._places(line.address, line.endpoint) if line.endpoint else {}
            at_most = line.cost_at_most.nano if line.cost_at_most is not None else 0
            there = 0 if task.picture_price == NO_PRICE or line.action is Action.OMITTED else (
                min(line.takes_have, line.takes_wanted) * line.panels * task.picture_price
            )  # fmt: skip
            accepted = there if line.reason.startswith(ACCEPTED) else 0
            bought_by = owners.setdefault(line.key, {line.address}) if line.key else set()
            shared = 0 if accepted or line.address in bought_by else there
            cost = line.cost.nano if line.cost is not None else 0
            if self.reading.places.rehearsal:
                shared = accepted = 0
            yield PlannedTask(cost, at_most, shared, accepted, names)

    def elsewhere(self) -> int:
        """Takes of the lock that this ledger did not pay for and nobody adopted."""
        places = self.reading.places
        if places.rehearsal:
            return 0
        lock: Lock = moved_lock(read_lock(places.lock), self.reading.compiled.moved)
        paid = {row.key for row in self.all_rows}
        rulings = list_rulings(self.reading)
        adopted = {(one.key, one.what.partition(".")[0]) for one in rulings if one.kind is Kind.ADOPT}
        takes = {(line.key, line.take) for line in lock.lines if self.chosen is None or line.address in self.chosen}
        return sum(key not in paid and (key, f"t{take:02}") not in adopted for key, take in takes)


def _came(row: CostRow) -> tuple[int, ...]:
    """The takes that a charged roll brought: all it asked for, or the first of them where it was charged for fewer."""
    if row.price and row.charged and row.charged < row.price:
        return row.takes[: max(1, len(row.takes) * row.charged // row.price)]
    return row.takes


def costs_json(costs: Costs) -> dict[str, Any]:
    """The figures for programs, by schemas/costs-1.schema.json."""
    return {
        "costs": 1,
        **spent_json(costs.total, rehearsal=costs.rehearsal),
        "estimated_usd_at_most": str(Money(0 if costs.rehearsal else costs.total.at_most)),
        "unpriced": costs.unpriced,
        "takes_paid_elsewhere": costs.elsewhere,
        "rehearsal": costs.rehearsal,
        **({"would_cost_usd": str(Money(costs.total.estimated))} if costs.rehearsal else {}),
        "by": {
            group: {name: spent_json(spent, rehearsal=costs.rehearsal) for name, spent in found.items()}
            for group, found in costs.by.items()
        },
    }


def spent_json(spent: Spent, *, rehearsal: bool) -> dict[str, Any]:
    """One row of figures."""
    each = spent.per_picked_shot
    return {
        "estimated_usd": str(Money(0 if rehearsal else spent.estimated)),
        "reserved_usd": str(Money(spent.reserved)),
        "charged_usd": str(Money(spent.charged)),
        "wasted_usd": str(Money(spent.wasted)),
        "rejected_usd": str(Money(spent.rejected)),
        "brought_nothing_usd": str(Money(spent.nothing)),
        "unused_usd": str(Money(spent.unused)),
        "saved_usd": str(Money(spent.saved)),
        "saved_shared_usd": str(Money(spent.saved_shared)),
        "saved_accepted_usd": str(Money(spent.saved_accepted)),
        "rolls": spent.rolls,
        "takes": spent.takes,
        "picked_shots": len(spent.shots),
        "usd_per_picked_shot": None if each is None else str(each),
        "in_list": spent.in_list,
    }
