"""Every shot of a list, recalled or compiled: by one process, or by several where there are very many to compile.

Knows the order in which things are said, and no rule of the language.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.compile import Part, compile_shot
from shotpilot_pipeline.shotlist.errand import Errand, hands
from shotpilot_pipeline.shotlist.film import Film
from shotpilot_pipeline.shotlist.looking import Look, without_requests
from shotpilot_pipeline.shotlist.recalled import Recall
from shotpilot_pipeline.shotlist.references import Fact
from shotpilot_pipeline.shotlist.source import SceneSource, ShotText, Source

#: Shots to compile from which one more process pays: it takes some 50 ms, and a shot about one.
ENOUGH = 400

Told = list[tuple[str, Problem]]  # each problem with its shot (`scene/shot`); "": none that passes
_Work = Sequence[tuple[SceneSource, ShotText]]


class _Share(NamedTuple):
    """What came of some of the shots."""

    parts: list[Part]
    told: Told


class _Brought(NamedTuple):
    """The same from another process, with what it left in its own copies of look, shelf and film."""

    share: _Share
    lines: Sequence[str]
    stood: Sequence[tuple[str, Place]]
    facts: Mapping[str, Fact]
    links: Mapping[tuple[str, str], str]
    checked: Mapping[tuple[object, ...], tuple[str, str]]


def gather(source: Source, film: Film, recall: Recall, look: Look) -> tuple[list[Part], Told]:
    """Every shot that passes, in list order, and every problem of them; but for the scenes that are recalled whole."""
    scenes = [scene for scene in source.scenes if recall.whole(scene) is None]
    first, *others = _shares([(scene, shot) for scene in scenes for shot in scene.shots], recall)
    errands = [Errand(partial(_apart, work, film, recall, look)) for work in others]
    try:
        shares = [_together(first, film, recall, look)]
        for work, errand in zip(others, errands, strict=True):
            brought = errand.result()
            shares.append(_taken_in(brought, film, look) if brought else _together(work, film, recall, look))
    finally:
        for errand in errands:
            errand.forget()
    parts: list[Part] = []
    told: Told = []
    for share in shares:
        told += share.told
        parts += share.parts
    return parts, told


def _shares(work: _Work, recall: Recall) -> Iterator[_Work]:
    """The work in as many runs as there are hands for it, with about as many shots to compile in each."""
    anew = [place for place, (_, shot) in enumerate(work) if not recall.has(shot)]
    count = min(hands(), len(anew) // ENOUGH) if len(anew) >= 2 * ENOUGH else 1
    cuts = [0, *(anew[len(anew) * number // count] for number in range(1, count)), len(work)]
    return (work[start:end] for start, end in itertools.pairwise(cuts))


def _together(work: _Work, film: Film, recall: Recall, look: Look) -> _Share:
    parts: list[Part] = []
    told: Told = []
    for scene, shot in work:
        recalled = recall.part(shot)
        if recalled and not look.recall(scene, shot, recall.note(shot)):
            recalled = None
        part, problems = recalled or compile_shot(film, scene, shot)
        if part is not None and not recalled:
            problems += look.at(scene, shot, part)
            part = without_requests(part)
        address = f"{scene.id}/{shot.id}" if part else ""
        told += ((address, problem) for problem in problems)
        parts += [part] if part else []
    return _Share(parts, told)


def _apart(work: _Work, film: Film, recall: Recall, look: Look) -> _Brought:
    """What another process does. It brings only what it added, and what it found out anyway is found out again."""
    lines, stood = len(look.lines), len(look.stood)
    share = _together(work, film, recall, look)
    shelf, checked = film.shelf, film.checked.said
    return _Brought(share, look.lines[lines:], look.stood[stood:], shelf.facts, shelf.links, checked)


def _taken_in(brought: _Brought, film: Film, look: Look) -> _Share:
    look.lines += brought.lines
    look.stood += brought.stood
    film.shelf.facts.update(brought.facts)
    film.shelf.links.update(brought.links)
    film.checked.said.update(brought.checked)
    return brought.share
