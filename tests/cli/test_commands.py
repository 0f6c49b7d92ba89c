"""The commands as a user types them: what they print, what they write, and the codes they exit with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema
from tests.cli.shows import LIST, run, run_json, write_list


def test_help_lists_the_commands_and_the_exit_codes() -> None:
    done = run("--help")
    assert done.returncode == 0
    for word in ("rehearse", "plan", "Exit codes", "7   another run holds the show"):
        assert word in done.stdout


def test_a_list_that_passes_says_what_it_holds(tmp_path: Path) -> None:
    whole = LIST.replace("place: pier", "light: a lamp\n    defaults: {lens: 50mm}\n    place: pier")
    done = run(
        "check",
        write_list(tmp_path, whole.replace("subject: an old lantern", "subject: a lamp\n        action: burns")),
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 scene, 2 shots, 4 tasks; it passes" in done.stderr


def test_every_problem_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    path = write_list(tmp_path, LIST.replace("{{ vars.city }}", "{{ vars.citty }}").replace("size: CU", "sise: CU"))
    done = run("check", path)
    assert done.returncode == 2
    lines = done.stdout.splitlines()
    assert any(":11:" in line and "citty" in line and "city" in line for line in lines)
    assert any(":21:" in line and "sise" in line and "size" in line for line in lines)


def test_check_as_json_has_the_promised_keys(tmp_path: Path) -> None:
    done = run("check", write_list(tmp_path, LIST.replace("takes: 3", "takes: three")), "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 2
    assert set(found["problems"][0]) >= {"rule", "severity", "file", "line", "column", "address", "message", "hint"}
    assert not list(Draft202012Validator(schema("problems-1")).iter_errors(found))
    assert (found["errors"], found["problems"][0]["line"]) == (1, 6)


def test_expand_shows_the_wire_body(tmp_path: Path) -> None:
    first, waiting, *_ = run_json("expand", write_list(tmp_path))
    assert first["input"] == {
        "aspect_ratio": "16:9",
        "num_images": 3,
        "output_format": "png",
        "prompt": "Wide shot. a fisherman coils a rope. pier in Port Vale, exterior, night.",
        "resolution": "1K",
    }
    assert first["endpoint"] == "fal-ai/kling-image/v3/text-to-image"
    assert first["cost_usd"] == "0.084"
    assert (waiting["input"], waiting["render_key"]) == (None, None)
    assert waiting["waiting_for"] == ["sc010/sh010@iterate"]


def test_expand_tells_where_each_setting_came_from(tmp_path: Path) -> None:
    done = run("expand", write_list(tmp_path), "sc010/sh010@iterate", "--origin")
    assert done.returncode == 0
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "night.yaml:6:" in rows["takes"]
    assert "night.yaml:8:" in rows["aspect_ratio"]
    assert "night.yaml:16:" in rows["size"]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("sc010/*", "'sc010/*' is not an address"),
        ("sc010/sh099", "there is no shot sc010/sh099; did you mean"),
        ("sc010/sh010@finale", "there is no stage 'finale'; did you mean"),
        ("sc010/sh010.dusk@final", "there is no variant 'dusk' of sc010/sh010; the shot has no variants"),
    ],
)
def test_expand_origin_of_what_is_not_there_is_a_sentence(tmp_path: Path, address: str, says: str) -> None:
    done = run("expand", write_list(tmp_path), address, "--origin")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"shotpilot: --origin wants one address: {says}")


def test_a_plan_adds_up_and_check_says_there_is_work(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    plan = run_json("plan", path)
    assert [task["action"] for task in plan["tasks"]] == ["new", "waiting", "new", "waiting"]
    totals = plan["totals"]
    assert (totals["images_new"], totals["rolls"]) == (6, 2)
    assert (totals["cost_usd"], totals["cost_usd_at_most"]) == ("0.168", "0.224")
    assert run("plan", path, "--check").returncode == 1
    assert not (tmp_path / ".shotpilot" / "store").exists()


def test_selectors_narrow_and_a_wrong_one_names_its_neighbours(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    assert [task["address"] for task in run_json("plan", path, "tag:hero", "--until", "iterate")["tasks"]] == [
        "sc010/sh010@iterate"
    ]
    assert len(run_json("plan", path, "--limit", "1")["tasks"]) == 2
    done = run("plan", path, "sc010/sh011")
    assert done.returncode == 2
    assert "sc010/sh010" in done.stderr


def test_rehearse_makes_everything_once_and_then_nothing(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    first = run_json("rehearse", path)
    assert first["takes_new"] == 8
    assert (first["cost_usd"], first["would_cost_usd"]) == ("0.00", "0.224")
    assert first["outcomes"]["rendered"] == 4
    names = sorted(file.name for file in (tmp_path / ".shotpilot/rehearsal/renders/night/sc010").glob("*.png"))
    assert names[0] == "night_sc010_sh010_final_v001_t01.png"
    assert len(names) == 8
    again = run_json("rehearse", path)
    assert (again["takes_new"], again["outcomes"]["cached"]) == (0, 4)
    assert run("plan", path, "--rehearsal", "--check").returncode == 0


def test_a_rehearsal_is_never_counted_as_bought(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run_json("rehearse", path)
    plan = run_json("plan", path)
    assert plan["totals"]["images_cached"] == 0
    assert not path.with_suffix(".lock").exists()
    assert not (tmp_path / "renders").exists()


def test_more_takes_top_up_and_fewer_lose_nothing(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run_json("rehearse", path)
    write_list(tmp_path, LIST.replace("takes: 3", "takes: 5"))
    assert run_json("rehearse", path)["takes_new"] == 4
    write_list(tmp_path, LIST.replace("takes: 3", "takes: 1"))
    assert run_json("rehearse", path)["takes_new"] == 0
    assert len(list((tmp_path / ".shotpilot/rehearsal/renders").rglob("*iterate*.png"))) == 10


def test_words_that_return_bring_their_takes_back(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run_json("rehearse", path)
    write_list(tmp_path, LIST.replace("coils a rope", "mends a net"))
    changed = {task["address"]: task for task in run_json("plan", path, "--rehearsal")["tasks"]}["sc010/sh010@iterate"]
    assert changed["action"] == "changed"
    write_list(tmp_path)
    assert run_json("plan", path, "--rehearsal")["totals"]["images_new"] == 0


def test_the_contact_sheet_falls_back_to_the_rehearsal_and_says_so(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run_json("rehearse", path)
    done = run("report", path, "-o", tmp_path / "sheet.html")
    assert done.returncode == 0
    assert "rehearsal" in done.stderr
    page = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    for word in ("Night at the Pier", "sh010", "REHEARSAL", "coils a rope"):
        assert word.lower() in page.lower()


def test_models_shows_prices_with_their_date() -> None:
    cards = {card["family"]: card for card in run_json("models")}
    assert cards["kling-o3"]["endpoints"][0]["prices_usd"] == {"1K": "0.028", "2K": "0.028", "4K": "0.056"}
    assert run("models", "kling-v3").stdout.count("aspect_ratio") == 2
    assert run("models", "kling-v9").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("plan", "nowhere.yaml"), "nowhere.yaml"),
        (("check", "."), "folder"),
        (("plan",), "FILE"),
        (("plam", "x"), "plam"),
        (("rehearse", "night.yaml", "--limit", "0"), "0"),
        (("report", "nowhere.yaml"), "nowhere.yaml"),
        (("check", "night.yaml", "--project", "elsewhere"), "elsewhere"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_2(tmp_path: Path, arguments: tuple[str, ...], fault: str) -> None:
    write_list(tmp_path)
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert fault in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / ".shotpilot").exists()


def test_settings_that_are_wrong_stop_everything(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    (tmp_path / "shotpilot.toml").write_text("[pace]\nunfinished = 0\n")
    for command in ("check", "plan", "rehearse"):
        done = run(command, path)
        assert done.returncode == 2
        assert "shotpilot.toml:2:1" in done.stdout + done.stderr


def test_a_pattern_of_file_names_is_checked_before_anything_runs(tmp_path: Path) -> None:
    path = write_list(tmp_path, LIST + 'outputs: {name: "{scene}_{take}_{vershun}"}\n')
    done = run("rehearse", path)
    assert done.returncode == 2
    assert "outputs.name" in done.stderr
    assert not (tmp_path / ".shotpilot" / "rehearsal").exists()


def test_two_shots_with_one_request_share_a_render_and_each_has_its_name(tmp_path: Path) -> None:
    twins = LIST.replace("size: CU", "size: WS").replace(
        "an old lantern\n        light: warm lamplight", "a fisherman\n        action: coils a rope"
    )
    path = write_list(tmp_path, twins)
    plan = {task["address"]: task for task in run_json("plan", path)["tasks"]}
    assert "one render serves both" in plan["sc010/sh020@iterate"]["reason"]
    assert run_json("rehearse", path)["takes_new"] == 4
    names = {file.name.partition("_v")[0] for file in (tmp_path / ".shotpilot/rehearsal/renders").rglob("*.png")}
    assert names == {f"night_sc010_{shot}_{stage}" for shot in ("sh010", "sh020") for stage in ("iterate", "final")}


def test_a_pick_of_something_that_is_not_there_is_said_and_not_followed(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    path.with_suffix(".picks.yaml").write_text("picks: 1\nsc010/sh010@iterat: 3\n")
    for command in ("check", "plan"):
        done = run(command, path)
        assert done.returncode == 0
        assert "sc010/sh010@iterat is picked, but it is not in the shot list" in done.stdout + done.stderr
        assert "sc010/sh010@iterate" in done.stdout + done.stderr
    assert run("check", path, "--strict").returncode == 2
    assert "it passes" not in run("check", path, "--strict").stderr


def test_a_shot_that_moved_keeps_its_takes_and_its_pick(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run_json("rehearse", path)
    picks = tmp_path / ".shotpilot/rehearsal/night.picks.yaml"
    picks.write_text("picks: 1\nsc010/sh010@iterate: {take: 2, by: ana}\n")
    assert run_json("rehearse", path)["takes_new"] == 1
    moved = LIST.replace("sh010:", "sh015:") + "moved: [{from: sc010/sh010, to: sc010/sh015}]\n"
    write_list(tmp_path, moved)
    assert run_json("rehearse", path)["takes_new"] == 0
    names = {file.name for file in (tmp_path / ".shotpilot/rehearsal/renders").rglob("*sh015*.png")}
    assert "night_sc010_sh015_final_v002_t01.png" in names
    assert not list((tmp_path / ".shotpilot/rehearsal/renders").rglob("*sh010*"))


def test_a_second_signal_while_all_is_let_go_of_leaves_at_once(tmp_path: Path) -> None:
    script = """
import anyio, os, signal
from shotpilot_pipeline.cli.running import run_to_the_end
async def work():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        await anyio.sleep(30)
    finally:
        with anyio.CancelScope(shield=True):
            os.kill(os.getpid(), signal.SIGINT)
            await anyio.sleep(30)
run_to_the_end(work)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=25, check=False)
    assert (done.returncode, done.stderr) == (130, "\nLeft at once. The same command goes on.\n")
