"""The record of a take: the text beside its pictures that says what they are and where they came from.

Does not know where the store keeps records, nor what the origin means: that is kept word for word.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from shotpilot_pipeline.store.marks import Marks
from shotpilot_pipeline.values.take import Picture, Take

FORMAT = 1
KEY_PATTERN = re.compile(r"[0-9a-f]{64}\Z")
RECORD_NAME = re.compile(r"([0-9a-f]{64})\.([1-9]\d{0,8})\.json\Z")


class DamagedRecord(ValueError):
    """A record that does not say what a record says. `newer`: a later version of the tool wrote it."""

    def __init__(self, message: str, *, newer: bool = False) -> None:
        super().__init__(message)
        self.newer = newer


class Entry(NamedTuple):
    """A record as read: the take, what its pictures carried on arrival, and where it came from."""

    take: Take
    marks: tuple[Marks, ...]
    kept_at: str  # UTC, ISO 8601
    tool: str
    origin: dict[str, Any]


def record_name(key: str, number: int) -> str:
    """The file name of a record."""
    return f"{key}.{number}.json"


def record_bytes(entry: Entry) -> bytes:
    """The record as JSON in UTF-8. Raises ValueError or TypeError when the origin is not JSON."""
    pictures = [
        {**picture._asdict(), "marks": marks._asdict()}
        for picture, marks in zip(entry.take.pictures, entry.marks, strict=True)
    ]
    record = {
        "take": FORMAT,
        "render_key": entry.take.key,
        "number": entry.take.number,
        "kept_at": entry.kept_at,
        "tool": entry.tool,
        "pictures": pictures,
        "origin": entry.origin,
    }
    try:
        return f"{json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)}\n".encode()
    except UnicodeEncodeError:  # half a character, as an answer from the network can hold: written as an escape
        return f"{json.dumps(record, indent=1, sort_keys=True, allow_nan=False)}\n".encode()


def read_record(path: str | Path) -> Entry:
    """The record at `path`. Raises DamagedRecord when it is not one or is not the one its name says; OSError."""
    with open(path, "rb") as file:
        data = file.read()
    found = RECORD_NAME.match(os.path.basename(path))
    if not found:
        raise DamagedRecord("its name is not that of a record")
    record = _checked(data)
    if (record["render_key"], record["number"]) != (found[1], int(found[2])):
        raise DamagedRecord(f"it tells of take {record['number']} of {record['render_key'][:12]}, its name of another")
    return _entry(record)


def _checked(data: bytes) -> dict[str, Any]:
    try:
        record = json.loads(data)
    except ValueError as error:
        raise DamagedRecord("it is empty" if not data.strip() else f"it is not JSON ({error})") from error
    if isinstance(record, dict) and isinstance(version := record.get("take"), int) and version > FORMAT:
        raise DamagedRecord(f"a newer shotpilot wrote it (format {version}); use that one", newer=True)
    _validator()(record)
    return record  # type: ignore[no-any-return]


def _entry(record: Mapping[str, Any]) -> Entry:
    pictures = tuple(Picture(*(picture[field] for field in Picture._fields)) for picture in record["pictures"])
    marks = tuple(_marks(picture.get("marks", {})) for picture in record["pictures"])
    take = Take(record["render_key"], record["number"], pictures)
    return Entry(take, marks, record["kept_at"], record["tool"], record["origin"])


def _marks(found: Mapping[str, Any]) -> Marks:
    return Marks(**{**found, "text": tuple(found.get("text", ()))})


@cache
def _validator() -> Callable[[object], None]:
    # jsonschema costs 90 ms to import, and most plans read no record: the index tells them enough.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    from shotpilot_pipeline.catalog.schemas import schema

    judge = Draft202012Validator(schema("take-1"))

    def validate(record: object) -> None:
        if not judge.is_valid(record):
            worst = best_match(judge.iter_errors(record))
            raise DamagedRecord(f"{worst.json_path}: {worst.message}")

    return validate
