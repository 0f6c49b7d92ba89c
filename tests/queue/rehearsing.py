"""What the queue's tests rehearse with: model ids, a clock that is moved by hand, quick pictures."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from shotpilot_pipeline.queue.slates.copy import Copy

V3 = "fal-ai/kling-image/v3/text-to-image"
V3_I2I = "fal-ai/kling-image/v3/image-to-image"
O3 = "fal-ai/kling-image/o3/text-to-image"
O3_I2I = "fal-ai/kling-image/o3/image-to-image"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def plain_picture(copy: Copy) -> tuple[bytes, ...]:
    """Pictures that are quick to make: one grey for each number."""
    pictures = []
    for number in range(copy.count):
        kept = BytesIO()
        Image.new("L", (copy.width // 8, copy.height // 8), 20 * number).save(kept, copy.output_format)
        pictures.append(kept.getvalue())
    return tuple(pictures)


def png(width: int, height: int) -> bytes:
    kept = BytesIO()
    Image.new("RGB", (width, height), "teal").save(kept, "png")
    return kept.getvalue()
