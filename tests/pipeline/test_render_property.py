"""Any small list, any fault plan, any crash points: paid once, nothing lost, no cap overrun, the sums of the bill."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
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
from shotpilot_pipeline.catalog.live import PriceChange
from shotpilot_pipeline.engine.shop import Shop
from shotpilot_pipeline.pipeline import paying, reconciling
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
from tests.examples import at_most
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
        stack.enter_context(patch.object(paying, "client_of", client_of))
        for module in (rendering, reconciling):
            stack.enter_context(patch.object(module, "Shop", partial(Shop, sleep=no_sleep)))
        for owner, name in STEPS:
            step = strike.wrap(getattr(owner, name), owner is QueueClient)
            stack.enter_context(patch.object(owner, name, step))
        yield


Caps = dict[str, int]  # show, run, shot or a stage's name -> pictures that may be paid


def shot_list(shots: int, first: int, second: int, twin: bool, caps: Caps) -> str:
    """A list of `shots` shots at two stages under `caps`; with `twin`, two of them have one request."""
    words = ["a rope", "a lamp", "a door"]
    if twin and shots > 1:
        words[1] = words[0]
    lines = "".join(f"      sh{number:03}: {{subject: {words[number]}}}\n" for number in range(shots))
    return f"""\
shotlist: 1
show: night
{budget(caps)}stages:
  iterate: {{model: kling-v3, resolution: 1K, takes: {first}, pick: first}}
  final: {{model: kling-v3, resolution: 1K, takes: {second}, carry: image, pick: first}}
scenes:
  sc010:
    shots:
{lines}"""


def budget(caps: Caps) -> str:
    """The list's line of caps; "" where there are none."""
    if not caps:
        return ""
    named = {name: f"{pictures * PICTURE / 10**9:.3f}" for name, pictures in caps.items()}
    stages = ", ".join(f"{name}: {most}" for name, most in named.items() if name in ("iterate", "final"))
    plain = [f"{name}: {most}" for name, most in named.items() if name not in ("iterate", "final")]
    return f"budget: {{{', '.join([*plain, *([f'stages: {{{stages}}}'] if stages else [])])}}}\n"


async def agreed(plan: Plan, changes: Sequence[PriceChange]) -> bool:
    return True


def once(reading: Reading, cap: Money | None) -> RunEnd:
    end = anyio.run(render, reading, Wish(), Terms(lambda: "any:key", agreed, cap), lambda event: None)
    assert end is not None
    return end


def holds(liar: Liar, path: Path, planned: int, caps: Caps) -> None:
    """What must hold at every instant."""
    assert paid_pictures(liar) <= planned
    assert committed(path) >= liar.queue.billed_nano
    assert liar.queue.billed_nano <= planned * PICTURE
    for scope, columns in {"show": "show", "run": "run", "shot": "shot", "stage": "stage"}.items():
        for name, nano in committed_by(path, columns).items():
            most = caps.get(name if scope == "stage" else scope)
            assert most is None or nano <= most * PICTURE, (scope, name)


def paid_pictures(liar: Liar) -> int:
    """How many pictures the accepted requests asked for, but for those that failed unbilled."""
    paid = [asked for asked in liar.queue.asked.values() if (one := liar.queue.verdict(asked)) and one.code == 200]
    return sum(asked.body["num_images"] for asked in paid)


def committed_by(path: Path, column: str, where: str = "1") -> dict[str, int]:
    """Nano-USD charged or reserved, added up from the rolls themselves, by one of their columns."""
    ledger = path.parent / ".shotpilot/ledger.db"
    if not ledger.exists():
        return {}
    with closing(sqlite3.connect(ledger)) as db:
        sql = f"SELECT {column}, total(reserved) + total(charged) FROM rolls WHERE {where} GROUP BY {column}"
        return {name: int(nano) for name, nano in db.execute(sql)}


def named(end: RunEnd, reading: Reading) -> None:
    """Every task has exactly one outcome, and says why; what a cap held back is not called failed."""
    assert [one.address for one in end.ends] == [task.address for task in reading.compiled.tasks]
    assert all(isinstance(one.outcome, Outcome) and one.reason for one in end.ends)
    assert all(one.outcome is Outcome.SKIPPED for one in end.ends if "budget of" in one.reason)


def played(
    size: tuple[int, int, int, bool], rules: list[dict[str, Any]], strikes: list[tuple[int, bool]], caps: Caps
) -> None:
    """Run the list, struck again and again under its caps, then without them to its end, every unknown decided."""
    pictures = planned_pictures(*size)
    with tempfile.TemporaryDirectory() as name, patch.dict("os.environ", {"SHOTPILOT_FAL_QUEUE_URL": ORIGIN}):
        path, strike = Path(name) / "night.yaml", Strike()
        liar = Liar(RehearsalQueue(models_of(load_catalog(None)), grey_picture), plan_of(rules))
        with staged(liar, strike):
            reading = written(path, shot_list(*size, caps))
            for strike.left, strike.after in [*strikes, (0, False)]:
                try:
                    named(once(reading, None), reading)
                except* Crash:
                    pass
                holds(liar, path, pictures, caps)
            strike.left = 0
            by_hand = to_the_end(liar, written(path, shot_list(*size, {})), path, pictures)
        assert takes(path) == pictures == paid_pictures(liar)
        assert not set(states(path)) & {"intended", "sending", "submitted", "unknown"}
        guessed = sum(committed_by(path, "show", "state = 'released'").values())
        assert by_hand or not guessed  # what a person sent again counts as paid until the bill says otherwise
        assert committed(path) - guessed == liar.queue.billed_nano == pictures * PICTURE


def plan_of(rules: list[dict[str, Any]]) -> Any:
    return read_plan({"faults": 1, "seed": 0, "rules": rules})


def written(path: Path, text: str) -> Reading:
    path.write_text(text, encoding="utf-8")
    return read_list(path, None, rehearsal=False)


def to_the_end(liar: Liar, reading: Reading, path: Path, pictures: int) -> bool:
    """The same command until all is done. Returns whether a person had to send something again."""
    by_hand = False
    for _ in range(12):
        end = once(reading, None)
        named(end, reading)
        holds(liar, path, pictures, {})
        if states(path).get("unknown"):  # searched for and not listed: it was never accepted
            send_again(reading)
            by_hand = True
        elif {one.outcome for one in end.ends} <= DONE and not end.takes_new:
            return by_hand
    raise AssertionError("the same command does not come to its end")


def send_again(reading: Reading) -> None:
    decision = Decision(send_again=True, everything=True)
    anyio.run(reconcile, reading, decision, lambda: "any:key", lambda event: None)


lists = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.booleans())
rules = st.lists(st.tuples(st.sampled_from(FAULTS), st.integers(1, 5)), max_size=3)
strikes = st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=3)


caps = st.dictionaries(st.sampled_from(["show", "run", "shot", "iterate", "final"]), st.integers(1, 9), max_size=3)


def planned_pictures(shots: int, first: int, second: int, twin: bool) -> int:
    distinct = shots - (1 if twin and shots > 1 else 0)
    return distinct * (first + second)


def play(size: tuple[int, int, int, bool], faults: list[Any], struck: list[tuple[int, bool]], most: Caps) -> None:
    plan = [{"when": {"route": route, "nth": nth}, "do": do} for (route, do), nth in faults]
    played(size, plan, struck, most)


@settings(max_examples=at_most(20))
@given(lists, rules, strikes, caps)
def test_paid_once_whatever_happens(
    size: tuple[int, int, int, bool], faults: list[Any], struck: list[tuple[int, bool]], most: Caps
) -> None:
    play(size, faults, struck, most)


@pytest.mark.slow
@settings(max_examples=300)
@given(lists, rules, strikes, caps)
def test_paid_once_whatever_happens_at_length(
    size: tuple[int, int, int, bool], faults: list[Any], struck: list[tuple[int, bool]], most: Caps
) -> None:
    play(size, faults, struck, most)
