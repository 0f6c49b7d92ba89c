"""From a request to what stands on its slates. Does not draw and does not judge the input."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from shotpilot_pipeline.queue.rehearsal.inputs import picture_size
from shotpilot_pipeline.queue.rehearsal.models import Model
from shotpilot_pipeline.queue.slates.copy import Copy, Tile

Fetch = Callable[[str], bytes | None]
_SIDE = (1360, 768)  # pixels, where a model has no table of sizes: 16:9 at 1K


def picture_count(body: Mapping[str, Any]) -> int:
    """Pictures the request brings: its panels, or `num_images`; 1 where nothing is said."""
    wanted = body.get("series_amount") if is_series(body) else body.get("num_images")
    return wanted if isinstance(wanted, int) and wanted > 0 else 1


def is_series(body: Mapping[str, Any]) -> bool:
    """Whether the pictures are panels of one take."""
    return body.get("result_type") == "series"


def slate_copy(
    endpoint: str, body: Mapping[str, Any], tags: Mapping[str, str], model: Model, fetch: Fetch, chance: str = ""
) -> Copy:
    """What stands on the request's slates: words from its tags and prompt, tiles from the pictures it sends along."""
    resolution = str(body.get("resolution") or "1K")
    aspect_ratio = str(body.get("aspect_ratio") or "16:9")
    references = _references(body, fetch)
    width, height = pixel_size(model, resolution, aspect_ratio, references)
    take = tags.get("take", "1")
    return Copy(
        width=width,
        height=height,
        prompt=str(body.get("prompt") or ""),
        endpoint=endpoint,
        resolution=resolution,
        aspect_ratio=aspect_ratio,
        output_format=str(body.get("output_format") or "png"),
        **{name: tags.get(name, "") for name in ("show", "scene", "shot", "variant", "stage")},
        first_take=int(take) if take.isdigit() and len(take) < 6 else 1,
        count=picture_count(body),
        series=is_series(body),
        faces=_faces(body, fetch),
        references=references,
        chance=chance,
    )


def pixel_size(model: Model, resolution: str, aspect_ratio: str, references: tuple[Tile, ...] = ()) -> tuple[int, int]:
    """Width and height the model brings. `auto` takes the ratio nearest to the first reference's, or 16:9."""
    if (resolution, aspect_ratio) in model.pixels:
        return model.pixels[resolution, aspect_ratio]
    sizes = [size for (name, _), size in model.pixels.items() if name == resolution]
    first = picture_size(references[0].data) if references and references[0].data else None
    ratio = first[0] / first[1] if first else 16 / 9
    return min(sizes, key=lambda size: abs(math.log(size[0] / size[1] / ratio)), default=_SIDE)


def _faces(body: Mapping[str, Any], fetch: Fetch) -> tuple[Tile, ...]:
    elements = [element for element in body.get("elements") or [] if isinstance(element, dict)]
    urls = [
        element.get("frontal_image_url") or next(iter(element.get("reference_image_urls") or []), "")
        for element in elements
    ]
    return tuple(_tile(f"@Element{number}", str(url), fetch) for number, url in enumerate(urls, 1))


def _references(body: Mapping[str, Any], fetch: Fetch) -> tuple[Tile, ...]:
    urls = [body["image_url"]] if body.get("image_url") else list(body.get("image_urls") or [])
    return tuple(_tile(f"@Image{number}", str(url), fetch) for number, url in enumerate(urls, 1))


def _tile(label: str, url: str, fetch: Fetch) -> Tile:
    data = fetch(url)
    return Tile(label, data, "" if data else url.rpartition("/")[2].partition("?")[0] or url)
