"""`shotpilot report`: the contact sheet, one HTML file that opens from disk."""

from __future__ import annotations

from pathlib import Path

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.cli.store import size_in_words
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.pipeline.reporting import anything_kept, write_sheet


@click.command()
@asking
@click.argument("file", type=ListFile())
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write the page.")
def command(asked: Asked, file: Path, output: Path | None) -> None:
    """Write the contact sheet of FILE: scenes and shots in order, every take, its prompt and its price.

    One file with its thumbnails inside; mail it, open it from disk, print it. Where nothing has been bought yet, it
    shows the rehearsal, and says so.
    """
    screen = Screen(asked)
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal, scenes=True)
    if not asked.rehearsal and not anything_kept(reading):
        rehearsed = read_list(file, asked.project, rehearsal=True, scenes=True)
        if anything_kept(rehearsed):
            screen.message("Nothing has been bought yet: this is the rehearsal.")
            reading = rehearsed
    written = write_sheet(reading, output)
    for lost in written.unshown:
        screen.fault(f"{lost.file}: the picture of {lost.address} cannot be shown: damaged or missing")
    if written.elsewhere:
        pictures = counted(written.elsewhere, "picture")
        screen.fault(f"{pictures} of {reading.places.lock.name} not shown: not kept on this machine")
    size = written.file.stat().st_size
    if asked.json:
        unshown = [{"address": lost.address, "file": str(lost.file)} for lost in written.unshown]
        screen.result_json(
            {"file": str(written.file), "takes": written.takes, "bytes": size, "unshown": unshown}
            | {"elsewhere": written.elsewhere}
        )
    else:
        screen.result(f"{written.file.resolve().as_uri()}")
        takes = counted(written.takes, "take")
        screen.message(f"Contact sheet with {takes}, {size_in_words(size)}. Open it in a browser.")
