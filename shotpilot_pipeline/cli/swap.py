"""`shotpilot swap`: two shots change places, and what was bought and picked of them goes along."""

from __future__ import annotations

from pathlib import Path

import click

from shotpilot_pipeline.cli.completing import ListFile, complete_address
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen
from shotpilot_pipeline.pipeline.reading import read_list


@click.command()
@asking
@click.argument("file", type=ListFile())
@click.argument("one", shell_complete=complete_address)
@click.argument("other", shell_complete=complete_address)
@click.option("--why", default="", metavar="TEXT", help="Why they change places; kept with who and when.")
def command(asked: Asked, file: Path, one: str, other: str, why: str) -> None:
    """Exchange what is kept of two shots of FILE: run it when you exchanged their ids in the list.

    Lock, picks, rulings and the names in renders/ follow, of what was bought and of the rehearsal, in one step.
    The same command again exchanges them back. A shot that only got another id needs no command: say `moved:` in the
    list.
    """
    screen = Screen(asked)
    reading = read_list(file, asked.project, rehearsal=False)
    from shotpilot_pipeline.pipeline.swapping import swap

    done = swap(reading, one.partition("@")[0], other.partition("@")[0], why=why)
    if asked.json:
        screen.result_json(done._asdict())
    else:
        names = ", ".join(dict.fromkeys(Path(name).name for name in done.files))
        screen.result(f"{done.one} and {done.other} changed places in {names}.")
        screen.message(f"{file} is yours to edit: exchange the two ids there, if you have not yet.")
