"""What the newest run of a list tells of itself while it goes on: what is on its way, what came, what failed.

Read from the run's diary and from the text in the show's lock; nothing is locked, asked or changed by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shotpilot_pipeline.store.show_lock import held_for
from shotpilot_pipeline.values.outcome import BROKEN

_BROKEN = frozenset(outcome.value for outcome in BROKEN) - {"skipped"}


@dataclass(frozen=True, slots=True)
class Running:
    """A run. `coming`: numbers of takes that were asked for and are not there yet, by address, while it is `live`.

    `broken`: how tasks ended that brought nothing, as (word, reason).
    """

    doing: str = ""
    live: bool = False
    takes: int = 0
    expected: int = 0
    coming: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    broken: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class Diary:
    """Follows the diary of the newest run: each line is read once."""

    def __init__(self, runs: Path, held: Path) -> None:
        self._runs = runs
        self._held = held
        self._forget(None)

    def read(self) -> Running:
        """The newest run as it is now; an empty one where there never was any."""
        file = self._newest()
        if file != self._file:
            self._forget(file)
        if file is not None:
            self._go_on(file)
        doing = held_for(self._held)
        coming = {at: tuple(sorted(numbers)) for at, numbers in self._coming.items() if numbers} if doing else {}
        return Running(doing, bool(doing), self._takes, self._expected, coming, dict(self._broken))

    def _newest(self) -> Path | None:
        try:
            name = max((folder.name for folder in self._runs.iterdir()), default="")
        except OSError:
            return None
        return self._runs / name / "events.jsonl" if name else None

    def _forget(self, file: Path | None) -> None:
        self._file = file
        self._at = 0
        self._takes = 0
        self._expected = 0
        self._coming: dict[str, set[int]] = {}
        self._broken: dict[str, tuple[str, str]] = {}

    def _go_on(self, file: Path) -> None:
        """Read the lines that came since; one that is being written is left for the next time."""
        try:
            with file.open("rb") as diary:
                diary.seek(self._at)
                text = diary.read()
        except OSError:
            return
        whole = text.rpartition(b"\n")[0]
        self._at += len(whole) + 1 if whole else 0
        for line in whole.split(b"\n") if whole else ():
            try:
                self._hear(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue

    def _hear(self, event: Mapping[str, Any]) -> None:
        kind, address = event["event"], event.get("address", "")
        if kind == "run-started":
            self._expected = int(event["takes"])
        elif kind == "roll-sent":
            self._coming.setdefault(address, set()).update(event["takes"])
        elif kind == "take-kept":
            self._takes += 1
            self._coming.get(address, set()).discard(event["number"])
        elif kind == "task-ended":
            self._coming.pop(address, None)
            if event["outcome"] in _BROKEN:
                self._broken[address] = (event["outcome"], event["reason"])
            else:
                self._broken.pop(address, None)
