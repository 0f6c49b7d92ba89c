"""Mends shot lists: the cures that problems bring are carried out, in memory first, and written when all is well.

    check ▶ cures that do not touch each other ▶ edit ▶ check again … until nothing is left ▶ write

A cure that would bring a new error is taken back and said. Knows no rule itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shotpilot_pipeline.errors import Edit, Fix, Problem, Severity, UsageError
from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.store.files import write_atomic
from shotpilot_pipeline.values.mending import apart, mended

MOST_ROUNDS = 12  # each mends what the one before uncovered; more than a few means that two cures undo each other

Check = Callable[[Path, Pages], Sequence[Problem]]
Wanted = Callable[[Problem], bool]


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of it. `files`: path -> (text before, text after). `left`: what still stands, as `check` says it."""

    files: Mapping[Path, tuple[str, str]]
    done: tuple[Problem, ...]
    left: tuple[Problem, ...]
    refused: tuple[Problem, ...] = ()  # their cure would have brought an error


def mend_list(file: Path, wanted: Wanted, check: Check) -> Mended:
    """Mend `file` and what it includes, in memory. Writes nothing; raises nothing for what the files hold."""
    texts: dict[Path, str] = {}
    before: dict[Path, str] = {}
    done: list[Problem] = []
    refused: list[Problem] = []
    found = check(file, Pages())
    for _ in range(MOST_ROUNDS):
        open_ones = [one for one in found if one.fix is not None and wanted(one) and one not in refused]
        chosen = _together(open_ones)
        if not chosen:
            break
        tried = {**texts, **_edited(chosen, texts, before)}
        again = check(file, Pages(tried))
        if _errors(again) - _errors(found):
            refused += chosen if len(chosen) == 1 else _culprits(chosen, file, texts, before, found, check)
            continue
        texts, found = tried, again
        done += chosen
    return Mended({path: (before[path], text) for path, text in texts.items()}, tuple(done), tuple(found), tuple(refused))


def write_mended(made: Mended) -> None:
    """Write every file that was mended, whole or not at all. Raises UsageError where somebody changed one meanwhile."""
    changed = {path: pair for path, pair in made.files.items() if pair[0] != pair[1]}
    for path, (before, _) in changed.items():
        if _text(path) != before:
            raise UsageError(f"{path}: was changed meanwhile, so nothing was written; run the same command again")
    for path, (_, after) in changed.items():
        write_atomic(path, after.encode())


def automatic(problem: Problem) -> bool:
    """Whether the problem has a cure that cannot be wrong."""
    return problem.fix is not None and problem.fix.automatic


def _together(problems: Sequence[Problem]) -> list[Problem]:
    """Those whose cures do not touch each other; the same cure for several problems is taken once."""
    cures: dict[Fix, Problem] = {}
    for problem in problems:
        if problem.fix is not None:
            cures.setdefault(problem.fix, problem)
    return [cures[fix] for fix in apart(cures)]


def _edited(chosen: Sequence[Problem], texts: Mapping[Path, str], before: dict[Path, str]) -> dict[Path, str]:
    """The texts of the files that the cures of `chosen` change; `before` gets those that are read for the first time."""
    edits: dict[Path, list[Edit]] = {}
    for problem in chosen:
        for edit in problem.fix.edits if problem.fix else ():
            edits.setdefault(Path(edit.start.file), []).append(edit)
    for path in edits.keys() - texts.keys():
        before[path] = _text(path)
    return {path: mended(texts.get(path, before[path]), own) for path, own in edits.items()}


def _culprits(
    chosen: Sequence[Problem],
    file: Path,
    texts: Mapping[Path, str],
    before: dict[Path, str],
    found: Sequence[Problem],
    check: Check,
) -> list[Problem]:
    """Of several cures that together brought an error, those that bring one alone; all, where none does alone."""
    alone = [
        problem
        for problem in chosen
        if _errors(check(file, Pages({**texts, **_edited([problem], texts, before)}))) - _errors(found)
    ]
    return alone or list(chosen)


def _errors(problems: Sequence[Problem]) -> Counter[tuple[str, str]]:
    """Errors without their places, which move when a text is edited."""
    return Counter((one.rule, one.message) for one in problems if one.severity is Severity.ERROR)


def _text(path: Path) -> str:
    """The text of a file as places count it. Raises UsageError where it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from error


def checker(project: Path | None) -> Check:
    """Checks a list as `check` does."""
    return lambda file, pages: check_file(file, project, pages).problems
