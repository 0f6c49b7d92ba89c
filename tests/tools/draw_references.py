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

from tests.tools.poster_cast import ADA, CAST, front
from tests.tools.poster_places import alley, grade
from tests.tools.poster_profiles import side

ROOT = Path(__file__).resolve().parents[2]


SHOW_PIECE = "shotlists/refs"
NEW_SHOW = "shotpilot_pipeline/pipeline/scaffold_files/refs"
QUALITY = 88  # JPEG; keeps each file under 150 kB with the paper's grain


def pictures() -> dict[str, Callable[[], Image.Image]]:
    """Every picture by its path from the repository, drawn when called."""
    found: dict[str, Callable[[], Image.Image]] = {
        f"{SHOW_PIECE}/alley_plate.jpg": alley,
        f"{SHOW_PIECE}/teal_orange.jpg": grade,
        f"{NEW_SHOW}/ada_front.jpg": partial(front, ADA),
    }
    for person in CAST:
        found[f"{SHOW_PIECE}/{person.id}_front.jpg"] = partial(front, person)
        found[f"{SHOW_PIECE}/{person.id}_left.jpg"] = partial(side, person)
        found[f"{SHOW_PIECE}/{person.id}_right.jpg"] = partial(side, person, flip=True)
    return found


def main(folder: Path) -> None:
    """Draw everything below `folder`, each under its path from the repository."""
    for name, draw in pictures().items():
        into = folder / name
        into.parent.mkdir(parents=True, exist_ok=True)
        draw().save(into, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
