"""`shotpilot status`: every shot at every stage, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.cli.statuslines import status_lines
from shotpilot_pipeline.pipeline.reading import read_list


@click.command()
@asking
@click.argument("file", type=ListFile())
@selecting
@click.option("--all", "unfolded", is_flag=True, help="A line for each shot, however many there are.")
def command(asked: Asked, file: Path, unfolded: bool, **selection: Any) -> None:
    """Show how far FILE is: shots down, stages across, then counts and what to do next.

    \b
    = done     ? waits for your pick     + to buy     ^ to top up     ~ changed
    . waits for something before it      - held or omitted           < behind
    ! stale pick     x failed, refused or blocked     !! unknown

    A long list is folded, a line for each scene; name scenes or shots, or write --all, to see every shot.
    """
    screen = Screen(asked)
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    from shotpilot_pipeline.pipeline.status import status_as_json, status_of

    wish = wish_of(selection)
    status = status_of(reading, wish, file)
    if asked.json:
        screen.result_json(status_as_json(status))
        return
    for line in status_lines(status, screen, unfolded=unfolded or not wish.is_everything):
        screen.result(line)
