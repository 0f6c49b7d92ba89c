"""Lets a linter look at each shot of a list while it is compiled, and keeps what it said as lines for the memo.

Knows no rule; gives the linter values, and takes back problems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.shotlist.compile import Part
from shotpilot_pipeline.shotlist.film import Film
from shotpilot_pipeline.shotlist.mending import Pencil
from shotpilot_pipeline.shotlist.notes import Standing, around_line, is_of_scene, is_outside, note_line, read_notes
from shotpilot_pipeline.shotlist.recalled import Recall
from shotpilot_pipeline.shotlist.scenememo import SceneText
from shotpilot_pipeline.shotlist.source import SceneSource, ShotText, Source
from shotpilot_pipeline.shotlist.views import film_view, shot_view
from shotpilot_pipeline.shotlist.whereabouts import Whereabouts
from shotpilot_pipeline.values.lint import Linted, Linter, LintFilm, Notes


class Look:
    """A linter (or none) at work on one list.

    `around_line` and `lines`: what the memo keeps, of the surroundings and of each shot looked at; `stood`: address and
    place of these shots.
    """

    def __init__(self, linter: Linter | None, film: Film, source: Source, here: Whereabouts, recall: Recall) -> None:
        self.around_line = ""
        self.lines: list[str] = []
        self.stood: list[tuple[str, Place]] = []
        self._linter = linter
        self._film = film
        self._source = source
        self._here = here
        self._recall = recall
        self._pencil = Pencil(film.pages, film.root)
        self._view: LintFilm | None = None

    def around(self) -> tuple[Problem, ...]:
        """Look at what is around the shots; gives the errors."""
        if self._linter is None:
            return ()
        self._view = film_view(self._film, self._source)
        said = self._told(self._linter.around(self._view, self._pencil))
        scenes = {scene.id: scene.node.key_line for scene in self._source.scenes}
        self.around_line = around_line(said, scenes, self._source.outer, self._here.kept)
        return _errors(said.problems)

    def at(self, scene: SceneSource, shot: ShotText, part: Part) -> tuple[Problem, ...]:
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
        said = self._told(said, shot)
        self.lines.append(note_line(said, _standing(scene, shot), self._here.kept))
        return _errors(said.problems)

    def recall(self, scene: SceneSource, shot: ShotText, line: str) -> bool:
        """Keep what was said of a shot before. False where it may no longer be true: then look at it anew.

        There was no error in it, or it would have had no memo.
        """
        if self._linter is None:
            return True
        if line and (is_of_scene(line) or shot.node is not None or (is_outside(line) and self._recall.has_moved)):
            return False
        self._stands(shot)
        self.lines.append(line)
        return True

    def notes(self, known: Mapping[str, SceneText]) -> Notes:
        """What was said of the whole list. `known`: scenes that were not looked into here."""
        own, lines = self.by_scene(), [self.around_line]
        stood: list[tuple[str, Place]] = []
        for scene in self._source.scenes:
            said, where = known[scene.id].said() if scene.id in known else own.get(scene.id, ((), ()))
            lines += said
            stood += where
        return read_notes(lines, stood, self._here.shown)

    def by_scene(self) -> dict[str, tuple[list[str], list[tuple[str, Place]]]]:
        """What was said of the shots of each scene that was looked into, and where they stand."""
        return said_by_scene(self.lines, self.stood)

    def taken(self) -> tuple[list[str], list[tuple[str, Place]]]:
        """What was kept of each shot, for whoever puts it in order: it is not here any more."""
        taken = self.lines, self.stood
        self.lines, self.stood = [], []
        return taken

    def keep(self, lines: Sequence[str], stood: Sequence[tuple[str, Place]]) -> None:
        """Keep what was taken, here or by another process."""
        self.lines += lines
        self.stood += stood

    def _stands(self, shot: ShotText) -> None:
        self.stood.append((f"{shot.scene}/{shot.id}", Place(shot.file, shot.line)))

    def _told(self, said: Linted, shot: ShotText | None = None) -> Linted:
        """With the ends of those in the shot, which stay true as long as its text does, and with the include that
        brought a fault, where one did."""
        if not said.problems or not (shot or self._film.included):
            return said

        def is_mine(one: Problem) -> bool:
            return shot is not None and one.place.file == shot.file and shot.line <= one.place.line <= shot.last

        told = (self._film.told(one) if self._film.included or is_mine(one) else one for one in said.problems)
        return said._replace(problems=tuple(told))


def said_by_scene(
    lines: Sequence[str], stood: Sequence[tuple[str, Place]]
) -> dict[str, tuple[list[str], list[tuple[str, Place]]]]:
    """What was said of each shot, and where it stands, by scene."""
    found: dict[str, tuple[list[str], list[tuple[str, Place]]]] = {}
    for line, stands in zip(lines, stood, strict=True):
        own, places = found.setdefault(stands[0].partition("/")[0], ([], []))
        own.append(line)
        places.append(stands)
    return found


def without_requests(part: Part) -> Part:
    """The part without what its requests were made from: for 10,000 shots that would fill the memory."""
    return Part(part.scene, part.shot, part.place, part.done.without_requests()) if part.done.made else part


def _standing(scene: SceneSource, shot: ShotText) -> Standing:
    own = scene.node.file == shot.file and scene.last
    return Standing(shot.file, shot.line, shot.last, scene.node.key_line if own else 0, scene.last if own else 0)


def _errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)
