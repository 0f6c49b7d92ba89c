"""Compiles a shot list, or recalls what was compiled: all of it when nothing moved, else the shots that did not.

The memo is trusted only where the bytes of every file, the model cards and the stamps of every reference picture are
what they were. What the recalled and the compiled have in common is joined and checked anew. Knows no rule of the
language itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from shotpilot_pipeline.catalog.cards import Catalog
from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.shotlist.memo import Found, Memo, Stamp, read_memo, write_memo
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.notes import is_outside, read_notes
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.problems import in_place_order, with_places
from shotpilot_pipeline.shotlist.scenememo import KeptScene, KeptShot, kept_scene, needs_of, scene_tasks
from shotpilot_pipeline.shotlist.whereabouts import Whereabouts
from shotpilot_pipeline.values.digest import digest_of, sha256_bytes
from shotpilot_pipeline.values.lint import Linter, Notes
from shotpilot_pipeline.values.pause import collector_paused
from shotpilot_pipeline.values.task import Compiled, SceneTasks, Tasks

# YAML, JSON Schema, templates and Pillow are imported only when something has to be compiled: a no-op needs none.
if TYPE_CHECKING:
    from shotpilot_pipeline.shotlist.compile import Part
    from shotpilot_pipeline.shotlist.film import Film
    from shotpilot_pipeline.shotlist.looking import Look
    from shotpilot_pipeline.shotlist.recalled import Recall, WholeScene
    from shotpilot_pipeline.shotlist.references import Fact
    from shotpilot_pipeline.shotlist.source import SceneSource, Source


Check = Callable[[Compiled], Sequence[Problem]]


class Recalled(NamedTuple):
    """A list as compiled or recalled. `notes` makes what the linter said of it, its errors among it."""

    compiled: Compiled | None  # None where there is an error
    problems: tuple[Problem, ...]  # in order of place; of the linter's, the errors alone
    notes: Callable[[], Notes]


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks at a list besides the compiler: other rooms at a whole one that compiles, a linter at each shot."""

    check: Check = lambda _: ()
    linter: Linter | None = None

    @property
    def digest(self) -> str:
        """Moves when the linter may say something else; "" without one."""
        return self.linter.digest if self.linter else ""


def compile_or_recall(
    file: Path,
    root: Path,
    catalog: Catalog,
    memo_path: Path,
    eyes: Eyes | None = None,
    *,
    scenes: bool = False,
    pages: Pages | None = None,
) -> Recalled:
    """The compiled list and every problem of it.

    `eyes` are those of other rooms; only a list that passes gets a memo, so what is recalled need not be looked at
    again. `scenes` asks for the words of the shots too, which only reports need. Never raises for what files hold.
    `pages` may hold texts that count instead of those on disk; then no memo is written.
    """
    eyes = eyes or Eyes()
    with collector_paused():
        here = Whereabouts(file, root)
        memo = read_memo(memo_path, here.shown)
        pages = pages or Pages()
        if memo is not None and memo.stamp.linter != eyes.digest:
            memo = None
        if memo is not None and stands(memo.stamp, file, root, catalog, pages):
            problems = tuple(in_place_order(found for _, found in memo.problems))
            return Recalled(memo.compiled(scenes=scenes), problems, partial(_notes, memo, here))
        return _compile(file, root, catalog, memo, memo_path, eyes, pages, words=scenes)


def _notes(memo: Memo, here: Whereabouts) -> Notes:
    lines = [memo.note]
    stood: list[tuple[str, Place]] = []
    for place, row in enumerate(memo.rows):
        scene, file = memo.shots(place), memo.file(place)
        lines += scene.notes
        stood += ((f"{row.id}/{shot.id}", Place(file, shot.line)) for shot in scene.shots)
    return read_notes(lines, stood, here.shown)


def stands(stamp: Stamp, file: Path, root: Path, catalog: Catalog, pages: Pages | None = None) -> bool:
    """Whether a memo is that of the list in `file`, and everything it rests on is what it was."""
    pages = pages or Pages()
    return (
        stamp.list == Whereabouts(file, root).list
        and stamp.catalog == catalog.digest
        and all(_digest(root / name, pages) == digest for name, digest in stamp.files.items())
        and _links_stand(stamp.links, root)
        and _references_stand(stamp.references, root)
    )


def _digest(path: Path, pages: Pages) -> str:
    try:
        return sha256_bytes(pages.bytes_of(path))
    except OSError:
        return ""


def _links_stand(links: Mapping[str, str], root: Path) -> bool:
    """Whether each path that was written leads to the file it led to: a symlink can be turned to another one.

    Folders are followed once each, because a show's thousand references lie in a handful of them.
    """
    real_root = os.path.realpath(root)
    folders: dict[str, str] = {}

    def leads_to(path: str) -> str:
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        found = os.path.join(folders[folder], name)
        return os.path.realpath(path) if name in ("", ".", "..") or os.path.islink(found) else found

    return all(
        leads_to(os.path.join(root, written)) == os.path.normpath(os.path.join(real_root, name))
        for written, name in links.items()
    )


def _references_stand(facts: Mapping[str, Sequence[object]], root: Path) -> bool:
    """Whether each reference holds the bytes it held: by its stamp, as make and git look, else by its sha256."""
    return all(_reference_stands(root / name, fact) for name, fact in facts.items())


def _reference_stands(path: Path, fact: Sequence[object]) -> bool:
    size, changed_ns, inode, sha256 = fact[:4]
    try:
        found = path.stat()
    except OSError:
        return False
    changed = max(found.st_mtime_ns, found.st_ctime_ns)
    same = (found.st_size, changed, found.st_ino) == (size, changed_ns, inode)
    return same or (found.st_size == size and _digest(path, Pages()) == sha256)


class _Made(NamedTuple):
    """A list as far as it could be compiled, with all that a memo of it is written from."""

    source: Source
    film: Film
    recall: Recall
    look: Look
    layout: str
    parts: list[Part]  # of the scenes that were looked into
    told: list[Found]
    compiled: Compiled


def _compile(
    file: Path,
    root: Path,
    catalog: Catalog,
    memo: Memo | None,
    memo_path: Path,
    eyes: Eyes,
    pages: Pages,
    *,
    words: bool,
) -> Recalled:
    from shotpilot_pipeline.shotlist.source import read_source

    source, found = read_source(file, root, pages, memo.holes if memo else None)
    if source is None:
        return Recalled(None, found, Notes.none)
    here = Whereabouts(file, root)
    made = _made(source, found, catalog, memo, eyes, here, words=words)
    told = made.told
    if not any(problem.severity is Severity.ERROR for _, problem in told):
        told += (("", made.film.told(problem)) for problem in eyes.check(_unseen(made)))
    problems = tuple(in_place_order(problem for _, problem in told))
    if any(problem.severity is Severity.ERROR for problem in problems):
        return Recalled(None, problems, made.look.notes)
    compiled = made.compiled
    if not pages.in_memory:
        compiled = _keep(memo_path, made, catalog, eyes, here)
    return Recalled(compiled if words else replace(compiled, scenes=()), problems, made.look.notes)


def _made(
    source: Source,
    found: Sequence[Problem],
    catalog: Catalog,
    memo: Memo | None,
    eyes: Eyes,
    here: Whereabouts,
    *,
    words: bool,
) -> _Made:
    from shotpilot_pipeline.shotlist.compile import Whole, join
    from shotpilot_pipeline.shotlist.film import open_film
    from shotpilot_pipeline.shotlist.gather import gather
    from shotpilot_pipeline.shotlist.looking import Look, outer_digest
    from shotpilot_pipeline.shotlist.recalled import Recall
    from shotpilot_pipeline.shotlist.references import Fact, Shelf

    facts = {name: Fact(*fact) for name, fact in memo.stamp.references.items()} if memo else {}
    film, film_found = open_film(source, catalog, Shelf(source.root, facts))
    film.checked.earlier = frozenset(memo.passed if memo and memo.stamp.catalog == catalog.digest else ())
    stood = memo is not None and _surroundings_stand(memo.stamp, source, catalog)
    layout = _layout(source)
    recall = Recall(memo if stood else None, layout, outer_digest(source))
    look = Look(eyes.linter, film, source, here, recall)
    told = [("", problem) for problem in (*found, *film_found, *look.around())]
    parts, of_shots = gather(source, film, recall, look)
    whole = {scene.id: Whole(one.tasks(), one.info(words=words)) for scene, one in _whole(source, recall)}
    every = partial(_every_part, source, recall, parts)
    compiled, joined = join(film, source, parts, whole, every)
    told += (*of_shots, *(("", problem) for problem in joined))
    compiled = replace(compiled, sources={**recall.sources, **compiled.sources})
    return _Made(source, film, recall, look, layout, parts, told, compiled)


def _whole(source: Source, recall: Recall) -> Iterator[tuple[SceneSource, WholeScene]]:
    """The scenes that are given again whole."""
    for scene in source.scenes:
        one = recall.whole(scene)
        if one is not None:
            yield scene, one


def _every_part(source: Source, recall: Recall, parts: Sequence[Part]) -> list[Part]:
    """The shots of all scenes, those too that nobody looked into."""
    there = {scene.id for scene, _ in _whole(source, recall)}
    known = {(part.scene, part.shot): part for part in parts}
    found = []
    for scene in source.scenes:
        for shot in scene.shots:
            recalled = recall.part(shot) if scene.id in there else None
            part = recalled[0] if recalled else known.get((scene.id, shot.id))
            found += [part] if part else []
    return found


def _unseen(made: _Made) -> Compiled:
    """The list with the tasks that have to be looked at: where no scene needs another, those that are new."""
    compiled, tasks = made.compiled, made.compiled.tasks
    if not isinstance(tasks, Tasks) or compiled.name_pattern:
        return compiled
    new = tuple(task for part in made.parts for task in part.done.tasks)
    if any(scene.needs for scene in tasks.scenes) or any(needs_of(part.scene, part.done.tasks) for part in made.parts):
        return compiled
    return replace(compiled, tasks=new)


def _keep(path: Path, made: _Made, catalog: Catalog, eyes: Eyes, here: Whereabouts) -> Compiled:
    """Write the memo; gives the list with its tasks scene by scene."""
    stamp = _stamp(made, catalog)._replace(linter=eyes.digest)
    rows = _from_root(made.told, here)
    scenes = list(_kept(made, here))
    passed, note = made.film.checked.passed(), made.look.around_line
    write_memo(path, stamp, made.compiled, [(row, text) for row, text, _ in scenes], rows, note, passed)
    return replace(made.compiled, tasks=Tasks(tasks for _, _, tasks in scenes))


def _surroundings_stand(stamp: Stamp, source: Source, catalog: Catalog) -> bool:
    """Whether all that is around the shots is what it was, so that a shot's text alone decides what it compiles to."""
    here = Whereabouts(Path(source.path), source.root).list
    same = (stamp.list, stamp.catalog, stamp.head) == (here, catalog.digest, source.head_digest)
    return same and _links_stand(stamp.links, source.root) and _references_stand(stamp.references, source.root)


def _stamp(made: _Made, catalog: Catalog) -> Stamp:
    source, shelf, recall = made.source, made.film.shelf, made.recall
    here = Whereabouts(Path(source.path), source.root)
    links = {**recall.links, **{here.kept(typed): name for typed, name in source.links.items()}}
    links |= {here.beside(file, written): name for (file, written), name in shelf.links.items()}
    references = _rows({**recall.facts, **shelf.facts})
    return Stamp(here.list, catalog.digest, source.head_digest, made.layout, dict(source.files), links, references)


def _rows(facts: Mapping[str, Fact | Sequence[object]]) -> dict[str, list[object]]:
    return {name: list(fact) for name, fact in facts.items()}


def _from_root(told: Sequence[Found], here: Whereabouts) -> list[Found]:
    def kept(at: Place) -> Place:
        return replace(at, file=here.kept(at.file))

    return [(shot, with_places(problem, kept)) for shot, problem in told]


def _layout(source: Source) -> str:
    """A digest of where everything but the shots stands, by which problems of shots may point at it."""
    places: list[tuple[str, int, int]] = []
    for node in (source.head, *(scene.node for scene in source.scenes)):
        _note_places(node, places)
    return digest_of({"places": places})


def _note_places(node: Node, places: list[tuple[str, int, int]]) -> None:
    places.append((node.file, node.line, node.column))
    value = node.value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _note_places(below, places)


def _kept(made: _Made, here: Whereabouts) -> Iterator[tuple[KeptScene, bytes | memoryview, SceneTasks]]:
    """What the memo says of each scene, its text, and its tasks."""
    parts: dict[str, list[Part]] = {scene.id: [] for scene in made.source.scenes}
    for part in made.parts:
        parts[part.scene].append(part)
    headings = {scene.id: scene.heading for scene in made.compiled.scenes}
    faulty = {shot.partition("/")[0] for shot, _ in made.told}
    notes = made.look.by_scene()
    for scene in made.source.scenes:
        one = made.recall.whole(scene)
        if one is not None:
            yield one.row, one.text(), one.tasks()
            continue
        own = _row(scene, headings[scene.id], parts[scene.id], here)
        lines = notes[scene.id][0] if scene.id in notes else ()
        own = own._replace(whole=own.whole and scene.id not in faulty, outside=any(map(is_outside, lines)))
        tasks = tuple(task for part in parts[scene.id] for task in part.done.tasks)
        infos = [part.done.info for part in parts[scene.id]]
        row, text = kept_scene(own, list(_shots(scene, parts[scene.id])), infos, lines, tasks)
        yield row, text, scene_tasks(row, partial(tuple, tasks))


def _row(scene: SceneSource, heading: str, parts: Sequence[Part], here: Whereabouts) -> KeptScene:
    """What a scene is known by, before its text is written."""
    whole = bool(scene.digest) and not any(part.done.asks for part in parts)
    place = (here.kept(scene.node.file), scene.node.key_line, scene.digest, scene.hole)
    return KeptScene(scene.id, heading, *place, (), 0, whole, False, (), (), 0, "", 0, "")


def _shots(scene: SceneSource, parts: Sequence[Part]) -> Iterator[KeptShot]:
    """What the memo says of each shot. One that asks for another's pick is compiled anew: its places are needed."""
    digests = {shot.id: shot.digest for shot in scene.shots}
    for part in parts:
        digest = "" if part.done.asks else digests[part.shot]
        yield KeptShot(part.shot, digest, part.place.line, part.done.info.state, len(part.done.tasks))
