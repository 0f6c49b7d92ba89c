"""Where the words of a request were written: every text of a list that can reach a task, and which of them holds given
words. Fills nothing and judges nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shotpilot_pipeline.errors import Place
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.source import Source
from shotpilot_pipeline.shotlist.words import in_words

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ROOMS = ("vars", "looks", "cast", "images")


class Written(NamedTuple):
    """One text and where it stands: `action`, `vars.city`, `cast.vera.wardrobe`."""

    key: str
    text: str
    place: Place


def head_texts(source: Source, scene: str = "") -> tuple[Written, ...]:
    """The texts that shots refer to by name: vars, looks, cast and images, and the vars of one scene."""
    found = [one for room in _ROOMS for one in _below(room, source.head.get(room))]
    for one in source.scenes:
        if one.id == scene:
            found += _below("vars", one.node.get("vars"))
    return tuple(found)


def holding(words: str, texts: Sequence[Written]) -> tuple[Written, ...]:
    """The texts that brought `words` into a prompt: those that hold all of them, else those that hold most."""
    wanted = set(_words(words))
    if not wanted:
        return ()
    held = [(len(wanted & set(_words(in_words(one.key, one.text)))), one) for one in texts]
    most = max((count for count, _ in held), default=0)
    if most == len(wanted):
        return tuple(one for count, one in held if count == most)[:1]
    left, chosen = set(wanted), []
    for _, one in sorted((pair for pair in held if pair[0]), key=lambda pair: -pair[0]):
        if new := left & set(_words(in_words(one.key, one.text))):
            chosen.append(one)
            left -= new
    return tuple(one for one in texts if one in chosen)


def under(keys: Iterable[str], texts: Sequence[Written]) -> tuple[Written, ...]:
    """The texts whose key is one of `keys` or stands below it."""
    wanted = tuple(keys)
    return tuple(one for one in texts if any(one.key == key or one.key.startswith(f"{key}.") for key in wanted))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _below(key: str, node: Node | None) -> Iterator[Written]:
    if node is None or node.value is None:
        return
    if isinstance(node.value, dict):
        for name, below in node.value.items():
            if not name.startswith("x-"):
                yield from _below(f"{key}.{name}", below)
    elif isinstance(node.value, list):
        for below in node.list:
            yield from _below(key, below)
    else:
        yield Written(key, str(node.value), node.place)
