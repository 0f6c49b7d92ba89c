"""One picks file on disk: read whole, replaced whole, under a lock. Does not know what its entries mean."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import BadFiles, Place, Problem, ShowLocked
from shotpilot_pipeline.shotlist.filetext import read_text
from shotpilot_pipeline.shotlist.picks import HEADER, Said, decisions_in
from shotpilot_pipeline.store.files import in_words, make_folder
from shotpilot_pipeline.store.moving import moved_address
from shotpilot_pipeline.store.swap import put_in_place
from shotpilot_pipeline.values.decision import Decision

PATIENCE = 30.0  # seconds; a change of the file takes some hundredths
_BOM = b"\xef\xbb\xbf"


class Read(NamedTuple):
    """A picks file as it stood at one moment. `decisions` are under the list's own addresses."""

    data: bytes | None  # None: there was no file
    text: str
    said: Said
    decisions: Mapping[str, Decision]


class PicksFile:
    """The picks file of one list."""

    def __init__(self, path: Path, show: str, moved: Sequence[tuple[str, str]] = ()) -> None:
        self._path = path
        self._show = show
        self._moved = moved
        self.name = str(path)

    def read(self) -> Read:
        """The file as it stands. Raises BadFiles where it is damaged, cannot be read, or belongs to another show."""
        data = self._bytes()
        if data is None or not data.strip():
            return Read(data, "", Said({}), {})
        got = read_text(self._path, self.name, HEADER)
        if isinstance(got, Problem):
            raise BadFiles([got])
        said, problems = decisions_in(got.text, self.name)
        if problems:
            raise BadFiles(problems)
        require_show(said, self.name, self._show)
        decisions = {
            at: one._replace(address=at, pick=one.pick and one.pick._replace(address=at))
            for address, one in said.decisions.items()
            for at in [moved_address(address, self._moved)]
        }
        return Read(data, got.text, said, decisions)

    def name_in(self, address: str, read: Read) -> str:
        """How the file calls an address: by its old name, where the shot moved since."""
        if address in read.said.decisions:
            return address
        return next((old for old in read.said.decisions if moved_address(old, self._moved) == address), address)

    def as_written(self, decisions: Mapping[str, Decision], read: Read) -> dict[str, Decision]:
        """The decisions under the names that the file uses."""
        return {
            name: one._replace(address=name, pick=one.pick and one.pick._replace(address=name))
            for address, one in decisions.items()
            for name in [self.name_in(address, read)]
        }

    def replace(self, read: Read, text: str) -> bool:
        """Put `text` in the place of what was read; False where the file is another by now: then nothing happened.

        Raises StoreUnwritable where the disk refuses; the file is then what it was.
        """
        data = text.encode()
        if read.data is not None:
            data = data.replace(b"\n", b"\r\n") if b"\r\n" in read.data else data
            data = _BOM + data if read.data.startswith(_BOM) else data
        return put_in_place(self._path.resolve(), data, read.data)  # a link to a file elsewhere stays one

    def _bytes(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            hint = "check the path and its permissions"
            raise BadFiles([Problem("file", Place(self.name), f"cannot be read ({error.strerror})", hint)]) from error


def read_picks_file(path: Path, show: str = "", moved: Sequence[tuple[str, str]] = ()) -> Read:
    """The picks file at `path` as it stands; `show` "" takes those of any show. Raises BadFiles."""
    return PicksFile(path, show, moved).read()


def require_show(said: Said, name: str, show: str) -> None:
    """Raise BadFiles where a picks file names another show than the list does."""
    if show and said.show and said.show != show:
        message = f"these are the picks of {said.show}, and the shot list is of {show}"
        hint = f"put the right file in its place; if the show was renamed, write `show: {show}` here"
        raise BadFiles([Problem("picks-show", said.show_place or Place(name), message, hint)])


@contextmanager
def holding(lock: Path) -> Iterator[None]:
    """Be the one who changes picks while the block runs. Raises ShowLocked after half a minute.

    Who waits holds the turn, and who comes again must wait for the turn: nobody is passed over for long.
    """
    until = time.monotonic() + PATIENCE
    with in_words(lock.parent):
        make_folder(lock.parent, durable=False)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        turn = os.open(lock.with_suffix(".turn"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            _wait_for(turn, lock, until)
            _wait_for(handle, lock, until)
        finally:
            os.close(turn)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, lock: Path, until: float) -> None:
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() > until:
            raise ShowLocked(
                f"{lock}: another program has been saving picks for {PATIENCE:.0f} s; stop it, or try again"
            )
        time.sleep(0.004)
