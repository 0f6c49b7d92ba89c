"""`why`: the request now and then, where the change was written, what hangs on it, what it costs, what to do next."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate
from PIL import Image

from shotpilot_pipeline.catalog.schemas import schema
from tests.cli.shows import run
from tests.golden import check_screen
from tests.pipeline.buying import Service, command, render, service, show

LIST = """\
shotlist: 1
show: night
vars: {city: Port Vale}
cast:
  vera: {name: Vera Kane, frontal: refs/vera.png, wardrobe: black evening gown}
looks: {noir: "black and white, hard shadows"}
stages:
  iterate: {model: kling-o3, resolution: 1K, takes: 2, pick: human}
  final: {model: kling-o3, resolution: 2K, takes: 1, carry: image, pick: first}
scenes:
  sc010:
    place: pier in {{ vars.city }}
    time: NIGHT
    defaults: {look: noir}
    shots:
      sh010: {size: WS, subject: "@vera in @vera.wardrobe", action: coils a rope}
      sh020: {subject: an old lantern, mood: calm}
      sh030:
        subject: the sea
        vary: {axes: {light: {dusk: last blue light, neon: red neon}}}
      sh040: {subject: a gull, hold: true}
      sh050: {subject: a boat, omit: true}
"""
ANN = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Ann"}


def written(folder: Path) -> Path:
    (folder / "refs").mkdir(parents=True)
    Image.new("L", (640, 640), 128).save(folder / "refs/vera.png")
    return show(folder, LIST)


@pytest.fixture(scope="module")
def host() -> Iterator[Service]:
    with service() as running:
        yield running


@pytest.fixture(scope="module")
def bought(host: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bought whole; sh010 and one variant of sh030 are picked and final, sh020 waits for a pick."""
    path = written(tmp_path_factory.mktemp("bought"))
    assert render(host, path, **ANN).returncode == 0
    command(host, "pick", path, "sc010/sh010@iterate", "1", **ANN)
    command(host, "pick", path, "sc010/sh030.dusk@iterate", "2", **ANN)
    time.sleep(1)  # a run that begins in the second of another is named with a b behind, and a screen wraps elsewhere
    assert render(host, path, **ANN).returncode == 0
    return path


@pytest.fixture
def copied(bought: Path, tmp_path: Path) -> Path:
    """The same for a test that changes it."""
    shutil.copytree(bought.parent, tmp_path / "show", copy_function=shutil.copy)
    return tmp_path / "show/night.yaml"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def why(host: Service, path: Path, address: str, *words: str) -> list[dict[str, Any]]:
    done = command(host, "why", path, address, "--json", *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    validate(told, schema("why-1"))
    tasks: list[dict[str, Any]] = told["tasks"]
    return tasks


def test_a_cached_task_tells_what_brought_it(host: Service, bought: Path) -> None:
    [task] = why(host, bought, "sc010/sh010@iterate#2")
    assert task["action"] == "cached"
    runs = sorted(folder.name for folder in (bought.parent / ".shotpilot/runs").iterdir())
    assert [(take["number"], take["run"]) for take in task["now"]["takes"]] == [(1, runs[0]), (2, runs[0])]
    assert all(take["request_id"] in host.queue.asked for take in task["now"]["takes"])
    assert (task["then"], task["changes"], task["next"]) == (None, [], [])
    [final] = why(host, bought, "sc010/sh010@final")
    assert final["now"]["takes"][0]["run"] == runs[1]
    assert final["now"]["parts"]["image_urls 1"].startswith("sc010/sh010@iterate#v1.1 (sha256 ")
    assert final["now"]["parts"]["elements 1 frontal_image_url"].startswith("refs/vera.png (sha256 ")


@pytest.mark.parametrize(
    ("old", "new", "name", "key", "line"),
    [
        ("action: coils a rope", "action: mends a net", "prompt", "action", 16),
        ("city: Port Vale", "city: Port Dawn", "prompt", "vars.city", 3),
        ("black evening gown", "red raincoat", "prompt", "cast.vera.wardrobe", 5),
        ("hard shadows", "soft fog", "prompt", "looks.noir", 6),
        ("size: WS", "size: CU", "prompt", "size", 16),
        ("resolution: 1K", "resolution: 2K", "resolution", "resolution", 8),
    ],
)
def test_a_change_is_told_with_the_line_that_made_it(
    host: Service, copied: Path, old: str, new: str, name: str, key: str, line: int
) -> None:
    edit(copied, old, new)
    task = why(host, copied, "sc010/sh010@iterate")[0]
    assert task["action"] in ("changed", "behind")
    [change] = task["changes"]
    assert change["name"] == name
    assert (key, line) in [(one["key"], one["line"]) for one in change["written"]]
    assert task["then"]["version"] == 1


def test_another_reference_is_a_change_of_its_bytes(host: Service, copied: Path) -> None:
    Image.new("L", (640, 640), 200).save(copied.parent / "refs/vera.png")
    task = why(host, copied, "sc010/sh010@iterate")[0]
    [change] = task["changes"]
    assert change["name"] == "elements 1 frontal_image_url"
    assert change["before"].startswith("a picture of sha256 ")
    assert change["after"].startswith("refs/vera.png (sha256 ")
    assert "cast.vera.frontal" in [one["key"] for one in change["written"]]


def test_what_hangs_on_it_and_what_that_costs(host: Service, copied: Path) -> None:
    edit(copied, "subject: an old lantern", "subject: a new lantern")
    [task] = why(host, copied, "sc010/sh020@iterate")
    assert [one["address"] for one in task["hangs_on_it"]] == ["sc010/sh020@final"]
    assert (task["cost_usd"], task["downstream_usd_at_most"]) == ("0.056", "0.028")
    assert [step["command"].replace(str(copied), "FILE") for step in task["next"]] == [
        "shotpilot render FILE sc010/sh020@iterate",
        "shotpilot accept FILE sc010/sh020",
    ]


def test_every_state_has_its_reason_and_a_next_command(host: Service, copied: Path) -> None:
    told = {task["address"]: task for task in why(host, copied, "sc010")}
    steps = {at: [step["command"].replace(str(copied), "FILE") for step in task["next"]] for at, task in told.items()}
    assert told["sc010/sh020@final"]["action"] == "waiting"
    assert steps["sc010/sh020@final"] == ["shotpilot pick FILE sc010/sh020@iterate TAKE"]
    assert (told["sc010/sh040@iterate"]["action"], told["sc010/sh050@iterate"]["action"]) == ("held", "omitted")
    assert steps["sc010/sh040@iterate"][0].startswith("take `hold` out at ")
    assert told["sc010/sh030.neon@iterate"]["action"] == "cached"
    assert steps["sc010/sh030@final"] == []


def test_a_behind_stage_and_a_stale_pick_are_told(host: Service, copied: Path) -> None:
    edit(copied, "resolution: 1K", "resolution: 2K")
    first, final = why(host, copied, "sc010/sh010")
    assert (first["action"], final["action"]) == ("behind", "cached")
    assert [step["command"].rpartition("night.yaml ")[2] for step in first["next"]] == ["sc010/sh010@iterate --behind"]
    assert render(host, copied, "sc010/sh010@iterate", **ANN).returncode == 0
    final = why(host, copied, "sc010/sh010@final")[0]
    assert final["action"] == "stale-pick"
    assert final["next"][0]["command"].endswith("sc010/sh010@iterate TAKE")


def test_lost_bytes_are_told_with_the_cure(host: Service, copied: Path) -> None:
    shutil.rmtree(copied.parent / ".shotpilot/store")
    shutil.rmtree(copied.parent / "renders")
    task = why(host, copied, "sc010/sh020@iterate")[0]
    assert task["action"] == "blocked"
    assert [step["command"].rpartition(" ")[2] for step in task["next"]] == ["takes", "sc010/sh020@iterate"]


def test_the_ledger_tells_the_request_of_then_where_the_store_is_lost(host: Service, copied: Path) -> None:
    shutil.rmtree(copied.parent / ".shotpilot/store")
    shutil.rmtree(copied.parent / "renders")
    edit(copied, "subject: an old lantern", "subject: a new lantern")
    [task] = why(host, copied, "sc010/sh020@iterate")
    assert [change["name"] for change in task["changes"]] == ["prompt"]


def test_an_unknown_outcome_names_what_decides_it(tmp_path: Path) -> None:
    lost = {"when": {"route": "submit", "nth": 1}, "do": {"drop": "before"}}
    with service(lost, {"when": {"route": "listing"}, "do": {"omit": "*"}}) as lossy:
        path = written(tmp_path / "lost")
        render(lossy, path, "sc010/sh020@iterate")
        [task] = why(lossy, path, "sc010/sh020@iterate")
        assert task["action"] == "unknown"
        assert task["next"][0]["command"] == f"shotpilot reconcile {path} sc010/sh020@iterate"


def test_a_refused_task_says_what_to_change_and_where(tmp_path: Path) -> None:
    with service({"when": {"route": "submit", "address": "sc010/sh020@iterate"}, "do": {"fail": "policy"}}) as strict:
        path = written(tmp_path / "refused")
        assert render(strict, path, "sc010/sh020@iterate").returncode == 4
        [task] = why(strict, path, "sc010/sh020@iterate")
        assert task["action"] == "refused"
        assert task["reason"].startswith("refused: ")
        assert [step["command"] for step in task["next"]] == [
            f"change its words at {path}:17",
            f"shotpilot render {path} sc010/sh020@iterate",
        ]
        screen = command(strict, "why", path, "sc010/sh020@iterate").stdout
        assert "x sc010/sh020@iterate  refused\n" in screen
        assert "an unchanged request is refused again" in screen


def test_a_failed_task_says_why_and_is_asked_for_again(tmp_path: Path) -> None:
    with service({"when": {"route": "submit", "address": "sc010/sh020@iterate"}, "do": {"fail": "server"}}) as broken:
        path = written(tmp_path / "failed")
        assert render(broken, path, "sc010/sh020@iterate").returncode == 4
        [task] = why(broken, path, "sc010/sh020@iterate")
        assert task["reason"].startswith("the last request failed (")
        [step] = task["next"]
        assert step["command"] == f"shotpilot render {path} sc010/sh020@iterate"


def test_an_omitted_task_asks_for_nothing_and_differs_from_nothing(host: Service, copied: Path) -> None:
    edit(copied, "{subject: an old lantern, mood: calm}", "{subject: an old lantern, mood: calm, omit: true}")
    screen = command(host, "why", copied, "sc010/sh020@iterate").stdout
    assert "  Now   asks for nothing\n  Then  v001, " in screen
    assert "a pick is open" not in screen
    assert "cannot be told" not in screen


def test_a_pick_whose_bytes_are_lost_is_not_called_stale(host: Service, copied: Path) -> None:
    shutil.rmtree(copied.parent / ".shotpilot/store")
    shutil.rmtree(copied.parent / "renders")
    done = command(host, "plan", copied, "stage:iterate")
    assert "its bytes are not in this store" in " ".join(done.stdout.split())
    assert "not a take of the current version" not in done.stdout + done.stderr
    named = command(host, "plan", copied, "sc010/sh010@iterate")  # which is how it is bought again
    assert "the takes of v001 are not in this store, so they are made again" in " ".join(named.stdout.split())


def test_what_is_not_there_is_a_sentence(host: Service, bought: Path) -> None:
    for address, said in (("sc010/sh01", "no task is called sc010/sh01"), ("", "an empty selector")):
        done = command(host, "why", bought, address)
        assert done.returncode == 2
        assert said in done.stderr


def test_a_rehearsal_is_told_with_commands_of_a_rehearsal(host: Service, copied: Path) -> None:
    [task] = why(host, copied, "sc010/sh020@iterate", "--rehearsal")
    assert task["action"] == "new"
    assert task["next"][0]["command"].startswith("shotpilot rehearse ")


SCREENS = [
    ("cached", "sc010/sh010", None),
    ("changed", "sc010/sh020", ("an old lantern, mood: calm", "an old brass lantern, mood: restless")),
    ("take", "sc010/sh030.dusk@iterate#2", None),
    ("held", "sc010/sh040@iterate", None),
]


@pytest.mark.parametrize(("name", "address", "change"), SCREENS, ids=[one[0] for one in SCREENS])
def test_the_screen(host: Service, copied: Path, name: str, address: str, change: tuple[str, str] | None) -> None:
    if change:
        edit(copied, *change)

    def screen(columns: int) -> str:
        words = ["why", copied.name, address]
        return run(*words, cwd=copied.parent, **{**host.environment, "COLUMNS": str(columns)}).stdout

    check_screen(f"why_{name}", screen)


def test_the_screen_of_an_accepted_edit(host: Service, copied: Path) -> None:
    edit(copied, "an old lantern", "an old brass lantern")
    here = {**host.environment, **ANN}
    run("accept", copied.name, "sc010/sh020", "--why", "it was brass all along", cwd=copied.parent, **here)

    def screen(columns: int) -> str:
        words = ["why", copied.name, "sc010/sh020@iterate"]
        return run(*words, cwd=copied.parent, **{**here, "COLUMNS": str(columns)}).stdout

    check_screen("why_accepted", screen)
