"""`shotpilot expand`: the requests a shot list compiles to, as they would go out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted, table
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.expanding import Expanded, expand_list, origins_of
from shotpilot_pipeline.pipeline.reading import read_list


@click.command()
@asking
@click.argument("file", type=ListFile())
@selecting
@click.option("--origin", is_flag=True, help="Print each setting of one address with the file and line it came from.")
def command(asked: Asked, file: Path, origin: bool, **selection: Any) -> None:
    """Show the exact request of each task in FILE, after templates, mentions and settings: counts first.

    Where an upload's URL will stand, the picture's path is shown. A task that waits for a pick has no request yet.
    """
    screen = Screen(asked)
    if origin:
        if len(selection["select"]) != 1:
            raise UsageError("--origin wants one address, such as sc010/sh010@iterate")
        _print_origins(file, asked, selection["select"][0], screen)
        return
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    found = expand_list(reading, wish_of(selection))
    if asked.json:
        screen.result_json([_json(task) for task in found])
        return
    stages = Counter(task.address.rpartition("@")[2] for task in found)
    shots = len({task.address.partition("@")[0].partition(".")[0] for task in found})
    by_stage = ", ".join(f"{stage} {count}" for stage, count in stages.items())
    screen.result(f"{counted(shots, 'shot')}, {counted(len(found), 'task')}: {by_stage}")
    for task in found:
        screen.result("")
        screen.result(screen.paint(task.address, None, bold=True) + f"  {_head(task)}")
        if task.input is not None:
            screen.result(json.dumps(task.input, indent=2, ensure_ascii=False))


def _head(task: Expanded) -> str:
    if task.input is None:
        waits = f"waits for {', '.join(task.waiting_for)}" if task.waiting_for else "omitted"
        return f"{task.endpoint}  {waits}"
    return f"{task.endpoint}  {counted(task.takes, 'take')}, ${task.cost}" if task.cost else task.endpoint


def _json(task: Expanded) -> dict[str, Any]:
    found: dict[str, Any] = {
        "address": task.address,
        "endpoint": task.endpoint,
        "input": task.input,
        "takes": task.takes,
        "render_key": task.render_key or None,
        "cost_usd": None if task.cost is None else str(task.cost),
    }
    return found | ({"waiting_for": list(task.waiting_for)} if task.waiting_for else {})


def _print_origins(file: Path, asked: Asked, address: str, screen: Screen) -> None:
    rows = origins_of(file, asked.project, address)
    if asked.json:
        keys = ("key", "value", "file", "line")
        screen.result_json([dict(zip(keys, (key, value, at.file, at.line), strict=True)) for key, value, at in rows])
        return
    for line in table([(key, value.replace("\n", " ")[:80], str(at)) for key, value, at in rows]):
        screen.result(line)
