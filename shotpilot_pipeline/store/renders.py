"""renders/: the pictures under names people use, as hard links to the store, each with a sidecar beside it.

Can be deleted and made again at any time. Never touches a file it did not make: what it made stands in a list,
renders/<show>/.shotpilot/<owner>.links, and is looked at again before it is removed. Never removes the last copy of a
picture: what the store has lost stays here, and is put back into the store. Knows no shot list.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem, Severity, ShotpilotError, UsageError
from shotpilot_pipeline.store.files import NO_LINKS, READ_ONLY, hash_file, in_words, make_folder, write_atomic
from shotpilot_pipeline.store.lock import Lock, LockLine
from shotpilot_pipeline.store.names import picture_path
from shotpilot_pipeline.store.pictures import EXTENSIONS
from shotpilot_pipeline.store.records import Entry
from shotpilot_pipeline.store.rescue import put_back_lost
from shotpilot_pipeline.store.sidecar import Named, sidecar_text, tells_of
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.take import Picture, Take


@dataclass(frozen=True, slots=True)
class Renders:
    """Where pictures are named, and how. `owner` is the shot list's name: only its own links are ever removed."""

    folder: Path  # renders/, or the rehearsal's own
    show: str
    owner: str
    title: str = ""
    pattern: str = ""  # outputs.name; "" for the usual one
    rehearsal: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)  # sha256 of a reference -> its path from the root


class Linked(NamedTuple):
    """What was done: pictures linked, found in place, removed, not on this machine; and what stood in the way."""

    made: int
    kept: int
    removed: int
    absent: int
    problems: tuple[Problem, ...]


class _Wanted(NamedTuple):
    path: str  # below renders/, with `/`
    picture: Picture
    named: Named
    take: Take


def link_take(renders: Renders, store: Store, address: str, version: int, take: Take) -> Linked:
    """Link the pictures of one take that was just kept, and write their sidecars. Reads nothing else.

    Raises StoreUnwritable, and UsageError for a name no disk would take.
    """
    wanted = list(_named(renders, address, version, take))
    with in_words(renders.folder):
        _note(renders, wanted)
        return _joined(_link(renders, store, one, None) for one in wanted)


def link_renders(renders: Renders, store: Store, lock: Lock) -> Linked:
    """Bring renders/ up to the lock: link what is missing, remove the links of this owner that the lock lost.

    What the store lost and renders/ still holds is put back first. Raises StoreUnwritable.
    """
    back = put_back_lost(store, renders.folder)
    wanted, absent, problems = _wanted(renders, store, lock)
    with in_words(renders.folder):
        made_before = _made(renders)
        _note(renders, [one for path, one in wanted.items() if made_before.get(path) != one.picture.sha256])
        done = _joined(_link(renders, store, one, made_before) for one in wanted.values())
        unnamed = {line.sha256 for line in lock.lines} - {one.picture.sha256 for one in wanted.values()}
        gone = {path: sha256 for path, sha256 in made_before.items() if path not in wanted}
        stay = {path for path, sha256 in gone.items() if sha256 in unnamed or _is_last(renders, store, path, sha256)}
        removed = sum(_remove(renders, path, sha256) for path, sha256 in gone.items() if path not in stay)
        _write_list(renders, {path: one.picture.sha256 for path, one in wanted.items()} | {p: gone[p] for p in stay})
    return Linked(done.made, done.kept, removed, absent, (*back, *problems, *done.problems))


def _is_last(renders: Renders, store: Store, path: str, sha256: str) -> bool:
    """Is a link the only place that still holds its picture?"""
    target = renders.folder / path
    return target.is_file() and hash_file(target) == sha256 and not store.holds(sha256, target)


def _wanted(renders: Renders, store: Store, lock: Lock) -> tuple[dict[str, _Wanted], int, list[Problem]]:
    """What the lock wants linked, by path; how many pictures are not on this machine; names that clash."""
    takes = _Takes(take for of_key in store.takes().values() for take in of_key)
    wanted: dict[str, _Wanted] = {}
    spelled: dict[str, str] = {}
    absent, problems = 0, []
    for line in lock.lines:
        if line.panel > 1:
            continue  # comes with its first panel
        take = takes.of(line)
        if take is None:
            absent += 1
            continue
        try:
            for one in _named(renders, line.address, line.version, take, line.take):
                first = spelled.setdefault(one.path.casefold(), one.path)
                if wanted.setdefault(first, one) is not one:
                    problems.append(_in_the_way(renders, one, f"already the name of {wanted[first].named.address}"))
        except UsageError as error:
            problems.append(Problem("renders", Place(line.address), str(error), "change outputs.name"))
    return wanted, absent, problems


class _Takes:
    """Takes by number; where that has other bytes, by bytes: a merge of two locks may have changed the number."""

    def __init__(self, takes: Iterable[Take]) -> None:
        self._by_number: dict[tuple[str, int], Take] = {}
        self._by_bytes: dict[tuple[str, str], Take] = {}
        for take in takes:
            self._by_number[take.key, take.number] = take
            self._by_bytes[take.key, take.pictures[0].sha256] = take

    def of(self, line: LockLine) -> Take | None:
        take = self._by_number.get((line.key, line.take))
        same = take is not None and take.pictures[0].sha256 == line.sha256
        return take if same else self._by_bytes.get((line.key, line.sha256))


def _named(renders: Renders, address: str, version: int, take: Take, number: int = 0) -> Iterator[_Wanted]:
    """The pictures of a take with their names. `number`: as the lock has it, when that is not the store's."""
    place, number = Address.parse(address), number or take.number
    for panel, picture in enumerate(take.pictures, 1):
        panel = panel if len(take.pictures) > 1 else 0
        ending = EXTENSIONS[picture.format]
        path = picture_path(renders.show, place, version, number, panel, ending, renders.pattern, renders.title)
        file = path.rpartition("/")[2]
        named = Named(renders.show, renders.title, address, version, number, panel, file, renders.rehearsal)
        yield _Wanted(path, picture, named, take)


# One link -------------------------------------------------------------------------------------------------------------


def _link(renders: Renders, store: Store, one: _Wanted, made_before: Mapping[str, str] | None) -> Linked:
    """Put one picture and its sidecar in place. `made_before` is read from the list when it is needed."""
    target = renders.folder / one.path
    if not store.path_of(one.picture).is_file():
        hint = "shotpilot store verify says more"
        return Linked(0, 0, 0, 0, (Problem("renders", Place(str(target)), "its bytes are not in the store", hint),))
    new = _put(store.path_of(one.picture), target)
    if not new and not _is(store.path_of(one.picture), target, one.picture):
        before = (made_before if made_before is not None else _made(renders)).get(one.path)
        there = hash_file(target) if target.is_file() else ""
        if there and (owner := _other_owner(renders, one.path, there)):
            return Linked(0, 0, 0, 0, (_taken(renders, one, owner),))
        ours = before and before != one.picture.sha256 and there == before
        if not ours or not store.holds(there, target):
            return Linked(0, 0, 0, 0, (_in_the_way(renders, one, "a file that shotpilot did not make"),))
        os.unlink(target)  # our own link to another picture, which is safe in the store
        new = _put(store.path_of(one.picture), target)
    listed = made_before is not None and made_before.get(one.path) == one.picture.sha256
    if not new and listed and os.path.exists(f"{target}.json"):
        return Linked(0, 1, 0, 0, ())
    problems = _put_sidecar(renders, store, one, anew=new)
    return Linked(int(new), int(not new), 0, 0, problems)


def _put(source: Path, target: Path) -> bool:
    """Link, or copy where the disk cannot link. False when a file of that name is there."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        if target.parent.is_dir():
            raise
        make_folder(target.parent, durable=False)
        return _put(source, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if os.path.lexists(target):
            return False
        _copy(source, target)
    return True


def _copy(source: Path, target: Path) -> None:
    make_folder(target.parent, durable=False)
    near = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        shutil.copyfile(source, near)
        os.chmod(near, READ_ONLY)
        os.replace(near, target)
    except OSError:
        with suppress(OSError):
            os.unlink(near)
        raise


def _is(source: Path, target: Path, picture: Picture) -> bool:
    """Is the file there this very picture: a link to it, or a copy of it?"""
    try:
        if os.path.samefile(source, target):
            return True
        return target.stat().st_size == picture.bytes and hash_file(target) == picture.sha256
    except OSError:
        return False


def _put_sidecar(renders: Renders, store: Store, one: _Wanted, *, anew: bool) -> tuple[Problem, ...]:
    target = renders.folder / f"{one.path}.json"
    there = _read(target)
    if there is not None and not anew and tells_of(there) == one.picture.sha256:
        return ()
    if there and not tells_of(there):
        return (_in_the_way(renders, one._replace(path=f"{one.path}.json"), "a file that shotpilot did not make"),)
    try:
        entry = store.entry_of(one.take.key, one.take.number)
    except ShotpilotError as error:
        return (Problem("renders", Place(str(target)), str(error), ""),)
    _write(target, sidecar_text(one.named, _as_wanted(entry, one.take), renders.sources).encode())
    return ()


def _as_wanted(entry: Entry, take: Take) -> Entry:
    return entry if entry.take == take else entry._replace(take=take)


def _write(target: Path, data: bytes) -> None:
    """In one step, without waiting for the disk: a sidecar can be made again."""
    near = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    near.write_bytes(data)
    os.replace(near, target)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _remove(renders: Renders, path: str, sha256: str) -> bool:
    """Take a link away, if it is still the picture that was linked; and its sidecar, and folders left empty."""
    if _other_owner(renders, path, sha256):
        return False  # the same picture for another list of the show: that one takes it away when it has no use for it
    target = renders.folder / path
    try:
        if hash_file(target) != sha256:
            return False
        os.unlink(target)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
            raise
        return False
    sidecar = renders.folder / f"{path}.json"
    if (there := _read(sidecar)) is not None and tells_of(there) == sha256:
        os.unlink(sidecar)
    with suppress(OSError):  # not empty: somebody keeps something there
        for folder in target.relative_to(renders.folder / renders.show).parents:
            os.rmdir(renders.folder / renders.show / folder)
    return True


# The list of what was made --------------------------------------------------------------------------------------------


def _list_file(renders: Renders) -> Path:
    return renders.folder / renders.show / ".shotpilot" / f"{renders.owner}.links"


def _made(renders: Renders) -> dict[str, str]:
    """Path -> sha256 of every link this owner made."""
    return _listed(_list_file(renders))


def _other_owner(renders: Renders, path: str, sha256: str) -> str:
    """The other list of the show that says it made this file with these bytes; "" where none does."""
    own = _list_file(renders)
    for file in sorted(own.parent.glob("*.links")):
        seen = file.stat()
        if file != own and _remembered(file, seen.st_mtime_ns, seen.st_size).get(path) == sha256:
            return file.name.removesuffix(".links")
    return ""


@lru_cache(maxsize=16)
def _remembered(file: Path, _changed: int, _bytes: int) -> dict[str, str]:
    """A list of somebody else's, parsed once: it may be asked about for every name of ours."""
    return _listed(file)


def _listed(file: Path) -> dict[str, str]:
    """Path -> sha256 of a list of links. A line that cannot be read made nothing."""
    text = (_read(file) or b"").decode("utf-8", "replace")
    rows = (line.split(" ", 1) for line in text.splitlines())
    return {row[1]: row[0] for row in rows if len(row) == 2 and not _leads_out(row[1])}


def _leads_out(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/")


def _note(renders: Renders, wanted: Iterable[_Wanted]) -> None:
    """Add to the list before anything is linked: after a crash a link is never nobody's."""
    text = "".join(f"{one.picture.sha256} {one.path}\n" for one in wanted)
    if text:
        file = _list_file(renders)
        make_folder(file.parent, durable=False)
        with file.open("a", encoding="utf-8") as listed:
            listed.write(text)


def _write_list(renders: Renders, made: Mapping[str, str]) -> None:
    text = "".join(sorted(f"{sha256} {path}\n" for path, sha256 in made.items()))
    file = _list_file(renders)
    if text or file.exists():
        write_atomic(file, text.encode(), durable=False)


def _in_the_way(renders: Renders, one: _Wanted, what: str) -> Problem:
    hint = "move it away, or change outputs.name; the picture itself is safe in the store"
    place = Place(str(renders.folder / one.path))
    return Problem("renders", place, f"this name is {what}, so it was left alone", hint, address=one.named.address)


def _taken(renders: Renders, one: _Wanted, owner: str) -> Problem:
    message = f"this name belongs to another picture, of the shot list {owner} of the same show, so it was left alone"
    hint = "give one of the two lists another `show`, or another outputs.name; the picture itself is safe in the store"
    place = Place(str(renders.folder / one.path))
    return Problem("renders", place, message, hint, Severity.WARNING, one.named.address)


def _joined(parts: Iterable[Linked]) -> Linked:
    made, kept, problems = 0, 0, list[Problem]()
    for part in parts:
        made, kept = made + part.made, kept + part.kept
        problems += part.problems
    return Linked(made, kept, 0, 0, tuple(problems))
