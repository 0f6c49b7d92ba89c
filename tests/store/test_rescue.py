"""The last copy of a picture: never removed by a run, and put back into a store that lost it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from shotpilot_pipeline.cli.store import command
from shotpilot_pipeline.errors import Severity, StoreDamaged
from shotpilot_pipeline.store.lock import Lock
from shotpilot_pipeline.store.renders import Renders, link_renders
from shotpilot_pipeline.store.rescue import Copies, put_back_lost
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.take import Take
from tests.store.stock import kept, key_of, png

A = "sc010/sh010@iterate"
NAME = "noir/sc010/noir_sc010_sh010_iterate_v001_t01.png"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".shotpilot/store", durable=False)


@pytest.fixture
def renders(tmp_path: Path) -> Renders:
    return Renders(tmp_path / "renders", "noir", "night")


def linked(store: Store, renders: Renders, *words: str) -> tuple[Take, Lock]:
    take = kept(store, key_of("a"), 1, *(words or ("a1",)))
    lock = Lock().with_take(A, take)
    link_renders(renders, store, lock)
    return take, lock


def lose(store: Store, take: Take, panel: int = 0) -> Path:
    path = store.path_of(take.pictures[panel])
    path.unlink()
    return path


def test_a_picture_the_store_lost_comes_back_from_its_link(store: Store, renders: Renders) -> None:
    take, lock = linked(store, renders)
    path = lose(store, take)
    assert [picture.sha256 for picture in store.lost()] == [take.pictures[0].sha256]
    done = link_renders(renders, store, lock)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (png("a1"), 0o444)
    assert path.samefile(renders.folder / NAME)
    assert [problem.severity for problem in done.problems] == [Severity.WARNING]
    assert NAME in str(done.problems[0])
    assert "put back" in str(done.problems[0])
    assert store.takes_of(take.key) == (take,)
    assert store.counts() == {take.key: 1}
    assert link_renders(renders, store, lock).problems == ()


def test_a_copy_that_can_be_written_to_is_copied(store: Store, renders: Renders) -> None:
    take, _ = linked(store, renders)
    path = lose(store, take)
    mine = renders.folder / "selects/mine.png"
    mine.parent.mkdir()
    mine.write_bytes(png("a1"))
    (renders.folder / NAME).unlink()
    assert len(put_back_lost(store, renders.folder)) == 1
    assert path.read_bytes() == png("a1")
    assert not path.samefile(mine)
    assert mine.stat().st_mode & 0o200


def test_a_file_of_the_same_size_and_other_bytes_is_no_copy(store: Store, renders: Renders) -> None:
    take, _ = linked(store, renders)
    path = lose(store, take)
    (renders.folder / NAME).unlink()
    (renders.folder / NAME).write_bytes(png("b1"))
    assert Copies(renders.folder).of(take.pictures[0]) is None
    assert put_back_lost(store, renders.folder) == ()
    assert not path.exists()
    with pytest.raises(StoreDamaged):
        store.put_back(take.pictures[0], renders.folder / NAME)


def test_a_cut_picture_is_replaced_by_a_whole_copy(store: Store, renders: Renders) -> None:
    take, lock = linked(store, renders)
    shutil.copy(renders.folder / NAME, renders.folder / "aside.png")
    (renders.folder / NAME).unlink()
    (renders.folder / "aside.png").rename(renders.folder / NAME)
    lose(store, take).write_bytes(b"")
    link_renders(renders, store, lock)
    assert store.path_of(take.pictures[0]).read_bytes() == png("a1")


@pytest.mark.parametrize("gone", ["", "object too"])
def test_named_pictures_of_a_damaged_record_stay(store: Store, renders: Renders, gone: str) -> None:
    take, lock = linked(store, renders)
    [record] = (store.folder / "takes").rglob("*.json")
    record.chmod(0o644)
    record.write_text("{")
    if gone:
        lose(store, take)
    for _ in range(2):  # the second run knows only what the first one wrote down
        assert link_renders(renders, store, lock).removed == 0
        assert (renders.folder / NAME).read_bytes() == png("a1")


def test_the_other_panels_stay_where_one_is_lost(store: Store, renders: Renders) -> None:
    take, lock = linked(store, renders, "x", "y", "z")
    lose(store, take, 1)
    (renders.folder / NAME.replace(".png", "_p02.png")).unlink()
    done = link_renders(renders, store, lock)
    assert (done.removed, done.absent) == (0, 1)
    assert len(list(renders.folder.rglob("*.png"))) == 2


def test_what_the_lock_lost_stays_while_it_is_the_last_copy(store: Store, renders: Renders) -> None:
    take, _ = linked(store, renders)
    [record] = (store.folder / "takes").rglob("*.json")
    record.unlink()
    lose(store, take)
    assert link_renders(renders, store, Lock()).removed == 0
    assert (renders.folder / NAME).exists()
    kept(store, key_of("other"), 1, "a1")
    assert link_renders(renders, store, Lock()).removed == 1


def test_a_name_that_now_means_another_picture_keeps_a_last_copy(store: Store, renders: Renders) -> None:
    take, _ = linked(store, renders)
    [record] = (store.folder / "takes").rglob("*.json")
    record.unlink()
    lose(store, take)
    link_renders(renders, store, Lock().with_take(A, kept(store, key_of("b"), 1, "b1")))
    assert (renders.folder / NAME).read_bytes() == png("a1")


def test_verify_puts_back_what_is_missing_or_damaged(store: Store, renders: Renders, tmp_path: Path) -> None:
    take, _ = linked(store, renders)
    path = lose(store, take)
    store.close()
    result = CliRunner().invoke(command, ["verify", "--project", str(tmp_path)])
    assert result.exit_code == 0
    assert f"a copy lies at {renders.folder / NAME}; put back" in result.stdout
    assert "all is well" in result.stdout
    path.unlink()
    path.write_bytes(png("b1"))
    result = CliRunner().invoke(command, ["verify", "--project", str(tmp_path), "--json"])
    assert [one["severity"] for one in json.loads(result.stdout)["problems"]] == ["warning"]
    assert path.read_bytes() == png("a1")
