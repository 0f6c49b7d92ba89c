"""`shotpilot report --client`, `--pdf`, `--png`, and the client's file coming home with `picks import`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pypdf import PdfReader

from tests.cli.shows import run, run_json, write_list


def _rehearsed(tmp_path: Path) -> Path:
    path = write_list(tmp_path)
    assert run("rehearse", path, "-q").returncode == 0
    return path


def test_each_form_is_written_beside_the_pictures(tmp_path: Path) -> None:
    path = _rehearsed(tmp_path)
    for options, name in (
        (("--client",), "client-copy.html"),
        (("--pdf",), "contact-sheet.pdf"),
        (("--png",), "contact-sheet.png"),
    ):
        told = run_json("report", path, "--rehearsal", *options)
        assert Path(told["file"]).name == name
        assert Path(told["file"]).stat().st_size == told["bytes"] > 1000
    text = PdfReader(tmp_path / ".shotpilot/rehearsal/renders/night/contact-sheet.pdf").pages[0].extract_text()
    assert "sc010/sh020@final" in text


def test_select_narrows_every_form(tmp_path: Path) -> None:
    path = _rehearsed(tmp_path)
    into = tmp_path / "one.pdf"
    run("report", path, "sc010/sh010@iterate", "--rehearsal", "--pdf", "-o", into)
    text = PdfReader(into).pages[0].extract_text()
    assert "sc010/sh010@iterate" in text
    assert "sh020" not in text


def test_a_place_that_cannot_be_written_and_heroes_without_paper_are_sentences(tmp_path: Path) -> None:
    path = _rehearsed(tmp_path)
    (tmp_path / "file").write_text("")
    done = run("report", path, "--rehearsal", "--pdf", "-o", tmp_path / "file" / "x.pdf")
    assert (done.returncode, "cannot be written here" in done.stderr) == (2, True)
    assert "add --pdf or --png" in run("report", path, "--rehearsal", "--heroes").stderr


def test_what_a_client_marked_comes_home(tmp_path: Path) -> None:
    path = _rehearsed(tmp_path)
    page = Path(run_json("report", path, "stage:iterate", "--client", "--rehearsal")["file"]).read_text(
        encoding="utf-8"
    )
    take, sha256 = re.findall(r'data-take="(\d+)" data-sha256="([0-9a-f]{64})"', page)[2]
    rows = [{"address": "sc010/sh010@iterate", "take": int(take), "sha256": sha256, "decision": "pick"}]
    sent = tmp_path / "choices.json"
    sent.write_text(
        json.dumps({"choices": 1, "show": "night", "by": "Ann", "at": "2026-11-22T18:30:00Z", "takes": rows})
    )
    done = run("picks", "import", path, sent, "--rehearsal", "--yes")
    assert done.returncode == 0, done.stderr
    picks = (tmp_path / ".shotpilot/rehearsal").rglob("*.picks.yaml")
    assert any("sc010/sh010@iterate" in one.read_text() and sha256 in one.read_text() for one in picks)


def test_two_papers_at_once_are_a_sentence(tmp_path: Path) -> None:
    done = run("report", write_list(tmp_path), "--pdf", "--png")
    assert (done.returncode, "one after the other" in done.stderr) == (2, True)
