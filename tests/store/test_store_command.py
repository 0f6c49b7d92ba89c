"""`shotpilot store`: what is damaged, what is there, the index made again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shotpilot_pipeline.cli.store import command
from shotpilot_pipeline.errors import StoreDamaged
from shotpilot_pipeline.store.store import Store
from tests.store.stock import kept, key_of


@pytest.fixture
def show(tmp_path: Path) -> Path:
    for place in (".shotpilot/store", ".shotpilot/rehearsal/store"):
        store = Store(tmp_path / place)
        kept(store, key_of("a"), 1, "a" if "rehearsal" not in place else "slate")
        store.close()
    bought = Store(tmp_path / ".shotpilot/store")
    kept(bought, key_of("b"), 2, "x", "y", address="sc020/sh010@final")
    bought.close()
    return tmp_path


def run(show: Path, *args: str) -> Result:
    return CliRunner().invoke(command, [*args, "--project", str(show)])


def test_a_good_store_is_well(show: Path) -> None:
    result = run(show, "verify")
    assert result.exit_code == 0
    assert "2 takes, 3 pictures" in result.stdout
    assert "all is well" in result.stdout
    assert "1 take, 1 picture" in run(show, "verify", "--rehearsal").stdout
    assert "3 of 3 pictures read" in result.stderr


def test_damage_is_named_and_ends_with_70(show: Path) -> None:
    store = Store(show / ".shotpilot/store")
    lost = store.path_of(store.takes_of(key_of("b"))[0].pictures[1])
    lost.unlink()
    result = run(show, "verify")
    assert isinstance(result.exception, StoreDamaged)
    assert result.exception.exit_code == 70
    assert f"{lost}: error: picture 2 of 2 of take 2 of render key" in result.stdout
    asked = json.loads(run(show, "verify", "--json").stdout)
    assert [problem["rule"] for problem in asked["problems"]] == ["store-picture"]


@pytest.mark.parametrize("harm", ["missing", "damaged", "record"])
def test_a_slate_can_be_drawn_again_and_then_is_no_fault(show: Path, harm: str) -> None:
    place = show / ".shotpilot/rehearsal/store"
    store = Store(place)
    take = kept(store, key_of("s"), 1, "one", request_id="r1")
    same_roll = kept(store, key_of("s"), 2, "two", request_id="r1")
    lost = store.path_of(take.pictures[0])
    if harm == "missing":
        lost.unlink()
    elif harm == "damaged":
        lost.chmod(0o644)
        lost.write_bytes(bytes(take.pictures[0].bytes))
    else:
        [record] = place.rglob(f"{take.key}.1.json")
        record.chmod(0o644)
        record.write_text("{")
        [other] = place.rglob(f"{take.key}.2.json")
        other.unlink()
        store.path_of(same_roll.pictures[0]).unlink()
    result = run(show, "verify", "--rehearsal")
    assert isinstance(result.exception, StoreDamaged)
    assert "bring it back" not in result.stdout
    assert "run shotpilot rehearse" in result.stdout
    assert ("delete this file, then" in result.stdout) is (harm != "missing")
    assert f"delete the folder {place}" in result.stdout
    kept(store, key_of("s"), 3, "again", request_id="r2")
    store.close()
    result = run(show, "verify", "--rehearsal")
    assert result.exit_code == 0, result.stdout
    assert "drawn again under another number" in result.stdout


def test_takes_are_listed_with_what_they_were_bought_for(show: Path) -> None:
    lines = run(show, "ls").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["sc010/sh010@iterate", "sc020/sh010@final"]
    assert "2 panels" in lines[1]
    assert [line.split()[0] for line in run(show, "ls", "sc020").stdout.splitlines()] == ["sc020/sh010@final"]
    [take] = json.loads(run(show, "ls", "--json", "sc020").stdout)
    assert (take["address"], take["number"], len(take["pictures"])) == ("sc020/sh010@final", 2, 2)
    assert Path(take["pictures"][0]["path"]).is_file()


def test_a_damaged_record_is_named_in_the_list(show: Path) -> None:
    [record] = (show / ".shotpilot/store/takes").rglob(f"{key_of('a')}*.json")
    record.chmod(0o644)
    record.write_text("{")
    result = run(show, "ls")
    assert f"{record}: the record is damaged" in result.stderr


def test_the_index_is_made_again(show: Path) -> None:
    (show / ".shotpilot/store/index.db").write_bytes(b"noise" * 1000)
    assert "the index was made again: 2 takes" in run(show, "rebuild").stdout
    assert json.loads(run(show, "rebuild", "--json", "--rehearsal").stdout)["takes"] == 1


def test_a_show_without_a_store_is_empty(tmp_path: Path) -> None:
    assert "0 takes, 0 pictures" in run(tmp_path, "verify").stdout
    assert run(tmp_path, "ls").stdout == ""
    assert "No take is in the store" in run(tmp_path, "ls").stderr
    assert "No take of sc099 is in the store" in run(tmp_path, "ls", "sc099").stderr
    assert not (tmp_path / ".shotpilot").exists()
