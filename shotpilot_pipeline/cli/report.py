"""`shotpilot report`: the contact sheet, one HTML file that opens from disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.cli.store import size_in_words
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.reading import Reading, read_list
from shotpilot_pipeline.pipeline.reporting import Look, Written, anything_kept, write_sheet


@click.command()
@asking
@click.argument("file", type=ListFile())
@selecting
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.")
@click.option("--client", is_flag=True, help="A copy without prompts and prices, on which a client marks takes.")
@click.option("--pdf", is_flag=True, help="On paper: one PDF, codes under the frames; with --client without prices.")
@click.option("--png", is_flag=True, help="The same as pictures, one a page.")
@click.option("--heroes", is_flag=True, help="With --pdf or --png: of each shot only the pick of its furthest stage.")
def command(
    asked: Asked, file: Path, output: Path | None, client: bool, pdf: bool, png: bool, heroes: bool, **selection: Any
) -> None:
    """Write the contact sheet of FILE: scenes and shots in order, every take, its prompt and its price.

    One file with its thumbnails inside; mail it, open it from disk, print it. SELECT shows only these tasks. Where
    nothing has been bought yet, it shows the rehearsal, and says so.

    \b
    A client gets a copy of its own, marks takes on it and sends a small file back:
      shotpilot report shotlists/show.yaml --client
      shotpilot picks import shotlists/show.yaml choices_show_Ann_2026-11-22.json
    """
    if pdf and png:
        raise UsageError("--pdf and --png are two sheets; ask for one after the other")
    if heroes and not (pdf or png):
        raise UsageError(
            "--heroes is for a sheet on paper; add --pdf or --png (the page has its own view for it: Board)"
        )
    screen = Screen(asked)
    reading = _reading(asked, file, screen)
    wish = wish_of(selection)
    look = Look(client, "pdf" if pdf else "png" if png else "", heroes)
    written = write_sheet(reading, output, None if wish.is_everything else wish, look)
    for lost in written.unshown:
        screen.fault(f"{lost.file}: the picture of {lost.address} cannot be shown: damaged or missing")
    if written.elsewhere:
        pictures = counted(written.elsewhere, "picture")
        screen.fault(f"{pictures} of {reading.places.lock.name} not shown: not kept on this machine")
    _tell(written, look, screen)


def _reading(asked: Asked, file: Path, screen: Screen) -> Reading:
    """The list with what was bought; its rehearsal where that is asked for, or where nothing was bought yet."""
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal, scenes=True)
    if not asked.rehearsal and not anything_kept(reading):
        rehearsed = read_list(file, asked.project, rehearsal=True, scenes=True)
        if anything_kept(rehearsed):
            screen.message("Nothing has been bought yet: this is the rehearsal.")
            return rehearsed
    return reading


def _tell(written: Written, look: Look, screen: Screen) -> None:
    size = sum(file.stat().st_size for file in written.files)
    if screen.asked.json:
        unshown = [{"address": lost.address, "file": str(lost.file)} for lost in written.unshown]
        files = [str(file) for file in written.files]
        screen.result_json(
            {"file": str(written.file), "files": files, "takes": written.takes, "bytes": size, "unshown": unshown}
            | {"elsewhere": written.elsewhere}
        )
        return
    for file in written.files:
        screen.result(f"{file.resolve().as_uri()}")
    what = "Client copy" if look.client else "Contact sheet"
    pages = f" on {counted(len(written.files), 'page')}" if look.paper == "png" else ""
    opens = "" if look.paper else " Open it in a browser."
    screen.message(f"{what} with {counted(written.takes, 'take')}{pages}, {size_in_words(size)}.{opens}")
