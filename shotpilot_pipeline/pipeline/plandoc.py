"""What `plan` says, as one value: the plan with the models it chose, the budgets it meets, and the words around it.

The screen and `plan --json` are both made from it, and a saved plan holds it whole, so they cannot drift apart. Knows
the shape of schemas/plan-1.schema.json, and no column of any screen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shotpilot_pipeline.catalog.cards import IMAGE_TO_IMAGE, Catalog
from shotpilot_pipeline.pipeline.budgets import budgets_for
from shotpilot_pipeline.pipeline.offers import Offer, offers_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import Wish, plan_list
from shotpilot_pipeline.plan.budgets import Budget, budget_as_json
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.totals import add_up
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.plan import Action, Plan, PlanLine, line_as_json, plan_as_json
from shotpilot_pipeline.values.request import input_of
from shotpilot_pipeline.values.task import Task

VERSION = 1


class Model(NamedTuple):
    """A model as a person says it: the family and the kind of its endpoint."""

    family: str
    kind: str


@dataclass(frozen=True, slots=True)
class PlanDoc:
    """A plan and all that is said of it. `list` is the shot list's path from the root of the show."""

    show: str
    title: str
    list: str
    stages: tuple[str, ...]
    rehearsal: bool
    wish: Wish
    plan: Plan
    models: Mapping[str, Model]  # by endpoint
    budgets: tuple[Budget, ...] = ()
    offers: tuple[Offer, ...] = ()


def plan_doc(
    reading: Reading, wish: Wish, known: Known, plan: Plan | None = None, max_cost: Money | None = None
) -> PlanDoc:
    """The plan of `wish` with everything around it; `max_cost` caps the run as well.

    Raises UsageError where a selector matches nothing.
    """
    plan = plan or plan_list(reading, wish, known)
    places, compiled = reading.places, reading.compiled
    return PlanDoc(
        show=compiled.show,
        title=compiled.title,
        list=places.shot_list.resolve().relative_to(places.root.resolve()).as_posix(),
        stages=compiled.stages,
        rehearsal=places.rehearsal,
        wish=wish,
        plan=plan,
        models=models_of(plan, reading.catalog),
        budgets=budgets_for(reading, plan, max_cost),
        offers=offers_of(reading, known, plan),
    )


def models_of(plan: Plan, catalog: Catalog) -> dict[str, Model]:
    """The models of a plan by endpoint; one that no card names is called by its own id."""
    found: dict[str, Model] = {}
    for endpoint in {line.endpoint for line in plan.lines}:
        known = catalog.by_endpoint.get(endpoint)
        found[endpoint] = Model(known[0].family, known[1].kind) if known else Model(endpoint, "")
    return found


def why_model(notes: Sequence[str], model: Model) -> str:
    """Why this model of those the list names, from a line's notes: the end of a sentence that begins with it; "" where
    the list names one only."""
    head = f"{model.family}, "
    return next((note.removeprefix(head) for note in notes if note.startswith(head)), "")


def why_kind(model: Model) -> str:
    """Why this endpoint of the model."""
    return "a picture is sent along" if model.kind == IMAGE_TO_IMAGE else "no picture is sent along"


def doc_as_json(doc: PlanDoc) -> dict[str, Any]:
    """The document with the keys of schemas/plan-1.schema.json."""
    said = plan_as_json(doc.plan)
    return {
        "plan": VERSION,
        "show": doc.show,
        "title": doc.title,
        "list": doc.list,
        "stages": list(doc.stages),
        "rehearsal": doc.rehearsal,
        "wish": wish_as_json(doc.wish),
        "tasks": [_task(line, doc.models[line.endpoint]) for line in doc.plan.lines],
        "totals": said["totals"],
        "budgets": [budget_as_json(budget) for budget in doc.budgets],
        "accept": [offer.address for offer in doc.offers],
    }


def _task(line: PlanLine, model: Model) -> dict[str, Any]:
    chosen = why_model(line.notes, model) or "the model the list names"
    return line_as_json(line) | {
        "model": model.family,
        "kind": model.kind,
        "model_reason": f"{chosen}; {why_kind(model)}" if model.kind else "",
    }


def run_plan_text(reading: Reading, plan: Plan) -> str:
    """What a run keeps of its plan: the same shape, with what each task that is not simply there asks for."""
    places, compiled = reading.places, reading.compiled
    own = places.shot_list.resolve().relative_to(places.root.resolve()).as_posix()
    models = models_of(plan, reading.catalog)
    said = doc_as_json(
        PlanDoc(compiled.show, compiled.title, own, compiled.stages, places.rehearsal, Wish(), plan, models)
    )
    tasks = {task.address: task for task in compiled.tasks}
    for task, line in zip(said["tasks"], plan.lines, strict=True):
        if line.action is not Action.CACHED:
            task["inputs"] = inputs_of(line, tasks[line.address])
    return json.dumps(said, ensure_ascii=False)


def inputs_of(line: PlanLine, task: Task) -> list[dict[str, Any]]:
    """What a task would ask for: one input where it is settled, else each that it may become."""
    return [input_of(form) for form in ([line.form] if line.key else task.forms)]


def wish_as_json(wish: Wish) -> dict[str, Any]:
    """What was selected, as typed."""
    return {
        "select": list(wish.selectors),
        "exclude": list(wish.exclude),
        "until": wish.until,
        "limit": wish.limit,
        "behind": wish.behind,
    }


def wish_from_json(said: Mapping[str, Any]) -> Wish:
    """The same read back."""
    return Wish(tuple(said["select"]), tuple(said["exclude"]), said["until"], said["limit"], said["behind"])


def doc_from_json(said: Mapping[str, Any], forms: Sequence[str]) -> PlanDoc:
    """A document read back; `forms` are the settled forms of its tasks, "" where a pick is open.

    `said` must have passed the schema. Raises ValueError for an amount or an action that is none.
    """
    tasks = said["tasks"]
    lines = tuple(_line(task, form) for task, form in zip(tasks, forms, strict=True))
    return PlanDoc(
        show=said["show"],
        title=said["title"],
        list=said["list"],
        stages=tuple(said["stages"]),
        rehearsal=said["rehearsal"],
        wish=wish_from_json(said["wish"]),
        plan=Plan(lines, add_up(lines)),
        models={task["endpoint"]: Model(task["model"], task["kind"]) for task in tasks},
        budgets=tuple(map(_budget, said["budgets"])),
    )


def _line(task: Mapping[str, Any], form: str) -> PlanLine:
    return PlanLine(
        address=task["address"],
        action=Action(task["action"]),
        reason=task["reason"],
        endpoint=task["endpoint"],
        takes_wanted=task["takes_wanted"],
        takes_have=task["takes_have"],
        takes_new=task["takes_new"],
        panels=task["panels"],
        rolls=task["rolls"],
        cost=_money(task["cost_usd"]),
        cost_at_most=_money(task["cost_usd_at_most"]),
        form=form,
        key=task["render_key"] or "",
        notes=tuple(task["notes"]),
        takes_later=task["takes_later"],
        follows=task["follows"],
    )


def _money(said: str | None) -> Money | None:
    return None if said is None else Money.usd(said)


def _budget(said: Mapping[str, Any]) -> Budget:
    sums = ("cap_usd", "charged_usd", "reserved_usd", "plan_usd", "plan_usd_at_most")
    return Budget(said["scope"], said["name"], *(Money.usd(said[key]) for key in sums))
