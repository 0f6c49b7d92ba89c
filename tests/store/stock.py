"""Pictures and takes for the tests of the store: small, real, and each with bytes of its own."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

from shotpilot_pipeline.store.pictures import check_picture
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.take import Picture, Take


def key_of(name: str) -> str:
    """A render key."""
    return hashlib.sha256(name.encode()).hexdigest()


def png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(words: str = "", *, width: int = 4, height: int = 3, extra: bytes = b"") -> bytes:
    """A whole grey PNG that no other words give."""
    rows = b"".join(b"\0" + bytes(width) for _ in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + png_chunk(b"tEXt", b"words\0" + words.encode("utf-8"))
        + extra
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


def put_aside(store: Store, words: str, place: str = "") -> tuple[Path, Picture]:
    """A picture in the store's staging, checked."""
    path = store.staging() / (place or hashlib.sha256(words.encode()).hexdigest()[:16])
    path.write_bytes(png(words))
    return path, check_picture(path)


def kept(store: Store, key: str, number: int, *words: str, **origin: object) -> Take:
    """Keep a take whose pictures say `words`."""
    aside = [put_aside(store, word, f"{number}.{place}") for place, word in enumerate(words or (f"{key}{number}",))]
    return store.keep(key, number, aside, {"address": "sc010/sh010@iterate", **origin})
