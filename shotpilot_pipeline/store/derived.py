"""Makes what is sent instead of a bought picture that a model does not take: a copy that fits. The original stays.

Does not know why it is wanted, nor who takes it.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

from shotpilot_pipeline.errors import TakesFailed
from shotpilot_pipeline.store.files import in_words
from shotpilot_pipeline.values.fits import Recipe

if TYPE_CHECKING:
    from PIL import Image

_QUALITIES = (95, 92, 88, 84, 80)  # of JPEG; below, blocks show, and a somewhat smaller picture is the lesser loss
_SHRINK = 0.85  # each side, after the last quality
_SMALLEST = 300  # pixels a side: less no model takes


def derive(path: Path, recipe: Recipe, into: Path) -> None:
    """Write the derivative of the picture at `path` to `into`: full size as long as that fits, its profile kept.

    Raises TakesFailed where none fits, StoreUnwritable when the disk refuses.
    """
    # Pillow costs 50 ms to import, and hardly any picture is too big.
    from PIL import Image

    with Image.open(path) as picture:
        profile = picture.info.get("icc_profile")
        data = _fitted(_opaque(picture), recipe.bytes, profile)
    if data is None:
        raise TakesFailed(f"{path.name} cannot be made to fit into {recipe.bytes:,} bytes; nothing was sent")
    with in_words(into):
        into.write_bytes(data)


def _opaque(picture: Image.Image) -> Image.Image:
    """The picture without transparency, on white: a JPEG has none."""
    from PIL import Image

    if picture.mode in ("RGB", "L"):
        return picture
    clear = picture.convert("RGBA")
    ground = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(ground, clear).convert("RGB")


def _fitted(picture: Image.Image, most: int, profile: bytes | None) -> bytes | None:
    from PIL import Image

    while True:
        for quality in _QUALITIES:
            kept = io.BytesIO()
            sharp = 0 if quality >= 92 else 2  # colour at full size while that can be afforded
            picture.save(kept, "JPEG", quality=quality, subsampling=sharp, icc_profile=profile)
            if kept.tell() <= most:
                return kept.getvalue()
        width, height = (math.floor(side * _SHRINK) for side in picture.size)
        if min(width, height) < _SMALLEST:
            return None
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
