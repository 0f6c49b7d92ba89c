"""What a memo says is said as the command that reads it would have said it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Problem
from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.shotlist import scenememo
from shotpilot_pipeline.shotlist.recall import compile_or_recall
from shotpilot_pipeline.shotlist.scenememo import KeptScene
from shotpilot_pipeline.values.task import Task
from tests.shotlist.compiling import catalog

SHOT = "prompt: a, negative_prompt: blur, stages: {still: {model: kling-o3}}"
LIST = f"""\
shotlist: 1
show: noir
include: [scenes/more.yaml, ../cast.yaml]
scenes: {{sc010: {{shots: {{sh010: {{{SHOT}}}}}}}}}
"""
MORE = f"scenes:\n  sc020:\n    shots:\n      sh010: {{{SHOT}}}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shotpilot.toml").write_text("")
    (tmp_path / "lists/scenes").mkdir(parents=True)
    (tmp_path / "lists/night.yaml").write_text(LIST)
    (tmp_path / "lists/scenes/more.yaml").write_text(MORE)
    (tmp_path / "cast.yaml").write_text(f"scenes: {{sc030: {{shots: {{sh010: {{{SHOT}}}}}}}}}")
    return tmp_path


def places(file: str, root: Path, memo: str) -> list[str]:
    compiled, problems, *_ = compile_or_recall(Path(file), root, catalog(), root / memo, scenes=True)
    assert compiled is not None, problems
    tasks = [task.place for task in compiled.tasks]
    shots = [shot.place for scene in compiled.scenes for shot in scene.shots]
    assert tasks == shots
    return [*tasks, *(str(problem.place) for problem in problems)]


@pytest.mark.parametrize(
    ("folder", "typed"),
    [("lists", "night.yaml"), ("lists/scenes", "../night.yaml"), (".", "lists/night.yaml"), (".", "")],
)
@pytest.mark.parametrize("edited", [False, True])
def test_places_of_a_memo_are_said_from_where_the_user_stands(
    root: Path, folder: str, typed: str, edited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    places("lists/night.yaml", root, "first.memo")
    if edited:
        (root / "lists/night.yaml").write_text(LIST.replace("prompt: a", "prompt: b"))
    typed = typed or str(root / "lists/night.yaml")
    monkeypatch.chdir(root / folder)
    assert places(typed, root, "first.memo") == places(typed, root, "none.memo")
    assert all((root / folder / place.partition(":")[0]).is_file() for place in places(typed, root, "first.memo"))


def test_a_memo_holds_no_path_of_the_machine(root: Path) -> None:
    places(str(root / "lists/night.yaml"), root, "a.memo")
    assert str(root) not in (root / "a.memo").read_text()


WARNED = """\
shotlist: 1
show: noir
include: [more.yaml]
stages:
  still: {model: kling-v3}
defaults:
  negative_prompt: blur
scenes:
  sc010:
    shots:
      sh010:
        prompt: a street
      sh020:
        prompt: a door
        negative_prompt: grain
"""
INCLUDED = """\
scenes:
  sc020:
    shots:
      sh010:
        prompt: a lamp
      sh020: {prompt: a hat, negative_prompt: smoke}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a street", "a long street"),
        ("      sh010:", "      sh005: {prompt: a bell}\n      sh010:"),
        ("show: noir", "# a comment\nshow: noir"),
        ("  negative_prompt: blur", "\n\n  negative_prompt: blur"),
        ("        prompt: a door\n", "        prompt: a door\n\n        # new\n"),
        ("    shots:", "    place: a pier\n    shots:"),
        ("      sh020:\n        prompt: a door\n        negative_prompt: grain\n", ""),
        ("[more.yaml]", "\n  - more.yaml"),
    ],
)
@pytest.mark.parametrize("file", ["list.yaml", "more.yaml"])
def test_problems_recalled_are_those_that_compiling_anew_would_find(
    tmp_path: Path, file: str, old: str, new: str
) -> None:
    texts = {"list.yaml": WARNED, "more.yaml": INCLUDED}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)

    def found(memo: str) -> list[Problem]:
        return list(compile_or_recall(tmp_path / "list.yaml", tmp_path, catalog(), tmp_path / memo)[1])

    first = found("a.memo")
    assert len(first) == 3  # that of the defaults is told once
    assert found("a.memo") == first
    assert any(problem.chain for problem in first)
    assert all(problem.end is not None for problem in first)
    (tmp_path / file).write_text(texts[file].replace(old, new))
    edited = found("a.memo")
    assert edited == found("b.memo")
    assert found("a.memo") == edited


LONG = """\
shotlist: 1
show: noir
defaults: {{size: WS, lens: 50mm, subject: the sea, action: rises, place: a pier, light: moonlight, mood: calm}}
scenes:
  sc010:
    shots:
      sh010:
        style: {words}
  sc020:
    shots:
      sh010:
        style: a lighthouse
  sc030:
    shots:
      sh010:
        style: a gull
"""


@pytest.mark.parametrize("edited", [False, True])
def test_a_check_after_an_edit_makes_no_task_of_a_scene_that_stayed(
    tmp_path: Path, edited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(LONG.format(words="a boat"))
    assert check_file(path, tmp_path).problems == ()
    if edited:
        path.write_text(LONG.format(words="a ship"))
    made: list[str] = []

    def tasks_in(data: bytes, row: KeptScene, file: str) -> tuple[Task, ...]:
        made.append(row.id)
        return scenememo_tasks(data, row, file)

    scenememo_tasks = scenememo.tasks_in
    monkeypatch.setattr(scenememo, "tasks_in", tasks_in)
    checked = check_file(path, tmp_path)
    assert (checked.problems, checked.tasks) == ((), 3)
    assert made == (["sc010"] if edited else [])
