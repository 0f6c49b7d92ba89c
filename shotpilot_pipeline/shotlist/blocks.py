"""A shot list cut into its scenes and shots as text, so that only what changed is parsed again. Does not parse YAML.

What is cut out leaves a *stand-in* in the rest, the skeleton, on the same line and with the same number of lines. The
skeleton is parsed, and each stand-in must turn up exactly where it was put: then the cut was right. A shot's text ends
where the next line as little indented begins, and it must be a whole YAML document by itself; both together mean that
parsing it alone gives what parsing the file would give. Whatever looks unusual is not cut but parsed in its place.

A scene that reads as it did before is cut where it was cut before, and not looked at further.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from shotpilot_pipeline.values.address import ID
from shotpilot_pipeline.values.digest import sha256_text

STAND_IN = "x-cut"
MOST_SHOTS = 200_000  # shots of one file that are cut; a file with more is parsed, and refused for its size
_SCENES = re.compile(r"scenes:[ ]*(?:#[^\n]*)?(?=\n|\Z)")
_TOP_LINE = re.compile(r"\n[^\s#]")
_CONTENT = re.compile(r"\n( *+)[^\s#]")
_OPENING = re.compile(rf" *+({ID}):[ ]*(?:#[^\n]*)?(?=\n|\Z)")  # `sc010:` and nothing more
_SHOT = re.compile(rf"({ID}):(?=[ \n]|\Z)")
# Text behind the id that is no map, or nothing at all. A quote is not counted in: it may swallow the next shot.
_NO_MAP = re.compile(r"""[ ]*(?:[^\s{#&*"']|(?:#[^\n]*)?\s*\Z)""")
_ALIAS = re.compile(r"\*[^\s*,\]}]")
_ANCHOR = re.compile(r"&[^\s&,\]}]")
_KEEP = re.compile(r"[|>][1-9]?\+")


class Block(NamedTuple):
    """The text of one shot, its key included, and where it begins."""

    id: str
    text: str
    line: int  # of its key, from 1
    column: int


class Hole(NamedTuple):
    """Where the shots stand in the text of their scene: whole lines from `start` to `end`, keys behind `indent`."""

    scene: str  # its id
    start: int
    end: int
    indent: int
    ids: tuple[str, ...]  # of the shots, in order
    size: int  # of the whole text


@dataclass(frozen=True)
class CutScene:
    """A scene whose shots were cut out of it; `first` and `line` count from 1."""

    text: str  # all of its lines
    first: int  # the line of its key
    digest: str  # sha256 of the name of its file and its text, wherever in the file it stands
    hole: Hole

    @property
    def id(self) -> str:
        """The id of the scene."""
        return self.hole.scene

    @property
    def line(self) -> int:
        """Of its stand-in in the skeleton."""
        return self.first + self.text.count("\n", 0, self.hole.start)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Its shots, cut apart when somebody asks."""
        text, hole = self.text, self.hole
        at, end = _lines(text, hole.start - 1, hole.end, 0, hole.indent)
        line, counted, found = self.first, 0, []
        for id, first, last in zip(hole.ids, at, [*at[1:], end], strict=True):
            line += text.count("\n", counted, first)
            counted = first
            found.append(Block(id, _trimmed(text[first:last]), line, hole.indent + 1))
        return tuple(found)


class CutText(NamedTuple):
    """A text in two parts: what is left, and the scenes that something was cut out of.

    `outer` is what stands before and behind all scenes, and on which line the latter begins: what is said of a place
    there is true while it is the same.
    """

    skeleton: str
    scenes: tuple[CutScene, ...]
    outer: str


def cut(text: str, name: str = "", known: Mapping[str, Hole] | None = None) -> CutText:
    """Cut what can safely be cut; a text that cannot gives itself as skeleton, and no scene.

    `known`: scenes that were cut before, by their digest; `name` is the file's in these.
    """
    whole = CutText(text, (), text)
    at = 0 if text.startswith("scenes:") else text.find("\nscenes:") + 1
    start = _SCENES.match(text, at)
    if start is None or "\nscenes:" in text[start.end() :]:
        return whole
    after = _TOP_LINE.search(text, start.end())
    end = after.start() + 1 if after else len(text)
    cutter = _Cutter(text, name, known or {})
    cutter.run(start.end(), end)
    if not cutter.scenes or sum(len(scene.hole.ids) for scene in cutter.scenes) > MOST_SHOTS:
        return whole
    made = cutter.done(_outer(text, start.end(), end))
    return whole if _share_anchors(text, made) else made


class _Cutter:
    def __init__(self, text: str, name: str, known: Mapping[str, Hole]) -> None:
        self.text = text
        self.name = name
        self.known = {hole.scene: (digest, hole) for digest, hole in known.items()}
        self.scenes: list[CutScene] = []
        self.pieces: list[str] = []
        self.copied = 0  # how far the skeleton has come
        self.line = 1  # of `self.counted`
        self.counted = 0

    def run(self, start: int, end: int) -> None:
        """Cut each scene between two places: they begin where a line is as little indented as the first."""
        first = _CONTENT.search(self.text, start, end)
        if first is None or not first[1]:
            return
        beginning = re.compile(rf"\n {{{len(first[1])}}}[^\s#]")
        at = first.start() + 1
        while at < end:
            last = self._as_before(at, end, beginning)
            if not last:
                found = beginning.search(self.text, at, end)
                last = found.start() + 1 if found else end
                self._anew(at, last)
            at = last

    def _as_before(self, start: int, end: int, beginning: re.Pattern[str]) -> int:
        """Cut a scene where it was cut before; gives where it ends, 0 where it is not what it was."""
        opening = _OPENING.match(self.text, start, end)
        digest, hole = self.known.get(opening[1], ("", None)) if opening else ("", None)
        if hole is None:
            return 0
        last = start + hole.size
        if last > end or (last < end and not beginning.match(self.text, last - 1)):
            return 0
        own = self.text[start:last]
        if sha256_text(f"{self.name}\n{own}") != digest:
            return 0
        self._take_out(start, own, digest, hole)
        return last

    def _anew(self, start: int, end: int) -> None:
        """Cut the shots out of a scene, if it is written in the plain way."""
        own = self.text[start:end]
        hole = _hole_in(own)
        if hole is not None:
            self._take_out(start, own, sha256_text(f"{self.name}\n{own}"), hole)

    def _take_out(self, start: int, own: str, digest: str, hole: Hole) -> None:
        self.line += self.text.count("\n", self.counted, start)
        self.counted = start
        self.scenes.append(CutScene(own, self.line, digest, hole))
        gone = own.count("\n", hole.start, hole.end)
        stand_in = (" " * hole.indent, STAND_IN, ": 0", "\n" * gone)
        self.pieces += [self.text[self.copied : start + hole.start], *stand_in]
        self.copied = start + hole.end

    def done(self, outer: str) -> CutText:
        return CutText("".join([*self.pieces, self.text[self.copied :]]), tuple(self.scenes), outer)


def _outer(text: str, start: int, end: int) -> str:
    """The text without what stands from `start` to `end`."""
    behind = text[end:] if text[end:].strip() else ""
    return f"{text[:start]}\0{text.count(chr(10), 0, end)}\0{behind}" if behind else text[:start]


def _hole_in(text: str) -> Hole | None:
    """Where the shots stand in the text of a scene; None where it is not written in the plain way."""
    opening = _OPENING.match(text)
    body = _CONTENT.search(text, opening.end()) if opening else None
    if opening is None or body is None:
        return None
    indent = len(body[1])
    shots = re.compile(rf"\n {{{indent}}}shots:[ ]*(?:#[^\n]*)?(?=\n)")
    head = shots.search(text)
    first = _CONTENT.search(text, head.end()) if head else None
    if head is None or first is None or len(first[1]) <= indent:
        return None
    at, end = _lines(text, head.end(), len(text), indent, len(first[1]))
    if shots.search(text, end - 1):
        return None
    ids = _ids(text, at, end, len(first[1]))
    return Hole(opening[1], head.end() + 1, end, len(first[1]), ids, len(text)) if ids else None


def _lines(text: str, start: int, end: int, above: int, indent: int) -> tuple[list[int], int]:
    """Where each line begins that is indented by `indent`, up to the first that is indented by `above` or less; and
    where that begins. One pass, because a list of 10,000 shots has 100,000 lines."""
    at: list[int] = []
    for found in re.compile(rf"\n( {{0,{indent}}}+)[^\s#]").finditer(text, start, end):
        depth = len(found[1])
        if depth <= above:
            return at, found.start() + 1
        if depth == indent:
            at.append(found.start() + 1)
    return at, end


def _ids(text: str, at: list[int], end: int, indent: int) -> tuple[str, ...]:
    """The id of each shot; none when one of them is not written in the plain way."""
    ids = []
    for first, last in zip(at, [*at[1:], end], strict=True):
        key = _SHOT.match(text, first + indent, last)
        if key is None or _NO_MAP.match(text, key.end(), last):
            return ()
        ids.append(key[1])
    return tuple(ids) if len(set(ids)) == len(ids) else ()


def _trimmed(block: str) -> str:
    """Without the blank lines at its end, unless a block scalar keeps them: a shot is the same wherever it stands."""
    if block[-2:] != "\n\n" or ("+" in block and _KEEP.search(block)):
        return block
    return block[: len(block.rstrip("\n")) + 1]


def _share_anchors(text: str, made: CutText) -> bool:
    """Whether an alias could name an anchor of another part. Then the parts cannot be parsed alone."""
    if "&" not in text or "*" not in text:
        return False
    aliases, anchors = _count(_ALIAS, text), _count(_ANCHOR, text)
    if not aliases or not anchors:
        return False
    return aliases != _count(_ALIAS, made.skeleton) or anchors != _count(_ANCHOR, made.skeleton)


def _count(pattern: re.Pattern[str], text: str) -> int:
    """How often a sign stands where YAML would read it: at the beginning of a value."""
    return sum(text[max(0, found.start() - 1)] in " \t\n[{,:" or not found.start() for found in pattern.finditer(text))
