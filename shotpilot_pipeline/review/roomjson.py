"""The review page's values as JSON, and only what moved since a page last asked. Pure.

A page holds a *serial*; each shot and the head has the serial at which it last changed. So a page that asks "since 41"
is sent the few shots that moved, and a page of another server's life is sent everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shotpilot_pipeline.review.room import Room, RoomNote, RoomPicture, RoomRun, RoomShot, RoomTake, RoomTask
from shotpilot_pipeline.values.digest import digest_of
from shotpilot_pipeline.values.money import Money

Json = dict[str, Any]


def shot_json(shot: RoomShot) -> Json:
    """One shot with all its tasks and takes."""
    return {
        "address": shot.address,
        "words": [list(word) for word in shot.words],
        "tags": list(shot.tags),
        "cast": list(shot.cast),
        "state": shot.state,
        "revision": shot.revision,
        "tasks": [_task(task) for task in shot.tasks],
    }


def head_json(room: Room) -> Json:
    """All that is not about one shot."""
    upcoming = room.next
    return {
        "show": room.show,
        "title": room.title,
        "file": room.file,
        "stages": list(room.stages),
        "scenes": [{"id": one.id, "heading": one.heading, "shots": list(one.shots)} for one in room.scenes],
        "cast": {one.id: {"name": one.name, "faces": list(one.faces)} for one in room.cast},
        "rehearsal": room.rehearsal,
        "note": room.note,
        "problems": list(room.problems),
        "me": room.me,
        "undo": room.undo,
        "run": _run(room.run),
        "next": {
            "images": upcoming.images,
            "rolls": upcoming.rolls,
            "cost_usd": str(upcoming.cost),
            "cost_usd_at_most": str(upcoming.at_most),
            "unpriced": upcoming.unpriced,
            "waiting": upcoming.waiting,
        },
    }


def _run(run: RoomRun | None) -> Json | None:
    if run is None:
        return None
    return {"doing": run.doing, "live": run.live, "takes": run.takes, "expected": run.expected}


def _task(task: RoomTask) -> Json:
    return {
        "address": task.address,
        "stage": task.stage,
        "variant": task.variant,
        "group": task.group,
        "chooser": task.chooser,
        "version": task.version,
        "model": task.model,
        "resolution": task.resolution,
        "aspect_ratio": task.aspect_ratio,
        "panels": task.panels,
        "wanted": task.wanted,
        "picture_usd": _money(task.picture_price),
        "prompts": {str(version): text for version, text in task.prompts.items()},
        "elements": list(task.elements),
        "images": list(task.images),
        "takes": [_take(take) for take in task.takes],
        "coming": list(task.coming),
        "state": task.state,
        "reason": task.reason,
        "more": task.more,
        "why": task.why,
        "new_usd": _money(task.new_cost),
    }


def _take(take: RoomTake) -> Json:
    """Only what is said of it: most takes have no mark, no stars and no note, and a page holds thousands."""
    said = {
        "mark": take.mark,
        "stars": take.stars,
        "notes": [_note(note) for note in take.notes],
        "by": take.by,
        "at": take.at,
        "rule": take.rule,
        "stale": take.stale,
        "new": take.new,
        "short": take.short,
    }
    return {
        "key": take.key,
        "number": take.number,
        "version": take.version,
        "current": take.current,
        "price_usd": _money(take.price),
        "pictures": [_picture(picture) for picture in take.pictures],
    } | {name: value for name, value in said.items() if value}


def _note(note: RoomNote) -> Json:
    pin = list(note.pin) if note.pin else None
    return {"text": note.text, "by": note.by, "at": note.at, "pin": pin, "mine": note.mine}


def _picture(picture: RoomPicture) -> Json:
    shown = {"sha256": picture.sha256, "width": picture.width, "height": picture.height}
    return shown if picture.there else shown | {"missing": True}


def _money(amount: Money | None) -> str | None:
    return None if amount is None else str(amount)


@dataclass(slots=True)
class Ledge:
    """What pages were told, so that they can be told what moved. `life` names this server's life."""

    life: str
    serial: int = 0
    _head: tuple[int, Json] = (0, {})
    _shots: dict[str, tuple[int, str, Json]] = field(default_factory=dict)  # serial, digest, JSON
    _known: dict[str, RoomShot] = field(default_factory=dict)

    def show(self, room: Room) -> None:
        """Take note of the room as it is now. Shots that are the same values cost one comparison."""
        self.serial += 1
        moved = False
        head = head_json(room)
        if head != self._head[1]:
            self._head, moved = (self.serial, head), True
        for shot in room.shots:
            if self._known.get(shot.address) == shot:
                continue
            told = shot_json(shot)
            digest = digest_of(told)
            if shot.address not in self._shots or self._shots[shot.address][1] != digest:
                self._shots[shot.address] = (self.serial, digest, told)
                moved = True
        gone = self._shots.keys() - {shot.address for shot in room.shots}
        for address in gone:
            del self._shots[address]
        self._known = {shot.address: shot for shot in room.shots}
        if not moved and not gone:
            self.serial -= 1

    @property
    def tag(self) -> str:
        """The state of the page as one word, for an ETag."""
        return f"{self.life}.{self.serial}"

    def since(self, tag: str) -> Json | None:
        """What moved since a page was told `tag`; everything for one that was told nothing; None: nothing moved."""
        if tag == self.tag:
            return None
        life, _, serial = tag.partition(".")
        before = int(serial) if life == self.life and serial.isdigit() else 0
        return {
            "tag": self.tag,
            "whole": before == 0,
            "head": self._head[1],
            "shots": [told for at, _, told in self._shots.values() if at > before],
        }

    def shots(self, addresses: Sequence[str]) -> list[Mapping[str, Any]]:
        """The shots asked for, as last told."""
        return [self._shots[address][2] for address in addresses if address in self._shots]
