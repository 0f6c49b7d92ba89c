"""The desk behind the review page: what there is to see, looked at again when something moved, and decisions kept.

    look      files -> Room     nothing is read again while their stamps stand
    choose    decisions -> the picks file (pipeline/choosing.py)
    undo      the last of them is taken back

Joins rooms and decides nothing. Many pages may ask; calls come one at a time (review/reception.py).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.errors import BadFiles, Severity, ShotpilotError, UsageError
from shotpilot_pipeline.pipeline import choosing
from shotpilot_pipeline.pipeline.choosing import choose, decisions_of, undo, who
from shotpilot_pipeline.pipeline.following import Diary
from shotpilot_pipeline.pipeline.pickjournal import Journal
from shotpilot_pipeline.pipeline.reading import Reading, read_list
from shotpilot_pipeline.pipeline.screening import (
    Facts,
    cast_of,
    choices_of,
    groups_of,
    next_of,
    rests_on,
    shot_of_room,
    take_id,
)
from shotpilot_pipeline.pipeline.trip import Wish, plan_list, selected_of, shot_of
from shotpilot_pipeline.review.room import Room, RoomRun, RoomScene, RoomShot
from shotpilot_pipeline.review.wanted import Wanted
from shotpilot_pipeline.shotlist.memo import read_stamp
from shotpilot_pipeline.shotlist.recall import stands
from shotpilot_pipeline.store.files import make_folder, write_atomic
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.decision import Change, Decision, Verb
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import Plan
from shotpilot_pipeline.values.take import Take
from shotpilot_pipeline.values.task import Task

_LIST_EVERY = 2.0  # seconds between two looks at the list and what it rests on
_LEAST = 0.7  # seconds between two full looks while takes come in


#: What was made of each shot, and what it rests on: most shots are as they were when one of them moves.
Made = dict[str, tuple[tuple[object, ...], RoomShot]]


class ReviewDesk:
    """The desk of one list. `note` is a sentence for the head of the page; `by` in whose name decisions are made."""

    def __init__(
        self, reading: Reading, wish: Wish, *, project: Path | None = None, note: str = "", by: str = ""
    ) -> None:
        self._reading = reading
        self._project = project
        self._wish = wish
        self._note = note
        self._me = by or who(reading.places.root)
        self._store = Store(reading.places.store, local=reading.places.local)
        self._diary = Diary(reading.places.runs, reading.places.held)
        self._prompts: dict[str, str] = {}
        self._paths: dict[str, Path] = {}
        self._pathed: dict[str, RoomShot] = {}  # the shots whose pictures are in `_paths`
        self._made: Made = {}
        self._room: Room | None = None
        self._there: choosing.Facts | None = None  # what there was at the last look
        self._stamps: tuple[object, ...] = ()
        self._looked = (0.0, 0.0)  # when it was last looked at everything, and how long that took (s)
        self._list_looked = time.monotonic()
        self._list_stamps: Mapping[str, float] = {}
        self._list_fault = ""
        self._seen = _seen_before(reading.places.seen)
        self._kept_seen: frozenset[str] = frozenset()

    # The desk as the reception knows it -----------------------------------------------------------------------------

    def look(self) -> Room:
        """The room as it is now. Raises only before the first one could be made: later faults are sentences in it."""
        reread = self._look_at_list()
        stamps = self._stamps_now()
        if self._room is not None and not reread and stamps == self._stamps:
            if stamps[0]:  # nothing can have moved
                return self._room
            at, took = self._looked
            if time.monotonic() - at < max(_LEAST, 5 * took):
                return self._room
        began = time.monotonic()
        try:
            self._room = self._make()
        except ShotpilotError as error:
            if self._room is None:
                raise
            fault = error.problems[0] if isinstance(error, BadFiles) and error.problems else error
            self._room = replace(self._room, problems=(f"Shown as it was before: {fault}",))
        self._stamps, self._looked = stamps, (time.monotonic(), time.monotonic() - began)
        return self._room

    def choose(self, wanted: Sequence[Wanted]) -> None:
        """Keep decisions in the picks file. Raises ShotpilotError."""
        changes = [change for one in wanted for change in self._changes(one)]
        choose(self._reading, changes, by=self._me, facts=self._there)

    def undo(self) -> str:
        """Take the last decision back and say which."""
        what = self._undoable()
        undo(self._reading, by=self._me)
        return what

    def facts(self, key: str, number: int) -> Mapping[str, Any] | None:
        """Where a take came from."""
        try:
            entry = self._store.entry_of(key, number)
        except ShotpilotError:
            return None
        origin = entry.origin
        roll, price = origin.get("roll"), origin.get("price_usd")
        count = len(roll) if isinstance(roll, list) else 1
        return {
            "request_id": origin.get("request_id"),
            "roll_takes": count,
            "roll_usd": str(Money.usd(price) * count) if isinstance(price, str) else None,
            "submitted_at": origin.get("submitted_at"),
            "kept_at": entry.kept_at,
        }

    # Decisions ------------------------------------------------------------------------------------------------------

    def _changes(self, wanted: Wanted) -> list[Change]:
        """What a page asked for, in the words of the picks file."""
        if wanted.verb == "more":
            return [Change(wanted.address, Verb.MORE, value=str(wanted.count))]
        if wanted.verb == "redo":
            return [Change(wanted.address, Verb.REDO)]
        take = self._take(wanted)
        at = Change(
            wanted.address, Verb.PICK, take.number, take.pictures[0].sha256, take.key,
            version=self._version(wanted.address, take.key),
        )  # fmt: skip
        if wanted.verb == "stars":
            return [at._replace(verb=Verb.STARS, value=str(wanted.stars))]
        if wanted.verb == "note":
            return self._notes(at._replace(verb=Verb.NOTE), wanted)
        if wanted.verb == "hero":
            return [at, *self._others_cleared(at)]
        return [at._replace(verb=Verb(wanted.verb))]

    def _take(self, wanted: Wanted) -> Take:
        found = next((take for take in self._store.recorded(wanted.key) if take.number == wanted.number), None)
        if found is None:
            raise UsageError(f"take {wanted.number} of {wanted.address} is not in the store any more")
        return found

    def _version(self, address: str, key: str) -> int:
        """The version of an older take; 0 for one of the current version."""
        takes = (
            take
            for shot in (self._room.shots if self._room else ())
            for task in shot.tasks
            if task.address == address
            for take in task.takes
        )
        return next((take.version for take in takes if take.key == key and not take.current), 0)

    @staticmethod
    def _notes(at: Change, wanted: Wanted) -> list[Change]:
        """A note; where its pin moved, the one at the old place goes."""
        x, y = wanted.pin or (None, None)
        said = [at._replace(value=wanted.note, x=x, y=y)]
        if wanted.replaces and (wanted.old_pin != wanted.pin or not wanted.note):
            was_x, was_y = wanted.old_pin or (None, None)
            said.insert(0, at._replace(value="", x=was_x, y=was_y))
        return said if wanted.note else said[:1]

    def _others_cleared(self, hero: Change) -> list[Change]:
        """The hero stands alone: marks of the picks and alternates beside it are taken away."""
        shot = (
            next((one for one in self._room.shots if one.address == shot_of(hero.address)), None)
            if self._room
            else None
        )
        tasks = shot.tasks if shot else ()
        group = next((task.group for task in tasks if task.address == hero.address), "")
        return [
            Change(task.address, Verb.CLEAR, take.number, take.pictures[0].sha256, take.key)
            for task in tasks
            if task.group == group
            for take in task.takes
            if take.mark in ("pick", "alternate") and (take.key, take.number) != (hero.key, hero.take)
        ]

    def _undoable(self) -> str:
        """What undo would take back, in words; "" for nothing."""
        for entry in reversed(Journal(self._reading.places.undo).entries()):
            if not entry.undone and entry.by == self._me:
                names = [address for address, _, _ in entry.blocks]
                return f"{entry.what} of {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        return ""

    # Looking --------------------------------------------------------------------------------------------------------

    def _stamps_now(self) -> tuple[object, ...]:
        """What changes whenever something of the page may have. The first part is "" where that cannot be told."""
        places = self._reading.places
        files = (places.picks, places.lock, places.undo, places.held, places.ledger, Path(f"{places.ledger}-wal"))
        return (self._store.stamp(), *map(_stamp, files), self._newest_diary())

    def _newest_diary(self) -> object:
        try:
            name = max(os.listdir(self._reading.places.runs), default="")
        except OSError:
            return None
        return name, _stamp(self._reading.places.runs / name / "events.jsonl")

    def _look_at_list(self) -> bool:
        """Read the list again where it, or what it rests on, is not what it was. Gives whether it was read."""
        if time.monotonic() - self._list_looked < _LIST_EVERY:
            return False
        self._list_looked = time.monotonic()
        places = self._reading.places
        stamp = read_stamp(places.memo)
        if stamp is not None and stands(stamp, places.shot_list, places.root, load_catalog(places.root / "models")):
            moved, self._list_fault, self._list_stamps = bool(self._list_fault), "", {}
            return moved
        files = [places.shot_list, *(places.root / name for name in (stamp.files if stamp else ()))]
        stamps = {str(file): _stamp(file) for file in files}
        if stamps == self._list_stamps:  # it did not pass, and nobody has touched it since
            return False
        self._list_stamps = stamps
        try:
            self._reading = read_list(places.shot_list, self._project, rehearsal=places.rehearsal, scenes=True)
            self._list_fault, self._made = "", {}
        except ShotpilotError as error:
            problems = error.problems if isinstance(error, BadFiles) else ()
            first = next((one for one in problems if one.severity is Severity.ERROR), error)
            self._list_fault = f"The shot list does not pass any more, so it is shown as it was: {first}"
        return True

    def _make(self) -> Room:
        """The whole room, from the files as they are now."""
        reading = self._reading
        compiled, places = reading.compiled, reading.places
        there = choosing.Facts(reading)
        known, plan = there.known, there.plan
        lines = {line.address: line for line in plan.lines}
        lost = frozenset(picture.sha256 for picture in self._store.lost())
        facts = Facts(
            reading=reading,
            known=known,
            lines=lines,
            decisions=self._decisions(),
            running=self._diary.read(),
            recorded=self._store.recorded if lost else known.takes_of,
            prompt_of=self._prompt_of,
            lost=lost,
            seen=self._seen,
            me=self._me,
            groups=groups_of(compiled.tasks),
            choices=choices_of(compiled.tasks, known, lines, rehearsal=places.rehearsal),
        )
        shots = _shots(facts, _shown(reading, self._wish), self._made)
        self._keep_seen(shots)
        self._there = there
        return self._room_of(facts, plan, known, shots)

    def _room_of(self, facts: Facts, plan: Plan, known: Any, shots: tuple[RoomShot, ...]) -> Room:
        reading, running = self._reading, facts.running
        compiled, places = reading.compiled, reading.places
        upcoming = plan if self._wish.is_everything else plan_list(reading, self._wish, known)
        there = {shot.address for shot in shots}
        scenes = [
            RoomScene(one.id, one.heading, tuple(at for shot in one.shots if (at := f"{one.id}/{shot.id}") in there))
            for one in compiled.scenes
        ]
        return Room(
            show=compiled.show,
            title=compiled.title or compiled.show,
            file=str(places.shot_list),
            stages=compiled.stages,
            scenes=tuple(scene for scene in scenes if scene.shots),
            shots=shots,
            next=next_of(upcoming),
            files=self._files(facts, shots),
            cast=cast_of(compiled.tasks, compiled.cast),
            rehearsal=places.rehearsal,
            note=self._note,
            problems=tuple(filter(None, (self._list_fault, self._bought_meanwhile()))),
            me=self._me,
            undo=self._undoable(),
            run=RoomRun(running.doing, running.live, running.takes, running.expected) if running.live else None,
        )

    def _bought_meanwhile(self) -> str:
        """Said where the rehearsal is shown only because nothing had been bought."""
        places = self._reading.places
        if not self._note or not places.shot_list.with_suffix(".lock").exists():
            return ""
        return "Something has been bought meanwhile: start `shotpilot review` again to see it."

    def _decisions(self) -> Mapping[str, Decision]:
        return decisions_of(self._reading)

    def _prompt_of(self, key: str) -> str:
        """The words that the takes of a key were bought with, from the record of the first of them."""
        takes = self._store.recorded(key) if key not in self._prompts else ()
        if takes:
            with suppress(ShotpilotError):
                sent = self._store.record_of(key, takes[0].number).get("input")
                self._prompts[key] = str(sent.get("prompt", "")) if isinstance(sent, dict) else ""
        return self._prompts.get(key, "")

    def _files(self, facts: Facts, shots: Sequence[RoomShot]) -> Mapping[str, Path]:
        """Where the bytes of every picture of the page lie, faces too. Takes never move, so each is looked up once."""
        root, sources = self._reading.places.root, self._reading.compiled.sources
        self._paths |= {sha256: root / path for sha256, path in sources.items()}
        for shot in shots:
            if self._pathed.get(shot.address) is shot:
                continue
            self._pathed[shot.address] = shot
            for key in dict.fromkeys(take.key for task in shot.tasks for take in task.takes):
                for take in facts.recorded(key):
                    self._paths |= {picture.sha256: self._store.path_of(picture) for picture in take.pictures}
        return self._paths

    def _keep_seen(self, shots: Sequence[RoomShot]) -> None:
        """Remember for the next time which takes there are."""
        seen = frozenset(
            take_id(Take(take.key, take.number, ())) for shot in shots for task in shot.tasks for take in task.takes
        )
        if seen != self._kept_seen and seen:
            path = self._reading.places.seen
            with suppress(ShotpilotError, OSError):  # a full disk: then they are new again next time
                make_folder(path.parent, durable=False)
                write_atomic(path, json.dumps(sorted(seen | (self._seen or frozenset()))).encode(), durable=False)
                self._kept_seen = seen


def _seen_before(path: Path) -> frozenset[str] | None:
    """The takes that were there last time; None where there was no last time."""
    try:
        return frozenset(map(str, json.loads(path.read_bytes())))
    except (OSError, ValueError, TypeError):
        return None


def _stamp(path: Path) -> float:
    """What changes whenever a file does; 0 where there is none."""
    try:
        seen = path.stat()
    except OSError:
        return 0
    return hash((seen.st_mtime_ns, seen.st_size, seen.st_ino))


def _shown(reading: Reading, wish: Wish) -> frozenset[str] | None:
    """The addresses that were selected; None for all. A selection that matches nothing any more shows everything."""
    try:
        return selected_of(reading.compiled.tasks, wish)
    except UsageError:
        return None


def _shots(facts: Facts, shown: frozenset[str] | None, made: Made) -> tuple[RoomShot, ...]:
    """Every shot of which something is shown, in list order. One that rests on the same as before is `made` already."""
    compiled = facts.reading.compiled
    tasks: dict[str, list[Task]] = {}
    for task in compiled.tasks:
        if shown is None or task.address in shown:
            tasks.setdefault(shot_of(task.address), []).append(task)
    found = []
    for scene in compiled.scenes:
        for info in scene.shots:
            address = f"{scene.id}/{info.id}"
            own = tasks.get(address, [])
            if shown is not None and not own:
                continue
            rests = rests_on(info, own, facts)
            if address not in made or made[address][0] != rests:
                made[address] = rests, shot_of_room(scene.id, info, own, facts)
            found.append(made[address][1])
    return tuple(found)
