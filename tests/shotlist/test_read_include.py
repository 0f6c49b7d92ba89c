"""Includes: where they lead, what they may hold, and who defined what."""

from __future__ import annotations

from pathlib import Path

import pytest

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.shotlist.source import find_root, kind_of, read_fragment
from tests.shotlist.reading import HEAD, load, read

CAST = "cast:\n  vera: refs/vera.jpg\n"
SCENES = "scenes:\n  a:\n    shots:\n      b: {prompt: from the fragment}\n"


def test_includes_come_first_and_paths_are_relative_to_the_including_file(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/deep.yaml").write_text("shotlist: 1\nvars: {deep: 1}\n" + SCENES)
    (tmp_path / "parts/cast.yaml").write_text(CAST + "include: [deep.yaml]\nx-note: mine\n")
    own = "include: [parts/cast.yaml]\nvars: {own: 2}\ncast: {joe: j.jpg}\n"
    own += "scenes:\n  c:\n    shots:\n      d: {prompt: own}\n"
    found = read(tmp_path, HEAD + own)
    assert found.problems == []
    assert found.source
    head = found.source.head
    assert head.plain()["vars"] == {"deep": "1", "own": "2"}
    assert list(head.plain()["cast"]) == ["vera", "joe"]
    assert list(found.shots) == ["a/b", "c/d"]
    assert list(found.source.files) == ["list.yaml", "parts/cast.yaml", "parts/deep.yaml"]
    vera = head.get("cast", "vera")
    assert vera
    assert vera.file == str(tmp_path / "parts/cast.yaml")
    assert found.source.scenes[0].shots[0].file == str(tmp_path / "parts/deep.yaml")


def test_the_path_in_messages_is_what_the_user_would_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "cast.yaml").write_text("cats: {}\n")
    (tmp_path / "lists/a.yaml").write_text(HEAD + "include: [../cast.yaml]\n")
    monkeypatch.chdir(tmp_path)
    assert str(load(Path("lists/a.yaml"), tmp_path).only).startswith("cast.yaml:1:1: 'cats' is not a key of a fragment")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("../outside.yaml", "leads out of the show"),
        ("link.yaml", "leads out of the show"),
        ("loop.yaml", "leads out of the show"),
        ("/etc/passwd", "is not a path from this file's folder"),
        ("https://example.com/a.yaml", "is no path of a file"),
        ("''", "is no path of a file"),
        ("cats.yaml", 'names no file; did you mean "cast.yaml"?'),
        ("folder", "is a folder"),
    ],
)
def test_an_include_that_leads_nowhere(tmp_path: Path, entry: str, says: str) -> None:
    root = tmp_path / "show"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text(CAST)
    (root / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "loop.yaml").symlink_to(root / "loop.yaml")
    found = read(root, f"{HEAD}include: [{entry}]\n", cast=CAST)
    assert found.source is None
    assert says in str(found.only)
    assert (found.only.place.line, found.only.chain) == (3, ())


def test_a_symlink_inside_the_show_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text(CAST)
    (tmp_path / "link.yaml").symlink_to(tmp_path / "real.yaml")
    assert read(tmp_path, HEAD + "include: [link.yaml]\n").problems == []


def test_a_cycle_is_drawn(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + "include: [b.yaml]\n", b="include: [c.yaml]\n", c="include: [list.yaml]\n")
    here = str(tmp_path)
    drawn = f"{here}/list.yaml -> {here}/b.yaml -> {here}/c.yaml -> {here}/list.yaml"
    assert found.only.message == f"includes go in a circle: {drawn}"
    assert found.only.place.file == f"{here}/c.yaml"
    itself = read(tmp_path, HEAD + "include: [list.yaml]\n").only.message
    assert itself == f"includes go in a circle: {here}/list.yaml -> {here}/list.yaml"


def test_a_fragment_that_two_files_include_is_read_once(tmp_path: Path) -> None:
    text = HEAD + "include: [a.yaml, b.yaml, cast.yaml]\n"
    found = read(tmp_path, text, a="include: [cast.yaml]\n", b="include: [cast.yaml]\n", cast=CAST)
    assert found.problems == []


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ("vars: {a: 1}", "the variable 'a'"),
        ("cast: {a: x.jpg}", "the cast member 'a'"),
        ("images: {a: x.jpg}", "the image 'a'"),
        ("looks: {a: noir}", "the look 'a'"),
        ("scenes: {a: {}}", "the scene 'a'"),
    ],
)
def test_an_id_defined_twice_names_both_places(tmp_path: Path, section: str, what: str) -> None:
    found = read(tmp_path, f"{HEAD}include: [one.yaml]\n{section}\n", one=f"{section}\n")
    assert found.only.message.startswith(f"{what} is defined here and at {tmp_path}/one.yaml:1:")
    assert (found.only.place.file, found.only.place.line) == (f"{tmp_path}/list.yaml", 4)
    assert found.only.hint == "keep one of the two, or rename one"


def test_fragments_hold_only_vars_cast_images_looks_and_scenes(tmp_path: Path) -> None:
    fragment = "shotlist: 1\nstages: {a: {}}\nshow: y\ncats: {}\nvars: {a: 1}\n"
    found = read(tmp_path, HEAD + "include: [one.yaml]\n", one=fragment)
    assert [(problem.place.line, problem.hint) for problem in found.problems[:2]] == [
        (2, "write it in the shot list that includes this fragment"),
        (3, "write it in the shot list that includes this fragment"),
    ]
    assert found.problems[2].hint == 'did you mean "cast"?'


def test_faults_of_all_files_are_found_at_once(tmp_path: Path) -> None:
    text = HEAD + "include: [one.yaml, two.yaml]\nscnes: {}\n"
    found = read(tmp_path, text, one="cast:\n  a: @x\n", two="scenes:\n  a:\n    shots:\n      b:\n        promt: x\n")
    assert [Path(problem.place.file).name for problem in found.problems] == ["list.yaml", "one.yaml", "two.yaml"]


def test_the_head_digest_tells_what_changed(tmp_path: Path) -> None:
    def digest(text: str, **more: str) -> str:
        source = read(tmp_path, text, **more).source
        assert source
        return source.head_digest

    base = HEAD + "include: [one.yaml]\n" + SCENES
    one = digest(base, one="vars: {a: 1}\n")
    assert digest(base + "\n# a comment\n", one="vars:\n    a:   '1'\n") == one
    assert digest(base.replace("from the", "from a"), one="vars: {a: 1}\n") == one  # a shot is not the head
    assert digest(base, one="vars: {a: 2}\n") != one
    assert digest(base.replace("    shots:", "    time: DAY\n    shots:"), one="vars: {a: 1}\n") != one


def test_the_root_is_the_nearest_marked_folder(tmp_path: Path) -> None:
    inner = tmp_path / "show/lists/deep"
    inner.mkdir(parents=True)
    file = inner / "a.yaml"
    assert find_root(file) == inner
    (tmp_path / "show/.shotpilot").mkdir()
    assert find_root(file, None) == tmp_path / "show"
    (inner.parent / "shotpilot.toml").touch()
    assert find_root(file) == inner.parent
    assert find_root(file, tmp_path) == tmp_path
    (inner / "shotpilot.toml").touch()
    assert find_root(file) == inner


def test_a_list_outside_of_the_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / "show").mkdir()
    (tmp_path / "a.yaml").write_text(HEAD)
    problem = load(tmp_path / "a.yaml", tmp_path / "show").only
    assert "lies outside of the show's root" in problem.message
    assert not isinstance(problem, UsageError)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (HEAD, "shotlist"),
        ("\ufeffshotlist : 1\nshow: x\nstages: {}\n", "shotlist"),
        ("shotlist: 1\nstages: {}\n", "shotlist"),
        ("shotlist: 1\n" + CAST, "fragment"),
        (CAST + "x-mine: 1\n", "fragment"),
        ("picks: 1\nsc/sh@a: 3\n", "picks"),
        ("a: 1\n", "unknown"),
        ("", "unknown"),
        (": {[", "unknown"),
    ],
)
def test_a_file_is_known_by_its_header(tmp_path: Path, text: str, kind: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert kind_of(path) == kind
    assert kind_of(tmp_path) == "unknown"
    assert kind_of(tmp_path / "none.yaml") == "unknown"


def test_a_fragment_can_be_checked_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(CAST + SCENES)
    assert read_fragment(path, tmp_path) == ()
    path.write_text(CAST + SCENES.replace("prompt", "promt"))
    assert [problem.rule for problem in read_fragment(path, tmp_path)] == ["schema-unknown-key"]
