"""`shotpilot adopt`: a picture made elsewhere, or a request that was lost, becomes a take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shotpilot_pipeline.cli.completing import ListFile, complete_address
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted, problem_line
from shotpilot_pipeline.errors import ExitCode, UsageError
from shotpilot_pipeline.pipeline.reading import Reading, read_list, root_of

if TYPE_CHECKING:
    from shotpilot_pipeline.pipeline.adopting import Adopted


@click.command()
@asking
@click.argument("file", type=ListFile())
@click.argument("address", shell_complete=complete_address)
@click.argument("picture", nargs=-1, type=click.Path(path_type=Path))
@click.option("--request", default="", metavar="ID", help="A request of your account: it is fetched, never sent.")
@click.option("--why", default="", metavar="TEXT", help="Where it comes from and why; kept with who and when.")
@click.option("--undo", is_flag=True, help="Take an adopted file back: it counts as a take no more.")
def command(
    asked: Asked, file: Path, address: str, picture: tuple[Path, ...], request: str, why: str, undo: bool
) -> int:
    """Make PICTURE the next take of ADDRESS: it can be picked, carried on and reported like one that was bought.

    For a series, name its panels in order. The file is checked like a download and copied; it costs nothing, and its
    record and sidecar say that it was adopted, by whom and why. With --request, a request that the ledger does not
    know, or whose answer was lost, is looked up, fetched and charged like any other.
    """
    if undo + bool(request) + bool(picture) != 1:
        raise UsageError("name the picture, or --request ID, or --undo: one of the three")
    screen = Screen(asked)
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    if request:
        return _request(asked, reading, file, address, request, why, screen)
    from shotpilot_pipeline.pipeline.adopting import adopt_files, adopted_json, take_back_adopted, take_number

    if undo:
        gone = take_back_adopted(reading, address)
        if asked.json:
            screen.result_json({"taken_back": [f"{ruling.address}#{take_number(ruling)}" for ruling in gone]})
        for ruling in () if asked.json else gone:
            screen.result(f"{ruling.address}#{take_number(ruling)}  taken back; its bytes stay in the store")
        return int(ExitCode.DONE)
    done = adopt_files(reading, address, picture, why=why)
    for problem in done.problems:
        screen.fault(problem_line(problem, screen))
    if asked.json:
        screen.result_json(adopted_json(done))
    else:
        _tell(done, reading, screen)
    return int(ExitCode.DONE)


def _tell(done: Adopted, reading: Reading, screen: Screen) -> None:
    first = done.take.pictures[0]
    panels = f", {len(done.take.pictures)} panels" if len(done.take.pictures) > 1 else ""
    what = f"{first.width} x {first.height} {first.format}{panels}"
    screen.result(f"{done.address}#{done.take.number}  adopted as v{done.version:03}, {what}. $0.00 spent.")
    for doubt in done.doubts:
        screen.message(f"Look at it: {doubt}.")
    screen.message(f"Written to {reading.places.rulings.name} and {reading.places.lock.name}.")


def _request(asked: Asked, reading: Reading, file: Path, address: str, request: str, why: str, screen: Screen) -> int:
    if asked.rehearsal:
        raise UsageError("a rehearsal asks no queue, so it has no request to adopt")
    from shotpilot_pipeline.cli.progress import watching
    from shotpilot_pipeline.cli.running import Stopped, run_to_the_end
    from shotpilot_pipeline.pipeline.keys import find_key, refuse_keys_in_files
    from shotpilot_pipeline.pipeline.lost import adopt_request

    refuse_keys_in_files(root_of(file, asked.project))
    key = find_key(reading.settings.get("fal", "queue_url"))
    try:
        with watching(asked) as watcher:
            done = run_to_the_end(lambda: adopt_request(reading, address, request, key, watcher.hear, why=why))
    except Stopped as stop:
        screen.fault("Stopped. The request is written down; the next render or reconcile collects it.")
        return int(stop.exit_code)
    if asked.json:
        screen.result_json(done._asdict())
    else:
        takes = ", ".join(f"#{number}" for number in done.takes)
        came = f"{counted(len(done.takes), 'take')} ({takes})" if done.takes else "nothing yet: it is still on its way"
        screen.result(f"{done.address}  request {request} adopted: {came}. ${done.charged_usd} charged.")
        for note in done.notes:
            screen.message(note)
    return int(ExitCode.DONE)
