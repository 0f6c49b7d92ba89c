"""Every rule id that a Problem of this package can carry, found in its source.

A rule id is text in one of these places: the first argument of something that makes a problem, the `rule` of a call, a
constant called RULE, or the first of a tuple whose second is a place. Knows nothing of what the rules mean.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "shotpilot_pipeline"
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_MAKERS = frozenset(
    [
        *("Problem", "ShotFault", "Fault", "warning", "_problem", "_ignore_problem", "_orphan"),
        *("on_text", "on_shot", "on_film", "on_list"),
    ]
)
_FAMILIES = ("yaml-", "schema-", "store-", "series-", "slot-")


def rule_ids() -> dict[str, str]:
    """Each id with the file that names it first."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for id in _ids(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(id, str(path.relative_to(PACKAGE)))
    return found


def _ids(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        for text in _texts(node):
            if _ID.match(text):
                yield text


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _MAKERS and node.args:
            yield from _leaves(node.args[0])
        for keyword in node.keywords:
            if keyword.arg == "rule":
                yield from _leaves(keyword.value)
    elif isinstance(node, ast.Assign) and any(getattr(one, "id", "") in ("RULE", "_RULE") for one in node.targets):
        yield from _leaves(node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(_FAMILIES):
        yield node.value


def _leaves(node: ast.expr) -> Iterator[str]:
    """The texts an expression can be: itself, or either side of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _leaves(node.body)
        yield from _leaves(node.orelse)
