"""The media host of the rehearsal queue: uploaded files, and drawn pictures that can be drawn again.

Does not draw. Uploads are kept as long as the queue lives, equal bytes once, in memory while they are few and in an
unnamed file after that. Of the drawn pictures only the latest are kept: they are deterministic, so an older one is
drawn anew when somebody asks for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from os import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import NamedTuple

from shotpilot_pipeline.values.digest import sha256_bytes

MOST_HEAP_BYTES = 32 * 1024 * 1024  # of uploads that are kept in memory
MOST_DRAWN_BYTES = 48 * 1024 * 1024  # some hundred slates


class File(NamedTuple):
    """A stored file."""

    data: bytes
    content_type: str


def _new_heap() -> SpooledTemporaryFile[bytes]:
    return SpooledTemporaryFile(max_size=MOST_HEAP_BYTES)


@dataclass(slots=True)
class Media:
    """Files by their path (`/files/b/...`)."""

    _heap: SpooledTemporaryFile[bytes] = field(default_factory=_new_heap)  # uploaded bytes, one after the other
    _places: dict[str, tuple[int, int]] = field(default_factory=dict)  # sha256 -> place in the heap, length
    _uploads: dict[str, tuple[str, str]] = field(default_factory=dict)  # path -> sha256 ("" until put), type
    _signatures: dict[str, str] = field(default_factory=dict)
    _drawn: OrderedDict[str, File] = field(default_factory=OrderedDict)
    _drawn_bytes: int = 0
    came: Callable[[str, str, bytes], None] = lambda path, content_type, data: None  # hears of each whole upload

    def announce(self, path: str, content_type: str, signature: str) -> None:
        """An upload is to come to `path`."""
        self._uploads[path] = ("", content_type)
        self._signatures[path] = signature

    def put(self, path: str, signature: str, data: bytes) -> bool:
        """Take an announced upload; False when nothing was announced there, or under another signature."""
        if path not in self._uploads or self._signatures[path] != signature:
            return False
        sha256 = sha256_bytes(data)
        if sha256 not in self._places:
            self._places[sha256] = self._heap.seek(0, SEEK_END), len(data)
            self._heap.write(data)
        self._uploads[path] = (sha256, self._uploads[path][1])
        self.came(path, self._uploads[path][1], data)
        return True

    def keep(self, path: str, file: File) -> None:
        """Keep a drawn picture for a while."""
        before = self._drawn.pop(path, None)
        self._drawn_bytes -= len(before.data) if before else 0
        self._drawn[path] = file
        self._drawn_bytes += len(file.data)
        while self._drawn_bytes > MOST_DRAWN_BYTES and len(self._drawn) > 1:
            self._drawn_bytes -= len(self._drawn.popitem(last=False)[1].data)

    def drawn(self, path: str) -> bool:
        """Whether a drawn picture is still at hand."""
        return path in self._drawn

    def get(self, path: str) -> File | None:
        """The file at `path`, or None."""
        if path in self._drawn:
            return self._drawn[path]
        sha256, content_type = self._uploads.get(path, ("", ""))
        if not sha256:
            return None
        place, length = self._places[sha256]
        self._heap.seek(place)
        return File(self._heap.read(length), content_type)
