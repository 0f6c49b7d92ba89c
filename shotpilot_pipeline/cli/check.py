"""`shotpilot check`: every mistake of shot lists, picks and settings, at once, before anything is spent."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.errors import ExitCode, Place, Problem, Severity
from shotpilot_pipeline.pipeline.checking import Checked, check_file
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.telling.machine import as_json
from shotpilot_pipeline.telling.text import one_line, told

FORMATS = ("text", "short", "json", "sarif", "github", "gitlab")


@click.command()
@asking
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=ListFile())
@click.option("--strict", is_flag=True, help="Warnings are errors too.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to write problems.")
def command(asked: Asked, files: tuple[Path, ...], strict: bool, form: str) -> int:
    """Check shot lists (and picks files): syntax, names, references, and what the models take.

    Each problem is a line: where it stands, what is wrong, and what to write instead. Below it stands the line of the
    file with the faulty part marked, and what led there: the look, the default, the include. `--quiet` and
    `--format short` leave that away. Exit 2 when there is an error.

    \b
      json     for programs (schemas/problems-1.schema.json); --json is short for it
      sarif    SARIF 2.1.0, for code scanners
      github   annotations in a GitHub workflow
      gitlab   a GitLab code quality report
    """
    screen = Screen(asked)
    begun = time.time_ns()
    checked = [check_file(path, asked.project) for path in files]
    problems = _each_once(checked)
    form = "json" if asked.json else "short" if asked.quiet and form == "text" else form
    for line in _written(form, problems, screen, Pages(until_ns=begun)):
        screen.result(line)
    if form in ("text", "short"):
        for found in checked:
            if not any(_fails(problem, strict) for problem in found.problems):
                screen.message(_passes(found))
    count = Counter(problem.severity for problem in problems)
    if problems:
        errors, warnings = counted(count[Severity.ERROR], "error"), counted(count[Severity.WARNING], "warning")
        screen.message(f"{errors}, {warnings}.")
    failed = any(_fails(problem, strict) for problem in problems)
    return int(ExitCode.USAGE if failed else ExitCode.DONE)


def _each_once(checked: Sequence[Checked]) -> list[Problem]:
    """The problems of all files; what is wrong in a fragment that is named, and included too, counts once."""
    kept: dict[tuple[str, Place, str], Problem] = {}
    for problem in (problem for found in checked for problem in found.problems):
        kept.setdefault((problem.rule, problem.place, problem.message), problem)
    return list(kept.values())


def _written(form: str, problems: Sequence[Problem], screen: Screen, pages: Pages) -> Iterator[str]:
    """The problems as asked for. The forms for programs are imported only when one of them is."""
    if form == "text":
        for problem in problems:
            yield from (*told(problem, pages.lines, screen.paint, screen.width), "")
    elif form == "short":
        yield from (one_line(problem, screen.paint) for problem in problems)
    elif form == "json":
        yield _json(as_json(problems))
    elif form == "sarif":
        from shotpilot_pipeline.telling.sarif import as_sarif

        yield _json(as_sarif(problems))
    else:
        from shotpilot_pipeline.telling.annotations import as_github, as_gitlab

        yield from as_github(problems) if form == "github" else [_json(as_gitlab(problems))]


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _fails(problem: Problem, strict: bool) -> bool:
    return problem.severity is Severity.ERROR or (strict and problem.severity is Severity.WARNING)


def _passes(found: Checked) -> str:
    if found.kind != "shotlist":
        return f"{found.file}: {found.kind}, reads well."
    parts = (counted(found.scenes, "scene"), counted(found.shots, "shot"), counted(found.tasks, "task"))
    return f"{found.file}: {', '.join(parts)}; it passes."
