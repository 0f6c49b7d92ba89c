"""What a memo keeps of a scene that was looked into. Decides what its text alone decides; reads and writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from shotpilot_pipeline.shotlist.compile import Part
from shotpilot_pipeline.shotlist.notes import is_outside
from shotpilot_pipeline.shotlist.scenememo import KeptScene, KeptShot, SceneText, kept_scene
from shotpilot_pipeline.shotlist.source import SceneSource
from shotpilot_pipeline.shotlist.whereabouts import Whereabouts


def parts_by_scene(parts: Sequence[Part]) -> dict[str, list[Part]]:
    """The shots of each scene, in list order."""
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(part.scene, []).append(part)
    return found


def scene_text(
    scene: SceneSource,
    heading: str,
    parts: Sequence[Part],
    notes: Mapping[str, Sequence[str]],
    faulty: Collection[str],
    here: Whereabouts,
) -> SceneText:
    """A scene as text. `notes`: what the linter said of its shots, by scene; `faulty`: scenes with a problem."""
    lines = notes.get(scene.id, ())
    alone = bool(scene.digest) and scene.id not in faulty and not any(part.done.asks for part in parts)
    place = (here.kept(scene.node.file), scene.node.key_line, scene.digest, scene.hole)
    row = KeptScene(scene.id, heading, *place, alone, any(map(is_outside, lines)))
    tasks = [task for part in parts for task in part.done.tasks]
    told, text = kept_scene(row, list(_shots(scene, parts)), [part.done.info for part in parts], lines, tasks)
    return SceneText(told, text, scene.node.file)


def _shots(scene: SceneSource, parts: Sequence[Part]) -> Iterator[KeptShot]:
    """What the memo says of each shot. One that asks for another's pick is compiled anew: its places are needed."""
    digests = {shot.id: shot.digest for shot in scene.shots}
    for part in parts:
        digest = "" if part.done.asks else digests[part.shot]
        yield KeptShot(part.shot, digest, part.place.line, part.done.info.state, len(part.done.tasks))
