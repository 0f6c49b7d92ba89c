"""`shotpilot costs`: what was spent, on what, what of it was wasted, and what a render would spend now."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted, table
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.errors import ExitCode, UsageError
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.values.money import Money

if TYPE_CHECKING:
    from shotpilot_pipeline.pipeline.costing import Costs
    from shotpilot_pipeline.values.spent import Spent

GROUPS = ("scene", "shot", "stage", "model", "day", "run", "person")
_HEADS = ("", "charged", "wasted", "unused", "saved", "picked", "per shot", "to buy")
_RIGHT = dict.fromkeys(range(1, len(_HEADS)), True)
_MOST_ROWS = 40  # on a screen; --csv and --json give all
_BAR = "█"
_WIDEST_BAR = 30  # characters


@click.command()
@asking
@click.argument("file", type=ListFile())
@selecting
@click.option("--by", "group", type=click.Choice(GROUPS), help="Gather by this; a scene unless said otherwise.")
@click.option("--csv", "as_csv", is_flag=True, help="Write the rows as CSV, for a spreadsheet.")
def command(asked: Asked, file: Path, group: str | None, as_csv: bool, **selection: Any) -> int:
    """Say what FILE cost: charged, reserved, wasted, saved, and for each picked shot.

    Spent is what the ledger has; to buy is what a render would spend now, and is part of no other figure. Wasted is
    what was paid for rejected takes and for requests that brought nothing; unused, what nothing goes on from though
    another take was chosen.
    """
    if as_csv and asked.json:
        raise UsageError("--csv and --json are two results; ask for one")
    screen, by = Screen(asked), group or "scene"
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    from shotpilot_pipeline.pipeline.costing import costs_json, costs_of

    groups = (by,) if group or not asked.json else GROUPS
    costs = costs_of(reading, wish_of(selection), groups)
    if asked.json:
        screen.result_json(costs_json(costs))
    elif as_csv:
        screen.result(_csv(by, costs).rstrip("\n"))
    else:
        screen.result("\n".join(_lines(by, costs, screen)))
    return int(ExitCode.DONE)


def _lines(by: str, costs: Costs, screen: Screen) -> Iterator[str]:
    yield from _summary(costs)
    rows = costs.by[by]
    if not rows:
        return
    yield ""
    shown = dict(list(rows.items())[:_MOST_ROWS])
    body = [(_named(name, spent), *_figures(spent, costs)) for name, spent in shown.items()]
    head = (f"by {by}", *_HEADS[1:])
    room = max(12, screen.width - sum(max(len(row[at]) for row in (head, *body)) + 2 for at in range(1, len(_HEADS))))
    body = [(_short(row[0], room), *row[1:]) for row in body]
    yield from table([head, *body], _RIGHT)
    if not all(spent.in_list for spent in shown.values()):
        yield "(gone): no longer in the list"
    if len(rows) > len(shown):
        yield f"... and {len(rows) - len(shown):,} more; --csv has all"
    yield from _chart(shown, screen)


def _summary(costs: Costs) -> Iterator[str]:
    total = costs.total
    if costs.rehearsal:
        yield f"A rehearsal costs nothing: $0.00 spent. What is still to be drawn would cost ${Money(total.estimated)}."
        return
    bought = f"{counted(total.takes, 'take')} in {counted(total.rolls, 'roll')}"
    wasted = (("rejected takes", total.rejected), ("no picture came", total.nothing))
    yield f"Spent    ${Money(total.charged)} for {bought}"
    if total.reserved:
        yield f"Reserved ${Money(total.reserved)} for requests that are not decided yet"
    yield f"Wasted   ${Money(total.wasted)}{_parts(wasted)}"
    yield f"Unused   ${Money(total.unused)} for takes that nothing goes on from"
    saved = (("one take serves several shots", total.saved_shared), ("accepted edits", total.saved_accepted))
    yield f"Saved    ${Money(total.saved)}{_parts(saved)}"
    each = total.per_picked_shot
    price = f"${each}" if each is not None else "-"
    yield f"A picked shot  {price}, over {counted(len(total.shots), 'shot')} from which a take goes on"
    yield ""
    most = f"; at most ${Money(total.at_most)} once takes are picked" if total.at_most > total.estimated else ""
    yield f"To buy now  ${Money(total.estimated)}{most}"
    yield "            (not spent, and in no figure above)"
    if costs.unpriced:
        yield f"{counted(costs.unpriced, 'task')} without a known price: not in what is to buy"
    if costs.elsewhere:
        takes = counted(costs.elsewhere, "take")
        yield f"{takes} of the lock came from elsewhere; this ledger does not know what was paid for them"


def _parts(parts: tuple[tuple[str, int], ...]) -> str:
    told = [f"{what} ${Money(nano)}" for what, nano in parts if nano]
    return f": {', '.join(told)}" if told else ""


def _figures(spent: Spent, costs: Costs) -> tuple[str, ...]:
    each = spent.per_picked_shot
    to_buy = "" if costs.rehearsal else _money(spent.estimated)
    return (
        f"${Money(spent.charged)}",
        _money(spent.wasted),
        _money(spent.unused),
        _money(spent.saved),
        str(len(spent.shots)) if spent.shots else "",
        f"${each}" if each is not None else "",
        to_buy,
    )


def _money(nano: int) -> str:
    return f"${Money(nano)}" if nano else ""


def _named(name: str, spent: Spent) -> str:
    return name if spent.in_list else f"{name} (gone)"


def _short(name: str, room: int) -> str:
    return name if len(name) <= room else f"{name[: room - 1]}…"


def _chart(rows: Mapping[str, Spent], screen: Screen) -> Iterator[str]:
    """Charged as bars, where there are eyes to see them."""
    most = max(spent.charged for spent in rows.values())
    if not screen.colour or not most or len(rows) < 2:
        return
    width = min(max(map(len, rows)), 24)
    room = min(_WIDEST_BAR, max(8, screen.width - width - 14))
    yield ""
    for name, spent in rows.items():
        bar = _BAR * max(round(room * spent.charged / most), int(spent.charged > 0))
        wasted = _BAR * min(len(bar), round(room * spent.wasted / most))
        painted = screen.paint(bar[len(wasted) :], "green") + screen.paint(wasted, "red")
        yield f"{_short(name, width):<{width}}  {painted}{' ' * (room - len(bar))}  ${Money(spent.charged)}"


def _csv(by: str, costs: Costs) -> str:
    from shotpilot_pipeline.pipeline.costing import spent_json

    out = io.StringIO()
    rows = {name: spent_json(spent, rehearsal=costs.rehearsal) for name, spent in costs.by[by].items()}
    total = spent_json(costs.total, rehearsal=costs.rehearsal)
    writer = csv.DictWriter(out, [by, *total], lineterminator="\n")
    writer.writeheader()
    for name, row in rows.items():
        writer.writerow({by: name, **{key: _cell(value) for key, value in row.items()}})
    return out.getvalue()


def _cell(value: object) -> object:
    """A value as a spreadsheet takes it."""
    return {None: "", True: "yes", False: "no"}.get(value, value) if isinstance(value, bool | None) else value
