"""Every shot of a list, recalled or compiled: by one process, or by several where there are very many to compile.

The shots are cut into batches, and whoever has time takes the next one: cores are seldom equally fast. Knows the order
in which things are said, and no rule of the language.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.compile import Part, compile_shot, heading_of
from shotpilot_pipeline.shotlist.errand import Errand, Turns, hands
from shotpilot_pipeline.shotlist.film import Film
from shotpilot_pipeline.shotlist.looking import Look, said_by_scene, without_requests
from shotpilot_pipeline.shotlist.recalled import Recall
from shotpilot_pipeline.shotlist.references import Fact
from shotpilot_pipeline.shotlist.scenekeep import parts_by_scene, scene_text
from shotpilot_pipeline.shotlist.scenememo import SceneText
from shotpilot_pipeline.shotlist.source import SceneSource, ShotText, Source
from shotpilot_pipeline.shotlist.whereabouts import Whereabouts

#: Shots to compile from which one more process pays: it takes some 50 ms, and a shot about one.
ENOUGH = 400
#: Shots of a batch: the last one may be waited for, so it should take less than a tenth of a second.
BATCH = 60
MOST_BATCHES = 1_000  # longer lists have larger ones
_NEAR = 100  # shots

Told = list[tuple[str, Problem]]  # each problem with its shot (`scene/shot`); "": none that passes
_Work = Sequence[tuple[SceneSource, ShotText]]


class Gathered(NamedTuple):
    """What came of all shots, or of a batch: in list order."""

    parts: list[Part]
    told: Told
    texts: dict[str, SceneText]  # scenes that are told by this, and have no parts here
    sources: dict[str, str]  # sha256 of a reference -> its path from the root


class _Batch(NamedTuple):
    """What came of a batch, with what the linter said of each of its shots, and where they stand."""

    share: Gathered
    lines: Sequence[str]
    stood: Sequence[tuple[str, Place]]


class _Brought(NamedTuple):
    """Batches by number from another process, with what it left in its own copies of shelf and film."""

    batches: Mapping[int, _Batch]
    facts: Mapping[str, Fact]
    links: Mapping[tuple[str, str], str]
    checked: Mapping[tuple[object, ...], tuple[str, str]]


class _Desk(NamedTuple):
    """All that it takes to do any batch."""

    batches: Sequence[_Work]
    film: Film
    recall: Recall
    look: Look
    here: Whereabouts


def gather(source: Source, film: Film, recall: Recall, look: Look, here: Whereabouts) -> Gathered:
    """Every shot that passes, and every problem of them."""
    texts = {scene.id: text for scene in source.scenes if (text := recall.whole(scene)) is not None}
    work = [(scene, shot) for scene in source.scenes if scene.id not in texts for shot in scene.shots]
    anew = [place for place, (_, shot) in enumerate(work) if not recall.has(shot)]
    count = min(hands(), len(anew) // ENOUGH)
    whole = Gathered([], [], texts, {})
    if count < 2:
        batches: Iterable[_Batch] = [_done(work, _Desk((), film, recall, look, here))]
    else:
        batches = _by_several(count, _Desk(tuple(_batches(work, anew)), film, recall, look, here))
    for share, lines, stood in batches:
        whole.parts.extend(share.parts)
        whole.told.extend(share.told)
        whole.texts.update(share.texts)
        whole.sources.update({**share.sources, **whole.sources})  # the first path of a picture stays
        look.keep(lines, stood)
    return whole


def _batches(work: _Work, anew: Sequence[int]) -> Iterator[_Work]:
    """The work in runs with about as many shots to compile in each. `anew`: where these stand."""
    size = max(BATCH, len(anew) // MOST_BATCHES + 1)
    cuts = [_at_a_scene(work, anew[number]) for number in range(size, len(anew), size)]
    return (work[start:end] for start, end in itertools.pairwise([0, *cuts, len(work)]) if end > start)


def _at_a_scene(work: _Work, at: int) -> int:
    """The place, or the beginning of its scene where that is not far."""
    first = at
    while first and at - first < _NEAR and work[first - 1][0] is work[at][0]:
        first -= 1
    return at if at - first == _NEAR else first


def _by_several(count: int, desk: _Desk) -> list[_Batch]:
    """The batches in list order, done by `count` processes of which this is one."""
    turns = Turns(len(desk.batches))
    errands = [Errand(partial(_apart, desk, turns)) for _ in range(1, count)]
    try:
        done = {number: _as_texts(desk, number, keep_tasks=True) for number in turns}
        for errand in errands:
            if brought := errand.result():
                _take_in(brought, desk.film)
                done.update(brought.batches)
    finally:
        for errand in errands:
            errand.forget()
        turns.close()
    every = range(len(desk.batches))  # what a process took that died is done here
    return [done.get(number) or _as_texts(desk, number, keep_tasks=True) for number in every]


def _apart(desk: _Desk, turns: Turns) -> _Brought:
    """What another process does. It brings only what it added, and what it found out anyway is found out again."""
    batches = {number: _as_texts(desk, number, keep_tasks=False) for number in turns}
    shelf, checked = desk.film.shelf, desk.film.checked.said
    return _Brought(batches, shelf.facts, shelf.links, checked)


def _take_in(brought: _Brought, film: Film) -> None:
    film.shelf.facts.update(brought.facts)
    film.shelf.links.update(brought.links)
    film.checked.said.update(brought.checked)


def _done(work: _Work, desk: _Desk) -> _Batch:
    """Each shot of the work, recalled or compiled and looked at."""
    film, recall, look = desk.film, desk.recall, desk.look
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
    return _Batch(Gathered(parts, told, {}, sources), *look.taken())


def _as_texts(desk: _Desk, number: int, *, keep_tasks: bool) -> _Batch:
    """A batch, with each scene as text that is whole in it: it is wanted for the memo, and brought much faster.

    A scene with a fault, or with a shot that asks for another one's pick, stays as it is: more is said of it.
    `keep_tasks`: for whoever need not be sent the scene, its tasks stay at hand beside the text.
    """
    work = desk.batches[number]
    batch = _done(work, desk)
    shots: dict[str, int] = {}
    for scene, _ in work:
        shots[scene.id] = shots.get(scene.id, 0) + 1
    notes = {scene: said for scene, (said, _) in said_by_scene(batch.lines, batch.stood).items()}
    faulty = {shot.partition("/")[0] for shot, _ in batch.share.told}
    by_scene, texts = parts_by_scene(batch.share.parts), {}
    for scene in dict.fromkeys(scene for scene, _ in work):
        parts, heading = by_scene.get(scene.id, []), heading_of(desk.film, scene)
        is_whole = shots[scene.id] == len(scene.ids) == len(parts) and not any(part.done.asks for part in parts)
        if is_whole and heading is not None:
            text = scene_text(scene, heading, parts, notes, faulty, desk.here)
            made = tuple(task for part in parts for task in part.done.tasks) if keep_tasks else None
            texts[scene.id] = text._replace(made=made)
    left = [part for part in batch.share.parts if part.scene not in texts]
    return batch._replace(share=batch.share._replace(parts=left, texts=texts))
