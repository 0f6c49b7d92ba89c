"""The last answer of `plan`, kept beside the memo: asked again with nothing moved, it is simply given again.

A plan is a pure function of the list, the cards, the store, the picks, the lock and what was asked. All of them are
looked at here, byte for byte or by their stamps, so an answer is given again only where the same would come out. It
is a convenience and never a truth: nothing is ever bought by it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline import build_id
from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.errors import ShotpilotError
from shotpilot_pipeline.pipeline.budgets import machine_caps
from shotpilot_pipeline.pipeline.lints import linter_of
from shotpilot_pipeline.pipeline.places import places_of
from shotpilot_pipeline.pipeline.reading import refuse_twin, root_of
from shotpilot_pipeline.pipeline.settings import read_settings
from shotpilot_pipeline.shotlist.memo import Stamp, read_stamp
from shotpilot_pipeline.shotlist.recall import stands
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.digest import digest_of, sha256_bytes, sha256_text

RACY = 2_000_000_000  # ns; FAT, the coarsest file system in use, keeps times of change to 2 s


class Answer(NamedTuple):
    """What `plan` said: its result, its messages, and how many rolls it would send."""

    result: str
    messages: Sequence[str]
    rolls: int


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of which state of things, as one digest; "" where the state cannot be told: ask anew."""

    digest: str
    around: str  # digest of the store, the picks and the lock alone
    kept_in: Path
    but_list: str = ""  # digest of the question and of all but the list; "" as `digest`

    @property
    def scenes_in(self) -> Path:
        """Where the last plan is kept scene by scene (sceneplans.py)."""
        return self.kept_in.with_suffix(f"{self.kept_in.suffix}-scenes")

    def answer(self) -> Answer | None:
        """The answer given before, if this was the last question."""
        if not self.digest:
            return None
        try:
            digest, _, rest = self.kept_in.read_text(encoding="utf-8").partition("\n")
            if digest != sha256_text(rest):  # not as it was written
                return None
            head, _, result = rest.partition("\n")
            said = json.loads(head)
            return Answer(result, said["messages"], said["rolls"]) if said["question"] == self.digest else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, answer: Answer, before: Question) -> None:
        """Keep the answer for the next time, unless something moved since `before`, when it was looked for.

        A folder that cannot be written to is no fault.
        """
        if not self.digest or self.around != before.around:
            return
        head = json.dumps({"question": self.digest, "messages": answer.messages, "rolls": answer.rolls})
        rest = f"{head}\n{answer.result}"
        with suppress(OSError):
            aside = self.kept_in.with_suffix(f".{os.getpid()}.aside")
            aside.write_text(f"{sha256_text(rest)}\n{rest}", encoding="utf-8")
            aside.replace(self.kept_in)


def ask(
    file: Path, project: Path | None, *, rehearsal: bool, asked: Mapping[str, object], read: Stamp | None = None
) -> Question:
    """The question `asked` (JSON values: selectors, options, the width of the screen) of the list in `file`.

    `read` is what the list rests on as it was read; None: it was not, and is looked for in its memo, which must be true
    still. Never raises: where anything is wrong, the question has no digest, and asking anew will say what.
    """
    try:
        root = root_of(file, project)
        refuse_twin(file)
        settings = read_settings(root)
        places = places_of(file, root, rehearsal=rehearsal, store=root / settings.get("store", "place"))
        kept_in = places.memo.with_suffix(".rehearsed" if rehearsal else ".planned")
        store = Store(places.store).stamp()
        ledger = _ledger_stamp(places.ledger)
        things = {
            "store": [store, str(places.store), places.local, settings.get("fal", "queue_url")],
            "picks": _digest(places.picks),
            "lock": _digest(places.lock),
            "rulings": _digest(places.rulings),
            "ledger": ledger,
            "caps": machine_caps(settings),
            "lint": [settings.values["lint"], linter_of(settings).digest],
        }
        around = digest_of(things) if store and ledger is not None else ""
        state = {"build": build_id(), "file": str(file), "around": around, "asked": dict(asked)}
        but_list = digest_of(state) if around else ""
        stamp = read or _standing(places.memo, file, root)
        if stamp is None or not around:
            return Question("", around, kept_in, but_list)
    except (ShotpilotError, OSError, ValueError):
        return Question("", "", file)
    return Question(digest_of({**state, "list": stamp._asdict()}), around, kept_in, but_list)


def _standing(memo: Path, file: Path, root: Path) -> Stamp | None:
    """The stamp of the memo; None where anything it rests on moved."""
    stamp = read_stamp(memo)
    return stamp if stamp is not None and stands(stamp, file, root, load_catalog(root / "models")) else None


def _ledger_stamp(path: Path) -> list[int] | None:
    """Sizes and times of the ledger and its write-ahead log; None while one is too young to be told from a next one.

    An empty log says nothing, and comes and goes with whoever reads.
    """
    found: list[int] = []
    for part in (path, path.with_name(f"{path.name}-wal")):
        try:
            seen = part.stat()
        except OSError:
            continue
        if not seen.st_size:
            continue
        changed = max(seen.st_mtime_ns, seen.st_ctime_ns)
        if time.time_ns() - changed < RACY:
            return None
        found += [seen.st_size, changed, seen.st_ino]
    return found


def _digest(path: Path) -> str:
    try:
        return sha256_bytes(path.read_bytes())
    except OSError:
        return ""
