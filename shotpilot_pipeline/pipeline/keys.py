"""The key to the account: found in the environment, never in a file of the show. Does not send it anywhere."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from shotpilot_pipeline.errors import KeyOrBalance
from shotpilot_pipeline.pipeline.settings import NAME
from shotpilot_pipeline.values.origin import is_loopback

_WHERE = "get one at https://fal.ai/dashboard/keys, then: export FAL_KEY=id:secret"
_SHAPE = re.compile(r"[!-9;-~]{4,}:[!-~]{8,}\Z")  # id:secret; printable, without blanks
#: A line of TOML that looks as if it gave a key: a telling name, or a value of the shape fal's keys have.
_IN_FILE = re.compile(
    r"""^\s*["']?(?:fal[-_]?key\w*|key|api[-_]?key|key[-_]?(?:id|secret)|secret)["']?\s*=
    |=\s*["'][0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{16,}["']""",
    re.IGNORECASE | re.VERBOSE,
)
#: A line of a shot list that names the key, or holds one, in a comment too.
_IN_LIST = re.compile(
    r"""^\s*["']?fal[-_]?key\w*["']?\s*: | [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{16,}""",
    re.IGNORECASE | re.VERBOSE,
)
_MOST = 4_000_000  # characters of a file that are looked at: the longest shot list has fewer


def find_key(queue: str, environment: Mapping[str, str] = os.environ) -> str:
    """The key for the queue at `queue`: FAL_KEY, else FAL_KEY_ID with FAL_KEY_SECRET.

    A queue on this machine takes any key. Raises KeyOrBalance where there is none, or one that cannot be a key.
    """
    name, key = _named(environment)
    if not key:
        raise KeyOrBalance(f"there is no key: FAL_KEY is not set; {_WHERE}")
    if fault := _pasted(key):
        raise KeyOrBalance(f"{name} {fault}; set it again: export FAL_KEY=id:secret")
    if not is_loopback(queue) and not _SHAPE.match(key):
        raise KeyOrBalance(f"{name} is not a fal key, which has the form id:secret; copy the whole of it: {_WHERE}")
    return key


def refuse_keys_in_files(root: Path, shot_list: Path | None = None) -> None:
    """Raises KeyOrBalance when the settings file or the shot list holds a key: files are copied, sent and committed."""
    for path, pattern in ((root / NAME, _IN_FILE), (shot_list, _IN_LIST)):
        if path is not None:
            _refuse_keys_in(path, pattern)


def _refuse_keys_in(path: Path, pattern: re.Pattern[str]) -> None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = file.read(_MOST).splitlines()
    except OSError:
        return
    for number, line in enumerate(lines, 1):
        if pattern.search(line) and not (pattern is _IN_FILE and line.lstrip().startswith("#")):
            raise KeyOrBalance(
                f"{path}:{number}: a key stands in this file, and files are copied and committed; take it out, "
                "make a new one at https://fal.ai/dashboard/keys if anybody else saw it, and set it in the "
                "environment: export FAL_KEY=id:secret"
            )


def _named(environment: Mapping[str, str]) -> tuple[str, str]:
    """What the key was given as, and the key; "" where there is none."""
    if environment.get("FAL_KEY"):
        return "FAL_KEY", environment["FAL_KEY"]
    id, secret = environment.get("FAL_KEY_ID", ""), environment.get("FAL_KEY_SECRET", "")
    if bool(id) != bool(secret):
        there, missing = ("FAL_KEY_ID", "FAL_KEY_SECRET") if id else ("FAL_KEY_SECRET", "FAL_KEY_ID")
        raise KeyOrBalance(f"{there} is set and {missing} is not; a key has both halves: {_WHERE}")
    return "FAL_KEY_ID with FAL_KEY_SECRET", f"{id}:{secret}" if id else ""


def _pasted(key: str) -> str:
    """What came along when the key was pasted, in words; "" where nothing did."""
    if any(quote in key for quote in "\"'`“”‘’"):
        return "holds quotation marks, which are no part of a key"
    if key != key.strip() or any(character.isspace() for character in key):
        return "holds a blank or a line break, which came along when it was pasted"
    if not key.isascii() or not key.isprintable():
        return "holds characters that no key has"
    if key.lower().startswith(("key:", "bearer:", "fal_key=")):
        return "holds a word before the key"
    return ""
