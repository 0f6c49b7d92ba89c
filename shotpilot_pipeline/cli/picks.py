"""`shotpilot picks import`: what a client chose on a client copy, merged with a report of what conflicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shotpilot_pipeline.cli.completing import ListFile, complete_select
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.picklines import saved_lines
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.errors import ExitCode, UsageError
from shotpilot_pipeline.pipeline.reading import read_list

if TYPE_CHECKING:
    from shotpilot_pipeline.pipeline.choosing import Saved
    from shotpilot_pipeline.pipeline.importing import Proposal


@click.group()
def command() -> None:
    """Merge what a client chose on a client copy."""


@command.command("import")
@asking
@click.argument("file", type=ListFile())
@click.argument("picked", type=click.Path(path_type=Path))
@click.argument("select", nargs=-1, metavar="[SELECT]...", shell_complete=complete_select)
@click.option("--yes", is_flag=True, help="Take it over; without it, only the proposal is shown.")
@click.option("--theirs", is_flag=True, help="Where the two differ, what the client says counts.")
@click.option("--ours", is_flag=True, help="Where the two differ, what was said here stays.")
@click.option("--by", default="", metavar="NAME", help="Under whose name (else the one in PICKED).")
def import_command(
    asked: Asked, file: Path, picked: Path, select: tuple[str, ...], yes: bool, theirs: bool, ours: bool, by: str
) -> int:
    """Hold the choices in PICKED (from `report --client`) against the picks of FILE.

    \b
    +  new: taken over with --yes        =  said here already
    !  conflict: say --theirs or --ours  ~  of a picture from an older request
    x  of a picture or a shot that is not there

    Nothing is changed without --yes, and nothing at all while a conflict is undecided. SELECT narrows it to some
    shots. `shotpilot pick FILE --undo --by NAME` takes it back.
    """
    screen = Screen(asked)
    if theirs and ours:
        raise UsageError("--theirs and --ours do not go together: say one of them")
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    from shotpilot_pipeline.pipeline import importing
    from shotpilot_pipeline.pipeline.choosing import Facts
    from shotpilot_pipeline.plan.select import select as selected

    choices = importing.read_choices(picked, reading.compiled.show)
    choices = choices._replace(by=by or choices.by)
    facts = Facts(reading)
    among = selected(reading.compiled.tasks, select) if select else None
    proposal = importing.propose(reading, choices, facts, among)
    conflicts = proposal.count(importing.Kind.CONFLICT)
    if yes and conflicts and not (theirs or ours):
        for line in _lines(proposal):
            screen.fault(line)
        counts = counted(conflicts, "conflict")
        raise UsageError(f"{counts} undecided, so nothing was changed: say --theirs or --ours, for all or with SELECT")
    saved = importing.take_over(reading, proposal, facts, theirs=theirs) if yes else None
    if asked.json:
        screen.result_json(importing.proposal_as_json(proposal, saved))
        return int(ExitCode.DONE)
    _tell(proposal, saved, partial(saved_lines, reading, before=facts, screen=screen, undone=False), screen)
    return int(ExitCode.DONE)


def _tell(proposal: Proposal, saved: Saved | None, lines: Callable[[Saved], Iterable[str]], screen: Screen) -> None:
    """The proposal, then what came of it, or how to take it over."""
    from shotpilot_pipeline.pipeline.importing import Kind

    for line in _lines(proposal):
        screen.result(line)
    conflicts = proposal.count(Kind.CONFLICT)
    if saved is None:
        if proposal.count(Kind.NEW) or conflicts:
            screen.message(f"Nothing was changed. To take it over: --yes{' --theirs (or --ours)' if conflicts else ''}")
    elif saved.changed or proposal.count(Kind.SAME):
        for line in lines(saved):
            screen.result(line)
    else:
        screen.message("Nothing was changed: there is no choice here that could be taken over.")


def _lines(proposal: Proposal) -> Iterator[str]:
    from shotpilot_pipeline.pipeline.importing import Kind

    signs = {Kind.NEW: "+", Kind.SAME: "=", Kind.CONFLICT: "!", Kind.STALE: "~", Kind.UNKNOWN: "x", Kind.GONE: "x"}
    for one in proposal.findings:
        head = f"{signs[one.kind]} {one.choice.address}#{one.choice.take}: {proposal.by} says {one.theirs}"
        yield f"{head}; {one.ours}" if one.ours else head
    counts = [(kind, proposal.count(kind)) for kind in Kind]
    yield ", ".join(f"{count} {kind}" for kind, count in counts if count) or "No choices in this file."
