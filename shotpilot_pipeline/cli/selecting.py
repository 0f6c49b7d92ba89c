"""The selectors every command takes: SELECT, `--exclude`, `--until`, `--limit`.

A command wears `@selecting` and asks `wish_of(selection)`; `pipeline.trip.selected_in` says which tasks that means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from shotpilot_pipeline.cli.completing import complete_select, complete_stage
from shotpilot_pipeline.pipeline.trip import Wish


def selecting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add SELECT and its options to a command; `wish_of` reads them."""
    for option in reversed(
        [
            click.argument("select", nargs=-1, metavar="[SELECT]...", shell_complete=complete_select),
            click.option(
                "--exclude",
                multiple=True,
                metavar="SELECT",
                help="Leave these out.",
                shell_complete=complete_select,
            ),
            click.option(
                "--until",
                default="",
                metavar="STAGE",
                help="Go no further than this stage.",
                shell_complete=complete_stage,
            ),
            click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The first N shots: a sample."),
        ]
    ):
        function = option(function)
    return function


def wish_of(selection: Mapping[str, Any]) -> Wish:
    """What was asked for, as one value."""
    return Wish(
        selectors=selection["select"],
        exclude=selection["exclude"],
        until=selection["until"],
        limit=selection["limit"] or 0,
        behind=bool(selection.get("behind")),
    )


def asks_git(wish: Wish) -> bool:
    """Whether the answer to a wish depends on git revisions."""
    return any("changed:" in word for word in (*wish.selectors, *wish.exclude))
