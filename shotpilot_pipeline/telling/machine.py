"""Problems for programs: the JSON of schemas/problems-1.schema.json, and what tells one problem from another.

Lines and columns count from 1, columns in characters (Unicode code points), and ends are excluded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from shotpilot_pipeline.errors import Fix, Place, Problem, Severity
from shotpilot_pipeline.values.digest import sha256_text

_MOVES = re.compile(r":\d+(?::\d+)?|\blines? \d+")  # what of a message changes when lines are put in above


def as_json(problems: Sequence[Problem]) -> dict[str, object]:
    """All of them, with their counts."""
    count = Counter(problem.severity for problem in problems)
    return {
        "problems": [problem_json(problem) for problem in problems],
        "errors": count[Severity.ERROR],
        "warnings": count[Severity.WARNING],
    }


def problem_json(problem: Problem) -> dict[str, object]:
    """One of them, with the keys DESIGN section 4 fixes and those beside them."""
    end = problem.end
    return {
        "rule": problem.rule,
        "severity": problem.severity.value,
        **_place(problem.place),
        "end_line": end.line if end is not None else 0,
        "end_column": end.column if end is not None else 0,
        "address": problem.address,
        "message": problem.message,
        "hint": problem.hint,
        "link": problem.link,
        "chain": [{**_place(step.place), "words": step.words} for step in problem.chain],
        "fix": _fix(problem.fix) if problem.fix is not None else None,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column}


def _fix(fix: Fix) -> dict[str, object]:
    edits = [
        {**_place(edit.start), "end_line": edit.end.line, "end_column": edit.end.column, "text": edit.text}
        for edit in fix.edits
    ]
    return {"title": fix.title, "automatic": fix.automatic, "edits": edits}


def with_fingerprints(problems: Sequence[Problem]) -> Iterator[tuple[Problem, str]]:
    """Each problem with a name (64 hex digits) that stays when lines are put in or taken out above it.

    Made of rule, file, address and message. The same said several times in a file is counted, in order of place.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for problem in problems:
        known = (problem.rule, problem.place.file, problem.address, _MOVES.sub("", problem.message))
        seen[known] += 1
        yield problem, sha256_text("\n".join([*known, str(seen[known])]))
