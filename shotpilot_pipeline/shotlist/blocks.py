"""A shot list cut into its shots as text, so that only a shot that changed is parsed again. Does not parse YAML.

What is cut out leaves a *stand-in* in the rest, the skeleton, on the same line and with the same number of lines. The
skeleton is parsed, and each stand-in must turn up exactly where it was put: then the cut was right. A shot's text ends
where the next line as little indented begins, and it must be a whole YAML document by itself; both together mean that
parsing it alone gives what parsing the file would give. Whatever looks unusual is not cut but parsed in its place.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from shotpilot_pipeline.values.address import ID

STAND_IN = "x-cut"
MOST_SHOTS = 200_000  # shots of one file that are cut; a file with more is parsed, and refused for its size
_SCENES = re.compile(r"scenes:[ ]*(?:#[^\n]*)?(?=\n|\Z)")
_TOP_LINE = re.compile(r"\n[^\s#]")
_CONTENT = re.compile(r"\n( *+)[^\s#]")
_OPENING = re.compile(rf"({ID}):[ ]*(?:#[^\n]*)?(?=\n|\Z)")  # `sc010:` and nothing more
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


class CutScene(NamedTuple):
    """The shots of one scene; `line` and `column` (from 1) are those of its stand-in in the skeleton."""

    id: str
    line: int
    column: int
    blocks: tuple[Block, ...]


class CutText(NamedTuple):
    """A text in two parts: what is left, and what was cut out of it."""

    skeleton: str
    scenes: tuple[CutScene, ...]


def cut(text: str) -> CutText:
    """Cut what can safely be cut; a text that cannot gives itself as skeleton, and no scene."""
    whole = CutText(text, ())
    at = 0 if text.startswith("scenes:") else text.find("\nscenes:") + 1
    start = _SCENES.match(text, at)
    if start is None or "\nscenes:" in text[start.end() :]:
        return whole
    after = _TOP_LINE.search(text, start.end())
    end = after.start() + 1 if after else len(text)
    cutter = _Cutter(text)
    for first, last in _scene_spans(text, start.end(), end):
        cutter.scene(first, last)
    if not cutter.scenes or sum(len(scene.blocks) for scene in cutter.scenes) > MOST_SHOTS:
        return whole
    made = cutter.done()
    return whole if _share_anchors(text, made) else made


def _scene_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where the lines of each scene begin and end, by the indentation of the first."""
    first = _CONTENT.search(text, start, end)
    if first is None or not first[1]:
        return []
    at = [found.start() + 1 for found in re.compile(rf"\n {{{len(first[1])}}}[^\s#]").finditer(text, start, end)]
    return list(zip(at, [*at[1:], end], strict=True))


class _Cutter:
    def __init__(self, text: str) -> None:
        self.text = text
        self.scenes: list[CutScene] = []
        self.pieces: list[str] = []
        self.copied = 0  # how far the skeleton has come
        self.line = 1  # of `self.counted`
        self.counted = 0

    def line_at(self, index: int) -> int:
        self.line += self.text.count("\n", self.counted, index)
        self.counted = index
        return self.line

    def scene(self, start: int, end: int) -> None:
        """Cut the shots out of one scene, if it is written in the plain way."""
        text = self.text
        opening = _OPENING.match(text, _content(text, start), end)
        body = _CONTENT.search(text, opening.end(), end) if opening else None
        if opening is None or body is None:
            return
        indent = len(body[1])
        shots = re.compile(rf"\n {{{indent}}}shots:[ ]*(?:#[^\n]*)?(?=\n)")
        head = shots.search(text, start, end)
        first = _CONTENT.search(text, head.end(), end) if head else None
        if head is None or first is None or len(first[1]) <= indent:
            return
        at, region_end = self._lines(head.end(), end, indent, len(first[1]))
        if shots.search(text, region_end - 1, end):
            return
        found = self._blocks(at, region_end, len(first[1]))
        if found:
            self._take_out(opening[1], head.end() + 1, region_end, len(first[1]), found)

    def _lines(self, start: int, end: int, above: int, indent: int) -> tuple[list[int], int]:
        """Where each line begins that is indented by `indent`, up to the first that is indented by `above` or less;
        and where that begins. One pass, because a list of 10,000 shots has 100,000 lines."""
        at: list[int] = []
        for found in re.compile(rf"\n( {{0,{indent}}}+)[^\s#]").finditer(self.text, start, end):
            depth = len(found[1])
            if depth <= above:
                return at, found.start() + 1
            if depth == indent:
                at.append(found.start() + 1)
        return at, end

    def _blocks(self, at: list[int], end: int, indent: int) -> list[tuple[str, int, int]]:
        """Id, start and end of each shot; empty when one of them is not written in the plain way."""
        blocks = []
        for first, last in zip(at, [*at[1:], end], strict=True):
            key = _SHOT.match(self.text, first + indent, last)
            if key is None or _NO_MAP.match(self.text, key.end(), last):
                return []
            blocks.append((key[1], first, last))
        return blocks if len({block[0] for block in blocks}) == len(blocks) else []

    def _take_out(self, scene: str, start: int, end: int, indent: int, found: list[tuple[str, int, int]]) -> None:
        text = self.text
        line = self.line_at(start)
        blocks = tuple(
            Block(id, _trimmed(text[first:last]), self.line_at(first), indent + 1) for id, first, last in found
        )
        self.scenes.append(CutScene(scene, line, indent + 1, blocks))
        gone = text.count("\n", start, end)
        self.pieces += [text[self.copied : start], " " * indent, STAND_IN, ": 0", "\n" * gone]
        self.copied = end

    def done(self) -> CutText:
        return CutText("".join([*self.pieces, self.text[self.copied :]]), tuple(self.scenes))


def _content(text: str, start: int) -> int:
    """The first character of a line that is no space."""
    while text[start : start + 1] == " ":
        start += 1
    return start


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
