"""Near names: the hint for a word that is not known. Does not know what the words stand for."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 80  # characters; nobody mistypes a longer name, and comparing it costs the square of its length
_MOST = 2_000  # names compared at most, so that a hint never takes longer than the mistake is worth


def near(name: str, known: Iterable[str]) -> str:
    """`did you mean "vera"?` for the known name nearest to `name`, or "" when none is near."""
    if len(name) > _LONGEST:
        return ""
    folded = {other.casefold(): other for other, _ in zip(known, range(_MOST), strict=False)}
    best = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return f'did you mean "{folded[best[0]]}"?' if best else ""
