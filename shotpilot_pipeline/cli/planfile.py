"""What a command line may ask of a saved plan: which list it is of, and which options contradict it. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shotpilot_pipeline.cli.screen import Screen
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.saved import SavedPlan, read_plan
from shotpilot_pipeline.pipeline.stale import PlanStale
from shotpilot_pipeline.pipeline.trip import Wish
from shotpilot_pipeline.values.money import Money


def plan_to_carry_out(
    path: Path, file: Path | None, wish: Wish, max_cost: Money | None, project: Path | None
) -> SavedPlan:
    """The plan in `path`. Raises UsageError for one that cannot be carried out so; looks at nothing but the file."""
    saved = read_plan(path)
    if saved.doc.rehearsal:
        raise UsageError(
            f"{path}: is the plan of a rehearsal, which buys nothing; carry it out with: shotpilot rehearse "
            f"{file or list_of(saved, project)}"
        )
    said = [f"SELECT ({' '.join(wish.selectors)})"] if wish.selectors else []
    said += ["--exclude"] if wish.exclude else []
    said += [
        name for name, given in (("--until", wish.until), ("--limit", wish.limit), ("--behind", wish.behind)) if given
    ]
    if said:
        raise UsageError(
            f"{path}: a plan is carried out as it was saved, so {' and '.join(said)} cannot be said beside it; leave "
            "that away, or plan anew with it"
        )
    cost = saved.doc.plan.totals.cost_of_run
    if max_cost is not None and max_cost < cost:
        raise UsageError(
            f"{path}: costs ${cost}, which is more than --max-cost {max_cost}; a plan is carried out whole or not at "
            "all"
        )
    return saved


@contextmanager
def refusals_told(path: Path | None, screen: Screen) -> Iterator[None]:
    """Where the plan in `path` is refused and programs read along, the reasons stand in the JSON too."""
    try:
        yield
    except UsageError as error:
        if path is not None and screen.asked.json:
            screen.result_json(_refusal(path, error))
        raise


def _refusal(path: Path, error: UsageError) -> dict[str, object]:
    reasons = error.moved if isinstance(error, PlanStale) else ()
    return {
        "refused": str(path),
        "message": str(error),
        "moved": [{"what": one.what, "how": one.how} for one in reasons],
        "takes_new": 0,
        "cost_usd": "0.00",
    }


def list_of(saved: SavedPlan, project: Path | None) -> Path:
    """The plan's shot list. Raises UsageError where it is not where the plan says."""
    file = project / saved.doc.list if project is not None else saved.list
    if not file.is_file():
        raise UsageError(
            f"{saved.path}: is a plan of {saved.doc.list}, which is not at {file}; name it: shotpilot render FILE "
            f"--plan {saved.path}"
        )
    return _from_here(file)


def refuse_other_list(saved: SavedPlan, reading: Reading) -> None:
    """Raise UsageError where the plan is of another list than was named."""
    places = reading.places
    own = places.shot_list.resolve().relative_to(places.root.resolve()).as_posix()
    if (own, reading.compiled.show) != (saved.doc.list, saved.doc.show):
        raise UsageError(
            f"{places.shot_list}: is not the list of {saved.path}, which is a plan of {saved.doc.list} (show "
            f"{saved.doc.show})"
        )


def _from_here(file: Path) -> Path:
    """The path as a person here would type it."""
    here = Path.cwd()
    return file.resolve().relative_to(here) if file.resolve().is_relative_to(here) else file
