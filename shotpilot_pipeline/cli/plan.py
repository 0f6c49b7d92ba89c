"""`shotpilot plan`: what is cached, what would be bought, why, and for how much."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.planlines import plan_lines, totals_lines
from shotpilot_pipeline.cli.screen import Screen, problem_line
from shotpilot_pipeline.cli.selecting import selecting, wish_of
from shotpilot_pipeline.errors import ExitCode
from shotpilot_pipeline.pipeline.answers import Answer, Question, ask
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.pipeline.trip import Wish, known_of, plan_list, stale_picks, unknown_picks
from shotpilot_pipeline.values.pause import collector_paused
from shotpilot_pipeline.values.plan import plan_as_json


@click.command()
@asking
@click.argument("file", type=ListFile())
@selecting
@click.option("--check", is_flag=True, help="Exit 1 when there is something to buy, like `make -q`.")
@click.option("--changes", is_flag=True, help="Leave out what is cached, held or omitted.")
@click.option("--behind", is_flag=True, help="Buy earlier stages too that fell behind a bought one.")
def command(asked: Asked, file: Path, check: bool, changes: bool, **selection: object) -> int:
    """Say what a render of FILE would do: for each shot at each stage an action, a reason and a price.

    \b
    + new   ^ top-up   ~ changed   = cached   ? waiting   ! stale pick
    < behind a bought stage   x blocked   - held or omitted   !! unknown
    Nothing is sent. SELECT narrows it: addresses with globs (sc01*/sh0?0@final), stage:, scene:, tag:, cast:,
    +X (with what it needs), X+ (with what needs it), A,B (both hold).
    """
    screen = Screen(asked)
    wish = wish_of(selection)
    look = {"json": asked.json, "changes": changes, "colour": screen.colour, "width": screen.width}

    def question() -> Question:
        return ask(file, asked.project, rehearsal=asked.rehearsal, asked={"wish": asdict(wish), **look})

    before = question()
    answer = before.answer()
    if answer is None:
        with collector_paused():
            answer = _answer(file, asked, wish, changes, screen)
            question().keep(answer, before)
    for text in answer.messages:
        screen.message(text)
    screen.result(answer.result)
    return int(ExitCode.WORK_TO_BUY if check and answer.rolls else ExitCode.DONE)


def _answer(file: Path, asked: Asked, wish: Wish, changes: bool, screen: Screen) -> Answer:
    reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
    known = known_of(reading.places, reading.compiled.moved, bought_of(reading))
    plan = plan_list(reading, wish, known)
    doubts = (*unknown_picks(reading, known), *stale_picks(reading, known, plan))
    messages = [problem_line(problem, screen) for problem in doubts]
    if asked.json:
        return Answer(json.dumps(plan_as_json(plan), indent=2, ensure_ascii=False), messages, plan.totals.rolls)
    lines = [*plan_lines(plan, reading.compiled, screen, changes=changes)]
    lines += totals_lines(plan, screen, rehearsal=asked.rehearsal)
    return Answer("\n".join(lines), messages, plan.totals.rolls)
