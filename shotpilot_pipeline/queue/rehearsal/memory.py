"""What a rehearsal queue inside this program remembers from one command to the next, as a real queue would.

    requests.jsonl     a line for each request that was accepted, and again when it changed; the last one counts
    files/             uploads, by the sha256 of their bytes

A line is written before its answer goes out, so a command that is killed leaves nothing accepted that is not here.
Pictures are not kept: they are drawn again. Does not know what a ledger is, nor when all of it may be forgotten.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.queue.rehearsal.requests import CANCELLED, Asked, Verdict
from shotpilot_pipeline.values.digest import sha256_bytes

_TIMES = ("sent", "starts", "ends", "cancelled", "brings", "billed")


class Memory:
    """The memory in `folder`, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines = folder / "requests.jsonl"

    def give_to(self, queue: RehearsalQueue) -> None:
        """Tell a new queue all that was, and hear from it from now on."""
        for line in self._read():
            with suppress(KeyError, TypeError, ValueError):  # a last line that was cut by a kill: nobody had an answer
                told = json.loads(line)
                if "upload" in told:
                    self._bring_back(queue, told)
                else:
                    queue.asked[told["id"]] = _asked(told)
        queue.changed = self._keep
        queue.media.came = self._came

    def forget(self) -> None:
        """Nothing is open any more: the next queue begins anew."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read(self) -> list[str]:
        try:
            return self._lines.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []

    def _bring_back(self, queue: RehearsalQueue, told: Mapping[str, Any]) -> None:
        try:
            data = (self._folder / "files" / str(told["sha256"])).read_bytes()
        except OSError:
            return
        queue.media.announce(told["upload"], told["type"], "")
        queue.media.put(told["upload"], "", data)

    def _keep(self, asked: Asked) -> None:
        told: dict[str, Any] = {"id": asked.id, "endpoint": asked.endpoint, "body": asked.body, "tags": asked.tags}
        told |= {name: getattr(asked, name) for name in _TIMES}
        if asked.forced is not None:
            forced = asked.forced
            told["forced"] = [forced.code, forced.units, forced.detail, forced.error_type, forced.headers]
        self._append(told)

    def _came(self, path: str, content_type: str, data: bytes) -> None:
        sha256 = sha256_bytes(data)
        file = self._folder / "files" / sha256
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            aside = file.with_suffix(".part")
            aside.write_bytes(data)
            aside.replace(file)
        self._append({"upload": path, "type": content_type, "sha256": sha256})

    def _append(self, told: Mapping[str, Any]) -> None:
        """One line, with the system before this returns: a kill of this program does not lose it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._lines.open("ab", buffering=0) as file:
            file.write(f"\n{json.dumps(told, ensure_ascii=False)}\n".encode())  # the first break ends a cut line


def _asked(told: Mapping[str, Any]) -> Asked:
    """A request as it was written down. Raises KeyError, TypeError or ValueError for what was not."""
    asked = Asked(told["id"], told["endpoint"], told["body"], told["tags"], told["sent"], told["starts"], told["ends"])
    asked.cancelled, asked.brings, asked.billed = told["cancelled"], told["brings"], told["billed"]
    if told.get("forced"):
        code, units, detail, error_type, headers = told["forced"]
        asked.forced = Verdict(code, units, (), detail, error_type, tuple((name, value) for name, value in headers))
    asked.verdict = CANCELLED if asked.cancelled is not None else None
    return asked
