"""Today's prices: what is shown, asked about, reserved and charged; and that not knowing them stops nothing."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.catalog.live import changed_prices, read_prices, repriced
from shotpilot_pipeline.pipeline.pricing import prices_of
from shotpilot_pipeline.queue.client import QueueClient
from shotpilot_pipeline.queue.hosts import Hosts
from shotpilot_pipeline.queue.rehearsal.doors import rehearsal_client
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.rehearsal.queue import RehearsalQueue
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.task import NO_PRICE
from tests.cli.shows import COMMAND
from tests.pipeline.buying import LIST, Service, audit_end, bought, command, grey_picture, render, service, show, states
from tests.plan.filmset import task

CATALOG = load_catalog(None)
V3, O3 = "fal-ai/kling-image/v3/text-to-image", "fal-ai/kling-image/o3/text-to-image"


def costs(host: Service, usd: str) -> None:
    """The queue charges so much a unit from now on, and says so."""
    models = models_of(CATALOG)

    def find(endpoint: str) -> Any:
        model = models(endpoint)
        return model and model._replace(unit_price=Money.usd(usd))

    host.queue.models = find


def rule(**do: Any) -> dict[str, Any]:
    return {"when": {"route": "pricing"}, "do": do}


# What is read -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "nano"),
    [
        ({"unit_price": 0.028, "unit": "images", "currency": "USD"}, 28_000_000),
        ({"unit_price": "0.0280000000001", "unit": "Image"}, 28_000_001),  # never less than it costs
        ({"unit_price": 0.028, "unit": "megapixels", "currency": "USD"}, None),
        ({"unit_price": 0.028, "unit": "images", "currency": "EUR"}, None),
    ],
)
def test_a_price(item: dict[str, Any], nano: int | None) -> None:
    read = read_prices([{"endpoint_id": V3, **item}])[V3]
    assert (read.usd and read.usd.nano) == nano


@pytest.mark.parametrize("price", [None, True, "dear", -1, 1e9, float("nan"), float("inf"), [], {}])
def test_a_price_that_is_none_is_left_out(price: object) -> None:
    assert read_prices([{"endpoint_id": V3, "unit_price": price, "unit": "images"}, {"unit_price": 1}]) == {}


def test_a_dearer_unit_moves_the_whole_row_of_a_card() -> None:
    live = read_prices([{"endpoint_id": O3, "unit_price": 0.035, "unit": "images"}])
    (change,) = changed_prices(CATALOG, live)
    assert change.dearer
    assert str(change).startswith(f"{O3} costs $0.035 a picture now; its card of 20")
    tasks = [task("s/a@x", price=price)._replace(endpoint=O3) for price in (28_000_000, 56_000_000, NO_PRICE)]
    assert [one.picture_price for one in repriced(tasks, [change])] == [35_000_000, 70_000_000, NO_PRICE]


def test_the_price_of_the_card_is_no_change_and_another_unit_is_no_price() -> None:
    assert not changed_prices(CATALOG, read_prices([{"endpoint_id": V3, "unit_price": 0.028, "unit": "image"}]))
    (change,) = changed_prices(CATALOG, read_prices([{"endpoint_id": V3, "unit_price": 0.01, "unit": "megapixels"}]))
    assert change.dearer
    assert "is charged by megapixels now, not by picture" in str(change)
    (one,) = repriced([task("s/a@x", price=28_000_000)._replace(endpoint=V3)], [change])
    assert one.picture_price == NO_PRICE


# What is remembered -------------------------------------------------------------------------------------------------


class Asking:
    """A rehearsal queue's price list, and how often it was asked."""

    def __init__(self, known: tuple[str, ...] = (V3, O3)) -> None:
        self.calls = 0
        models = models_of(CATALOG)
        self.queue = RehearsalQueue(lambda name: models(name) if name in known else None, grey_picture)

    def ask(self, kept: Path, *names: str, **how: Any) -> Any:
        async def run() -> Any:
            async with rehearsal_client(self.queue) as client:
                plain = client.prices

                async def counted(endpoints: Any) -> Any:
                    self.calls += 1
                    return await plain(endpoints)

                client.prices = counted  # type: ignore[method-assign]
                return await prices_of(client, names, kept, **how)

        return anyio.run(run)


def test_they_are_asked_for_once_an_hour(tmp_path: Path) -> None:
    asking, kept, now = Asking(), tmp_path / "own" / "prices.json", datetime.now(UTC)
    first = asking.ask(kept, V3, now=now)
    assert (first.live[V3].usd, first.fault) == (Money.usd("0.028"), "")
    assert asking.ask(kept, V3, now=now + timedelta(minutes=59)) == first
    assert asking.calls == 1
    assert asking.ask(kept, V3, O3, now=now + timedelta(minutes=59)).live.keys() == {V3, O3}
    asking.ask(kept, O3, now=now + timedelta(hours=2))
    asking.ask(kept, O3, now=now)  # a clock that was set back
    asking.ask(kept, O3, now=now, fresh=True)
    assert asking.calls == 5


@pytest.mark.parametrize("text", ["", "{", "[]", '{"api": 1}', '{"api": "http://localhost/v1", "read_at": "x"}'])
def test_a_damaged_memory_is_asked_anew(tmp_path: Path, text: str) -> None:
    kept = tmp_path / "prices.json"
    kept.write_text(text)
    assert Asking().ask(kept, V3).live[V3].usd == Money.usd("0.028")


def test_a_model_the_list_does_not_know_hides_no_other(tmp_path: Path) -> None:
    prices = Asking(known=(O3,)).ask(tmp_path / "prices.json", V3, O3)
    assert prices.live.keys() == {O3}
    assert prices.fault == f"the list does not name {V3}"


async def test_a_list_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shotpilot_pipeline.pipeline.pricing.PATIENCE", 0.05)
    async with QueueClient(Hosts(*["http://127.0.0.1:9"] * 3), "any:key") as client:

        async def never(endpoints: Any) -> Any:
            await anyio.sleep_forever()

        client.prices = never  # type: ignore[method-assign]
        assert "no answer" in (await prices_of(client, [V3], tmp_path / "prices.json")).fault


# What a render does with them ---------------------------------------------------------------------------------------


def test_the_same_price_is_not_worth_a_word(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        done = render(host, path)
        assert done.returncode == 0, done.stderr
        assert "today" not in done.stderr
        audit_end(host, path)
    assert json.loads((tmp_path / ".shotpilot/prices.json").read_text())["prices"]


def test_a_dearer_picture_is_not_bought_unasked(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        costs(host, "0.05")
        done = render(host, path)
        assert done.returncode == 2
        assert f"{V3} costs $0.05 a picture now; its card of " in done.stderr
        assert "this plan comes to $0.20 now, $0.30 at most): --max-cost USD" in done.stderr
        assert (host.queue.accepted, states(path)) == (0, {})
        done = render(host, path, "--max-cost", "0.30")
        assert done.returncode == 0, done.stderr
        assert bought(done)["cost_usd"] == "0.30"
        audit_end(host, path)


def test_a_limit_holds_at_the_price_of_today(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        costs(host, "0.05")
        done = render(host, path, "--max-cost", "0.16")  # at the card's price all of it would fit
        assert done.returncode == 5
        assert host.queue.billed_nano == 100_000_000
        assert bought(done)["cost_usd"] == "0.10"


def test_a_cheaper_one_is_bought_at_its_price(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        costs(host, "0.02")
        done = render(host, path)
        assert done.returncode == 0, done.stderr
        assert bought(done)["cost_usd"] == "0.12"
        assert "The sums here are at today's prices." in done.stderr
        audit_end(host, path)


def test_what_was_on_its_way_is_charged_at_the_price_it_was_reserved_at(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service(service_seconds=1.0) as host:
        costs(host, "0.05")
        with subprocess.Popen(
            [*COMMAND, "render", str(path), "--yes", "--max-cost", "1"], env=host.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as child:  # fmt: skip
            until = time.monotonic() + 20
            while states(path).get("submitted", 0) < 2 and time.monotonic() < until:
                time.sleep(0.02)
            child.kill()
        assert render(host, path, "--max-cost", "1").returncode == 0
        audit_end(host, path)


def test_another_unit_is_no_price_and_waits_for_a_person(tmp_path: Path) -> None:
    path = show(tmp_path)
    text = json.dumps({"prices": [{"endpoint_id": V3, "unit_price": 0.02, "unit": "megapixels", "currency": "USD"}]})
    with service(rule(answer={"code": 200, "text": text, "content_type": "application/json"})) as host:
        done = render(host, path, "--max-cost", "5")
        assert done.returncode == 2
        assert "is charged by megapixels now, not by picture" in done.stderr
        done = command(host, "render", path, "--unattended", "--max-cost", "5")
        assert done.returncode == 2
        assert "nobody knows what" in done.stderr
        assert host.queue.accepted == 0


@pytest.mark.parametrize(
    "do",
    [
        {"forbidden": True}, {"wrong_key": True}, {"gateway": 503}, {"empty": "json"}, {"drop": "before"},
        {"answer": {"code": 404, "text": '{"detail": "Not Found"}'}}, {"answer": {"code": 200, "text": "<html>"}},
    ],
)  # fmt: skip
def test_not_knowing_stops_nothing_and_is_said_once(tmp_path: Path, do: dict[str, Any]) -> None:
    path = show(tmp_path)
    with service(rule(**do)) as host:
        done = render(host, path)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("today's prices could not be read") == 1
        audit_end(host, path)
        again = render(host, path)
        assert (again.returncode, "today" in again.stderr) == (0, False)  # nothing to buy: nothing to ask


def test_on_a_terminal_the_question_is_about_the_price_of_today(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        costs(host, "0.05")
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, "render", str(path)], env=host.environment | {"TERM": "dumb", "COLUMNS": "140"}, stdin=theirs,
            stdout=theirs, stderr=theirs,
        ) as child:  # fmt: skip
            try:
                os.close(theirs)
                said = _until(ours, "[y/N]: ")
                assert "costs $0.05 a picture now" in said
                assert "Buy this for $0.20 now, then $0.10 that follows by rule?" in said
                os.write(ours, b"y\n")
                said = _until(ours, "$0.30 spent")
                child.wait(30)
            finally:
                child.kill()  # at a question it would wait for ever
        os.close(ours)
        assert child.returncode == 0
        audit_end(host, path)


def _until(terminal: int, words: str) -> str:
    said, until = "", time.monotonic() + 30
    while words not in said and time.monotonic() < until:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                said += os.read(terminal, 65536).decode("utf-8", "replace")
            except OSError:
                break
    assert words in said, said
    return said


# shotpilot models --check-prices ------------------------------------------------------------------------------------


def test_the_cards_beside_the_prices_of_today(tmp_path: Path) -> None:
    with service() as host:
        done = command(host, "models", "kling-v3", "--check-prices", "--project", tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("the same") == 2
        costs(host, "0.05")
        done = command(host, "models", "--check-prices", "--json", "--project", tmp_path)
        rows = json.loads(done.stdout)["prices"]
        assert {(row["now_usd"], row["same"]) for row in rows} == {("0.05", False)}
        assert len(rows) == 4
        path = show(tmp_path, LIST)
        costs(host, "0.028")  # the render goes by what was read within the hour
        assert "costs $0.05 a picture now" in render(host, path).stderr


def test_prices_that_cannot_be_read_are_said_to_be_so(tmp_path: Path) -> None:
    with service(rule(forbidden=True)) as host:
        done = command(host, "models", "--check-prices", "--project", tmp_path)
        assert done.returncode == 0
        assert "not known today" in done.stdout
        assert "Not all could be read" in done.stderr
        done = command(host, "models", "--check-prices", "--project", tmp_path, FAL_KEY="", SHOTPILOT_FAL_QUEUE_URL="")
        assert done.returncode == 6
        assert "FAL_KEY" in done.stderr
