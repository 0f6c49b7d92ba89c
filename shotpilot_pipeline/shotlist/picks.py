"""The picks file: which take people chose, by address. Does not know which takes exist."""

from __future__ import annotations

from pathlib import Path

from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.shotlist.document import parse_all
from shotpilot_pipeline.shotlist.filetext import read_text
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.pointer import told
from shotpilot_pipeline.shotlist.reader import in_order
from shotpilot_pipeline.shotlist.validate import check
from shotpilot_pipeline.values.take import Pick

SCHEMA = "picks-1"


def read_picks(path: Path, pages: Pages | None = None) -> tuple[dict[str, Pick], tuple[Problem, ...]]:
    """Read a picks file: address of the task -> pick. A missing file is an empty one. Never raises for its content.

    Entries without a take (only rejects, stars or notes so far) are no picks, and are left out.
    """
    pages = pages or Pages()
    if not pages.is_file(path) and not path.exists() and not path.is_symlink():
        return {}, ()
    got = read_text(path, str(path), "picks: 1", pages)
    if isinstance(got, Problem):
        return {}, (got,)
    parsed = parse_all(got.text, got.file)
    problems = list(parsed.problems)
    if parsed.node is None:
        return {}, told(in_order(problems), pages)
    problems += check(parsed.node, SCHEMA)
    if problems:
        return {}, told(in_order(problems), pages)
    entries = {name: node for name, node in parsed.node.map.items() if "/" in name and not name.startswith("x-")}
    picks = {address: _pick(address, node) for address, node in entries.items()}
    return {address: pick for address, pick in picks.items() if pick is not None}, ()


def _pick(address: str, node: Node) -> Pick | None:
    if isinstance(node.value, int):
        return Pick(address, node.value)
    take = node.get("take")
    if take is None:
        return None
    said = {key: str(below.value) for key, below in node.map.items() if key in ("sha256", "key", "by", "at", "why")}
    number = take.value
    assert isinstance(number, int)
    return Pick(address, number, **said)
