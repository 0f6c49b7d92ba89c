"""`shotpilot plan`: what is cached, what would be bought, why, and for how much."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from shotpilot_pipeline.cli.completing import ListFile
from shotpilot_pipeline.cli.options import Asked, asking
from shotpilot_pipeline.cli.planagain import screen_lines, shown_again, shown_whole
from shotpilot_pipeline.cli.planlines import offer_lines, plan_lines, totals_lines
from shotpilot_pipeline.cli.screen import Screen, problem_line
from shotpilot_pipeline.cli.selecting import asks_git, selecting, wish_of
from shotpilot_pipeline.errors import ExitCode, ShotpilotError, UsageError
from shotpilot_pipeline.pipeline.answers import Answer, Question, ask
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.budgets import today
from shotpilot_pipeline.pipeline.plandoc import PlanDoc, doc_as_json, plan_doc
from shotpilot_pipeline.pipeline.reading import Reading, read_list
from shotpilot_pipeline.pipeline.sceneplans import (
    PlanSaid,
    basis_of,
    planned_again,
    read_said,
    scenes_said,
    whole_doc,
    write_said,
)
from shotpilot_pipeline.pipeline.trip import Wish, known_of, stale_picks, unknown_picks
from shotpilot_pipeline.shotlist.memo import Stamp
from shotpilot_pipeline.values.pause import collector_paused
from shotpilot_pipeline.values.task import Tasks


@click.command()
@asking
@click.argument("file", type=ListFile(), required=False)
@selecting
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PLAN", help="Save it, to be carried out once."
)
@click.option(
    "--show", type=click.Path(path_type=Path), metavar="PLAN", help="Show a saved plan, and what moved since."
)
@click.option("--check", is_flag=True, help="Exit 1 when there is something to buy, like `make -q`.")
@click.option("--changes", is_flag=True, help="Leave out what is cached, held or omitted.")
@click.option("--behind", is_flag=True, help="Buy earlier stages too that fell behind a bought one.")
def command(
    asked: Asked,
    file: Path | None,
    output: Path | None,
    show: Path | None,
    check: bool,
    changes: bool,
    **selection: object,
) -> int:
    """Say what a render of FILE would do: for each shot at each stage an action, a reason and a price.

    \b
    + new   ^ top-up   ~ changed   = cached   ? waiting   ! stale pick
    < behind a bought stage   x blocked   - held or omitted   !! unknown
    Nothing is sent. SELECT narrows it: addresses with globs (sc01*/sh0?0@final), stage:, scene:, tag:, cast:,
    state:new|changed, changed:since=REVISION, +X (with what it needs), X+ (with what needs it), A,B (both hold).
    -o PLAN saves it; `render --plan PLAN` then carries out exactly that, once.
    """
    screen = Screen(asked)
    wish = wish_of(selection)
    if show is not None:
        return _shown(show, file, asked, wish if output is None else Wish(("-o",)), screen, check, changes)
    if file is None:
        raise UsageError("name the shot list: shotpilot plan FILE, or a saved plan: shotpilot plan --show PLAN")
    if output is not None:
        return _saved(output, file, asked, wish, screen, check, changes)
    look = {"json": asked.json, "changes": changes, "colour": screen.colour, "width": screen.width, "day": today()}

    def question(read: Stamp | None = None) -> Question:
        if asks_git(wish):  # a branch moves without a file of the show moving
            return Question("", "", file)
        return ask(file, asked.project, rehearsal=asked.rehearsal, asked={"wish": asdict(wish), **look}, read=read)

    before = question()
    answer = before.answer()
    if answer is None:
        with collector_paused():
            reading = read_list(file, asked.project, rehearsal=asked.rehearsal)
            answer, said, basis = _answer(file, reading, asked, wish, changes, screen, before)
            after = question(reading.stamp)
            after.keep(answer, before)
            if said is not None and after.but_list == before.but_list:
                write_said(before.scenes_in, said, basis)
    for text in answer.messages:
        screen.message(text)
    screen.result(answer.result)
    return int(ExitCode.WORK_TO_BUY if check and answer.rolls else ExitCode.DONE)


def _answer(
    file: Path, reading: Reading, asked: Asked, wish: Wish, changes: bool, screen: Screen, before: Question
) -> tuple[Answer, PlanSaid | None, str]:
    """The answer, and the plan scene by scene with what it rests on, to be kept; None where it cannot be."""
    known = known_of(reading, bought_of(reading))
    basis = basis_of(reading, before.but_list) if wish.is_everything and not asked.json else ""
    kept = read_said(before.scenes_in, basis) if basis else None
    again = planned_again(kept, reading, known, wish) if kept else None
    said = shown_again(again, screen, changes=changes) if again else None
    if again and said:
        doc = whole_doc(again.doc, reading, said)
        return Answer("\n".join(screen_lines(doc, said, file, screen)), (), doc.plan.totals.rolls), said, basis
    doc = plan_doc(reading, wish, known)
    rolls, tasks = doc.plan.totals.rolls, reading.compiled.tasks
    doubts = (*unknown_picks(reading, known), *stale_picks(reading, known, doc.plan))
    messages = [problem_line(problem, screen) for problem in doubts]
    if asked.json:
        return Answer(json.dumps(doc_as_json(doc), indent=2, ensure_ascii=False), messages, rolls), None, ""
    if messages or not basis or not isinstance(tasks, Tasks):
        return Answer("\n".join(screen_of(doc, file, screen, changes=changes)), messages, rolls), None, ""
    said = shown_whole(doc, scenes_said(doc, reading, tasks.scenes), screen, changes=changes)
    return Answer("\n".join(screen_lines(doc, said, file, screen)), messages, rolls), said, basis


def _saved(output: Path, file: Path, asked: Asked, wish: Wish, screen: Screen, check: bool, changes: bool) -> int:
    """Plan, save and show."""
    from shotpilot_pipeline.pipeline.saved import save_plan  # the ledger: only for those who save

    reading = read_list(file, asked.project, rehearsal=asked.rehearsal, scenes=True)
    known = known_of(reading, bought_of(reading))
    doc = plan_doc(reading, wish, known)
    for problem in (*unknown_picks(reading, known), *stale_picks(reading, known, doc.plan)):
        screen.message(problem_line(problem, screen))
    save_plan(reading, known, doc, output)
    if asked.json:
        screen.result_json(doc_as_json(doc))
    else:
        screen.result("\n".join(screen_of(doc, file, screen, changes=changes)))
    how = f"shotpilot plan --show {output}" if asked.rehearsal else f"shotpilot render --plan {output}"
    does = "Look at it again with" if asked.rehearsal else "To carry out exactly this, once"
    screen.message(f"Saved in {output}. {does}: {how}")
    return int(ExitCode.WORK_TO_BUY if check and doc.plan.totals.rolls else ExitCode.DONE)


def _shown(path: Path, file: Path | None, asked: Asked, wish: Wish, screen: Screen, check: bool, changes: bool) -> int:
    """A saved plan as it was saved, where it stands, and what moved since."""
    from shotpilot_pipeline.cli.planfile import list_of
    from shotpilot_pipeline.pipeline.saved import read_plan
    from shotpilot_pipeline.pipeline.standing import standing_of

    if not wish.is_everything or wish.behind:
        raise UsageError(f"{path}: is shown as it was saved, so nothing else can be asked beside --show")
    saved = read_plan(path)
    try:
        standing = standing_of(saved, file or list_of(saved, asked.project), asked.project)
    except ShotpilotError as error:
        screen.message(f"The list as it is now could not be looked at: {error}")
        standing = None
    if asked.json:
        said = doc_as_json(saved.doc) | {"id": saved.id, "at": saved.at}
        screen.result_json(said | (standing.as_json() if standing else {"use": "", "moved": None}))
    else:
        screen.result("\n".join(screen_of(saved.doc, saved.list, screen, changes=changes)))
        lines = standing.lines() if standing else ()
        screen.result("\n".join(("", f"Saved {saved.at}, of {saved.doc.list}.", *lines)))
    return int(ExitCode.WORK_TO_BUY if check and saved.doc.plan.totals.rolls else ExitCode.DONE)


def screen_of(doc: PlanDoc, file: Path | str, screen: Screen, *, changes: bool) -> list[str]:
    """All that a plan says on a screen: its lines, its sums, and what would keep takes that only words made stale."""
    return [*plan_lines(doc, screen, changes=changes), *totals_lines(doc, screen), *offer_lines(doc, file, screen)]
