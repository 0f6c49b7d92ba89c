"""The selector language: which tasks a command is about. One pure function, the same for every command.

Any number of words, a union. A word is one or more parts joined by commas, which must all hold. A part is an address
with globs (`sc01*/sh0?0@final`, `sc010`), `stage:`, `scene:`, `tag:` or `cast:` with a glob, and may wear a plus:
`+X` adds what X needs, `X+` adds what needs X. Does not know what has been bought.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.plan.graph import Index, needed_by, reach, stage_order
from shotpilot_pipeline.values.task import Task

_GLOB = re.compile(r"[*?\[]")
_TAKE = re.compile(r"#(?:v\d+\.)?\d+\Z")  # a printed address may end with a take; the task is meant

#: What may stand before a colon, and which words of a task it looks at.
_FIELDS: Mapping[str, Callable[[Task], Sequence[str]]] = {
    "stage": lambda task: (task.stage,),
    "scene": lambda task: (task.scene,),
    "tag": lambda task: task.tags,
    "cast": lambda task: task.cast,
}


def select(
    tasks: Sequence[Task], words: Sequence[str] = (), exclude: Sequence[str] = (), until: str = ""
) -> frozenset[str]:
    """The addresses that `words` select (none: all), without those of `exclude` and those after stage `until`.

    Raises UsageError, with near names, for a word that matches nothing or cannot be read.
    """
    graph = _Graph(tasks)
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

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.index = Index(tasks)
        self._below: Mapping[str, Sequence[str]] | None = None

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
    found = _plain(inner, graph.index.tasks)
    wider = set(found)
    if part.startswith("+"):
        wider |= reach(found, graph.below())
    if part.endswith("+"):
        wider |= reach(found, needed_by(graph.below()))
    return wider


def _plain(part: str, tasks: Mapping[str, Task]) -> set[str]:
    """What a part without pluses matches. Raises UsageError when that is nothing."""
    if not part:
        raise UsageError("an empty selector; write an address such as sc010/sh010@final, or stage:final")
    field, colon, pattern = part.partition(":")
    if colon:
        return _by_field(field, pattern, tasks)
    fits = _address_pattern(_TAKE.sub("", part))
    found = {address for address in tasks if fits(address)}
    if not found:
        raise UsageError(f"no task is called {part}{_near(part, _names(tasks))}")
    return found


def _by_field(field: str, pattern: str, tasks: Mapping[str, Task]) -> set[str]:
    words_of = _FIELDS.get(field)
    if words_of is None:
        raise UsageError(
            f"{field}: selects nothing; write stage:, scene:, tag: or cast:{_near(field, _FIELDS, 'did you mean {}:?')}"
        )
    found = {address for address, task in tasks.items() if any(fnmatchcase(word, pattern) for word in words_of(task))}
    if not found:
        known = dict.fromkeys(word for task in tasks.values() for word in words_of(task))
        raise UsageError(f"no task has {field}:{pattern}{_near(pattern, known) or _some(field, known)}")
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


def _names(tasks: Iterable[str]) -> list[str]:
    """Every name an address selector could have meant: tasks, shots and scenes."""
    found: dict[str, None] = {}
    for address in tasks:
        shot = address.partition("@")[0]
        found.update(dict.fromkeys((address, shot, shot.partition(".")[0], shot.partition("/")[0])))
    return list(found)


def _near(name: str, known: Iterable[str], words: str = "did you mean {}?") -> str:
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"; {words.format(' or '.join(close))}" if close else ""


def _some(field: str, known: Collection[str]) -> str:
    """The first few names there are, for somebody who was far off."""
    if not known:
        return f"; the shot list has no {field} at all"
    names = list(known)
    return f"; there are {', '.join(names[:8])}{' and more' if len(names) > 8 else ''}"
