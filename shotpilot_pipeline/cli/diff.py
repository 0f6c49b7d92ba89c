"""`shotpilot diff`: two states of a show compared, shot by shot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from shotpilot_pipeline.cli.completing import complete_states
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, counted, table
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.reading import Reading, read_list
from shotpilot_pipeline.plan.compare import Change, Comparison, Snapshot, Sum, compare
from shotpilot_pipeline.shotlist.source import kind_of
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.worddiff import Change as Became
from shotpilot_pipeline.values.worddiff import word_diff

_USAGE = "write: shotpilot diff FILE A [B], or shotpilot diff PLAN.json PLAN.json"
_MOST_NAMED = 4  # shots that are not compared
_MOST_TAKES = 40  # that are named; the others are counted


@click.command()
@asking
@click.argument("words", nargs=-1, required=True, metavar="[FILE] A [B]", shell_complete=complete_states)
def command(asked: Asked, words: tuple[str, ...]) -> None:
    """Compare two states of a show: shots, words, references, takes, picks, money.

    \b
    A and B are each one of
      REVISION       a git revision: HEAD, main, a tag, a commit
      run:NAME       a run, by its folder below .shotpilot/runs; run:last, run:last~1
      PLAN.json      a saved plan (plan -o)
      now            the list as it lies here; B may be left away for it
    FILE is the shot list; two saved plans need none.
    """
    screen = Screen(asked)
    file, sides = _read(words)
    from shotpilot_pipeline.pipeline.comparing import side_of  # git, the YAML reader, the ledger

    reading = _reading(file, sides, asked)
    a, b = (side_of(side, reading) for side in sides)
    found = compare(a, b)
    if asked.json:
        screen.result_json(diff_as_json(a, b, found))
        return
    for line in diff_lines(a, b, found, screen):
        screen.result(line)


def _read(words: tuple[str, ...]) -> tuple[Path | None, tuple[str, str]]:
    """The shot list, where one is named, and the two sides."""
    first = Path(words[0])
    named = first.suffix != ".json" and first.is_file() and kind_of(first) == "shotlist"
    file, sides = (first, words[1:]) if named else (None, words)
    if not sides and file is not None:
        raise UsageError(f"what shall {file} be compared with? {_USAGE}")
    if len(sides) > 2:
        raise UsageError(f"two states are compared, not {len(sides)}; {_USAGE}")
    return file, (sides[0], sides[1] if len(sides) == 2 else "now")


def _reading(file: Path | None, sides: tuple[str, str], asked: Asked) -> Reading | None:
    """The list, read with its words. None where both sides are plans and say all themselves."""
    if file is None and all(side.endswith(".json") for side in sides):
        return None
    if file is None and sides[0].endswith(".json"):
        from shotpilot_pipeline.cli.planfile import list_of
        from shotpilot_pipeline.pipeline.saved import read_plan

        file = list_of(read_plan(Path(sides[0])), asked.project)
    if file is None:
        raise UsageError(f"{sides[0]}: is no shot list and no saved plan; {_USAGE}")
    return read_list(file, asked.project, rehearsal=asked.rehearsal, scenes=True)


def diff_lines(a: Snapshot, b: Snapshot, found: Comparison, screen: Screen) -> Iterator[str]:
    """The comparison in words."""
    yield screen.paint(f"{a.name} -> {b.name}", None, bold=True)
    for shot in found.added:
        yield screen.paint(f"+ {shot}  added, {_tasks(b, shot)}", "green")
    for shot in found.removed:
        yield screen.paint(f"- {shot}  removed, {_tasks(a, shot)}", "red")
    for one in found.changed:
        yield screen.paint(f"~ {one.shot}", "yellow")
        yield from (f"    {_change(change, screen)}" for change in one.changes)
        yield from (f"    {_reference(change, screen)}" for change in one.references)
    yield from _section("picks", [f"{_change(change, screen)}" for change in found.picks])
    yield from _section("new takes", found.new_takes)
    yield from _section("takes that are not there any more", found.lost_takes)
    yield from _money(found.money)
    if found.apart:
        yield f"Not compared: {_named(found.apart)}, which only one of the two is about."
    if not any((found.added, found.removed, found.changed, found.picks, found.new_takes, found.lost_takes)):
        yield f"{'Of the others, no' if found.apart else 'No'} shot, no request, no pick and no take differs."


def _named(shots: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(shots) - _MOST_NAMED:,} more" if len(shots) > _MOST_NAMED else ""
    return ", ".join(shots[:_MOST_NAMED]) + more


def _tasks(state: Snapshot, shot: str) -> str:
    return counted(sum(address.partition("@")[0].partition(".")[0] == shot for address in state.tasks), "task")


def _change(change: Change, screen: Screen) -> str:
    if not change.before:
        return f"{change.what}: {screen.paint(f'{{+{change.now}+}}', 'green')}"
    if not change.now:
        return f"{change.what}: {screen.paint(f'[-{change.before}-]', 'red')}"
    if " " not in f"{change.before}{change.now}" or change.before.startswith("take "):
        return f"{change.what}: {change.before} -> {change.now}"
    return f"{change.what}: {_words(change, screen)}"


def _words(change: Change, screen: Screen) -> str:
    """The text once, with what went as [-old-] and what came as {+new+}."""
    looks = {Became.SAME: ("{}", None), Became.GONE: ("[-{}-]", "red"), Became.NEW: ("{{+{}+}}", "green")}
    pieces = word_diff(change.before, change.now)
    return "".join(screen.paint(looks[one.change][0].format(one.text), looks[one.change][1]) for one in pieces)


def _reference(change: Change, screen: Screen) -> str:
    if not change.before:
        return screen.paint(f"reference {change.what}: sent along now", "green")
    if not change.now:
        return screen.paint(f"reference {change.what}: no longer sent along", "red")
    return f"reference {change.what}: another picture ({change.before} -> {change.now})"


def _section(head: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{head}:"
        yield from (f"    {line}" for line in lines[:_MOST_TAKES])
        if len(lines) > _MOST_TAKES:
            yield f"    and {len(lines) - _MOST_TAKES} more"


def _money(sums: Sequence[Sum]) -> Iterator[str]:
    if sums:
        yield "money:"
        rows = [(one.what, f"${one.before}", "->", f"${one.now}", _difference(one)) for one in sums]
        yield from (f"    {line}" for line in table(rows, right={1: True, 3: True}))


def _difference(one: Sum) -> str:
    if one.before == one.now:
        return ""
    return f"(+${one.now - one.before})" if one.before < one.now else f"(-${one.before - one.now})"


def diff_as_json(a: Snapshot, b: Snapshot, found: Comparison) -> dict[str, Any]:
    """The comparison with the keys of schemas/diff-1.schema.json."""

    def changes(some: Sequence[Change]) -> list[dict[str, Any]]:
        return [{"what": one.what, "before": one.before or None, "now": one.now or None} for one in some]

    def money(amount: Money) -> str:
        return str(amount)

    return {
        "diff": 1,
        "a": a.name,
        "b": b.name,
        "added": list(found.added),
        "removed": list(found.removed),
        "not_compared": list(found.apart),
        "changed": [
            {"shot": one.shot, "changes": changes(one.changes), "references": changes(one.references)}
            for one in found.changed
        ],
        "picks": changes(found.picks),
        "new_takes": list(found.new_takes),
        "lost_takes": list(found.lost_takes),
        "money": [
            {"what": one.what, "before_usd": money(one.before), "now_usd": money(one.now)} for one in found.money
        ],
    }
