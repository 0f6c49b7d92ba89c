"""What was spent, take by take: charged, wasted, unused, saved; never mixed with what is planned."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from shotpilot_pipeline.catalog.schemas import schema
from tests.golden import check_screen
from tests.pipeline.buying import LIST as TWO_SHOTS
from tests.pipeline.buying import Service, command, render, service, show

LIST = f"{TWO_SHOTS}      sh030: {{subject: an old lantern}}\n  sc020:\n    shots:\n      sh010: {{subject: the sea}}\n"
WITHOUT = LIST.partition("  sc020:")[0]
ANN = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Ann"}


@pytest.fixture(scope="module")
def spent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Path]]:
    """A show that was bought whole; then one shot was edited, one take rejected, one picked, and a scene taken out."""
    with service() as host:
        path = show(tmp_path_factory.mktemp("show"), LIST)
        assert render(host, path, **ANN).returncode == 0
        command(host, "pick", path, "sc010/sh020@iterate", "1", **ANN)
        command(host, "pick", path, "sc020/sh010@iterate", "--reject", "2", **ANN)
        path.write_text(WITHOUT.replace("coils a rope", "mends a net"))
        yield host, path


def costs(host: Service, path: Path, *words: str) -> dict[str, Any]:
    done = command(host, "costs", path, "--json", *words)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    validate(told, schema("costs-1"))
    return told


def test_every_cent_is_told_once(spent: tuple[Service, Path]) -> None:
    host, path = spent
    told = costs(host, path)
    assert host.queue.billed_nano == 252_000_000
    assert (told["charged_usd"], told["reserved_usd"], told["takes"], told["rolls"]) == ("0.252", "0.00", 9, 6)
    for group in told["by"].values():
        for key in ("charged_usd", "wasted_usd", "unused_usd"):
            assert sum(float(row[key]) for row in group.values()) == pytest.approx(float(told[key]))


def test_wasted_is_what_was_rejected_and_unused_what_nothing_goes_on_from(spent: tuple[Service, Path]) -> None:
    host, path = spent
    told = costs(host, path)
    assert told["wasted_usd"] == told["rejected_usd"] == "0.028"
    shots = told["by"]["shot"]
    assert shots["sc010/sh020"]["unused_usd"] == "0.028"  # take 1 is picked, take 2 is not
    assert shots["sc010/sh010"]["unused_usd"] == "0.00"  # edited, and nothing is bought in its place yet
    assert shots["sc020/sh010"]["unused_usd"] == "0.056"  # gone from the list: its other take, and its final
    assert shots["sc020/sh010"]["in_list"] is False


def test_a_take_that_serves_two_shots_saves_its_price_once(spent: tuple[Service, Path]) -> None:
    host, path = spent
    told = costs(host, path)
    assert told["saved_usd"] == told["saved_shared_usd"] == "0.084"  # two takes and a final of sh030
    assert told["by"]["shot"]["sc010/sh030"]["charged_usd"] == "0.00"
    command(host, "plan", path)
    assert costs(host, path)["saved_usd"] == "0.084"  # a plan that finds them again saves nothing more


def test_planned_is_in_no_figure_of_what_was_spent(spent: tuple[Service, Path]) -> None:
    host, path = spent
    told = costs(host, path)
    plan = json.loads(command(host, "plan", path, "--json").stdout)["totals"]
    assert (told["estimated_usd"], told["estimated_usd_at_most"]) == (plan["cost_usd"], plan["cost_usd_at_most"])
    assert told["estimated_usd"] == "0.056"
    assert told["by"]["shot"]["sc010/sh010"]["estimated_usd"] == "0.056"
    assert all(row["estimated_usd"] == "0.00" for row in told["by"]["day"].values())


def test_a_picked_shot_bears_the_price_of_all_that_was_tried(spent: tuple[Service, Path]) -> None:
    host, path = spent
    told = costs(host, path)
    assert (told["picked_shots"], told["usd_per_picked_shot"]) == (2, "0.126")  # sh020 and sh030 share one take
    assert told["by"]["scene"]["sc020"]["usd_per_picked_shot"] is None


def test_it_is_known_who_ran_the_render(spent: tuple[Service, Path]) -> None:
    host, path = spent
    assert list(costs(host, path)["by"]["person"]) == ["Ann"]
    copy = path.parent.parent / "older"
    shutil.copytree(path.parent, copy)
    with closing(sqlite3.connect(copy / ".shotpilot/ledger.db")) as db:
        db.execute("ALTER TABLE rolls DROP COLUMN person")
        db.execute("PRAGMA user_version = 3")
        db.commit()
    told = costs(host, copy / path.name)
    assert list(told["by"]["person"]) == ["(not written down)"]
    assert told["charged_usd"] == "0.252"


def test_a_selection_counts_only_what_it_names(spent: tuple[Service, Path]) -> None:
    host, path = spent
    told = costs(host, path, "sc010/sh020", "--by", "stage")
    assert told["charged_usd"] == "0.084"
    assert list(told["by"]) == ["stage"]
    assert told["estimated_usd"] == "0.00"
    assert command(host, "costs", path, "sc099").returncode == 2


def test_rows_for_a_spreadsheet(spent: tuple[Service, Path]) -> None:
    host, path = spent
    done = command(host, "costs", path, "--csv", "--by", "stage")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["stage"], row["charged_usd"], row["in_list"]) for row in rows] == [
        ("iterate", "0.168", "yes"),
        ("final", "0.084", "yes"),
    ]
    assert command(host, "costs", path, "--csv", "--json").returncode == 2


def test_a_rehearsal_costs_nothing_and_says_so(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path, WITHOUT)
        done = command(host, "costs", path, "--rehearsal")
        assert done.stdout.startswith(
            "A rehearsal costs nothing: $0.00 spent. What is still to be drawn would cost $0.112."
        )
        told = costs(host, path, "--rehearsal")
        assert (told["estimated_usd"], told["charged_usd"], told["would_cost_usd"]) == ("0.00", "0.00", "0.112")


def test_what_another_machine_bought_is_said(spent: tuple[Service, Path], tmp_path: Path) -> None:
    host, path = spent
    for name in ("night.yaml", "night.lock"):
        (tmp_path / name).write_text(path.with_name(name).read_text())
    told = costs(host, tmp_path / "night.yaml")
    assert (told["charged_usd"], told["takes_paid_elsewhere"]) == ("0.00", 9)
    done = command(host, "costs", tmp_path / "night.yaml")
    assert "of the lock came from elsewhere; this ledger does not know what was paid" in done.stdout


def test_what_was_paid_for_nothing_is_wasted(tmp_path: Path) -> None:
    refusing = {"when": {"route": "submit", "nth": 1}, "do": {"drop": "before"}}
    with service(refusing, {"when": {"route": "listing"}, "do": {"omit": "*"}}) as host:
        path = show(tmp_path, WITHOUT)
        assert render(host, path).returncode == 9
        told = costs(host, path)
        assert told["reserved_usd"] == "0.056"
        command(host, "reconcile", path, "--all", "--write-off")
        told = costs(host, path)
        assert (told["reserved_usd"], told["wasted_usd"], told["brought_nothing_usd"]) == ("0.00", "0.056", "0.056")


@pytest.mark.parametrize("by", ["scene", "shot", "run", "model"])
def test_the_screen(spent: tuple[Service, Path], by: str) -> None:
    host, path = spent

    def screen(columns: int) -> str:
        return command(host, "costs", path, "--by", by, COLUMNS=str(columns)).stdout

    check_screen(f"costs_{by}", screen)
