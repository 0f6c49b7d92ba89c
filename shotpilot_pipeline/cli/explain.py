"""`shotpilot explain`: every rule of `check`, or one of them with its reason and two examples."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import click

from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.screen import Screen, table
from shotpilot_pipeline.errors import Severity, UsageError
from shotpilot_pipeline.lint.known import hard
from shotpilot_pipeline.lint.manual import Page, near_rules, page_of, pages

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_FIXES = {
    "automatic": "mends itself: shotpilot fix",
    "proposed": "a cure is proposed: shotpilot fix --proposed --diff shows it",
}


def _rules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """What Tab offers."""
    return [id for id in pages() if id.startswith(incomplete)]


@click.command()
@asking
@click.argument("rule", required=False, shell_complete=_rules)
def command(asked: Asked, rule: str | None) -> None:
    """Explain a rule of `check`: what it says, why, what breaks it and what does not.

    RULE is the id that stands in every problem, such as slot-lens. Without it all rules are listed.
    """
    screen = Screen(asked)
    if rule is None:
        _list(asked, screen)
        return
    page = page_of(rule)
    if page is None:
        near = near_rules(rule)
        hint = f"did you mean {' or '.join(near)}?" if near else "shotpilot explain lists them all"
        raise UsageError(f"there is no rule {rule!r}; {hint}")
    if asked.json:
        screen.result_json(page_json(page))
        return
    screen.result("\n".join(_page_lines(page, screen)))


def _list(asked: Asked, screen: Screen) -> None:
    if asked.json:
        screen.result_json([page_json(page) for page in pages().values()])
        return
    part = ""
    for page in pages().values():
        if page.part != part:
            screen.result(("\n" if part else "") + screen.paint(page.part, None, bold=True))
            part = page.part
        word = screen.paint(f"{page.severity.value:<7}", _COLOURS[page.severity])
        screen.result(f"  {page.id:<26} {word}  {page.says}".rstrip())


def _page_lines(page: Page, screen: Screen) -> Iterator[str]:
    yield screen.paint(page.id, None, bold=True)
    yield from textwrap.wrap(page.says, screen.width, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield from textwrap.wrap(page.why, min(screen.width, 100), initial_indent="  ", subsequent_indent="  ")
    yield ""
    rows = [("severity", page.severity.value + (", and stays it" if hard(page.id) else ""))]
    rows += [("fix", _FIXES[page.fix])] if page.fix else []
    rows += [("also called", ", ".join(page.other_ids))] if page.other_ids else []
    rows += [("page", f"docs/rules.md#{page.id}")]
    yield from (f"  {line}" for line in table(rows))
    for word, colour, text in (("breaks it", "red", page.bad), ("does not", "green", page.good)):
        if text:
            yield ""
            yield f"  {screen.paint(word, colour)}"
            yield from (f"    {line}" for line in text.rstrip("\n").splitlines())
    if not hard(page.id):
        yield ""
        yield f'  In shotpilot.toml: [lint] {page.id} = "off". In a shot: ignore: {{{page.id}: the reason}}.'


def page_json(page: Page) -> dict[str, Any]:
    """A rule, for programs."""
    return {
        "rule": page.id,
        "part": page.part,
        "severity": page.severity.value,
        "can_be_ignored": not hard(page.id),
        "says": page.says,
        "why": page.why,
        "fix": page.fix or None,
        "bad": page.bad or None,
        "good": page.good or None,
        "other_ids": list(page.other_ids),
    }
