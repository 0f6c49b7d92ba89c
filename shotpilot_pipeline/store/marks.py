"""The marks a picture carried when it arrived: content credentials, XMP, text, a colour profile.

Only says what is there. Does not judge whether a signature holds, and changes no byte.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.store.containers import Block, CutShort, Data, blocks

_SOURCE_TYPE = re.compile(rb"DigitalSourceType(?:>|=[\"']|[^>]{0,80}resource=[\"'])\s*([^\s\"'<]{1,200})")
_XMP_JPEG, _EXIF_JPEG = b"http://ns.adobe.com/xap/1.0/\0", b"Exif\0\0"
_XMP_PNG = b"XML:com.adobe.xmp"
_LABELLED = b"AIGC"  # the object GB 45438-2025 puts into XMP, EXIF or a text chunk
_TEXT_LONGEST = 79  # bytes of a PNG keyword (PNG specification, 11.3.3)


class Marks(NamedTuple):
    """What was found in one file."""

    c2pa: bool = False  # a C2PA manifest store (JUMBF)
    xmp: bool = False
    exif: bool = False
    aigc: bool = False
    icc_profile: bool = False
    srgb: bool = False  # says sRGB without a profile (PNG)
    digital_source_type: str = ""  # as the XMP packet gives it
    text: tuple[str, ...] = ()  # keywords of text chunks, or "comment"


def find_marks(path: Path, kind: str) -> Marks:
    """The marks of the file at `path`, which is a whole `png`, `jpeg` or `webp`."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        data = memoryview(mapped)
        try:
            return marks_of(data, kind)
        finally:
            data.release()


def marks_of(data: Data, kind: str) -> Marks:
    """The marks of a picture's bytes; those up to the fault when the file is cut short."""
    marks = Marks()
    read = {"png": _png_mark, "jpeg": _jpeg_mark, "webp": _webp_mark}[kind]
    try:
        for block in blocks(data, kind):
            marks = read(marks, block, data)
    except CutShort:
        return marks
    return marks


def _png_mark(marks: Marks, block: Block, data: Data) -> Marks:
    match block.name:
        case "caBX":
            return marks._replace(c2pa=True)
        case "iCCP":
            return marks._replace(icc_profile=True)
        case "sRGB":
            return marks._replace(srgb=True)
        case "eXIf":
            return _labelled(marks._replace(exif=True), bytes(data[block.start : block.end]))
        case "tEXt" | "zTXt" | "iTXt":
            content = bytes(data[block.start : block.end])
            keyword = content[:_TEXT_LONGEST].partition(b"\0")[0]
            if keyword == _XMP_PNG:
                return _packet(marks, content)
            return _labelled(marks._replace(text=(*marks.text, keyword.decode("latin-1"))), content)
    return marks


def _jpeg_mark(marks: Marks, block: Block, data: Data) -> Marks:
    if block.name == "FE":
        return marks._replace(text=(*marks.text, "comment"))
    if block.name not in ("E1", "E2", "EB"):
        return marks
    content = bytes(data[block.start : block.end])
    if block.name == "EB" and content[:2] == b"JP":  # JUMBF in APP11 (ISO/IEC 19566-5)
        return marks._replace(c2pa=marks.c2pa or b"c2pa" in content)
    if block.name == "E2" and content.startswith(b"ICC_PROFILE\0"):
        return marks._replace(icc_profile=True)
    if content.startswith(_XMP_JPEG):
        return _packet(marks, content)
    return _labelled(marks._replace(exif=True), content) if content.startswith(_EXIF_JPEG) else marks


def _webp_mark(marks: Marks, block: Block, data: Data) -> Marks:
    match block.name:
        case "C2PA":
            return marks._replace(c2pa=True)
        case "ICCP":
            return marks._replace(icc_profile=True)
        case "EXIF":
            return _labelled(marks._replace(exif=True), bytes(data[block.start : block.end]))
        case "XMP ":
            return _packet(marks, bytes(data[block.start : block.end]))
    return marks


def _packet(marks: Marks, content: bytes) -> Marks:
    found = _SOURCE_TYPE.search(content)
    source = found.group(1).decode("utf-8", "replace") if found else marks.digital_source_type
    return _labelled(marks._replace(xmp=True, digital_source_type=source), content)


def _labelled(marks: Marks, content: bytes) -> Marks:
    return marks._replace(aigc=True) if _LABELLED in content else marks
