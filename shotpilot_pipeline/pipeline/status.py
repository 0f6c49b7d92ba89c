"""How far a list is: the state of every shot at every stage, and what to do next. Plans as ever; changes nothing.

Does not know how anything is shown.
"""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.going_on import GoesOn, Now, stand_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import Wish, known_of, look_list, shot_of
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import BUYS, Action, Plan, PlanLine
from shotpilot_pipeline.values.task import HUMAN, Task


class State(StrEnum):
    """Where one task stands, the gravest first."""

    UNKNOWN = "unknown"  # a paid request whose fate is open
    FAILED = "failed"  # in the last run
    REFUSED = "refused"
    STALE = "stale"  # the pick names no take of what the list says now
    BLOCKED = "blocked"
    PICK = "pick"  # waits for you
    NEW = "new"
    TOP_UP = "top-up"
    CHANGED = "changed"  # the list says something else than what was rendered
    BEHIND = "behind"
    WAITING = "waiting"  # for something before it
    HELD = "held"
    OMITTED = "omitted"
    DONE = "done"


_STATES = {
    Action.NEW: State.NEW,
    Action.TOP_UP: State.TOP_UP,
    Action.CHANGED: State.CHANGED,
    Action.WAITING: State.WAITING,
    Action.STALE_PICK: State.WAITING,
    Action.HELD: State.HELD,
    Action.OMITTED: State.OMITTED,
    Action.UNKNOWN: State.UNKNOWN,
    Action.FAILED: State.FAILED,
    Action.REFUSED: State.REFUSED,
    Action.BLOCKED: State.BLOCKED,
    Action.BEHIND: State.BEHIND,
}


class Standing(NamedTuple):
    """One task: its state and why, the takes there are and are wanted, and the one that goes on (0: none)."""

    address: str
    stage: str
    state: State
    reason: str
    takes: int
    wanted: int
    take: int
    by: str
    new: int  # pictures to buy now
    cost: Money | None


class Next(NamedTuple):
    """One thing to do, and the command that does it."""

    words: str
    command: str


@dataclass(frozen=True, slots=True)
class Status:
    """A whole list, or what was selected of it. `shots`: by scene/shot, in list order."""

    show: str
    title: str
    rehearsal: bool
    stages: tuple[str, ...]
    shots: Mapping[str, tuple[Standing, ...]]
    nexts: tuple[Next, ...]

    def counts(self, stage: str) -> Mapping[State, int]:
        """How many tasks of a stage are in each state."""
        return Counter(one.state for tasks in self.shots.values() for one in tasks if one.stage == stage)


def status_of(reading: Reading, wish: Wish, file: Path) -> Status:
    """The status of what was wished for. `file`: the list as the user names it, for the commands to type."""
    compiled = reading.compiled
    known = known_of(reading, bought_of(reading))
    plan, now = look_list(reading, wish, known), stand_of(reading, known)
    tasks = {task.address: task for task in compiled.tasks}
    siblings = {gate: task.gates for task in compiled.tasks for gate in task.gates}
    failed = _failed(reading)
    shots: dict[str, list[Standing]] = {}
    for line in plan.lines:
        goes_on = _goes_on(line.address, siblings, now)
        standing = _standing(tasks[line.address], line, goes_on, known, failed)
        shots.setdefault(shot_of(line.address), []).append(standing)
    whole = {shot: tuple(those) for shot, those in shots.items()}
    rehearsal = reading.places.rehearsal
    nexts = tuple(_nexts([one for those in whole.values() for one in those], plan, file, wish, rehearsal=rehearsal))
    return Status(compiled.show, compiled.title, rehearsal, compiled.stages, whole, nexts)


def _goes_on(address: str, siblings: Mapping[str, Sequence[str]], now: Now) -> GoesOn | None:
    """The take that goes on from an address, or from the variant that was chosen instead of it."""
    return next((now.going_on[one] for one in siblings.get(address, (address,)) if one in now.going_on), None)


def _standing(task: Task, line: PlanLine, goes_on: GoesOn | None, known: Known, failed: Mapping[str, str]) -> Standing:
    state, reason = _state(task, line, goes_on, known)
    if line.action in BUYS and line.address in failed and not line.takes_have:
        state, reason = State.FAILED, f"failed in the last run: {failed[line.address]}"
    own = goes_on is not None and goes_on.address == line.address
    return Standing(
        line.address,
        task.stage,
        state,
        reason,
        line.takes_have,
        line.takes_wanted,
        goes_on.take.number if goes_on is not None and own else 0,
        goes_on.by if goes_on is not None and own else "",
        line.takes_new * line.panels,
        line.cost,
    )


def _state(task: Task, line: PlanLine, goes_on: GoesOn | None, known: Known) -> tuple[State, str]:
    pick = known.picks.get(line.address)
    if line.action is not Action.CACHED:
        return _STATES[line.action], line.reason
    if goes_on is not None:
        chosen = f"take {goes_on.take.number} goes on" if goes_on.address == line.address else ""
        return State.DONE, chosen or f"{goes_on.address}#{goes_on.take.number} goes on"
    if pick is not None and line.key:
        return State.STALE, f"take {pick.take} was picked, but it is not a take of the current version; pick again"
    if task.pick == HUMAN or not line.key:
        rejected = known.decisions.get(line.address)
        takes = known.takes_of(line.key) if line.key else ()
        if rejected and takes and all(rejected.rejected(take) for take in takes):
            return State.PICK, "every take is rejected; pick one, or ask for more"
        return State.PICK, f"waits for your pick among {line.takes_have}"
    return State.PICK, f"waits for the rule {task.pick}"


def _failed(reading: Reading) -> Mapping[str, str]:
    """What failed in the newest run that came to its end, and why; a run's files that are damaged tell nothing."""
    runs = reading.places.runs
    folders = sorted((folder for folder in runs.iterdir() if folder.is_dir()), reverse=True) if runs.is_dir() else []
    for folder in folders[:1]:
        return dict(_failures(folder / "events.jsonl"))
    return {}


def _failures(events: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = events.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        try:
            said = json.loads(line)
            if said.get("outcome") == "failed":
                yield str(said["address"]), str(said.get("reason", ""))
        except (ValueError, KeyError, AttributeError):
            continue


def _as_typed(wish: Wish) -> str:
    """What was selected, to stand behind the list in a command: what is named next must be no more than was shown."""
    words = [*wish.selectors, *(word for one in wish.exclude for word in ("--exclude", one))]
    words += ["--until", wish.until] if wish.until else []
    words += ["--limit", str(wish.limit)] if wish.limit else []
    return "".join(f" {shlex.quote(word)}" for word in words)


def _nexts(those: Sequence[Standing], plan: Plan, file: Path, wish: Wish, *, rehearsal: bool) -> Iterator[Next]:
    """What to do next, the most urgent first."""
    counts = Counter(one.state for one in those)
    name, more = shlex.quote(str(file)), " --rehearsal" if rehearsal else ""
    here = f"{name}{_as_typed(wish)}"
    if counts[State.UNKNOWN]:
        yield Next(f"{_tasks(counts[State.UNKNOWN])} of unknown outcome", f"shotpilot reconcile {name}{more}")
    if counts[State.REFUSED]:
        first = next(one for one in those if one.state is State.REFUSED)
        yield Next(
            f"{_tasks(counts[State.REFUSED])} refused: change what it says",
            f"shotpilot plan {name} {first.address}{more}",
        )
    if counts[State.STALE]:
        yield Next(f"{_picks(counts[State.STALE])} stale: pick again", f"shotpilot review {here}{more}")
    if counts[State.PICK]:
        stages = ", ".join(dict.fromkeys(one.stage for one in those if one.state is State.PICK))
        yield Next(f"{_tasks(counts[State.PICK])} waiting for your pick at {stages}", f"shotpilot review {here}{more}")
    totals = plan.totals
    if totals.images_new:
        again = f", {counts[State.FAILED]} of them failed before" if counts[State.FAILED] else ""
        pictures = "1 picture" if totals.images_new == 1 else f"{totals.images_new:,} pictures"
        if rehearsal:
            yield Next(f"{pictures} to draw{again}", f"shotpilot rehearse {here}")
        else:
            yield Next(f"{pictures} to buy for ${totals.cost}{again}", f"shotpilot render {here}")
    if counts[State.BEHIND]:
        yield Next(
            f"{_tasks(counts[State.BEHIND])} behind a bought stage, on demand only",
            f"shotpilot plan {here} --behind{more}",
        )
    busy = any((totals.images_new, counts[State.PICK], counts[State.STALE], counts[State.UNKNOWN]))
    if counts[State.WAITING] and not busy:
        wait = "waits" if counts[State.WAITING] == 1 else "wait"
        yield Next(f"{_tasks(counts[State.WAITING])} {wait} for what comes before", f"shotpilot status {name}{more}")
    elif not busy:
        yield Next("nothing to buy and nothing to pick; look at it", f"shotpilot report {here}{more}")


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"


def _picks(count: int) -> str:
    return "1 pick" if count == 1 else f"{count:,} picks"


def status_as_json(status: Status) -> dict[str, object]:
    """The status for programs (schemas/status-1.schema.json)."""
    return {
        "status": 1,
        "show": status.show,
        "rehearsal": status.rehearsal,
        "stages": list(status.stages),
        "shots": [
            {"address": shot, "tasks": [_task_as_json(one) for one in those]} for shot, those in status.shots.items()
        ],
        "counts": {
            stage: {state.value: count for state in State if (count := status.counts(stage).get(state, 0))}
            for stage in status.stages
        },
        "next": [one._asdict() for one in status.nexts],
    }


def _task_as_json(one: Standing) -> dict[str, object]:
    return {
        "address": one.address,
        "stage": one.stage,
        "state": one.state.value,
        "reason": one.reason,
        "takes_have": one.takes,
        "takes_wanted": one.wanted,
        "take": one.take or None,
        "by": one.by or None,
        "images_new": one.new,
        "cost_usd": None if one.cost is None else str(one.cost),
    }
