"""The selector language: which tasks a command is about. One pure function, the same for every command.

Any number of words, a union. A word is one or more parts joined by commas, which must all hold. A part is an address
with globs (`sc01*/sh0?0@final`, `sc010`), `stage:`, `scene:`, `tag:` or `cast:` with a glob (or several: `a|b`),
`state:new|changed`, or `changed:since=REV`, and may wear a plus: `+X` adds what X needs, `X+` adds what needs X.
Does not know what has been bought, nor what a revision is: both are asked of `Facts`.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.plan.graph import Index, needed_by, reach, stage_order
from shotpilot_pipeline.values.plan import Action
from shotpilot_pipeline.values.task import Task

_GLOB = re.compile(r"[*?\[]")
_CHARS = re.compile(r"[*?\[\]]")
_TAKE = re.compile(r"#(?:v\d+\.)?\d+\Z")  # a printed address may end with a take; the task is meant

_MOST_COMPARED = 2_000  # tasks whose names are held against a mistyped one

#: What may stand before a colon, and which words of a task it looks at.
_FIELDS: Mapping[str, Callable[[Task], Sequence[str]]] = {
    "stage": lambda task: (task.stage,),
    "scene": lambda task: (task.scene,),
    "tag": lambda task: task.tags,
    "cast": lambda task: task.cast,
}
#: What else may stand there; these are asked of Facts.
_ASKED = ("state", "changed")
_SINCE = "since="
#: What a state may be called: the actions of a plan.
STATES = tuple(action.value for action in Action)


def _nothing_known() -> Mapping[str, Collection[str]]:
    raise UsageError(
        "state: selects by the plan, and there is none here; write an address, stage:, scene:, tag: or cast:"
    )


def _no_past(revision: str) -> Collection[str]:
    raise UsageError(f"changed:since={revision} cannot be asked here; write an address, stage:, scene:, tag: or cast:")


@dataclass(frozen=True, slots=True)
class Facts:
    """What selectors ask that a list alone does not tell. Each is asked at most when a word needs it.

    `states`: the states of each task of the list, by address. `changed`: the addresses whose requests differ from
    those at a git revision; raises UsageError where that cannot be told.
    """

    states: Callable[[], Mapping[str, Collection[str]]] = _nothing_known
    changed: Callable[[str], Collection[str]] = _no_past


NO_FACTS = Facts()


def select(
    tasks: Sequence[Task],
    words: Sequence[str] = (),
    exclude: Sequence[str] = (),
    until: str = "",
    facts: Facts = NO_FACTS,
) -> frozenset[str]:
    """The addresses that `words` select (none: all), without those of `exclude` and those after stage `until`.

    Raises UsageError, with near names, for a word that matches nothing or cannot be read.
    """
    graph = _Graph(tasks, facts)
    found = set(graph.index.tasks) if not words else set[str]().union(*(_word(word, graph) for word in words))
    for word in exclude:
        found -= _word(word, graph)
    if until:
        found &= _up_to(until, tasks)
    return frozenset(found)


def named(tasks: Sequence[Task], words: Sequence[str]) -> frozenset[str]:
    """The tasks that `words` write out in full, stage and all, without a glob: they are asked for expressly."""
    index = Index(tasks)
    found: set[str] = set()
    for word in words:
        for part in word.split(","):
            address = _TAKE.sub("", part.strip("+"))
            if "@" in address and not _GLOB.search(address):
                found.update(index.members(address))
    return frozenset(found)


class _Graph:
    """The tasks with both directions of their needs, built only when a plus asks for them."""

    def __init__(self, tasks: Sequence[Task], facts: Facts) -> None:
        self.index = Index(tasks)
        self.facts = facts
        self._below: Mapping[str, Sequence[str]] | None = None
        self._states: Mapping[str, Collection[str]] | None = None

    def states(self) -> Mapping[str, Collection[str]]:
        if self._states is None:
            self._states = self.facts.states()
        return self._states

    def below(self) -> Mapping[str, Sequence[str]]:
        if self._below is None:
            self._below = {task.address: self.index.needs_of(task) for task in self.index.tasks.values()}
        return self._below


def _word(word: str, graph: _Graph) -> set[str]:
    found: set[str] | None = None
    for part in word.split(","):
        matched = _part(part, graph)
        found = matched if found is None else found & matched
    if not found:
        raise UsageError(f"no task is all of {' and '.join(word.split(','))}; a comma asks for both")
    return found


def _part(part: str, graph: _Graph) -> set[str]:
    inner = part.removeprefix("+").removesuffix("+")
    found = _plain(inner, graph)
    wider = set(found)
    if part.startswith("+"):
        wider |= reach(found, graph.below())
    if part.endswith("+"):
        wider |= reach(found, needed_by(graph.below()))
    return wider


def _plain(part: str, graph: _Graph) -> set[str]:
    """What a part without pluses matches. Raises UsageError when that is nothing."""
    if not part:
        raise UsageError("an empty selector; write an address such as sc010/sh010@final, or stage:final")
    tasks = graph.index.tasks
    field, colon, pattern = part.partition(":")
    if colon and field == "state":
        return _by_state(pattern, graph)
    if colon and field == "changed":
        return _by_change(pattern, graph)
    if colon:
        return _by_field(field, pattern, tasks)
    fits = _address_pattern(_TAKE.sub("", part))
    found = {address for address in tasks if fits(address)}
    if not found:
        bare = _CHARS.sub("", part)
        raise UsageError(f"no task is called {part}{_near(bare, _names(bare, tasks)) or _there(part, tasks)}")
    return found


def _by_field(field: str, pattern: str, tasks: Mapping[str, Task]) -> set[str]:
    words_of = _FIELDS.get(field)
    if words_of is None:
        near = _near(field, (*_FIELDS, *_ASKED), "did you mean {}:?")
        raise UsageError(
            f"{field}: selects nothing; write stage:, scene:, tag:, cast:, state: or changed:since=REVISION{near}"
        )
    patterns = pattern.split("|")
    found = {
        address
        for address, task in tasks.items()
        if any(fnmatchcase(word, one) for word in words_of(task) for one in patterns)
    }
    if not found:
        known = dict.fromkeys(word for task in tasks.values() for word in words_of(task))
        raise UsageError(f"no task has {field}:{pattern}{_near(pattern, known) or _some(field, known)}")
    return found


def _by_state(pattern: str, graph: _Graph) -> set[str]:
    """The tasks of which the plan says one of these words. Raises UsageError when it says none of any."""
    wanted = pattern.split("|")
    for word in wanted:
        if word not in STATES:
            near = _near(word, STATES) or f"; there are {', '.join(STATES)}"
            raise UsageError(f"no task is ever {word!r}{near}")
    states = graph.states()
    found = {address for address, words in states.items() if any(word in words for word in wanted)}
    if not found:
        counts = Counter(word for words in states.values() for word in words)
        there = ", ".join(f"{count:,} {word}" for word, count in counts.items())
        raise UsageError(f"no task is {' or '.join(wanted)}; there are {there or 'no tasks at all'}")
    return found


def _by_change(pattern: str, graph: _Graph) -> set[str]:
    """The tasks that are not what they were at a revision. Raises UsageError when all are."""
    revision = pattern.removeprefix(_SINCE)
    if not pattern.startswith(_SINCE) or not revision:
        raise UsageError(f"changed:{pattern} cannot be read; write changed:since=REVISION, such as changed:since=HEAD")
    found = set(graph.facts.changed(revision)) & graph.index.tasks.keys()
    if not found:
        raise UsageError(f"no task changed since {revision}; every request is what it was")
    return found


def _address_pattern(pattern: str) -> Callable[[str], bool]:
    """A glob over scene, shot and stage, each for itself; a shot means all its variants, no stage means every one."""
    wanted_path, _, wanted_stage = pattern.partition("@")
    wanted_scene, _, wanted_shot = wanted_path.partition("/")

    def fits(address: str) -> bool:
        path, _, stage = address.partition("@")
        scene, _, shot = path.partition("/")
        if not fnmatchcase(scene, wanted_scene) or not fnmatchcase(stage, wanted_stage or "*"):
            return False
        return fnmatchcase(shot, wanted_shot or "*") or fnmatchcase(shot, f"{wanted_shot}.*")

    return fits


def _up_to(until: str, tasks: Sequence[Task]) -> set[str]:
    order = stage_order(tasks)
    if until not in order:
        raise UsageError(f"no stage is called {until}{_near(until, order) or _some('stage', order)}")
    wanted = set(order[: order.index(until) + 1])
    return {task.address for task in tasks if task.stage in wanted}


def _names(name: str, tasks: Iterable[str]) -> list[str]:
    """The names an address selector could have meant: tasks, shots and scenes; of a long list those of near scenes."""
    found: dict[str, None] = {}
    addresses = list(tasks)
    if len(addresses) > _MOST_COMPARED:  # comparing takes a tenth of a millisecond a name
        scenes = list(dict.fromkeys(address.partition("/")[0] for address in addresses))
        nearest = set(difflib.get_close_matches(name.partition("/")[0], scenes, n=1, cutoff=0))
        found |= dict.fromkeys(scenes)
        addresses = [one for one in addresses if one.partition("/")[0] in nearest][:_MOST_COMPARED]
    for address in addresses:
        shot = address.partition("@")[0]
        found.update(dict.fromkeys((address, shot, shot.partition(".")[0], shot.partition("/")[0])))
    return list(found)


def _near(name: str, known: Iterable[str], words: str = "did you mean {}?") -> str:
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"; {words.format(' or '.join(close))}" if close else ""


def _there(part: str, tasks: Iterable[str]) -> str:
    """The scenes there are, or the shots of the scene that was named, for somebody who was far off."""
    wanted, _, shot = part.partition("@")[0].partition("/")
    shots = dict.fromkeys(address.partition("@")[0].partition(".")[0] for address in tasks)
    inside = [one for one in shots if shot and fnmatchcase(one.partition("/")[0], wanted)]
    return _some("scene", inside or list(dict.fromkeys(one.partition("/")[0] for one in shots)))


def _some(field: str, known: Collection[str]) -> str:
    """The first few names there are, for somebody who was far off."""
    if not known:
        return f"; the shot list has no {field} at all"
    names = list(known)
    return f"; there are {', '.join(names[:8])}{' and more' if len(names) > 8 else ''}"
