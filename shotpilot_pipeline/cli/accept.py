"""`shotpilot accept`: an edit was cosmetic, so the bought takes stand for the words of today."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.reading import read_list

if TYPE_CHECKING:
    from shotpilot_pipeline.pipeline.ruling import Accepted


@click.command()
@asking
@click.argument("file", type=ListFile())
@selecting
@click.option("--why", default="", metavar="TEXT", help="Why the edit changes nothing; kept with who and when.")
@click.option("--version", type=click.IntRange(min=1), metavar="N", help="The version whose takes stand (the newest).")
@click.option("--undo", is_flag=True, help="Take it back: the words of today are bought again.")
def command(asked: Asked, file: Path, why: str, version: int | None, undo: bool, **selection: Any) -> None:
    """Rule that an edit of FILE was cosmetic: the bought takes of the older words stand for those of today.

    SELECT says for which tasks. Every stage that the edit made stale is accepted, one after another. Nothing is bought,
    nothing is lost: the ruling is a line of NAME.rulings, beside the lock, and --undo takes it out again.
    """
    if not selection["select"]:
        raise UsageError("say which shots: an address such as sc010/sh010, or any other selector")
    screen = Screen(asked)
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    from shotpilot_pipeline.pipeline.ruling import accept, take_back_accepts

    wish = wish_of(selection)
    done = take_back_accepts(reading, wish) if undo else accept(reading, wish, why=why, version=version or 0)
    if asked.json:
        screen.result_json(_json(done, undo))
    else:
        screen.result("\n".join(_lines(done, undo, reading.places.rulings.name)))


def _lines(done: Accepted, undo: bool, name: str) -> Iterator[str]:
    width = max(len(ruling.address) for ruling in done.rulings)
    for ruling in done.rulings:
        if undo:
            yield f"{ruling.address:<{width}}  taken back: its own words count again"
        else:
            number, takes = done.versions[ruling.address]
            stands = f"v{number:03} ({counted(takes, 'take')})"
            yield f"{ruling.address:<{width}}  accepted: {stands} stands for the words of today"
    before, after = done.before.totals, done.after.totals
    change = f"${before.cost} before, ${after.cost} now" if before.cost != after.cost else f"${after.cost} as before"
    yield f"Written to {name}. To buy now: {change}; at most ${after.cost_at_most}."


def _json(done: Accepted, undo: bool) -> dict[str, Any]:
    from shotpilot_pipeline.pipeline.ruling import ruling_json

    found = [
        {**ruling_json(ruling), "version": done.versions.get(ruling.address, (None, 0))[0]} for ruling in done.rulings
    ]
    return {
        "taken_back" if undo else "accepted": found,
        "cost_usd_before": str(done.before.totals.cost),
        "cost_usd": str(done.after.totals.cost),
        "cost_usd_at_most": str(done.after.totals.cost_at_most),
    }
