"""The states of a show that `diff` compares: as it is now, at a git revision, in a saved plan, in a run. Only looks.

now           the list, its picks and its lock as they lie here
REVISION      the same three as git has them
PLAN.json     what a saved plan would buy, and the picks it rests on
run:NAME      what a run planned, the takes it brought, and what it cost
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from shotpilot_pipeline.errors import BadFiles, ShotpilotError, UsageError
from shotpilot_pipeline.pipeline.past import past_of
from shotpilot_pipeline.pipeline.plandoc import VERSION
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.saved import SavedPlan, read_plan
from shotpilot_pipeline.plan.compare import Ask, Snapshot
from shotpilot_pipeline.shotlist.picks import read_picks
from shotpilot_pipeline.store.lock import Lock, parse_lock, read_lock
from shotpilot_pipeline.store.moving import Routes, destination, routes_of
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.request import input_of
from shotpilot_pipeline.values.task import NO_PRICE, Compiled

NOW = "now"
RUN = "run:"
WHOLE = "the whole list"
_LAST = re.compile(r"last(?:~(\d+))?\Z")


def side_of(said: str, reading: Reading | None) -> Snapshot:
    """The state that a word of the command line means, each shot under the address it has today.

    Raises UsageError, in a sentence, where it means none.
    """
    side = _side(said, reading)
    return _followed(side, routes_of(reading.compiled.moved)) if reading is not None else side


def _followed(side: Snapshot, routes: Routes) -> Snapshot:
    """The state with the addresses of before a renumbering as they are now."""

    def now(name: str) -> str:
        address, mark, take = name.partition("#")
        return f"{destination(address, routes)}{mark}{take}"

    if not routes:
        return side
    return replace(
        side,
        tasks={now(name): ask for name, ask in side.tasks.items()},
        words=side.words and {now(name): words for name, words in side.words.items()},
        picks=side.picks and {now(name): take for name, take in side.picks.items()},
        takes=side.takes and {now(name): sha256 for name, sha256 in side.takes.items()},
    )


def _side(said: str, reading: Reading | None) -> Snapshot:
    if said.endswith(".json"):
        return plan_side(read_plan(Path(said)), said)
    if reading is None:
        raise UsageError(f"{said}: is no saved plan; name the shot list first: shotpilot diff FILE {said}")
    if said == NOW:
        return now_side(reading)
    if said.startswith(RUN):
        return run_side(reading, said.removeprefix(RUN))
    return revision_side(reading, said)


def plan_side(saved: SavedPlan, said: str) -> Snapshot:
    """A saved plan."""
    totals = saved.doc.plan.totals
    return Snapshot(
        name=said,
        tasks={
            line.address: Ask(line.takes_wanted, line.key, line.endpoint, saved.inputs[line.address])
            for line in saved.doc.plan.lines
        },
        words=saved.shots,
        picks={address: pick["take"] for address, pick in saved.bound["picks"].items()},
        money={"to buy now": totals.cost, "at most": totals.cost_at_most},
        sources={sha256: path for path, sha256 in saved.bound["references"].items()},
        part=not saved.doc.wish.is_everything,
    )


def now_side(reading: Reading) -> Snapshot:
    """The list as it lies here, with its picks and what its lock says was bought. Raises BadFiles."""
    picks, problems = read_picks(reading.places.picks)
    if problems:
        raise BadFiles(problems)
    return _list_side(
        NOW, reading.compiled, {at: pick.take for at, pick in picks.items()}, read_lock(reading.places.lock)
    )


def revision_side(reading: Reading, said: str) -> Snapshot:
    """The same at a git revision; an empty show where the list was not there yet."""
    past = past_of(reading, said, scenes=True)
    if past.compiled is None:
        return Snapshot(said, {}, {}, {}, {}, money={WHOLE: Money()})
    lock = (
        parse_lock(past.lock.decode(errors="replace"), Path(f"{said}:{reading.places.lock.name}"))
        if past.lock
        else Lock()
    )
    return _list_side(said, past.compiled, _picks_in(past.picks), lock)


def _picks_in(data: bytes) -> dict[str, int]:
    """The picks of a file as git has it; none where it does not pass today."""
    if not data:
        return {}
    with tempfile.TemporaryDirectory(prefix="shotpilot-past-") as aside:
        path = Path(aside) / "picks.yaml"
        path.write_bytes(data)
        return {address: pick.take for address, pick in read_picks(path)[0].items()}


def _list_side(said: str, compiled: Compiled, picks: Mapping[str, int], lock: Lock) -> Snapshot:
    asks = {
        task.address: Ask(
            task.takes, task.keys[0] if task.keys else "", task.endpoint, tuple(map(input_of, task.forms))
        )
        for task in compiled.tasks
    }
    prices = (
        task.picture_price * task.takes * task.panels
        for task in compiled.tasks
        if task.picture_price != NO_PRICE and task.state != "omit"
    )
    return Snapshot(
        name=said,
        tasks=asks,
        words={f"{scene.id}/{shot.id}": dict(shot.words) for scene in compiled.scenes for shot in scene.shots},
        picks=picks,
        takes={f"{line.address}#v{line.version}.{line.take}": line.sha256 for line in lock.lines if line.panel <= 1},
        money={WHOLE: Money(sum(prices))},
        sources=compiled.sources,
    )


def run_side(reading: Reading, name: str) -> Snapshot:
    """A run of this show, by the name of its folder, or as `last` and `last~1`."""
    folder = _run_folder(reading.places.runs, name)
    plan = _json(folder / "plan.json")
    if plan.get("plan") != VERSION or not isinstance(plan.get("tasks"), list):
        raise UsageError(f"{folder / 'plan.json'}: is no plan of this version, so this run cannot be compared")
    store = Store(reading.places.store, local=reading.places.local)
    places = {task["address"]: place for place, task in enumerate(plan["tasks"])}
    takes = _takes_of(folder / "events.jsonl")
    summary = _json(folder / "summary.json") if (folder / "summary.json").exists() else {}
    cost = summary.get("would_cost_usd", summary.get("cost_usd"))
    money = {"planned": plan["totals"]["cost_usd"]} | ({} if cost is None else {"spent": cost})
    return Snapshot(
        name=f"{RUN}{folder.name}",
        tasks={
            task["address"]: Ask(task["takes_wanted"], task["render_key"] or "", task["endpoint"], _inputs(task, store))
            for task in plan["tasks"]
        },
        takes={name: takes[name] for name in sorted(takes, key=lambda name: _in_list(name, places))},
        all_takes=False,
        money={what: Money.usd(sum) for what, sum in money.items()},
        sources=reading.compiled.sources,
        part=any(value for name, value in plan.get("wish", {}).items() if name != "behind"),
    )


def _in_list(take: str, places: Mapping[str, int]) -> tuple[int, int]:
    """Where a take (`address#number`) comes in list order."""
    address, _, number = take.partition("#")
    return places.get(address, len(places)), int(number)


def _run_folder(runs: Path, name: str) -> Path:
    """The folder of a run. Raises UsageError with near names."""
    there = sorted(folder.name for folder in runs.iterdir() if folder.is_dir()) if runs.is_dir() else []
    found = _LAST.match(name)
    back = int(found.group(1) or 0) if found else 0
    if found and back < len(there):
        return runs / there[-1 - back]
    if name in there:
        return runs / name
    close = get_close_matches(name, there, n=3, cutoff=0.6) or there[-3:]
    raise UsageError(
        f"no run is called {name!r}; " + (f"there are {', '.join(close)}" if there else f"there are none in {runs}")
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror or error}), so this run cannot be compared"
        ) from None
    except ValueError:
        raise UsageError(f"{path}: is damaged, so this run cannot be compared") from None
    if not isinstance(said, dict):
        raise UsageError(f"{path}: is damaged, so this run cannot be compared")
    return said


def _inputs(task: Mapping[str, Any], store: Store) -> tuple[Mapping[str, Any], ...]:
    """What a task of a run asked for: as its plan has it, else as the record of a take has."""
    if task.get("inputs"):
        return tuple(task["inputs"])
    if task["render_key"]:
        with suppress(ShotpilotError):
            kept = store.takes_of(task["render_key"])
            said = store.record_of(task["render_key"], kept[0].number).get("input") if kept else None
            return (said,) if isinstance(said, dict) else ()
    return ()


def _takes_of(events: Path) -> dict[str, str]:
    """The takes a run kept; a line that was cut off by a crash is passed over."""
    found: dict[str, str] = {}
    lines: Sequence[str] = events.read_text(encoding="utf-8").splitlines() if events.exists() else ()
    for line in lines:
        with suppress(ValueError, KeyError, IndexError, TypeError):
            event = json.loads(line)
            if "pictures" in event and "number" in event:
                found[f"{event['address']}#{event['number']}"] = event["pictures"][0]["sha256"]
    return found
