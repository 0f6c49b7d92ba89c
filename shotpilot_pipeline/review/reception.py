"""Takes what pages ask for to the desk and gives the answer as a status and JSON. Knows no HTTP and no files."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from shotpilot_pipeline.errors import BadFiles, ShotpilotError
from shotpilot_pipeline.review.room import Room
from shotpilot_pipeline.review.roomjson import Ledge
from shotpilot_pipeline.review.wanted import Unclear, Wanted, read_wanted


class Desk(Protocol):
    """Where decisions are kept and the room is put together. Calls come one at a time, from threads."""

    def look(self) -> Room:
        """The room as it is now. Never raises for what files hold by now."""
        ...

    def choose(self, wanted: Sequence[Wanted]) -> None:
        """Keep decisions, all or none. Raises ShotpilotError or OSError, whose text is a sentence."""
        ...

    def undo(self) -> str:
        """Take the last decision back and say which. Raises ShotpilotError or OSError."""
        ...

    def facts(self, key: str, number: int) -> Mapping[str, Any] | None:
        """What is known of a take's origin, as JSON; None when there is no such take."""
        ...


class Answer(NamedTuple):
    """What a page is told. `body` None: there is nothing new."""

    status: int
    body: Mapping[str, Any] | None
    tag: str = ""


class Reception:
    """The one way from a page to the desk; pages take turns."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turn = threading.Lock()
        self._ledge = Ledge(secrets.token_hex(4))
        self.room: Room | None = None

    def state(self, since: str) -> Answer:
        """What moved since a page was told `since` (""; everything)."""
        with self._turn:
            self._look()
            return Answer(200, self._ledge.since(since), self._ledge.tag)

    def choose(self, body: bytes, revision: str, since: str) -> Answer:
        """Keep the decisions in `body`, if the shot is still at `revision` (as the page saw it); "" does not ask."""
        try:
            wanted = read_wanted(body)
        except Unclear as unclear:
            return Answer(400, {"error": str(unclear)})
        with self._turn:
            room = self._look()
            shots = {one.address.partition("@")[0].partition(".")[0] for one in wanted}
            now = {shot.address: shot.revision for shot in room.shots if shot.address in shots}
            missing = sorted(shots - now.keys())
            if missing:
                return self._refused(404, f"{missing[0]} is not in the shot list any more; nothing was changed", since)
            if revision and len(now) == 1 and revision not in now.values():
                return self._refused(412, "somebody else decided here meanwhile", since)
            return self._do(lambda: self._desk.choose(wanted), since)

    def undo(self, since: str) -> Answer:
        """Take the last decision back."""
        with self._turn:
            return self._do(self._desk.undo, since, "undone")

    def facts(self, key: str, number: int) -> Answer:
        """Where a take came from."""
        with self._turn:
            found = self._desk.facts(key, number)
        if found is None:
            return Answer(404, {"error": "this take is not in the store any more"})
        return Answer(200, found)

    def _look(self) -> Room:
        self.room = self._desk.look()
        self._ledge.show(self.room)
        return self.room

    def _do(self, work: Callable[[], str | None], since: str, name: str = "") -> Answer:
        try:
            done = work()
        except (ShotpilotError, OSError) as error:
            return self._refused(409, sentence_of(error), since)
        self._look()
        said = {name: done} if name else {}
        return Answer(200, (self._ledge.since(since) or {"tag": self._ledge.tag}) | said, self._ledge.tag)

    def _refused(self, status: int, why: str, since: str) -> Answer:
        self._look()
        return Answer(status, (self._ledge.since(since) or {}) | {"error": why}, self._ledge.tag)


def sentence_of(error: Exception) -> str:
    """An error as one sentence for the page."""
    if isinstance(error, BadFiles) and error.problems:
        return str(error.problems[0])
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)
