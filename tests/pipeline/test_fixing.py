"""Cures are carried out in memory, round by round; what would bring an error is taken back; files are written whole."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from shotpilot_pipeline.errors import Edit, Fix, Place, Problem, Severity, UsageError
from shotpilot_pipeline.pipeline.fixing import Check, automatic, checker, mend, write_mended
from shotpilot_pipeline.shotlist.pages import Pages, lines_of
from shotpilot_pipeline.store import files
from shotpilot_pipeline.store.files import StoreUnwritable

Cures = Sequence[tuple[str, str]]
INCLUDED = re.compile(r"include (\S+)")


def always(problem: Problem) -> bool:
    return problem.fix is not None


def replacing(cures: Cures, faults: Sequence[str] = (), *, sure: bool = True) -> Check:
    """A check that knows words and what should stand there instead; `faults` are words that are errors."""

    def check(file: Path, pages: Pages) -> list[Problem]:
        found = []
        for number, line in enumerate(lines_of(pages.bytes_of(file)), 1):
            for old, new in cures:
                for at in re.finditer(re.escape(old), line):
                    start, end = Place(str(file), number, at.start() + 1), Place(str(file), number, at.end() + 1)
                    fix = Fix(f"{old} becomes {new}", (Edit(start, end, new),), sure)
                    found.append(Problem(f"no-{old}", start, f"{old} {line}", severity=Severity.WARNING, fix=fix))
            found += [Problem("fault", Place(str(file), number), f"{word} here") for word in faults if word in line]
            for below in INCLUDED.findall(line):
                found += check(file.parent / below, pages)
        return found

    return check


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.yaml"


def run(file: Path, check: Check, wanted: Callable[[Problem], bool] = always) -> tuple[list[str], list[str]]:
    """Mend and write; the titles of what was done and of what was refused."""
    made = mend([file], wanted, check)
    write_mended(made)
    (one,) = made.lists
    return [p.fix.title for p in one.done if p.fix], [p.fix.title for p in one.refused if p.fix]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_nothing_but_the_fault_changes(file: Path, end: bytes, bom: bytes) -> None:
    text = bom + end.join([b"# \xe2\x80\xa8 c  ", b"a:   bad # bad\t", b"", b"b: '\xe6\xbc\xa2 bad'", b"  "])
    file.write_bytes(text)
    assert len(run(file, replacing([("bad", "very good")]))[0]) == 3
    assert file.read_bytes() == text.replace(b"bad", b"very good")
    stamp = file.stat().st_mtime_ns
    assert run(file, replacing([("bad", "very good")])) == ([], [])
    assert file.stat().st_mtime_ns == stamp


def test_what_a_cure_uncovers_is_mended_in_the_next_round(file: Path) -> None:
    file.write_text("a b\n")
    assert run(file, replacing([("a", "c"), ("c b", "d")])) == (["a becomes c", "c b becomes d"], [])
    assert file.read_text() == "d\n"


def test_cures_that_overlap_are_done_one_after_the_other_or_not_at_all(file: Path) -> None:
    file.write_text("abc\n")
    assert run(file, replacing([("ab", "x"), ("bc", "y")]))[0] == ["ab becomes x"]
    assert file.read_text() == "xc\n"


def test_a_cure_that_brings_an_error_is_taken_back_alone(file: Path) -> None:
    file.write_text("a b c d e\n")
    done, refused = run(file, replacing([(old, old.upper()) for old in "abcde"], faults=["C"]))
    assert done == [f"{old} becomes {old.upper()}" for old in "abde"]
    assert refused == ["c becomes C"]
    assert file.read_text() == "A B c D E\n"


def test_of_two_cures_that_are_only_bad_together_the_first_stands(file: Path) -> None:
    file.write_text("a b c\n")
    check = replacing([("a", "A"), ("c", "C")], faults=["A b C"])
    assert run(file, check) == (["a becomes A"], ["c becomes C"])
    assert file.read_text() == "A b c\n"
    assert run(file, check) == ([], ["c becomes C"])


def test_an_error_that_was_there_before_hinders_nothing(file: Path) -> None:
    file.write_text("a wrong\n")
    made = mend([file], always, replacing([("a", "A")], faults=["wrong"]))
    assert [problem.rule for problem in made.lists[0].left] == ["fault"]
    assert made.files == {file: ("a wrong\n", "A wrong\n")}


def test_cures_that_undo_each_other_change_nothing(file: Path) -> None:
    file.write_text("start a\n")
    check = replacing([("a ", "b "), ("a\n", "b\n"), ("t b", "t a"), ("t a", "t b")])
    run(file, check)
    first = file.read_text()
    assert first == "start a\n"
    run(file, check)
    assert file.read_text() == first


def test_cures_without_end_are_an_error_and_change_nothing(file: Path) -> None:
    file.write_text("a\n")
    with pytest.raises(UsageError, match=r"list.yaml: each cure brings another one \(no-a\), without end"):
        run(file, replacing([("a", "ba")]))
    assert file.read_text() == "a\n"


def test_an_edit_that_lies_nowhere_is_refused(file: Path) -> None:
    file.write_text("a\n")
    place = Place(str(file), 7, 1)

    def check(path: Path, pages: Pages) -> list[Problem]:
        return [Problem("r", place, "m", severity=Severity.WARNING, fix=Fix("t", (Edit(place, place, "x"),)))]

    assert run(file, check) == ([], ["t"])


def test_what_is_included_is_mended_once_however_many_lists_include_it(file: Path) -> None:
    other = file.with_name("other.yaml")
    file.write_text("include cast.yaml bad\n")
    other.write_text("include cast.yaml\n")
    file.with_name("cast.yaml").write_text("bad\n")
    made = mend([file, other], always, replacing([("bad", "good")]))
    assert [len(one.done) for one in made.lists] == [2, 0]
    write_mended(made)
    assert file.with_name("cast.yaml").read_text() == "good\n"
    assert file.read_text() == "include cast.yaml good\n"


def test_only_what_is_wanted_is_done(file: Path) -> None:
    file.write_text("a\n")
    check = replacing([("a", "A")], sure=False)
    assert run(file, check, automatic) == ([], [])
    assert file.read_text() == "a\n"
    assert run(file, check, always) == (["a becomes A"], [])


def test_nothing_is_written_where_one_file_was_changed_meanwhile(file: Path) -> None:
    file.write_text("include cast.yaml bad\n")
    cast = file.with_name("cast.yaml")
    cast.write_text("bad\n")
    made = mend([file], always, replacing([("bad", "good")]))
    cast.write_text("bad, and edited by somebody\n")
    with pytest.raises(UsageError, match=r"cast.yaml: was changed meanwhile, so nothing was written; run the same"):
        write_mended(made)
    assert file.read_text() == "include cast.yaml bad\n"
    cast.unlink()
    with pytest.raises(UsageError, match=r"cast.yaml: cannot be read \(No such file or directory\)"):
        write_mended(made)


def test_a_write_protected_file_is_left_alone(file: Path) -> None:
    file.write_text("bad\n")
    file.chmod(0o444)
    with pytest.raises(UsageError, match=r"list.yaml: is write-protected, so nothing was written; `chmod u\+w "):
        run(file, replacing([("bad", "good")]))
    assert file.read_text() == "bad\n"


@pytest.mark.parametrize(("code", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "may not be written")])
def test_a_disk_that_takes_nothing_is_a_sentence(
    file: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    file.write_text("bad\n")

    class Full:
        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def write(self, handle: int, data: bytes) -> int:
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files, "os", Full())
    with pytest.raises(StoreUnwritable, match=words):
        run(file, replacing([("bad", "good")]))
    assert file.read_text() == "bad\n"
    assert [path.name for path in file.parent.iterdir()] == ["list.yaml"]


def test_a_link_stays_a_link_and_rights_stay(file: Path) -> None:
    real = file.with_name("real.yaml")
    real.write_text("bad\n")
    real.chmod(0o600)
    file.symlink_to(real)
    run(file, replacing([("bad", "good")]))
    assert file.is_symlink()
    assert real.read_text() == "good\n"
    assert real.stat().st_mode & 0o777 == 0o600


def test_a_real_list_without_cures_is_left_as_it_is(root: Path) -> None:
    made = mend([root / "shotlists/midnight_syndicate.yaml"], always, checker(None))
    assert made.files == {}
