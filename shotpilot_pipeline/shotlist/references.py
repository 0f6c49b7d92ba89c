"""Reference pictures: found under the root, read once, checked whole before anything runs.

Does not know who uses them. What a file is (bytes, pixels, format, sha256, or what is wrong with it) is a fact that
is kept by path, size, time and inode, so that each file is read once per run and, for a caller who keeps the facts,
once until it changes.
"""

from __future__ import annotations

import os
import re
import stat
import time
import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from shotpilot_pipeline.catalog.cards import FileLimits
from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.values.digest import sha256_bytes
from shotpilot_pipeline.values.request import file_mark, url_mark

if TYPE_CHECKING:
    from PIL import Image

RACY = 2_000_000_000  # ns; FAT, the coarsest file system in use, keeps times of change to 2 s
MOST_PIXELS = 100_000_000  # of one reference; a 10 MB picture has fewer, a decompression bomb more
MOST_BYTES = 200_000_000  # of a file that is read at all; beyond, only its size is reported
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_MEGABYTE = 1_000_000
_RULE = "ref-file-unusable"
_TO_PNG = "save it as PNG or JPEG"


class Fact(NamedTuple):
    """What a file is. `fault` says what makes it no picture at all, `cure` what to do; both "" for a picture."""

    bytes: int
    changed_ns: int  # the later of its two times of change; 0 where it was too young to be told apart from a next one
    inode: int
    sha256: str
    width: int
    height: int
    format: str  # "jpeg", "png", "webp", ...
    fault: str = ""
    cure: str = ""


class Reference(NamedTuple):
    """A picture that is sent along: its mark in a form, and for a file its path from the root and what it is."""

    mark: str
    path: str = ""
    fact: Fact | None = None


class BadReference(Exception):
    """A reference that cannot be used."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Shelf:
    """Every reference of a show, looked at once. `facts` may come from an earlier run, by path from the root."""

    def __init__(self, root: Path, facts: Mapping[str, Fact] | None = None) -> None:
        self.root = root.resolve()
        self.facts: dict[str, Fact] = {}  # of the files used in this run
        self.links: dict[tuple[str, str], str] = {}  # file of the list, path as written in it -> key of `facts`
        self._earlier = facts or {}
        self._known: dict[tuple[str, str], Reference | BadReference] = {}

    def look(self, node: Node) -> Reference:
        """The reference that `node` (a path or https URL) names. Raises BadReference at its place."""
        key = (node.file, str(node.value))
        if key not in self._known:
            try:
                self._known[key] = self._look(node)
            except BadReference as bad:
                self._known[key] = bad
        known = self._known[key]
        if isinstance(known, BadReference):
            raise BadReference(_moved(known.problem, node))
        return known

    def _look(self, node: Node) -> Reference:
        text = str(node.value)
        scheme = _SCHEME.match(text)
        if scheme and scheme.group(1).lower() == "https":
            if any(sign.isspace() or sign < " " for sign in text):
                raise _bad(node, "this URL has a blank in it", "write it as one word")
            return Reference(url_mark(text))
        if scheme:
            raise _bad(node, f"{scheme.group(1)}: is not taken for a picture", "give a path or an https URL")
        if "{{" in text:
            raise _bad(node, "a path is not filled, so braces in it mean nothing", "write the path out")
        path = self._inside(node, text)
        name = path.relative_to(self.root).as_posix()
        self.links[node.file, text] = name
        fact = self._fact(node, path, name)
        if fact.fault:
            raise _bad(node, f"{text}: {fact.fault}", fact.cure)
        return Reference(file_mark(fact.sha256), name, fact)

    def _inside(self, node: Node, text: str) -> Path:
        """The file's resolved path, under the root."""
        if os.path.isabs(text) or "\\" in text:
            raise _bad(node, f"{text} is not a relative path", "give it from this file on, with forward slashes")
        try:
            path = (Path(node.file).parent / text).resolve()
        except (OSError, ValueError, RuntimeError) as fault:
            raise _bad(node, f"{text!r} is not a path: {fault}", "correct it") from None
        if not path.is_relative_to(self.root):
            raise _bad(node, f"{text} leads outside the show", f"put the picture under {self.root.name}/")
        return path

    def _fact(self, node: Node, path: Path, name: str) -> Fact:
        if name in self.facts:
            return self.facts[name]
        try:
            found = path.stat()
        except (OSError, ValueError) as fault:
            raise _bad(node, f"{node.value}: {_why(fault)}", "check the path; it counts from this file") from None
        if not stat.S_ISREG(found.st_mode):
            kind = "is a folder" if stat.S_ISDIR(found.st_mode) else "is not a file"
            raise _bad(node, f"{node.value} {kind}", "name a picture in it")
        stamp = stamp_of(found)
        earlier = self._earlier.get(name)
        fact = earlier if earlier is not None and stamp[1] and earlier[:3] == stamp else _read(path, stamp)
        self.facts[name] = fact
        return fact


def stamp_of(found: os.stat_result) -> tuple[int, int, int]:
    """What tells a file from another one at its place: bytes, time of change (ctime counts too: nobody can set it)
    and inode. A file that changed a moment ago has no time: it could change again within one tick of its disk."""
    changed = max(found.st_mtime_ns, found.st_ctime_ns)
    return found.st_size, changed if time.time_ns() - changed > RACY else 0, found.st_ino


def beyond(fact: Fact, limits: FileLimits) -> tuple[str, str] | None:
    """What makes a picture one that a model does not take, and the cure; None when it is taken."""
    least, greatest = limits.ratio
    ratio = fact.width / fact.height
    if fact.format not in limits.formats:
        return f"it is a {fact.format.upper()}", _TO_PNG
    if fact.bytes > limits.bytes:
        size = f"{fact.bytes / _MEGABYTE:.1f} MB, {limits.bytes / _MEGABYTE:.0f} MB at most"
        return f"it holds {size}", "make it smaller or save it as JPEG"
    if min(fact.width, fact.height) < limits.side:
        return f"it is {fact.width} x {fact.height} pixels", f"each side needs at least {limits.side}"
    if not least <= ratio <= greatest:
        spans = f"{least:.2f} to {greatest:.2f}"
        return f"its width is {ratio:.2f} times its height", f"crop it: {spans} is taken"
    return None


def limit_problem(node: Node, reference: Reference, limits: FileLimits) -> Problem | None:
    """The problem of a reference that a model does not take; None when it does, or when only its URL is known."""
    fault = beyond(reference.fact, limits) if reference.fact else None
    if fault is None:
        return None
    return _bad(node, f"{node.value} cannot be sent: {fault[0]}", fault[1]).problem


def _bad(node: Node, message: str, cure: str) -> BadReference:
    return BadReference(Problem(_RULE, node.place, message, cure))


def _moved(problem: Problem, node: Node) -> Problem:
    return Problem(problem.rule, node.place, problem.message, problem.hint)


def _why(fault: Exception) -> str:
    if isinstance(fault, FileNotFoundError):
        return "there is no such file"
    if isinstance(fault, PermissionError):
        return "it may not be read"
    return str(getattr(fault, "strerror", None) or fault)


def _read(path: Path, stamp: tuple[int, int, int]) -> Fact:
    """Read and decode the whole file; anything wrong with it becomes the fact's fault."""
    if stamp[0] > MOST_BYTES:
        return Fact(*stamp, "", 0, 0, "", f"it holds {stamp[0] / _MEGABYTE:.0f} MB", "make it smaller")
    try:
        data = path.read_bytes()
    except OSError as fault:
        return Fact(*stamp, "", 0, 0, "", _why(fault), "check the file's permissions")
    if not data:
        return Fact(*stamp, "", 0, 0, "", "the file is empty", "put the picture there")
    width, height, kind, wrong, cure = _decoded(data)
    return Fact(*stamp, sha256_bytes(data), width, height, kind, wrong, cure)


def _decoded(data: bytes) -> tuple[int, int, str, str, str]:
    # Pillow takes some 50 ms to import, and a run whose facts are all known needs none of it.
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own cap below is lower than the one Pillow warns of
            with Image.open(BytesIO(data)) as picture:
                return _decoded_picture(picture, data)
    except UnidentifiedImageError:
        return 0, 0, "", "it is not a picture that can be read", _TO_PNG
    except Image.DecompressionBombError:
        return 0, 0, "", "it unpacks to far more pixels than a picture has", "give the picture itself"
    except Exception:  # a broken picture raises anything, SyntaxError and struct.error among it
        return 0, 0, "", "it is broken or cut short", "export it again"


def _decoded_picture(picture: Image.Image, data: bytes) -> tuple[int, int, str, str, str]:
    width, height = picture.size
    kind = {"MPO": "jpeg"}.get(picture.format or "", (picture.format or "").lower())
    if width * height > MOST_PIXELS:
        return width, height, kind, f"it unpacks to {width} x {height} pixels", "make it smaller"
    picture.load()
    if kind == "png" and _PNG_END not in data[-4096:]:
        return width, height, kind, "it is cut short: the end of the PNG is missing", "export it again"
    return width, height, kind, "", ""
