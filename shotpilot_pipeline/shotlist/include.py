"""Where an include leads, and what joins when fragments meet. Does not parse anything."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.yamlfault import shown

DEEPEST = 50  # files that include each other, one inside the other
MERGED = ("vars", "cast", "images", "looks")
_SINGLE = {"vars": "the variable", "cast": "the cast member", "images": "the image", "looks": "the look"}


def real(path: Path) -> Path | None:
    """The path with every symlink followed; None where that leads nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def target(entry: Node, root: Path, pages: Pages) -> str | Problem:
    """The path an include entry means, as the user would type it; a problem when it leads out of the show."""
    said = str(entry.value)

    def problem(message: str, hint: str) -> Problem:
        return Problem("include", entry.place, f"include {shown(said)!r} {message}", hint)

    if not said.strip() or "://" in said:
        return problem("is no path of a file", "write the path of a fragment, from this file's folder")
    if os.path.isabs(said) or "\0" in said:
        return problem("is not a path from this file's folder", "write a path such as cast.yaml")
    display = os.path.normpath(os.path.join(os.path.dirname(entry.file), said))
    followed = real(Path(display))
    if followed is None or not followed.is_relative_to(root.resolve()):
        return problem("leads out of the show", f"move the file below {root}")
    if not followed.exists() and not pages.is_file(followed):
        return problem("names no file", _neighbours(Path(display), Path(entry.file).name) or "check the path")
    if followed.is_dir():
        return problem("is a folder", "name a file inside it")
    return display


def _neighbours(path: Path, own: str) -> str:
    """The file that was meant, of those in the same folder; never the one that includes."""
    try:
        names = sorted(name for name in os.listdir(path.parent) if name.endswith((".yaml", ".yml")))
    except OSError:
        return ""
    return near(path.name, [name for name in names if name != own])


def cycle(chain: list[str], again: str) -> str:
    """A circle of includes, drawn: a -> b -> a."""
    return " -> ".join([*chain[chain.index(again) :], again])


def merge(heads: Iterable[Node], own: Node) -> Iterator[Problem]:
    """Put the vars, cast, images and looks of `heads` (includes, in order; `own` last) together into `own`.

    Yields a problem for each id that is defined twice.
    """
    joined: dict[str, dict[str, Node]] = {section: {} for section in MERGED}
    holders: dict[str, Node] = {}
    for head in [*heads, own]:
        for section in MERGED:
            node = head.get(section)
            if node is None or not isinstance(node.value, dict):
                continue
            holders[section] = node
            yield from join(_SINGLE[section], joined[section], node.value)
    for section, node in holders.items():
        copy = Node(joined[section], node.file, node.line, node.column, node.key_line, node.key_column)
        own.map[section] = copy


def join(what: str, into: dict[str, Node], more: dict[str, Node]) -> Iterator[Problem]:
    """Add definitions to those of earlier files; a problem for each that is there already."""
    for name, node in more.items():
        first = into.setdefault(name, node)
        if first is not node:
            message = f"{what} {name!r} is defined here and at {first.key_place}"
            yield Problem("include-twice", node.key_place, message, "keep one of the two, or rename one")
