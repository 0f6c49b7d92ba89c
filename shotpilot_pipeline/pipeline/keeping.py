"""What happens to a take besides the store: its line in the lock, its names in renders/, the files of the run.

Listens to the events of a run. The lock is written when the run ends, however it ends; what a killed run did not
write is found again in the store by the next one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from shotpilot_pipeline.errors import ExitCode, Place, Problem, Severity, ShotpilotError, gravest
from shotpilot_pipeline.pipeline.going_on import stand_of
from shotpilot_pipeline.pipeline.plandoc import run_plan_text
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import Wish, known_of
from shotpilot_pipeline.store.files import in_words
from shotpilot_pipeline.store.lock import Lock, moved_lock, read_lock, write_lock
from shotpilot_pipeline.store.moving import moved_address
from shotpilot_pipeline.store.renders import Renders, link_renders, link_take
from shotpilot_pipeline.store.rulings import read_rulings
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.event import Event, TakeKept, event_as_json
from shotpilot_pipeline.values.money import ZERO, Money
from shotpilot_pipeline.values.outcome import Outcome, TaskEnd
from shotpilot_pipeline.values.plan import Plan
from shotpilot_pipeline.values.rulings import Kind, swapped
from shotpilot_pipeline.values.take import Take


class Left(NamedTuple):
    """What a budget, the account or a person kept from being sent, as the plan stands at the end."""

    tasks: int
    rolls: int  # that could be sent now
    cost: Money  # of these
    cost_at_most: Money  # with what still waits


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: every task's end, and what it came to. `cost` is at the cards' prices."""

    run: str  # the name of its folder
    ends: tuple[TaskEnd, ...]
    takes_new: int
    cost: Money
    unpriced: int  # tasks with new takes whose price nobody knows
    problems: tuple[Problem, ...]  # with names in renders/
    charged: Money | None = None  # what the ledger booked for this run; None: a rehearsal
    reserved: Money = ZERO  # for requests whose fate is open
    stops: tuple[int, ...] = ()  # exit codes of what stopped the run early
    left: Left | None = None  # what was not sent because something stopped it; None: nothing

    def count(self, outcome: Outcome) -> int:
        """How many tasks ended so."""
        return sum(end.outcome is outcome for end in self.ends)


#: The exit code that an outcome calls for by itself.
_CODES = {
    Outcome.FAILED: ExitCode.TAKES_FAILED,
    Outcome.REFUSED: ExitCode.TAKES_FAILED,
    Outcome.BLOCKED: ExitCode.TAKES_FAILED,
    Outcome.UNKNOWN: ExitCode.UNKNOWN_OUTCOME,
}


def exit_code_of(end: RunEnd, *, complete: bool = False) -> ExitCode:
    """The one exit code of a run: the gravest that its tasks and its stops call for.

    `complete`: everything was asked for, so that an awaited pick is a fault too.
    """
    codes = {int(_CODES[task.outcome]) for task in end.ends if task.outcome in _CODES}
    codes |= {task.exit_code for task in end.ends if task.exit_code} | set(end.stops)
    if complete and end.count(Outcome.WAITING):
        codes.add(int(ExitCode.PICK_AWAITED))
    return gravest(codes)


def summary_json(end: RunEnd, *, rehearsal: bool) -> dict[str, Any]:
    """The run's summary with the keys DESIGN section 4 fixes."""
    counts = Counter(task.outcome for task in end.ends)
    summary: dict[str, Any] = {
        "outcomes": {outcome.value: counts[outcome] for outcome in Outcome},
        "takes_new": end.takes_new,
        "cost_usd": "0.00" if rehearsal else str(end.cost if end.charged is None else end.charged),
        "run": end.run,
        "unpriced": end.unpriced,
    }
    if end.charged is not None:
        summary["reserved_usd"] = str(end.reserved)
    if end.left is not None:
        left = end.left
        summary["left"] = {"tasks": left.tasks, "rolls": left.rolls, "cost_usd": str(left.cost),
                           "cost_usd_at_most": str(left.cost_at_most)}  # fmt: skip
    return summary | ({"would_cost_usd": str(end.cost)} if rehearsal else {})


def renders_of(reading: Reading) -> Renders:
    """Where the list's pictures get the names people use."""
    places, compiled = reading.places, reading.compiled
    owner = places.shot_list.resolve().relative_to(places.root.resolve()).with_suffix("").as_posix().replace("/", "_")
    return Renders(
        folder=places.renders,
        show=compiled.show,
        owner=owner,
        title=compiled.title,
        pattern=compiled.name_pattern,
        rehearsal=places.rehearsal,
        sources=compiled.sources,
    )


class Paid(NamedTuple):
    """What a run that paid came to besides its takes."""

    charged: Money
    reserved: Money
    stops: tuple[int, ...] = ()


@dataclass(slots=True)
class Keeper:
    """Follows one run. Use it as a context manager: what it holds is written when the block is left."""

    reading: Reading
    store: Store
    plan: Plan
    bought: Sequence[tuple[str, str]] = ()  # address and render key of what the ledger paid for, oldest first
    wish: Wish = field(default_factory=Wish)  # what of the list the plan is about
    run: Path = field(init=False)
    renders: Renders = field(init=False)
    lock: Lock = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    _versions: dict[tuple[str, str], int] = field(default_factory=dict)
    _new: list[tuple[str, Take]] = field(default_factory=list)
    _events: IO[str] = field(init=False)

    def __enter__(self) -> Keeper:
        """Open the run's folder, bring the lock up to what the store has, and name what has no name yet.

        Raises StoreUnwritable where the run has nowhere to write.
        """
        self.renders = renders_of(self.reading)
        self.lock = self._whole_lock()
        with in_words(self.reading.places.runs):
            self.run = new_run(self.reading.places.runs)
            (self.run / "plan.json").write_text(run_plan_text(self.reading, self.plan, self.wish), encoding="utf-8")
            self._events = (self.run / "events.jsonl").open("a", encoding="utf-8", buffering=1)
        self.problems += link_renders(self.renders, self.store, self.lock).problems
        return self

    def __exit__(self, *_: object) -> None:
        """Write the lock, whatever happened."""
        try:
            with suppress(OSError):  # a last line on a full disk; the takes are safe without it
                self._events.close()
        finally:
            self._write_lock()

    def hear(self, event: Event) -> None:
        """Note an event; a take gets its version and its names at once.

        Never raises: the take is in the store, and its names and the run's diary can be made again.
        """
        if isinstance(event, TakeKept):
            take = Take(event.key, event.number, event.pictures)
            self._new.append((event.address, take))
            self._trying(lambda: self._name(event.address, take))
        self._trying(lambda: self._write(event))

    def _name(self, address: str, take: Take) -> None:
        version = self._version(address, take.key)
        self.problems += link_take(self.renders, self.store, address, version, take).problems

    def _write(self, event: Event) -> None:
        with in_words(self.run):
            self._events.write(json.dumps(event_as_json(event), ensure_ascii=False) + "\n")

    def _trying(self, step: Callable[[], None]) -> None:
        """Do a step that can be done again later; its fault is told once, at the end of the run."""
        try:
            step()
        except ShotpilotError as error:
            problem = Problem("run-files", Place(str(self.run)), str(error), "", Severity.WARNING)
            if problem not in self.problems:
                self.problems.append(problem)

    def finish(self, ends: tuple[TaskEnd, ...], after: Plan, paid: Paid | None = None) -> RunEnd:
        """Put the run's end together and write its summary.

        `after` is the plan as it stands now: a task that shares its picture with another gets its own lines and
        names from it, since the run only told of the one that was rendered.
        """
        self.lock = self._with_kept(self.lock.with_takes(self._new), after)
        self._new.clear()
        self.problems += link_renders(self.renders, self.store, self.lock).problems
        end = run_end(self.run.name, ends, self.problems)
        if paid is not None:
            end = replace(end, charged=paid.charged, reserved=paid.reserved, stops=paid.stops)
        end = replace(end, left=left_of(ends, after))
        summary = summary_json(end, rehearsal=self.reading.places.rehearsal)
        self._trying(lambda: self._write_summary(summary))
        self._trying(self._write_choices)
        return replace(end, problems=tuple(self.problems))

    def _write_summary(self, summary: dict[str, Any]) -> None:
        with in_words(self.run):
            (self.run / "summary.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")

    def _write_choices(self) -> None:
        """Which take goes on from each task as the run ends, and who chose it: a person, or a rule by its name."""
        known = known_of(self.reading)
        chosen = {
            address: {"take": one.take.number, "sha256": one.take.pictures[0].sha256, "by": one.by, "rule": one.rule}
            for address, one in stand_of(self.reading, known).going_on.items()
        }
        with in_words(self.run):
            (self.run / "choices.json").write_text(json.dumps(chosen, indent=1, ensure_ascii=False), encoding="utf-8")

    def _version(self, address: str, key: str) -> int:
        """The version a key is at an address: a second take of a new key must not get a version of its own."""
        known = self._versions.get((address, key))
        if known is None:
            newest = max((v for (at, _), v in self._versions.items() if at == address), default=0)
            known = self.lock.version(address, key) or max(newest + 1, self.lock.next_version(address, key))
            self._versions[address, key] = known
        return known

    def _whole_lock(self) -> Lock:
        """The lock, with the takes that a killed run kept but did not write down: those of earlier words first, since
        they came first and have names already."""
        moved = self.reading.compiled.moved
        lock = moved_lock(read_lock(self.reading.places.lock), moved)
        return self._with_kept(lock.with_takes(self._unwritten(lock, moved)), self.plan)

    def _unwritten(self, lock: Lock, moved: Sequence[tuple[str, str]]) -> list[tuple[str, Take]]:
        """What was paid for under a key of which the lock says nothing."""
        own = {task.address for task in self.reading.compiled.tasks}  # another list of the show has a lock of its own
        asked = [(moved_address(address, moved), key) for address, key in self.bought]
        exchanges = self._exchanges()
        missing = [
            (address, key)
            for address, key in asked
            if address in own
            and not lock.version(address, key)
            and not any(lock.version(exchange(address), key) for exchange in exchanges)
        ]
        takes = self.store.takes() if missing else {}
        return [(address, take) for address, key in missing for take in takes.get(key, ())]

    def _exchanges(self) -> list[Callable[[str], str]]:
        """The ledger goes on naming a shot as it was called when it was paid for, also where two changed places since:
        what stands under the other's name was written down."""
        rulings = read_rulings(self.reading.places.rulings)
        return [swapped(one.address, one.what) for one in rulings if one.kind is Kind.SWAP]

    def _with_kept(self, lock: Lock, plan: Plan) -> Lock:
        """The lock with every take in the store that the plan's lines stand for."""
        takes = self.store.takes()
        there = ((line.address, take) for line in plan.lines if line.key for take in takes.get(line.key, ()))
        return lock.with_takes(there)

    def _write_lock(self) -> None:
        path = self.reading.places.lock
        with in_words(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_lock(path, self.lock.with_takes(self._new), durable=not self.reading.places.rehearsal)


def run_end(run: str, ends: tuple[TaskEnd, ...], problems: Sequence[Problem]) -> RunEnd:
    """What the ends of all tasks come to."""
    bought = [end for end in ends if end.takes_new]
    cost = sum((end.cost for end in bought if end.cost is not None), Money())
    return RunEnd(
        run=run,
        ends=ends,
        takes_new=sum(end.takes_new for end in bought),
        cost=cost,
        unpriced=sum(end.cost is None for end in bought),
        problems=tuple(problems),
    )


def left_of(ends: Sequence[TaskEnd], after: Plan) -> Left | None:
    """What a stop kept from being sent; `after` is the plan as it stands now."""
    stopped = {end.address for end in ends if end.outcome is Outcome.SKIPPED and end.exit_code}
    lines = [line for line in after.lines if line.address in stopped]
    if not stopped:
        return None
    now = sum((line.cost for line in lines if line.cost is not None), ZERO)
    most = sum((line.cost_at_most for line in lines if line.cost_at_most is not None), ZERO)
    return Left(len(stopped), sum(line.rolls for line in lines), now, most)


def new_run(runs: Path) -> Path:
    """A folder for a run, named by the local time it began; a second one in the same second gets a letter more."""
    now = datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S")
    for suffix in ("", *"bcdefghijklmnopqrstuvwxyz"):
        folder = runs / f"{now}{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(f"{runs / now}: too many runs began in this second")
