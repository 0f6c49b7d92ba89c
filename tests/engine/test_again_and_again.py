"""A run that is broken off at any point and started again ends with the same takes, none of them twice."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.engine.shop import Limits
from shotpilot_pipeline.values.event import Event, TakeKept
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.task import Task
from tests.engine.counter import Counter, World
from tests.plan.filmset import chain, task

DONE = {Outcome.RENDERED, Outcome.CACHED}


def film() -> list[Task]:
    return [
        *chain("s/a", iterate={"takes": 11}, refine={"takes": 2}),
        *chain("s/b", panels=3, iterate={"takes": 3}),
        task("s/c.dusk@iterate", takes=2),
        task("s/c.neon@iterate", takes=2),
        task("s/c@refine", gates=["s/c.dusk@iterate", "s/c.neon@iterate"], needs=["s/a@refine"]),
        task("s/d@iterate", prompt="s/a@iterate", takes=12),
    ]


class BrokenOff(Exception):
    """Stands for whatever ends a run from outside."""


class Saboteur:
    """Cancels the run, or raises in its callback, at the n-th thing that happens."""

    def __init__(self, at: int, scope: anyio.CancelScope | None) -> None:
        self.left = at
        self.scope = scope

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            if self.scope is None:
                raise BrokenOff
            self.scope.cancel()


class Nervous(Counter):
    """A queue where every call may be the one at which the run is broken off."""

    strike = staticmethod(lambda: None)

    async def submit(self, *args, **how):  # type: ignore[no-untyped-def]
        self.strike()
        return await super().submit(*args, **how)

    async def status(self, *args, **how):  # type: ignore[no-untyped-def]
        self.strike()
        return await super().status(*args, **how)

    async def result(self, *args, **how):  # type: ignore[no-untyped-def]
        self.strike()
        return await super().result(*args, **how)

    async def upload(self, *args, **how):  # type: ignore[no-untyped-def]
        self.strike()
        return await super().upload(*args, **how)

    async def download(self, *args, **how):  # type: ignore[no-untyped-def]
        self.strike()
        return await super().download(*args, **how)


async def straight(folder: Path) -> World:
    world = World(folder, film())
    ends = await world.run()
    assert {end.outcome for end in ends.values()} <= DONE
    return world


async def broken_off(folder: Path, at: list[int], by_cancel: bool, unfinished: int) -> World:
    """Run again and again, each time broken off at the next of `at`, then once to the end."""
    world = World(folder, film())
    for strike in at:
        with anyio.CancelScope() as scope:
            world.counter = Nervous()
            world.counter.strike = Saboteur(strike, scope if by_cancel else None)  # type: ignore[misc, assignment]
            with suppress(BrokenOff):
                await world.run(limits=Limits(unfinished=unfinished))
    world.counter = Counter()
    ends = await world.run(limits=Limits(unfinished=unfinished))
    assert {end.outcome for end in ends.values()} <= DONE
    return world


@settings(max_examples=15)
@given(st.lists(st.integers(1, 90), max_size=4), st.booleans(), st.integers(1, 5))
def test_broken_off_and_started_again_it_ends_the_same(at: list[int], by_cancel: bool, unfinished: int) -> None:
    with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as pieces:
        expected = anyio.run(straight, Path(whole)).takes()
        world = anyio.run(broken_off, Path(pieces), at, by_cancel, unfinished)
        assert set(world.takes()) == set(expected)  # a filled gap is another roll, so its pictures are others
        told = [(kept.key, kept.number) for kept in world.told(TakeKept)]
        assert len(told) == len(set(told))
        assert set(told) <= set(expected)
        assert world.plan().totals.images_new == 0
        assert not world.store.damaged_records()


async def test_a_cancelled_run_tells_nothing_that_is_not_so(tmp_path: Path) -> None:
    world = World(tmp_path, film())
    with anyio.CancelScope() as scope:
        seen: list[Event] = []

        def tell(event: Event) -> None:
            seen.append(event)
            if isinstance(event, TakeKept) and len([one for one in seen if isinstance(one, TakeKept)]) == 5:
                scope.cancel()

        world.events = type("Teller", (list,), {"append": lambda self, event: tell(event)})()
        await world.run()
    assert scope.cancelled_caught
    told = {(event.key, event.number) for event in seen if isinstance(event, TakeKept)}
    assert told == set(world.takes())
