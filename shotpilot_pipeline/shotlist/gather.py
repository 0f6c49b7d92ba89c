"""Every shot of a list, recalled or compiled: by one process, or by several where there are very many to compile.

Knows the order in which things are said, and no rule of the language.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.compile import Part, compile_shot, heading_of
from shotpilot_pipeline.shotlist.errand import Errand, hands
from shotpilot_pipeline.shotlist.film import Film
from shotpilot_pipeline.shotlist.looking import Look, without_requests
from shotpilot_pipeline.shotlist.recalled import Recall
from shotpilot_pipeline.shotlist.references import Fact
from shotpilot_pipeline.shotlist.scenekeep import parts_by_scene, scene_text
from shotpilot_pipeline.shotlist.scenememo import SceneText
from shotpilot_pipeline.shotlist.source import SceneSource, ShotText, Source
from shotpilot_pipeline.shotlist.whereabouts import Whereabouts

#: Shots to compile from which one more process pays: it takes some 50 ms, and a shot about one.
ENOUGH = 400
_NEAR = 100  # shots

Told = list[tuple[str, Problem]]  # each problem with its shot (`scene/shot`); "": none that passes
_Work = Sequence[tuple[SceneSource, ShotText]]


class Gathered(NamedTuple):
    """What came of all shots, or of some: in list order."""

    parts: list[Part]
    told: Told
    texts: dict[str, SceneText]  # scenes that are told by this, and have no parts here
    sources: dict[str, str]  # sha256 of a reference -> its path from the root


class _Brought(NamedTuple):
    """The same from another process, with what it left in its own copies of look, shelf and film."""

    share: Gathered
    lines: Sequence[str]
    stood: Sequence[tuple[str, Place]]
    facts: Mapping[str, Fact]
    links: Mapping[tuple[str, str], str]
    checked: Mapping[tuple[object, ...], tuple[str, str]]


def gather(source: Source, film: Film, recall: Recall, look: Look, here: Whereabouts) -> Gathered:
    """Every shot that passes, and every problem of them."""
    texts = {scene.id: text for scene in source.scenes if (text := recall.whole(scene)) is not None}
    work = [(scene, shot) for scene in source.scenes if scene.id not in texts for shot in scene.shots]
    first, *others = _shares(work, recall)
    errands = [Errand(partial(_apart, share, film, recall, look, here)) for share in others]
    try:
        shares = [_together(first, film, recall, look)]
        for share, errand in zip(others, errands, strict=True):
            brought = errand.result()
            shares.append(_taken_in(brought, film, look) if brought else _together(share, film, recall, look))
    finally:
        for errand in errands:
            errand.forget()
    whole = Gathered([], [], texts, {})
    for one in shares:
        whole.parts.extend(one.parts)
        whole.told.extend(one.told)
        whole.texts.update(one.texts)
        whole.sources.update({**one.sources, **whole.sources})  # the first path of a picture stays
    return whole


def _shares(work: _Work, recall: Recall) -> Iterator[_Work]:
    """The work in as many runs as there are hands for it, with about as many shots to compile in each."""
    anew = [place for place, (_, shot) in enumerate(work) if not recall.has(shot)]
    count = min(hands(), len(anew) // ENOUGH) if len(anew) >= 2 * ENOUGH else 1
    cuts = [0, *(_at_a_scene(work, anew[len(anew) * number // count]) for number in range(1, count)), len(work)]
    return (work[start:end] for start, end in itertools.pairwise(cuts))


def _at_a_scene(work: _Work, at: int) -> int:
    """The place, or the beginning of its scene where that is not far."""
    first = at
    while first and at - first < _NEAR and work[first - 1][0] is work[at][0]:
        first -= 1
    return at if at - first == _NEAR else first


def _together(work: _Work, film: Film, recall: Recall, look: Look) -> Gathered:
    parts: list[Part] = []
    told: Told = []
    sources: dict[str, str] = {}
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
        for sha256, path in part.done.sources.items() if part else ():
            sources.setdefault(sha256, path)
    return Gathered(parts, told, {}, sources)


def _apart(work: _Work, film: Film, recall: Recall, look: Look, here: Whereabouts) -> _Brought:
    """What another process does. It brings only what it added, and what it found out anyway is found out again."""
    lines, stood = len(look.lines), len(look.stood)
    share = _as_texts(work, _together(work, film, recall, look), film, look, here)
    shelf, checked = film.shelf, film.checked.said
    return _Brought(share, look.lines[lines:], look.stood[stood:], shelf.facts, shelf.links, checked)


def _as_texts(work: _Work, share: Gathered, film: Film, look: Look, here: Whereabouts) -> Gathered:
    """The share with each scene as text that is whole in it: it is wanted for the memo, and brought much faster.

    A scene with a fault, or with a shot that asks for another one's pick, stays as it is: more is said of it.
    """
    shots: dict[str, int] = {}
    for scene, _ in work:
        shots[scene.id] = shots.get(scene.id, 0) + 1
    notes = {scene: said for scene, (said, _) in look.by_scene().items()}
    faulty = {shot.partition("/")[0] for shot, _ in share.told}
    by_scene, texts = parts_by_scene(share.parts), {}
    for scene in dict.fromkeys(scene for scene, _ in work):
        parts, heading = by_scene.get(scene.id, []), heading_of(film, scene)
        is_whole = shots[scene.id] == len(scene.ids) == len(parts) and not any(part.done.asks for part in parts)
        if is_whole and heading is not None:
            texts[scene.id] = scene_text(scene, heading, parts, notes, faulty, here)
    return share._replace(parts=[part for part in share.parts if part.scene not in texts], texts=texts)


def _taken_in(brought: _Brought, film: Film, look: Look) -> Gathered:
    look.lines += brought.lines
    look.stood += brought.stood
    film.shelf.facts.update(brought.facts)
    film.shelf.links.update(brought.links)
    film.checked.said.update(brought.checked)
    return brought.share
