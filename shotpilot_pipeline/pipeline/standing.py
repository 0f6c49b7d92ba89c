"""Where a saved plan stands: carried out or not, and what moved since it was saved. Only looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.offers import Offer
from shotpilot_pipeline.pipeline.plandoc import plan_doc
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.pipeline.saved import SavedPlan
from shotpilot_pipeline.pipeline.stale import Moved, moved_meanwhile, moved_since
from shotpilot_pipeline.pipeline.trip import known_of
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.plans import BEGUN, DONE, PlanUse


class Standing(NamedTuple):
    """A saved plan beside what is there now. `use` None: this ledger does not know it, or it is of a rehearsal."""

    use: PlanUse | None
    moved: tuple[Moved, ...]
    offers: tuple[Offer, ...]  # what `accept` would keep now
    file: Path

    def lines(self) -> Iterator[str]:
        """The same in words."""
        if self.use is not None and self.use.state == DONE:
            yield f"It was carried out: begun {self.use.begun_at}, done {self.use.ended_at}. It cannot be again."
            return
        if self.use is not None and self.use.state == BEGUN:
            yield f"It was begun {self.use.begun_at} and is not done: the same command goes on with it."
        if self.moved:
            yield "It is stale, and would not be carried out. What moved since:"
            yield from (f"  {one}" for one in self.moved)
            if self.offers:
                yield "Only words of the prompt changed. To keep the takes there are and buy nothing:"
                yield from (f"  shotpilot accept {self.file} {offer.address}" for offer in self.offers)
        else:
            yield "Nothing it rests on has moved."

    def as_json(self) -> dict[str, Any]:
        """What stands beside the plan for programs."""
        return {
            "use": "" if self.use is None else self.use.state,
            "moved": [{"what": one.what, "how": one.how} for one in self.moved],
            "accept": [offer.address for offer in self.offers],
        }


def standing_of(saved: SavedPlan, file: Path, project: Path | None) -> Standing:
    """Where `saved` stands beside the list in `file`. Raises BadFiles for a list that does not pass now."""
    reading = read_list(file, project, rehearsal=saved.doc.rehearsal)
    known = known_of(reading, bought_of(reading))
    with Ledger(reading.places.ledger, reading=True) as ledger:
        use = ledger.plans.use_of(saved.id)
        if use is not None and use.state != "saved":
            moved = moved_meanwhile(saved, reading, known, ledger, use) if use.state == BEGUN else []
        else:
            moved = moved_since(saved, reading, known, ledger)
    offers = plan_doc(reading, saved.doc.wish, known).offers if moved else ()
    return Standing(use, tuple(moved), offers, file)
