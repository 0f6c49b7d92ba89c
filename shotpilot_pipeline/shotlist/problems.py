"""Problems put in the order in which they are told. Does not know what is wrong.

Apart from those who find them, so that a list recalled from its memo needs none of these.
"""

from __future__ import annotations

from collections.abc import Iterable

from shotpilot_pipeline.errors import Place, Problem


def in_place_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by file, line and column; the same thing said at one place only once."""
    kept: dict[tuple[Place, str], Problem] = {}
    for problem in problems:
        kept.setdefault((problem.place, problem.message), problem)
    return sorted(kept.values(), key=lambda problem: problem.place)
