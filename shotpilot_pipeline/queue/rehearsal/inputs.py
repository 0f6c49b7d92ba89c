"""What the model says to its input, once a request has run: nothing, or fal's list of errors.

Does not run at submit: the service checks nothing there. Unknown fields are ignored, as the service ignores them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any

from shotpilot_pipeline.queue.rehearsal.models import Model

#: JSON Schema keyword -> the service's error type, and the name of its bound in `ctx`.
_TYPES = {
    "required": ("missing", ""),
    "enum": ("one_of", "expected"),
    "maxLength": ("string_too_long", "max_length"),
    "minLength": ("string_too_short", "min_length"),
    "maxItems": ("sequence_too_long", "max_length"),
    "minItems": ("sequence_too_short", "min_length"),
    "minimum": ("greater_than_equal", "ge"),
    "maximum": ("less_than_equal", "le"),
    "multipleOf": ("multiple_of", "multiple_of"),
}

Fetch = Callable[[str], bytes | None]  # a URL of ours -> its bytes, None when there is nothing there


def input_errors(
    body: Mapping[str, Any], model: Model, ours: Callable[[str], bool], fetch: Fetch
) -> list[dict[str, Any]]:
    """The items of the 422's `detail`; none when the model takes the input. URLs that are not `ours` are believed."""
    return [*_schema_errors(body, model.schema)] or [*_picture_errors(body, model, ours, fetch)]


def _schema_errors(body: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    from jsonschema import Draft202012Validator  # heavy: only when a queue runs

    for error in Draft202012Validator(schema).iter_errors(body):
        if error.validator in ("additionalProperties", "unevaluatedProperties"):
            continue
        kind, bound = _TYPES.get(str(error.validator), ("value_error", ""))
        path = [*error.absolute_path]
        if error.validator == "required":
            path += [name for name in error.validator_value if name not in error.instance][:1]
        yield _item(path, kind, error.message[:300], {bound: error.validator_value} if bound else {})


def _picture_errors(
    body: Mapping[str, Any], model: Model, ours: Callable[[str], bool], fetch: Fetch
) -> Iterator[dict[str, Any]]:
    for path, url in reference_urls(body):
        if not url.startswith(("http://", "https://")):
            yield _item(path, "file_download_error", "Failed to download the file. It is no URL.")
        elif ours(url):
            yield from _file_errors(path, fetch(url), model)


def _file_errors(path: list[str | int], data: bytes | None, model: Model) -> Iterator[dict[str, Any]]:
    if data is None:
        yield _item(path, "file_download_error", "Failed to download the file. Check that its URL can be reached.")
        return
    if len(data) > model.file_bytes:
        yield _item(path, "file_too_large", "The file is too large.", {"max_size": model.file_bytes})
        return
    size = picture_size(data)
    if size is None:
        yield _item(path, "image_load_error", "Failed to load the image. The file may be broken.")
    elif min(size) < model.file_side:
        bounds = {"min_width": model.file_side, "min_height": model.file_side}
        yield _item(path, "image_too_small", f"The image is too small: {size[0]} x {size[1]}.", bounds)


def reference_urls(body: Mapping[str, Any]) -> Iterator[tuple[list[str | int], str]]:
    """Path and URL of every picture the input names, in order."""
    if isinstance(body.get("image_url"), str):
        yield ["image_url"], body["image_url"]
    for number, url in enumerate(body.get("image_urls") or []):
        yield ["image_urls", number], str(url)
    for number, element in enumerate(body.get("elements") or []):
        for name, value in element.items():
            if name == "frontal_image_url":
                yield ["elements", number, name], str(value)
            elif name == "reference_image_urls":
                yield from ((["elements", number, name, index], str(url)) for index, url in enumerate(value or []))


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height by the file's head; None when it is not a picture."""
    from PIL import Image  # heavy: only when a queue runs

    try:
        with Image.open(BytesIO(data)) as picture:
            return picture.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def _item(path: list[str | int], kind: str, message: str, bounds: Mapping[str, object] | None = None) -> dict[str, Any]:
    item: dict[str, Any] = {"loc": ["body", *path], "msg": message, "type": kind}
    item["url"] = f"https://docs.fal.ai/errors/#{kind}"
    return item | ({"ctx": dict(bounds)} if bounds else {})
