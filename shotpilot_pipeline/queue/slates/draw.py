"""Draws the slates of a roll."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from shotpilot_pipeline.queue.slates.copy import Copy


def draw_roll(copy: Copy) -> tuple[bytes, ...]:
    """The pictures of a roll."""
    out = []
    for n in range(copy.count):
        b = BytesIO()
        Image.new("P", (copy.width, copy.height), n).save(b, copy.output_format, compress_level=1)
        out.append(b.getvalue())
    return tuple(out)
