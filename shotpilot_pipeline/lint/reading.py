"""How rules read a text: its words, what stands in quotes, and lists of words kept as data. Judges nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

_WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?")
#: What stands between quotes: double ones, curly ones, guillemets, and single ones that open after a space.
_QUOTED = re.compile(
    r"\"([^\"]{1,300})\"|“([^”]{1,300})”|«([^»]{1,300})»|(?<![\w'])'([^'\n]{1,300}?)'(?![\w])|‘([^’]{1,300})’(?!\w)"
)
_ASPECT = re.compile(r"([1-9][0-9]{0,4}):([1-9][0-9]{0,4})\Z")
_EXPRESSION = re.compile(r"\{\{(?:(?!\}\}).){0,500}\}\}|\{%(?:(?!%\}).){0,500}%\}", re.DOTALL)


@lru_cache(maxsize=4096)
def words_of(text: str) -> frozenset[str]:
    """The words of a text in lower case, each once."""
    return frozenset(_WORD.findall(text.lower()))


def word_list(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return _WORD.findall(text.lower())


@lru_cache(maxsize=4096)
def unquoted(text: str) -> str:
    """The text with what stands in quotes (and in template expressions) blanked out; every place stays the same."""
    if "{" in text:
        text = _EXPRESSION.sub(_blank, text)
    return _QUOTED.sub(_blank, text)


def quoted(text: str) -> list[str]:
    """What stands in quotes, in order."""
    return [next(group for group in found.groups() if group is not None) for found in _QUOTED.finditer(text)]


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group(0))


def ratio_of(aspect: str) -> float:
    """Width by height of an aspect ratio such as 16:9; 0 for what is none."""
    found = _ASPECT.match(aspect)
    return int(found.group(1)) / int(found.group(2)) if found else 0.0


def these(text: str) -> frozenset[str]:
    """The words of a short list written in one text."""
    return frozenset(text.split())


@cache
def listed(name: str) -> tuple[str, ...]:
    """The words of a list in `words/`: one a line, `#` begins a remark."""
    lines = Path(__file__).with_name("words").joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(word for line in lines if (word := line.partition("#")[0].strip()))


def any_of(words: Iterable[str], *, before: str = r"(?<![\w-])", after: str = r"(?![\w-])") -> re.Pattern[str]:
    """A pattern for whichever of the words (or phrases) occurs, longest first, in any case."""
    alternatives = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))
    return re.compile(f"{before}(?:{alternatives}){after}", re.IGNORECASE)


def heads(words: Iterable[str]) -> frozenset[str]:
    """The first word of each phrase: a text that holds none of them need not be searched."""
    return frozenset(_WORD.findall(word.lower())[0] for word in words)
