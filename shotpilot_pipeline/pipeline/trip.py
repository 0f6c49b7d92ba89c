"""The trip on one page: read, check, expand, plan, carry out, name, report. Start reading here.

    read_list   text -> tasks                    pipeline/reading.py, room shotlist
    known_of    what was bought and picked       room store
    plan_list   tasks -> plan                    room plan
    rehearse    plan -> takes, for nothing       pipeline/rehearsal.py, rooms engine and queue
    render      plan -> takes, bought            pipeline/render.py, the same rooms and the ledger
    sheet_of    takes -> contact sheet           pipeline/sheet.py, room review

Knows how the rooms are joined, and no rule of any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.pipeline.bought import Bought
from shotpilot_pipeline.pipeline.places import Places
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.plan.build import build_plan
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.resolve import lost_pick, picked
from shotpilot_pipeline.plan.select import NO_FACTS, Facts, named, select
from shotpilot_pipeline.plan.totals import add_up
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.store.lock import moved_lock, read_lock
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.decision import Decision
from shotpilot_pipeline.values.digest import sha256_text
from shotpilot_pipeline.values.plan import BUYS, Action, Plan, PlanLine
from shotpilot_pipeline.values.request import request_form
from shotpilot_pipeline.values.rulings import NO_RULINGS, Rulings
from shotpilot_pipeline.values.take import Pick, Take
from shotpilot_pipeline.values.task import Task

_FEW = 200  # keys whose takes are fetched one by one; it takes as long as fetching 10,000 at once


@dataclass(frozen=True, slots=True)
class Wish:
    """What of the list a command is about: selectors as typed, and how far to go. Nothing said: everything."""

    selectors: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    until: str = ""
    limit: int = 0  # the first so many shots; 0: all
    behind: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether the whole list is meant."""
        return not (self.selectors or self.exclude or self.until or self.limit)


def known_of(reading: Reading, bought: Bought | None = None) -> Known:
    """What exists beside a shot list: takes in its store, picks in its picks file, versions in its lock.

    `bought` is what the ledger says of its requests (None: not asked). Raises BadFiles when the picks file or the lock
    cannot be read, or when the picks are those of another show; the lock is opened only if somebody asks.
    """
    places, moved, show = reading.places, reading.compiled.moved, reading.compiled.show
    store = Store(places.store, local=places.local)
    decisions = _decisions(places.picks, show, moved)
    return Known(
        undecided=bought.undecided if bought else {},
        refused=bought.refused if bought else {},
        failed=bought.failed if bought else {},
        counts=store.counts(),
        takes_of=_takes(store),
        picks={address: said.pick for address, said in decisions.items() if said.pick is not None},
        decisions=decisions,
        versions=_versions(places.lock, moved),
        of_another_queue=lambda key: bool(Store(places.store).takes_of(key)),
        rulings=rulings_of(places, moved),
        form_of=lambda key: form_in(store, key),
    )


def rulings_of(places: Places, moved: Sequence[tuple[str, str]] = ()) -> Rulings:
    """What people ruled, by the addresses of today. Raises BadFiles."""
    if not places.rulings.exists():
        return NO_RULINGS
    from shotpilot_pipeline.store.rulings import moved_rulings, read_rulings

    return Rulings.of(moved_rulings(read_rulings(places.rulings), moved))


def form_in(store: Store, key: str) -> str:
    """The request form that the kept takes of `key` were asked with, from their records; "" where none tells."""
    for take in store.takes_of(key):
        origin = store.record_of(key, take.number)
        told = origin.get("stands_for") or origin
        if isinstance(told, dict) and isinstance(told.get("input"), dict):
            form = request_form(str(told.get("endpoint")), told["input"])
            if sha256_text(form) == key:
                return form
    return ""


def stale_picks(reading: Reading, known: Known, plan: Plan) -> list[Problem]:
    """Picks whose take is not there under the current version: shown, not followed, and kept.

    Where a task has no take at all, its line says what became of them.
    """
    return [
        _stale_pick(reading, pick, line)
        for line in (plan.lines if known.picks else ())
        if (pick := known.picks.get(line.address)) and line.key and not picked(pick, known.takes_of(line.key))
        if line.takes_have or (pick.sha256 and not lost_pick(pick, line))
    ]


def _stale_pick(reading: Reading, pick: Pick, line: PlanLine) -> Problem:
    lost = lost_pick(pick, line)
    what = "its bytes are not in this store" if lost else "it is not a take of the current version"
    cure = "bring them here from where they are, or pick again" if lost else "pick again"
    return Problem(
        "pick-stale",
        Place(str(reading.places.picks)),
        f"take {pick.take} of {line.address} is picked, but {what}",
        "the rehearsal goes on with the rule `first`" if reading.places.rehearsal else cure,
        Severity.WARNING,
        line.address,
    )


def unknown_picks(reading: Reading, known: Known) -> list[Problem]:
    """Picks of addresses that are not in the list: kept in their file, followed by nothing."""
    addresses = {task.address for task in reading.compiled.tasks} if known.picks else set()
    return [
        Problem(
            "pick-address",
            Place(str(reading.places.picks)),
            f"{address} is picked, but it is not in the shot list",
            near(address, addresses) or "correct the address, or say in the list where the shot moved",
            Severity.WARNING,
            address,
        )
        for address in known.picks
        if address not in addresses
    ]


def plan_list(reading: Reading, wish: Wish, known: Known) -> Plan:
    """The plan for what was wished of the list. In a rehearsal, what nobody picked is picked by the rule `first`."""
    tasks = reading.compiled.tasks
    return build_plan(
        tasks,
        known,
        selected=selected_in(reading, wish, known),
        named=named(tasks, wish.selectors) if wish.selectors else frozenset(),
        first_where_unpicked=reading.places.rehearsal,
        behind=wish.behind or reading.places.rehearsal,  # slates cost nothing: a rehearsal goes to the end
        redraw_lost=reading.places.rehearsal,
    )


def look_list(reading: Reading, wish: Wish, known: Known) -> Plan:
    """How what was wished for stands in the plan for the whole list: what it needs counts, though it is not shown.

    For those who look; what a render of the wish would do says `plan_list`.
    """
    chosen, plan = selected_in(reading, wish, known), plan_list(reading, Wish(behind=wish.behind), known)
    if chosen is None:
        return plan
    lines = tuple(line for line in plan.lines if line.address in chosen)
    return Plan(lines, add_up(lines))


def selected_in(reading: Reading, wish: Wish, known: Known) -> frozenset[str] | None:
    """The addresses a wish is about, every selector understood; None for all. The one way from SELECT to tasks.

    Raises UsageError where a selector matches nothing, or names a revision that git does not know.
    """
    return selected_of(reading.compiled.tasks, wish, facts_of(reading, known))


def selected_of(tasks: Sequence[Task], wish: Wish, facts: Facts = NO_FACTS) -> frozenset[str] | None:
    """The same of bare tasks; without `facts`, `state:` and `changed:` are refused."""
    if wish.is_everything:
        return None
    found = select(tasks, wish.selectors, exclude=wish.exclude, until=wish.until, facts=facts)
    return found if not wish.limit else found & _first_shots(tasks, found, wish.limit)


def facts_of(reading: Reading, known: Known) -> Facts:
    """What `state:` and `changed:` ask, found out only when they do."""

    def states() -> Mapping[str, Collection[str]]:
        plan = plan_list(reading, Wish(), known)
        failed = (str(Action.FAILED),)
        return {
            line.address: (str(line.action), *(failed if line.key in known.failed and line.action in BUYS else ()))
            for line in plan.lines
        }

    def changed(revision: str) -> Collection[str]:
        from shotpilot_pipeline.pipeline.past import changed_since  # asks git: only for those who ask for a revision

        return changed_since(reading, revision)

    return Facts(states, changed)


def _first_shots(tasks: Sequence[Task], among: frozenset[str], limit: int) -> frozenset[str]:
    """The tasks of the first `limit` shots that have one in `among`."""
    shots = list(dict.fromkeys(shot_of(task.address) for task in tasks if task.address in among))[:limit]
    return frozenset(task.address for task in tasks if shot_of(task.address) in set(shots))


def shot_of(address: str) -> str:
    """`scene/shot` of any address below it."""
    return address.partition("@")[0].partition(".")[0]


def _takes(store: Store) -> Callable[[str], Sequence[Take]]:
    """The takes of a key. A plan of a long list asks thousands of times: then all are fetched at once."""
    few: dict[str, Sequence[Take]] = {}
    every: Mapping[str, Sequence[Take]] | None = None

    def takes_of(key: str) -> Sequence[Take]:
        nonlocal every
        if every is None and len(few) == _FEW:
            every = store.takes()
        if every is not None:
            return every.get(key, ())
        if key not in few:
            few[key] = store.takes_at_a_look(key)
        return few[key]

    return takes_of


def _decisions(path: Path, show: str, moved: Sequence[tuple[str, str]]) -> Mapping[str, Decision]:
    if not path.exists():
        return {}
    # Reading YAML costs more than a whole no-op plan; a list without picks does not pay for it.
    from shotpilot_pipeline.pipeline.picksfile import read_picks_file

    return read_picks_file(path, show, moved).decisions


def _versions(path: Path, moved: Sequence[tuple[str, str]]) -> Callable[[str], Sequence[str]]:
    """Earlier render keys by address, from the lock: read once, and only when a task is not simply cached."""
    bought: dict[str, Sequence[str]] | None = None

    def versions(address: str) -> Sequence[str]:
        nonlocal bought
        if bought is None:
            lock = moved_lock(read_lock(path), moved)
            bought = {at: tuple(lock.keys(at).values()) for at in lock.addresses()}
        return bought.get(address, ())

    return versions
