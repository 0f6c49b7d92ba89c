"""`shotpilot graph` as a user types it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shotpilot_pipeline.catalog.schemas import schema
from tests.cli.shows import LIST, run, run_json, write_list

LONG = LIST + "".join(f"      sh{number:03}: {{subject: wave {number}}}\n" for number in range(100, 160))


def test_the_text_shows_each_shot_on_a_line_with_the_signs_of_the_plan(tmp_path: Path) -> None:
    done = run("graph", write_list(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "    sh010  iterate + > final ?" in [line.rstrip() for line in done.stdout.splitlines()]
    assert "4 tasks: 2 new (+), 2 waiting (?)" in done.stdout


def test_a_picture_of_another_shot_is_a_need(tmp_path: Path) -> None:
    more = "      sh030:\n        model: kling-o3\n        images: {plate: {pick: sc010/sh010@iterate}}\n"
    done = run("graph", write_list(tmp_path, f"{LIST}{more}        prompt: Like @plate at dawn.\n"))
    assert "      needs the pick of sc010/sh010@iterate" in done.stdout.splitlines()


def test_json_keeps_to_its_schema_and_select_narrows_it(tmp_path: Path) -> None:
    found = run_json("graph", write_list(tmp_path), "sc010/sh010")
    Draft202012Validator(schema("graph-1")).validate(found)
    assert [box["id"] for box in found["boxes"]] == ["sc010/sh010@iterate", "sc010/sh010@final"]
    assert found["arrows"] == [{"from": "sc010/sh010@iterate", "to": "sc010/sh010@final", "kind": "stage", "count": 1}]


def test_a_part_is_drawn_as_it_stands_in_the_whole(tmp_path: Path) -> None:
    done = run("graph", write_list(tmp_path), "stage:final")
    assert "2 tasks: 2 waiting (?)" in done.stdout


def test_a_long_list_is_folded_by_scene_unless_asked_otherwise(tmp_path: Path) -> None:
    path = write_list(tmp_path, LONG)
    assert len(run_json("graph", path)["boxes"]) == 2
    assert len(run_json("graph", path, "--no-fold")["boxes"]) == 124
    assert "iterate (62 new) > final (62 waiting)" in run("graph", path).stdout


def test_what_is_there_after_a_rehearsal_is_drawn_as_cached(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run("rehearse", path)
    assert "4 tasks: 4 cached (=)" in run("graph", path, "--rehearsal").stdout


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not on this machine")
def test_svg_is_drawn_into_a_file(tmp_path: Path) -> None:
    into = tmp_path / "graph.svg"
    done = run("graph", write_list(tmp_path), "--format", "svg", "-o", into)
    assert done.returncode == 0
    assert "sh010@iterate" in into.read_text(encoding="utf-8")


def test_without_graphviz_a_sentence_says_what_to_do(tmp_path: Path) -> None:
    done = run("graph", write_list(tmp_path), "--format", "svg", PATH=str(tmp_path))
    assert done.returncode == 2
    assert "install the package graphviz" in done.stderr


def test_a_place_that_cannot_be_written_and_a_selector_that_matches_nothing_are_sentences(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    assert "cannot be written here" in run("graph", path, "-o", tmp_path / "no" / "graph.txt").stderr
    done = run("graph", path, "sc010/sh011")
    assert done.returncode == 2
    assert "sc010/sh010" in done.stderr


def test_no_file_of_the_show_is_written_over(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    run("rehearse", path)
    picture = next((tmp_path / ".shotpilot/rehearsal/renders").rglob("*.png"))
    for own in (path, picture, tmp_path / ".shotpilot/rehearsal/night.lock"):
        before = own.read_bytes()
        for words in (
            ("graph", path, "-o", own),
            ("report", path, "-o", own),
            ("check", path, "--write-baseline", own),
        ):
            done = run(*words)
            assert done.returncode == 2, words
            assert f"{own}: is " in done.stderr
            assert own.read_bytes() == before
    for _ in range(2):  # its own it writes again
        assert run("graph", path, "-o", tmp_path / "graph.txt").returncode == 0
        assert run("report", path, "-o", tmp_path / "sheet.html").returncode == 0
        assert run("check", path, "--write-baseline", tmp_path / "baseline.json").returncode == 0
