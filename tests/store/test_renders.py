"""renders/: links under names people use, made again at any time; nothing of anybody else's is touched."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.store import renders as room
from shotpilot_pipeline.store.lock import Lock, merge_locks
from shotpilot_pipeline.store.renders import Linked, Renders, link_renders, link_take
from shotpilot_pipeline.store.store import Store
from tests.store.stock import kept, key_of, png

A, B = "sc010/sh010@iterate", "sc020/sh010.dusk@final"
ORIGIN = {
    "show": "noir",
    "endpoint": "fal-ai/kling-image/v3/text-to-image",
    "input": {
        "prompt": "Wide shot. @Element1 waits.",
        "image_urls": ["sha256:" + "a" * 64, "sha256:" + "b" * 64],
        "elements": [
            {"frontal_image_url": "sha256:" + "c" * 64, "reference_image_urls": ["url:https://x.example/r.jpg"]}
        ],
    },
    "queue": "https://queue.fal.run",
    "request_id": "req-1",
    "roll": [1, 2],
    "urls": ["https://media.example/1.png"],
    "price_usd": "0.028",
    "billable_units": "1",
    "at": "2026-11-23T02:00:00Z",
    "lens_of_the_day": "35mm",
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", durable=False)


@pytest.fixture
def renders(tmp_path: Path) -> Renders:
    return Renders(tmp_path / "renders", "noir", "night", title="Noir", sources={"a" * 64: "refs/teal.jpg"})


def files(renders: Renders) -> set[str]:
    """What a person sees below renders/."""
    return {str(path.relative_to(renders.folder)) for path in renders.folder.rglob("[!.]*") if path.is_file()} - {
        str(path.relative_to(renders.folder)) for path in renders.folder.rglob("*.links")
    }


def a_lock(store: Store) -> Lock:
    return Lock().with_takes(
        [
            (A, kept(store, key_of("a"), 1, "a1")),
            (A, kept(store, key_of("a"), 2, "a2")),
            (B, kept(store, key_of("b"), 1, *"xyz")),
        ]
    )


NAMES = {
    "noir/sc010/noir_sc010_sh010_iterate_v001_t01.png",
    "noir/sc010/noir_sc010_sh010_iterate_v001_t02.png",
    "noir/sc020/noir_sc020_sh010.dusk_final_v001_t01_p01.png",
    "noir/sc020/noir_sc020_sh010.dusk_final_v001_t01_p02.png",
    "noir/sc020/noir_sc020_sh010.dusk_final_v001_t01_p03.png",
}


def test_links_and_sidecars_are_made_kept_and_made_again(store: Store, renders: Renders) -> None:
    lock = a_lock(store)
    assert link_renders(renders, store, lock) == Linked(5, 0, 0, 0, ())
    assert files(renders) == NAMES | {f"{name}.json" for name in NAMES}
    first = renders.folder / sorted(NAMES)[0]
    assert first.samefile(store.path_of(store.takes_of(key_of("a"))[0].pictures[0]))
    assert first.read_bytes() == png("a1")
    assert link_renders(renders, store, lock) == Linked(0, 5, 0, 0, ())
    first.unlink()
    (renders.folder / f"{sorted(NAMES)[1]}.json").unlink()
    assert link_renders(renders, store, lock) == Linked(1, 4, 0, 0, ())
    assert files(renders) == NAMES | {f"{name}.json" for name in NAMES}
    shutil.rmtree(renders.folder)
    assert link_renders(renders, store, lock).made == 5


def test_one_take_at_a_time_gives_the_same(store: Store, renders: Renders) -> None:
    lock = a_lock(store)
    for address in (A, B):
        for take in store.takes_of(lock.keys(address)[1]):
            done = link_take(renders, store, address, 1, take)
            assert done == Linked(len(take.pictures), 0, 0, 0, ())
            assert link_take(renders, store, address, 1, take) == Linked(0, len(take.pictures), 0, 0, ())
    texts = {name: (renders.folder / name).read_bytes() for name in files(renders)}
    assert link_renders(renders, store, lock) == Linked(0, 5, 0, 0, ())
    assert {name: (renders.folder / name).read_bytes() for name in files(renders)} == texts


def test_what_the_lock_lost_goes_with_its_sidecar_and_empty_folder(store: Store, renders: Renders) -> None:
    lock = a_lock(store)
    link_renders(renders, store, lock)
    smaller = Lock().with_takes([(A, take) for take in store.takes_of(key_of("a"))])
    assert link_renders(renders, store, smaller) == Linked(0, 2, 3, 0, ())
    assert {name.partition("/")[2].partition("/")[0] for name in files(renders)} == {"sc010"}
    assert not (renders.folder / "noir/sc020").exists()
    assert store.counts()[key_of("b")] == 1


def test_files_of_others_are_never_touched(store: Store, renders: Renders) -> None:
    lock = a_lock(store)
    name = sorted(NAMES)[0]
    mine = renders.folder / name
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"a painting of my own")
    (mine.parent / "notes.txt").write_text("keep")
    note = renders.folder / f"{sorted(NAMES)[1]}.json"
    note.write_text('{"my": "notes"}')
    done = link_renders(renders, store, lock)
    assert done.made == 4
    assert [problem.place.file for problem in done.problems] == [str(mine), str(note)]
    assert "did not make" in str(done.problems[0])
    assert "move it away" in str(done.problems[0])
    assert link_renders(renders, store, Lock()).removed == 4
    assert mine.read_bytes() == b"a painting of my own"
    assert files(renders) == {name, str(note.relative_to(renders.folder)), "noir/sc010/notes.txt"}


def test_a_link_that_somebody_painted_over_is_theirs(store: Store, renders: Renders) -> None:
    lock = a_lock(store)
    link_renders(renders, store, lock)
    path = renders.folder / sorted(NAMES)[0]
    path.unlink()
    path.write_bytes(b"retouched")
    assert len(link_renders(renders, store, lock).problems) == 1
    assert link_renders(renders, store, Lock()).removed == 4
    assert path.read_bytes() == b"retouched"


def test_two_lists_of_one_show_leave_each_other_alone(store: Store, renders: Renders) -> None:
    lock = a_lock(store)
    other = Renders(renders.folder, "noir", "day")
    day = Lock().with_takes([("sc030/sh010@final", kept(store, key_of("d"), 1))])
    link_renders(renders, store, lock)
    link_renders(other, store, day)
    assert link_renders(renders, store, Lock()).removed == 5
    assert files(renders) == {f"noir/sc030/noir_sc030_sh010_final_v001_t01.png{end}" for end in ("", ".json")}
    assert link_renders(other, store, day) == Linked(0, 1, 0, 0, ())


def test_the_same_picture_under_one_name_of_two_lists_belongs_to_both(store: Store, renders: Renders) -> None:
    lock = Lock().with_take(A, kept(store, key_of("a"), 1, "a1"))
    other = Renders(renders.folder, "noir", "day")
    path = renders.folder / sorted(NAMES)[0]
    assert link_renders(renders, store, lock) == Linked(1, 0, 0, 0, ())
    assert link_renders(other, store, lock) == Linked(0, 1, 0, 0, ())
    assert link_renders(renders, store, Lock()) == Linked(0, 0, 0, 0, ())
    assert path.exists()
    assert Path(f"{path}.json").exists()
    assert link_renders(other, store, Lock()).removed == 1
    assert not path.exists()


def test_another_picture_under_one_name_of_two_lists_is_said_with_its_owner(store: Store, renders: Renders) -> None:
    ours = Lock().with_take(A, kept(store, key_of("a"), 1, "a1"))
    theirs = Lock().with_take(A, kept(store, key_of("b"), 1, "b1"))
    other = Renders(renders.folder, "noir", "day")
    link_renders(renders, store, ours)
    for _ in range(2):
        done = link_renders(other, store, theirs)
        [problem] = done.problems
        assert problem.severity is Severity.WARNING
        assert "of the shot list night of the same show" in problem.message
        assert "another `show`" in problem.hint
        assert "outputs.name" in problem.hint
        assert link_renders(renders, store, ours) == Linked(0, 1, 0, 0, ())
    assert (renders.folder / sorted(NAMES)[0]).read_bytes() == png("a1")
    assert link_renders(other, store, Lock()).removed == 0
    link_renders(renders, store, Lock())
    assert link_renders(other, store, theirs) == Linked(1, 0, 0, 0, ())


def test_a_folder_in_the_place_of_a_picture_is_said(store: Store, renders: Renders) -> None:
    lock = Lock().with_take(A, kept(store, key_of("a"), 1, "a1"))
    (renders.folder / sorted(NAMES)[0]).mkdir(parents=True)
    [problem] = link_renders(renders, store, lock).problems
    assert "did not make" in problem.message


def test_a_name_that_now_means_another_picture_is_linked_anew(store: Store, renders: Renders) -> None:
    ours = Lock().with_take(A, kept(store, key_of("a"), 1, "a1"))
    link_renders(renders, store, ours)
    theirs = Lock().with_take(A, kept(store, key_of("b"), 1, "b1"))
    assert link_renders(renders, store, theirs) == Linked(1, 0, 0, 0, ())
    path = renders.folder / sorted(NAMES)[0]
    assert path.read_bytes() == png("b1")
    assert json.loads(Path(f"{path}.json").read_text())["render_key"] == key_of("b")
    assert store.path_of(store.takes_of(key_of("a"))[0].pictures[0]).read_bytes() == png("a1")


def test_a_merged_number_is_found_by_its_bytes(store: Store, renders: Renders, tmp_path: Path) -> None:
    theirs = Lock().with_take(A, kept(store, key_of("a"), 1, "theirs"))
    elsewhere = Store(tmp_path / "elsewhere")
    ours = Lock().with_take(A, kept(elsewhere, key_of("a"), 1, "ours"))
    done = link_renders(renders, store, merge_locks(ours, theirs))
    assert (done.made, done.absent) == (1, 1)
    sidecar = json.loads((renders.folder / f"{sorted(NAMES)[1]}.json").read_text())
    assert (sidecar["take"], sidecar["address"]) == (2, f"{A}#v1.2")


def test_a_disk_without_links_gets_copies(store: Store, renders: Renders, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = a_lock(store)

    def no_links(*_: object) -> None:
        raise OSError(errno.EXDEV, "cross-device")

    monkeypatch.setattr(room.os, "link", no_links)
    assert link_renders(renders, store, lock) == Linked(5, 0, 0, 0, ())
    assert link_renders(renders, store, lock) == Linked(0, 5, 0, 0, ())
    path = renders.folder / sorted(NAMES)[0]
    assert (path.stat().st_nlink, path.stat().st_mode & 0o777, path.read_bytes()) == (1, 0o444, png("a1"))
    assert link_renders(renders, store, Lock()).removed == 5
    assert files(renders) == set()


def test_names_that_clash_are_said_and_the_first_stays(store: Store, renders: Renders) -> None:
    lock = a_lock(store)
    flat = Renders(renders.folder, "noir", "night", pattern="{stage}_{version}_{take}[_{panel}]")
    twin = lock.with_take("sc010/sh020@ITERATE", kept(store, key_of("t"), 1))
    done = link_renders(flat, store, twin)
    assert done.made == 5
    [problem] = done.problems
    assert problem.address == "sc010/sh020@ITERATE"
    assert "already the name of sc010/sh010@iterate" in problem.message


def test_a_pattern_with_folders_of_its_own(store: Store, renders: Renders) -> None:
    lock = a_lock(store)
    link_renders(renders, store, lock)
    own = Renders(
        renders.folder, "noir", "night", pattern="{stage}/{scene}_{shot}[.{variant}]_v{version}_t{take}[_{panel}]"
    )
    assert link_renders(own, store, lock)[:3] == (5, 0, 5)
    assert "noir/final/sc020_sh010.dusk_v1_t1_3.png" in files(own)
    assert not NAMES & files(own)


def test_bytes_that_are_lost_are_said(store: Store, renders: Renders) -> None:
    lock = a_lock(store)
    take = store.takes_of(key_of("a"))[0]
    store.path_of(take.pictures[0]).unlink()
    assert link_renders(renders, store, lock)[:4] == (4, 0, 0, 1)
    [problem] = link_take(renders, store, A, 1, take).problems
    assert "its bytes are not in the store" in problem.message


def test_a_list_that_names_files_outside_removes_nothing(store: Store, renders: Renders, tmp_path: Path) -> None:
    victim = tmp_path / "victim.png"
    victim.write_bytes(png("v"))
    sha256 = __import__("hashlib").sha256(png("v")).hexdigest()
    listed = renders.folder / "noir/.shotpilot/night.links"
    listed.parent.mkdir(parents=True)
    listed.write_text(f"{sha256} ../victim.png\n{sha256} {victim}\nnonsense\n")
    assert link_renders(renders, store, Lock()).removed == 0
    assert victim.exists()


def test_the_sidecar_says_where_a_picture_came_from(store: Store, renders: Renders) -> None:
    take = kept(store, key_of("a"), 2, "a", **ORIGIN)
    link_take(renders, store, B, 3, take)
    path = renders.folder / "noir/sc020/noir_sc020_sh010.dusk_final_v003_t02.png"
    said: dict[str, Any] = json.loads(Path(f"{path}.json").read_text())
    judge = Draft202012Validator(schema("sidecar-1"), format_checker=FormatChecker())
    assert [error.message for error in judge.iter_errors(said)] == []
    picture = take.pictures[0]
    assert said["file"] == {
        **picture._asdict(),
        "name": path.name,
        "colour_profile": False,
        "colour_space": "sRGB (assumed: no profile)",
    }
    wanted = {
        "show": "noir",
        "title": "Noir",
        "address": f"{B}#v3.2",
        "scene": "sc020",
        "shot": "sh010",
        "variant": "dusk",
        "stage": "final",
        "version": 3,
        "take": 2,
        "panel": None,
        "render_key": key_of("a"),
        "prompt": "Wide shot. @Element1 waits.",
        "request": {"endpoint": ORIGIN["endpoint"], "input": ORIGIN["input"]},
        "carried_from": "b" * 64,
        "queue": "https://queue.fal.run",
        "request_id": "req-1",
        "place_in_roll": 2,
        "source_url": "https://media.example/1.png",
        "price": {"estimated_usd": "0.028", "billed_usd": None, "billable_units": "1"},
        "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        "rehearsal": False,
        "more": {"lens_of_the_day": "35mm"},
    }
    assert {key: said[key] for key in wanted} == wanted
    assert said["marks"]["text"] == ["words"]
    assert said["times"]["finished"] == "2026-11-23T02:00:00Z"
    assert [(one["role"], one["number"], one["from"], one["source"]) for one in said["references"]] == [
        ("image", 1, "file", "refs/teal.jpg"),
        ("image", 2, "take", None),
        ("element frontal_image", 1, "take", None),
        ("element reference_image", 1, "web", "https://x.example/r.jpg"),
    ]


def test_a_slate_says_that_it_is_one_and_little_known_is_null(store: Store, renders: Renders) -> None:
    take = store.keep(key_of("s"), 1, [_aside(store)], {"input": "no map"})
    rehearsal = Renders(renders.folder, "noir", "night", rehearsal=True)
    link_take(rehearsal, store, A, 1, take)
    said = json.loads((renders.folder / f"{sorted(NAMES)[0]}.json").read_text())
    assert not list(
        Draft202012Validator(schema("sidecar-1")).iter_errors({**said, "request": {"endpoint": None, "input": None}})
    )
    assert said["rehearsal"] is True
    assert said["digital_source_type"].endswith("/algorithmicMedia")
    assert (said["queue"], said["prompt"], said["references"], said["carried_from"]) == (None, None, [], None)


def _aside(store: Store) -> Any:
    from tests.store.stock import put_aside

    return put_aside(store, "slate")


@given(
    st.lists(
        st.tuples(st.sampled_from([A, B, "sc010/sh020@it"]), st.sampled_from("ab"), st.integers(1, 3)), max_size=8
    ),
    st.data(),
)
@settings(max_examples=30)
def test_any_order_of_work_ends_in_what_the_lock_says(
    tmp_path_factory: pytest.TempPathFactory, bought: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    base = tmp_path_factory.mktemp("show")
    store, renders = Store(base / "store", durable=False), Renders(base / "renders", "noir", "night")
    lock = Lock()
    for address, key, number in bought:
        take = kept(store, key_of(key), number)
        lock = lock.with_take(address, take)
        if data.draw(st.booleans()):
            link_take(renders, store, address, lock.version(address, take.key), take)
        if data.draw(st.booleans()):
            link_renders(renders, store, data.draw(st.sampled_from([lock, Lock()])))
    link_renders(renders, store, lock)
    seen = files(renders) if renders.folder.exists() else set()
    assert len(seen) == 2 * len(lock.lines)
    for line in lock.lines:
        [path] = [
            renders.folder / name
            for name in seen
            if name.endswith(f"_v{line.version:03}_t{line.take:02}.png") and _is_of(name, line.address)
        ]
        assert os.path.samefile(path, next((base / "store").rglob(f"{line.sha256}.png")))


def _is_of(name: str, address: str) -> bool:
    return name.rpartition("/")[2].startswith("noir_" + address.replace("/", "_").replace("@", "_"))
