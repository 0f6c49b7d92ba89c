"""What stands on the slates of one roll, as a value. Does not know requests or pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PANEL = re.compile(r"\bPanel\s+(\d{1,2})\s*:\s*")


@dataclass(frozen=True, slots=True)
class Tile:
    """A small picture on a slate. `data` None: a labelled field, for a picture that lies elsewhere."""

    label: str  # as mentioned in the prompt: @Element1, @Image2
    data: bytes | None
    note: str = ""  # where the picture lies, if not here


@dataclass(frozen=True, slots=True)
class Copy:
    """The words and pictures of a roll's slates; all of them are equal but for take or panel."""

    width: int  # pixels
    height: int
    prompt: str
    endpoint: str  # full model id
    resolution: str  # 1K, 2K, 4K
    aspect_ratio: str  # as asked: 16:9, auto
    output_format: str = "png"  # png, jpeg, webp
    show: str = ""
    scene: str = ""
    shot: str = ""
    variant: str = ""
    stage: str = ""
    first_take: int = 1
    count: int = 1  # pictures in the roll: takes, or panels of one take
    series: bool = False
    faces: tuple[Tile, ...] = ()
    references: tuple[Tile, ...] = ()
    chance: str = ""  # more to seed the drawing with: "" draws the same again

    @property
    def model(self) -> str:
        """The model's short name: `kling-image/o3/text-to-image` -> `O3 text to image`."""
        parts = self.endpoint.split("/")
        return " ".join([*(part.upper() for part in parts[-2:-1]), parts[-1].replace("-", " ")])


def panel_texts(prompt: str, count: int) -> tuple[str, tuple[str, ...]]:
    """The lead of a series and the text of each panel; where a panel is not named, it gets the whole prompt."""
    pieces = _PANEL.split(prompt)
    lead = pieces[0].strip()
    named = {int(number): text.strip() for number, text in zip(pieces[1::2], pieces[2::2], strict=True)}
    return (lead if named else "", tuple(named.get(number, prompt) for number in range(1, count + 1)))
