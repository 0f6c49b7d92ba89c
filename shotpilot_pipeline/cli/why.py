"""`shotpilot why`: why a task is cached, changed or waiting, what brought it, what hangs on it, what it costs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shotpilot_pipeline.cli.completing import ListFile, complete_address
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.planlines import COLOURS, SIGNS
from shotpilot_pipeline.cli.screen import Screen
from shotpilot_pipeline.cli.steps import next_steps
from shotpilot_pipeline.errors import ExitCode
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.pipeline.trip import Wish
from shotpilot_pipeline.values.plan import Action
from shotpilot_pipeline.values.worddiff import marked

if TYPE_CHECKING:
    from shotpilot_pipeline.pipeline.explaining import Brought, Changed, Hanging, Version, Why

_KEY = 12  # digits of a key that are shown


@click.command()
@asking
@click.argument("file", type=ListFile())
@click.argument("address", shell_complete=complete_address)
def command(asked: Asked, file: Path, address: str) -> int:
    """Say why ADDRESS of FILE is new, changed, cached or waiting.

    ADDRESS is a shot (then every stage is told), a variant, a task or a take, as any command prints it. You see the
    request now and at the last render, what differs and where that was written, what hangs on it, what it costs, and
    the command that leads on. Nothing is sent.
    """
    screen = Screen(asked)
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    from shotpilot_pipeline.pipeline.explaining import explain, why_json

    found = explain(reading, Wish(selectors=(address,)), file, asked.project)
    steps = [next_steps(why, file, rehearsal=asked.rehearsal) for why in found]
    if asked.json:
        screen.result_json({"why": 1, "tasks": [why_json(why, step) for why, step in zip(found, steps, strict=True)]})
        return int(ExitCode.DONE)
    take = address.partition("#")[2]
    blocks = ["\n".join(_block(why, step, screen, take)) for why, step in zip(found, steps, strict=True)]
    screen.result("\n\n".join(blocks))
    return int(ExitCode.DONE)


def _block(why: Why, steps: Sequence[tuple[str, str]], screen: Screen, take: str) -> Iterator[str]:
    line = why.line
    sign = SIGNS[line.action]
    yield screen.paint(f"{sign} {line.address}  {line.action.value}", COLOURS.get(line.action), bold=True)
    yield from _wrapped(_sentence(line.action, line.reason), screen, "  ")
    for note in line.notes:
        yield from _wrapped(note, screen, "  ")
    yield ""
    yield from _request(why, screen, take)
    yield from _changes(why, screen)
    yield from _hanging(why.hangs, screen)
    yield from _costs(why, screen)
    if steps:
        yield ""
        yield "  Next"
        for command, does in steps:
            yield f"    {command}"
            yield from _wrapped(does, screen, "        ")


def _sentence(action: Action, reason: str) -> str:
    """The reason as a sentence, without the word that stands in the head already."""
    head, colon, rest = reason.partition(": ")
    text = rest if colon and head == action.value else reason
    return f"{text[:1].upper()}{text[1:]}."


def _request(why: Why, screen: Screen, take: str) -> Iterator[str]:
    now, then = why.now, why.then
    if why.line.action is Action.OMITTED:
        yield "  Now   asks for nothing"
        if then is not None:
            yield from _wrapped(f"Then  {_named(then)}", screen, "  ", "        ")
            yield from _takes(then, screen, take)
        return
    accepted = ", accepted for these words" if why.accepted is not None else ""
    head = f"Now   {_named(now)}{accepted}, {why.line.endpoint or 'no model'}"
    yield from _wrapped(head, screen, "  ", "        ")
    for part in now.parts:
        if part.name not in ("endpoint", "key"):
            yield from _wrapped(f"{part.name}: {part.value}", screen, "        ", "          ")
    yield from _takes(now, screen, take)
    if then is not None and then.key != now.key:
        yield from _wrapped(f"Then  {_named(then)}", screen, "  ", "        ")
        yield from _takes(then, screen, take)
    if why.accepted is not None:
        said = f": {why.accepted.why}" if why.accepted.why else ""
        text = f"Accepted by {why.accepted.by}, {_when(why.accepted.at)}{said}"
        yield from _wrapped(text, screen, "  ", "        ")


def _named(version: Version) -> str:
    if not version.key:
        return "no key yet: a pick is open"
    number = f"v{version.number:03}, " if version.number else ""
    return f"{number}key {version.key[:_KEY]}"


def _takes(version: Version, screen: Screen, take: str) -> Iterator[str]:
    """What brought the takes: one line for those of one request; with a take named, that one alone."""
    wanted = take.rpartition(".")[2]
    takes = [one for one in version.takes if not wanted or str(one.number) == wanted]
    groups: dict[tuple[str, ...], list[Brought]] = {}
    for one in takes:
        groups.setdefault((one.request_id or str(one.number), one.at, one.run, one.bought_for), []).append(one)
    for group in groups.values():
        yield from _wrapped(_brought(group), screen, "        ", "          ")


def _brought(group: Sequence[Brought]) -> str:
    first, last = group[0], group[-1]
    name = f"take {first.number}" if first is last else f"takes {', '.join(str(one.number) for one in group)}"
    if first.adopted_by and not first.request_id:
        return f"{name}: adopted by {first.adopted_by}, {_when(first.at)}"
    run = f" by run {first.run}" if first.run else ""
    whose = f", for {first.bought_for}" if first.bought_for else ""
    request = f", request {first.request_id}" if first.request_id else ""
    return f"{name}: brought{run}, {_when(first.at)}{whose}{request}"


def _when(at: str) -> str:
    return f"{at.replace('T', ' ').removesuffix('Z')} UTC" if at else "nobody knows when"


def _changes(why: Why, screen: Screen) -> Iterator[str]:
    if why.then is None or why.line.action is Action.OMITTED:
        return
    if not why.changes:
        if why.then.key != why.now.key or why.accepted is not None:
            yield "  What differs cannot be told: the request of then is kept neither in the store nor in the ledger."
        return
    than = f"v{why.then.number:03}" if why.then.number else "then"
    yield ""
    yield f"  What differs from {than}"
    for change in why.changes:
        yield from _change(change, why, screen)


def _change(change: Changed, why: Why, screen: Screen) -> Iterator[str]:
    if change.words:
        yield f"    {change.name}"
        yield from _wrapped(marked(change.words), screen, "      ", paint=True)
    else:
        before = "nothing" if change.before is None else change.before
        after = "nothing" if change.after is None else change.after
        yield from _wrapped(f"{change.name}: {before} -> {after}", screen, "    ", "      ")
    for one in change.written:
        yield from _wrapped(f"written in {one.key}, {one.place}", screen, "      ", "        ")
    if not change.written:
        yield from _wrapped(f"the shot stands at {why.place}", screen, "      ", "        ")


def _hanging(hangs: Sequence[Hanging], screen: Screen) -> Iterator[str]:
    if not hangs:
        return
    yield ""
    yield "  What hangs on it"
    for one in hangs:
        price = f"  (${one.cost_at_most})" if one.cost_at_most else ""
        yield f"    {SIGNS[Action(one.action)]} {one.address}  {one.action}{price}"


def _costs(why: Why, screen: Screen) -> Iterator[str]:
    line = why.line
    yield ""
    if line.cost is None:
        now = "nobody knows the price"
    elif line.takes_new:
        now = f"${line.cost} now"
    elif line.cost_at_most:
        now = f"nothing now, ${line.cost_at_most} at most later"
    else:
        now = "nothing"
    below = f"; what hangs on it ${why.downstream} at most" if why.downstream else ""
    yield from _wrapped(f"Costs {now}{below}.", screen, "  ")


def _wrapped(text: str, screen: Screen, first: str, later: str | None = None, *, paint: bool = False) -> Iterator[str]:
    """Text broken at the screen's width; with `paint`, what went is red and what came is green."""
    later = first if later is None else later
    width = min(screen.width, 100)
    lines = textwrap.wrap(text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False) or [first]
    if not paint or not screen.colour:
        yield from lines
        return
    colour: str | None = None
    for line in lines:
        painted, colour = _painted(line, colour, screen)
        yield painted


def _painted(line: str, colour: str | None, screen: Screen) -> tuple[str, str | None]:
    """One line of a marked diff in colours; a change may begin on a line before and go on after it."""
    found, rest = "", line
    while rest:
        ends = {"red": "-]", "green": "+}"}.get(colour or "")
        marks = [ends] if ends else ["[-", "{+"]
        at, mark = min(((rest.find(mark), mark) for mark in marks if mark in rest), default=(-1, ""))
        if at < 0:
            return found + screen.paint(rest, colour), colour
        if ends:
            found, rest, colour = found + screen.paint(rest[: at + 2], colour), rest[at + 2 :], None
        else:
            found, rest, colour = found + rest[:at], rest[at:], "red" if mark == "[-" else "green"
            found, rest = found + screen.paint(rest[:2], colour), rest[2:]
    return found, colour
