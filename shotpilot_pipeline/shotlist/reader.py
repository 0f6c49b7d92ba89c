"""Reads a shot list: text, cut, skeleton, schema, includes, names. See `source` for what comes out.

Does not know what a setting means; shots stay text unless something forces them to be parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist import include, names
from shotpilot_pipeline.shotlist.blocks import STAND_IN, CutScene, CutText, Hole, cut
from shotpilot_pipeline.shotlist.document import parse_all
from shotpilot_pipeline.shotlist.filetext import FileText, read_text
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.pages import Pages
from shotpilot_pipeline.shotlist.plainshot import read_plain
from shotpilot_pipeline.shotlist.pointer import told_whole
from shotpilot_pipeline.shotlist.source import SceneSource, ShotText, Source
from shotpilot_pipeline.shotlist.validate import check
from shotpilot_pipeline.shotlist.yamlfault import shown
from shotpilot_pipeline.shotlist.yamltext import parse
from shotpilot_pipeline.values.address import ID_PATTERN
from shotpilot_pipeline.values.digest import canonical_json, digest_in_order, sha256_text
from shotpilot_pipeline.values.pause import collector_paused

SCHEMA = "shotlist-1"
MOST_SHOT_VALUES = 20_000  # values of one shot; the longest that makes sense has some hundred
_NO_PROBLEMS: tuple[Problem, ...] = ()


def read_source(
    path: Path, root: Path, pages: Pages, known: Mapping[str, Hole]
) -> tuple[Source | None, tuple[Problem, ...]]:
    """See `source.read_source`."""
    with collector_paused():
        show = _Show(root, pages, known)
        file = show.read(str(path), None, [])
        if file is None:
            return None, show.told()
        show.check_names(file.head)
        if show.problems:
            return None, show.told()
        return show.source(str(path), file.head), _NO_PROBLEMS


def read_fragment(path: Path, root: Path, pages: Pages) -> tuple[Problem, ...]:
    """See `source.read_fragment`."""
    with collector_paused():
        show = _Show(root, pages, {})
        file = show.read(str(path), None, [], definition="fragment")
        if file is not None:
            show.check_names(file.head)
        return show.told()


def load_shot(shot: ShotText, root: Path) -> tuple[Node | None, tuple[Problem, ...]]:
    """See `source.load_shot`."""
    if shot.node is not None:
        return shot.node, _NO_PROBLEMS
    address = f"{shot.scene}/{shot.id}"
    if (plain := read_plain(shot)) is not None:
        faults = _shot_faults(plain, address)
        return (None, in_order(faults)) if faults else (plain, _NO_PROBLEMS)
    parsed = parse_all(shot.text, shot.file, shot.line - 1, MOST_SHOT_VALUES)
    node = parsed.node.get(shot.id) if parsed.node is not None else None
    if node is None:
        problems = [_with_address(problem, address) for problem in parsed.problems]
        return None, in_order(problems or [_not_whole(shot, address)])
    found = [_with_address(problem, address) for problem in parsed.problems]
    found += _shot_faults(node, address)
    return (None, in_order(found)) if found else (node, _NO_PROBLEMS)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems by place, each once; beside a syntax fault nothing else is said about its line."""
    every = sorted(dict.fromkeys(problems), key=lambda problem: (problem.place, problem.rule, problem.message))
    broken = {_line(problem) for problem in every if _is_syntax(problem)}
    return tuple(problem for problem in every if _is_syntax(problem) or _line(problem) not in broken)


def _is_syntax(problem: Problem) -> bool:
    return problem.rule.startswith("yaml-")


def _line(problem: Problem) -> tuple[str, int]:
    return problem.place.file, problem.place.line


def _with_address(problem: Problem, address: str) -> Problem:
    return replace(problem, address=address)


def _not_whole(shot: ShotText, address: str) -> Problem:
    place = Place(shot.file, shot.line, shot.column)
    hint = "indent every line of it deeper than its id, lines inside quotes and brackets too"
    return Problem("yaml-indent", place, f"the shot {shot.id!r} does not stand by itself", hint, address=address)


def _shot_faults(node: Node, address: str) -> list[Problem]:
    faults = check(node, SCHEMA, "shot", address)
    return faults or list(names.in_settings(node, address))


def _shot_problems(scenes: Iterable[SceneSource], root: Path) -> Iterator[Problem]:
    for scene in scenes:
        for shot in scene.shots:
            yield from load_shot(shot, root)[1]


@dataclass(slots=True)
class _File:
    """One file, read: its map without scenes, and its scenes."""

    head: Node
    outer: str  # of its text, see CutText
    skeleton: str
    scenes: dict[str, SceneSource] = field(default_factory=dict)


class _Show:
    """Everything one shot list consists of, gathered file by file."""

    def __init__(self, root: Path, pages: Pages, known: Mapping[str, Hole]) -> None:
        self.root = root
        self.pages = pages
        self.known = known
        self.included: dict[str, Place] = {}
        self.real_root = include.real(root) or root
        self.problems: list[Problem] = []
        self.files: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.fragments: list[_File] = []
        self.own: _File | None = None

    def read(self, display: str, entry: Node | None, chain: list[str], definition: str = "") -> _File | None:
        """Read one file and, before it counts, what it includes. `chain`: the files that led here."""
        path = include.real(Path(display))
        if path is None or not path.is_relative_to(self.real_root):
            hint = "move it there, or name the root with --project"
            self.problems.append(Problem("file", Place(display), f"lies outside of the show's root {self.root}", hint))
            return None
        name = path.relative_to(self.real_root).as_posix()
        self.links[display] = name
        if name in self.files and entry is not None:
            return None  # a fragment that two files include is read once
        if entry is not None:
            self.included.setdefault(display, entry.place)
        got = read_text(path, display, pages=self.pages)
        if isinstance(got, Problem):
            self.problems.append(got)
            return None
        self.files[name] = got.sha256
        file = _Reading(got, name, self.problems, self.known).run(definition)
        if file is None:
            return None
        for below in _entries(file.head):
            self._include(below, [*chain, display])
        if entry is None:
            self.own = file
            self.problems += include.merge([fragment.head for fragment in self.fragments], file.head)
        else:
            self.fragments.append(file)
        return file

    def _include(self, entry: Node, chain: list[str]) -> None:
        found = include.target(entry, self.real_root, self.pages)
        if len(chain) > include.DEEPEST:
            self.problems.append(Problem("include", entry.place, f"includes go more than {include.DEEPEST} files deep",
                                         "include these files from the shot list itself"))  # fmt: skip
            return
        if isinstance(found, Problem):
            self.problems.append(found)
            return
        same = next((file for file in chain if include.real(Path(file)) == include.real(Path(found))), None)
        if same is not None:
            drawn = include.cycle(chain, same)
            self.problems.append(Problem("include-cycle", entry.place, f"includes go in a circle: {drawn}",
                                         "remove one of these includes"))  # fmt: skip
            return
        self.read(found, entry, chain, definition="fragment")

    def told(self) -> tuple[Problem, ...]:
        """Every problem of the files and their shots, each whole: with its end and the includes that led to it."""
        found = [*self.problems, *_shot_problems(self.scenes(), self.root)]
        return tuple(told_whole(problem, self.pages, self.included, self.root) for problem in in_order(found))

    def scenes(self) -> list[SceneSource]:
        """The scenes of all files, includes first."""
        files = [*self.fragments, *([self.own] if self.own else [])]
        return [scene for file in files for scene in file.scenes.values()]

    def check_names(self, head: Node) -> None:
        """Names that clash, across all files."""
        scenes: dict[str, Node] = {}
        for scene in self.scenes():
            self.problems += include.join("the scene", scenes, {scene.id: scene.node})
        found = self.problems
        found += names.twins("scene", ((name, node.key_place) for name, node in scenes.items()))
        cast, images = head.get("cast"), head.get("images")
        known = dict(names.keys(cast))
        for name, place in names.keys(images):
            if name in known:
                message = f"{name!r} is an image here and a cast member at {known[name]}"
                found.append(Problem("name-shared", place, message, "cast and images share one name space: rename one"))
        found += names.twins("name", [*names.keys(cast), *names.keys(images)])
        for section, kind in (("looks", "look"), ("vars", "variable")):
            found += names.twins(kind, names.keys(head.get(section)), why="people take the two for one")
        found += names.reserved([*names.keys(cast), *names.keys(images)])
        found += names.twins("stage", names.keys(head.get("stages")))
        for section in ("defaults", "stages"):
            for settings in _settings_of(head, section):
                found += names.in_settings(settings)
        self._check_shots([name for name, _ in names.keys(head.get("stages"))])

    def _check_shots(self, stages: list[str]) -> None:
        scenes = self.scenes()
        for scene in scenes:
            if not names.all_differ(scene.ids):
                places = ((shot.id, Place(shot.file, shot.line, shot.column)) for shot in scene.shots)
                for twin in names.twins("shot", places):
                    self.problems.append(replace(twin, address=f"{scene.id}/{twin.message.split(chr(39))[1]}"))
            for settings in (scene.node, scene.node.get("defaults")):
                if settings is not None:
                    self.problems += names.in_settings(settings)
        ends = ["", *(f"_{stage}" for stage in stages)] if any("_" in stage for stage in stages) else [""]
        files = (f"{scene.id}_{id}{end}" for end in ends for scene in scenes for id in scene.ids)
        if any("_" in " ".join((scene.id, *scene.ids)) for scene in scenes) and not names.all_differ(files):
            self.problems += names.same_file(
                (f"{shot.scene}_{shot.id}{end}", f"{shot.scene}/{shot.id}", Place(shot.file, shot.line, shot.column))
                for end in ends for scene in scenes for shot in scene.shots
            )  # fmt: skip

    def source(self, path: str, head: Node) -> Source:
        scenes = tuple(self.scenes())
        told = {
            "head": head.plain(),
            "scenes": [[scene.id, scene.node.file, scene.node.plain()] for scene in scenes],
            "from": [[name, node.file] for section in include.MERGED for name, node in _map(head.get(section))],
            "files": sorted(self.files),
        }
        files = [*self.fragments, *([self.own] if self.own else [])]
        outer, layout = ([file.outer for file in files], [file.skeleton for file in files])
        return Source(path, self.root, head, scenes, dict(self.files), digest_in_order(told),
                      digest_in_order([sorted(self.files), outer]), digest_in_order([sorted(self.files), layout]),
                      dict(self.links), dict(self.included), self.pages)  # fmt: skip


def _map(node: Node | None) -> list[tuple[str, Node]]:
    return list(node.value.items()) if node is not None and isinstance(node.value, dict) else []


def _settings_of(head: Node, section: str) -> list[Node]:
    node = head.get(section)
    if node is None:
        return []
    return [node] if section == "defaults" else [stage for _, stage in _map(node)]


def _entries(head: Node) -> list[Node]:
    node = head.get("include")
    items = node.value if node is not None and isinstance(node.value, list) else []
    return [item for item in items if isinstance(item.value, str)]


class _Reading:
    """One file on its way from text to head and scenes."""

    def __init__(self, got: FileText, name: str, problems: list[Problem], known: Mapping[str, Hole]) -> None:
        self.got = got
        self.name = name  # path from the root
        self.problems = problems
        self.known = known

    def run(self, definition: str) -> _File | None:
        node, cuts, made = self._parse()
        if node is None:
            return None
        if not isinstance(node.value, dict):
            self.problems.append(Problem("schema-type", node.place, "the file holds no `key: value` lines",
                                         "begin it with `shotlist: 1`"))  # fmt: skip
            return None
        scenes = {id: scene for id, scene in _map(node.get("scenes")) if isinstance(scene.value, dict)}
        parsed = {id: self._shots_out(id, scene) for id, scene in scenes.items() if id not in cuts}
        for id in cuts:
            scenes[id].map.pop("shots")
        self.problems += check(node, SCHEMA, definition)
        for shots in parsed.values():
            for shot, shot_node in shots:
                self.problems += _shot_faults(shot_node, f"{shot.scene}/{shot.id}")
        file = _File(node, made.outer, made.skeleton)
        for id, scene in scenes.items():
            file.scenes[id] = self._cut(scene, cuts[id]) if id in cuts else self._parsed(id, scene, parsed[id])
        node.map.pop("scenes", None)
        return file

    def _cut(self, node: Node, scene: CutScene) -> SceneSource:
        """A scene whose shots are text, and are cut apart when somebody asks."""
        last = scene.first + scene.text.rstrip("\n").count("\n")
        return SceneSource(scene.id, node, scene.hole.ids, partial(self._texts, scene), scene.digest, scene.hole, last)

    def _texts(self, scene: CutScene) -> tuple[ShotText, ...]:
        file, name = self.got.file, self.name
        return tuple(
            ShotText(scene.id, id, file, line, column, sha256_text(f"{name}\n{text}"), text, None)
            for id, text, line, column in scene.blocks
        )

    def _parsed(self, id: str, node: Node, shots: list[tuple[ShotText, Node]]) -> SceneSource:
        """A scene whose shots are nodes already."""
        told = tuple(self._digested(shot, shot_node) for shot, shot_node in shots)
        return SceneSource(id, node, tuple(shot.id for shot in told), lambda: told)

    def _parse(self) -> tuple[Node | None, dict[str, CutScene], CutText]:
        """The map of the file, the scenes whose shots were cut out of it, and how it was cut."""
        text, file = self.got.text, self.got.file
        made = cut(text, self.name, self.known)
        if made.scenes:
            parsed = parse(made.skeleton, file)
            if parsed.fault is None and parsed.node is not None and _stand_ins_fit(parsed.node, made.scenes):
                self.problems += parsed.problems
                return parsed.node, {scene.id: scene for scene in made.scenes}, made
        parsed = parse_all(text, file)
        self.problems += parsed.problems
        return parsed.node, {}, CutText(text, (), text)

    def _shots_out(self, scene: str, node: Node) -> list[tuple[ShotText, Node]]:
        """Take the shots of a scene that was not cut out of its map."""
        shots = node.get("shots")
        if shots is None or not isinstance(shots.value, dict):
            return []
        node.map.pop("shots")
        for id in [id for id, shot in shots.value.items() if self._is_stray(id, shot)]:
            shots.value.pop(id)
        for id, shot in shots.value.items():
            if not ID_PATTERN.match(id):
                hint = "write letters, digits, - and _, beginning with a letter or a digit"
                self.problems.append(
                    Problem("schema-name", shot.key_place, f"{shown(id)!r} cannot be a name here", hint)
                )
        return [
            (ShotText(scene, id, shot.file, shot.key_line, shot.key_column, "", "", shot), shot)
            for id, shot in shots.value.items()
        ]

    def _is_stray(self, id: str, shot: Node) -> bool:
        """Whether a key of a shot stands where the id of a shot belongs; says so, unless its shot was called empty."""
        if isinstance(shot.value, dict) or id not in schema(SCHEMA)["$defs"]["shot"]["properties"]:
            return False
        at = shot.key_place
        empty = (problem.place for problem in self.problems if problem.rule == "yaml-empty")
        if not any(place.column == at.column and place.line < at.line for place in empty):
            what = f"`{id}` stands here as if it were a shot"
            self.problems.append(Problem("yaml-indent", at, what, "indent it deeper than the id of its shot"))
        return True

    def _digested(self, shot: ShotText, node: Node) -> ShotText:
        return shot._replace(digest=sha256_text(canonical_json([self.name, shot.id, node.plain()])))


def _stand_ins_fit(root: Node, scenes: tuple[CutScene, ...]) -> bool:
    """Whether every stand-in turned up where it was put, alone: then the text was cut where YAML would cut it."""
    for scene in scenes:
        node = root.get("scenes", scene.id, "shots")
        inside = node.value if node is not None else None
        if not isinstance(inside, dict) or list(inside) != [STAND_IN]:
            return False
        stand_in = inside[STAND_IN]
        if (stand_in.key_line, stand_in.key_column) != (scene.line, scene.hole.indent + 1):
            return False
    return True
