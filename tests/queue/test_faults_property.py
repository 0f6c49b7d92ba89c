"""Any plan at all: the client ends each step in an answer or in one of its own errors, and the queue's books add up."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import ShotpilotError
from shotpilot_pipeline.queue.failures import AnswerLost, ForeignUrl
from shotpilot_pipeline.queue.protocol import Result, Submitted
from shotpilot_pipeline.queue.rehearsal.faults.plan import plan_faults
from tests.examples import at_most
from tests.queue.fault_plans import fault_plans
from tests.queue.faulty import BODY, TAGS, liar, opened
from tests.queue.rehearsing import V3

UNIT = 28_000_000  # nano-USD
VALID = Draft202012Validator(schema("faults-1"))


@given(plan=fault_plans())
@settings(max_examples=at_most(150))
def test_any_plan_ends_in_answers_or_our_own_errors(plan: dict[str, Any]) -> None:
    VALID.validate(plan)
    assert not list(plan_faults(plan))
    anyio.run(_three_rolls, plan)


async def _three_rolls(plan: dict[str, Any]) -> None:
    host = liar(*plan["rules"], seed=plan["seed"])
    told, perhaps = 0, 0
    async with opened(host, "in process") as client:
        with tempfile.TemporaryDirectory() as name:
            for number in range(3):
                try:
                    submitted = await client.submit(V3, BODY, TAGS | {"take": str(number + 1)})
                    told += 1
                except ForeignUrl as error:
                    told, submitted = told + 1, client.rebuilt(V3, error.__notes__[0])
                except AnswerLost:
                    perhaps += 1
                    continue
                except ShotpilotError:
                    continue
                await _rest(client, submitted, Path(name))
    queue = host.queue
    lying = any({"answer", "empty", "without"} & set(rule["do"]) for rule in plan["rules"])
    assert told <= queue.accepted <= told + perhaps or lying
    assert queue.accepted <= 3
    assert queue.billed_nano == UNIT * sum(queue.verdict(asked).units for asked in queue.asked.values())
    assert queue.leaked_keys == 0


async def _rest(client: Any, submitted: Submitted, folder: Path) -> None:
    """Every call there is about one request."""
    result: Result | None = None
    for step in (client.status, client.result, client.cancel):
        try:
            found = await step(submitted)
            result = found if isinstance(found, Result) else result
        except ShotpilotError:
            pass
    for image in result.images if result else ():
        try:
            await client.download(image.url, folder / "a", most_bytes=10**6)
        except ShotpilotError:
            assert not (folder / "a").exists()
        (folder / "a").unlink(missing_ok=True)
    (folder / "face.png").write_bytes(b"a face")
    steps = (
        lambda: client.requests(V3, payloads=True),
        lambda: client.prices([V3]),
        client.billing,
        lambda: client.upload(folder / "face.png", "image/png"),
    )
    for step in steps:
        with suppress(ShotpilotError):
            await step()
