"""A made-up contact sheet of any length, with pictures drawn for it: what every test of this room shows."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from shotpilot_pipeline.review.page import (
    ReportCast,
    ReportPage,
    ReportPicture,
    ReportScene,
    ReportShot,
    ReportStage,
    ReportTake,
)
from shotpilot_pipeline.values.money import Money

STAGES = ("iterate", "refine", "final")
TAKES = {"iterate": 4, "refine": 2, "final": 1}
PRICE = {"iterate": Money.usd("0.028"), "refine": Money.usd("0.028"), "final": Money.usd("0.056")}
PROMPT = "Wide shot, 35mm. @Element1 steps out of the doorway while @Element2 waits."


@dataclass
class Studio:
    """Draws pictures into a folder; `kinds` different ones, however many are asked for."""

    folder: Path
    kinds: int = 24

    def picture(self, name: str, size: tuple[int, int] = (388, 164)) -> ReportPicture:
        number = int(hashlib.sha256(name.encode()).hexdigest(), 16) % self.kinds
        file = self.folder / f"{number}_{size[0]}x{size[1]}.png"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._draw(number, size).save(file)
        return ReportPicture(file, hashlib.sha256(file.read_bytes()).hexdigest(), *size, full=file)

    @staticmethod
    def _draw(number: int, size: tuple[int, int]) -> Image.Image:
        dice = random.Random(number)
        image = Image.new("RGB", size, (dice.randrange(60), dice.randrange(60), dice.randrange(60)))
        draw = ImageDraw.Draw(image)
        for _ in range(8):
            x, y = dice.randrange(size[0]), dice.randrange(size[1])
            draw.rectangle([x, y, x + 60, y + 90], fill=(dice.randrange(160), dice.randrange(120), dice.randrange(90)))
        return image

    def stage(self, address: str, stage: str, picked: int = 1) -> ReportStage:
        wrap = "" if stage == "iterate" else "Keep the composition of @Image1. "
        takes = tuple(
            ReportTake(
                n, 1, (self.picture(f"{address}{stage}{n}"),), PRICE[stage], picked=n == picked, by="first" * (n == 2)
            )
            for n in range(1, TAKES[stage] + 1)
        )
        return ReportStage(
            stage,
            f"{address}@{stage}",
            model="kling-v3",
            resolution="1K",
            aspect_ratio="21:9",
            prompt=wrap + PROMPT,
            elements=("Vera Kane", "Frank Doyle"),
            images=("the picked take",),
            takes=takes,
            wanted=TAKES[stage],
        )

    def shot(self, scene: str, number: int) -> ReportShot:
        name = f"sh{number * 10:03}"
        stages = tuple(self.stage(f"{scene}/{name}", stage) for stage in STAGES)
        words = (("size", "Wide shot"), ("lens", "35mm, f/2"), ("motion", "slow push-in"), ("duration", "4"))
        tags = ("hero",) if number == 1 else ("rain",)
        return ReportShot(name, stages, words, tags, ("vera",) if number % 2 else ("vera", "frank"))

    def page(self, shots: int, *, rehearsal: bool = True, in_scene: int = 4) -> ReportPage:
        scenes = []
        for first in range(0, shots, in_scene):
            name = f"sc{(first // in_scene + 1) * 10:03}"
            made = tuple(self.shot(name, n + 1) for n in range(min(in_scene, shots - first)))
            scenes.append(ReportScene(name, "EXT. rain-slick alley behind the club - NIGHT", made))
        return ReportPage(
            show="midnight-syndicate",
            title="Midnight Syndicate",
            scenes=tuple(scenes),
            stages=STAGES,
            thumbs=self.folder / "thumbs",
            date="23 November 2026",
            rehearsal=rehearsal,
            cast=(
                ReportCast("vera", "Vera Kane", self.picture("vera", (200, 200))),
                ReportCast("frank", "Frank Doyle", None),
            ),
        )
