"""The linter joined to the trip: shown each list as it is compiled, its findings settled as settings and shots say.

The linter itself is loaded only when something is compiled or checked: a plan with nothing to do needs no rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.pipeline.settings import Settings
from shotpilot_pipeline.shotlist.problems import in_place_order
from shotpilot_pipeline.values.digest import digest_of
from shotpilot_pipeline.values.lint import Linted, Linter, LintFilm, LintShot, Mender, Notes
from shotpilot_pipeline.values.task import Compiled, Task, Tasks


@dataclass(slots=True)
class LinterDoor:
    """The house's linter behind a door: its digest costs nothing, the rules are loaded at the first look."""

    names: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    _linter: Linter | None = field(init=False, default=None, repr=False)

    @property
    def digest(self) -> str:
        """Moves with the user's own words; what the rules themselves say moves with the build."""
        return digest_of({"names": self.names, "refused": self.refused})

    def around(self, film: LintFilm, mender: Mender) -> Linted:
        """See `values.lint.Linter`."""
        return self._open().around(film, mender)

    def shot(self, shot: LintShot, mender: Mender) -> Linted:
        """See `values.lint.Linter`."""
        return self._open().shot(shot, mender)

    def _open(self) -> Linter:
        if self._linter is None:
            from shotpilot_pipeline.lint.linter import HouseLinter
            from shotpilot_pipeline.lint.registry import Lists

            self._linter = HouseLinter(Lists(self.names, self.refused))
        return self._linter


def linter_of(settings: Settings) -> LinterDoor:
    """The linter with the words that the settings add to its own."""
    return LinterDoor(tuple(settings.get("words", "names") or ()), tuple(settings.get("words", "refused") or ()))


def levels_of(settings: Settings) -> Mapping[str, str]:
    """Rule -> off, info, warning or error, as the settings say."""
    return settings.values["lint"]


def told(
    problems: Sequence[Problem], notes: Notes, compiled: Compiled | None, levels: Mapping[str, str]
) -> tuple[Problem, ...]:
    """All that is to be said of a list: what compiling found and what the linter says, ignored ones left out."""
    from shotpilot_pipeline.lint.settling import at_levels, whole_problems, without_ignored

    found = [*problems, *notes.around.problems]
    found += [problem for shot in notes.shots for problem in shot.linted.problems]
    priced = compiled if compiled and notes.around.facts.get("budget") else None
    found += whole_problems(notes, _prices(priced), _same_requests(compiled) if compiled else {})
    settled = at_levels(without_ignored(found, notes.shots), levels)
    if compiled is None:  # errors first: advice on words would only stand in their way
        settled = [problem for problem in settled if problem.severity is not Severity.INFO]
    return tuple(in_place_order(settled))


def raised(
    problems: Sequence[Problem], notes: Notes, compiled: Compiled, levels: Mapping[str, str]
) -> tuple[Problem, ...]:
    """The errors that are errors because the settings say so. Where they raise none, nothing is looked at."""
    if Severity.ERROR not in levels.values():
        return ()
    every = told(problems, notes, compiled, levels)
    return tuple(problem for problem in every if problem.severity is Severity.ERROR)


def _prices(compiled: Compiled | None) -> dict[str, int]:
    """What each task costs with all its takes."""
    return {
        task.address: max(0, task.picture_price) * task.panels * task.takes
        for task in (compiled.tasks if compiled else ())
        if task.state != "omit"
    }


def _same_requests(compiled: Compiled) -> dict[str, list[str]]:
    """Requests that several tasks send, and which these are. Only scenes that seem to share one are looked into."""
    requests: dict[str, list[str]] = {}
    for task in _suspects(compiled.tasks):
        if task.state != "omit" and len(task.keys) == 1 and task.keys[0]:
            requests.setdefault(task.keys[0], []).append(task.address)
    return {key: addresses for key, addresses in requests.items() if len(addresses) > 1}


def _suspects(tasks: Sequence[Task]) -> Iterable[Task]:
    """The tasks that may send what another sends, and maybe others; in list order."""
    if not isinstance(tasks, Tasks) or not all(scene.digest for scene in tasks.scenes):
        return tasks
    count = Counter(chain.from_iterable(scene.requests for scene in tasks.scenes))
    same = {request for request, times in count.items() if times > 1}
    return chain.from_iterable(scene.make() for scene in tasks.scenes if not same.isdisjoint(scene.requests))


class Cast(NamedTuple):
    """The cast of one list, for comparing it with other lists of the same show."""

    file: str
    members: Mapping[str, Any]
    places: Mapping[str, Place]


def drift_between(casts: Sequence[Cast]) -> list[Problem]:
    """Cast members that have one face in one list and another in the next."""
    first: dict[str, tuple[str, str]] = {}
    found = []
    for cast in casts:
        for who, member in cast.members.items():
            face, file = first.setdefault(member["name"].casefold(), (member["frontal"], cast.file))
            if face != member["frontal"] and file != cast.file:
                message = f"{member['name']} has another face here than in {file}"
                place = cast.places.get(f"cast:{who}", Place(cast.file))
                hint = "use the same pictures: put the cast into one file and include it"
                found.append(Problem("cast-ref-drift", place, message, hint, Severity.WARNING))
    return found
