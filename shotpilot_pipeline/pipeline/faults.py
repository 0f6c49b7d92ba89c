"""A fault plan from its file: read as every file is, with each problem at its place. Does not inject anything."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from shotpilot_pipeline.errors import BadFiles, Problem
from shotpilot_pipeline.queue.rehearsal.faults.plan import FaultPlan, plan_faults, read_plan
from shotpilot_pipeline.shotlist.document import parse_all
from shotpilot_pipeline.shotlist.filetext import read_text
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.pointer import told
from shotpilot_pipeline.shotlist.reader import in_order
from shotpilot_pipeline.shotlist.validate import check
from shotpilot_pipeline.values.money import ZERO, Money

if TYPE_CHECKING:
    from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue

SCHEMA = "faults-1"
HEADER = "faults: 1"


def read_faults(path: Path) -> FaultPlan:
    """The fault plan in `path`. Raises BadFiles with everything that is wrong with it."""
    node, problems = _read(path)
    if node is None:
        raise BadFiles(problems)
    return read_plan(node.plain())


def faults_problems(path: Path, pages: Pages | None = None) -> tuple[Problem, ...]:
    """Everything that is wrong with the fault plan in `path`. Never raises for its content."""
    return _read(path, pages)[1]


def _read(path: Path, pages: Pages | None = None) -> tuple[Node | None, tuple[Problem, ...]]:
    """The plan as a tree, typed by its schema; None when anything is wrong with it."""
    pages = pages or Pages()
    got = read_text(path, str(path), HEADER, pages)
    if isinstance(got, Problem):
        return None, (got,)
    parsed = parse_all(got.text, got.file)
    problems = list(parsed.problems)
    if parsed.node is not None and not problems:
        problems += check(parsed.node, SCHEMA)
        problems += [] if problems else _misfits(parsed.node)
    return (None, told(in_order(problems), pages)) if problems else (parsed.node, ())


def _misfits(root: Node) -> list[Problem]:
    """What the schema allows and the plan cannot do."""
    return [
        Problem("faults", root.nearest(wrong.path).key_place, wrong.message, wrong.hint)
        for wrong in plan_faults(root.plain())
    ]


@dataclass(slots=True)
class Drill:
    """A fire drill: the plan that goes in, and what the queue saw, which comes out."""

    plan: FaultPlan
    injected: Counter[str] = field(default_factory=Counter)  # fault in words -> how often
    accepted: int = 0  # submits
    billed: Money = ZERO  # what a real queue would have charged

    def note(self, queue: RehearsalQueue, run: Path) -> None:
        """Take down what the queue saw; every fault goes into `faults.jsonl` of the run's folder."""
        self.injected = Counter(line.fault for line in queue.log)
        self.accepted, self.billed = queue.accepted, Money(queue.billed_nano)
        lines = (json.dumps(line._asdict(), ensure_ascii=False) for line in queue.log)
        (run / "faults.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
