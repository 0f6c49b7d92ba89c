"""After an edit a plan says what a plan from nothing says, though only the scenes that changed are planned."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from shotpilot_pipeline.cli import plan as plan_command
from shotpilot_pipeline.cli.main import shotpilot
from shotpilot_pipeline.pipeline import answers
from shotpilot_pipeline.pipeline.sceneplans import Again
from shotpilot_pipeline.store import index
from tests.examples import at_most
from tests.pipeline.buying import command, service

HEAD = """\
shotlist: 1
show: night
stages:
  iterate: {model: kling-o3, resolution: 1K, takes: 2, pick: first}
  final: {model: kling-o3, resolution: 1K, takes: 1, carry: image, pick: first}
scenes:
"""
WORDS = ("a pier", "a lamp", "a hat", "a door")


def shot(id: str, words: str, *more: str) -> str:
    return "\n".join((f"      {id}:", f"        prompt: {words}", *(f"        {line}" for line in more), ""))


def scene(id: str, *shots: str) -> str:
    return f"  {id}:\n    shots:\n{''.join(shots)}"


THREE = tuple(
    scene(f"sc0{n}0", shot("sh010", f"{words} {n}"), shot("sh020", words)) for n, words in enumerate(WORDS[:3])
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rehearsed show, so that some of what the lists below ask for is there."""
    folder = tmp_path_factory.mktemp("rehearsed")
    (folder / "list.yaml").write_text(HEAD + "".join(THREE))
    run(folder / "list.yaml", "rehearse", "--quiet")
    shutil.rmtree(folder / ".shotpilot/memo")
    return folder / ".shotpilot"


@pytest.fixture
def here(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with that show's slates. Its files are never too young to be told apart."""
    shutil.copytree(store, tmp_path / ".shotpilot", copy_function=shutil.copyfile)
    monkeypatch.setattr(index, "RACY", -1)
    monkeypatch.setattr(answers, "RACY", -1)
    return tmp_path


def run(path: Path, command: str, *options: str) -> str:
    """What a command says of a list, from the folder the list stands in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        done = CliRunner().invoke(shotpilot, [command, path.name, *options], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.output


def plan(path: Path, *options: str) -> tuple[str, str, Again | None]:
    """What a plan says where it was planned before, what it says from nothing, and what was planned again alone."""
    found: list[Again | None] = []

    def spied(*arguments: Any) -> Again | None:
        found.append(again := planned_again(*arguments))
        return again

    planned_again = plan_command.planned_again
    with patch.object(plan_command, "planned_again", spied):
        said = run(path, "plan", *options)
    shutil.move(path.parent / ".shotpilot/memo", path.parent / "memo")
    anew = run(path, "plan", *options)
    shutil.rmtree(path.parent / ".shotpilot/memo")
    shutil.move(path.parent / "memo", path.parent / ".shotpilot/memo")
    return said, anew, found[0] if found else None


ONE, TWO = THREE[0], THREE[1]
Edit = Callable[[str, str, str], list[str]]
ASKING = shot("sh030", "a bell", "images: {p: {pick: sc000/sh010@iterate}}", "add_images: [p]")
#: How three scenes are edited, and how many are planned alone then; -1: all are planned.
EDITS: dict[str, tuple[Edit, int]] = {
    "a word": (lambda a, b, c: [a, b.replace("a lamp 1", "a lamp 9"), c], 1),
    "an id in two scenes": (lambda a, b, c: [a, b.replace("sh010", "sh015"), c.replace("sh010", "sh015")], 2),
    "a shot more": (lambda a, b, c: [a, b + shot("sh030", "a bell"), c], 1),
    "a shot less": (lambda a, b, c: [a, b.partition("      sh020")[0], c], 1),
    "a held shot": (lambda a, b, c: [a.replace("a pier 0", "a pier 0\n        hold: true"), b, c], 1),
    "more takes": (lambda a, b, c: [a.replace("a pier 0", "a pier 0\n        takes: 3"), b, c], 1),
    "only a comment": (lambda a, b, c: ["  # the first night\n\n" + a, b, c], 0),
    "only a note": (lambda a, b, c: [a.replace("a pier 0", "a pier 0\n        x-note: wet"), b, c], 0),
    "a scene more": (lambda a, b, c: [a, b, c, scene("sc090", shot("sh010", "a bell"))], -1),
    "a scene less": (lambda a, b, c: [a, b], -1),
    "another order": (lambda a, b, c: [b, a, c], -1),
    "one request in two of them": (
        lambda a, b, c: [a, b.replace("a lamp 1", "a bell"), c.replace("a hat 2", "a bell")],
        2,
    ),
    "a request that another scene buys": (lambda a, b, c: [a, b.replace("a lamp 1", "a new bell"), c], -1),
    "the pick of another scene": (lambda a, b, c: [a, b + ASKING, c], -1),
    "a name that widens its column": (lambda a, b, c: [a.replace("sh010", "sh010-far-too-long"), b, c], -1),
}


@pytest.mark.parametrize("options", [("--rehearsal",), ("--rehearsal", "--changes"), ()])
@pytest.mark.parametrize("edit", list(EDITS))
def test_an_edited_list_is_planned_as_if_from_nothing(here: Path, edit: str, options: tuple[str, ...]) -> None:
    path, (edited, alone) = here / "list.yaml", EDITS[edit]
    scenes = [*THREE[:2], THREE[2] + shot("sh030", "a new bell")]
    path.write_text(HEAD + "".join(scenes))
    said, anew, again = plan(path, *options)
    assert (said, again) == (anew, None)
    path.write_text(HEAD + "".join(edited(*scenes)))
    said, anew, again = plan(path, *options)
    assert said == anew
    if alone >= 0:
        assert again is not None
        assert len(again.lines) == alone
    elif edit != "a name that widens its column":
        assert again is None
    said, anew, again = plan(path, *options)
    assert (said, again) == (anew, None), "asked again, the answer stands"


BUDGET = "budget: {show: 5, shot: 0.30, stages: {final: 0.20}}\n"


@pytest.fixture(scope="module")
def bought(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A show that was bought whole, and the queue it was bought at."""
    folder = tmp_path_factory.mktemp("bought")
    (folder / "list.yaml").write_text(BUDGET + HEAD + "".join(THREE))
    with service() as host:
        assert command(host, "render", folder / "list.yaml", "--yes").returncode == 0
        return folder, host.origin


@pytest.fixture
def paid(tmp_path: Path, bought: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to plan."""
    shutil.copytree(bought[0], tmp_path / "show")
    monkeypatch.setenv("SHOTPILOT_FAL_QUEUE_URL", bought[1])
    monkeypatch.setattr(index, "RACY", -1)
    monkeypatch.setattr(answers, "RACY", -1)
    return tmp_path / "show/list.yaml"


def test_what_only_words_made_stale_is_offered_beside_what_the_budgets_say(paid: Path) -> None:
    plan(paid)
    paid.write_text(BUDGET + HEAD + "".join(THREE).replace("a lamp 1", "a lit lamp"))
    said, anew, again = plan(paid)
    assert (said, again is not None) == (anew, True)
    assert "shotpilot accept list.yaml sc010/sh010@iterate" in said
    assert "shot sc010/sh010" in said
    paid.write_text(BUDGET + HEAD + "".join(THREE).replace("a lamp 1", "a lit lamp").replace("a hat 2", "a straw hat"))
    said, anew, again = plan(paid)
    assert (said, again is not None) == (anew, True)
    assert said.count("shotpilot accept") == 2


def test_asked_again_of_a_bought_show_nothing_is_read(paid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To look into the ledger leaves an empty log beside it, which is not as if something had been bought."""
    first = run(paid, "plan")
    assert list(paid.parent.glob(".shotpilot/ledger.db-wal"))
    monkeypatch.setattr(plan_command, "read_list", lambda *_, **__: pytest.fail("it was read"))
    assert run(paid, "plan") == first


def test_a_pick_that_is_not_followed_any_more_is_told(paid: Path) -> None:
    picks = paid.with_suffix(".picks.yaml")
    picks.write_text("picks: 1\nsc010/sh010@iterate: 2\n")
    plan(paid)
    paid.write_text(BUDGET + HEAD + "".join(THREE).replace("a hat 2", "a straw hat"))
    said, anew, again = plan(paid)
    assert (said, again is not None) == (anew, True)
    paid.write_text(BUDGET + HEAD + "".join(THREE).replace("sh010", "sh015"))
    said, anew, again = plan(paid)
    assert (said, again) == (anew, None)
    assert "it is not in the shot list" in said
    picks.write_text("picks: 1\nsc010/sh010@iterate: 3\n")
    for words in ("a straw hat", "a felt hat"):
        paid.write_text(BUDGET + HEAD + "".join(THREE).replace("a hat 2", words))
        said, anew, again = plan(paid)
        assert (said, again) == (anew, None)
        assert "is not a take of the current version" in said


@pytest.mark.parametrize("moved", ["store", "lock", "width", "budget", "title"])
def test_where_anything_else_moved_all_is_planned(paid: Path, moved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(paid)
    text = BUDGET + HEAD + "".join(THREE).replace("a lamp 1", "a lit lamp")
    if moved == "store":
        next((paid.parent / ".shotpilot/store/objects").rglob("*.png")).unlink()
    elif moved == "lock":
        paid.with_suffix(".lock").write_text("".join(paid.with_suffix(".lock").read_text().splitlines(True)[:-1]))
    elif moved == "width":
        monkeypatch.setenv("COLUMNS", "120")
    elif moved == "budget":
        text = text.replace("show: 5", "show: 6")
    else:
        text = f"title: Night\n{text}"
    paid.write_text(text)
    said, anew, again = plan(paid)
    assert (said, again) == (anew, None)


@pytest.mark.parametrize("name", ["planned", "planned-scenes"])
@pytest.mark.parametrize("damage", [lambda text: text[:-60], lambda text: text.replace("take", "tale", 1)])
def test_a_damaged_plan_is_not_said_again(here: Path, name: str, damage: Callable[[str], str]) -> None:
    path = here / "list.yaml"
    path.write_text(HEAD + "".join(THREE))
    plan(path)
    kept = here / f".shotpilot/memo/list.yaml.{name}"
    kept.write_text(damage(kept.read_text()))
    if name == "planned-scenes":
        path.write_text(HEAD + "".join(THREE).replace("a lamp 1", "a lamp 9"))
    said, anew, again = plan(path)
    assert said == anew
    assert again is None or name == "planned"


def test_the_plan_of_a_list_that_another_process_went_on_with_is_not_kept(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, answer = here / "list.yaml", plan_command._answer
    path.write_text(HEAD + "".join(THREE))

    def meanwhile(*arguments: Any) -> Any:
        answered = answer(*arguments)
        path.write_text(HEAD + "".join(THREE[:2]))
        run(path, "check")
        return answered

    monkeypatch.setattr(plan_command, "_answer", meanwhile)
    assert "sc020" in run(path, "plan")
    monkeypatch.undo()
    assert "sc020" not in run(path, "plan")


def test_stages_in_another_order_are_another_film(here: Path) -> None:
    path = here / "list.yaml"
    head = HEAD.replace(", carry: image", "")
    path.write_text(head + "".join(THREE))
    plan(path)
    first, second = head.splitlines()[3:5]
    path.write_text(head.replace(f"{first}\n{second}", f"{second}\n{first}") + "".join(THREE))
    said, anew, again = plan(path)
    assert (said, again) == (anew, None)
    assert said.index("final") < said.index("iterate")


ids = st.sampled_from(["sh010", "sh020", "sh030", "sh-with-a-longer-name"])
mores = st.sampled_from(
    [
        "",
        "hold: true",
        "omit: true",
        "takes: 1",
        "takes: 3",
        "vary: {axes: {light: {red: red light, blue: blue light}}}",
    ]
)
shots = st.dictionaries(ids, st.tuples(st.sampled_from(WORDS), st.integers(0, 2), mores), min_size=1, max_size=3)
scenes = st.dictionaries(st.sampled_from(["sc010", "sc020", "sc030", "sc040"]), shots, min_size=1, max_size=4)


def text_of(drawn: dict[str, dict[str, tuple[str, int, str]]], asks: bool) -> str:
    told = []
    for name, own in drawn.items():
        lines = [shot(id, f"{words} {n}", *filter(None, [more])) for id, (words, n, more) in own.items()]
        if asks and name != next(iter(drawn)):
            first = next(iter(drawn))
            need = f"{first}/{next(iter(drawn[first]))}@iterate"
            if "omit" not in drawn[first][need[6:].partition("@")[0]][2] and "vary" not in str(drawn[first]):
                lines.append(shot("sh900", "a bell", f"images: {{p: {{pick: {need}}}}}", "add_images: [p]"))
        told.append(scene(name, *lines))
    return HEAD + "".join(told)


@settings(max_examples=at_most(60))
@given(st.lists(st.tuples(scenes, st.booleans()), min_size=2, max_size=3), st.booleans(), st.data())
def test_any_list_edited_in_any_way(
    tmp_path_factory: pytest.TempPathFactory,
    store: Path,
    drawn: list[tuple[dict[str, dict[str, tuple[str, int, str]]], bool]],
    rehearsal: bool,
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    shutil.copytree(store, folder / ".shotpilot", copy_function=shutil.copyfile)
    options = ["--rehearsal"] if rehearsal else []
    whole: dict[str, dict[str, tuple[str, int, str]]] = {}
    with patch.object(index, "RACY", -1), patch.object(answers, "RACY", -1):
        for these, asks in drawn:
            kept = data.draw(st.sets(st.sampled_from(sorted(whole)))) if whole else set()
            whole = {name: whole[name] if name in kept else own for name, own in (whole | these).items()}
            (folder / "list.yaml").write_text(text_of(whole, asks and data.draw(st.booleans())))
            if data.draw(st.booleans()):
                assert_checked_as_if_anew(folder / "list.yaml")
            said, anew, _ = plan(folder / "list.yaml", *options)
            assert said == anew
        assert_checked_as_if_anew(folder / "list.yaml")
    shutil.rmtree(folder)


def assert_checked_as_if_anew(path: Path) -> None:
    """What `check` says with the memo there is, it says without."""
    said, memo = run(path, "check"), path.parent / ".shotpilot/memo"
    shutil.move(memo, path.parent / "memo")
    assert run(path, "check") == said
    shutil.rmtree(memo)
    shutil.move(path.parent / "memo", memo)
