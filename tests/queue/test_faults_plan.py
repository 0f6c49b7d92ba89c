"""Fault plans: what they allow, what meets a call, and that the same seed meets the same calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import BadFiles
from shotpilot_pipeline.pipeline.faults import read_faults
from shotpilot_pipeline.queue.rehearsal.faults.plan import KNOBS, ROUTES, FaultPlan, When
from tests.queue.faulty import BODY, TAGS, liar, opened
from tests.queue.rehearsing import O3, V3

HEADER = "faults: 1\nrules:\n"


def read(tmp_path: Path, text: str) -> FaultPlan:
    (tmp_path / "plan.yaml").write_text(text)
    return read_faults(tmp_path / "plan.yaml")


def said(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(BadFiles) as caught:
        read(tmp_path, text)
    return [str(problem).removeprefix(str(tmp_path)) for problem in caught.value.problems]


def test_the_schema_and_the_code_know_the_same_words() -> None:
    rule = schema("faults-1")["$defs"]["rule"]["properties"]
    assert set(rule["do"]["properties"]) == set(KNOBS)
    assert tuple(rule["when"]["properties"]["route"]["enum"]) == ROUTES
    assert set(rule["when"]["properties"]) == set(When.__slots__)
    assert {route for routes in KNOBS.values() for route in routes} == set(ROUTES)


def test_a_plan_is_typed_by_its_schema(tmp_path: Path) -> None:
    text = (
        "faults: 1\ntitle: 010\nseed: 3\nx-mine: {any: thing}\nrules:\n"
        "  - {name: no, when: {route: submit, nth: [2, 5], address: sc010/*}, do: {drop: accepted, delay: 1}}\n"
        "  - {when: {route: media, call: 1, chance: 0.5}, do: {bomb: false, truncate: -1, content_type: 7}}\n"
    )
    plan = read(tmp_path, text)
    assert (plan.seed, plan.what, len(plan.rules)) == (3, "010", 2)
    assert plan.rules[0].when == When("submit", nth=(2, 5), address="sc010/*")
    assert plan.rules[0].name == "no"
    assert plan.rules[1].when == When("media", call=(1,), chance=0.5)
    assert plan.rules[1].do == {"truncate": -1, "content_type": "7"}


def test_the_plan_that_comes_along_passes(root: Path) -> None:
    assert len(read_faults(root / "shotlists" / "fire_drill.yaml").rules) >= 10


@pytest.mark.parametrize(
    ("rule", "place", "fault", "cure"),
    [
        ("{when: {route: media}, do: {status: X}}", ":3:33", "means nothing at the route media", "submit, status"),
        ("{when: {route: submit}, do: {cut: 1, reset: 2}}", ":3:42", "cannot both end", "two rules"),
        ("{when: {route: submit}, do: {retry_after: 2}}", ":3:34", "says nothing by itself", "too_many"),
        ("{when: {route: submit}, do: {lock: {}}}", ":3:34", "does not say when", "seconds"),
        ("{when: {route: submits}, do: {cut: 1}}", ":3:", "submits", "submit"),
        ("{when: {route: submit}, do: {gatway: 502}}", ":3:", "gatway", "gateway"),
        ("{when: {route: submit, chance: 2}, do: {cut: 1}}", ":3:", "chance", "1"),
        ("{when: {nth: 1}, do: {cut: 1}}", ":3:", "route", ""),
        ("{when: {route: submit}, do: {}}", ":3:", "do", ""),
        ("{when: {route: submit}}", ":3:", "do", ""),
    ],
)  # fmt: skip
def test_every_fault_has_a_place_and_a_cure(tmp_path: Path, rule: str, place: str, fault: str, cure: str) -> None:
    (problem,) = said(tmp_path, f"{HEADER}  - {rule}\n")
    assert place in problem
    assert fault in problem
    assert cure in problem


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    found = said(
        tmp_path, f"{HEADER}  - {{when: {{route: x}}, do: {{cut: y}}}}\n  - {{when: 3, do: {{drop: 7}}}}\nmore: 1\n"
    )
    assert len(found) == 5


@pytest.mark.parametrize("text", ["", "faults: 2\nrules: []\n", "- 1\n", "faults: 1\n", "faults: 1\nrules: {}\n", "\0"])
def test_what_is_no_plan_is_said(tmp_path: Path, text: str) -> None:
    assert said(tmp_path, text)


def test_a_missing_plan_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadFiles, match="no such file"):
        read_faults(tmp_path / "none.yaml")


async def hit(when: dict[str, Any], submits: int = 12, seed: int = 0, tags: dict[str, str] = TAGS) -> list[int]:
    """Which of `submits` submits a rule meets, counted from 1."""
    host = liar({"when": {"route": "submit", **when}, "do": {"without": ["queue_position"]}}, seed=seed)
    met = []
    async with opened(host, "in process") as client:
        for number in range(1, submits + 1):
            before = len(host.queue.log)
            await client.submit(O3 if number == 4 else V3, BODY, tags | {"take": str(number)})
            met += [number] * (len(host.queue.log) - before)
    return met


@pytest.mark.parametrize(
    ("when", "met"),
    [
        ({}, list(range(1, 13))),
        ({"nth": 3}, [3]),
        ({"nth": [1, 12, 99]}, [1, 12]),
        ({"every": 4}, [4, 8, 12]),
        ({"after": 9}, [10, 11, 12]),
        ({"after": 2, "every": 5}, [7, 12]),
        ({"times": 2}, [1, 2]),
        ({"every": 3, "times": 2}, [3, 6]),
        ({"endpoint": "*/o3/*"}, [4]),
        ({"endpoint": "*/v3/*", "nth": 4}, [5]),
        ({"address": "sc010/*@iterate"}, list(range(1, 13))),
        ({"address": "sc010/*@final"}, []),
        ({"chance": 0}, []),
        ({"attempt": 2}, []),
    ],
)
async def test_when(when: dict[str, Any], met: list[int]) -> None:
    assert await hit(when) == met


async def test_a_chance_hangs_on_the_seed_and_on_what_is_asked() -> None:
    one, same, other = [await hit({"chance": 0.4}, 40, seed) for seed in (1, 1, 2)]
    assert one == same
    assert one != other
    assert 6 <= len(one) <= 26


async def test_attempt_and_call_tell_requests_apart() -> None:
    host = liar(
        {"when": {"route": "submit", "attempt": 2}, "do": {"too_many": True}},
        {"when": {"route": "status", "call": [1, 3], "attempt": 1}, "do": {"status": "IN_QUEUE"}},
    )
    async with opened(host, "in process") as client:
        first = await client.submit(V3, BODY, TAGS)
        with pytest.raises(Exception, match="Too many"):
            await client.submit(V3, BODY, TAGS)
        third = await client.submit(V3, BODY, TAGS)
        assert [(await client.status(first)).word for _ in range(4)] == ["IN_QUEUE", "COMPLETED"] * 2
        assert (await client.status(third)).word == "COMPLETED"
    assert [line.route for line in host.queue.log] == ["submit", "status", "status"]


async def test_several_rules_meet_one_call_and_the_first_counts() -> None:
    host = liar(
        {"name": "a", "when": {"route": "status"}, "do": {"status": "A"}},
        {"name": "b", "when": {"route": "status"}, "do": {"status": "B", "without": ["metrics"]}},
    )
    async with opened(host, "in process") as client:
        status = await client.status(await client.submit(V3, BODY, TAGS))
    assert (status.word, status.inference_seconds) == ("A", None)
    assert [line.fault for line in host.queue.log] == ["a", "b"]
