"""Problems as the annotations of code hosts: GitHub's workflow commands, GitLab's code quality report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shotpilot_pipeline.errors import Problem, Severity
from shotpilot_pipeline.telling.machine import with_fingerprints
from shotpilot_pipeline.telling.sarif import path_from_here

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_GRAVITY = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def as_github(problems: Sequence[Problem]) -> Iterator[str]:
    """A workflow command for each problem: `::error file=…,line=…::what is wrong`."""
    for problem in problems:
        fields = {"file": path_from_here(problem.place.file), **_span(problem), "title": problem.rule}
        said = ",".join(f"{name}={_in_field(str(value))}" for name, value in fields.items())
        yield f"::{_COMMANDS[problem.severity]} {said}::{_in_text(_sentence(problem))}"


def _span(problem: Problem) -> dict[str, int]:
    place, end = problem.place, problem.end
    found = {"line": place.line} if place.line else {}
    if place.column:
        found["col"] = place.column
    if place.column and end is not None and end.line == place.line:  # a span of several lines takes no columns there
        found |= {"endLine": end.line, "endColumn": end.column}
    return found


def as_gitlab(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """The entries of a code quality report."""
    return [
        {
            "description": _sentence(problem),
            "check_name": problem.rule,
            "fingerprint": fingerprint,
            "severity": _GRAVITY[problem.severity],
            "location": {"path": path_from_here(problem.place.file), "lines": {"begin": max(problem.place.line, 1)}},
        }
        for problem, fingerprint in with_fingerprints(problems)
    ]


def _sentence(problem: Problem) -> str:
    cure = f"; {problem.hint}" if problem.hint else ""
    address = f" ({problem.address})" if problem.address else ""
    return f"{problem.message}{cure}{address}"


def _in_text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _in_field(text: str) -> str:
    return _in_text(text).replace(":", "%3A").replace(",", "%2C")
