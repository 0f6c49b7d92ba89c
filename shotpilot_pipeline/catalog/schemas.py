"""The JSON Schemas of the file formats, as data. Does not validate anything.

In a wheel they lie inside the package; in an editable install they stay where people edit them, in the
repository's `schemas/`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parents[1]
_FOLDERS = (_PACKAGE / "schemas", _PACKAGE.parent / "schemas")


def schema_path(name: str) -> Path:
    """The file of a schema, such as `shotlist-1`. Raises FileNotFoundError when there is none of that name."""
    for folder in _FOLDERS:
        path = folder / f"{name}.schema.json"
        if path.is_file():
            return path
    raise FileNotFoundError(f"no schema {name!r} in {_FOLDERS[0]} or {_FOLDERS[1]}")


@cache
def schema(name: str) -> dict[str, Any]:
    """A schema by its name, such as `shotlist-1`; read once. Callers must not change it."""
    loaded: dict[str, Any] = json.loads(schema_path(name).read_text(encoding="utf-8"))
    return loaded
