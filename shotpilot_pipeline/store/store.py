"""The store: bought bytes by their sha256, records beside them, an index that can always be made again.

    objects/ab/<sha256>.<ext>               the bytes, read-only, never changed
    takes/ab/<render key>.<number>.json     one record a take, written once (schemas/take-1.schema.json)
    staging/                                bytes on their way in
    index.db                                a memory of the two folders

A take is kept in this order: bytes written aside, synced, renamed; folders synced; record written aside, synced,
named. So at every instant there is no take or a whole one. Knows nothing of shot lists, addresses or HTTP.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shotpilot_pipeline import __version__
from shotpilot_pipeline.errors import StoreDamaged, UsageError
from shotpilot_pipeline.store.audit import Audit, audit
from shotpilot_pipeline.store.files import (
    NO_LINKS,
    READ_ONLY,
    hash_file,
    in_words,
    make_folder,
    move_in,
    put_new,
    sync,
    write_atomic,
    write_new,
)
from shotpilot_pipeline.store.index import Found, Index
from shotpilot_pipeline.store.marks import find_marks
from shotpilot_pipeline.store.objects import is_whole, object_path
from shotpilot_pipeline.store.pictures import EXTENSIONS
from shotpilot_pipeline.store.records import (
    KEY_PATTERN,
    DamagedRecord,
    Entry,
    read_record,
    record_bytes,
    record_name,
)
from shotpilot_pipeline.store.staging import Staging
from shotpilot_pipeline.values.take import Picture, Take

README = """\
These are the pictures that shotpilot bought for this show. DO NOT DELETE THIS FOLDER: a picture that is lost here
has to be bought again, and comes back as another picture.

objects/   the pictures, named by the sha256 of their bytes, read-only; files in renders/ are links to them
takes/     one record for each take: what was asked for, when, for how much, and which pictures came
staging/   downloads on their way in; what a crash leaves there is taken away by the next run
index.db   can be deleted at any time; `shotpilot store rebuild` makes it again

`shotpilot store verify` reads every byte again and says what is damaged or missing.
(Below .shotpilot/rehearsal/ the same folder holds drawn slates, which cost nothing.)
"""


class Store:
    """One store. Many processes may read it while one writes; threads of one process may share it.

    `durable=False` leaves out the waits for the disk: right for rehearsals, whose slates can be drawn again, since a
    kill does no harm even then, only a power failure can. `local` looks only at takes from a queue on this machine
    (True) or only at those from a real one (False), so that a slate never stands for a bought picture.
    """

    def __init__(self, folder: Path, *, durable: bool = True, local: bool | None = None) -> None:
        self._folder = folder
        self._durable = durable
        self._index = Index(folder, local=local)
        self._staging = Staging(folder / "staging")

    @property
    def folder(self) -> Path:
        """Where the store is; it may not exist yet."""
        return self._folder

    def close(self) -> None:
        """Let go of the index and take away what stands aside."""
        self._index.close()
        self._staging.close()

    # What is there --------------------------------------------------------------------------------------------------

    def counts(self) -> Mapping[str, int]:
        """Every render key with whole takes whose pictures are there, and how many. No look at each file."""
        return self._index.counts()

    def stamp(self) -> str:
        """What changes whenever a take or a picture comes or goes; "" where that cannot be told just now."""
        return self._index.stamp()

    def takes(self) -> Mapping[str, tuple[Take, ...]]:
        """Every whole take by key, in order of number, by the same quick look."""
        return self._index.takes()

    def takes_at_a_look(self, key: str) -> tuple[Take, ...]:
        """The whole takes of one key, in order of number, by the same quick look."""
        return self._index.takes_of(key)

    def takes_of(self, key: str) -> tuple[Take, ...]:
        """The whole takes of one key in order of number; each picture is looked at."""
        whole = []
        for take in self._index.recorded(key):
            absent = [picture for picture in take.pictures if not is_whole(self._folder, picture)]
            for picture in absent:
                self._index.doubt(picture.sha256)
            if not absent:
                whole.append(take)
        return tuple(whole)

    def recorded(self, key: str) -> tuple[Take, ...]:
        """The takes of one key with a good record, in order of number, even where a picture of them is lost."""
        return self._index.recorded(key)

    def next_number(self, key: str) -> int:
        """The first number after every take of `key` that was ever recorded, damaged and incomplete ones too."""
        return max(self._index.numbers(key), default=0) + 1

    def path_of(self, picture: Picture) -> Path:
        """Where the bytes of `picture` lie, or would lie."""
        return Path(object_path(self._folder, picture))

    def holds(self, sha256: str, copy: Path | None = None) -> bool:
        """Are these very bytes in the store? They are read, unless `copy`, known to be good, is a link to them."""
        for ending in EXTENSIONS.values():
            path = self._folder / "objects" / sha256[:2] / f"{sha256}.{ending}"
            with suppress(OSError):
                if (copy is not None and os.path.samefile(path, copy)) or hash_file(path) == sha256:
                    return True
        return False

    def lost(self) -> tuple[Picture, ...]:
        """Every picture that a record speaks of and that is not there, or not in its whole length."""
        return self._index.lost()

    def record_of(self, key: str, number: int) -> dict[str, object]:
        """What was told of a take's origin when it was kept, word for word. Raises like `entry_of`."""
        return self.entry_of(key, number).origin

    def entry_of(self, key: str, number: int) -> Entry:
        """The whole record of a take. Raises StoreDamaged when it cannot be read, UsageError when there is none."""
        path = self._record_path(key, number)
        try:
            return read_record(path)
        except FileNotFoundError:
            raise UsageError(f"take {number} of render key {key[:12]} is not in the store {self._folder}") from None
        except (DamagedRecord, OSError) as error:
            raise StoreDamaged(f"{path}: the record is damaged: {error}; bring it back from a copy") from error

    def damaged_records(self) -> tuple[tuple[Path, str], ...]:
        """Every record that cannot be read, with why. They count as missing."""
        return tuple((self._record_path(key, number), why) for key, number, why in self._index.damaged())

    def rebuild(self) -> int:
        """Make the index again from the records. Returns how many takes it holds."""
        return self._index.rebuild()

    def verify(
        self,
        tell: Callable[[int, int], None] | None = None,
        heal: Callable[[Picture], Path | None] | None = None,
        *,
        slates: bool = False,
    ) -> Audit:
        """Read every byte again. `tell` hears how many pictures of how many have been read.

        `heal` is asked for every picture that is damaged or missing: where it was put back from, None if it was not.
        `slates`: this is a rehearsal's store, where everything can be drawn again.
        """
        return audit(self._folder, self.counts, tell, heal, slates=slates)

    # Keeping --------------------------------------------------------------------------------------------------------

    def staging(self) -> Path:
        """A folder of this process on the store's disk, for bytes on their way in. Raises StoreUnwritable."""
        with in_words(self._folder):
            self._make()
            return self._staging.folder()

    def keep(self, key: str, number: int, aside: Sequence[tuple[Path, Picture]], record: Mapping[str, object]) -> Take:
        """Move the pictures of one take in, then its record. The same take again does nothing.

        `aside` are files (best in `staging()`), each with what `check_picture` said of it. Raises StoreUnwritable
        when the disk is full or read-only (no take then, and no half one), UsageError when other pictures are
        kept under this key and number, StoreDamaged when a file is not what it was when it was checked.
        """
        take = Take(key, number, tuple(picture for _, picture in aside))
        _require_sound(take)
        with in_words(self._folder):
            self._make()
            known = self._known(take)
            text = b"" if known else self._record(take, aside, record)
            for path, picture in aside:
                self._keep_picture(path, picture)
            self._sync_folders(take)
            if not known:
                self._keep_record(take, text)
            for path, _ in aside:
                path.unlink(missing_ok=True)
            self._enter(take)
        return known or take

    def put_back(self, picture: Picture, copy: Path) -> None:
        """Put the bytes of a lost picture back from a copy, by a link where that can never be written to.

        Raises StoreDamaged when the copy holds other bytes, StoreUnwritable.
        """
        with in_words(self._folder):
            if hash_file(copy) != picture.sha256:
                raise StoreDamaged(f"{copy}: this is not the picture that was lost")
            aside = self._staging.folder() / f"{picture.sha256}.{uuid.uuid4().hex[:8]}"
            _doubled(copy, aside)
            os.chmod(aside, READ_ONLY)
            target = self.path_of(picture)
            make_folder(target.parent, durable=self._durable)
            if self._durable:
                sync(aside)
            os.replace(aside, target)
            if self._durable:
                sync(target.parent)
        self._index.doubt(picture.sha256)

    def withdraw(self, key: str, number: int) -> None:
        """Let a take count no more: its record is put aside, its pictures stay. Raises as `entry_of`, StoreUnwritable.

        For takes that a person brought in and takes back; what was bought is never withdrawn.
        """
        path = self._record_path(key, number)
        self.entry_of(key, number)
        with in_words(self._folder):
            os.rename(path, path.with_name(f"{path.name}.withdrawn-{uuid.uuid4().hex[:8]}"))
            if self._durable:
                sync(path.parent)

    def _make(self) -> None:
        make_folder(self._folder, durable=self._durable)
        if not (self._folder / "README.txt").exists():
            write_atomic(self._folder / "README.txt", README.encode(), durable=self._durable)

    def _known(self, take: Take) -> Take | None:
        """The take as it is kept already. A damaged record of it is put aside, never overwritten."""
        path = self._record_path(take.key, take.number)
        try:
            known = read_record(path).take
        except FileNotFoundError:
            return None
        except DamagedRecord as error:
            if error.newer:
                raise StoreDamaged(f"{path}: {error}") from error
            os.rename(path, path.with_name(f"{path.name}.damaged-{uuid.uuid4().hex[:8]}"))
            return None
        if [picture.sha256 for picture in known.pictures] != [picture.sha256 for picture in take.pictures]:
            raise UsageError(
                f"{path}: take {take.number} is kept already, with other pictures; nothing is overwritten: "
                f"keep this one as take {self.next_number(take.key)}"
            )
        return known

    def _record(self, take: Take, aside: Sequence[tuple[Path, Picture]], origin: Mapping[str, object]) -> bytes:
        """The record's text, made before anything is moved. Raises UsageError when the origin is not JSON."""
        marks = []
        for path, picture in aside:
            there = path if path.exists() else self.path_of(picture)
            if not there.exists():
                raise UsageError(f"{path}: there is no such file to keep")
            marks.append(find_marks(there, picture.format))
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        entry = Entry(take, tuple(marks), now, f"shotpilot {__version__}", dict[str, Any](origin))
        try:
            return record_bytes(entry)
        except (TypeError, ValueError) as error:
            raise UsageError(f"the origin of a take must be plain JSON: {error}") from error

    def _keep_picture(self, path: Path, picture: Picture) -> None:
        target = self.path_of(picture)
        make_folder(target.parent, durable=self._durable)
        if is_whole(self._folder, picture) and hash_file(target) == picture.sha256:
            if self._durable:
                sync(target)
            return
        if hash_file(path) != picture.sha256:
            raise StoreDamaged(f"{path}: the file changed after it was checked; fetch it again")
        os.chmod(path, READ_ONLY)
        if self._durable:
            sync(path)
        move_in(path, target, self._staging.folder())

    def _sync_folders(self, take: Take) -> None:
        if self._durable:
            for folder in {self.path_of(picture).parent for picture in take.pictures}:
                sync(folder)

    def _keep_record(self, take: Take, text: bytes) -> None:
        target = self._record_path(take.key, take.number)
        make_folder(target.parent, durable=self._durable)
        aside = self._staging.folder() / f"{target.name}.{uuid.uuid4().hex[:8]}"
        write_new(aside, text, durable=self._durable)
        os.chmod(aside, READ_ONLY)
        try:
            put_new(aside, target)
        except FileExistsError:  # another thread was first; the same pictures are welcome, others are not
            self._known(take)
        if self._durable:
            sync(target.parent)

    def _enter(self, take: Take) -> None:
        """Tell the index. What it is not told (a crash here) it finds by itself."""
        path = self._record_path(take.key, take.number)
        seen = path.stat()
        self._index.enter(Found(take.key, take.number, seen.st_size, seen.st_mtime_ns, read_record(path), ""))

    def _record_path(self, key: str, number: int) -> Path:
        return self._folder / "takes" / key[:2] / record_name(key, number)


def _doubled(copy: Path, aside: Path) -> None:
    """A second name for a file nobody may write to, else a second file."""
    if not os.stat(copy).st_mode & 0o222:
        try:
            os.link(copy, aside)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
        else:
            return
    shutil.copyfile(copy, aside)


def _require_sound(take: Take) -> None:
    """Names are made of these, so they must be what they say. Raises UsageError."""
    if not KEY_PATTERN.match(take.key):
        raise UsageError(f"{take.key!r} is not a render key; it has 64 hex digits")
    if take.number < 1:
        raise UsageError(f"takes are numbered from 1, not {take.number}")
    if not take.pictures:
        raise UsageError("a take has at least one picture")
    for picture in take.pictures:
        if not KEY_PATTERN.match(picture.sha256):
            raise UsageError(f"{picture.sha256!r} is not a sha256; it has 64 hex digits")
