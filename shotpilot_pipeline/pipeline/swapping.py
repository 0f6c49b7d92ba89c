"""Two shots change places in a list: what was bought, picked and ruled goes with them, once and whole.

A move (`moved:` in the list) can stand there for ever, since following it again changes nothing. An exchange cannot:
done twice it is undone. So it is carried out once, by `shotpilot swap`, in the lock, the picks and the rulings, of
what was bought and of the rehearsal. A journal makes it one step: it holds every new text before the first file is
touched, and whatever reads the list next ends what a kill cut short.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import StoreDamaged, UsageError
from shotpilot_pipeline.pipeline.choosing import now, who
from shotpilot_pipeline.pipeline.keeping import renders_of
from shotpilot_pipeline.pipeline.picksfile import holding, read_picks_file
from shotpilot_pipeline.pipeline.places import Places, places_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.store.files import write_atomic
from shotpilot_pipeline.store.lock import moved_lock, read_lock, swapped_lock
from shotpilot_pipeline.store.moving import moved_address
from shotpilot_pipeline.store.renders import link_renders
from shotpilot_pipeline.store.rulings import moved_rulings, one_line, read_rulings, rulings_text
from shotpilot_pipeline.store.show_lock import hold_show
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.rulings import NO_KEY, Kind, Ruling, swapped

_ENTRY = re.compile(r"""^(["']?)([A-Za-z0-9][\w-]*/[A-Za-z0-9][\w.-]*@[A-Za-z0-9][\w-]*)(?=\1\s*:)""", re.MULTILINE)


class Swapped(NamedTuple):
    """What was exchanged: the two shots, and how many files say so now."""

    one: str
    other: str
    files: tuple[str, ...]


def swap(reading: Reading, one: str, other: str, *, why: str = "") -> Swapped:
    """Exchange two shots (`scene/shot`) in everything that is kept of the list. The same again exchanges them back.

    Raises UsageError for what is not in the list, or the same twice; ShowLocked, StoreUnwritable.
    """
    shots = dict.fromkeys(f"{scene.id}/{shot.id}" for scene in reading.compiled.scenes for shot in scene.shots)
    shots |= dict.fromkeys(task.address.partition("@")[0].partition(".")[0] for task in reading.compiled.tasks)
    for name in (one, other):
        if name not in shots:
            raise UsageError(f"there is no shot {name}; {near(name, shots) or 'write scene/shot'}")
    if one == other:
        raise UsageError(f"{one} cannot change places with itself")
    places = reading.places
    with ExitStack() as stack:
        stack.enter_context(hold_show(places.held, f"swap {places.shot_list.name}"))
        realms = _realms(places)
        for realm in realms:
            stack.enter_context(holding(realm.picking))
        ruling = Ruling(one, Kind.SWAP, NO_KEY, other, now(), who(places.root), one_line(why))
        texts = {str(path): text for realm in realms for path, text in _texts(reading, realm, ruling)}
        write_atomic(journal_of(places), json.dumps(texts).encode(), durable=True)
        _finish(journal_of(places))
        for realm in realms:
            realm.undo.unlink(missing_ok=True)  # it speaks of the shots as they stood before
        _name_anew(reading)
    return Swapped(one, other, tuple(texts))


def journal_of(places: Places) -> Path:
    """Where the new texts stand while they are put in place."""
    return places.root / ".shotpilot" / f"{places.memo.name}.swap"


def finish_swap(places: Places) -> None:
    """End an exchange that was cut short; nothing where none was. Raises ShowLocked, StoreDamaged."""
    if journal_of(places).exists():
        with hold_show(places.held, f"swap {places.shot_list.name}"):
            _finish(journal_of(places))


def _finish(journal: Path) -> None:
    """Put every text of the journal in place, then take the journal away. Doing it twice does it once."""
    if not journal.exists():
        return
    try:
        texts: dict[str, str] = json.loads(journal.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StoreDamaged(f"{journal}: this journal of an exchange is damaged ({error}); take it away") from None
    for path, text in texts.items():
        write_atomic(Path(path), text.encode(), durable=True)
    journal.unlink()


def _realms(places: Places) -> tuple[Places, Places]:
    """What was bought, and its rehearsal: an exchange is about the list, so it is about both."""
    return tuple(  # type: ignore[return-value]
        places_of(places.shot_list, places.root, rehearsal=rehearsal, store=None if rehearsal else places.store)
        for rehearsal in (False, True)
    )


def _texts(reading: Reading, realm: Places, ruling: Ruling) -> Iterator[tuple[Path, str]]:
    """The new text of every file of a realm that there is; the rulings are always written, they say what was done."""
    moved, exchange = reading.compiled.moved, swapped(ruling.address, ruling.what)
    if realm.lock.exists():
        yield realm.lock, swapped_lock(moved_lock(read_lock(realm.lock), moved), ruling.address, ruling.what).text()
    if realm.picks.exists():
        read = read_picks_file(realm.picks, reading.compiled.show, moved)
        yield realm.picks, _picks_text(read.text, moved, exchange)
    there = moved_rulings(read_rulings(realm.rulings), moved)
    if not realm.rehearsal or realm.rulings.exists() or realm.lock.exists():
        kept = [one._replace(address=exchange(one.address)) if one.kind is not Kind.SWAP else one for one in there]
        yield realm.rulings, rulings_text([*kept, ruling])


def _picks_text(text: str, moved: Sequence[tuple[str, str]], exchange: Callable[[str], str]) -> str:
    """A picks file with its entries under their new addresses; every other letter stays as it is."""
    return _ENTRY.sub(lambda found: f"{found[1]}{exchange(moved_address(found[2], moved))}", text)


def _name_anew(reading: Reading) -> None:
    """Bring the names in renders/ up to the lock; what stands in the way is told by the next run."""
    for realm in _realms(reading.places):
        if realm.lock.exists():
            store = Store(realm.store)
            try:
                link_renders(renders_of(replace(reading, places=realm)), store, read_lock(realm.lock))
            finally:
                store.close()
