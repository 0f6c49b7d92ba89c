"""The picks file: what people chose, by address. Does not know which takes exist, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.document import parse_all
from shotpilot_pipeline.shotlist.filetext import read_text
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.picksmerge import conflicts
from shotpilot_pipeline.shotlist.pointer import told
from shotpilot_pipeline.shotlist.reader import in_order
from shotpilot_pipeline.shotlist.validate import check
from shotpilot_pipeline.values.decision import Decision, Mark, TakeNote
from shotpilot_pipeline.values.take import Pick

SCHEMA = "picks-1"
HEADER = "picks: 1"


class Said(NamedTuple):
    """What a picks file says. `show`: the production it names, "" for none; `places`: where each key of it begins."""

    decisions: dict[str, Decision]
    show: str = ""
    show_place: Place | None = None
    places: dict[str, Place] = {}  # noqa: RUF012  # never written to


def read_decisions(path: Path, pages: Pages | None = None) -> tuple[Said, tuple[Problem, ...]]:
    """Read a picks file. A missing one says nothing. Never raises for its content."""
    pages = pages or Pages()
    if not pages.is_file(path) and not path.exists() and not path.is_symlink():
        return Said({}), ()
    got = read_text(path, str(path), HEADER, pages)
    return (Said({}), (got,)) if isinstance(got, Problem) else decisions_in(got.text, got.file)


def decisions_in(text: str, file: str) -> tuple[Said, tuple[Problem, ...]]:
    """What the text of a picks file says; `file` is what messages call it."""
    merging = conflicts(text, file)
    if merging:
        return Said({}), merging
    parsed = parse_all(text, file)
    problems = list(parsed.problems)
    if parsed.node is not None:
        problems += check(parsed.node, SCHEMA)
    if parsed.node is None or problems:
        return Said({}), told(in_order(problems), Pages({Path(file): text}))
    root = parsed.node
    entries = {name: node for name, node in root.map.items() if is_entry(name)}
    show = root.get("show")
    return Said(
        {address: _decision(address, node) for address, node in entries.items()},
        str(show.value) if show is not None else "",
        show.place if show is not None else None,
        {key: node.key_place for key, node in root.map.items()},
    ), ()


def read_picks(path: Path, pages: Pages | None = None) -> tuple[dict[str, Pick], tuple[Problem, ...]]:
    """The picks alone: address of the task -> pick. Entries without a take are no picks, and are left out."""
    said, problems = read_decisions(path, pages)
    return {address: one.pick for address, one in said.decisions.items() if one.pick is not None}, problems


def is_entry(key: str) -> bool:
    """Whether a key of the file is an address, and not one of its head or one of the user's own."""
    return "/" in key and not key.startswith("x-")


def _decision(address: str, node: Node) -> Decision:
    if isinstance(node.value, int):
        return Decision(address, Pick(address, node.value))
    entry = node.plain()
    more = entry.get("more", 0)
    more = more if isinstance(more, dict) else {"takes": more}
    return Decision(
        address,
        _pick(address, entry),
        tuple(map(_mark, entry.get("alternates", ()))),
        tuple(map(_mark, entry.get("rejects", ()))),
        tuple(_stars(entry.get("stars", ()))),
        tuple(_notes(entry.get("notes", ()))),
        more["takes"],
        more.get("over", 0),
        more.get("key", ""),
        more.get("by", ""),
        more.get("at", ""),
    )


def _pick(address: str, entry: dict[str, Any]) -> Pick | None:
    if "take" not in entry:
        return None
    by = entry.get("by") or (f"rule: {entry['rule']}" if entry.get("rule") else "")
    return Pick(
        address, entry["take"], entry.get("sha256", ""), entry.get("key", ""), by, entry.get("at", ""),
        entry.get("why", ""), entry.get("version", 0),
    )  # fmt: skip


def _mark(said: int | dict[str, Any]) -> Mark:
    if isinstance(said, int):
        return Mark(said)
    return Mark(said["take"], said.get("sha256", ""), said.get("by", ""), said.get("at", ""), said.get("version", 0))


def _stars(said: Any) -> Iterator[tuple[Mark, int]]:
    if isinstance(said, dict):
        yield from ((Mark(take, version=version), stars) for key, stars in said.items() for version, take in [_at(key)])
    else:
        yield from ((_mark(one), one["stars"]) for one in said)


def _notes(said: Any) -> Iterator[TakeNote]:
    if isinstance(said, str):
        yield TakeNote(0, said)
    elif isinstance(said, dict):
        yield from (TakeNote(take, text, version=version) for key, text in said.items() for version, take in [_at(key)])
    else:
        for one in said:
            yield TakeNote(
                one.get("take", 0), one["text"], one.get("by", ""), one.get("at", ""), one.get("x"), one.get("y"),
                one.get("sha256", ""), one.get("version", 0),
            )  # fmt: skip


def _at(key: str) -> tuple[int, int]:
    """`3` to version 0, take 3; `v1.3` to version 1, take 3."""
    version, dot, take = key.removeprefix("v").rpartition(".")
    return (int(version), int(take)) if dot else (0, int(key))
