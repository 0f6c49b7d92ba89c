"""Makes thumbnails in the background: those a page asks for first, then all the others in the order of the list.

Each is made once and kept (thumbs.py). Does not know pages, shots or takes: only files by their sha256.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path

from shotpilot_pipeline.review.thumbs import LARGE, Size, thumbnail

THREADS = 2  # decoding releases the interpreter; the person at the page wants the machine too


class Darkroom:
    """A few threads and two heaps of work. `files` is asked anew for each picture: it grows while a render runs."""

    def __init__(self, cache: Path, size: Size = LARGE) -> None:
        self._cache = cache
        self._size = size
        self._files: Mapping[str, Path] = {}
        self._asked: deque[tuple[str, Future[bytes]]] = deque()  # the last asked first: that is what is seen now
        self._later: deque[str] = deque()
        self._told: set[str] = set()
        self._bell = threading.Condition()
        self._closed = False
        self._threads = [threading.Thread(target=self._work, daemon=True, name=f"darkroom-{n}") for n in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Let the threads go; what is asked for still is given up."""
        with self._bell:
            self._closed = True
            for _, future in self._asked:
                future.cancel()
            self._bell.notify_all()

    def expect(self, files: Mapping[str, Path], order: Iterable[str]) -> None:
        """These pictures exist, and may be asked for; those that are new are made ahead in `order`."""
        with self._bell:
            self._files = files
            fresh = [sha256 for sha256 in order if sha256 not in self._told]
            self._told.update(fresh)
            self._later.extend(fresh)
            self._bell.notify_all()

    def ask(self, sha256: str) -> Future[bytes]:
        """The thumbnail, soon. The future raises OSError where the picture is missing or cannot be read."""
        future: Future[bytes] = Future()
        with self._bell:
            if self._closed:
                future.cancel()
            else:
                self._asked.append((sha256, future))
                self._bell.notify()
        return future

    def _work(self) -> None:
        while True:
            with self._bell:
                while not (self._asked or self._later or self._closed):
                    self._bell.wait()
                if self._closed:
                    return
                sha256, future = self._asked.pop() if self._asked else (self._later.popleft(), Future())
                file = self._files.get(sha256)
            self._make(sha256, file, future)

    def _make(self, sha256: str, file: Path | None, future: Future[bytes]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            if file is None:
                raise FileNotFoundError(sha256)
            future.set_result(thumbnail(file, self._cache, sha256, self._size))
        except Exception as error:  # whatever a picture does to its decoder: the next one is still made
            future.set_exception(error)
