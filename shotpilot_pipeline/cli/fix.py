"""`shotpilot fix`: the automatic cures of `check`, carried out."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.errors import ExitCode, Problem, Severity
from shotpilot_pipeline.pipeline.fixing import Mended, automatic, checker, mend_list, write_mended


@click.command()
@asking
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=ListFile())
@click.option("--diff", is_flag=True, help="Show what would be changed, and change nothing.")
@click.option("--proposed", is_flag=True, help="Carry out the proposals too: look at what they did.")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Only cures of this rule (several times).")
def command(asked: Asked, files: tuple[Path, ...], diff: bool, proposed: bool, rules: tuple[str, ...]) -> int:
    """Mend in FILE what `check` can cure by itself; comments, quotes, order and layout stay as they are.

    Only the faulty text is replaced. What cannot be wrong is done; a cure that is a matter of taste is a proposal and
    waits for --proposed. Run it again and nothing changes. Exit 2 when an error is left.
    """
    screen, check = Screen(asked), checker(asked.project)

    def wanted(problem: Problem) -> bool:
        return (not rules or problem.rule in rules) and (proposed or automatic(problem))

    made: list[tuple[Path, Mended]] = []
    for file in files:
        one = mend_list(file, wanted, check)
        made.append((file, one))
        if diff:
            for line in _differences(one):
                screen.result(line)
        else:
            write_mended(one)
    if asked.json:
        screen.result_json([_as_json(file, one, written=not diff) for file, one in made])
    else:
        for file, one in made:
            _tell(file, one, screen, diff=diff)
    left = any(problem.severity is Severity.ERROR for _, one in made for problem in one.left)
    return int(ExitCode.USAGE if left else ExitCode.DONE)


def _tell(file: Path, made: Mended, screen: Screen, *, diff: bool) -> None:
    for problem in made.done:
        assert problem.fix is not None
        screen.message(f"{problem.place}: {problem.fix.title} ({problem.rule})")
    for problem in made.refused:
        screen.fault(f"{problem.place}: not mended, since it would bring an error ({problem.rule})")
    if made.done:
        screen.message(f"{file}: {counted(len(made.done), 'cure')} {'would be done' if diff else 'done'}.")
    proposals = sum(problem.fix is not None and not problem.fix.automatic for problem in made.left)
    if proposals:
        screen.message(f"{counted(proposals, 'proposal')} more: shotpilot fix {file} --proposed --diff")
    if not made.done and not proposals:
        screen.message(f"{file}: nothing to mend.")
    errors = sum(problem.severity is Severity.ERROR for problem in made.left)
    if errors:
        screen.fault(f"{file}: {counted(errors, 'error')} left for you: shotpilot check {file}")


def _differences(made: Mended) -> Iterator[str]:
    for path, (before, after) in made.files.items():
        yield from difference(path, before, after)


def difference(path: Path, before: str, after: str) -> Iterator[str]:
    """A unified diff, as `patch` reads it."""
    yield from difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="")


def _as_json(file: Path, made: Mended, *, written: bool) -> dict[str, object]:
    return {
        "file": str(file),
        "written": written,
        "changed": [str(path) for path, (before, after) in made.files.items() if before != after],
        "done": [_row(problem) for problem in made.done],
        "refused": [_row(problem) for problem in made.refused],
        "errors_left": sum(problem.severity is Severity.ERROR for problem in made.left),
    }


def _row(problem: Problem) -> dict[str, object]:
    place = problem.place
    title = problem.fix.title if problem.fix else ""
    return {"rule": problem.rule, "file": place.file, "line": place.line, "column": place.column, "title": title}
