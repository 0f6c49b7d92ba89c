"""The whole of `check`, from bytes on disk to every form of its output. What must hold whatever the bytes are.

Knows nothing of who made the bytes: hypothesis in `make test`, atheris in `make test-all`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.telling.annotations import as_github, as_gitlab
from shotpilot_pipeline.telling.machine import as_json
from shotpilot_pipeline.telling.sarif import as_sarif
from shotpilot_pipeline.telling.text import one_line, told

#: Words of libraries, which nobody who writes shot lists should have to read.
JARGON = (
    "given schemas", "is not of type", "required property", "Additional properties", "does not match '", "NoneType",
    "Traceback", "Jinja", "jsonschema", "codec can't", "mapping values", "expected <block", "found character",
    "could not find expected", "'str'", "object at 0x", "Node(",
)  # fmt: skip


@cache
def _form() -> Draft202012Validator:
    return Draft202012Validator(schema("problems-1"))


def check_whole(path: Path, root: Path) -> tuple[Problem, ...]:
    """Check `path` in the show at `root`, write what was found in every form, and assert what must hold."""
    problems = check_file(path, root).problems
    pages = Pages()
    for problem in problems:
        _is_sound(problem, pages)
        assert len(one_line(problem).splitlines()) == 1
        for line in told(problem, pages.lines):
            assert line.isprintable() or "\u200c" in line or "\u200d" in line, repr(line)
    found = json.loads(json.dumps(as_json(problems)))
    assert not list(_form().iter_errors(found))
    json.dumps(as_sarif(problems))
    assert len(list(as_github(problems))) == len(as_gitlab(problems)) == len(problems)
    assert all("\n" not in command for command in as_github(problems))
    return problems


def _is_sound(problem: Problem, pages: Pages) -> None:
    said = f"{problem.message}; {problem.hint}"
    assert problem.message
    assert "\n" not in said
    assert not [word for word in JARGON if word in said], said
    lines = pages.lines(problem.place.file)
    if problem.place.line and lines:
        assert problem.place.line <= len(lines) + 1, problem
    end = problem.end
    if end is not None:
        assert (end.file, end.line) == (problem.place.file, problem.place.line)
        assert end.column > problem.place.column
