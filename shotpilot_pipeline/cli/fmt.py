"""`shotpilot fmt`: the one layout of shot lists."""

from __future__ import annotations

from pathlib import Path

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.difference import difference
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.errors import BadFiles, ExitCode, Problem
from shotpilot_pipeline.pipeline.laying import Laid, lay_out, write_laid


@click.command()
@asking
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=ListFile())
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where a file is not laid out so.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
def command(asked: Asked, files: tuple[Path, ...], check: bool, diff: bool) -> int:
    """Lay out FILE in the one way: two blanks an indent, one blank line at most, long prompts as block texts.

    No value, comment, quote or order changes, and no request either: the blanks in a prompt are folded before it is
    sent. A second run changes nothing. A file that cannot be read, or would not come out the same, is left alone and
    said, and then no file is written.
    """
    screen = Screen(asked)
    laid: list[Laid] = []
    faults: list[Problem] = []
    for file in dict.fromkeys(files):
        try:
            laid.append(lay_out(file))
        except BadFiles as found:
            faults += found.problems
    if faults:
        raise BadFiles(faults)  # before anything is written
    changed = [one for one in laid if one.before != one.after]
    if not (check or diff):
        write_laid(changed)
    if asked.json:
        screen.result_json({"changed": [str(one.file) for one in changed], "written": not (check or diff)})
    else:
        _tell(laid, changed, screen, diff=diff, word="is not laid out" if check or diff else "laid out")
    return int(ExitCode.WORK_TO_BUY if check and changed else ExitCode.DONE)


def _tell(laid: list[Laid], changed: list[Laid], screen: Screen, *, diff: bool, word: str) -> None:
    for one in changed:
        if diff:
            screen.result("".join(difference(one.file, one.before, one.after)).removesuffix("\n"))
        screen.message(f"{one.file}: {word}")
    if not changed:
        screen.message(f"{counted(len(laid), 'file')} laid out already.")
