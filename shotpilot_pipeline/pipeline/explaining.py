"""Why a task is what the plan says: its request now and at the last render, what differs, where that was written,
what hangs on it and what it costs. Decides nothing: every verdict is the plan's own.

Now and then are read from the forms that the render keys are the hashes of (values/request.py), so that an
explanation and a key cannot drift apart. The form of then stands in the store's records, else in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import Place, StoreDamaged, UsageError
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.expanding import texts_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import Wish, form_in, known_of, plan_list, selected_of
from shotpilot_pipeline.plan.graph import Index, needed_by, place_of, reach
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.resolve import Choices, Settled, settle_task
from shotpilot_pipeline.shotlist.texts import Written, holding, under
from shotpilot_pipeline.store.lock import Lock, moved_lock, read_lock
from shotpilot_pipeline.store.rulings import moved_rulings, read_rulings
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import ACCEPTED, Plan, PlanLine
from shotpilot_pipeline.values.request import Part, PartChange, part_changes, parts_of, split_pick
from shotpilot_pipeline.values.rulings import Kind, Ruling
from shotpilot_pipeline.values.take import Take
from shotpilot_pipeline.values.task import Task
from shotpilot_pipeline.values.worddiff import Change, Piece, as_json, word_diff

#: Settings of a shot list that decide a part of the request; a part that is not named here has a setting of its name.
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "endpoint": ("model", "images", "carry", "add_images"),
    "image_url": ("images", "carry", "add_images"),
    "image_urls": ("images", "carry", "add_images"),
    "elements": ("cast", "elements"),
    "result_type": ("series",),
    "series_amount": ("series",),
}


class Brought(NamedTuple):
    """Where a take came from."""

    number: int
    at: str  # when it was sent, UTC; "" where nobody wrote it down
    run: str  # the run's folder; "" where this machine's ledger does not know
    request_id: str
    bought_for: str  # the address it was rendered for, where that is another one
    adopted_by: str


@dataclass(frozen=True, slots=True)
class Version:
    """A request as it stands or stood: its key, its number among the address's versions (0: none yet), its takes."""

    key: str  # "" while a pick is open
    number: int
    parts: tuple[Part, ...]  # none where the form is not known any more
    takes: tuple[Brought, ...]


class Changed(NamedTuple):
    """One part of the request that differs: before and after in words, and where the new value was written."""

    name: str
    before: str | None
    after: str | None
    words: tuple[Piece, ...]  # of a prompt; empty for other parts
    written: tuple[Written, ...]


class Hanging(NamedTuple):
    """A task that rests on this one, directly or not."""

    address: str
    action: str
    reason: str
    cost: Money | None
    cost_at_most: Money | None


@dataclass(frozen=True, slots=True)
class Why:
    """All that is told of one task."""

    line: PlanLine
    place: str  # of the shot, file:line
    now: Version
    then: Version | None  # the last other version that was rendered, or the one that was accepted
    changes: tuple[Changed, ...]
    accepted: Ruling | None
    needs: tuple[PlanLine, ...]  # what it waits for or rests on, directly
    hangs: tuple[Hanging, ...]

    @property
    def downstream(self) -> Money:
        """What hangs on it costs at most; tasks without a known price are not in it."""
        return sum((one.cost_at_most for one in self.hangs if one.cost_at_most is not None), Money())

    @property
    def only_words(self) -> bool:
        """Whether nothing but the prompt changed."""
        return bool(self.changes) and all(change.name == "prompt" for change in self.changes)


def explain(reading: Reading, wish: Wish, file: Path, project: Path | None) -> list[Why]:
    """Why each task of `wish` is what it is, in list order. Raises UsageError where nothing matches, BadFiles."""
    chosen = selected_of(reading.compiled.tasks, wish)
    known = known_of(reading, bought_of(reading))
    plan = plan_list(reading, Wish(behind=wish.behind), known)
    if reading.places.rehearsal:
        plan = plan_list(reading, Wish(), known)
    store = Store(reading.places.store, local=reading.places.local)
    try:
        facts = _Facts(reading, known, plan, store, file, project)
        return [facts.why(line) for line in plan.lines if chosen is None or line.address in chosen]
    finally:
        store.close()


@dataclass
class _Facts:
    """What explaining one task after another needs to know of all of them; each is looked up when it is asked for."""

    reading: Reading
    known: Known
    plan: Plan
    store: Store
    file: Path
    project: Path | None
    index: Index = field(init=False)

    def __post_init__(self) -> None:
        self.index = Index(self.reading.compiled.tasks)

    @cached_property
    def lines(self) -> Mapping[str, PlanLine]:
        return {line.address: line for line in self.plan.lines}

    @cached_property
    def feeds(self) -> Mapping[str, Sequence[str]]:
        return needed_by({task.address: self.index.needs_of(task) for task in self.index.tasks.values()})

    @cached_property
    def choices(self) -> Choices:
        """What is picked, with the keys as the plan settled them."""
        choices = Choices(self.index, self.known, first_where_unpicked=self.reading.places.rehearsal)
        choices.keys.update({line.address: line.key for line in self.plan.lines if line.key})
        return choices

    @cached_property
    def lock(self) -> Lock:
        return moved_lock(read_lock(self.reading.places.lock), self.reading.compiled.moved)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The name of every bought picture by its sha256: `sc010/sh010@iterate#v1.2`."""
        return {line.sha256: f"{line.address}#v{line.version}.{line.take}" for line in self.lock.lines}

    @cached_property
    def rulings(self) -> Sequence[Ruling]:
        return moved_rulings(read_rulings(self.reading.places.rulings), self.reading.compiled.moved)

    def why(self, line: PlanLine) -> Why:
        task = self.index.tasks[line.address]
        accepted = self._accepted(line)
        own = self._own_form(task, line)
        now = self._version(line.address, line.key, own)
        then = self._then(line, accepted)
        changes = self._changes(line, then, own) if then is not None else ()
        needs = tuple(self.lines[need] for need in self.index.needs_of(task) if need in self.lines)
        place = place_of(task)
        shown = Place(place.file, place.line)
        return Why(line, str(shown), now, then, changes, accepted, needs, self._hanging(line.address))

    def _own_form(self, task: Task, line: PlanLine) -> str:
        """The form of today's words: open where a pick is, that of the list's words where others were accepted."""
        settled = settle_task(task, self.choices) if task.forms and line.key else None
        if isinstance(settled, Settled) and settled.own is not None:
            return settled.own[0]
        return line.form or (task.forms[0] if task.forms else "")

    def _accepted(self, line: PlanLine) -> Ruling | None:
        """The ruling by which older takes stand for the task, if that is why it has its key."""
        found = [
            ruling for ruling in self.rulings
            if ruling.kind is Kind.ACCEPT and ruling.address == line.address and line.key
            and self.known.rulings.standing(line.address, ruling.key) == line.key
        ]  # fmt: skip
        return found[-1] if found and line.reason.startswith((ACCEPTED, "blocked:")) else None

    def _then(self, line: PlanLine, accepted: Ruling | None) -> Version | None:
        """What today's request is compared with: the accepted version, else the last other one that was rendered."""
        if accepted is not None:
            return self._version(line.address, line.key, self._form(line.key))
        keys = [key for key in self.known.versions(line.address) if key != line.key]
        if not keys:
            return None
        key = next((key for key in reversed(keys) if self.known.counts.get(key)), keys[-1])
        return self._version(line.address, key, self._form(key))

    def _version(self, address: str, key: str, form: str) -> Version:
        versions = list(self.known.versions(address))
        number = versions.index(key) + 1 if key in versions else 0
        takes = tuple(self._brought(address, take) for take in self.known.takes_of(key)) if key else ()
        return Version(key, number, tuple(self._parts(form)), takes)

    def _parts(self, form: str) -> list[Part]:
        return [Part(part.name, self._shown(part.value)) for part in parts_of(form)] if form else []

    def _form(self, key: str) -> str:
        """The form behind a key: by the records of its takes, else by the ledger; "" where neither knows it."""
        try:
            form = form_in(self.store, key)
        except StoreDamaged:
            form = ""
        return form or next((roll.form for roll in self._rolls(key)), "")

    def _rolls(self, key: str) -> Sequence[Any]:
        path = self.reading.places.ledger
        if self.reading.places.rehearsal or not path.exists():
            return ()
        from shotpilot_pipeline.queue.ledger.ledger import Ledger

        with Ledger(path, reading=True) as ledger:
            return ledger.rolls_of_key(key)

    def _brought(self, address: str, take: Take) -> Brought:
        try:
            origin = self.store.record_of(take.key, take.number)
        except (StoreDamaged, UsageError):
            return Brought(take.number, "", "", "", "", "")
        request_id = str(origin.get("request_id") or "")
        run = next((roll.run for roll in self._rolls(take.key) if request_id and roll.request_id == request_id), "")
        adopted = origin.get("adopted")
        by = str(adopted.get("by", "")) if isinstance(adopted, dict) else ""
        bought_for = str(origin.get("address") or "")
        at = str(origin.get("submitted_at") or origin.get("at") or "")
        return Brought(take.number, at, run, request_id, "" if bought_for == address else bought_for, by)

    def _changes(self, line: PlanLine, then: Version, own: str) -> tuple[Changed, ...]:
        before = self._form(then.key)
        if not before or not own:
            return ()
        texts = texts_of(self.file, self.project, line.address)
        changes = (change for change in part_changes(before, own) if not self._only_open(change))
        return tuple(self._changed(change.name, change.before, change.after, texts) for change in changes)

    def _only_open(self, change: PartChange) -> bool:
        """Whether a part differs only in that the pick it carried then is not made again yet."""
        if change.before is None or change.after is None or not change.after.startswith("\0"):
            return False
        name = split_pick(change.after.partition(":")[2])[0]
        before = self.names.get(change.before.removeprefix("sha256:"), "")
        return bool(before) and before.partition("#")[0] in (*self.index.members(name), name)

    def _changed(self, name: str, before: str | None, after: str | None, texts: Sequence[Written]) -> Changed:
        if name == "prompt" and before is not None and after is not None:
            words = word_diff(before, after)
            came = [piece.text for piece in words if piece.change is Change.NEW]
            own = [one for one in texts if one.key.partition(".")[0] not in ("model", "pick", "tags", "carry")]
            written = dict.fromkeys(one for text in came for one in holding(text, own))
            return Changed(name, before, after, words, tuple(written))
        keys = _SETTINGS.get(name.partition(" ")[0], (name.partition(" ")[0],))
        return Changed(name, self._or_none(before), self._or_none(after), (), under(keys, texts))

    def _or_none(self, value: str | None) -> str | None:
        return None if value is None else self._shown(value)

    def _shown(self, value: str) -> str:
        """A mark in words: a reference's path, a take's name, a URL, the pick that is waited for."""
        kind, _, rest = value.lstrip("\0").partition(":")
        if value.startswith("\0"):
            return f"the pick of {rest}"
        if kind == "url":
            return rest
        if kind != "sha256" or len(rest) != 64:
            return value
        name = self.reading.compiled.sources.get(rest) or self.names.get(rest)
        return f"{name} (sha256 {rest[:12]})" if name else f"a picture of sha256 {rest[:12]}"

    def _hanging(self, address: str) -> tuple[Hanging, ...]:
        below = reach([address], self.feeds) - {address}
        found = (self.lines[one] for one in self.lines if one in below)
        return tuple(
            Hanging(line.address, line.action.value, line.reason, line.cost, line.cost_at_most) for line in found
        )


def why_json(why: Why, steps: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """One task, by schemas/why-1.schema.json."""
    line = why.line
    return {
        "address": line.address,
        "action": line.action.value,
        "reason": line.reason,
        "endpoint": line.endpoint,
        "place": why.place,
        "now": _version_json(why.now),
        "then": _version_json(why.then) if why.then is not None else None,
        "changes": [_change_json(change) for change in why.changes],
        "accepted": None if why.accepted is None else _ruling(why.accepted),
        "hangs_on_it": [
            {
                "address": one.address,
                "action": one.action,
                "reason": one.reason,
                "cost_usd_at_most": _usd(one.cost_at_most),
            }
            for one in why.hangs
        ],
        "cost_usd": _usd(line.cost),
        "cost_usd_at_most": _usd(line.cost_at_most),
        "downstream_usd_at_most": str(why.downstream),
        "next": [{"command": command, "does": does} for command, does in steps],
    }


def _ruling(ruling: Ruling) -> dict[str, str]:
    return {"by": ruling.by, "at": ruling.at, "why": ruling.why}


def _version_json(version: Version) -> dict[str, Any]:
    return {
        "render_key": version.key or None,
        "version": version.number or None,
        "parts": {part.name: part.value for part in version.parts},
        "takes": [
            {
                "number": take.number,
                "at": take.at or None,
                "run": take.run or None,
                "request_id": take.request_id or None,
                "bought_for": take.bought_for or None,
                "adopted_by": take.adopted_by or None,
            }
            for take in version.takes
        ],
    }


def _change_json(change: Changed) -> dict[str, Any]:
    return {
        "name": change.name,
        "before": change.before,
        "after": change.after,
        "words": as_json(change.words),
        "written": [
            {"key": one.key, "file": one.place.file, "line": one.place.line, "column": one.place.column}
            for one in change.written
        ],
    }


def _usd(money: Money | None) -> str | None:
    return None if money is None else str(money)
