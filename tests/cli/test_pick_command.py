"""`shotpilot pick` and `shotpilot status` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import validate

from shotpilot_pipeline.catalog.schemas import schema
from tests.cli.shows import run, run_json, write_list
from tests.pipeline.choosing import FINAL, A, B, actions, copied, filled, rehearsed
from tests.pipeline.test_choosing import list_of


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rehearsed(tmp_path_factory.mktemp("show"))


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    return copied(original, tmp_path)


def pick(path: Path, *words: str) -> str:
    done = run("pick", path, "--rehearsal", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(path: Path, *words: str) -> str:
    done = run("pick", path, "--rehearsal", *words)
    assert done.returncode == 2, done.stdout
    return done.stderr


def test_a_pick_says_what_the_next_render_costs(path: Path) -> None:
    said = pick(path, A, "3", "--why", "the eyes", "--by", "Vera")
    assert said.startswith(f"{A}: take 3 picked\n")
    assert f"{FINAL}: new for $0.028" in said
    assert "To buy now  2 pictures in 2 rolls  $0.056" in said
    assert pick(path, f"{A}#3") == "Nothing changed: that is said already.\n"
    assert pick(path, f"{A}#2").startswith(f"{A}: take 2 picked; alternate 3\n")


def test_marks_stars_notes_more_and_undo(path: Path) -> None:
    assert "rejected 1, 2" in pick(path, A, "1", "2", "--reject")
    assert "***** 3" in pick(path, A, "3", "--stars", "5", "--note", "look: # here")
    assert "1 note" in pick(path, B, "--note", "the whole shot")
    said = pick(path, "sc010/*@iterate", "--more", "4")
    assert said.count("4 more asked for") == 2
    assert said.count("top-up for $0.112") == 2
    assert "Undone: sc010/sh010@iterate, sc010/sh020@iterate" in pick(path, "--undo")
    assert "rejected 1, 2, 3; ***** 3; 1 note; 3 more asked for" in pick(path, A, "--redo")
    assert actions(path)[A] == "top-up"
    assert pick(path, A, "--clear").startswith(f"{A}: no pick; ***** 3; 1 note")


def test_what_was_said_before_a_renumbering_is_undone_after_it(path: Path) -> None:
    pick(path, A, "3")
    moved = "moved: [{from: sc010/sh010, to: sc010/sh015}]\n"
    path.write_text(path.read_text().replace("      sh010:", "      sh015:", 1) + moved)
    said = pick(path, "--undo")
    assert said.startswith("Undone: sc010/sh015@iterate\nsc010/sh015@iterate: no pick\n")


def test_json_gives_what_changed_and_the_price(path: Path) -> None:
    said = run_json("pick", path, "--rehearsal", A, "2", "--by", "Vera")
    validate(said, schema("picked-1"))
    assert [(one["address"], one["pick"]["take"], one["pick"]["by"]) for one in said["changed"]] == [(A, 2, "Vera")]
    assert said["next_render"]["cost_usd"] == "0.056"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("3",), "take 3 of what? Write the address before it"),
        ((), "which take? Write its address and number"),
        ((A,), "one take of sc010/sh010@iterate is picked, not 0"),
        ((A, "1", "2"), "one take of sc010/sh010@iterate is picked, not 2"),
        ((A, "9"), "has no take 9; it has takes 1, 2, 3"),
        ((A, "abc"), "'abc' is no take of sc010/sh010@iterate: a take is a number from 1 to 3"),
        ((A, "0"), "'0' is no take of sc010/sh010@iterate: a take is a number from 1 to 3"),
        ((A, "-1"), "'-1' is no take of sc010/sh010@iterate: a take is a number from 1 to 3"),
        ((A, "1", "-2", "--reject"), "'-2' is no take of sc010/sh010@iterate: a take is a number from 1 to 3"),
        ((FINAL, "x"), "'x' is no take of sc010/sh010@final: a take is a number from 1 on"),
        ((A, "--rejct"), "No such option '--rejct'"),
        (("sc010/sh010", "1"), "alone says no stage"),
        (("sc010/sh0*", "--reject"), "which take of sc010/sh010@iterate? Write its number"),
        (("nonsense", "1"), "'nonsense' is not an address"),
        ((f"{A}#x",), "names no take; write sc010/sh010@iterate#3"),
        ((A, "1", "--reject", "--alternate"), "--alternate and --reject do not go together"),
        ((A, "1", "--reject", "--why", "x"), "--why is the reason of a pick"),
        ((A, "1", "--more", "2"), "--more is about all takes of sc010/sh010@iterate: leave the number out"),
        ((A, "--undo"), "it stands alone"),
        (("--undo", "--by", "Nobody"), "nothing that Nobody said is left to be undone"),
    ],
)
def test_what_cannot_be_said(path: Path, words: tuple[str, ...], says: str) -> None:
    assert says in refused(path, *words)
    assert not (path.parent / ".shotpilot/rehearsal/night.picks.yaml").exists()


def test_a_rehearsal_and_what_was_bought_are_picked_apart(path: Path) -> None:
    done = run("pick", path, A, "1")
    assert done.returncode == 2
    assert "a rehearsal's takes are picked with --rehearsal" in done.stderr


def test_one_variant_goes_on(tmp_path: Path) -> None:
    text = list_of(1).replace(
        "{subject: lantern 0}", "{subject: lantern, vary: {axes: {light: {dusk: dusk, neon: neon}}}}"
    )
    path = filled(tmp_path, text)
    dusk, neon = "sc010/sh000.dusk@iterate", "sc010/sh000.neon@iterate"
    assert "stands for 2; name one of them" in refused(path, "sc010/sh000@iterate", "1")
    assert "one variant goes on" in refused(path, "sc010/*@iterate", "1")
    pick(path, dusk, "2")
    said = pick(path, neon, "1")
    assert f"{neon}: take 1 picked\n" in said
    assert f"{dusk}: no pick; alternate 2\n" in said
    assert pick(path, "sc010/sh000@iterate", "2", "--reject").count("rejected 2") == 2


def test_status_shows_what_is_done_what_waits_and_what_to_do(path: Path) -> None:
    pick(path, A, "3")
    rows = run("status", path, "--rehearsal").stdout.splitlines()
    assert rows[0] == "Night at the Pier (rehearsal)"
    assert rows[3].split() == ["sc010/sh010", "=", "done", "#3", "+", "draw", "1"]
    assert rows[-1].strip().startswith("shotpilot rehearse ")


def test_status_of_what_is_bought_waits_for_a_person(tmp_path: Path) -> None:
    done = run("status", write_list(tmp_path))
    assert "+ buy 3" in done.stdout
    assert "6 pictures to buy for $0.168" in done.stdout
    assert done.stdout.rstrip().endswith(f"shotpilot render {tmp_path / 'night.yaml'}")


def test_status_of_a_part_tells_its_state_in_the_whole(tmp_path: Path) -> None:
    done = run("status", write_list(tmp_path), "stage:final")
    assert done.stdout.count(". later") == 2  # not blocked because the stage before it is not shown
    assert "final:  2 waiting\n" in done.stdout
    assert "2 tasks wait for what comes before" in done.stdout
    assert "nothing to buy and nothing to pick" not in done.stdout


def test_status_as_json_keeps_its_schema(path: Path) -> None:
    pick(path, A, "3", "--by", "Vera")
    said = run_json("status", path, "--rehearsal")
    validate(said, schema("status-1"))
    task = said["shots"][0]["tasks"][0]
    assert (task["address"], task["state"], task["take"], task["by"]) == (A, "done", 3, "Vera")
    assert said["shots"][1]["tasks"][0]["by"] == "rule: first"
    assert said["counts"] == {"iterate": {"done": 2}, "final": {"new": 2}}


def test_a_stale_pick_is_shown_with_what_to_do(path: Path) -> None:
    pick(path, A, "3")
    path.write_text(path.read_text().replace("coils a rope", "mends a net"))
    done = run("status", path, "--rehearsal")
    assert "~ changed" in done.stdout or "+ draw" in done.stdout
    plan = run("plan", path, "--rehearsal")
    assert "take 3 of sc010/sh010@iterate is picked, but it is not a take of the current version" in plan.stderr


@pytest.mark.parametrize("columns", ["24", "40", "80"])
def test_status_fits_any_terminal(tmp_path: Path, columns: str) -> None:
    path = filled(tmp_path, list_of(60))
    for arguments in ((), ("--all",)):
        done = run("status", path, "--rehearsal", *arguments, COLUMNS=columns)
        table = done.stdout.partition("Next:")[0].splitlines()
        assert max(map(len, table[1:])) <= int(columns), done.stdout
    assert len(run("status", path, "--rehearsal").stdout.splitlines()) < 15  # folded: a line for the scene
    assert len(run("status", path, "--rehearsal", "--all").stdout.splitlines()) > 60


def test_status_says_where_a_run_failed(path: Path) -> None:
    run_folder = path.parent / ".shotpilot/rehearsal/runs/2099-01-01_000000"
    run_folder.mkdir(parents=True)
    event = {"event": "task-ended", "address": FINAL, "outcome": "failed", "reason": "the queue failed"}
    (run_folder / "events.jsonl").write_text(json.dumps(event) + "\n{cut")
    said = run_json("status", path, "--rehearsal")
    task = next(one for shot in said["shots"] for one in shot["tasks"] if one["address"] == FINAL)
    assert (task["state"], task["reason"]) == ("failed", "failed in the last run: the queue failed")
