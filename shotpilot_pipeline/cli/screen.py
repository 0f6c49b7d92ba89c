"""Words on a terminal: results to standard output, messages to standard error, colours only for eyes.

Does not know what is being said.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence

import click

from shotpilot_pipeline.cli.options import Asked
from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.telling.text import one_line


class Screen:
    """Where a command writes. `--quiet` silences messages, never results and never faults."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.colour = sys.stdout.isatty() and not asked.no_color
        self.width = min(shutil.get_terminal_size((100, 24)).columns, 160)

    def result(self, text: str) -> None:
        """One line (or block) of what was asked for."""
        click.echo(text, color=self.colour)

    def result_json(self, value: object) -> None:
        """The result, for programs."""
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))

    def message(self, text: str) -> None:
        """Something to know besides the result."""
        if not self.asked.quiet:
            click.echo(text, err=True, color=sys.stderr.isatty() and not self.asked.no_color)

    def fault(self, text: str) -> None:
        """Something that went wrong; said even when quiet."""
        click.echo(text, err=True, color=sys.stderr.isatty() and not self.asked.no_color)

    def paint(self, text: str, colour: str | None, *, bold: bool = False) -> str:
        """`text` in a colour, where there are eyes to see it."""
        return click.style(text, fg=colour, bold=bold or None) if self.colour and (colour or bold) else text


def problem_line(problem: Problem, screen: Screen) -> str:
    """`file:line:column: severity: what is wrong; what to write instead`."""
    return one_line(problem, screen.paint)


def counted(count: int, one: str, many: str = "") -> str:
    """`1 take`, `2 takes`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def table(rows: Sequence[tuple[str, ...]], right: Mapping[int, bool] | None = None) -> list[str]:
    """Rows as lines with aligned columns; `right` names the columns that hold figures."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        cells = [
            cell.rjust(widths[index]) if right and right.get(index) else cell.ljust(widths[index])
            for index, cell in enumerate(row)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
