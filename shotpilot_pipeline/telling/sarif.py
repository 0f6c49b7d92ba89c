"""Problems as SARIF 2.1.0, the form that code scanners share. Knows nothing of files: paths are taken as typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from shotpilot_pipeline import __version__
from shotpilot_pipeline.errors import Edit, Place, Problem, Severity, Step
from shotpilot_pipeline.telling.machine import with_fingerprints

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_FINGERPRINT = "shotpilot/v1"


def rule_words(rule: str) -> str:
    """What a rule is about, as far as its name says: `prompt-too-long` is "prompt too long"."""
    return rule.replace("-", " ")


def as_sarif(
    problems: Sequence[Problem], words: Callable[[str], str] = rule_words, why: Callable[[str], str] = str
) -> dict[str, Any]:
    """One run with a result for each problem. `words` says what a rule is about, `why` the reason and two examples."""
    rules = list(dict.fromkeys(problem.rule for problem in problems))
    driver = {
        "name": "shotpilot",
        "semanticVersion": __version__,
        "rules": [
            _rule(rule, words(rule), why(rule), next(p.link for p in problems if p.rule == rule)) for rule in rules
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, rules, name) for problem, name in with_fingerprints(problems)],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: str, words: str, why: str, link: str) -> dict[str, Any]:
    return {
        "id": rule,
        "shortDescription": {"text": words},
        "help": {"text": f"{why}\n\nSee {link}.", "markdown": f"{why}\n\nSee [{rule}]({link})."},
    }


def _result(problem: Problem, rules: Sequence[str], fingerprint: str) -> dict[str, Any]:
    cure = f"; {problem.hint}" if problem.hint else ""
    location: dict[str, Any] = {"physicalLocation": _physical(problem.place, problem.end)}
    if problem.address:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.address}]
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "ruleIndex": rules.index(problem.rule),
        "level": _LEVELS[problem.severity],
        "message": {"text": problem.message + cure},
        "locations": [location],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }
    if problem.chain:
        result["relatedLocations"] = [_related(step, number) for number, step in enumerate(problem.chain, 1)]
    if problem.fix is not None and problem.fix.edits:
        result["fixes"] = [{"description": {"text": problem.fix.title}, "artifactChanges": _changes(problem.fix.edits)}]
    return result


def _related(step: Step, number: int) -> dict[str, Any]:
    return {"id": number, "physicalLocation": _physical(step.place, None), "message": {"text": step.words}}


def _physical(place: Place, end: Place | None) -> dict[str, Any]:
    found: dict[str, Any] = {"artifactLocation": {"uri": uri_of(place.file)}}
    if place.line:
        found["region"] = _region(place, end)
    return found


def _region(start: Place, end: Place | None) -> dict[str, int]:
    region = {"startLine": start.line}
    if start.column:
        region["startColumn"] = start.column
    if start.column and end is not None and (end.line, end.column) >= (start.line, start.column):
        region |= {"endLine": end.line, "endColumn": end.column}
    return region


def _changes(edits: Sequence[Edit]) -> list[dict[str, Any]]:
    files = list(dict.fromkeys(edit.start.file for edit in edits))
    return [
        {
            "artifactLocation": {"uri": uri_of(file)},
            "replacements": [
                {"deletedRegion": _region(edit.start, edit.end), "insertedContent": {"text": edit.text}}
                for edit in edits
                if edit.start.file == file
            ],
        }
        for file in files
    ]


def uri_of(file: str) -> str:
    """A path as a URI reference: relative to the folder the command ran in, where it lies below it."""
    path = path_from_here(file)
    return ("file://" if os.path.isabs(path) else "") + quote(os.fsencode(path))


def path_from_here(file: str) -> str:
    """A path with forward slashes, relative to the folder the command ran in where it lies below it."""
    below = os.path.relpath(file) if os.path.isabs(file) else os.path.normpath(file)
    return PurePath(file if below.startswith("..") and os.path.isabs(file) else below).as_posix()
