"""Lets a linter look at each shot of a list while it is compiled, and keeps what it said as lines for the memo.

Knows no rule; gives the linter values, and takes back problems.
"""

from __future__ import annotations

from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.shotlist.compile import Part
from shotpilot_pipeline.shotlist.film import Film
from shotpilot_pipeline.shotlist.mending import Pencil
from shotpilot_pipeline.shotlist.notes import note_line, read_notes
from shotpilot_pipeline.shotlist.source import ShotText, Source
from shotpilot_pipeline.shotlist.views import film_view, shot_view
from shotpilot_pipeline.shotlist.whereabouts import Whereabouts
from shotpilot_pipeline.values.lint import Linter, LintFilm, Notes

_NOTHING = Place("")


class Look:
    """A linter (or none) at work on one list. `lines`: what the memo keeps, first of the surroundings."""

    def __init__(self, linter: Linter | None, film: Film, source: Source, here: Whereabouts) -> None:
        self.lines: list[str] = []
        self._linter = linter
        self._film = film
        self._source = source
        self._here = here
        self._pencil = Pencil(film.root)
        self._shots: list[tuple[str, Place]] = []
        self._view: LintFilm | None = None

    def around(self) -> tuple[Problem, ...]:
        """Look at what is around the shots; gives the errors."""
        if self._linter is None:
            return ()
        self._view = film_view(self._film, self._source)
        said = self._linter.around(self._view, self._pencil)
        self.lines.append(note_line(said, _NOTHING, self._here.kept))
        return _errors(said.problems)

    def at(self, shot: ShotText, part: Part) -> tuple[Problem, ...]:
        """Look at a shot that was just compiled; gives the errors."""
        if self._linter is None or self._view is None:
            return ()
        self._stands(shot)
        made = part.done.made
        if not made:  # omitted, or at fault, which has been said
            self.lines.append("")
            return ()
        self._pencil.hold(shot)
        said = self._linter.shot(shot_view(self._film, self._view, made, made[0].cell.shot), self._pencil)
        self.lines.append(note_line(said, Place(shot.file, shot.line), self._here.kept))
        return _errors(said.problems)

    def recall(self, shot: ShotText, line: str) -> tuple[Problem, ...]:
        """Keep what was said of a shot before: there was no error in it, or it would have had no memo."""
        if self._linter is not None:
            self._stands(shot)
            self.lines.append(line)
        return ()

    def notes(self) -> Notes:
        """What was said of the whole list."""
        return read_notes(self.lines, self._shots, self._here.shown)

    def _stands(self, shot: ShotText) -> None:
        self._shots.append((f"{shot.scene}/{shot.id}", Place(shot.file, shot.line)))


def without_requests(part: Part) -> Part:
    """The part without what its requests were made from: for 10,000 shots that would fill the memory."""
    return part._replace(done=part.done._replace(made=())) if part.done.made else part


def _errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)
