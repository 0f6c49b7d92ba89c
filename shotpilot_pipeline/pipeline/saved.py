"""A saved plan: a plan in a file, bound by hash to all it rests on, to be carried out once. Buys nothing.

The file is schemas/plan-1.schema.json with `saved` and `digest`. Its id stands in the ledger from the moment it is
saved, so it is carried out by that ledger alone, and once; see docs/plans.md. Does not know whether anything moved.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shotpilot_pipeline import __version__
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.plandoc import VERSION, PlanDoc, doc_as_json, doc_from_json, inputs_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.ruling import list_rulings
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.shotlist.memo import read_stamp
from shotpilot_pipeline.store.files import StoreUnwritable, write_atomic
from shotpilot_pipeline.values.digest import canonical_json, digest_of, sha256_text
from shotpilot_pipeline.values.request import request_form

_MOST = 500_000_000  # bytes of a plan's file; 30,000 tasks have some 40 MB
_MAKE = "make one with: shotpilot plan FILE -o"


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as it was saved. `bound`, `inputs` and `shots` as in the schema."""

    path: Path
    id: str
    at: str
    root: str  # of the show, from the folder of the file
    doc: PlanDoc
    bound: Mapping[str, Any]
    inputs: Mapping[str, tuple[Mapping[str, Any], ...]]  # by address: what each task would ask for
    shots: Mapping[str, Mapping[str, str]]

    @property
    def list(self) -> Path:
        """Where its shot list lies, as far as neither of the two was moved."""
        return Path(os.path.normpath(self.path.parent / self.root / self.doc.list))


def save_plan(reading: Reading, known: Known, doc: PlanDoc, path: Path) -> SavedPlan:
    """Write the plan to `path` and note it in the ledger. Raises UsageError where it cannot be written.

    `reading` must have been read with the words of its shots.
    """
    _refuse_other_files(path, reading)
    now = datetime.now(UTC)
    id = uuid.uuid4().hex
    tasks = {task.address: task for task in reading.compiled.tasks}
    with Ledger(reading.places.ledger, reading=reading.places.rehearsal) as ledger:
        said = doc_as_json(doc)
        for task, line in zip(said["tasks"], doc.plan.lines, strict=True):
            task["inputs"] = inputs_of(line, tasks[line.address])
        said["saved"] = {
            "id": id,
            "at": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "version": __version__,
            "root": os.path.relpath(reading.places.root.resolve(), path.resolve().parent),
            "bound": bound_to(reading, known, doc, ledger),
            "shots": shots_of(reading),
        }
        said["digest"] = digest_of(said)
        try:
            write_atomic(path, _text(said).encode())
        except StoreUnwritable as error:
            raise UsageError(f"{path}: the plan cannot be written here: {error}") from error
        if not doc.rehearsal:  # a rehearsal is never carried out by a render, so no ledger need know of it
            ledger.plans.save(id, doc.show, now)
    return read_plan(path)


def bound_to(reading: Reading, known: Known, doc: PlanDoc, ledger: Ledger) -> dict[str, Any]:
    """All that a plan rests on, as it is now."""
    return {
        "files": files_of(reading),
        "references": {path: sha256 for sha256, path in reading.compiled.sources.items()},
        "picks": {
            address: {"take": pick.take, "sha256": pick.sha256, "key": pick.key}
            for address, pick in sorted(known.picks.items())
        },
        "rulings": [
            {"address": one.address, "kind": one.kind.value, "key": one.key, "what": one.what, "by": one.by}
            for one in list_rulings(reading)
        ],
        "prices": prices_of(reading, doc),
        "cards": reading.catalog.digest,
        "ledger": ledger.plans.position(doc.show)._asdict(),
        "queue": reading.settings.get("fal", "queue_url"),
    }


def files_of(reading: Reading) -> dict[str, str]:
    """The list and what it includes, as they were compiled: path from the root -> sha256 of the bytes."""
    stamp = read_stamp(reading.places.memo)
    if stamp is not None:
        return dict(stamp.files)
    from shotpilot_pipeline.shotlist.source import read_source  # a folder without a memo: read again for their names

    source, _ = read_source(reading.places.shot_list, reading.places.root)
    return dict(source.files) if source is not None else {}


def prices_of(reading: Reading, doc: PlanDoc) -> dict[str, dict[str, str]]:
    """What a picture of each model of the plan costs, by resolution."""
    known = reading.catalog.by_endpoint
    return {
        endpoint: {size: str(price) for size, price in known[endpoint][1].prices.items()}
        for endpoint in sorted(doc.models)
        if endpoint in known
    }


def shots_of(reading: Reading) -> dict[str, dict[str, str]]:
    """The words of each shot by slot."""
    return {f"{scene.id}/{shot.id}": dict(shot.words) for scene in reading.compiled.scenes for shot in scene.shots}


def read_plan(path: Path) -> SavedPlan:
    """The plan in `path`. Raises UsageError, in a sentence, for whatever else stands there."""
    said = _read(path)
    saved = said["saved"]
    rest = {key: value for key, value in said.items() if key != "digest"}
    if digest_of(rest) != said["digest"]:
        raise UsageError(
            f"{path}: was changed by hand since it was saved, or is damaged: its digest does not fit what it says; "
            f"nothing is carried out by it. To plan anew, {_MAKE} {path}"
        )
    forms = [_form(task) for task in said["tasks"]]
    return SavedPlan(
        path=path,
        id=saved["id"],
        at=saved["at"],
        root=saved["root"],
        doc=doc_from_json(said, forms),
        bound=saved["bound"],
        inputs={task["address"]: tuple(task["inputs"]) for task in said["tasks"]},
        shots=saved["shots"],
    )


def _read(path: Path) -> dict[str, Any]:
    """The object in `path`, as far as it is a saved plan of this format."""
    try:
        if path.stat().st_size > _MOST:
            raise UsageError(f"{path}: is no saved plan: it is far too large for one")
        said = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file; {_MAKE} {path}") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path}: is no saved plan, or was cut off: it is not JSON; {_MAKE} {path}") from None
    if not isinstance(said, dict) or "plan" not in said:
        raise UsageError(f"{path}: is no saved plan; {_MAKE} {path}")
    if said["plan"] != VERSION:
        raise UsageError(f"{path}: is a plan of format {said['plan']!r}, and this version knows {VERSION}; plan anew")
    if not isinstance(said.get("saved"), dict) or not isinstance(said.get("digest"), str):
        raise UsageError(f"{path}: is a plan to be read, not one to be carried out; {_MAKE} another.json")
    return said


def _form(task: Mapping[str, Any]) -> str:
    """The settled form, checked against its key; "" where a pick is open, or the request of an accepted key is lost."""
    if not task["render_key"]:
        return ""
    form = request_form(task["endpoint"], task["inputs"][0])
    if sha256_text(form) != task["render_key"]:
        if not task["takes_new"]:
            return ""  # takes stand for the words of today, and nobody knows what they were asked with
        raise UsageError(f"{task['address']}: the plan's request and its render key do not belong together; plan anew")
    return form


def _text(said: Mapping[str, Any]) -> str:
    """JSON with a line for each task, so that two plans can be compared by eye."""
    parts = []
    for key, value in said.items():
        if key == "tasks":
            rows = ",\n  ".join(json.dumps(task, ensure_ascii=False) for task in value)
            parts.append(f'"tasks": [\n  {rows}\n]' if value else '"tasks": []')
        else:
            parts.append(f"{canonical_json(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _refuse_other_files(path: Path, reading: Reading) -> None:
    """Raise UsageError where `path` is something else than an earlier plan that may be replaced."""
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; name a file for the plan, such as {path / 'plan.json'}")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}")
    if not path.exists():
        return
    try:
        said = _read(path)
    except UsageError:
        raise UsageError(f"{path}: is there already and is no saved plan; choose another name") from None
    id, ledger = said["saved"].get("id"), reading.places.ledger
    if isinstance(id, str) and ledger.exists():
        with Ledger(ledger, reading=True) as opened:
            use = opened.plans.use_of(id)
        if use is not None and use.state == "open":
            raise UsageError(
                f"{path}: holds a plan that was begun and is not done; finish it (shotpilot render --plan {path}), "
                "or choose another name"
            )
