"""Mends shot lists: the cures that problems bring are carried out, in memory first, and written when all is well.

    check ▶ cures that do not touch each other ▶ edit ▶ check again … until nothing is left ▶ write

A cure that would bring a new error is taken back and said. Knows no rule itself.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from shotpilot_pipeline.errors import Edit, Fix, Problem, Severity, UsageError
from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.pipeline.rewriting import rewrite
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.values.mending import apart, mended

MOST_ROUNDS = 20  # each mends what the one before uncovered; more than a few means that cures feed each other
_BOM = "\ufeff"

Check = Callable[[Path, Pages], Sequence[Problem]]
Wanted = Callable[[Problem], bool]
Texts = Mapping[Path, str]


@dataclass(frozen=True, slots=True)
class MendedList:
    """What came of one list. `left`: what still stands, as `check` says it."""

    file: Path
    done: tuple[Problem, ...]
    left: tuple[Problem, ...]
    refused: tuple[Problem, ...]  # their cure would have brought an error


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of all. `files`: path -> (text before, text after) of those that changed, byte order mark and all."""

    lists: tuple[MendedList, ...]
    files: Mapping[Path, tuple[str, str]]


def mend(files: Sequence[Path], wanted: Wanted, check: Check) -> Mended:
    """Mend `files` and what they include, in memory. Writes nothing.

    Each list is checked with what the lists before it changed, so that a file that two lists include is mended once.
    Raises UsageError for cures that never come to an end.
    """
    desk = _Desk(check)
    lists = tuple(desk.mend(file, wanted) for file in files)
    marks = {path: _BOM if path in desk.marked else "" for path in desk.texts}
    changed = {path: (marks[path] + desk.before[path], marks[path] + text) for path, text in desk.texts.items()}
    return Mended(lists, changed)


def write_mended(made: Mended) -> None:
    """Write every file that was mended, as `rewrite` does."""
    rewrite({path: (before.encode(), after.encode()) for path, (before, after) in made.files.items()})


def automatic(problem: Problem) -> bool:
    """Whether the problem has a cure that cannot be wrong."""
    return problem.fix is not None and problem.fix.automatic


def checker(project: Path | None) -> Check:
    """Checks a list as `check` does."""
    return lambda file, pages: check_file(file, project, pages).problems


@dataclass(slots=True)
class _Desk:
    """The texts that are being mended, by path as it is first named."""

    check: Check
    texts: dict[Path, str] = field(default_factory=dict)  # those that are not as they were
    before: dict[Path, str] = field(default_factory=dict)  # every one that was looked at, as it was
    marked: set[Path] = field(default_factory=set)  # files that begin with a byte order mark
    paths: dict[str, Path] = field(default_factory=dict)  # where a file really is -> its path here

    def mend(self, file: Path, wanted: Wanted) -> MendedList:
        found = self.check(file, Pages(self.texts))
        done: list[tuple[Problem, ...]] = []
        states = [dict(self.texts)]  # before each round
        refused: set[tuple[str, ...]] = set()
        for _ in range(MOST_ROUNDS):
            curable = [one for one in found if one.fix is not None and wanted(one)]
            chosen = _together([one for one in curable if _named(one) not in refused])
            if not chosen:
                still = tuple(one for one in curable if _named(one) in refused)
                return MendedList(file, tuple(chain(*done)), tuple(found), still)
            sound = self._sound(file, found, (), chosen)
            refused |= {_named(one) for one in chosen if one not in sound}
            tried = self._edited(sound)
            if tried in states:  # these cures undo each other: back to where they began, and none of them
                begun = states.index(tried)
                refused |= {_named(one) for one in chain(*done[begun:], sound)}
                del states[begun + 1 :], done[begun:]
            else:
                states.append(tried)
                done.append(tuple(sound))
            self.texts = dict(states[-1])
            found = self.check(file, Pages(self.texts))
        rules = ", ".join(sorted({one.rule for one in done[-1]})) if done else ""
        raise UsageError(f"{file}: each cure brings another one ({rules}), without end; nothing was changed")

    def _sound(
        self, file: Path, found: Sequence[Problem], sure: Sequence[Problem], tried: Sequence[Problem]
    ) -> tuple[Problem, ...]:
        """Of `tried`, those whose cures bring no new error beside the cures of `sure`; found by halving."""
        edited = self._tried((*sure, *tried))
        if edited is not None and not _errors(self.check(file, Pages(edited))) - _errors(found):
            return tuple(tried)
        if len(tried) == 1:
            return ()
        half = len(tried) // 2
        first = self._sound(file, found, sure, tried[:half])
        return first + self._sound(file, found, (*sure, *first), tried[half:])

    def _tried(self, chosen: Iterable[Problem]) -> dict[Path, str] | None:
        try:
            return self._edited(chosen)
        except ValueError:
            return None  # edits that lie outside of the text, or overlap

    def _edited(self, chosen: Iterable[Problem]) -> dict[Path, str]:
        """The texts that are not as they were, with these cures. Raises ValueError for edits that cannot be."""
        edits: dict[Path, list[Edit]] = {}
        for problem in chosen:
            for edit in problem.fix.edits if problem.fix else ():
                edits.setdefault(self._path(edit.start.file), []).append(edit)
        made = {**self.texts, **{path: mended(self._text(path), own) for path, own in edits.items()}}
        return {path: text for path, text in made.items() if text != self.before[path]}

    def _path(self, file: str) -> Path:
        return self.paths.setdefault(os.path.realpath(file), Path(file))

    def _text(self, path: Path) -> str:
        """The text as places count it. Raises UsageError where the file cannot be read."""
        if path not in self.before:
            try:
                text = path.read_bytes().decode("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(f"{path}: cannot be read ({error}), so nothing was changed") from error
            if text.startswith(_BOM):
                self.marked.add(path)
            self.before[path] = text.removeprefix(_BOM)
        return self.texts.get(path, self.before[path])


def _together(problems: Sequence[Problem]) -> list[Problem]:
    """Those whose cures do not touch each other; the same cure for several problems is taken once."""
    cures: dict[Fix, Problem] = {}
    for problem in problems:
        if problem.fix is not None:
            cures.setdefault(problem.fix, problem)
    return [cures[fix] for fix in apart(cures)]


def _named(problem: Problem) -> tuple[str, ...]:
    """What tells a cure from others when lines move."""
    fix = problem.fix
    new = tuple(edit.text for edit in fix.edits) if fix else ()
    return (problem.rule, problem.place.file, problem.address, problem.message, fix.title if fix else "", *new)


def _errors(problems: Sequence[Problem]) -> Counter[tuple[str, str]]:
    """Errors without their places, which move when a text is edited."""
    return Counter((one.rule, one.message) for one in problems if one.severity is Severity.ERROR)
