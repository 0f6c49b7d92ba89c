"""Any small list, any crash points: the requests of all runs of a saved plan together are the plan's rolls."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from unittest.mock import patch

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.bought import bought_of
from shotpilot_pipeline.pipeline.plandoc import plan_doc
from shotpilot_pipeline.pipeline.reading import read_list
from shotpilot_pipeline.pipeline.render import Terms, render
from shotpilot_pipeline.pipeline.saved import SavedPlan, save_plan
from shotpilot_pipeline.pipeline.trip import Wish, known_of
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.rehearsal.doors import ORIGIN
from shotpilot_pipeline.queue.rehearsal.faults.liar import Liar
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from tests.pipeline.buying import grey_picture, states
from tests.pipeline.test_render_property import Crash, Strike, plan_of, staged


def shot_list(shots: int, first: int, second: int, pick: str) -> str:
    lines = "".join(f"      sh{number:03}: {{subject: thing {number}}}\n" for number in range(shots))
    return f"""\
shotlist: 1
show: night
stages:
  iterate: {{model: kling-v3, resolution: 1K, takes: {first}, pick: {pick}}}
  final: {{model: kling-v3, resolution: 1K, takes: {second}, carry: image, pick: first}}
scenes:
  sc010:
    shots:
{lines}"""


def saved_plan(path: Path, wish: Wish) -> SavedPlan:
    reading = read_list(path, None, rehearsal=False, scenes=True)
    known = known_of(reading, bought_of(reading))
    return save_plan(reading, known, plan_doc(reading, wish, known), path.with_name("p.json"))


def carried_out(saved: SavedPlan, path: Path) -> None:
    async def asked(*_: object) -> bool:
        raise AssertionError("a saved plan is carried out without asking")

    reading = read_list(path, None, rehearsal=False)
    terms = Terms(lambda: "any:key", asked)
    anyio.run(partial(render, reading, saved.doc.wish, terms, lambda event: None, saved=saved))


def done(path: Path, saved: SavedPlan) -> bool:
    with Ledger(path.parent / ".shotpilot/ledger.db", reading=True) as ledger:
        use = ledger.plans.use_of(saved.id)
    assert use is not None
    return use.state == "done"


lists = st.tuples(st.integers(1, 3), st.integers(1, 11), st.integers(1, 2), st.sampled_from(["first", "human"]))
wishes = st.sampled_from([Wish(), Wish(until="iterate"), Wish(limit=1), Wish(("+sc010/sh000@final",))])
strikes = st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=3)


def played(size: tuple[int, int, int, str], wish: Wish, struck: list[tuple[int, bool]]) -> None:
    """Save, carry out with crashes until it is done, and once more."""
    with tempfile.TemporaryDirectory() as name, patch.dict("os.environ", {"SHOTPILOT_FAL_QUEUE_URL": ORIGIN}):
        path, strike = Path(name) / "night.yaml", Strike()
        path.write_text(shot_list(*size))
        liar = Liar(RehearsalQueue(models_of(load_catalog(None)), grey_picture), plan_of([]))
        with staged(liar, strike):
            saved = saved_plan(path, wish)
            totals = saved.doc.plan.totals
            rolls = totals.rolls + totals.rolls_following
            for strike.left, strike.after in [*struck, (0, False)]:
                try:
                    carried_out(saved, path)
                except* Crash:
                    pass
                except* UsageError:  # a crash came too late: it was carried out already
                    assert done(path, saved)
                assert liar.queue.accepted <= rolls
            assert done(path, saved)
            if not states(path).get("unknown"):  # one that never left is for a person, and ends the plan
                assert liar.queue.accepted == rolls
            before = liar.queue.accepted
            with pytest.raises(UsageError, match="carried out on"):
                carried_out(saved, path)
            assert liar.queue.accepted == before


@settings(max_examples=15)
@given(lists, wishes, strikes)
def test_requests_under_a_plan_are_its_rolls(
    size: tuple[int, int, int, str], wish: Wish, struck: list[tuple[int, bool]]
) -> None:
    played(size, wish, struck)


@pytest.mark.slow
@settings(max_examples=200)
@given(lists, wishes, strikes)
def test_requests_under_a_plan_are_its_rolls_at_length(
    size: tuple[int, int, int, str], wish: Wish, struck: list[tuple[int, bool]]
) -> None:
    played(size, wish, struck)
