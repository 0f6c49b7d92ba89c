"""`shotpilot check`: every mistake of shot lists, picks and settings, at once, before anything is spent."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted, problem_json, problem_line
from shotpilot_pipeline.errors import ExitCode, Problem, Severity
from shotpilot_pipeline.pipeline.checking import Checked, check_files
from shotpilot_pipeline.pipeline.judging import Wanted, judged


@click.command()
@asking
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=ListFile())
@click.option("--strict", is_flag=True, help="Warnings are errors too.")
@click.option("--select", metavar="RULE", multiple=True, help="Tell only this rule (and errors); may be repeated.")
@click.option("--ignore", metavar="RULE", multiple=True, help="Do not tell this rule; may be repeated.")
@click.option(
    "--baseline", type=click.Path(path_type=Path, dir_okay=False), help="Tell only what this file does not know yet."
)
@click.option(
    "--write-baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what is there now into this file, and tell nothing of it.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write problems.")
def command(asked: Asked, files: tuple[Path, ...], strict: bool, form: str, **wanted: Any) -> int:
    """Check shot lists (and picks files): syntax, names, references, what the models take, and what usually goes wrong.

    Each problem is a line: where it stands, what is wrong, and what to write instead. Exit 2 when there is an error.
    `shotpilot explain RULE` says more. How grave a rule is stands under [lint] in shotpilot.toml; a shot can say
    ignore: {RULE: the reason}. Errors are always told.
    """
    screen = Screen(asked)
    told = judged(check_files(files, asked.project, date.today()), Wanted(**wanted))
    checked = told.files
    problems = [problem for found in checked for problem in found.problems]
    count = Counter(problem.severity for problem in problems)
    if asked.json or form == "json":
        screen.result_json(
            {
                "problems": [problem_json(problem) for problem in problems],
                "errors": count[Severity.ERROR],
                "warnings": count[Severity.WARNING],
            }
        )
    else:
        for problem in problems:
            screen.result(problem_line(problem, screen))
        for found in checked:
            if not any(_fails(problem, strict) for problem in found.problems):
                screen.message(_passes(found))
    failed = count[Severity.ERROR] or (strict and count[Severity.WARNING])
    if problems:
        errors, warnings = counted(count[Severity.ERROR], "error"), counted(count[Severity.WARNING], "warning")
        infos = f", {count[Severity.INFO]} to know" if count[Severity.INFO] else ""
        screen.message(f"{errors}, {warnings}{infos}.")
    if told.known or told.gone:
        gone = f"; {told.gone} of it are gone: write it anew" if told.gone else ""
        screen.message(f"{counted(told.known, 'problem')} known to the baseline{gone}.")
    return int(ExitCode.USAGE if failed else ExitCode.DONE)


def _fails(problem: Problem, strict: bool) -> bool:
    return problem.severity is Severity.ERROR or (strict and problem.severity is Severity.WARNING)


def _passes(found: Checked) -> str:
    if found.kind != "shotlist":
        return f"{found.file}: {found.kind}, reads well."
    parts = (counted(found.scenes, "scene"), counted(found.shots, "shot"), counted(found.tasks, "task"))
    return f"{found.file}: {', '.join(parts)}; it passes."
