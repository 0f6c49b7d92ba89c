"""A list's chart, made from its plan and handed to whoever draws it. Graphviz, where it is there, draws the SVG."""

from __future__ import annotations

import shutil
import subprocess

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import Wish, known_of, look_list
from shotpilot_pipeline.plan.chart import PICTURE, Box, Chart, chart_of, folded
from shotpilot_pipeline.review.charts import Link, Node

FOLD_FROM = 90  # boxes: more than that is no page that a person reads
_PATIENCE = 60.0  # seconds; 3,000 boxes are laid out in about 20


def chart_list(reading: Reading, wish: Wish, *, fold: bool | None = None) -> Chart:
    """The chart of what was wished for; `fold` None: folded by scene where the list is long."""
    known = known_of(reading, bought_of(reading))
    chart = chart_of(reading.compiled.tasks, look_list(reading, wish, known))
    wanted = len(chart.boxes) > FOLD_FROM if fold is None else fold
    return folded(chart) if wanted else chart


def drawing(chart: Chart) -> tuple[list[Node], list[Link]]:
    """The chart as boxes with words in them, and arrows."""
    nodes = [Node(box.id, box.scene, _words(box, chart), box.action.value) for box in chart.boxes]
    links = [
        Link(
            arrow.start, arrow.end, str(arrow.times) if chart.folded and arrow.times > 1 else "", arrow.kind == PICTURE
        )
        for arrow in chart.arrows
    ]
    return nodes, links


def _words(box: Box, chart: Chart) -> tuple[str, ...]:
    if not chart.folded:
        name, _, stage = box.id.partition("/")[2].partition("@")
        return (f"{name}@{stage}", box.action.value)
    tasks = f"{box.tasks} task" + ("s" if box.tasks != 1 else "")
    return (f"{box.scene}@{box.stage}: {tasks}", ", ".join(f"{count} {action.value}" for action, count in box.counts))


def svg_of(dot_text: str) -> str:
    """The picture of a chart in Graphviz's language. Raises UsageError where Graphviz is missing or gives up."""
    program = shutil.which("dot")
    if program is None:
        raise UsageError(
            "the program `dot` of Graphviz draws the SVG, and it is not installed; install the package graphviz, or "
            "take --format mermaid or --format dot"
        )
    try:
        done = subprocess.run(  # noqa: S603 - a program found on the PATH, fed by standard input
            [program, "-Tsvg"], input=dot_text, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"Graphviz did not finish in {_PATIENCE:.0f} seconds; name a part of the list, or add --fold"
        ) from None
    if done.returncode:
        raise UsageError(f"Graphviz could not draw the chart: {done.stderr.strip().splitlines()[-1:] or 'no reason'}")
    return done.stdout
