"""`shotpilot graph`: what hangs on what, and how each part stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.planlines import COLOURS, SIGNS
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.charting import chart_list, drawing, svg_of
from shotpilot_pipeline.pipeline.outfiles import refuse_own_file
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.plan.chart import PICTURE, Box, Chart
from shotpilot_pipeline.values.plan import Action


@click.command()
@asking
@click.argument("file", type=ListFile())
@selecting
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "dot", "mermaid", "json", "svg"]),
    default="text",
    help="How to write it; svg is drawn by Graphviz, where that is installed.",
)
@click.option("--fold/--no-fold", default=None, help="One box for each scene at each stage (long lists are folded).")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it to a file.")
def command(asked: Asked, file: Path, form: str, fold: bool | None, output: Path | None, **selection: Any) -> None:
    """Show the graph of FILE: each shot at each stage, what it needs, and whether it is cached, new or waiting.

    A solid arrow leads to the next stage of a shot; a dashed one brings another shot's picked picture. Nothing is sent.

    \b
    shotpilot graph shotlists/show.yaml
    shotpilot graph shotlists/show.yaml '+sc010/sh030@final' --format mermaid
    shotpilot graph shotlists/show.yaml --format svg -o graph.svg
    """
    screen = Screen(asked)
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    if output is not None:
        refuse_own_file(output, reading)
    chart = chart_list(reading, wish_of(selection), fold=fold)
    title = reading.compiled.title or reading.compiled.show
    if asked.json or form == "json":
        _give(_as_json(title, chart), output, screen)
        return
    _give("\n".join(_text(title, chart, screen)) if form == "text" else _drawn(form, title, chart), output, screen)


def _drawn(form: str, title: str, chart: Chart) -> str:
    from shotpilot_pipeline.review.charts import dot, mermaid

    nodes, links = drawing(chart)
    if form == "mermaid":
        return mermaid(title, nodes, links).rstrip("\n")
    text = dot(title, nodes, links)
    return (svg_of(text) if form == "svg" else text).rstrip("\n")


def _give(text: str, output: Path | None, screen: Screen) -> None:
    if output is None:
        screen.result(text)
        return
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output}: the graph cannot be written here ({error.strerror or error})") from error
    screen.message(f"Wrote {output}.")


def _text(title: str, chart: Chart, screen: Screen) -> Iterator[str]:
    """Scenes, shots, and for each task its sign; below a shot, whose picked pictures it is sent."""
    yield screen.paint(title, None, bold=True)
    needs: dict[str, list[str]] = {}
    for arrow in chart.arrows:
        if arrow.kind == PICTURE:
            needs.setdefault(arrow.end, []).append(arrow.start)
    width = max((len(_row(box).partition("/")[2]) for box in chart.boxes), default=0)
    for scene, boxes in groupby(chart.boxes, lambda box: box.scene):
        yield f"  {scene}"
        for row, members in groupby(boxes, _row):
            stages = list(members)
            head = "    " if chart.folded else f"    {row.partition('/')[2]:<{width}}  "
            yield head + " > ".join(_stage(box, chart, screen) for box in stages)
            yield from _need_lines(stages, needs)
    yield ""
    yield _counts(chart)


def _row(box: Box) -> str:
    """What stands on one line: the stages of one shot or variant; of a scene, where the list is folded."""
    return box.id.partition("@")[0]


def _need_lines(stages: Sequence[Box], needs: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """`needs sc010/sh010@iterate (iterate, refine)`: each need once, with the stages that have it."""
    found: dict[str, list[str]] = {}
    for box in stages:
        for need in needs.get(box.id, ()):
            found.setdefault(need, []).append(box.stage)
    for need, at in found.items():
        where = f" ({', '.join(at)})" if len(at) < len(stages) else ""
        yield f"      needs the pick of {need}{where}"


def _stage(box: Box, chart: Chart, screen: Screen) -> str:
    if chart.folded:
        how = ", ".join(f"{count} {action.value}" for action, count in box.counts)
        text = f"{box.stage} ({how})"
    else:
        text = f"{box.stage} {SIGNS[box.action]}"
    return screen.paint(text, COLOURS.get(box.action)) if screen.colour else text


def _counts(chart: Chart) -> str:
    found: dict[Action, int] = {}
    for box in chart.boxes:
        for action, count in box.counts:
            found[action] = found.get(action, 0) + count
    tasks = counted(sum(found.values()), "task")
    return (
        f"{tasks}: {', '.join(f'{count} {action.value} ({SIGNS[action].strip()})' for action, count in found.items())}"
    )


def _as_json(title: str, chart: Chart) -> str:
    boxes = [
        {
            "id": box.id,
            "scene": box.scene,
            "stage": box.stage,
            "action": box.action.value,
            "tasks": box.tasks,
            "actions": {action.value: count for action, count in box.counts},
        }
        for box in chart.boxes
    ]
    arrows = [
        {"from": arrow.start, "to": arrow.end, "kind": arrow.kind, "count": arrow.times} for arrow in chart.arrows
    ]
    return json.dumps(
        {"title": title, "folded": chart.folded, "boxes": boxes, "arrows": arrows}, indent=2, ensure_ascii=False
    )
