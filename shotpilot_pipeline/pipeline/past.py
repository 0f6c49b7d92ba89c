"""A shot list as it was at a git revision, compiled: what it asked for then. Plans and buys nothing.

The list, its includes, its model cards and the reference pictures they name are laid out in a folder that is gone
afterwards; nothing in the working copy is touched. A reference that git does not keep is taken from the working copy,
since nobody can tell what it was.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.errors import BadFiles, Severity, UsageError
from shotpilot_pipeline.pipeline.gitfiles import Revision, revision_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.shotlist.recall import compile_or_recall
from shotpilot_pipeline.values.task import Compiled

_TEXTS = (".yaml", ".yml", ".json", ".txt", "")  # what a list or a fragment may be called
_POINTER = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class Past:
    """A list at a revision. `compiled` None: the list was not there yet."""

    said: str
    commit: str
    compiled: Compiled | None
    picks: bytes = b""  # of the picks file beside it, "" where there was none
    lock: bytes = b""


def past_of(reading: Reading, said: str, *, scenes: bool = False) -> Past:
    """The list of `reading` at revision `said`; with `scenes`, the words of its shots too.

    Raises UsageError where there is no such revision, or the list of that time does not compile today.
    """
    places = reading.places
    root = places.root.resolve()
    path = places.shot_list.resolve().relative_to(root).as_posix()
    return _past(revision_of(root, said), root, path, places.memo, tuple(reading.compiled.sources.values()), scenes)


def changed_since(reading: Reading, said: str) -> frozenset[str]:
    """The tasks whose request is not what it was at a revision, or that were not there. Raises as `past_of`."""
    past = past_of(reading, said).compiled
    before = {task.address: task.forms for task in past.tasks} if past is not None else {}
    return frozenset(task.address for task in reading.compiled.tasks if before.get(task.address) != task.forms)


def _past(revision: Revision, root: Path, path: str, memo: Path, sources: tuple[str, ...], scenes: bool) -> Past:
    if path not in revision.files:
        return Past(revision.said, revision.commit, None)
    beside = {name: PurePosixPath(path).with_suffix(ending).as_posix() for name, ending in _BESIDE}
    held = revision.read(beside.values())
    with tempfile.TemporaryDirectory(prefix="shotpilot-past-") as aside:
        folder = Path(aside)
        _lay_out(revision, path, folder, root, sources)
        compiled = _compiled(revision, folder, path, memo.with_name(f"{memo.name}.{revision.commit[:16]}"), scenes)
    return Past(revision.said, revision.commit, compiled, held.get(beside["picks"], b""), held.get(beside["lock"], b""))


_BESIDE = (("picks", ".picks.yaml"), ("lock", ".lock"))


def _compiled(revision: Revision, folder: Path, path: str, memo: Path, scenes: bool) -> Compiled:
    """The list in `folder`. Raises UsageError with its first fault, told as a fault of the revision."""
    try:
        catalog = load_catalog(folder / "models")
        compiled, problems, *_ = compile_or_recall(folder / path, folder, catalog, memo, scenes=scenes)
    except BadFiles as faults:
        compiled, problems = None, faults.problems
    if compiled is not None:
        return compiled
    first = next(problem for problem in problems if problem.severity is Severity.ERROR)
    told = str(first).replace(f"{folder}{os.sep}", f"{revision.said}:")
    raise UsageError(f"the shot list does not pass as it was at {revision.said}: {told}")


def _lay_out(revision: Revision, path: str, folder: Path, root: Path, sources: Iterable[str]) -> None:
    """Write the list, and whatever its text or that of an include may name, below `folder`.

    A file counts as named when its name stands in a text that was laid out: one too many does no harm.
    """
    cards = [name for name in revision.files if name.startswith("models/") and name.endswith(".json")]
    done: dict[str, bytes] = revision.read([path, *cards])
    texts = [done[path]]
    waiting = {name: PurePosixPath(name).name.encode() for name in revision.files if name not in done}
    while texts:
        whole = b"\n".join(texts)
        named = [name for name, last in waiting.items() if last in whole and not _is_ours(name)]
        found = revision.read(named)
        texts = [data for name, data in found.items() if name.endswith(_TEXTS[:4]) and not data.startswith(_POINTER)]
        done |= found
        for name in named:
            del waiting[name]
    for name, data in done.items():
        _write(folder, root, name, _followed(revision, name, data))
    for name in sources:
        if name not in revision.files:
            _copy(root / name, folder / name)


def _is_ours(name: str) -> bool:
    """Whether a file is one the tool wrote: never part of a list."""
    return name.startswith(("renders/", ".shotpilot/")) or name.endswith((".lock", ".picks.yaml"))


def _followed(revision: Revision, name: str, data: bytes) -> bytes:
    """The bytes behind a symlink of the revision, as far as they are in it."""
    for _ in range(8):  # links to links; more is a circle
        target = revision.leads_to(name, data)
        if target == name or target not in revision.files:
            break
        name, data = target, revision.read([target])[target]
    return data


def _write(folder: Path, root: Path, name: str, data: bytes) -> None:
    """A file of the revision; a picture that git holds only a pointer to comes from the working copy."""
    target = folder / name
    if data.startswith(_POINTER):
        _copy(root / name, target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _copy(source: Path, target: Path) -> None:
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source.resolve(), target)
        except OSError:
            shutil.copyfile(source, target)
