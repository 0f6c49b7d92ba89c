"""The blocks a picture file is made of: PNG chunks, JPEG segments, WebP chunks. Decodes no pixel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

Data = memoryview

PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"
_JPEG_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)  # neither a stuffed 0xFF nor a restart marker
_JPEG_SCAN, _JPEG_END = "DA", "D9"


class CutShort(ValueError):
    """The file ends before its last block does."""


class Block(NamedTuple):
    """One block: its name (`IDAT`, `E1`, `VP8X`) and where its content stands, in bytes from the file's start."""

    name: str
    start: int
    end: int


def sniff(head: bytes) -> str:
    """`png`, `jpeg` or `webp` by the first 12 bytes; "" for anything else."""
    if head.startswith(PNG_START):
        return "png"
    if head.startswith(JPEG_START):
        return "jpeg"
    return "webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else ""


def blocks(data: Data, kind: str) -> Iterator[Block]:
    """The blocks of a file of `kind`, to its whole end. Raises CutShort where the file stops before that."""
    return {"png": _png, "jpeg": _jpeg, "webp": _webp}[kind](data)


def _png(data: Data) -> Iterator[Block]:
    at = len(PNG_START)
    while at + 12 <= len(data):  # length, name and checksum take 4 bytes each
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            break
        block = Block(bytes(data[at + 4 : at + 8]).decode("latin-1"), at + 8, at + 8 + length)
        yield block
        if block.name == "IEND":
            return
        at = block.end + 4
    raise CutShort


def _jpeg(data: Data) -> Iterator[Block]:
    at = 2
    while found := _JPEG_MARKER.search(data, at):
        name, at = f"{data[found.end() - 1]:02X}", found.end()
        if name == _JPEG_END:
            return
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or end < at + 2:
            break
        yield Block(name, at + 2, end)
        at = end
    raise CutShort


def _webp(data: Data) -> Iterator[Block]:
    whole = 8 + int.from_bytes(data[4:8], "little")
    if whole > len(data):
        raise CutShort
    at = 12
    while at + 8 <= whole:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > whole:
            raise CutShort
        yield Block(bytes(data[at : at + 4]).decode("latin-1"), at + 8, at + 8 + length)
        at += 8 + length + length % 2
