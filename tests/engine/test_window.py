"""The window of rolls on their way: never above its bound, halved by a push, growing again."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from shotpilot_pipeline.engine.window import Window
from shotpilot_pipeline.errors import ExitCode, gravest


async def test_never_more_than_its_bound_and_nobody_is_forgotten() -> None:
    window, inside, most, done = Window(3), 0, 0, 0

    async def one() -> None:
        nonlocal inside, most, done
        async with window:
            inside += 1
            most = max(most, inside)
            await anyio.lowlevel.checkpoint()
            inside -= 1
        done += 1

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(one)
    assert (most, done) == (3, 20)


def test_a_push_halves_it_once_for_a_burst_and_it_recovers() -> None:
    window = Window(8)
    for _ in range(3):
        window.pushed_back(10.0)
    assert window.size == 4
    window.pushed_back(12.0)
    window.pushed_back(14.0)
    window.pushed_back(16.0)
    assert window.size == 1
    for _ in range(100):
        window.accepted()
    assert window.size == 8


async def test_first_come_first_served_and_a_place_that_is_given_up_is_passed_on() -> None:
    window, entered = Window(1), []
    scopes = [anyio.CancelScope() for _ in range(3)]

    async def one(number: int) -> None:
        with scopes[number]:
            async with window:
                entered.append(number)
                await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group, window:
        for number in range(3):
            group.start_soon(one, number)
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        scopes[1].cancel()
    assert entered == [0, 2]
    async with window:
        assert window.size == 1


@pytest.mark.parametrize(
    ("codes", "wins"),
    [
        ((), 0),
        ((3, 8, 4), 4),
        ((4, 5, 8), 5),
        ((5, 9), 9),
        ((9, 6, 4), 6),
        ((6, 7), 7),
        ((7, 130), 130),
        ((143, 70), 70),
    ],
)
def test_the_gravest_code_wins(codes: tuple[int, ...], wins: int) -> None:
    assert gravest(codes) is ExitCode(wins)
