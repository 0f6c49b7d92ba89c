"""Is this file a whole picture? Looks at the bytes and decodes every pixel. Does not know whose picture it is."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING

from shotpilot_pipeline.errors import TakesFailed
from shotpilot_pipeline.store.containers import CutShort, blocks, sniff
from shotpilot_pipeline.store.files import hash_file
from shotpilot_pipeline.values.take import Picture

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

#: The largest 4K picture has 16.9 million pixels (6272 x 2688, reference table of pixels); four times that is a bomb.
MAX_PIXELS = 64_000_000

#: Ending of a file's name, by format.
EXTENSIONS = {"png": "png", "jpeg": "jpg", "webp": "webp"}


class BadPicture(TakesFailed):
    """What came is not a whole picture."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="bad-picture", permanent=True)


def check_picture(path: Path, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture at `path`, decoded to its last pixel and hashed; its format is that of its content, not its name.

    Raises BadPicture, in one sentence, for anything but a whole PNG, JPEG or WebP of at most `max_pixels` pixels.
    """
    kind, size = _look(path)
    _require_end(path, kind)
    try:
        width, height = _decode(path, kind, max_pixels)
    except BadPicture:
        raise
    except Exception as error:  # Pillow raises SyntaxError, OSError, ValueError, struct.error ... for broken files
        raise BadPicture(f"{path.name}: the {kind.upper()} file is damaged ({error}); fetch it again") from error
    return Picture(hash_file(path), size, width, height, kind)


def _look(path: Path) -> tuple[str, int]:
    """Format and size in bytes."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise BadPicture(f"{path.name}: the file cannot be read ({error.strerror}); fetch it again") from error
    if not size:
        raise BadPicture(f"{path.name}: the file is empty; fetch it again")
    kind = sniff(head)
    if not kind:
        raise BadPicture(f"{path.name}: not a PNG, JPEG or WebP picture (it begins with {head[:8]!r}); fetch it again")
    return kind, size


def _require_end(path: Path, kind: str) -> None:
    """A decoder forgives a missing end (the last 4 bytes of a PNG, say), so the end is looked for here."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        data = memoryview(mapped)
        try:
            for _ in blocks(data, kind):
                pass
        except CutShort:
            raise BadPicture(f"{path.name}: the {kind.upper()} file stops before its end; fetch it again") from None
        finally:
            data.release()


def _decode(path: Path, kind: str, max_pixels: int) -> tuple[int, int]:
    """Width and height, once every pixel has been decoded. The size is judged before any pixel is."""
    with _open(path, kind) as picture:
        width, height = picture.size
        if width * height > max_pixels:
            raise BadPicture(
                f"{path.name}: {width} x {height} is larger than any picture that is made here "
                f"(at most {max_pixels // 10**6} million pixels); it was not decoded"
            )
        picture.verify()
    with _open(path, kind) as picture:
        picture.load()
    return width, height


def _open(path: Path, kind: str) -> ImageFile:
    """The reader of one format, without Pillow's guessing and without its own, laxer limit of pixels."""
    # Pillow costs 50 ms to import: not on the way to `--help` or to a plan.
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    readers: dict[str, type[ImageFile]] = {"png": PngImageFile, "jpeg": JpegImageFile, "webp": WebPImageFile}
    return readers[kind](path)
