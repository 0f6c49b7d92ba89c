"""A problem as text: one line that editors and greps read, then the line of the file with the faulty part marked.

Does not read files: it asks for lines, and shows none where there are none. Prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.telling.cells import clean, marked

#: The lines of a file as the user typed its name; none when it cannot be read, or is not what was checked.
Lines = Callable[[str], Sequence[str]]
#: Text in a colour, as far as there are eyes to see it.
Paint = Callable[[str, str], str]

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_INDENT = "  "
_NARROWEST = 20  # cells of a file's line that are always shown
_MOST_STEPS = 8  # of a chain; the rest is counted


def plain(text: str, colour: str) -> str:
    """No colours."""
    return text


def one_line(problem: Problem, paint: Paint = plain) -> str:
    """`file:line:column: severity: what is wrong; what to write instead (address) [rule]`."""
    cure = f"; {problem.hint}" if problem.hint else ""
    where = f" ({clean(problem.address)})" if problem.address else ""
    word = paint(problem.severity.value, COLOURS[problem.severity])
    said = clean(problem.message + cure)
    return f"{clean(str(problem.place))}: {word}: {said}{where} {paint(f'[{problem.rule}]', 'bright_black')}"


def told(problem: Problem, lines: Lines, paint: Paint = plain, width: int = 100) -> list[str]:
    """The problem on several lines: what is wrong, where that stands in the file, and what led there."""
    shown = list(_excerpt(problem, lines, paint, width))
    steps = [f"{clean(str(step.place))}: {clean(step.words)}" for step in problem.chain[:_MOST_STEPS]]
    more = len(problem.chain) - _MOST_STEPS
    steps += [f"and {more} more"] if more > 0 else []
    fix = [f"a fix is known: {clean(problem.fix.title)}"] if problem.fix is not None and not _is_said(problem) else []
    aside = len(str(problem.place.line)) + len(_INDENT)
    return [one_line(problem, paint), *shown, *(f"{' ' * aside} {paint('=', 'blue')} {line}" for line in steps + fix)]


def _is_said(problem: Problem) -> bool:
    """Whether a proposed cure is but what the hint says already: `did you mean "vera"?`."""
    fix = problem.fix
    return fix is not None and not fix.automatic and fix.title.partition(" ")[2] in problem.hint + problem.message


def _excerpt(problem: Problem, lines: Lines, paint: Paint, width: int) -> Iterator[str]:
    place = problem.place
    line = _line(place, lines)
    if line is None:
        return
    number = str(place.line)
    room = max(_NARROWEST, width - len(_INDENT) - len(number) - 3)
    start = place.column - 1
    cut = marked(line, start, _end(problem, line, start), room)
    bar = paint("|", "blue")
    yield f"{_INDENT}{paint(number, 'blue')} {bar} {cut.shown}"
    signs = " " * cut.start + paint("^" * (cut.end - cut.start), COLOURS[problem.severity])
    yield f"{_INDENT}{' ' * len(number)} {bar} {signs}"


def _line(place: Place, lines: Lines) -> str | None:
    """The line a place is on; None where there is none, or it cannot be the one that was meant."""
    if not place.line or not place.column:
        return None
    known = lines(place.file)
    line = known[place.line - 1] if place.line <= len(known) else None
    return line if line is not None and line.strip() and place.column <= len(line) + 1 else None


def _end(problem: Problem, line: str, start: int) -> int:
    """The index at which the marked part of the line ends."""
    end = problem.end
    if end is None or end.line < problem.place.line:
        return start + 1
    if end.line > problem.place.line:
        return max(len(line.rstrip()), start + 1)
    return max(min(end.column - 1, len(line)), start + 1)
