"""NAME.rulings: what people ruled about bought takes, a line each, in git beside the lock. Knows no store.

    sc010/sh010@iterate accept <key of today's words> <key whose takes stand for it> 2026-11-25T18:30:00Z Ann: a typo
    sc010/sh010@iterate again <key> a02+4 2026-11-25T18:31:00Z Ann: too dark
    sc010/sh020@final adopt <key> t03.<sha256> 2026-11-25T18:32:00Z Ann: painted by hand
    sc010/sh010 swap - sc010/sh020 2026-11-25T18:33:00Z Ann: the story board has them so

Lines stand in order of address, so that two branches that rule about different shots merge without a conflict; where
they rule about the same one, both lines may stay (`merge=union`), unless they contradict each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from shotpilot_pipeline.errors import BadFiles, Place, Problem
from shotpilot_pipeline.store.files import write_atomic
from shotpilot_pipeline.store.lock import natural
from shotpilot_pipeline.store.moving import moved_address
from shotpilot_pipeline.values.address import ID
from shotpilot_pipeline.values.rulings import NO_KEY, Kind, Ruling

HEADER = "# shotpilot rulings 1: what people decided about bought takes. Keep it in git. A line is a ruling:\n"
COLUMNS = "# address ruling render-key what when who: why\n"
_FIRST = re.compile(r"# shotpilot rulings (\d+)\b")
_KEY = r"[0-9a-f]{64}"
_WHAT = {
    Kind.ACCEPT: re.compile(rf"{_KEY}\Z"),
    Kind.AGAIN: re.compile(r"a(?!0+\+)\d{2,6}\+\d{1,6}\Z"),
    Kind.ADOPT: re.compile(rf"t(?!0+\.)\d{{2,9}}(?:\.{_KEY})+\Z"),
    Kind.SWAP: re.compile(rf"{ID}/{ID}\Z"),
}
_LINE = re.compile(
    rf"({ID}/{ID}(?:\.{ID})*(?:@{ID})?) ({'|'.join(Kind)}) ({_KEY}|-) (\S+)"
    r" (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([^:\n]*[^:\s])(?:: (.*))?"
)
_CONFLICT = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |$)")
_FORM = "a line is: address accept|again|adopt|swap render-key what 2026-11-25T18:30:00Z who: why"


def read_rulings(path: Path) -> tuple[Ruling, ...]:
    """The rulings at `path`, as they stand; none when there is no such file. Raises BadFiles with every problem."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadFiles([_problem(path, line, "this line is not UTF-8 text", "bring the file back from git")]) from None
    except OSError as error:
        raise BadFiles([_problem(path, 0, f"cannot be read ({error.strerror})", "give yourself the right")]) from error
    return parse_rulings(text, path)


def parse_rulings(text: str, path: Path) -> tuple[Ruling, ...]:
    """The rulings written in `text`; `path` is for messages. Raises BadFiles with every problem in it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    problems: list[Problem] = []
    first = _FIRST.match(text)
    if text.strip() and (not first or first[1] != "1"):
        what = f"rulings of format {first[1]}, which this shotpilot does not know" if first else "no rulings file"
        problems.append(_problem(path, 1, f"this is {what}", f"the first line must be: {HEADER.strip()}"))
    found: dict[int, Ruling] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if _CONFLICT.match(line):
            cure = "keep the lines of both sides and delete the lines of < = | and >"
            problems.append(_problem(path, number, "a merge conflict was left here", cure))
        elif line.strip() and not line.startswith("#"):
            ruling = _ruling(line)
            if ruling is None:
                problems.append(_problem(path, number, f"this line is no ruling: {line[:60]!r}", _FORM))
            else:
                found[number] = ruling
    problems += _contradictions(found, path)
    if problems:
        raise BadFiles(sorted(problems, key=lambda problem: problem.place))
    return tuple(dict.fromkeys(found.values()))


def rulings_text(rulings: Iterable[Ruling]) -> str:
    """The file's text: by address as a person counts, then by time."""
    ordered = sorted(rulings, key=lambda ruling: (natural(ruling.address), ruling.at, ruling.kind, ruling.key))
    return HEADER + COLUMNS + "".join(f"{_line(ruling)}\n" for ruling in ordered)


def write_rulings(path: Path, rulings: Sequence[Ruling]) -> None:
    """Write the rulings in one step, safely on the disk. Raises StoreUnwritable."""
    if rulings or path.exists():
        write_atomic(path, rulings_text(rulings).encode(), durable=True)


def moved_rulings(rulings: Iterable[Ruling], moved: Sequence[tuple[str, str]]) -> tuple[Ruling, ...]:
    """The rulings under the addresses of today; `moved` as in the shot list."""
    if not moved:
        return tuple(rulings)
    return tuple(
        ruling if ruling.kind is Kind.SWAP else ruling._replace(address=moved_address(ruling.address, moved))
        for ruling in rulings
    )


def one_line(text: str) -> str:
    """A person's words as they can stand at the end of a line."""
    return " ".join(text.split())


def _line(ruling: Ruling) -> str:
    by = one_line(ruling.by).replace(":", " ").strip() or "somebody"
    why = one_line(ruling.why)
    return f"{ruling.address} {ruling.kind} {ruling.key} {ruling.what} {ruling.at} {by}{f': {why}' if why else ''}"


def _ruling(line: str) -> Ruling | None:
    found = _LINE.fullmatch(line.rstrip())
    if found is None:
        return None
    address, kind, key, what, at, by, why = found.groups()
    about_shots = Kind(kind) is Kind.SWAP
    if not _WHAT[Kind(kind)].match(what) or about_shots != (key == NO_KEY) or about_shots == ("@" in address):
        return None
    return Ruling(address, Kind(kind), key, what, at, by, why or "")


def _contradictions(found: dict[int, Ruling], path: Path) -> Iterator[Problem]:
    """Two accepts of one request by different takes: nobody but a person can say which holds."""
    first: dict[tuple[str, str], tuple[int, Ruling]] = {}
    for number, ruling in found.items():
        if ruling.kind is not Kind.ACCEPT:
            continue
        line, before = first.setdefault((ruling.address, ruling.key), (number, ruling))
        if before.what != ruling.what:
            wrong = f"{ruling.address} is accepted twice for the same words, by other takes than in line {line}"
            yield _problem(path, number, wrong, "delete the line that does not hold")


def _problem(path: Path, line: int, message: str, hint: str) -> Problem:
    return Problem("rulings", Place(str(path), line, 1 if line else 0), message, hint)
