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
        ('        style: "a \\u0072ed lamp"\n', "red", "blue"),  # written with an escape
        ("        style: red\n", "red", ""),  # nothing would be left
        ("        style: red {{ 'r' }}ed\n", "lamp", "blue"),  # not there
    ],
)
def test_what_cannot_be_told_for_sure_is_left_alone(tmp_path: Path, written: str, piece: str, new: str) -> None:
    assert edit(tmp_path, written, piece, new)[1] is None


@pytest.mark.parametrize(
    ("written", "new", "then"),
    [
        ('        style: "a red lamp"\n', 'the "b"', 'a the "b" lamp'),
        ('        style: "a red lamp"\n', "c:\\d", "a c:\\d lamp"),
        ("        style: 'a red lamp'\n", "it's", "a it's lamp"),
        ("        style: a red lamp\n", 'the "b"', 'a the "b" lamp'),
        ("        style: |\n          a red\n          lamp\n", 'the "b": c', 'a the "b": c lamp'),
    ],
)
def test_quotes_are_written_as_the_text_around_them_wants_it(tmp_path: Path, written: str, new: str, then: str) -> None:
    assert edit(tmp_path, written, "red", new)[1] == then


@pytest.mark.parametrize("mark", ["|", ">-", "", '"'])
def test_a_piece_over_two_lines_is_found_and_the_line_end_before_one_stays(tmp_path: Path, mark: str) -> None:
    lines = ["deep", "red lamp --ar 1:1", "--no fog, end"] if mark not in ("", '"') else ["deep", "red lamp, end"]
    opening, closing = (mark, mark) if mark == '"' else (f"{mark}\n          " if mark else "", "")
    written = f"        style: {opening}" + "\n          ".join(lines) + f"{closing}\n"
    whole = " ".join(lines)
    path = tmp_path / "list.yaml"
    path.write_text(LIST % written, encoding="utf-8")
    source, _ = read_source(path, tmp_path)
    assert source is not None
    shot = source.scenes[0].shots[0]
    pencil = Pencil(Pages(), tmp_path)
    pencil.hold(shot)
    node, _ = load_shot(shot, tmp_path)
    assert node is not None
    style = node.map["style"]
    text = Text("style", whole, str(style.value), style.place, style.key_place)
    span = pencil.span(text, "deep red", 0)
    assert span is not None
    assert (span[0].line + 1, span[1].column) == (span[1].line, 14)
    flag = pencil.span(text, " --no fog", 0) if "--no" in whole else None
    assert flag is None or (flag[0].column, flag[1].column) == (11, 19)


def test_changes_that_need_quotes_are_made_in_one_edit(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(LIST % "        style: “a” and “b”\n", encoding="utf-8")
    source, _ = read_source(path, tmp_path)
    assert source is not None
    shot = source.scenes[0].shots[0]
    node, _ = load_shot(shot, tmp_path)
    assert node is not None
    style = node.map["style"]
    pencil = Pencil(Pages(), tmp_path)
    pencil.hold(shot)
    text = Text("style", str(style.value), str(style.value), style.place, style.key_place)
    made = pencil.edits(text, [("“", 0, '"'), ("“", 1, '"'), ("”", 0, '"'), ("”", 1, '"')])
    assert [edit.text for edit in made] == ['"\\"a\\" and \\"b\\""']
