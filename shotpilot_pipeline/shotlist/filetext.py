"""Bytes of a file to text, or a problem that says how to save it. Does not know YAML."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.values.digest import sha256_bytes

MOST_BYTES = 50_000_000  # bytes of one file; five times a list of 10,000 shots
_MEGABYTE = 1_000_000
_CONTROL_BYTES = bytes([*range(9), 11, 12, *range(14, 32), 127])
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# The same in UTF-8, each beginning with a fixed byte: found in a tenth of the time.
_CONTROL_UTF8 = (re.compile(rb"\xc2[\x80-\x84\x86-\x9f]"), re.compile(rb"\xef\xbf[\xbe\xbf]"))


class FileText(NamedTuple):
    """The text of a file as YAML shall read it, and the sha256 of its bytes."""

    file: str  # the path as the user would type it
    text: str  # line ends are \n, a byte order mark is gone
    sha256: str


def read_text(path: Path, file: str, header: str = "shotlist: 1", pages: Pages | None = None) -> FileText | Problem:
    """Read `path`, which messages call `file`; `header` is what an empty file should begin with.

    `pages` may hold another text for it than the disk does.

    Never raises for what the file holds, nor for its absence.
    """
    given = pages.given(path) if pages is not None else None
    data = _read_bytes(path, file) if given is None else given
    if isinstance(data, Problem):
        return data
    text = _decode(data, file, header)
    if isinstance(text, Problem):
        return text
    return FileText(file, text, sha256_bytes(data))


def _problem(file: str, message: str, hint: str, line: int = 0, column: int = 0) -> Problem:
    return Problem("file", Place(file, line, column), message, hint)


def _read_bytes(path: Path, file: str) -> bytes | Problem:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            return _problem(file, "is a folder", "name a file inside it")
        if not stat.S_ISREG(found.st_mode):
            return _problem(file, "is not a regular file", "name a file on disk")
        if found.st_size > MOST_BYTES:
            megabytes = found.st_size / _MEGABYTE
            limit = MOST_BYTES // _MEGABYTE
            return _problem(file, f"holds {megabytes:.0f} MB; the limit is {limit} MB", "divide it with `include`")
        with path.open("rb") as opened:
            return opened.read(MOST_BYTES)
    except FileNotFoundError:
        return _problem(file, "there is no such file", "check the path")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return _problem(file, f"cannot be read ({reason})", "check the path and its permissions")


def _decode(data: bytes, file: str, header: str) -> str | Problem:
    data = data.removeprefix(b"\xef\xbb\xbf")
    wide = _wide(data)
    if wide:
        return _problem(file, f"is saved as {wide}", "save it as UTF-8")
    if b"\0" in data:
        line, column = _spot(data[: data.index(b"\0")])
        return _problem(file, "holds a NUL byte: this is not a text file, or it is damaged", "save it as UTF-8 text",
                        line, column)  # fmt: skip
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line, column = _spot(data[: error.start])
        byte = data[error.start]
        guess = bytes([byte]).decode("cp1252", "replace")
        read = f" (in Windows-1252 it would be {guess})" if guess.isprintable() and guess != "\ufffd" else ""
        return _problem(file, f"byte 0x{byte:02X} is not UTF-8{read}", "save the file as UTF-8", line, column)
    if _holds_control(data):
        found = _CONTROL.search(text)
        if found:
            line, column = _spot(text[: found.start()].encode())
            code = f"U+{ord(found.group()):04X}"
            return _problem(file, f"holds the control character {code}", "delete that character", line, column)
    if not text.strip():
        return _problem(file, "is empty", f"begin it with `{header}`")
    return _plain_lines(text)


def _wide(data: bytes) -> str:
    """UTF-16 or UTF-32, where the bytes say so by a mark, or by every second one being nothing; "" for neither."""
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "UTF-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    head = data[:64]
    halves = (head[::2], head[1::2]) if len(head) > 3 else ()
    return "UTF-16" if any(not any(half) for half in halves) else ""


def _holds_control(data: bytes) -> bool:
    if len(data.translate(None, _CONTROL_BYTES)) != len(data):
        return True
    return not data.isascii() and any(pattern.search(data) for pattern in _CONTROL_UTF8)


def _plain_lines(text: str) -> str:
    """Every line end as \\n. The line separators of word processors are spaces: no editor counts them as lines."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        for separator in "\x85\u2028\u2029":
            text = text.replace(separator, " ")
    return text


def _spot(before: bytes) -> tuple[int, int]:
    """Line and column, from 1, of what follows `before`."""
    line = before.count(b"\n") + 1
    last = before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")
    return line, len(last) + 1
