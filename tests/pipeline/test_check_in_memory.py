"""A list can be checked as it stands in an editor: nothing is read from disk for a text that is given, or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.source import read_source
from shotpilot_pipeline.telling.text import told

LIST = "shotlist: 1\nshow: x\ninclude: [looks.yaml]\nscenes: {a: {shots: {b: {prompt: a street, look: noir}}}}\n"
LOOKS = "looks:\n  noir: black and {{ vars.white }}\n"


def test_texts_that_no_disk_holds_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    pages = Pages({path: LIST.replace("prompt", "subject"), tmp_path / "looks.yaml": LOOKS})
    (problem,) = check_file(path, None, pages).problems
    assert (problem.place.file, problem.place.line, problem.place.column) == (str(tmp_path / "looks.yaml"), 2, 19)
    assert [(step.place.file, step.place.line) for step in problem.chain] == [(str(path), 4), (str(path), 3)]
    assert "{{ vars.white }}" in told(problem, pages.lines)[1]
    assert list(tmp_path.iterdir()) == []


def test_a_text_in_memory_counts_instead_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.yaml").write_text(LIST)
    Path("looks.yaml").write_text("looks: {noir: black}\n")
    assert check_file(Path("list.yaml"), None).problems == ()
    kept = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    for given, rules in [
        ({Path("list.yaml"): LIST.replace("look:", "lok:")}, ["schema-unknown-key"]),
        ({Path("looks.yaml"): "looks: {nuit: black}\n", Path("list.yaml"): LIST.replace("prompt", "subject")},
         ["unknown-look"]),
        ({tmp_path / "list.yaml": "shotlist: 1\n"}, ["schema-missing-key"]),
        ({Path("list.yaml"): ""}, ["file"]),
        ({Path("list.yaml"): LIST.replace("street", "long street")}, []),
    ]:  # fmt: skip
        assert [problem.rule for problem in check_file(Path("list.yaml"), None, Pages(given)).problems] == rules
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.picks.yaml", "picks: 1\na/b@still: first\n", "picks"),
        ("drill.yaml", "faults: 1\nrules: 7\n", "faults"),
        ("looks.yaml", "looks: [noir]\n", "fragment"),
    ],
)
def test_other_files_too(tmp_path: Path, name: str, text: str, kind: str) -> None:
    found = check_file(tmp_path / name, None, Pages({tmp_path / name: text}))
    assert found.kind == kind
    assert len(found.problems) == 1


def test_what_is_defined_where_can_be_looked_up_in_a_text_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    source, problems = read_source(path, tmp_path, Pages({path: LIST, tmp_path / "looks.yaml": LOOKS}))
    assert source is not None, problems
    look = source.head.get("looks", "noir")
    assert look is not None
    assert (look.key_place.file, look.key_place.line) == (str(tmp_path / "looks.yaml"), 2)
    assert [(shot.id, shot.line) for scene in source.scenes for shot in scene.shots] == [("b", 4)]
