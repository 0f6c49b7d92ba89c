"""Shot sizes and lenses in words, and the rules on what they say against one another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.reading import heads, unquoted, words_of
from shotpilot_pipeline.lint.registry import Finding, Lists, at, on_shot
from shotpilot_pipeline.values.lint import LintShot, Text

_FAR = (
    r"(?:extreme(?:ly)? |very )?(?:wide|long|full)[ -](?:shot|figure)|(?:master|establishing|aerial"
    r"|drone)[ -]shot|(?:wide|aerial) view"
)
_MIDDLE = r"(?:medium|mid)[ -](?:wide |long |full )?shot|cowboy[ -]shot|american shot|medium[- ](?:wide|long)"
_NEAR = (
    r"(?:extreme(?:ly)? |big |medium |tight )?close[- ]?up|(?:extreme )?close[ -]shot|tight shot|insert[ -]shot"
    r"|macro shot|detail shot"
)
_OTHER = r"two[- ]shot|three[- ]shot|group[ -]shot|over[- ]the[- ]shoulder|point[- ]of[- ]view|\bPOV\b"
SIZE = re.compile(rf"\b(?:(?P<middle>{_MIDDLE})|(?P<far>{_FAR})|(?P<near>{_NEAR})|{_OTHER})\b", re.IGNORECASE)
SIZE_WORDS = heads(
    ("wide", "long", "full", "shot", "close", "closeup", "medium", "over", "two", "pov", "point", "aerial")
)
_MEDIUM_CLOSE = re.compile(r"medium close", re.IGNORECASE)
_FOCAL = re.compile(r"\b(\d{1,3})\s?mm\b(?! (?:film|look|stock|still|print|grain|photo|footage|cinema))", re.IGNORECASE)
_GAUGES = frozenset({8, 16, 35, 65, 70})  # also widths of film: a lens only where a lens is said
_OPENING = 80  # characters of a prompt in which its size is looked for
_WIDEST_FOR_A_FACE = 24  # mm


@lru_cache(maxsize=1024)
def distance(text: str) -> frozenset[str]:
    """How far the camera is, as far as a text says: far, middle, near. A medium close-up is both of the last two."""
    found: set[str] = set()
    for match in SIZE.finditer(text):
        kind = match.lastgroup
        if kind:
            found |= {"middle", "near"} if _MEDIUM_CLOSE.match(match.group(0)) else {kind}
    return frozenset(found)


def is_close(shot: LintShot) -> bool:
    """Whether the shot shows a face, or less."""
    size = shot.slots.get("size")
    prompt = shot.slots.get("prompt")
    if size and not (shot.whole and not _own(size, shot)):
        return "near" in distance(size.text)
    return prompt is not None and "near" in distance(prompt.text[:_OPENING])


@on_shot("size-conflict", Severity.WARNING)
def size_conflict(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Two sizes in one single picture."""
    size = shot.slots.get("size")
    if shot.series:
        return
    if size and shot.whole and not _own(size, shot):
        size = None  # a full prompt is sent alone: a size said for all shots is not in it
    wanted = distance(size.text) if size else frozenset()
    first: re.Match[str] | None = None
    for text in shot.texts:
        if text.slot in ("size", "prompt_wrap") or SIZE_WORDS.isdisjoint(words_of(text.text)):
            continue
        for found in SIZE.finditer(unquoted(text.text)):
            here = distance(found.group(0))
            if here and wanted and not here & wanted:
                other = size.text if size and not first else first.group(0) if first else "another"
                hint = "one picture has one size: keep the one you want, or make two shots"
                yield Finding(f"“{found.group(0)}” here, and “{other}” before", hint, **at(text, found))
                return
            if here and not wanted:
                wanted, first = here, found


def _own(text: Text, shot: LintShot) -> bool:
    """Whether a text stands in the shot itself, not before it in defaults or the scene."""
    return text.key.file == shot.place.file and text.key.line >= shot.place.line


def _focals(text: Text) -> Iterator[tuple[int, re.Match[str]]]:
    for found in _FOCAL.finditer(unquoted(text.text)):
        length = int(found.group(1))
        lens_said = text.slot == "lens" or re.match(r"\s?(?:lens|f/|,? ?f/)", text.text[found.end() :])
        if length not in _GAUGES or lens_said:
            yield length, found


@on_shot("lens-conflict", Severity.INFO)
def lens_conflict(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Two focal lengths, or a very wide one for a face."""
    if shot.series:
        return
    seen: dict[int, re.Match[str]] = {}
    for text in shot.texts:
        if "mm" not in text.text:
            continue
        for length, found in _focals(text):
            if seen and length not in seen and text.slot != "lens":
                before = next(iter(seen))
                yield Finding(f"{length}mm here, and {before}mm before", "name one lens", **at(text, found))
                return
            seen[length] = found
            if length <= _WIDEST_FOR_A_FACE and is_close(shot):
                message = f"a close-up at {length}mm pulls the face out of shape"
                yield Finding(message, "write 85mm, or a wider size if the distortion is not meant", **at(text, found))
                return
