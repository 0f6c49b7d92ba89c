"""The status of a list as a table that fits the terminal: shots (or scenes) down, stages across."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from shotpilot_pipeline.cli.screen import Screen, table
from shotpilot_pipeline.pipeline.status import Standing, State, Status

SIGNS = {
    State.UNKNOWN: "!!", State.FAILED: "x", State.REFUSED: "x", State.STALE: "!", State.BLOCKED: "x",
    State.PICK: "?", State.NEW: "+", State.TOP_UP: "^", State.CHANGED: "~", State.BEHIND: "<",
    State.WAITING: ".", State.HELD: "-", State.OMITTED: "-", State.DONE: "=",
}  # fmt: skip
_WORDS = {
    State.UNKNOWN: "unknown", State.FAILED: "failed", State.REFUSED: "refused", State.STALE: "stale pick",
    State.BLOCKED: "blocked", State.PICK: "waiting for you", State.NEW: "to buy", State.TOP_UP: "to top up",
    State.CHANGED: "changed", State.BEHIND: "behind", State.WAITING: "waiting", State.HELD: "held",
    State.OMITTED: "omitted", State.DONE: "done",
}  # fmt: skip
_SHORT = {State.PICK: "pick", State.NEW: "buy", State.TOP_UP: "buy", State.STALE: "stale", State.WAITING: "later"}
_COLOURS = {
    State.UNKNOWN: "red", State.FAILED: "red", State.REFUSED: "red", State.STALE: "red", State.BLOCKED: "red",
    State.PICK: "cyan", State.NEW: "green", State.TOP_UP: "green", State.CHANGED: "yellow", State.BEHIND: "yellow",
}  # fmt: skip
_URGENT = list(State)  # in the order of their gravity
FOLD_FROM = 40  # shots: a longer list has a line for each scene
_GAP = 2

Row = tuple[str, tuple[tuple[str, State | None], ...]]  # a name, and a cell for each stage


def status_lines(status: Status, screen: Screen, *, unfolded: bool) -> Iterator[str]:
    """The table, the counts of each stage, and what to do next."""
    if status.rehearsal:
        yield screen.paint(f"{status.title or status.show} (rehearsal)", None, bold=True)
    else:
        yield screen.paint(status.title or status.show, None, bold=True)
    yield ""
    yield from _table(status, screen, folded=len(status.shots) > FOLD_FROM and not unfolded)
    yield ""
    yield from _count_lines(status, screen)
    yield ""
    yield from _next_lines(status, screen)


def _table(status: Status, screen: Screen, *, folded: bool) -> Iterator[str]:
    """The widest form that fits: words in the cells, else signs and figures, else signs alone."""
    for words in (2, 1, 0):
        rows = [*(_scene_rows(status, words) if folded else _shot_rows(status, words))]
        widths = [max(len(cells[place][0]) for _, cells in rows) for place in range(len(status.stages))] if rows else []
        heads = [
            stage[: max(width, 1)] if words < 2 else stage for stage, width in zip(status.stages, widths, strict=True)
        ]
        widths = [max(width, len(head)) for width, head in zip(widths, heads, strict=True)]
        names = max((len(name) for name, _ in rows), default=0)
        if names + sum(width + _GAP for width in widths) <= screen.width:
            break
    names = min(names, max(8, screen.width - sum(width + _GAP for width in widths)))
    yield _line("", [(head, None) for head in heads], names, widths, screen)
    for name, cells in rows:
        yield _line(name, cells, names, widths, screen)


def _line(
    name: str, cells: Sequence[tuple[str, State | None]], names: int, widths: Sequence[int], screen: Screen
) -> str:
    shown = name if len(name) <= names else f"{name[: names - 1]}…"
    painted = [
        screen.paint(text.ljust(width), _COLOURS.get(state) if state else None)
        for (text, state), width in zip(cells, widths, strict=True)
    ]
    return (" " * _GAP).join([shown.ljust(names), *painted]).rstrip()


def _shot_rows(status: Status, words: int) -> Iterator[Row]:
    for shot, those in status.shots.items():
        cells = [[one for one in those if one.stage == stage] for stage in status.stages]
        yield shot, tuple(_cell(cell, words, rehearsal=status.rehearsal) for cell in cells)


def _scene_rows(status: Status, words: int) -> Iterator[Row]:
    for scene, group in groupby(status.shots.items(), lambda item: item[0].partition("/")[0]):
        shots = list(group)
        cells = tuple(
            _scene_cell([one for _, those in shots for one in those if one.stage == stage], words)
            for stage in status.stages
        )
        yield f"{scene} ({len(shots)})", cells


def _cell(those: Sequence[Standing], words: int, *, rehearsal: bool) -> tuple[str, State | None]:
    """One shot at one stage, which may be several tasks: variants, or panels each for itself."""
    if not those:
        return "", None
    state = min((one.state for one in those), key=_URGENT.index)
    if not words:
        return SIGNS[state], state
    figure = _figure(those, state)
    word = f" {_SHORT.get(state, state.value)}" if words == 2 else ""
    word = word.replace("buy", "draw") if rehearsal else word
    return f"{SIGNS[state]}{word}{f' {figure}' if figure else ''}", state


def _figure(those: Sequence[Standing], state: State) -> str:
    """The number that says most: the take that goes on, takes to choose among, takes to buy."""
    among = [one for one in those if one.state is state]
    if state is State.DONE:
        chosen = [one for one in those if one.take]
        return f"#{chosen[0].take}" if len(chosen) == 1 else f"{len(those)}"
    if state is State.PICK:
        return str(sum(one.takes for one in among))
    if state in (State.NEW, State.TOP_UP, State.CHANGED):
        return str(sum(one.new for one in among))
    return f"{len(among)}/{len(those)}" if len(those) > 1 else ""


def _scene_cell(those: Sequence[Standing], words: int) -> tuple[str, State | None]:
    """A scene at one stage: how many of its tasks are done, and how many are in each other state."""
    if not those:
        return "", None
    counts = Counter(one.state for one in those)
    worst = min(counts, key=_URGENT.index)
    if not words:
        return SIGNS[worst], worst
    done = f"{counts.pop(State.DONE, 0)}/{len(those)}"
    rest = [f"{SIGNS[state]}{counts[state]}" for state in State if counts.get(state)]
    return " ".join([done, *(rest if words == 2 else rest[:1])]), worst


def _count_lines(status: Status, screen: Screen) -> Iterator[str]:
    """`iterate: 41 done, 12 waiting for you`, a line for each stage."""
    rows = []
    for stage in status.stages:
        counts = status.counts(stage)
        said = [f"{counts[state]:,} {_WORDS[state]}" for state in reversed(State) if counts.get(state)]
        if said:
            words = ", ".join(said)
            rows.append((f"{stage}:", words.replace("to buy", "to draw") if status.rehearsal else words))
    for line in table(rows):
        yield from wrap(line, screen.width, subsequent_indent="  ", break_long_words=True) or [""]


def _next_lines(status: Status, screen: Screen) -> Iterator[str]:
    yield "Next:"
    for one in status.nexts:
        yield f"  {one.words}"
        yield f"    {screen.paint(one.command, 'cyan')}"
