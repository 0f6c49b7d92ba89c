"""A shot list as read: its head, its scenes, and each shot as text until somebody asks for it.

This page is what other modules see; `reader` does the reading, and is loaded only when something is read, because a
run with nothing to do needs no YAML. Does not know what a setting means.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.blocks import Hole
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pages import Pages

_MARKS = ("shotpilot.toml", ".shotpilot")
_TOP_KEY = re.compile(rb"\n([A-Za-z][\w-]*)[ \t]*:")  # behind a line end: found three times as fast as by `^`
_MOST_SNIFFED = 50_000_000  # bytes; as much as is read at all
_HEADER = 4_000  # bytes; most lists say in fewer what they are
FRAGMENT_KEYS = frozenset({"vars", "cast", "images", "looks", "scenes", "include"})
_NOT_SURE = FRAGMENT_KEYS | {"shotlist"}


class ShotText(NamedTuple):
    """One shot as written, not parsed until asked for: a list may hold 10,000 of them."""

    scene: str
    id: str
    file: str  # as the user would type it
    line: int  # of its key, from 1
    column: int
    digest: str  # sha256 of its file's path and its text, wherever in the file it stands
    text: str  # its lines, the key included; "" when `node` is already there
    node: Node | None  # parsed, typed and validated already: a list in flow style, or one that cannot be cut safely

    @property
    def last(self) -> int:
        """The last of its lines that says anything; that of its key where it was not cut out."""
        return self.line + self.text.rstrip("\n").count("\n")


@dataclass(frozen=True)
class SceneSource:
    """One scene: its map without `shots`, and its shots in order, cut apart when somebody asks for them."""

    id: str
    node: Node
    ids: tuple[str, ...]  # of its shots
    cut: Callable[[], tuple[ShotText, ...]] = field(repr=False)
    digest: str = ""  # sha256 of its file's path and its text; "" where its shots were not cut out
    hole: Hole | None = None  # where its shots stand in its text; None with no digest
    last: int = 0  # its last line; 0 with no digest

    @cached_property
    def shots(self) -> tuple[ShotText, ...]:
        """Its shots in order."""
        return self.cut()


@dataclass(frozen=True, slots=True)
class Source:
    """A shot list with its includes. Every node is typed and validated by schemas/shotlist-1.schema.json."""

    path: str  # as the user typed it
    root: Path  # of the show
    head: Node  # the whole map without `scenes`; vars, cast, images and looks of the includes merged in
    scenes: tuple[SceneSource, ...]  # in order; those of includes first, in include order
    files: Mapping[str, str]  # every file read: path from the root -> sha256 of its bytes
    head_digest: str  # moves with what everything but the shots says
    outer: str  # moves with anything that is written outside of all scenes
    layout: str  # moves with anything that is written outside of the shots, and where it stands
    links: Mapping[str, str]  # every file read, as the user would type it -> its path from the root, symlinks followed
    included: Mapping[str, Place] = field(default_factory=dict)  # a file as the user would type it -> who includes it
    pages: Pages = field(default_factory=Pages, repr=False)  # where its files were read


def find_root(file: Path, project: Path | None = None) -> Path:
    """The root of the show: `project`, else the nearest folder above `file` that is marked, else the file's own."""
    if project is not None:
        return Path(os.path.abspath(project))
    folder = Path(os.path.abspath(file)).parent
    for above in (folder, *folder.parents):
        if any((above / mark).exists() for mark in _MARKS):
            return above
    return folder


def kind_of(path: Path, pages: Pages | None = None) -> str:
    """What a file is by its header: "shotlist", "picks", "faults", "fragment" or "unknown". Never raises; does not
    parse."""
    pages = pages or Pages()
    try:
        keys = _keys(_beginning(path, pages, _HEADER))
        if "shotlist" in keys and not keys <= _NOT_SURE:
            return "shotlist"  # whatever else it holds
        keys = _keys(_beginning(path, pages, _MOST_SNIFFED))
    except (OSError, ValueError):
        return "unknown"
    if "picks" in keys and "shotlist" not in keys:
        return "picks"
    if "faults" in keys and "shotlist" not in keys:
        return "faults"
    own = keys - {"shotlist"}
    if own and own <= FRAGMENT_KEYS:
        return "fragment"
    return "shotlist" if "shotlist" in keys else "unknown"


def _keys(data: bytes) -> set[str]:
    """The keys at the top of a file."""
    found = _TOP_KEY.findall(b"\n" + data.removeprefix(b"\xef\xbb\xbf"))
    return {key.decode() for key in found if not key.startswith(b"x-")}


def _beginning(path: Path, pages: Pages, size: int) -> bytes:
    given = pages.given(path)
    if given is not None or not path.is_file():
        return (given or b"")[:size]
    with path.open("rb") as opened:
        return opened.read(size)


def read_source(
    path: Path, root: Path, pages: Pages | None = None, known: Mapping[str, Hole] | None = None
) -> tuple[Source | None, tuple[Problem, ...]]:
    """Read a shot list and its includes; no Source when anything but a shot is at fault, then with every problem.

    Shots are not parsed (except where a file cannot be cut): `load_shot` does that, and finds their problems. `pages`
    may hold texts that count instead of those on disk. `known`: where scenes were cut before, by their digest.
    Never raises for what the files hold.
    """
    from shotpilot_pipeline.shotlist import reader

    return reader.read_source(path, root, pages or Pages(), known or {})


def read_fragment(path: Path, root: Path, pages: Pages | None = None) -> tuple[Problem, ...]:
    """All that is wrong with a file that is meant to be included, its shots and its own includes too."""
    from shotpilot_pipeline.shotlist import reader

    return reader.read_fragment(path, root, pages or Pages())


def load_shot(shot: ShotText, root: Path) -> tuple[Node | None, tuple[Problem, ...]]:
    """The map of one shot, parsed, typed and validated; None when there is a problem. Never raises for its content."""
    from shotpilot_pipeline.shotlist import reader

    return reader.load_shot(shot, root)
