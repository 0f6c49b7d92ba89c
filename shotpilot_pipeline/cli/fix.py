"""`shotpilot fix`: the automatic cures of `check`, carried out."""

from __future__ import annotations

from pathlib import Path

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.difference import difference
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.errors import ExitCode, Problem, Severity
from shotpilot_pipeline.pipeline.fixing import Mended, MendedList, automatic, checker, mend, write_mended
from shotpilot_pipeline.telling.machine import problem_json


@click.command()
@asking
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=ListFile())
@click.option("--diff", is_flag=True, help="Show what would be changed, and change nothing.")
@click.option("--proposed", is_flag=True, help="Carry out the proposals too: look at what they did.")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Only cures of this rule (several times).")
def command(asked: Asked, files: tuple[Path, ...], diff: bool, proposed: bool, rules: tuple[str, ...]) -> int:
    """Mend in FILE what `check` can cure by itself; comments, quotes, order and layout stay as they are.

    Only the faulty text is replaced, in FILE and in what it includes. What cannot be wrong is done; a cure that is a
    matter of taste is a proposal and waits for --proposed. Run it again and nothing changes. Exit 2 when an error is
    left.
    """
    screen = Screen(asked)

    def wanted(problem: Problem) -> bool:
        return (not rules or problem.rule in rules) and (proposed or automatic(problem))

    made = mend(files, wanted, checker(asked.project))
    if not diff:
        write_mended(made)
    if asked.json:
        screen.result_json(_as_json(made, written=not diff))
    else:
        _tell(made, screen, diff=diff, proposed=proposed)
    return int(ExitCode.USAGE if any(_errors(one) for one in made.lists) else ExitCode.DONE)


def _tell(made: Mended, screen: Screen, *, diff: bool, proposed: bool) -> None:
    if diff:
        for path, (before, after) in made.files.items():
            screen.result("".join(difference(path, before, after)).removesuffix("\n"))
    for one in made.lists:
        _tell_list(one, screen, diff=diff, proposed=proposed)


def _tell_list(one: MendedList, screen: Screen, *, diff: bool, proposed: bool) -> None:
    for problem in one.done:
        screen.message(f"{problem.place}: {_title(problem)} [{problem.rule}]")
    for problem in one.refused:
        screen.fault(f"{problem.place}: not mended, as it would bring an error: {_title(problem)} [{problem.rule}]")
    if one.done:
        screen.message(f"{one.file}: {counted(len(one.done), 'cure')} {'would be done' if diff else 'done'}.")
    else:
        screen.message(f"{one.file}: nothing to mend.")
    waiting = 0 if proposed else len(_proposals(one))
    if waiting:
        screen.message(f"{counted(waiting, 'proposal')} more: shotpilot fix {one.file} --proposed --diff")
    if _errors(one):
        screen.fault(f"{one.file}: {counted(_errors(one), 'error')} left for you: shotpilot check {one.file}")


def _title(problem: Problem) -> str:
    return problem.fix.title if problem.fix else problem.message


def _proposals(one: MendedList) -> list[Problem]:
    return [problem for problem in one.left if problem.fix is not None and not problem.fix.automatic]


def _errors(one: MendedList) -> int:
    return sum(problem.severity is Severity.ERROR for problem in one.left)


def _as_json(made: Mended, *, written: bool) -> dict[str, object]:
    return {
        "written": written,
        "changed": [str(path) for path in made.files],
        "lists": [
            {
                "file": str(one.file),
                "done": [problem_json(problem) for problem in one.done],
                "refused": [problem_json(problem) for problem in one.refused],
                "left": [problem_json(problem) for problem in one.left],
                "errors_left": _errors(one),
                "proposals_left": len(_proposals(one)),
            }
            for one in made.lists
        ],
    }
