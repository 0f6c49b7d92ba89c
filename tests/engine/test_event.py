"""Events as lines of JSON: one object each, by name, money as text."""

from __future__ import annotations

import json

import pytest

from shotpilot_pipeline.values.event import (
    Event,
    Note,
    RollSent,
    RunStarted,
    RunStopped,
    TakeKept,
    TaskEnded,
    event_as_json,
)
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.outcome import Outcome
from shotpilot_pipeline.values.take import Picture

PICTURE = Picture("ab", 10, 4, 2, "png")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            RunStarted(3, 6, Money.usd("0.168")),
            {"event": "run-started", "tasks": 3, "takes": 6, "cost_at_most": "0.168"},
        ),
        (
            RollSent("s/a@still", (1, 2), "r1"),
            {"event": "roll-sent", "address": "s/a@still", "takes": [1, 2], "request_id": "r1"},
        ),
        (
            TakeKept("s/a@still", "k", 1, (PICTURE,), {"queue": "q"}),
            {
                "event": "take-kept",
                "address": "s/a@still",
                "key": "k",
                "number": 1,
                "pictures": [{"sha256": "ab", "bytes": 10, "width": 4, "height": 2, "format": "png"}],
                "record": {"queue": "q"},
            },
        ),
        (
            TaskEnded("s/a@still", Outcome.RENDERED, "1 take rendered", 1, None),
            {
                "event": "task-ended",
                "address": "s/a@still",
                "outcome": "rendered",
                "reason": "1 take rendered",
                "takes_new": 1,
                "cost": None,
                "exit_code": 0,
            },
        ),
        (Note("", "slow"), {"event": "note", "address": "", "text": "slow"}),
        (RunStopped("locked", 6), {"event": "run-stopped", "reason": "locked", "exit_code": 6}),
    ],
)
def test_an_event_is_one_json_object(event: Event, expected: dict[str, object]) -> None:
    assert json.loads(json.dumps(event_as_json(event))) == expected
