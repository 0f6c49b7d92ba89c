"""`shotpilot new`: a small working show in an empty folder, and what to type next."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen
from shotpilot_pipeline.errors import ExitCode
from shotpilot_pipeline.pipeline.scaffold import NewShow, new_show


@click.command()
@asking
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def command(asked: Asked, folder: Path) -> int:
    """Make a small working show in DIR: a shot list, a cast with a picture, settings, a .gitignore, a Makefile.

    A folder that holds something is left alone (exit 2).
    """
    screen = Screen(asked)
    made = new_show(folder)
    if asked.json:
        screen.result_json({"folder": str(made.folder), "show": made.show, "files": list(made.files)})
    else:
        for name in made.files:
            screen.result(str(made.folder / name))
    screen.message(_next(made))
    return int(ExitCode.DONE)


def _next(made: NewShow) -> str:
    steps = (
        ("shotpilot check shotlists/*.yaml", "find every mistake"),
        ("shotpilot plan shotlists/show.yaml", "what it would cost"),
        ("shotpilot rehearse shotlists/show.yaml", "the whole trip for $0"),
        ("shotpilot report shotlists/show.yaml", "the contact sheet"),
    )
    lines = [f"  {line:<40} # {why}" for line, why in steps]
    go = [] if made.folder.resolve() == Path.cwd() else [f"  cd {shlex.quote(str(made.folder))}"]
    return "\n".join([f"Made the show {made.show}. Next:", *go, *lines])
