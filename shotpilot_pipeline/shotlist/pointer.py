"""Where inside a value a piece of text stands: file, line and column, found by looking at the file again.

Reads a file only when there is something to complain about. Does not know what is wrong.
"""

from __future__ import annotations

from pathlib import Path

from shotpilot_pipeline.errors import Place
from shotpilot_pipeline.shotlist.node import Node


def inside(node: Node, piece: str, nth: int = 0, root: Path | None = None) -> Place:
    """The place of the `nth` (from 0) `piece` at or after the start of `node`; the node's own place when not found.

    A value folded over several lines, or written with escapes, may not hold the piece as filled.
    """
    lines = _lines(node.file, root) if piece and node.line else []
    for number, line in enumerate(lines[node.line - 1 :], node.line):
        at = line.find(piece, node.column - 1 if number == node.line else 0)
        while at >= 0:
            if nth == 0:
                return Place(node.file, number, at + 1)
            nth -= 1
            at = line.find(piece, at + 1)
        if number > node.line + _VALUE_LINES:
            break
    return node.place


_VALUE_LINES = 200  # lines of one value that are searched


def _lines(file: str, root: Path | None) -> list[str]:
    for path in [Path(file)] + ([root / file] if root else []):
        try:
            lines: list[str] = path.read_text("utf-8-sig").splitlines()
        except (OSError, ValueError):
            continue
        return lines
    return []
