"""How missing takes become rolls: as few as possible. Shared by the plan, which counts them, and the engine.

Does not know what a roll costs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

#: Pictures in one roll at most: `num_images` of all four endpoints is 1-9 (model guide, "Parameters").
MOST_PICTURES = 9


def rolls_needed(takes: int, panels: int) -> int:
    """How many rolls bring `takes` takes: nine pictures a roll, or one series (`panels` above 1) a roll."""
    return takes if panels > 1 else -(-takes // MOST_PICTURES)


def split_rolls(numbers: Sequence[int], panels: int) -> tuple[tuple[int, ...], ...]:
    """The take numbers that each roll brings, in order; as many rolls as `rolls_needed` says."""
    size = 1 if panels > 1 else MOST_PICTURES
    return tuple(tuple(numbers[start : start + size]) for start in range(0, len(numbers), size))


def free_numbers(count: int, taken: Collection[int]) -> tuple[int, ...]:
    """The `count` lowest take numbers that are free, from 1: a gap that a broken run left is filled first."""
    found: list[int] = []
    number = 0
    while len(found) < count:
        number += 1
        if number not in taken:
            found.append(number)
    return tuple(found)
