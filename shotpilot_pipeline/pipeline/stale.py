"""Whether a saved plan still stands: everything it is bound to, compared with what is there now, each change by name.

Decides nothing about money: it tells what moved, and `render` refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.plandoc import inputs_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.saved import SavedPlan, bound_to
from shotpilot_pipeline.pipeline.trip import plan_list
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.plans import PlanUse
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import Plan, PlanLine
from shotpilot_pipeline.values.rulings import Kind
from shotpilot_pipeline.values.task import Task
from shotpilot_pipeline.values.worddiff import windows

#: A ruling that came since, and one that was taken back.
_RULED = {
    Kind.ACCEPT: ("{by} accepted the edit of it, so its older takes stand", "its accepted edit was taken back"),
    Kind.AGAIN: ("{by} asked for a further attempt at it", "the further attempt at it was taken back"),
    Kind.ADOPT: ("{by} adopted a take of it", "an adopted take of it was taken back"),
    Kind.SWAP: ("{by} exchanged it with {other}", "its exchange with {other} was taken back"),
}
_MOST = 40  # sentences that are shown; the others are counted


class Moved(NamedTuple):
    """One thing that is not what it was: a file, an address, a price."""

    what: str
    how: str  # the rest of the sentence

    def __str__(self) -> str:
        return f"{self.what}: {self.how}"


class PlanStale(UsageError):
    """A saved plan is not carried out, because something it rests on moved."""

    def __init__(self, saved: SavedPlan, moved: Sequence[Moved]) -> None:
        self.moved = tuple(moved)
        lines = [f"{saved.path}: nothing was sent: since this plan was saved, something it rests on has moved:"]
        lines += [f"  {one}" for one in moved[:_MOST]]
        lines += [f"  and {len(moved) - _MOST} more"] if len(moved) > _MOST else []
        lines.append(f"Look at it with: shotpilot plan --show {saved.path}; then plan anew.")
        super().__init__("\n".join(lines))


def moved_since(saved: SavedPlan, reading: Reading, known: Known, ledger: Ledger) -> list[Moved]:
    """Everything that is not as the plan found it, before it is carried out for the first time."""
    now = bound_to(reading, known, saved.doc, ledger)
    found = [*_surroundings(saved, now), *_ledger(saved, now)]
    ruled = dict(_ruled(saved.bound.get("rulings"), now["rulings"]))
    swaps = [Moved(address, how) for address, how in ruled.items() if "@" not in address]
    return [*swaps, *_tasks(saved, reading, known, ruled), *found]


def moved_meanwhile(saved: SavedPlan, reading: Reading, known: Known, ledger: Ledger, use: PlanUse) -> list[Moved]:
    """The same for a plan that was begun: what it did itself is no change, a request of another run is."""
    found = [*_surroundings(saved, bound_to(reading, known, saved.doc, ledger))]
    others = ledger.plans.asked_since(saved.doc.show, saved.bound["ledger"]["last"])
    addresses = list(dict.fromkeys(address for run, by in others.items() if run not in use.runs for address in by))
    if addresses:
        found.append(Moved("the ledger", f"another run has asked for {_some(addresses)} since this plan was begun"))
    return found


def _surroundings(saved: SavedPlan, now: Mapping[str, Any]) -> Iterator[Moved]:
    """Files, references, picks, prices and the queue."""
    before = saved.bound
    yield from _files(before["files"], now["files"], "is part of the list now", "is no longer part of the list")
    yield from _files(before["references"], now["references"], "is sent along now", "is no longer sent along")
    yield from _picks(before["picks"], now["picks"])
    yield from _prices(before["prices"], now["prices"])
    if before["prices"] == now["prices"] and before["cards"] != now["cards"]:
        yield Moved("the model cards", "changed since this plan was saved")
    if before["queue"] != now["queue"]:
        yield Moved("the queue", f"requests go to {now['queue']} now; the plan was made for {before['queue']}")


def _files(before: Mapping[str, str], now: Mapping[str, str], came: str, went: str) -> Iterator[Moved]:
    for path in sorted({*before, *now}):
        if path not in before:
            yield Moved(path, came)
        elif path not in now:
            yield Moved(path, went)
        elif before[path] != now[path]:
            yield Moved(path, "its bytes changed")


def _picks(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Moved]:
    for address in sorted({*before, *now}):
        old, new = before.get(address), now.get(address)
        if old is None and new is not None:
            yield Moved(address, f"take {new['take']} is picked now, and none was")
        elif new is None and old is not None:
            yield Moved(address, f"take {old['take']} was picked, and none is now")
        elif old != new and old is not None and new is not None:
            same = old["take"] == new["take"]
            other = ", but other bytes" if same else f"; take {old['take']} was"
            yield Moved(address, f"take {new['take']} is picked now{other}")


def _prices(before: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]) -> Iterator[Moved]:
    for endpoint in sorted({*before, *now}):
        old, new = before.get(endpoint, {}), now.get(endpoint, {})
        for size in dict.fromkeys((*old, *new)):
            if old.get(size) != new.get(size):
                was, is_ = (f"${sizes[size]}" if size in sizes else "no known price" for sizes in (old, new))
                yield Moved(f"{endpoint} at {size}", f"a picture costs {is_} now; it cost {was}")


def _ledger(saved: SavedPlan, now: Mapping[str, Any]) -> Iterator[Moved]:
    before, is_ = saved.bound["ledger"], now["ledger"]
    if before == is_:
        return
    more = is_["rolls"] - before["rolls"]
    if more > 0:
        yield Moved("the ledger", f"{more} request{'s' if more > 1 else ''} of this show came to it since")
    elif before["open"] != is_["open"]:
        yield Moved("the ledger", f"{before['open']} requests were not over; now it is {is_['open']}")
    else:
        was, spent = Money(before["charged_nano_usd"]), Money(is_["charged_nano_usd"])
        yield Moved("the ledger", f"${spent} was charged for this show so far; it was ${was}")


def _ruled(before: Sequence[Mapping[str, str]] | None, now: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """What was ruled since, or taken back, by address. `before` None: the plan of a version that did not note it."""
    for one in now if before is not None else ():
        if one not in (before or ()):
            came, _ = _RULED[Kind(one["kind"])]
            yield one["address"], came.format(by=one["by"] or "somebody", other=one["what"])
    for one in before or ():
        if one not in now:
            yield one["address"], _RULED[Kind(one["kind"])][1].format(other=one["what"])


def _tasks(saved: SavedPlan, reading: Reading, known: Known, ruled: Mapping[str, str]) -> Iterator[Moved]:
    """Every task whose line would not be the same now; what all tasks of a shot share is said once."""
    try:
        plan = plan_list(reading, saved.doc.wish, known)
    except UsageError as error:
        yield Moved("the selection", str(error))
        return
    tasks = {task.address: task for task in reading.compiled.tasks}
    told: dict[tuple[str, str], list[str]] = {}
    for address, how in _changes(saved, plan, tasks, ruled):
        shot, _, stage = address.partition("@")
        told.setdefault((shot, how), []).append(stage)
    stages: dict[str, set[str]] = {}
    for line in (*saved.doc.plan.lines, *plan.lines):
        shot, _, stage = line.address.partition("@")
        stages.setdefault(shot, set()).add(stage)
    for (shot, how), at in told.items():
        whole = len(at) > 1 and set(at) == stages[shot]
        yield Moved(shot if whole else f"{shot}@{at[0]}" if len(at) == 1 else f"{shot} ({', '.join(at)})", how)


def _changes(
    saved: SavedPlan, plan: Plan, tasks: Mapping[str, Task], ruled: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """What is not the same at each address. Where somebody ruled, that is said, and not what follows from it."""
    before = {line.address: line for line in saved.doc.plan.lines}
    now = {line.address: line for line in plan.lines}
    for address in dict.fromkeys((*before, *now)):
        if address not in now:
            yield address, "is no longer in the list" if address not in tasks else "is no longer selected"
        elif address not in before:
            yield address, "is in the plan now, and was not"
        elif address in ruled:
            yield address, ruled[address]
        else:
            requests = list(_requests(saved.inputs[address], inputs_of(now[address], tasks[address])))
            yield from ((address, how) for how in requests)
            yield from ((address, how) for how in _line(before[address], now[address], told=bool(requests)))


def _requests(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How the requests of a task differ, field by field."""
    if len(before) != len(now):
        yield f"has {len(now)} variants to go on from now; it had {len(before)}"
        return
    said: dict[str, None] = {}
    for old, new in zip(before, now, strict=True):
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) != new.get(name):
                said.setdefault(field_change(name, old.get(name), new.get(name)))
    yield from said


def field_change(name: str, before: object, now: object) -> str:
    """One field of a request, before and now, as the end of a sentence."""
    if isinstance(before, str) and isinstance(now, str):
        if name == "image_url":
            return f"{name} is {_mark(now)} now; it was {_mark(before)}"
        old, new = windows(before, now) if " " in before + now else (before, now)
        return f'{name} changed from "{old}" to "{new}"'
    if before is None or now is None:
        return f"{name} is {'sent now, and was not' if before is None else 'no longer sent'}"
    if isinstance(before, list):
        return f"{name} changed: other pictures, or in another order"
    return f"{name} changed from {before} to {now}"


def _mark(mark: str) -> str:
    """A reference in words: a file by the beginning of its hash, a URL, an address."""
    if "\0" in mark:
        return f"the pick of {mark.partition(':')[2]}"
    kind, _, rest = mark.partition(":")
    return f"the picture {rest[:12]}" if kind == "sha256" else rest


def _line(before: PlanLine, now: PlanLine, *, told: bool) -> Iterator[str]:
    """How two lines of the same task differ besides their requests. `told`: why it does is said already."""
    if before.endpoint != now.endpoint:
        yield f"goes to {now.endpoint or 'no model'} now; it went to {before.endpoint or 'none'}"
    if before.takes_wanted != now.takes_wanted:
        yield f"takes wanted changed from {before.takes_wanted} to {now.takes_wanted}"
    if before.key == now.key and before.takes_have != now.takes_have:
        yield f"has {_takes(now.takes_have)} now; it had {before.takes_have}"
    elif before.action is not now.action and not told:
        yield f"is {now.action.value} now ({now.reason}); it was {before.action.value}"
    elif before.key == now.key and before.takes_new != now.takes_new:
        yield f"{_takes(now.takes_new)} would be bought now; it was {before.takes_new}"


def _takes(count: int) -> str:
    return "1 take" if count == 1 else f"{count} takes"


def _some(addresses: Sequence[str]) -> str:
    return ", ".join(addresses[:3]) + (f" and {len(addresses) - 3} more" if len(addresses) > 3 else "")
