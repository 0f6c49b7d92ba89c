"""A baseline: what was wrong on the day it was written, so that only what is new is told.

A problem is known again by its rule, its file, its shot and its words, not by its line: what moves stays known. Two
of a kind count twice. Errors are never in it. Reads and writes no file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shotpilot_pipeline.errors import Problem, Severity
from shotpilot_pipeline.values.digest import sha256_text

VERSION = 1
_PLACE = re.compile(r"(?<=\w):\d+(?::\d+)?\b")
_FIGURES = re.compile(r"^\d+ of \d+ shots: | \((?:[\w./-]+(?:, )?)+(?:\.\.\.)?\)$")


def fingerprint(problem: Problem, shown: Callable[[str], str]) -> str:
    """What a problem is known by. `shown` names a file from the root of the show on."""
    # A rule that speaks once for many shots counts them; it is the same problem while any of them is left.
    words = _FIGURES.sub("", _PLACE.sub("", problem.message))
    address = "" if words != _PLACE.sub("", problem.message) else problem.address
    return sha256_text("\n".join((problem.rule, shown(problem.place.file), address, words)))[:16]


def written(problems: Sequence[Problem], shown: Callable[[str], str]) -> dict[str, Any]:
    """The baseline of these problems, as it is kept; sorted, so that a diff of it can be read."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for problem in problems:
        if problem.severity is not Severity.ERROR:
            key = (shown(problem.place.file), problem.address, problem.rule)
            rows.setdefault(key, []).append(fingerprint(problem, shown))
    told = [
        {"file": file, "address": address, "rule": rule, "fingerprint": one}
        for (file, address, rule), fingerprints in sorted(rows.items())
        for one in sorted(fingerprints)
    ]
    return {"baseline": VERSION, "problems": told}


def fault_in(value: object) -> str:
    """What is wrong with a baseline as read; "" for nothing."""
    if not isinstance(value, Mapping) or value.get("baseline") != VERSION:
        return "is no baseline of this version"
    rows = value.get("problems")
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and isinstance(row.get("fingerprint"), str) for row in rows
    ):
        return "has no list of problems with fingerprints"
    return ""


def new_ones(
    problems: Sequence[Problem], baseline: Mapping[str, Any], shown: Callable[[str], str]
) -> tuple[list[Problem], int]:
    """The problems that are not in the baseline, errors always; and how many of the baseline are gone."""
    left = Counter(row["fingerprint"] for row in baseline["problems"])
    found = []
    for problem in problems:
        one = fingerprint(problem, shown)
        if problem.severity is not Severity.ERROR and left[one] > 0:
            left[one] -= 1
        else:
            found.append(problem)
    return found, sum(count for count in left.values() if count > 0)
