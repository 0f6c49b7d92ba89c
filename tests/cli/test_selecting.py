"""SELECT means the same in every command, `state:` and `changed:since=` included."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.gitting import begin, commit, git
from tests.cli.shows import LIST, run, run_json, write_list

INCLUDING = LIST.replace("show: night\n", "show: night\ninclude: [cast.yaml]\n").replace("a fisherman", '"@ana"')


def addresses(*arguments: str | Path) -> list[str]:
    return [task["address"] for task in run_json("plan", *arguments)["tasks"]]


@pytest.fixture
def show(tmp_path: Path) -> Path:
    """A show with a face in git, committed once."""
    (tmp_path / "refs").mkdir()
    Image.new("RGB", (400, 400), "navy").save(tmp_path / "refs/ana.png")
    (tmp_path / "cast.yaml").write_text("cast: {ana: {name: Ana, frontal: refs/ana.png}}\n")
    path = write_list(tmp_path, INCLUDING)
    begin(tmp_path)
    commit(tmp_path, "first")
    return path


def test_state_selects_by_the_plan(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    assert addresses(path, "state:new") == ["sc010/sh010@iterate", "sc010/sh020@iterate"]
    assert addresses(path, "state:waiting,tag:hero") == ["sc010/sh010@final"]
    assert addresses(path, "--exclude", "state:waiting") == addresses(path, "stage:iterate")
    done = run("plan", path, "state:cached")
    assert done.returncode == 2
    assert "no task is cached; there are 2 new, 2 waiting" in done.stderr


def test_each_command_takes_the_same_words(tmp_path: Path) -> None:
    path = write_list(tmp_path)
    words = ("state:new", "--exclude", "tag:hero")
    assert [task["address"] for task in run_json("expand", path, *words)] == ["sc010/sh020@iterate"]
    summary = run_json("rehearse", path, "state:new,sc010/sh020")
    assert (summary["takes_new"], summary["outcomes"]["rendered"]) == (3, 1)
    assert run_json("rehearse", path, "state:cached")["outcomes"]["cached"] == 1
    sheet = run_json("report", path, "--rehearsal", "sc010/sh020", "-o", tmp_path / "sheet.html")
    assert sheet["takes"] == 3
    text = (tmp_path / "sheet.html").read_text()
    assert "an old lantern" in text
    assert "coils a rope" not in text
    for command in ("expand", "rehearse", "report", "plan"):
        done = run(command, path, "sc010/sh0200")
        assert (done.returncode, "did you mean sc010/sh020" in done.stderr) == (2, True), command


def test_nothing_changed_since_the_last_commit(show: Path) -> None:
    done = run("plan", show, "changed:since=HEAD")
    assert (done.returncode, "no task changed since HEAD" in done.stderr) == (2, True)


def test_a_shot_that_was_edited_or_added_has_changed(show: Path) -> None:
    show.write_text(INCLUDING.replace("an old lantern", "a new lantern") + "      sh030: {subject: a gull}\n")
    changed = ["sc010/sh020@iterate", "sc010/sh020@final", "sc010/sh030@iterate", "sc010/sh030@final"]
    assert addresses(show, "changed:since=HEAD") == changed
    assert addresses(show, "changed:since=HEAD,stage:final") == changed[1::2]


def test_another_face_behind_the_same_name_changes_whoever_wears_it(show: Path) -> None:
    Image.new("RGB", (400, 400), "maroon").save(show.parent / "refs/ana.png")
    assert addresses(show, "changed:since=HEAD") == ["sc010/sh010@iterate", "sc010/sh010@final"]


def test_an_include_is_compared_too(show: Path) -> None:
    shutil.copy(show.parent / "refs/ana.png", show.parent / "refs/left.png")
    (show.parent / "cast.yaml").write_text("cast: {ana: {frontal: refs/ana.png, references: [refs/left.png]}}\n")
    commit(show.parent, "another angle")
    assert addresses(show, "changed:since=HEAD~1") == ["sc010/sh010@iterate", "sc010/sh010@final"]
    assert run("plan", show, "changed:since=HEAD").returncode == 2
    git(show.parent, "tag", "locked", "HEAD~1")
    assert addresses(show, "changed:since=locked") == ["sc010/sh010@iterate", "sc010/sh010@final"]


def test_a_reference_that_git_does_not_keep_is_taken_as_it_is(show: Path) -> None:
    git(show.parent, "rm", "-q", "--cached", "refs/ana.png")
    (show.parent / ".gitignore").write_text(".shotpilot/\nrenders/\nrefs/\n")
    commit(show.parent, "faces stay at home")
    show.write_text(INCLUDING.replace("coils", "mends"))
    assert addresses(show, "changed:since=HEAD") == ["sc010/sh010@iterate", "sc010/sh010@final"]


def test_a_list_in_a_folder_below_the_repository(tmp_path: Path) -> None:
    folder = tmp_path / "films" / "night"
    folder.mkdir(parents=True)
    path = write_list(folder)
    begin(tmp_path)
    commit(tmp_path, "first")
    write_list(folder, LIST.replace("warm lamplight", "cold lamplight"))
    assert addresses(path, "changed:since=HEAD") == ["sc010/sh020@iterate", "sc010/sh020@final"]


def test_what_git_cannot_tell_is_said_in_a_sentence(show: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    done = run("plan", show, "changed:since=mian")
    assert done.returncode == 2
    assert "git knows no revision 'mian' here; did you mean main?" in done.stderr
    done = run("plan", show, "changed:since=--help")
    assert (done.returncode, "is no git revision" in done.stderr) == (2, True)
    outside = write_list(tmp_path_factory.mktemp("bare"))
    done = run("plan", outside, "changed:since=HEAD")
    assert (done.returncode, "is not in a git repository" in done.stderr) == (2, True)


def test_before_the_list_was_there_everything_is_new(show: Path) -> None:
    other = show.with_name("day.yaml")
    other.write_text(LIST.replace("show: night", "show: day"))
    commit(show.parent, "another list")
    assert addresses(other, "changed:since=HEAD~1") == addresses(other)


def test_a_list_that_did_not_pass_then_says_so(show: Path) -> None:
    show.write_text(INCLUDING.replace("takes: 3", "takes: three"))
    commit(show.parent, "broken")
    show.write_text(INCLUDING)
    done = run("plan", show, "changed:since=HEAD")
    assert done.returncode == 2
    assert "does not pass as it was at HEAD: HEAD:night.yaml:7:" in done.stderr
