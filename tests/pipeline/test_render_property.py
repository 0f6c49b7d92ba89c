"""Any small list, any fault plan, any crash points: paid once, nothing lost, no cap overrun, the sums of the bill."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.engine.shop import Shop
from shotpilot_pipeline.pipeline import reconciling
from shotpilot_pipeline.pipeline import render as rendering
from shotpilot_pipeline.pipeline.keeping import RunEnd
from shotpilot_pipeline.pipeline.reading import Reading, read_list
from shotpilot_pipeline.pipeline.reconciling import Decision, reconcile
from shotpilot_pipeline.pipeline.render import Terms, render
from shotpilot_pipeline.pipeline.trip import Wish
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.rehearsal.doors import ORIGIN, rehearsal_client
from shotpilot_pipeline.queue.rehearsal.faults.liar import Liar
from shotpilot_pipeline.queue.rehearsal.faults.plan import read_plan
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.plan import Plan
from tests.pipeline.buying import PICTURE, committed, grey_picture, states, takes
from tests.queue.faulty import IMPATIENT

STEPS = [(Ledger, "intend"), (Ledger, "sending"), (Ledger, "submitted"), (Ledger, "closed"), (Store, "keep"),
         (QueueClient, "status"), (QueueClient, "result"), (QueueClient, "download")]  # fmt: skip
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("submit", {"drop": "accepted"}),
    ("submit", {"drop": "before"}),
    ("submit", {"fail": "runner"}),
    ("submit", {"too_many": True}),
    ("submit", {"status": "IN_PROGRESS"}),
    ("status", {"drop": "before"}),
    ("result", {"early": 400}),
    ("media", {"truncate": 20}),
    ("media", {"drop": "accepted"}),
]
DONE = {Outcome.RENDERED, Outcome.CACHED}


class Crash(Exception):
    """Stands for whatever ends a process in the middle of a step."""


class Strike:
    """Raises at the n-th step of a run, before or after its work."""

    def __init__(self) -> None:
        self.left = 0
        self.after = False

    def wrap(self, step: Callable[..., Any], is_async: bool) -> Callable[..., Any]:
        def hit() -> bool:
            self.left -= 1
            return self.left == 0

        async def later(*arguments: Any, **named: Any) -> Any:
            now = hit()
            if now and not self.after:
                raise Crash
            result = await step(*arguments, **named)
            if now:
                raise Crash
            return result

        def at_once(*arguments: Any, **named: Any) -> Any:
            now = hit()
            if now and not self.after:
                raise Crash
            result = step(*arguments, **named)
            if now:
                raise Crash
            return result

        return later if is_async else at_once


async def no_sleep(seconds: float) -> None:
    await anyio.lowlevel.checkpoint()


@contextmanager
def staged(liar: Liar, strike: Strike) -> Iterator[None]:
    """Renders and reconciliations go to `liar`, in process, and may be struck at any step."""

    def client_of(*_: object) -> QueueClient:
        return rehearsal_client(liar.queue, liar, timeouts=IMPATIENT)

    with ExitStack() as stack:
        for module in (rendering, reconciling):
            stack.enter_context(patch.object(module, "client_of", client_of))
            stack.enter_context(patch.object(module, "Shop", partial(Shop, sleep=no_sleep)))
        for owner, name in STEPS:
            step = strike.wrap(getattr(owner, name), owner is QueueClient)
            stack.enter_context(patch.object(owner, name, step))
        yield


def shot_list(shots: int, first: int, second: int, twin: bool) -> str:
    """A list of `shots` shots at two stages; with `twin`, two of them have one request."""
    words = ["a rope", "a lamp", "a door"]
    if twin and shots > 1:
        words[1] = words[0]
    lines = "".join(f"      sh{number:03}: {{subject: {words[number]}}}\n" for number in range(shots))
    return f"""\
shotlist: 1
show: night
stages:
  iterate: {{model: kling-v3, resolution: 1K, takes: {first}, pick: first}}
  final: {{model: kling-v3, resolution: 1K, takes: {second}, carry: image, pick: first}}
scenes:
  sc010:
    shots:
{lines}"""


async def agreed(plan: Plan) -> bool:
    return True


def once(reading: Reading, cap: Money | None) -> RunEnd:
    end = anyio.run(render, reading, Wish(), Terms(lambda: "any:key", agreed, cap), lambda event: None)
    assert end is not None
    return end


def holds(liar: Liar, path: Path, paid_for: int, cap: int) -> None:
    """What must hold at every instant."""
    paid = [asked for asked in liar.queue.asked.values() if (one := liar.queue.verdict(asked)) and one.code == 200]
    assert sum(asked.body["num_images"] for asked in paid) <= paid_for
    assert committed(path) >= liar.queue.billed_nano
    assert liar.queue.billed_nano <= cap


def played(text: str, pictures: int, rules: list[dict[str, Any]], strikes: list[tuple[int, bool]]) -> None:
    """Run the list, struck again and again, then to its end, with every unknown decided."""
    cap = pictures * PICTURE
    with tempfile.TemporaryDirectory() as name, patch.dict("os.environ", {"SHOTPILOT_FAL_QUEUE_URL": ORIGIN}):
        path = Path(name) / "night.yaml"
        path.write_text(text, encoding="utf-8")
        reading, strike = read_list(path, None, rehearsal=False), Strike()
        data = {"faults": 1, "seed": 0, "rules": rules}
        liar = Liar(RehearsalQueue(models_of(load_catalog(None)), grey_picture), read_plan(data))
        with staged(liar, strike):
            for strike.left, strike.after in strikes:
                try:
                    once(reading, None)
                except* Crash:
                    pass
                holds(liar, path, pictures, cap)
            strike.left = 0
            for _ in range(12):
                end = once(reading, None)
                holds(liar, path, pictures, cap)
                if states(path).get("unknown"):  # searched for and not listed: it was never accepted
                    send_again(reading)
                elif {one.outcome for one in end.ends} <= DONE and not end.takes_new:
                    break
        assert takes(path) == pictures
        assert not set(states(path)) & {"intended", "sending", "submitted", "unknown"}
        if not rules and not any(strikes):
            assert committed(path) == liar.queue.billed_nano == cap


def send_again(reading: Reading) -> None:
    decision = Decision(send_again=True, everything=True)
    anyio.run(reconcile, reading, decision, lambda: "any:key", lambda event: None)


lists = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.booleans())
rules = st.lists(st.tuples(st.sampled_from(FAULTS), st.integers(1, 5)), max_size=3)
strikes = st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=3)


def play(size: tuple[int, int, int, bool], faults: list[Any], struck: list[tuple[int, bool]]) -> None:
    shots, first, second, twin = size
    distinct = shots - (1 if twin and shots > 1 else 0)
    plan = [{"when": {"route": route, "nth": nth}, "do": do} for (route, do), nth in faults]
    played(shot_list(*size), distinct * (first + second), plan, struck)


@settings(max_examples=12)
@given(lists, rules, strikes)
def test_paid_once_whatever_happens(
    size: tuple[int, int, int, bool], faults: list[Any], struck: list[tuple[int, bool]]
) -> None:
    play(size, faults, struck)


@pytest.mark.slow
@settings(max_examples=300)
@given(lists, rules, strikes)
def test_paid_once_whatever_happens_at_length(
    size: tuple[int, int, int, bool], faults: list[Any], struck: list[tuple[int, bool]]
) -> None:
    play(size, faults, struck)
