"""A plan in words: stages, scenes, and a line for each task with its action, reason and price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from shotpilot_pipeline.cli.screen import Screen, counted
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import BUYS, Action, Plan, PlanLine
from shotpilot_pipeline.values.task import Compiled

SIGNS = {
    Action.NEW: "+",
    Action.TOP_UP: "^",
    Action.CHANGED: "~",
    Action.CACHED: "=",
    Action.WAITING: "?",
    Action.STALE_PICK: "!",
    Action.HELD: "-",
    Action.OMITTED: "-",
    Action.UNKNOWN: "!!",
    Action.FAILED: "x",
    Action.REFUSED: "x",
    Action.BLOCKED: "x",
    Action.BEHIND: "<",
}
COLOURS = {
    Action.NEW: "green",
    Action.TOP_UP: "green",
    Action.CHANGED: "yellow",
    Action.WAITING: "cyan",
    Action.STALE_PICK: "red",
    Action.UNKNOWN: "red",
    Action.FAILED: "red",
    Action.REFUSED: "red",
    Action.BLOCKED: "red",
    Action.BEHIND: "yellow",
}
QUIET = frozenset({Action.CACHED, Action.HELD, Action.OMITTED})
FOLD_FROM = 60  # lines: a longer plan says what is simply there in one line a scene


_SHOWN = {action: (sign.rjust(2), f"{action.value:<10}", COLOURS.get(action)) for action, sign in SIGNS.items()}


def plan_lines(plan: Plan, compiled: Compiled, screen: Screen, *, changes: bool = False) -> Iterator[str]:
    """The plan grouped by stage and scene. With `changes`, or in a long plan, what is there is only counted."""
    title = compiled.title or compiled.show
    yield screen.paint(title, None, bold=True)
    by_stage: dict[str, list[PlanLine]] = {stage: [] for stage in compiled.stages}
    for line in plan.lines:
        by_stage[line.address.rpartition("@")[2]].append(line)
    fold = changes or len(plan.lines) > FOLD_FROM
    for stage, lines in by_stage.items():
        shown = [line for line in lines if not (changes and line.action in QUIET)]
        if shown:
            yield ""
            yield screen.paint(f"{stage}", None, bold=True)
            yield from _stage_lines(shown, screen, fold=fold)
    yield ""


def _stage_lines(lines: Sequence[PlanLine], screen: Screen, *, fold: bool) -> Iterator[str]:
    told = [line for line in lines if not (fold and line.action in QUIET)]
    width = max((len(_name(line)) for line in told), default=0)
    for scene, group in groupby(lines, lambda line: line.address.partition("/")[0]):
        quiet = []
        yield f"  {scene}"
        for line in group:
            if fold and line.action in QUIET:
                quiet.append(line)
            else:
                yield _task_line(line, width, screen)
        if quiet:
            yield f"    = {_folded(quiet)}"


def _folded(lines: Sequence[PlanLine]) -> str:
    words = {Action.CACHED: "cached", Action.HELD: "held", Action.OMITTED: "omitted"}
    counts = [(word, sum(line.action is action for line in lines)) for action, word in words.items()]
    return ", ".join(f"{count:,} {word}" for word, count in counts if count)


def _name(line: PlanLine) -> str:
    return line.address.partition("/")[2].partition("@")[0]


def _task_line(line: PlanLine, width: int, screen: Screen) -> str:
    """The task's line, with its notes below it. Runs 30,000 times in the plan of a long list."""
    action = line.action
    sign, word, colour = _SHOWN[action]
    head = f"  {sign} {_name(line):<{width}}  {word}  {_takes(line):<15} {_price(line):>9}"
    text = f"{screen.paint(head, colour) if screen.colour else head}  {_reason(line)}"
    if line.notes and action not in QUIET:
        return "\n".join((text, *(f"     {'':<{width}}  {note}" for note in line.notes)))
    return text


def _reason(line: PlanLine) -> str:
    """The reason without the word that stands in the line already."""
    head, colon, rest = line.reason.partition(": ")
    return rest if colon and head == line.action.value else line.reason


def _takes(line: PlanLine) -> str:
    if line.action in BUYS or line.action is Action.BEHIND:
        if line.panels > 1:
            return f"{line.takes_new or line.takes_wanted} x {line.panels} panels"
        return counted(line.takes_new or line.takes_wanted, "take")
    if line.action in (Action.WAITING, Action.STALE_PICK, Action.BLOCKED):
        return f"{counted(line.takes_wanted, 'take')} later"
    return counted(line.takes_have, "take") if line.takes_have else ""


def _price(line: PlanLine) -> str:
    if line.action in QUIET or line.action is Action.BEHIND:
        return ""  # what is behind names its price in its reason, since it stands in no sum
    buys = line.action in BUYS
    money = line.cost if buys else line.cost_at_most
    if money is None:
        return "price?"
    return _dollars(money) if buys else f"({_dollars(money)})"


@lru_cache(maxsize=1000)  # a list has few prices and many lines
def _dollars(money: Money) -> str:
    return f"${money}"


def totals_lines(plan: Plan, screen: Screen, *, rehearsal: bool) -> Iterator[str]:
    """What it adds up to: now, and at most."""
    totals = plan.totals
    later = totals.cost_at_most - totals.cost
    cached = f"{counted(totals.images_cached, 'picture')} cached. " if totals.images_cached else ""
    if totals.images_new:
        would = "A rehearsal costs nothing; a render would buy" if rehearsal else "To buy now:"
        sum_now = screen.paint(f"${totals.cost}", "green", bold=True)
        now = f"{would} {counted(totals.images_new, 'picture')} in {counted(totals.rolls, 'roll')} for {sum_now}"
    else:
        now = "Nothing to draw now" if rehearsal else f"Nothing to buy now: ${Money()}"
    yield f"{cached}{now}{_later(later, totals.cost_at_most)}."
    if totals.unpriced:
        yield f"{counted(totals.unpriced, 'task')} without a known price: not in these sums."


def _later(later: Money, at_most: Money) -> str:
    return f"; at most ${later} more once takes are picked, ${at_most} in all" if later else ""
