"""Takes and picks: what was bought, and what a person (or a rule) chose of it."""

from __future__ import annotations

from typing import NamedTuple


class Picture(NamedTuple):
    """One file of pixels, known by its bytes."""

    sha256: str
    bytes: int
    width: int
    height: int
    format: str  # "png", "jpeg" or "webp"


class Take(NamedTuple):
    """One picture, or one series of panels in order, numbered from 1 within its render key."""

    key: str
    number: int
    pictures: tuple[Picture, ...]


class Pick(NamedTuple):
    """A choice: this take goes on to the next stage. `sha256` is that of the take's first picture, "" if unknown."""

    address: str  # of the task, without a take
    take: int
    sha256: str = ""
    key: str = ""
    by: str = ""
    at: str = ""
    why: str = ""
    version: int = 0  # of an older version that was picked by its number; 0: the current one
