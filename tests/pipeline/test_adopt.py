"""A file, or a lost request, becomes a take: checked, kept with its provenance, and never bought twice for it."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import validate
from PIL import Image

from shotpilot_pipeline.catalog.schemas import schema
from tests.pipeline.buying import audit_end, bought, command, render, service, show, states

AT = "sc010/sh010@iterate"


def painted(folder: Path, shade: int = 90, size: tuple[int, int] = (1024, 1024)) -> Path:
    path = folder / f"painted-{shade}.png"
    Image.new("L", size, shade).save(path)
    return path


def test_a_file_becomes_a_take_that_goes_on(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path)
        done = command(host, "adopt", path, AT, painted(tmp_path), "--why", "painted by hand")
        assert done.returncode == 0, done.stderr
        assert f"{AT}#1  adopted as v001, 1024 x 1024 png. $0.00 spent." in done.stdout
        again = command(host, "adopt", path, AT, painted(tmp_path), "--json")
        assert json.loads(again.stdout)["take"] == 1
        assert len(path.with_suffix(".rulings").read_text().splitlines()) == 3
        assert len(path.with_suffix(".lock").read_text().splitlines()) == 3
        tasks = {task["address"]: task for task in json.loads(command(host, "plan", path, "--json").stdout)["tasks"]}
        assert tasks[AT]["takes_new"] == 1
        assert bought(render(host, path, "sc010/sh010"))["takes_new"] == 2  # the second take, and the final from take 1
        [sidecar] = (tmp_path / "renders/night/sc010").glob("*sh010_iterate_v001_t01.png.json")
        told = json.loads(sidecar.read_text())
        validate(told, schema("sidecar-1"))
        assert told["adopted"]["why"] == "painted by hand"
        assert told["adopted"]["file"] == ["painted-90.png"]
        assert told["digital_source_type"] is None
        assert told["request"]["endpoint"] is None
        final = json.loads(next((tmp_path / "renders/night/sc010").glob("*sh010_final*.json")).read_text())
        assert final["carried_from"] == told["file"]["sha256"]
        assert final["adopted"] is None


def test_an_adopted_file_is_taken_back_and_its_bytes_stay(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path)
        render(host, path)
        before = path.with_suffix(".lock").read_text()
        odd = painted(tmp_path, 91, (800, 600))
        done = command(host, "adopt", path, AT, odd)
        assert f"{AT}#3  adopted as v001" in done.stdout
        assert (
            "it has 800 x 600 pixels, and the other takes have 1024 x 1024" in done.stderr or "800 x 600" in done.stderr
        )
        assert list((tmp_path / "renders").rglob("*iterate_v001_t03.png"))
        undone = command(host, "adopt", path, f"{AT}#3", "--undo")
        assert undone.returncode == 0, undone.stderr
        assert path.with_suffix(".lock").read_text() == before
        assert not list((tmp_path / "renders").rglob("*iterate_v001_t03.png"))
        assert bought(render(host, path))["takes_new"] == 0
        assert command(host, "adopt", path, AT, "--undo").returncode == 2
        objects = list((tmp_path / ".shotpilot/store/objects").rglob("*.png"))
        assert any(file.read_bytes() == odd.read_bytes() for file in objects)


def test_what_cannot_be_adopted_is_a_sentence(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path)
        words = tmp_path / "words.png"
        words.write_text("no picture")
        cut = tmp_path / "cut.png"
        cut.write_bytes(painted(tmp_path).read_bytes()[:-20])
        whole = painted(tmp_path)
        for arguments, said in (
            ([AT, words], "not a PNG, JPEG or WebP picture"),
            ([AT, cut], "stops before its end; bring a whole copy"),
            ([AT, tmp_path / "none.png"], "cannot be read"),
            (["sc010/sh099@iterate", whole], "sc010/sh099@iterate is not in night.yaml; did you mean"),
            (["sc010/sh010", whole], f"sc010/sh010 alone says no stage; write one of these: {AT}, sc010/sh010@final"),
            (["sc010/sh010", "--request", "abc"], f"alone says no stage; write one of these: {AT}, sc010/sh010@final"),
            (["sc010/sh010@final", whole], "sc010/sh010@final cannot take a picture yet"),
            ([AT, whole, whole], "is one picture, and 2 files are named"),
            ([AT], "one of the three"),
        ):
            done = command(host, "adopt", path, *arguments)
            assert done.returncode == 2, done.stderr
            assert said in done.stderr, done.stderr
        assert not path.with_suffix(".rulings").exists()
        assert not (tmp_path / ".shotpilot/store/takes").exists()


def test_a_request_the_ledger_does_not_know_is_fetched_and_charged(tmp_path: Path) -> None:
    with service() as host:
        (tmp_path / "lost").mkdir()
        render(host, show(tmp_path / "lost"), "sc010/sh010")
        request_id = next(iter(host.queue.asked))
        other = tmp_path / "other"
        other.mkdir()
        path = show(other)
        wrong = command(host, "adopt", path, "sc010/sh020@iterate", "--request", request_id)
        assert wrong.returncode == 2
        assert "asked for something else than sc010/sh020@iterate does now: prompt differ" in wrong.stderr
        nobody = command(host, "adopt", path, AT, "--request", "no-such-request")
        assert nobody.returncode == 2
        assert "the queue does not know this request" in nobody.stderr
        assert states(path) == {}
        done = command(host, "adopt", path, AT, "--request", request_id, "--why", "the old disk died", "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["takes"], told["charged_usd"]) == ([1, 2], "0.056")
        assert path.with_suffix(".rulings").read_text().count(" adopt ") == 2
        again = command(host, "adopt", path, AT, "--request", request_id)
        assert again.returncode == 2
        assert f"is known: it is take 1, 2 of {AT}, and is closed" in again.stderr
        assert bought(render(host, path))["takes_new"] == 4
        assert set(states(path)) == {"closed"}
        undo = command(host, "adopt", path, AT, "--undo")
        assert undo.returncode == 2
        assert "came from a paid request, so it stays" in undo.stderr


def test_a_lost_answer_is_adopted_by_its_request_id(tmp_path: Path) -> None:
    lost = {"when": {"route": "submit", "nth": 1}, "do": {"drop": "accepted"}}
    unlisted = {"when": {"route": "listing"}, "do": {"omit": "*"}}
    with service(lost, unlisted) as host:
        path = show(tmp_path)
        assert render(host, path, AT).returncode == 9
        [request] = host.queue.asked.values()
        done = command(host, "adopt", path, AT, "--request", request.id, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["takes"] == [1, 2]
        assert states(path) == {"closed": 1}
        audit_end(host, path, rolls=1, kept=2)
