"""Which pictures a model takes as they are, and what is sent instead of a bought one that it does not take.

A *derivative* is never a picture of its own: a request names it by the original's sha256 and a recipe, and the render
key holds just these two. A recipe is text: `;as=jpeg;bytes=10000000` is "as a JPEG, as good as fits into so many
bytes". Does not make derivatives (store/derived.py does), and knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from shotpilot_pipeline.values.take import Picture

_RECIPE = re.compile(r"([0-9a-f]{64});as=(jpeg);bytes=([1-9][0-9]{0,11})\Z")
_IN_FORM = re.compile(r'"sha256:[0-9a-f]{64};as=jpeg;bytes=([0-9]+)"')  # inside a prompt its quotes would be escaped
_MEGABYTE = 1_000_000


class Recipe(NamedTuple):
    """How a derivative is made."""

    format: str  # "jpeg"
    bytes: int  # at most


def fits_text(most_bytes: int, formats: Iterable[str]) -> str:
    """What a model takes, as a task keeps it: `10000000 jpeg,png`."""
    return f"{most_bytes} {','.join(formats)}"


def as_sent(picture: Picture, fits: str) -> str:
    """The picture as it stands in a form behind `sha256:`: its sha256, and the recipe where a model that takes `fits`
    ("": anything) does not take it as it is."""
    if not fits:
        return picture.sha256
    most, formats = _fits(fits)
    if picture.bytes <= most and picture.format in formats:
        return picture.sha256
    return f"{picture.sha256};as=jpeg;bytes={most}"


@lru_cache(maxsize=100)  # a catalog has few of them, and a plan asks thousands of times
def _fits(text: str) -> tuple[int, frozenset[str]]:
    most, _, formats = text.partition(" ")
    return int(most), frozenset(formats.split(","))


def split_sent(value: str) -> tuple[str, Recipe | None]:
    """The sha256, and the recipe if there is one, of what stands behind `sha256:`."""
    found = _RECIPE.match(value)
    return (found[1], Recipe(found[2], int(found[3]))) if found else (value, None)


def derivative_note(form: str) -> str:
    """What a plan says of a form that sends a derivative; "" for any other."""
    found = _IN_FORM.search(form) if ";as=jpeg;" in form else None
    if found is None:
        return ""
    size = f"{int(found[1]) / _MEGABYTE:g} MB"
    return f"the model does not take the carried picture as it is: it goes out as a JPEG of at most {size}"
