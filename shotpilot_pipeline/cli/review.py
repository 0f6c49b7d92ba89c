"""`shotpilot review`: the page on which takes are compared and picked, served to this machine's browser alone."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.running import Stopped, run_to_the_end
from shotpilot_pipeline.cli.screen import Screen
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.pipeline.reading import Reading, read_list
from shotpilot_pipeline.pipeline.reporting import anything_kept
from shotpilot_pipeline.pipeline.trip import selected_of

FALLBACK = "Nothing has been bought yet: this is the rehearsal, and what you pick here stays in it."


@click.command()
@asking
@click.argument("file", type=ListFile())
@selecting
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Where to listen; else any free port.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--by", default="", metavar="NAME", help="In whose name (else git's user.name, else the login).")
def command(asked: Asked, file: Path, port: int, no_browser: bool, by: str, **selection: Any) -> None:
    """Compare and pick the takes of FILE in the browser, from the keyboard.

    Opens a page that only this machine can see, and serves it until Ctrl-C. Every decision is saved at once, in the
    picks file beside FILE. Press ? on the page for the keys. A render or rehearsal that runs meanwhile sends its new
    takes to the open page. Where nothing has been bought yet, it shows the rehearsal, and says so.
    """
    screen, wish = Screen(asked), wish_of(selection)
    reading, note = _reading(file, asked)
    if note:
        screen.message(note)
    selected_of(reading.compiled.tasks, wish)  # one that matches nothing is an error now, not an empty page

    # Heavy: kept off the path of --help.
    from shotpilot_pipeline.pipeline.reviewing import ReviewDesk
    from shotpilot_pipeline.review.serving import serve_room

    desk = ReviewDesk(reading, wish, project=asked.project, note=note, by=by)
    desk.look()  # what is wrong with the files is said here, not on an empty page

    def opened(url: str) -> None:
        if asked.json:
            screen.result_json({"url": url})
        else:
            screen.result(url)
            screen.message("Open this address in a browser on this machine. Ctrl-C ends the review; picks are saved.")
        sys.stdout.flush()
        if not no_browser and not asked.json:
            threading.Thread(target=_open_browser, args=(url,), daemon=True).start()

    with suppress(Stopped):
        run_to_the_end(lambda: serve_room(desk, reading.places.thumbnails, port, opened))
    screen.message("The review is over. Every decision is saved.")


def _reading(file: Path, asked: Asked) -> tuple[Reading, str]:
    """The list, or its rehearsal where nothing has been bought, with the sentence that says so."""
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal, scenes=True)
    if asked.rehearsal or anything_kept(reading):
        return reading, ""
    rehearsed = read_list(file, asked.project, rehearsal=True, scenes=True)
    return (rehearsed, FALLBACK) if anything_kept(rehearsed) else (reading, "")


def _open_browser(url: str) -> None:
    """Open the page in the person's browser; a browser inside the terminal would take the terminal away."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    import webbrowser

    webbrowser.open(url)
