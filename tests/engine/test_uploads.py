"""Pictures sent along are uploaded once, and again before a roll that would outlive their URL: also inside one run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shotpilot_pipeline.engine.shop import Limits
from shotpilot_pipeline.queue.failures import Billed, Failure, Kind, RequestFailed
from shotpilot_pipeline.values.digest import sha256_bytes
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.request import file_mark, render_key, request_form
from shotpilot_pipeline.values.task import Task
from tests.engine.counter import Counter, World, png
from tests.plan.filmset import task

DAY = 86_400.0
HOUR = 3600.0


class Clock:
    """A wall clock that a test puts on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> str:
        now = datetime(2026, 11, 25, 18, 0, tzinfo=UTC) + timedelta(seconds=self.seconds)
        return now.isoformat(timespec="seconds").replace("+00:00", "Z")


def with_a_face(tmp_path: Path, shots: int, counter: Counter, clock: Callable[[], str]) -> World:
    """So many shots that send one and the same picture along."""
    face = tmp_path / "vera.png"
    face.write_bytes(png("vera"))
    sha256 = sha256_bytes(png("vera"))
    tasks: list[Task] = []
    for number in range(shots):
        wire = {"prompt": f"shot {number}", "image_urls": [file_mark(sha256)]}
        form = request_form("fal-ai/kling-image/o3/image-to-image", wire)
        tasks.append(task(f"s/{number}@still")._replace(forms=(form,), keys=(render_key(form),)))
    return World(tmp_path / "store", tasks, counter=counter, sources={sha256: face}, wall_clock=clock)


@pytest.mark.parametrize(
    ("hours", "limits", "uploads"),
    [
        (0.1, Limits(unfinished=1), 1),  # six rolls in half an hour: one upload
        (5, Limits(unfinished=1), 2),  # 0, 5, 10, 15, 20 h fit into a day less an hour and ten minutes; 25 h does not
        (23, Limits(unfinished=1), 6),  # each would outlive the URL of the one before
        (23, Limits(unfinished=1, upload_life=30 * DAY), 1),
        (5, Limits(unfinished=1, deadline=20 * HOUR), 6),  # a roll may take nearly as long as a URL lives
        (0.1, Limits(unfinished=1, upload_life=1 * HOUR), 6),  # no longer than a roll may take: one each
    ],
)
async def test_a_url_that_would_not_outlive_a_roll_is_replaced(
    tmp_path: Path, hours: float, limits: Limits, uploads: int
) -> None:
    clock = Clock()

    def later(number: int, tags: object) -> None:
        clock.seconds += hours * HOUR

    world = with_a_face(tmp_path, 6, Counter(on_submit=later), clock)
    ends = await world.run(limits=limits)
    assert {end.outcome for end in ends.values()} == {Outcome.RENDERED}
    assert len(world.counter.uploads) == uploads


async def test_a_roll_that_is_held_back_for_a_day_gets_a_fresh_url(tmp_path: Path) -> None:
    clock = Clock()

    def busy(number: int, tags: object) -> Exception | None:
        clock.seconds += DAY
        return RequestFailed(Failure(Kind.BUSY, False, Billed.NO, "too many", code=429)) if number == 1 else None

    world = with_a_face(tmp_path, 1, Counter(on_submit=busy), clock)
    assert (await world.run())["s/0@still"].outcome is Outcome.RENDERED
    assert len(world.counter.uploads) == 2


async def test_many_at_once_wait_for_one_upload(tmp_path: Path) -> None:
    world = with_a_face(tmp_path, 12, Counter(), Clock())
    await world.run(limits=Limits(unfinished=12))
    assert len(world.counter.uploads) == 1
