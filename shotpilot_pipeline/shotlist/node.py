"""A YAML value that remembers where it was written. Does not know what the value means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shotpilot_pipeline.errors import Place

_new = tuple.__new__  # a place is made some thirty times a shot

Scalar = str | int | float | bool | None
NodeValue = Scalar | dict[str, "Node"] | list["Node"]


class Node:
    """A scalar, a map of nodes or a list of nodes, with its place and that of its key.

    Lines and columns count from 1. `key_line` is 0 for what has no key (a list's item, a document).
    """

    __slots__ = ("column", "file", "key_column", "key_line", "line", "value")

    def __init__(
        self, value: NodeValue, file: str, line: int, column: int, key_line: int = 0, key_column: int = 0
    ) -> None:
        self.value = value
        self.file = file
        self.line = line
        self.column = column
        self.key_line = key_line
        self.key_column = key_column

    def __repr__(self) -> str:
        return f"Node({self.plain()!r} at {self.place})"

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return _new(Place, (self.file, self.line, self.column))

    @property
    def key_place(self) -> Place:
        """Where its key stands; the value's own place when it has no key."""
        if not self.key_line:
            return self.place
        return _new(Place, (self.file, self.key_line, self.key_column))

    @property
    def map(self) -> dict[str, Node]:
        """The value as a map. Raises TypeError when it is none, which the schema has ruled out before."""
        if not isinstance(self.value, dict):
            raise TypeError(f"{self.place}: not a map")
        return self.value

    @property
    def list(self) -> list[Node]:
        """The value as a list. Raises TypeError when it is none."""
        if not isinstance(self.value, list):
            raise TypeError(f"{self.place}: not a list")
        return self.value

    def get(self, *path: str | int) -> Node | None:
        """The node at `path` below this one, or None."""
        node: Node | None = self
        for step in path:
            if isinstance(step, int):
                items = node.value if node is not None else None
                node = items[step] if isinstance(items, list) and step < len(items) else None
            else:
                fields = node.value if node is not None else None
                node = fields.get(step) if isinstance(fields, dict) else None
        return node

    def nearest(self, path: Iterable[str | int]) -> Node:
        """The deepest node on the way down `path`: where to point when the rest is missing."""
        node = self
        for step in path:
            below = node.get(step)
            if below is None:
                break
            node = below
        return node

    def plain(self) -> Any:
        """The value without its places, as the JSON schema wants it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def last_line(node: Node) -> int:
    """The last line on which a value below `node` begins."""
    below = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    return max((node.line, *map(last_line, below)))
