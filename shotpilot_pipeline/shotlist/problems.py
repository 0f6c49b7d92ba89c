"""Problems put in the order in which they are told, and moved with the text they are about.

Does not know what is wrong. Apart from those who find them, so that a list recalled from its memo needs none of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Step

#: Rules whose words differ from shot to shot although the cure is one: told once for each place.
_ONCE = frozenset({"prompt-too-long"})


def in_place_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by file, line and column; the same thing said at one place only once."""
    kept: dict[tuple[Place, str], Problem] = {}
    for problem in problems:
        kept.setdefault((problem.place, problem.rule if problem.rule in _ONCE else problem.message), problem)
    return sorted(kept.values(), key=by_place)


def by_place(problem: Problem) -> tuple[str, int, int]:
    """What problems are sorted by: a tuple, because a list of 10,000 shots has thousands of them."""
    place = problem.place
    return place.file, place.line, place.column


def places_of(problem: Problem) -> Iterator[Place]:
    """Every place that a problem names."""
    yield problem.place
    if problem.end is not None:
        yield problem.end
    yield from (step.place for step in problem.chain)
    for edit in problem.fix.edits if problem.fix is not None else ():
        yield from (edit.start, edit.end)


def with_places(problem: Problem, move: Callable[[Place], Place]) -> Problem:
    """The problem with each place of it, and of its chain and fix, as `move` gives it."""
    fix = problem.fix
    if fix is not None:
        edits = tuple(Edit(move(edit.start), move(edit.end), edit.text) for edit in fix.edits)
        fix = Fix(fix.title, edits, fix.automatic)
    return replace(
        problem,
        place=move(problem.place),
        end=move(problem.end) if problem.end is not None else None,
        chain=tuple(Step(move(step.place), step.words) for step in problem.chain),
        fix=fix,
    )
