"""`shotpilot pick`: what the review page does, from the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shotpilot_pipeline.cli.completing import ListFile, complete_select
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.picklines import saved_lines
from shotpilot_pipeline.cli.screen import Screen
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.reading import Reading, read_list
from shotpilot_pipeline.values.decision import Verb, decision_as_json

if TYPE_CHECKING:
    from shotpilot_pipeline.pipeline.choosing import Facts, Saved

_BELOW = re.compile(r"-\d+\Z")


class _Numbers(click.Command):
    """A command that takes -1 for a wrong number and not for an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What click makes of the words; numbers below 0 are put behind all others, to be refused in plain words."""
        try:
            return super().parse_args(ctx, list(args))
        except click.NoSuchOption:
            below = [word for word in args if _BELOW.match(word)]
            if not below:
                raise
            return super().parse_args(ctx, [*(word for word in args if word not in below), "--", *below])


@click.command(cls=_Numbers)
@asking
@click.argument("file", type=ListFile())
@click.argument("words", nargs=-1, metavar="ADDRESS TAKE", shell_complete=complete_select)
@click.option("--why", default="", metavar="TEXT", help="The reason, for people; kept with the pick.")
@click.option("--by", default="", metavar="NAME", help="Who chooses (else git's user.name, else your login).")
@click.option("--alternate", is_flag=True, help="The take would do as well.")
@click.option("--reject", is_flag=True, help="The take is out: no rule chooses it.")
@click.option("--clear", is_flag=True, help="Take the mark off a take, or all marks off an address.")
@click.option("--stars", type=click.IntRange(0, 5), metavar="N", help="1 to 5 stars; 0 takes them away.")
@click.option("--note", metavar="TEXT", help="A note on a take, or on the whole shot; an empty one goes away.")
@click.option("--more", type=click.IntRange(0, 99), metavar="N", help="Ask for N further takes; 0 takes it back.")
@click.option("--redo", is_flag=True, help="Reject every take and ask for as many again.")
@click.option("--undo", is_flag=True, help="Take back the last thing you said of FILE.")
def command(asked: Asked, file: Path, words: tuple[str, ...], **said: Any) -> None:
    """Say which take of FILE goes on to the next stage, and what else there is to say of takes.

    \b
      shotpilot pick noir.yaml sc010/sh010@iterate 3 --why "the eyes"
      shotpilot pick noir.yaml sc010/sh010@iterate#3        the same, as printed
      shotpilot pick noir.yaml sc010/sh010@iterate 1 2 --reject
      shotpilot pick noir.yaml 'sc010/*@iterate' --more 4
      shotpilot pick noir.yaml sc010/sh010@iterate --redo

    Addresses may be selectors (globs, tag:, stage:) for all but a pick of variants. Everything is kept in
    NAME.picks.yaml beside FILE, which you may edit by hand; nothing is bought. A take of an older version is #v1.3.
    """
    screen = Screen(asked)
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    from shotpilot_pipeline.pipeline.choosing import Facts  # reads YAML: only once the list passes

    facts = Facts(reading)
    saved = _undone(reading, words, said) if said["undo"] else _chosen(reading, words, said, facts)
    if asked.json:
        screen.result_json(_as_json(reading, saved))
        return
    for line in saved_lines(reading, saved, facts, screen, undone=said["undo"]):
        screen.result(line)


def _undone(reading: Reading, words: Sequence[str], said: dict[str, Any]) -> Saved:
    from shotpilot_pipeline.pipeline.choosing import undo

    if words or _saying(said) != [(Verb.PICK, said["why"])]:
        raise UsageError("--undo takes back the last thing that was said: it stands alone, with FILE and --by")
    return undo(reading, said["by"])


def _chosen(reading: Reading, words: Sequence[str], said: dict[str, Any], facts: Facts) -> Saved:
    from shotpilot_pipeline.pipeline.choosing import choose
    from shotpilot_pipeline.pipeline.picking import changes_of, read_words

    changes = changes_of(read_words(words), _saying(said), facts)
    return choose(reading, changes, said["by"], facts=facts)


def _saying(said: dict[str, Any]) -> list[tuple[Verb, str]]:
    """What is said of the takes, in the order of its weight; nothing in particular: they are picked."""
    marks = [verb for verb in (Verb.ALTERNATE, Verb.REJECT, Verb.CLEAR, Verb.REDO) if said[verb.value]]
    if len(marks) > 1:
        raise UsageError(f"--{marks[0]} and --{marks[1]} do not go together: say one of them")
    found = [(verb, "") for verb in marks]
    values = [(Verb.STARS, said["stars"]), (Verb.NOTE, said["note"]), (Verb.MORE, said["more"])]
    found += [(verb, str(value)) for verb, value in values if value is not None]
    if said["why"] and found:
        raise UsageError("--why is the reason of a pick; for another mark write --note")
    return found or [(Verb.PICK, said["why"])]


def _as_json(reading: Reading, saved: Saved) -> dict[str, object]:
    from shotpilot_pipeline.pipeline.choosing import Facts
    from shotpilot_pipeline.values.decision import Decision

    totals = Facts(reading).plan.totals
    return {
        "changed": [decision_as_json(saved.decisions.get(one, Decision(one))) for one in saved.changed],
        "undo": saved.undo or None,
        "next_render": {
            "images_new": totals.images_new,
            "cost_usd": str(totals.cost),
            "cost_usd_at_most": str(totals.cost_at_most),
        },
    }
