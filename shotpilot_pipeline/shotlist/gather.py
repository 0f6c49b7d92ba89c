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
_NOT_CUT = 2  # batches: a scene that is no longer stays whole

Told = list[tuple[str, Problem]]  # each problem with its shot (`scene/shot`); "": none that passes


class _Stretch(NamedTuple):
    """Shots of one scene, from `start` up to and without `end`. They are cut out of the text by whoever does them."""

    scene: SceneSource
    start: int
    end: int

    @property
    def is_whole(self) -> bool:
        return self.end - self.start == len(self.scene.ids)

    @property
    def shots(self) -> Sequence[ShotText]:
        return self.scene.shots[self.start : self.end]


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

    batches: Sequence[Sequence[_Stretch]]
    film: Film
    recall: Recall
    look: Look
    here: Whereabouts


def gather(source: Source, film: Film, recall: Recall, look: Look, here: Whereabouts) -> Gathered:
    """Every shot that passes, and every problem of them."""
    texts = {scene.id: text for scene in source.scenes if (text := recall.whole(scene)) is not None}
    scenes = [scene for scene in source.scenes if scene.id not in texts]
    anew = [recall.misses(scene) for scene in scenes]
    count = min(hands(), sum(anew) // ENOUGH)
    whole = Gathered([], [], texts, {})
    desk = _Desk(tuple(_batches(scenes, anew)) if count > 1 else (), film, recall, look, here)
    every = [_Stretch(scene, 0, len(scene.ids)) for scene in scenes]
    batches: Iterable[_Batch] = _by_several(count, desk) if count > 1 else [_done(every, desk)]
    for share, lines, stood in batches:
        whole.parts.extend(share.parts)
        whole.told.extend(share.told)
        whole.texts.update(share.texts)
        whole.sources.update({**share.sources, **whole.sources})  # the first path of a picture stays
        look.keep(lines, stood)
    return whole


def _batches(scenes: Sequence[SceneSource], anew: Sequence[int]) -> Iterator[Sequence[_Stretch]]:
    """The scenes in runs with about as many shots to compile in each. `anew`: how many each scene has of them."""
    size = max(BATCH, sum(anew) // Turns.MOST + 1)  # of longer lists they are larger
    batch: list[_Stretch] = []
    weight = 0.0
    for scene, count in zip(scenes, anew, strict=True):
        pieces = -(-count // size) if count > _NOT_CUT * size else 1
        cuts = [len(scene.ids) * number // pieces for number in range(pieces + 1)]
        for start, end in itertools.pairwise(cuts):
            batch.append(_Stretch(scene, start, end))
            weight += count / pieces
            if weight >= size:
                yield batch
                batch, weight = [], 0.0
    if batch:
        yield batch


def _by_several(count: int, desk: _Desk) -> list[_Batch]:
    """The batches in list order, done by `count` processes of which this is one."""
    turns = Turns(len(desk.batches))
    errands: list[Errand[_Brought]] = []
    try:
        errands += (Errand(partial(_apart, desk, turns)) for _ in range(1, count))
        done = {number: _as_texts(desk, number) for number in turns}
        for errand in errands:
            if brought := errand.result():
                _take_in(brought, desk.film)
                done.update(brought.batches)
    finally:
        for errand in errands:
            errand.forget()
        turns.close()
    every = range(len(desk.batches))  # what a process took that died is done here
    return [done.get(number) or _as_texts(desk, number) for number in every]


def _apart(desk: _Desk, turns: Turns) -> _Brought:
    """What another process does. It brings only what it added, and what it found out anyway is found out again."""
    batches = {number: _as_texts(desk, number) for number in turns}
    shelf, checked = desk.film.shelf, desk.film.checked.said
    return _Brought(batches, shelf.facts, shelf.links, checked)


def _take_in(brought: _Brought, film: Film) -> None:
    film.shelf.facts.update(brought.facts)
    film.shelf.links.update(brought.links)
    film.checked.said.update(brought.checked)


def _done(stretches: Sequence[_Stretch], desk: _Desk) -> _Batch:
    """Each shot of the stretches, recalled or compiled and looked at."""
    film, recall, look = desk.film, desk.recall, desk.look
    parts: list[Part] = []
    told: Told = []
    sources: dict[str, str] = {}
    for scene, shot in ((stretch.scene, shot) for stretch in stretches for shot in stretch.shots):
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


def _as_texts(desk: _Desk, number: int) -> _Batch:
    """A batch, with each scene as text that is whole in it: it is wanted for the memo, and brought much faster.

    A scene with a fault, or with a shot that asks for another one's pick, stays as it is: more is said of it.
    """
    batch = _done(desk.batches[number], desk)
    notes = {scene: said for scene, (said, _) in said_by_scene(batch.lines, batch.stood).items()}
    faulty = {shot.partition("/")[0] for shot, _ in batch.share.told}
    by_scene, texts = parts_by_scene(batch.share.parts), {}
    for scene in (stretch.scene for stretch in desk.batches[number] if stretch.is_whole):
        parts, heading = by_scene.get(scene.id, []), heading_of(desk.film, scene)
        if heading is not None and len(parts) == len(scene.ids) and not any(part.done.asks for part in parts):
            texts[scene.id] = scene_text(scene, heading, parts, notes, faulty, desk.here)
    left = [part for part in batch.share.parts if part.scene not in texts]
    return batch._replace(share=batch.share._replace(parts=left, texts=texts))
