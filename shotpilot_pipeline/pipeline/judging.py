"""Which of all problems `check` tells: rules chosen or hushed on the command line, and what a baseline knows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from shotpilot_pipeline.errors import BadFiles, Place, Problem, UsageError
from shotpilot_pipeline.lint.baseline import fault_in, new_ones, written
from shotpilot_pipeline.lint.known import KNOWN
from shotpilot_pipeline.lint.settling import chosen
from shotpilot_pipeline.pipeline.checking import Checked

_HEAD = 200  # bytes; a baseline says so on its second line


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for. `baseline`: what is known already; `write_baseline`: where to write it."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: Path | None = None
    write_baseline: Path | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The files with what is to be told of them; how many problems the baseline knew, and how many of it are gone."""

    files: list[Checked]
    known: int = 0
    gone: int = 0


def judged(files: Sequence[Checked], wanted: Wanted) -> Judged:
    """What is told. Raises UsageError for a rule that is none, BadFiles for a baseline that cannot be read."""
    for rule in (*wanted.select, *wanted.ignore):
        if rule not in KNOWN:
            near = get_close_matches(rule, KNOWN, 1)
            raise UsageError(
                f"there is no rule {rule!r}; {f'did you mean {near[0]}?' if near else 'see shotpilot explain'}"
            )
    told = [replace(file, problems=tuple(chosen(file.problems, wanted.select, wanted.ignore))) for file in files]
    shown = _shown(files)
    if wanted.write_baseline is not None:
        every = [problem for file in told for problem in file.problems]
        _write(wanted.write_baseline, written(every, shown))
    path = wanted.baseline or wanted.write_baseline
    if path is None:
        return Judged(told)
    every = [problem for file in told for problem in file.problems]
    new, gone = new_ones(every, read_baseline(path), shown)
    kept = set(map(id, new))
    fresh = [replace(file, problems=tuple(one for one in file.problems if id(one) in kept)) for file in told]
    return Judged(fresh, len(every) - len(new), gone)


def _shown(files: Sequence[Checked]) -> Callable[[str], str]:
    """Names a file from the root of its show on, so that a baseline holds in every folder and on every machine."""
    roots = {os.path.abspath(file.root) for file in files if file.root is not None}
    root = roots.pop() if len(roots) == 1 else os.getcwd()

    def shown(file: str) -> str:
        return Path(os.path.relpath(file, root)).as_posix() if file else ""

    return shown


def read_baseline(path: Path) -> dict[str, Any]:
    """The baseline in a file. Raises BadFiles where there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise _bad(path, f"the baseline cannot be read ({fault.strerror})", "write one with --write-baseline") from None
    except (ValueError, RecursionError) as fault:
        raise _bad(path, f"the baseline is not JSON: {fault}", "write it anew with --write-baseline") from None
    wrong = fault_in(value)
    if wrong:
        raise _bad(path, f"this file {wrong}", "write it anew with --write-baseline")
    known: dict[str, Any] = value
    return known


def _refuse_other_files(path: Path) -> None:
    """Raise UsageError where something else than an earlier baseline, be it damaged, stands at `path`."""
    with suppress(OSError):  # which is told when it is written
        if path.is_file() and b'"baseline"' not in path.read_bytes()[:_HEAD]:
            raise UsageError(f"{path}: is there already and is no baseline; choose another name")


def _write(path: Path, value: dict[str, Any]) -> None:
    _refuse_other_files(path)
    aside = path.with_name(f"{path.name}.{os.getpid()}.aside")
    try:
        aside.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        aside.replace(path)
    except OSError as fault:
        raise UsageError(f"{path}: the baseline cannot be written ({fault.strerror}); choose another place") from None


def _bad(path: Path, message: str, hint: str) -> BadFiles:
    return BadFiles([Problem("baseline", Place(str(path)), message, hint)])
