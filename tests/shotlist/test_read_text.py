"""Bytes of every kind: a text, or one problem with its cure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shotpilot_pipeline.shotlist import filetext
from tests.shotlist.reading import HEAD, load, read, shot

GOOD = shot("prompt: |", "  one", "  two", "notes: café")


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).shots["sc/sh"]["prompt"] == "one\ntwo\n"


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_every_system_are_accepted_and_change_nothing(tmp_path: Path, end: str) -> None:
    here = read(tmp_path, GOOD)
    there = read(tmp_path, GOOD.replace("\n", end).encode())
    assert there.shots == here.shots
    assert there.source
    assert here.source
    assert there.source.scenes[0].shots[0].digest == here.source.scenes[0].shots[0].digest


def test_lines_are_counted_as_editors_count_them(tmp_path: Path) -> None:
    found = read(tmp_path, shot("prompt: a\u2028b\u0085c", "promt: x").replace("\n", "\r\n").encode())
    assert found.places == [(8, 9)]


@pytest.mark.parametrize(
    ("data", "line", "column", "says"),
    [
        (
            HEAD.encode() + "title: caf\xe9".encode("cp1252"),
            3,
            11,
            "byte 0xE9 is not UTF-8 (in Windows-1252 it would be é)",
        ),
        (HEAD.encode() + b"title: it\x92s", 3, 10, "it would be \u2019"),
        ("\ufeffä: ".encode() + b"\xff", 1, 4, "byte 0xFF is not UTF-8"),
        (HEAD.encode() + b"title: a\0b", 3, 9, "NUL"),
        (HEAD.encode() + b"title: a\x1b[31m", 3, 9, "control character U+001B"),
        (HEAD.encode() + "title: é\x9b".encode(), 3, 9, "control character U+009B"),
        (HEAD.encode() + "title: é\ufffe".encode(), 3, 9, "control character U+FFFE"),
        (HEAD.encode("utf-16"), 0, 0, "UTF-16"),
        (b"", 0, 0, "is empty"),
        (b" \n\n", 0, 0, "is empty"),
        (b"# only a comment\n", 1, 1, "nothing but comments"),
    ],
)
def test_what_is_no_text_has_one_problem_with_a_cure(
    tmp_path: Path, data: bytes, line: int, column: int, says: str
) -> None:
    found = read(tmp_path, data)
    assert found.source is None
    assert (found.only.place.line, found.only.place.column) == (line, column)
    assert says in found.only.message
    assert found.only.hint


def test_a_folder_a_missing_file_and_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for name, says in ((".", "is a folder"), ("none.yaml", "no such file"), ("pipe.yaml", "not a regular file")):
        assert says in load(tmp_path / name, tmp_path).only.message


def test_a_file_that_is_too_big_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    with path.open("wb") as opened:
        opened.truncate(100_000_000)
    assert load(path, tmp_path).only.message == "holds 100 MB; the limit is 50 MB"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "list.yaml").write_text(HEAD)
    monkeypatch.setattr(Path, "open", refused)
    problem = filetext.read_text(tmp_path / "list.yaml", "list.yaml")
    assert str(problem) == "list.yaml: cannot be read (Permission denied); check the path and its permissions"
