"""Names that would be mistaken for one another: by a disk, by a prompt, by the queue. Does not read files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.node import Node

_RESERVED = re.compile(r"(?:element|image)\d*|pick", re.IGNORECASE)


def all_differ(names: Iterable[str]) -> bool:
    """Whether no two names are one on a disk that knows no case: then neither of the next two has anything to say."""
    folded = [name.casefold() for name in names]
    return len(set(folded)) == len(folded)


def twins(
    kind: str, names: Iterable[tuple[str, Place]], address: str = "", why: str = "many disks take the two for one file"
) -> Iterator[Problem]:
    """A problem for each name that differs from an earlier one only in case. `kind` is what they name: `shot`."""
    first: dict[str, tuple[str, Place]] = {}
    for name, place in names:
        earlier, where = first.setdefault(name.casefold(), (name, place))
        if earlier != name:
            message = f"{kind} {name!r} differs only in case from {earlier!r} ({where})"
            yield Problem("name-case", place, message, f"{why}: rename one", address=address)


def same_file(stems: Iterable[tuple[str, str, Place]]) -> Iterator[Problem]:
    """A problem for each file name that two addresses would share. `stems`: file name, address, place."""
    first: dict[str, tuple[str, Place]] = {}
    for stem, address, place in stems:
        earlier, where = first.setdefault(stem.casefold(), (address, place))
        if earlier != address and earlier.casefold() != address.casefold():
            message = f"{address} would have the same file name as {earlier} ({where}): {stem}"
            yield Problem("name-file", place, message, "rename one of them", address=address)


def keys(node: Node | None) -> Iterator[tuple[str, Place]]:
    """Every key of a map with its place; nothing for what is no map."""
    if node is not None and isinstance(node.value, dict):
        for name, below in node.value.items():
            yield name, below.key_place


def reserved(names: Iterable[tuple[str, Place]], address: str = "") -> Iterator[Problem]:
    """A problem for each cast member or image that bears a name which prompts already use."""
    for name, place in names:
        if _RESERVED.fullmatch(name):
            message = f"{name!r} is a reserved word: @{name} already means something in a prompt"
            yield Problem("name-reserved", place, message, "give it another name", address=address)


def in_settings(node: Node, address: str = "") -> Iterator[Problem]:
    """The names that a shot (or defaults, or a stage) gives: images, axes and their values, at every stage."""
    images = node.get("images")
    yield from twins("image", keys(images), address)
    yield from reserved(keys(images), address)
    axes = node.get("vary", "axes")
    yield from twins("axis", keys(axes), address)
    if axes is not None and isinstance(axes.value, dict):
        for axis in axes.value.values():
            yield from twins("variant", keys(axis), address)
    stages = node.get("stages")
    yield from twins("stage", keys(stages), address)
    if stages is not None and isinstance(stages.value, dict):
        for stage in stages.value.values():
            yield from in_settings(stage, address)
