"""A file becomes a take: checked like a download, kept with its provenance, for nothing. And the way back.

    check ▶ copy aside ▶ keep in the store ▶ lock, ruling ▶ names

Each step can be done again: after a kill the same command ends what was begun. The picture stands for the request of
its address as that is now; that it was not made by it is said in its record, its sidecar and the rulings.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import Problem, TakesFailed, UsageError
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.choosing import who
from shotpilot_pipeline.pipeline.keeping import renders_of
from shotpilot_pipeline.pipeline.naming import no_such
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.ruling import list_rulings, now
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list
from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.store.lock import Lock, moved_lock, read_lock, write_lock
from shotpilot_pipeline.store.pictures import check_picture
from shotpilot_pipeline.store.renders import link_renders, link_take
from shotpilot_pipeline.store.rulings import one_line, write_rulings
from shotpilot_pipeline.store.show_lock import hold_show
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.address import Address
from shotpilot_pipeline.values.origin import is_loopback
from shotpilot_pipeline.values.plan import Action, PlanLine
from shotpilot_pipeline.values.request import endpoint_of, input_of
from shotpilot_pipeline.values.rulings import Kind, Ruling
from shotpilot_pipeline.values.take import Picture, Take


class Adopted(NamedTuple):
    """A take that was brought in: its address, version and pictures, and what to know of it."""

    address: str
    version: int
    take: Take
    doubts: tuple[str, ...]  # a size unlike the other takes', say
    problems: tuple[Problem, ...]  # with its names in renders/


@dataclass(frozen=True, slots=True)
class _Into:
    """Where a file goes: the task's line in the plan, and the takes it joins."""

    line: PlanLine
    takes: Sequence[Take]


def adopt_files(reading: Reading, address: str, files: Sequence[Path], *, why: str = "") -> Adopted:
    """Make `files` (one, or a series' panels in order) the next take of the task at `address`.

    The same files again change nothing. Raises UsageError for a task that cannot have it or a file that is no whole
    picture; ShowLocked, StoreUnwritable.
    """
    places = reading.places
    pictures = [_checked(file) for file in files]
    with hold_show(places.held, f"adopt {places.shot_list.name}"):
        store = Store(places.store, local=places.local, durable=not places.rehearsal)
        try:
            into = _into(reading, address, len(files))
            lock = moved_lock(read_lock(places.lock), reading.compiled.moved)
            take = _same(into.takes, pictures) or _kept(reading, store, lock, into, files, pictures, why)
            version = lock.next_version(into.line.address, take.key)
            write_lock(places.lock, lock.with_take(into.line.address, take))
            _rule(reading, into.line.address, take, why)
            problems = link_take(renders_of(reading), store, into.line.address, version, take).problems
            return Adopted(into.line.address, version, take, _doubts(into.takes, take), problems)
        finally:
            store.close()


def take_back_adopted(reading: Reading, address: str) -> tuple[Ruling, ...]:
    """Let adopted files be takes no more: of a whole task, or one take (`sc010/sh010@final#3`). Their bytes stay kept.

    Raises UsageError where nothing was adopted, or where it was bought (a request): what is paid for stays.
    """
    places = reading.places
    with hold_show(places.held, f"adopt --undo {places.shot_list.name}"):
        there = list_rulings(reading)
        gone = [ruling for ruling in there if ruling.kind is Kind.ADOPT and _means(address, ruling)]
        if not gone:
            raise UsageError(f"nothing was adopted at {address}; {places.rulings.name} lists what was")
        store = Store(places.store)
        try:
            lock = moved_lock(read_lock(places.lock), reading.compiled.moved)
            for ruling in gone:
                lock = _withdrawn(store, lock, ruling)
            write_lock(places.lock, lock)
            write_rulings(places.rulings, [ruling for ruling in there if ruling not in gone])
            link_renders(renders_of(reading), store, lock)
        finally:
            store.close()
        return tuple(gone)


def take_number(ruling: Ruling) -> int:
    """The number of the take that an adopt is about."""
    return int(ruling.what.partition(".")[0].removeprefix("t"))


def rule_adopted(reading: Reading, address: str, take: Take, why: str) -> None:
    """Write down that `take` was adopted, once. Under the show's lock."""
    _rule(reading, address, take, why)


def adopted_json(done: Adopted) -> dict[str, Any]:
    """An adopted take, for programs."""
    return {
        "address": f"{done.address}#v{done.version}.{done.take.number}",
        "render_key": done.take.key,
        "take": done.take.number,
        "pictures": [picture._asdict() for picture in done.take.pictures],
        "cost_usd": "0.00",
        "doubts": list(done.doubts),
    }


def _checked(file: Path) -> Picture:
    """What the file holds. Raises UsageError for anything but a whole picture."""
    try:
        return check_picture(file)
    except TakesFailed as error:
        raise UsageError(
            f"{file}: {str(error).partition(': ')[2]}".replace("fetch it again", "bring a whole copy")
        ) from None


def _into(reading: Reading, address: str, files: int) -> _Into:
    """The task that `address` names, as it stands now. Raises UsageError where it cannot take a file."""
    index = Index(reading.compiled.tasks)
    tasks, at = index.tasks, address.partition("#")[0]
    if at not in tasks:
        raise UsageError(no_such(at, index, reading.places.shot_list.name))
    known = known_of(reading, bought_of(reading))
    line = next(line for line in plan_list(reading, Wish(), known).lines if line.address == at)
    if not line.key or line.action is Action.OMITTED:
        raise UsageError(f"{at} cannot take a picture yet: {line.reason}")
    if line.key in known.undecided:
        raise UsageError(f"{at}: {known.undecided[line.key]}; decide that first, so that no number is given twice")
    if files != tasks[at].panels:
        wants = f"a series of {tasks[at].panels} panels" if tasks[at].panels > 1 else "one picture"
        raise UsageError(f"{at} is {wants}, and {files} files are named; a take is adopted whole")
    return _Into(line, known.takes_of(line.key))


def _same(takes: Sequence[Take], pictures: Sequence[Picture]) -> Take | None:
    wanted = [picture.sha256 for picture in pictures]
    return next((take for take in takes if [picture.sha256 for picture in take.pictures] == wanted), None)


def _kept(
    reading: Reading,
    store: Store,
    lock: Lock,
    into: _Into,
    files: Sequence[Path],
    pictures: Sequence[Picture],
    why: str,
) -> Take:
    """The files as a take of the store, under the next number that neither the store nor the lock has."""
    key, address = into.line.key, into.line.address
    in_lock = max((line.take for line in lock.at(address) if line.key == key), default=0)
    number = max(store.next_number(key) - 1, in_lock) + 1
    aside = []
    for place, (file, picture) in enumerate(zip(files, pictures, strict=True), 1):
        copy = store.staging() / f"adopted.{picture.sha256[:16]}.{place}"
        shutil.copyfile(file, copy)
        aside.append((copy, picture))
    queue = reading.settings.get("fal", "queue_url")
    origin: dict[str, Any] = {
        "show": reading.compiled.show,
        "address": address,
        "stage": address.rpartition("@")[2],
        "adopted": {
            "by": who(reading.places.root),
            "at": now(),
            "why": one_line(why),
            "file": [file.name for file in files],
        },
        "stands_for": {"endpoint": endpoint_of(into.line.form), "input": input_of(into.line.form)},
        "price_usd": "0.00",
        "at": now(),
    }
    if is_loopback(queue) and not reading.places.rehearsal:
        origin["queue"] = queue  # a trial on this machine: what it adopts counts in trials alone
    return store.keep(key, number, aside, origin)


def _rule(reading: Reading, address: str, take: Take, why: str) -> None:
    what = ".".join((f"t{take.number:02}", *(picture.sha256 for picture in take.pictures)))
    there = list_rulings(reading)
    if not any((one.address, one.kind, one.key, one.what) == (address, Kind.ADOPT, take.key, what) for one in there):
        ruling = Ruling(address, Kind.ADOPT, take.key, what, now(), who(reading.places.root), one_line(why))
        write_rulings(reading.places.rulings, (*there, ruling))


def _doubts(others: Sequence[Take], take: Take) -> tuple[str, ...]:
    """What a person should look at: another size than the takes it joins."""
    sizes = {(picture.width, picture.height) for other in others for picture in other.pictures if other != take}
    own = {(picture.width, picture.height) for picture in take.pictures}
    if not sizes or own <= sizes:
        return ()
    width, height = sorted(own - sizes)[0]
    other = sorted(sizes)[0]
    return (f"it has {width} x {height} pixels, and the other takes have {other[0]} x {other[1]}",)


def _means(address: str, ruling: Ruling) -> bool:
    """Whether an address as typed means an adopted take."""
    at, _, take = address.partition("#")
    if take:
        return at == ruling.address and Address.parse(f"{ruling.address}#{take}").take == take_number(ruling)
    return at in (ruling.address, ruling.address.partition("@")[0])


def _withdrawn(store: Store, lock: Lock, ruling: Ruling) -> Lock:
    """The take out of the store's count and the lock. Raises UsageError where it was bought."""
    number = take_number(ruling)
    there = [take for take in store.takes_of(ruling.key) if take.number == number]
    if there:
        if store.record_of(ruling.key, number).get("request_id"):
            what = f"take {number} of {ruling.address} came from a paid request"
            raise UsageError(f"{what}, so it stays; reject it where takes are picked")
        store.withdraw(ruling.key, number)
    return lock.without(ruling.address, ruling.key, number)
