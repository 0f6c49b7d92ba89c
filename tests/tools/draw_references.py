"""Draws the reference pictures of the show piece: `python -m tests.tools.draw_references [FOLDER]`.

In the manner of a poster of the 1930s: flat shapes, one hard lamp from the left, three tones a colour. The same run
gives the same pixels. Knows nothing of shot lists: it only fills a folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image

from tests.tools.poster_cast import CAST, front
from tests.tools.poster_places import alley, grade
from tests.tools.poster_profiles import side

ROOT = Path(__file__).resolve().parents[2]


def pictures() -> dict[str, Callable[[], Image.Image]]:
    """Every picture of the show piece by its file name, drawn when called."""
    found: dict[str, Callable[[], Image.Image]] = {"alley_plate.jpg": alley, "teal_orange.jpg": grade}
    for person in CAST:
        found[f"{person.id}_front.jpg"] = partial(front, person)
        found[f"{person.id}_left.jpg"] = partial(side, person)
        found[f"{person.id}_right.jpg"] = partial(side, person, flip=True)
    return found


def main(folder: Path) -> None:
    """Draw everything into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in pictures().items():
        draw().save(folder / name, quality=88, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "shotlists" / "refs")
