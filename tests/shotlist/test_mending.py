"""A piece of a text is found in its file and replaced, in every way a text can be written, or left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Edit
from shotpilot_pipeline.shotlist.mending import Pencil
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.series import folded
from shotpilot_pipeline.shotlist.source import load_shot, read_source
from shotpilot_pipeline.values.lint import Text

LIST = "shotlist: 1\nshow: s\nscenes:\n  sc010:\n    shots:\n      sh010:\n        mood: red red\n%s"
LIST += "        notes: a red end\n"


def edit(folder: Path, written: str, piece: str, new: str, nth: int = 0) -> tuple[str, str | None]:
    """The file with `piece` of the key `style` replaced, read again; None where no edit is offered."""
    path = folder / "list.yaml"
    path.write_text(LIST % written, encoding="utf-8")
    source, problems = read_source(path, folder)
    assert source is not None, problems
    shot = source.scenes[0].shots[0]
    node, problems = load_shot(shot, folder)
    assert node is not None, problems
    style = node.map["style"]
    pencil = Pencil(Pages(), folder)
    pencil.hold(shot)
    text = Text("style", folded(str(style.value)), str(style.value), style.place, style.key_place)
    made = pencil.edit(text, piece, nth, new)
    if made is None:
        return path.read_text(), None
    path.write_text(applied(path.read_text(encoding="utf-8"), made), encoding="utf-8")
    source, problems = read_source(path, folder)
    assert source is not None, problems
    node, problems = load_shot(source.scenes[0].shots[0], folder)
    assert node is not None, problems
    assert node.map["mood"].value == "red red"
    assert node.map["notes"].value == "a red end"
    return path.read_text(), folded(str(node.map["style"].value))


def applied(text: str, made: Edit) -> str:
    lines = text.splitlines(keepends=True)
    assert made.start.line == made.end.line
    line = lines[made.start.line - 1]
    lines[made.start.line - 1] = line[: made.start.column - 1] + made.text + line[made.end.column - 1 :]
    return "".join(lines)


@pytest.mark.parametrize(
    "written",
    [
        "        style: deep red, fine grain\n",
        '        style: "deep red, fine grain"\n',
        "        style: 'deep red, fine grain'   # a red remark\n",
        "        style: |\n          deep red,\n          fine grain\n",
        "        style: >-\n          deep red,\n          fine grain\n",
        '        style: "deep red,\n          fine grain"\n',
        "        style: deep red,\n          fine grain\n",
    ],
)
def test_a_word_is_replaced_however_the_text_is_written(tmp_path: Path, written: str) -> None:
    assert edit(tmp_path, written, "red", "blue")[1] == "deep blue, fine grain"


def test_the_second_of_two(tmp_path: Path) -> None:
    assert edit(tmp_path, "        style: red on red\n", "red", "blue", nth=1)[1] == "red on blue"


@pytest.mark.parametrize(
    ("written", "new", "then"),
    [
        ("        style: red lamp\n", "@vera", "@vera lamp"),
        ("        style: red lamp\n", "Panel 1: a", "Panel 1: a lamp"),
        ("        style: a red lamp\n", 'an "old"', 'a an "old" lamp'),
    ],
)
def test_a_plain_text_gets_quotes_where_it_needs_them(tmp_path: Path, written: str, new: str, then: str) -> None:
    text, value = edit(tmp_path, written, "red", new)
    assert value == then
    assert '"' in text


@pytest.mark.parametrize(
    ("written", "piece", "new"),
    [
        ("        style: deep\n          red lamp\n", "deep red", "blue"),  # folded over two lines
        ('        style: "a \\u0072ed lamp"\n', "red", "blue"),  # written with an escape
        ('        style: "red"\n', "red", 'a "b"'),  # quotes inside quotes
        ("        style: red\n", "red", ""),  # nothing would be left
        ("        style: red {{ 'r' }}ed\n", "lamp", "blue"),  # not there
    ],
)
def test_what_cannot_be_told_for_sure_is_left_alone(tmp_path: Path, written: str, piece: str, new: str) -> None:
    assert edit(tmp_path, written, piece, new)[1] is None
