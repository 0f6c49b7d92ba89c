"""The audit: every byte of a store read again, and in words what is damaged, missing or nobody's.

Removes nothing. Repairs nothing by itself: whoever can put a lost picture back is asked to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.store.files import hash_file
from shotpilot_pipeline.store.objects import is_whole, object_path
from shotpilot_pipeline.store.pictures import EXTENSIONS
from shotpilot_pipeline.store.records import RECORD_NAME, DamagedRecord, Entry, read_record
from shotpilot_pipeline.values.take import Picture, Take

Heal = Callable[[Picture], Path | None]  # puts a picture back, and says from where; None: no copy was found

_BACK = "bring it back from a copy of the store"


class Audit(NamedTuple):
    """What was read, and what was found: errors (damaged, missing) and remarks (nobody's)."""

    takes: int
    pictures: int
    bytes: int
    problems: tuple[Problem, ...]


def audit(
    folder: Path,
    counts: Callable[[], Mapping[str, int]],
    tell: Callable[[int, int], None] | None = None,
    heal: Heal | None = None,
    *,
    slates: bool = False,
) -> Audit:
    """Read the whole store at `folder` again; `counts` says what its index says.

    `tell` hears how many pictures of how many have been read. `heal` is asked for what is damaged or missing.
    `slates`: the store of a rehearsal, where everything can be drawn again.
    """
    entries, problems = _records(folder)
    takes = [entry.take for entry in entries]
    files = {f"{picture.sha256}.{EXTENSIONS[picture.format]}": picture for take in takes for picture in take.pictures}
    there = {path.name: path for path in _listed(folder / "objects")}
    sizes = {name: path.stat().st_size for name, path in there.items()}
    for done, (name, path) in enumerate(sorted(there.items()), 1):
        fault, remark = _fault(path, name)
        if fault or name not in files:
            problems.append(_healed(fault, files.get(name), heal) if fault else remark)
        if tell:
            tell(done, len(there))
    problems += _missing(folder, takes, there, heal)
    counted = {picture.sha256 for picture in files.values() if is_whole(folder, picture)}
    if slates:
        whole = [entry for entry in entries if _sha256s(entry.take) <= counted - _faulty(problems)]
        problems = list(_as_slates(folder, entries, whole, problems))
    problems += _index_faults(folder, takes, counted, counts())
    return Audit(len(takes), len(there), sum(sizes.values()), tuple(problems))


def _records(folder: Path) -> tuple[list[Entry], list[Problem]]:
    entries, problems = [], []
    for path in _listed(folder / "takes"):
        if not RECORD_NAME.match(path.name):
            hint = "look at it, then move it out of the store"
            problems.append(_remark("store-foreign", path, "this is no record of a take, so it is not read", hint))
            continue
        try:
            entries.append(read_record(path))
        except (DamagedRecord, OSError) as error:
            message = f"the record is damaged, so its take counts as missing: {error}"
            problems.append(Problem("store-record", Place(str(path)), message, _BACK))
    return entries, problems


def _fault(path: Path, name: str) -> tuple[Problem | None, Problem]:
    """What is wrong with a file among the pictures, and what to remark if no record speaks of it."""
    stem, _, ending = name.partition(".")
    if len(stem) != 64 or ending not in EXTENSIONS.values():
        hint = "look at it, then move it out of the store"
        return None, _remark("store-foreign", path, "this is no picture of the store", hint)
    try:
        good = hash_file(path) == stem
    except OSError as error:
        return Problem(
            "store-picture", Place(str(path)), f"the picture cannot be read ({error.strerror})", _BACK
        ), _orphan(path)
    if good:
        return None, _orphan(path)
    cure = f"{_BACK}; without one, move it out of the store: its takes then count as missing"
    return Problem("store-picture", Place(str(path)), "the picture's bytes are not what was bought", cure), _orphan(
        path
    )


def _orphan(path: Path) -> Problem:
    hint = "nothing to do: a run that was stopped left it, and the same command takes it up again"
    return _remark("store-orphan", path, "no record speaks of this picture", hint)


def _healed(fault: Problem, picture: Picture | None, heal: Heal | None) -> Problem:
    """The fault, or where the picture was put back from."""
    copy = heal(picture) if heal and picture else None
    if copy is None:
        return fault
    message = f"{fault.message}; a copy lies at {copy}; put back"
    return replace(fault, message=message, hint="nothing to do", severity=Severity.WARNING)


def _missing(folder: Path, takes: list[Take], there: Mapping[str, Path], heal: Heal | None) -> Iterator[Problem]:
    for take in takes:
        for panel, picture in enumerate(take.pictures, 1):
            name = f"{picture.sha256}.{EXTENSIONS[picture.format]}"
            if name not in there:
                which = f"picture {panel} of {len(take.pictures)} of " if len(take.pictures) > 1 else "the picture of "
                message = f"{which}take {take.number} of render key {take.key[:12]} is missing"
                place = Place(object_path(folder, picture))
                yield _healed(Problem("store-picture", place, message, _BACK), picture, heal)


def _as_slates(folder: Path, entries: list[Entry], whole: list[Entry], problems: list[Problem]) -> Iterator[Problem]:
    """The problems as they are in a rehearsal: no slate is lost for good, and one that was drawn again is no fault."""
    by_file: dict[str, list[tuple[str, int, str]]] = {}  # file -> key, number and request of the takes that need it
    for entry in entries:
        for picture in entry.take.pictures:
            needs = (entry.take.key, entry.take.number, _request(entry))
            by_file.setdefault(object_path(folder, picture), []).append(needs)
    by_key: dict[str, list[Entry]] = {}
    for entry in whole:
        by_key.setdefault(entry.take.key, []).append(entry)
    for problem in problems:
        if problem.severity is not Severity.ERROR:
            yield problem
            continue
        record = RECORD_NAME.match(Path(problem.place.file).name)
        about = [(record[1], int(record[2]), "")] if record else by_file.get(problem.place.file, [])
        message = problem.message.replace("was bought", "was drawn")
        if about and all(_drawn_again(number, of, by_key.get(key, [])) for key, number, of in about):
            hint = "nothing to do: the slate was drawn again under another number"
            yield replace(problem, message=message, hint=hint, severity=Severity.WARNING)
        else:
            first = "delete this file, then " if Path(problem.place.file).exists() else ""
            hint = (
                f"nothing is lost, a slate can be drawn again: {first}run shotpilot rehearse on its list again, "
                f"or delete the folder {folder} and rehearse anew"
            )
            yield replace(problem, message=message, hint=hint)


def _drawn_again(number: int, request: str, whole: list[Entry]) -> bool:
    """Is there a later one in the whole takes of its key, of another request? One request is no second attempt."""
    return any(entry.take.number > number and not (request and request == _request(entry)) for entry in whole)


def _request(entry: Entry) -> str:
    return str(entry.origin.get("request_id") or "")


def _sha256s(take: Take) -> set[str]:
    return {picture.sha256 for picture in take.pictures}


def _faulty(problems: list[Problem]) -> set[str]:
    """The sha256 of every picture with a fault."""
    return {Path(problem.place.file).stem for problem in problems if problem.severity is Severity.ERROR}


def _index_faults(folder: Path, takes: list[Take], whole: set[str], counts: Mapping[str, int]) -> Iterator[Problem]:
    """The index knows names and sizes, so it is held to those alone."""
    true: dict[str, int] = {}
    for take in takes:
        if all(picture.sha256 in whole for picture in take.pictures):
            true[take.key] = true.get(take.key, 0) + 1
    if true != counts:
        message = "the index counts other takes than there are"
        yield _remark("store-index", folder / "index.db", message, "shotpilot store rebuild makes it again")


def _remark(rule: str, path: Path, message: str, hint: str) -> Problem:
    return Problem(rule, Place(str(path)), message, hint, Severity.WARNING)


def _listed(room: Path) -> Iterator[Path]:
    """Every file in the folders of a room, sorted."""
    with suppress(FileNotFoundError):
        for shard in sorted(os.listdir(room)):
            if (room / shard).is_dir():
                yield from sorted((room / shard).iterdir())
            else:
                yield room / shard
