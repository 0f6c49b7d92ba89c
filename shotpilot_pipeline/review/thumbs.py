"""Thumbnails: a small WebP of a picture, drawn once and kept under the picture's sha256.

Does not know what the picture shows or who asks; a damaged cache file is simply drawn again.
"""

from __future__ import annotations

import math
import os
import tempfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import Image

SUPERSAMPLE = 3  # palette pictures are thinned to this many times the thumbnail before their colours are looked up
_EDITION = "2"  # raised when the drawing below changes, so that kept thumbnails of another look are left aside


class Size(NamedTuple):
    """How large and how good a thumbnail is. Every ratio gets the same area, so frames of one sheet weigh alike."""

    name: str
    area: int  # pixels
    quality: int  # WebP; below 65 the lettering of slates gets muddy, above 80 the page doubles


LARGE = Size("large", 400 * 225, 74)  # 16:9 is 400 px wide; a slate takes 11 kB
SMALL = Size("small", 320 * 180, 70)  # 16:9 is 320 px wide; a slate takes 7.5 kB


def thumbnail(picture: Path, cache: Path, sha256: str, size: Size = LARGE) -> bytes:
    """The WebP thumbnail of `picture`, from `cache` when it has been drawn before.

    Raises OSError when the picture is missing or cannot be decoded.
    """
    kept = cache / sha256[:2] / f"{sha256}.{size.name}{_EDITION}.webp"
    try:
        data = kept.read_bytes()
    except OSError:
        data = b""
    if data[:4] == b"RIFF" and int.from_bytes(data[4:8], "little") + 8 == len(data):
        return data
    data = _draw(picture, size)
    with suppress(OSError):  # a cache that cannot be written only costs time
        _keep(data, kept)
    return data


def thumbnail_size(width: int, height: int, size: Size = LARGE) -> tuple[int, int]:
    """Pixels of the thumbnail of a picture of `width` x `height`; never larger than the picture."""
    scale = min(1.0, math.sqrt(size.area / (width * height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _draw(picture: Path, size: Size) -> bytes:
    from PIL import Image  # heavy: only where a thumbnail has to be drawn

    try:
        with Image.open(picture) as full:
            small = _shrink(full, thumbnail_size(*full.size, size))
    except (Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise OSError(f"{picture}: {error}") from error
    out = BytesIO()
    small.save(out, "WEBP", quality=size.quality, method=4)
    return out.getvalue()


def _shrink(full: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture at thumbnail size, in RGB. Large pictures are thinned by the cheapest means first."""
    from PIL import Image

    full.draft("RGB", (size[0] * 2, size[1] * 2))  # JPEG only: decodes at 1/2, 1/4 or 1/8
    image: Image.Image = full
    if full.mode in ("P", "1", "PA") and full.width > size[0] * SUPERSAMPLE:
        image = full.resize((size[0] * SUPERSAMPLE, size[1] * SUPERSAMPLE), Image.Resampling.NEAREST)
    elif full.mode in ("RGB", "L") and full.width >= size[0] * 4:
        image = full.reduce(full.width // (size[0] * 2))
    return _flat(image).resize(size, Image.Resampling.LANCZOS)


def _flat(image: Image.Image) -> Image.Image:
    """RGB on black: what is transparent is dark, as on the page."""
    from PIL import Image

    if not image.has_transparency_data:
        return image.convert("RGB")
    cut_out = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", cut_out.size, "black"), cut_out).convert("RGB")


def _keep(data: bytes, kept: Path) -> None:
    """Written aside and renamed: two reports at once, or a crash, never leave half a thumbnail."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=kept.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(aside, kept)
    except OSError:
        os.unlink(aside)
        raise
