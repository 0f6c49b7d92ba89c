"""`shotpilot check`: every mistake of shot lists, picks and settings, at once, before anything is spent."""

from __future__ import annotations

import json
import shlex
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.errors import ExitCode, Place, Problem, Severity
from shotpilot_pipeline.pipeline.checking import Checked, check_files
from shotpilot_pipeline.pipeline.judging import Wanted, judged
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.telling.machine import as_json
from shotpilot_pipeline.telling.text import one_line, told

_FEW_FILES = 4  # named again in a command to type
_BLOCK = 200  # problems written at once

FORMATS = ("text", "short", "json", "sarif", "github", "gitlab")


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
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to write problems.")
def command(asked: Asked, files: tuple[Path, ...], strict: bool, form: str, **wanted: Any) -> int:
    """Check shot lists (and picks files): syntax, names, references, what the models take, and what usually goes wrong.

    Each problem is a line: where it stands, what is wrong, and what to write instead. Below it stands the line of the
    file with the faulty part marked, and what led there: the look, the default, the include. `--quiet` and
    `--format short` leave that away. Exit 2 when there is an error.

    `shotpilot explain RULE` says more of a rule. How grave one is stands under [lint] in shotpilot.toml; a shot can say
    ignore: {RULE: the reason}. Errors are always told.

    \b
      json     for programs (schemas/problems-1.schema.json); --json is short for it
      sarif    SARIF 2.1.0, for code scanners
      github   annotations in a GitHub workflow
      gitlab   a GitLab code quality report
    """
    screen = Screen(asked)
    pages = Pages(until_ns=time.time_ns())
    judgement = judged(check_files(files, asked.project, date.today(), pages), Wanted(**wanted))
    checked = judgement.files
    problems = _each_once(checked)
    form = "json" if asked.json else "short" if asked.quiet and form == "text" else form
    for line in _written(form, problems, screen, pages):
        screen.result(line)
    if form in ("text", "short"):
        for found in checked:
            if not any(_fails(problem, strict) for problem in found.problems):
                screen.message(_passes(found))
    if problems:
        screen.message(_counts(problems))
    cures = _cures(problems, files) if form in ("text", "short") else ""
    if cures:
        screen.message(cures)
    if judgement.known or judgement.gone:
        gone = f"; {judgement.gone} of it are gone: write it anew" if judgement.gone else ""
        screen.message(f"{counted(judgement.known, 'problem')} known to the baseline{gone}.")
    failed = any(_fails(problem, strict) for problem in problems)
    return int(ExitCode.USAGE if failed else ExitCode.DONE)


def _counts(problems: Sequence[Problem]) -> str:
    count = Counter(problem.severity for problem in problems)
    errors, warnings = counted(count[Severity.ERROR], "error"), counted(count[Severity.WARNING], "warning")
    infos = f", {count[Severity.INFO]} to know" if count[Severity.INFO] else ""
    return f"{errors}, {warnings}{infos}."


def _cures(problems: Sequence[Problem], files: Sequence[Path]) -> str:
    """What `shotpilot fix` can do about them; "" when it can do nothing."""
    count = Counter(problem.fix.automatic for problem in problems if problem.fix is not None)
    command = f"shotpilot fix {shlex.join(map(str, files)) if len(files) < _FEW_FILES else 'FILE...'}"
    told = (
        [f"{counted(count[True], 'of them mends itself', 'of them mend themselves')}: {command}"] if count[True] else []
    )
    if count[False]:
        told.append(f"{counted(count[False], 'cure is', 'cures are')} proposed: {command} --proposed --diff")
    return "; ".join(told)


def _each_once(checked: Sequence[Checked]) -> list[Problem]:
    """The problems of all files; what is wrong in a fragment that is named, and included too, counts once."""
    kept: dict[tuple[str, Place, str], Problem] = {}
    for problem in (problem for found in checked for problem in found.problems):
        kept.setdefault((problem.rule, problem.place, problem.message), problem)
    return list(kept.values())


def _written(form: str, problems: Sequence[Problem], screen: Screen, pages: Pages) -> Iterator[str]:
    """The problems as asked for. The forms for programs are imported only when one of them is."""
    if form == "text":
        yield from _in_blocks((*told(one, pages.lines, screen.paint, screen.width), "") for one in problems)
    elif form == "short":
        yield from _in_blocks((one_line(problem, screen.paint),) for problem in problems)
    elif form == "json":
        yield _json(as_json(problems))
    elif form == "sarif":
        from shotpilot_pipeline.lint.manual import reason, sentence
        from shotpilot_pipeline.telling.sarif import as_sarif

        yield _json(as_sarif(problems, sentence, reason))
    else:
        from shotpilot_pipeline.telling.annotations import as_github, as_gitlab

        yield from as_github(problems) if form == "github" else [_json(as_gitlab(problems))]


def _in_blocks(told: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines put together, some hundred problems at a time: a terminal is slow to be spoken to."""
    rest = iter(told)
    while block := list(islice(rest, _BLOCK)):
        yield "\n".join(chain.from_iterable(block))


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _fails(problem: Problem, strict: bool) -> bool:
    return problem.severity is Severity.ERROR or (strict and problem.severity is Severity.WARNING)


def _passes(found: Checked) -> str:
    if found.kind != "shotlist":
        return f"{found.file}: {found.kind}, reads well."
    parts = (counted(found.scenes, "scene"), counted(found.shots, "shot"), counted(found.tasks, "task"))
    return f"{found.file}: {', '.join(parts)}; it passes."
