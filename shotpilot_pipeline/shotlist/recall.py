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
from shotpilot_pipeline.shotlist.notes import read_notes
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.problems import in_place_order, with_places
from shotpilot_pipeline.shotlist.scenememo import SceneText
from shotpilot_pipeline.shotlist.whereabouts import Whereabouts
from shotpilot_pipeline.values.digest import sha256_bytes
from shotpilot_pipeline.values.lint import Linter, Notes
from shotpilot_pipeline.values.pause import collector_paused
from shotpilot_pipeline.values.task import Compiled, Tasks

# YAML, JSON Schema, templates and Pillow are imported only when something has to be compiled: a no-op needs none.
if TYPE_CHECKING:
    from shotpilot_pipeline.shotlist.compile import Part
    from shotpilot_pipeline.shotlist.film import Film
    from shotpilot_pipeline.shotlist.looking import Look
    from shotpilot_pipeline.shotlist.recalled import Recall
    from shotpilot_pipeline.shotlist.references import Fact
    from shotpilot_pipeline.shotlist.source import Source


Check = Callable[[Compiled], Sequence[Problem]]


class Recalled(NamedTuple):
    """A list as compiled or recalled. `notes` makes what the linter said of it, its errors among it."""

    compiled: Compiled | None  # None where there is an error
    problems: tuple[Problem, ...]  # in order of place; of the linter's, the errors alone
    notes: Callable[[], Notes]
    stamp: Stamp | None = None  # what it rests on; None where nothing was kept of it


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
            notes = partial(_notes, memo.note, tuple(memo.scenes()), here)
            return Recalled(memo.compiled(scenes=scenes), problems, notes, memo.stamp)
        return _compile(file, root, catalog, memo, memo_path, eyes, pages, words=scenes)


def _notes(around: str, scenes: Sequence[SceneText], here: Whereabouts) -> Notes:
    lines = [around]
    stood: list[tuple[str, Place]] = []
    for scene in scenes:
        said, where = scene.said()
        lines += said
        stood += where
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
    parts: list[Part]  # of the scenes that were looked into here
    texts: Mapping[str, SceneText]  # of all others
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
        told += (("", made.film.told(problem)) for problem in eyes.check(made.compiled))
    problems = tuple(in_place_order(problem for _, problem in told))
    if any(problem.severity is Severity.ERROR for problem in problems):
        return Recalled(None, problems, partial(made.look.notes, made.texts))
    compiled = made.compiled if words else replace(made.compiled, scenes=())
    if pages.in_memory:
        return Recalled(compiled, problems, partial(made.look.notes, made.texts))
    stamp, scenes = _stamp(made, catalog)._replace(linter=eyes.digest), list(_scenes(made, here))
    _keep(memo_path, made, stamp, scenes, here)
    compiled = replace(compiled, tasks=Tasks(scene.tasks() for scene in scenes))
    return Recalled(compiled, problems, partial(_notes, made.look.around_line, scenes, here), stamp)


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
    from shotpilot_pipeline.shotlist.compile import join
    from shotpilot_pipeline.shotlist.film import open_film
    from shotpilot_pipeline.shotlist.gather import gather
    from shotpilot_pipeline.shotlist.looking import Look
    from shotpilot_pipeline.shotlist.recalled import Recall
    from shotpilot_pipeline.shotlist.references import Fact, Shelf

    facts = {name: Fact(*fact) for name, fact in memo.stamp.references.items()} if memo else {}
    film, film_found = open_film(source, catalog, Shelf(source.root, facts))
    film.checked.earlier = frozenset(memo.passed if memo and memo.stamp.catalog == catalog.digest else ())
    stood = memo is not None and _surroundings_stand(memo.stamp, source, catalog)
    recall = Recall(memo if stood else None, source.layout, source.outer)
    look = Look(eyes.linter, film, source, here, recall)
    told = [("", problem) for problem in (*found, *film_found, *look.around())]
    parts, of_shots, texts, sources = gather(source, film, recall, look, here)
    compiled, joined = join(film, source, parts, texts, partial(_every_part, source, texts, parts))
    told += (*of_shots, *(("", problem) for problem in joined))
    compiled = replace(compiled, sources={**recall.sources, **sources})
    if words:
        told_of = (texts[one.id].info(words=True) if one.id in texts else one for one in compiled.scenes)
        compiled = replace(compiled, scenes=tuple(told_of))
    return _Made(source, film, recall, look, parts, texts, told, compiled)


def _every_part(source: Source, texts: Mapping[str, SceneText], parts: Sequence[Part]) -> list[Part]:
    """The shots of all scenes, those too that nobody looked into here."""
    from shotpilot_pipeline.shotlist.recalled import parts_in
    from shotpilot_pipeline.shotlist.scenekeep import parts_by_scene

    there = parts_by_scene(parts)
    return [
        part
        for scene in source.scenes
        for part in (parts_in(scene, texts[scene.id]) if scene.id in texts else there.get(scene.id, ()))
    ]


def _keep(path: Path, made: _Made, stamp: Stamp, scenes: Sequence[SceneText], here: Whereabouts) -> None:
    """Write the memo."""
    passed, note = made.film.checked.passed(), made.look.around_line
    write_memo(path, stamp, made.compiled, scenes, _from_root(made.told, here), note, passed)


def _scenes(made: _Made, here: Whereabouts) -> Iterator[SceneText]:
    """Every scene as text."""
    from shotpilot_pipeline.shotlist.scenekeep import parts_by_scene, scene_text

    parts, headings = parts_by_scene(made.parts), {scene.id: scene.heading for scene in made.compiled.scenes}
    notes = {scene: said for scene, (said, _) in made.look.by_scene().items()}
    faulty = {shot.partition("/")[0] for shot, _ in made.told}
    for scene in made.source.scenes:
        known = made.texts.get(scene.id)
        yield known or scene_text(scene, headings[scene.id], parts.get(scene.id, ()), notes, faulty, here)


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
    return Stamp(here.list, catalog.digest, source.head_digest, source.layout, dict(source.files), links, references)


def _rows(facts: Mapping[str, Fact | Sequence[object]]) -> dict[str, list[object]]:
    return {name: list(fact) for name, fact in facts.items()}


def _from_root(told: Sequence[Found], here: Whereabouts) -> list[Found]:
    def kept(at: Place) -> Place:
        return at._replace(file=here.kept(at.file))

    return [(shot, with_places(problem, kept)) for shot, problem in told]
