"""A roll that is silent for long is told of, and a picture that is no longer there is asked for through its result."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import anyio

from shotpilot_pipeline.engine.shop import Limits
from shotpilot_pipeline.queue.failures import DownloadFailed
from shotpilot_pipeline.queue.protocol import Image, Result, Status, Submitted
from shotpilot_pipeline.values.event import Note
from shotpilot_pipeline.values.outcome import Outcome
from tests.engine.counter import Counter, World
from tests.plan.filmset import task


class Silent(Counter):
    """A queue that says nothing new until `seconds` of the loop's clock have gone by."""

    seconds = 0.0

    async def status(self, submitted: Submitted) -> Status:
        await super().status(submitted)
        return Status("COMPLETED" if anyio.current_time() >= self.seconds else "IN_PROGRESS")


class Patient(World):
    """A world in which each wait moves the loop's clock, and nobody waits."""

    now = 0.0

    async def no_sleep(self, seconds: float) -> None:
        self.now += seconds
        await super().no_sleep(seconds)


async def silent_for(seconds: float, folder: Path, limits: Limits) -> tuple[Patient, Outcome]:
    queue = Silent()
    queue.seconds = seconds
    world = Patient(folder, [task("s/a@still")], queue)
    with patch("anyio.current_time", lambda: world.now):
        ends = await world.run(limits=limits)
    return world, ends["s/a@still"].outcome


async def test_silence_is_told_and_again_each_time_it_doubles(tmp_path: Path) -> None:
    world, outcome = await silent_for(1000.0, tmp_path, Limits(stalled=120.0))
    notes = world.told(Note)
    assert outcome is Outcome.RENDERED
    assert {note.address for note in notes} == {"s/a@still"}
    told_at = [int(note.text.split(" after ")[1].split(" s")[0]) for note in notes]
    assert len(told_at) == 4
    for at, least in zip(told_at, (120, 240, 480, 960), strict=True):
        assert least <= at < least + 7  # it is told at the next question


async def test_an_answer_in_time_is_no_news(tmp_path: Path) -> None:
    world, _ = await silent_for(100.0, tmp_path, Limits(stalled=120.0))
    assert not world.told(Note)


async def test_a_roll_past_its_deadline_stays_open_and_is_not_sent_again(tmp_path: Path) -> None:
    world, outcome = await silent_for(10_000.0, tmp_path, Limits(stalled=120.0, deadline=600.0))
    assert outcome in (Outcome.UNKNOWN, Outcome.FAILED)
    assert len(world.counter.asked) == 1
    assert not world.takes()


class Moved(Counter):
    """A queue whose media host has let its pictures go; its result names new URLs from the second time on."""

    results = 0

    async def result(self, submitted: Submitted) -> Result:
        self.results += 1
        found = await super().result(submitted)
        prefix = "https://new" if self.results > 1 else "https://old"
        return Result(tuple(Image(prefix + one.url[7:]) for one in found.images), None)


async def test_an_expired_picture_is_fetched_again_through_its_result(tmp_path: Path) -> None:
    def expired(url: str, nth: int) -> Exception | None:
        gone = url.startswith("https://old")
        return DownloadFailed("the media host answered 410", gone=True) if gone else None

    queue = Moved(on_download=expired)
    world = World(tmp_path, [task("s/a@still", takes=3)], queue)
    assert (await world.run())["s/a@still"].outcome is Outcome.RENDERED
    assert len(queue.asked) == 1
    assert len(world.takes()) == 3
    assert queue.results == 4  # once for the roll, once for each picture that had gone
