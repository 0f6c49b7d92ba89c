"""What the template prints of a page: frames with their numbers, prompts cut at their mentions, filter choices.

Pure but for one question (is the full picture there to be linked?). Does not know how anything looks.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

from shotpilot_pipeline.review.page import (
    ReportPage,
    ReportPicture,
    ReportScene,
    ReportShot,
    ReportStage,
    ReportTake,
    heroes,
    price_of,
    states_of,
    takes_of,
)
from shotpilot_pipeline.values.money import Money

MENTION = re.compile(r"@(Element|Image)(\d*)")
FRAMING = ("size", "angle", "lens")  # the slots that stand on one line under the shot's code

Choices = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a prompt: plain text, or a mention with the name it stands for. `kind`: "", "element", "image"."""

    text: str
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One wording of a shot, and the stages that use it."""

    id: str
    stages: tuple[str, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture on the page.

    `order` counts in reading order (stages, newest version first, takes, panels). `factor` is the square root of
    width / height: frames of one sheet have equal areas, whatever their ratio. `panel` is 0 in a single picture.
    """

    id: str
    order: int
    address: str
    label: str
    alt: str
    picture: ReportPicture
    panel: int
    prompt: str
    link: str
    factor: float


@dataclass(frozen=True, slots=True)
class TakeView:
    """A take with its frames; `hero` takes are shown large."""

    take: ReportTake
    stage: ReportStage
    hero: bool
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class StageView:
    """A task with its takes, newest version first."""

    stage: ReportStage
    takes: tuple[TakeView, ...]
    price: Money


@dataclass(frozen=True, slots=True)
class ShotView:
    """A shot as the template prints it."""

    shot: ReportShot
    heroes: tuple[TakeView, ...]
    stages: tuple[StageView, ...]
    prompts: tuple[Prompt, ...]
    framing: str
    words: Mapping[str, str]
    states: tuple[str, ...]
    price: Money


class Viewer:
    """Makes the views of one page that will stand in `folder`; every frame and prompt gets a number of its own."""

    def __init__(self, page: ReportPage, folder: Path) -> None:
        self._page = page
        self._folder = folder
        self._numbers = count(1)

    def scenes(self) -> list[tuple[ReportScene, list[ShotView]]]:
        """Every scene with the views of its shots, in list order."""
        return [(scene, [self.shot(scene, shot) for shot in scene.shots]) for scene in self._page.scenes]

    def shot(self, scene: ReportScene, shot: ReportShot) -> ShotView:
        """One shot of `scene`."""
        prompts = self._prompts(shot)
        large = heroes(shot, self._page.stages)
        words = dict(shot.words)
        stages = tuple(
            StageView(
                stage,
                tuple(
                    self._take(f"{scene.id} {shot.id}", stage, take, (stage, take) in large, prompts)
                    for take in sorted(stage.takes, key=lambda take: (-take.version, take.number))
                ),
                price_of(stage.takes),
            )
            for stage in shot.stages
        )
        return ShotView(
            shot=shot,
            heroes=tuple(view for stage in stages for view in stage.takes if view.hero),
            stages=stages,
            prompts=tuple(prompts.values()),
            framing=" · ".join(words[name] for name in FRAMING if words.get(name)),
            words=words,
            states=states_of(shot),
            price=price_of(takes_of(shot)),
        )

    def _prompts(self, shot: ReportShot) -> dict[str, Prompt]:
        """Every wording of the shot once, by its text, in order of its stages."""
        found: dict[str, Prompt] = {}
        for stage in shot.stages:
            name = f"{stage.stage} {stage.variant}".strip()
            older = [(take.prompt, f"{name} v{take.version:03}") for take in stage.takes]
            for text, label in [(stage.prompt, name), *older]:
                if not text:
                    continue
                known = found.get(text) or Prompt(self._number("p"), (), pieces(text, stage.elements, stage.images))
                found[text] = Prompt(known.id, tuple(dict.fromkeys((*known.stages, label))), known.pieces)
        return found

    def _take(
        self, code: str, stage: ReportStage, take: ReportTake, hero: bool, prompts: Mapping[str, Prompt]
    ) -> TakeView:
        wording = prompts.get(take.prompt or stage.prompt)
        panels = len(take.pictures)
        made = []
        for panel, picture in enumerate(take.pictures, 1):
            name = self._number("f")
            part = f", panel {panel} of {panels}" if panels > 1 else ""
            made.append(
                Frame(
                    id=name,
                    order=int(name[1:]),
                    address=take_address(stage, take),
                    label=f"{stage.stage} · v{take.version:03} · take {take.number}{part}",
                    alt=f"{code}{' ' if stage.variant else ''}{stage.variant}, {stage.stage}, take {take.number}{part}",
                    picture=picture,
                    panel=panel if panels > 1 else 0,
                    prompt=wording.id if wording else "",
                    link=full_link(picture, self._folder),
                    factor=round(math.sqrt(picture.width / max(1, picture.height)), 3),
                )
            )
        return TakeView(take, stage, hero, tuple(made))

    def _number(self, letter: str) -> str:
        return f"{letter}{next(self._numbers)}"


def take_address(stage: ReportStage, take: ReportTake) -> str:
    """How a take is named: `sc010/sh010@iterate#2`, with its version where that is not the current one."""
    return f"{stage.address}#{'' if take.current else f'v{take.version}.'}{take.number}"


def pieces(text: str, elements: tuple[str, ...], images: tuple[str, ...]) -> tuple[Piece, ...]:
    """`text` cut at its mentions, each with the name it stands for; `@Image` alone is the first image."""
    found: list[Piece] = []
    end = 0
    for mention in MENTION.finditer(text):
        names = elements if mention[1] == "Element" else images
        place = int(mention[2] or 1) - 1
        name = names[place] if 0 <= place < len(names) else ""
        found += [Piece(text[end : mention.start()]), Piece(mention[0], mention[1].lower(), name)]
        end = mention.end()
    return tuple(piece for piece in (*found, Piece(text[end:])) if piece.text)


def full_link(picture: ReportPicture, folder: Path) -> str:
    """The relative URL of the full picture as seen from `folder`; "" when there is none on this disk."""
    if picture.full is None or not picture.full.is_file():
        return ""
    return quote(Path(os.path.relpath(picture.full, folder)).as_posix())


def choices(page: ReportPage) -> Choices:
    """What each filter offers, as (value, words); only what occurs on the page."""
    shots = [shot for scene in page.scenes for shot in scene.shots]
    names = {member.id: member.name for member in page.cast}
    used = {member for shot in shots for member in shot.cast}
    members = [member for member in names if member in used] + sorted(used - names.keys())
    return {
        "scene": [(scene.id, f"{scene.id}  {scene.heading}".strip()) for scene in page.scenes],
        "stage": [(name, name) for name in page.stages],
        "cast": [(member, names.get(member, member)) for member in members],
        "tag": [(tag, tag) for tag in sorted({tag for shot in shots for tag in shot.tags})],
        "state": [(word, word) for word in sorted({word for shot in shots for word in states_of(shot)})],
    }
