"""A plan in words: stages, scenes, a line for each task, and what it adds up to. Does not know how it was made.

A line says action, takes, price and reason; where the screen is wide the model stands in it too, else below it. What
does not fit goes on under itself.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from shotpilot_pipeline.catalog.cards import IMAGE_TO_IMAGE
from shotpilot_pipeline.cli.budgetlines import budget_lines
from shotpilot_pipeline.cli.screen import Screen, counted, table
from shotpilot_pipeline.pipeline.plandoc import Model, PlanDoc, why_kind, why_model
from shotpilot_pipeline.plan.scenes import by_scene
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import BUYS, Action, PlanLine, Totals

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
WIDE = 110  # columns from which the model stands in the line
LEAST_REASON = 40  # columns: a reason in fewer is a thin column of words, so it goes below its line
_MOST_OFFERS = 20
_LONGEST_NAME = 30  # columns; a longer name pushes its own line only
_UNDER = " " * 10  # where what belongs to a line goes on below it

_SHOWN = {action: (sign.rjust(2), f"{action.value:<10}", COLOURS.get(action)) for action, sign in SIGNS.items()}


class Columns(NamedTuple):
    """How wide the columns of one stage are; 0: not there."""

    name: int
    model: int
    reason: int
    screen: int


class Widths(NamedTuple):
    """What some lines of one stage want of its columns."""

    name: int
    model: int


def plan_lines(doc: PlanDoc, screen: Screen, *, changes: bool = False) -> Iterator[str]:
    """The plan grouped by stage and scene. With `changes` what is there is left out; in a long plan it is counted."""
    look = Look(screen, changes=changes, fold=changes or len(doc.plan.lines) > FOLD_FROM)
    stages = []
    for stage, lines in by_stage(doc, doc.plan.lines).items():
        scenes = by_scene(lines)
        columns = columns_of([look.widths(own, doc) for _, own in scenes], screen.width)
        stages.append((stage, [look.scene(scene, own, doc, columns) for scene, own in scenes]))
    return stage_lines(doc, stages, screen)


def stage_lines(doc: PlanDoc, stages: Iterable[tuple[str, Sequence[str]]], screen: Screen) -> Iterator[str]:
    """A plan put together from the texts of its scenes, stage by stage; a scene without a text is not shown."""
    yield screen.paint(doc.title or doc.show, None, bold=True)
    for stage, scenes in stages:
        shown = [text for text in scenes if text]
        if shown:
            yield ""
            yield screen.paint(stage, None, bold=True)
            yield from shown
    yield ""


def by_stage(doc: PlanDoc, lines: Iterable[PlanLine]) -> dict[str, list[PlanLine]]:
    """Lines by their stage, in the order of the stages."""
    found: dict[str, list[PlanLine]] = {stage: [] for stage in doc.stages}
    for line in lines:
        found[line.address.rpartition("@")[2]].append(line)
    return found


class Look(NamedTuple):
    """How a plan is shown: with `changes` nothing that is there; with `fold` counted."""

    screen: Screen
    changes: bool
    fold: bool

    def widths(self, lines: Sequence[PlanLine], doc: PlanDoc) -> Widths:
        """What the lines of one stage want of its columns."""
        told = [line for line in lines if not (self.fold and line.action in QUIET)]
        name = min(max((len(_name(line)) for line in told), default=0), _LONGEST_NAME)
        models = (len(_model(doc.models[endpoint])) for endpoint in {line.endpoint for line in told})
        return Widths(name, max(models, default=0))

    def scene(self, scene: str, lines: Sequence[PlanLine], doc: PlanDoc, columns: Columns) -> str:
        """The text of a scene at one stage; "" where nothing of it is shown."""
        told, quiet = [], []
        for line in lines:
            if self.fold and line.action in QUIET:
                quiet.append(line)
            else:
                told.append(_task_line(line, doc.models[line.endpoint], columns, self.screen))
        counted = [f"    = {_folded(quiet)}"] if quiet and not self.changes else []
        return "\n".join((f"  {scene}", *told, *counted)) if told or counted else ""


def columns_of(widths: Iterable[Widths], screen: int) -> Columns:
    """The columns of one stage that suit all its scenes."""
    wanted = list(widths)
    name = max((one.name for one in wanted), default=0)
    model = max((one.model for one in wanted), default=0) if screen >= WIDE else 0
    without = screen - len(f"  !! {'':{name}}  {'':10}  {'':13} {'':9}  ")
    reason = without - model - 2 if model else without
    if reason < LEAST_REASON and model:
        model, reason = 0, without
    return Columns(name, model, reason if reason >= LEAST_REASON else 0, screen)


def _folded(lines: Sequence[PlanLine]) -> str:
    words = {Action.CACHED: "cached", Action.HELD: "held", Action.OMITTED: "omitted"}
    counts = [(word, sum(line.action is action for line in lines)) for action, word in words.items()]
    return ", ".join(f"{count:,} {word}" for word, count in counts if count)


def _name(line: PlanLine) -> str:
    return line.address.partition("/")[2].partition("@")[0]


def _task_line(line: PlanLine, model: Model, columns: Columns, screen: Screen) -> str:
    """The task's line, with what goes on below it. Runs 30,000 times in the plan of a long list."""
    action = line.action
    sign, word, colour = _SHOWN[action]
    head = f"  {sign} {_name(line):<{columns.name}}  {word}  {_takes(line):<13}"
    if action in QUIET:
        return _quiet_line(head, _reason(line), columns.screen)
    head = f"{head} {_price(line):>9}"
    painted = screen.paint(head, colour) if screen.colour else head
    name, beside, notes = _aside(model, line.notes, not columns.model)
    if columns.model:
        painted = f"{painted}  {name:<{columns.model}}"
    reason = _reason(line)
    whole = f"{reason}; {beside}" if beside else reason
    if len(whole) <= columns.reason:
        lines = [f"{painted}  {whole}"]
    elif len(reason) <= columns.reason:
        lines = [f"{painted}  {reason}", *_wrapped(beside, columns.screen)]
    else:
        lines = [painted.rstrip(), *_wrapped(whole, columns.screen)]
    for note in notes:
        lines += _wrapped(note, columns.screen)
    return "\n".join(lines) if len(lines) > 1 else lines[0]


def _quiet_line(head: str, reason: str, screen: int) -> str:
    """The line of a task for which nothing is bought."""
    line = f"{head.rstrip()}  {reason}"
    return line if len(line) <= screen else "\n".join((head.rstrip(), *_wrapped(reason, screen)))


@lru_cache(maxsize=1000)  # a list has few models and many lines
def _aside(model: Model, notes: tuple[str, ...], apart: bool) -> tuple[str, str, tuple[str, ...]]:
    """The model's name, why it is this one, and the notes that say anything else."""
    others = tuple(note for note in notes if not note.startswith(f"{model.family}, "))
    return _model(model), _beside(model, why_model(notes, model), apart), others


def _beside(model: Model, why: str, apart: bool) -> str:
    """Why this model and endpoint; `apart`: named here, because no column does."""
    if not apart:
        return f"{model.family}: {why}" if why else ""
    reasons = [text for text in (why, why_kind(model) if model.kind == IMAGE_TO_IMAGE else "") if text]
    return f"{_model(model)}{': ' if reasons else ''}{'; '.join(reasons)}"


@lru_cache(maxsize=4000)  # a list has few reasons and many lines
def _wrapped(text: str, width: int) -> tuple[str, ...]:
    """What belongs to a line, below it."""
    return tuple(
        textwrap.wrap(
            text, width, initial_indent=_UNDER, subsequent_indent=_UNDER, break_long_words=False, break_on_hyphens=False
        )
    )


def _model(model: Model) -> str:
    return f"{model.family} {model.kind}".rstrip()


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


def totals_lines(doc: PlanDoc, screen: Screen) -> Iterator[str]:
    """What it adds up to: now, what follows by itself, later at most, and against each budget."""
    totals = doc.plan.totals
    if doc.rehearsal and totals.images_new:
        yield "A rehearsal costs nothing. A render would buy:"
    rows = list(_sums(totals, doc.rehearsal))
    for (_, _, money, why), line in zip(rows, table([row[:3] for row in rows], right={2: True}), strict=True):
        text = f"{line}  {why}" if why and len(line) + len(why) + 2 <= screen.width else line
        yield screen.paint(text, "green", bold=True) if money and text.startswith("To buy now") else text
        if why and text == line:
            yield f"  {why}"
    if totals.unpriced:
        yield f"{counted(totals.unpriced, 'task')} without a known price: not in these sums."
    yield from budget_lines(doc.budgets, screen)


def _sums(totals: Totals, rehearsal: bool) -> Iterator[tuple[str, str, str, str]]:
    """Rows of the sums: what, how much of it, for how much, and a word to it."""
    if totals.images_cached:
        yield "Cached", counted(totals.images_cached, "picture"), "", ""
    if totals.images_new:
        yield "To buy now", _rolls(totals.images_new, totals.rolls), f"${totals.cost}", ""
    else:
        yield "Nothing to draw now" if rehearsal else "Nothing to buy now", "", f"${totals.cost}", ""
    if totals.images_following:
        how = _rolls(totals.images_following, totals.rolls_following)
        yield "Then, by rule", how, f"${totals.cost_following}", "in the same run, without asking anybody"
    later = totals.cost_at_most - totals.cost_of_run
    pictures = totals.images_at_most - totals.images_new - totals.images_following
    if pictures or later:
        yield "Later, at most", counted(pictures, "picture"), f"${later}", "once takes are picked"
    if pictures or later or totals.images_following:
        yield "In all, at most", counted(totals.images_at_most, "picture"), f"${totals.cost_at_most}", ""


def _rolls(pictures: int, rolls: int) -> str:
    return f"{counted(pictures, 'picture')} in {counted(rolls, 'roll')}"


def offer_lines(doc: PlanDoc, file: object, screen: Screen) -> Iterator[str]:
    """How to keep takes that only other words made stale, where there are any."""
    for place, offer in enumerate(doc.offers):
        if place == _MOST_OFFERS:
            yield f"  and {counted(len(doc.offers) - place, 'task')} more"
            return
        if not place:
            yield ""
            yield "Only words of the prompt changed. To keep the takes there are and buy nothing:"
        yield f"  shotpilot accept {file} {offer.address}{' --rehearsal' if doc.rehearsal else ''}"
