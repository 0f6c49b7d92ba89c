"""Contact sheets printed: laid-out pages as a PDF, or as PNG pictures. Does not decide where anything stands.

Pictures go in as JPEG at about 200 dots an inch; the originals are only read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from shotpilot_pipeline.review.onefile import Drawn, Unshown, draw, unshown_of, write_aside
from shotpilot_pipeline.review.page import ReportPage, takes_of
from shotpilot_pipeline.review.prints import GREY, HEIGHT, WIDTH, Print, Sheet, Words, laid_out
from shotpilot_pipeline.review.thumbs import Size
from shotpilot_pipeline.review.typeface import Face, face_for

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont
    from reportlab.pdfgen.canvas import Canvas

DOTS = 2.5  # of a PNG to the point: 180 an inch, 2105 x 1488 a page
PRINTED = Size("printed", 640 * 360, 84)
_JPEG = 86
_SHADES = {"ink": (0.09, 0.09, 0.09), GREY: (0.38, 0.38, 0.38)}
_PENCIL = (0.75, 0.13, 0.09)
_EMPTY = (0.88, 0.88, 0.88)


def write_pdf(page: ReportPage, into: Path, *, only_heroes: bool = False, prices: bool = True) -> tuple[Unshown, ...]:
    """Write the sheets of `page` as one PDF. Returns the pictures that could not be shown; raises OSError."""
    from reportlab.pdfgen.canvas import Canvas

    drawn, type_ = _drawn(page), _Type(face_for(_all_words(page)))
    out = BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), pageCompression=1, invariant=1)
    canvas.setTitle(page.title or page.show)
    canvas.setCreator("shotpilot")
    for sheet in laid_out(page, type_.measure, only_heroes=only_heroes, prices=prices):
        for one in sheet.prints:
            _pdf_print(canvas, one, drawn, type_)
        for words in sheet.words:
            canvas.setFillColorRGB(*_SHADES[words.shade])
            canvas.setFont(type_.name(words.bold), words.size)
            canvas.drawString(words.x, HEIGHT - words.y, words.text)
        canvas.showPage()
    canvas.save()
    write_aside(into, [out.getvalue()])
    return unshown_of(page, drawn)


def write_png(
    page: ReportPage, into: Path, *, only_heroes: bool = False, prices: bool = True
) -> tuple[tuple[Path, ...], tuple[Unshown, ...]]:
    """Write the sheets of `page` as PNG pictures: `into`, or `NAME-1.png`, `NAME-2.png` where there are several.

    Returns the files, and the pictures that could not be shown. Raises OSError.
    """
    drawn, type_ = _drawn(page), _Type(face_for(_all_words(page)))
    sheets = laid_out(page, type_.measure, only_heroes=only_heroes, prices=prices)
    names = (
        [into] if len(sheets) == 1 else [_numbered(into, number, len(sheets)) for number in range(1, len(sheets) + 1)]
    )
    for sheet, name in zip(sheets, names, strict=True):
        write_aside(name, [_png(sheet, drawn, type_.face)])
    return tuple(names), unshown_of(page, drawn)


def _numbered(into: Path, number: int, of: int) -> Path:
    return into.with_name(f"{into.stem}-{number:0{len(str(of))}}{into.suffix}")


def _drawn(page: ReportPage) -> Drawn:
    shots = (shot for scene in page.scenes for shot in scene.shots)
    pictures = [picture for shot in shots for take in takes_of(shot) for picture in take.pictures]
    return draw(pictures, page.thumbs, {picture.sha256: PRINTED for picture in pictures})


def _all_words(page: ReportPage) -> str:
    return f"{page.title}{page.show}{page.date}" + "".join(scene.heading for scene in page.scenes)


class _Type:
    """A face as the PDF library knows it: under names of its own, since a name keeps its first font."""

    def __init__(self, face: Face) -> None:
        from reportlab.pdfbase.pdfmetrics import registerFont
        from reportlab.pdfbase.ttfonts import TTFont

        self.face = face
        for file in face:
            registerFont(TTFont(file.stem, str(file)))

    def name(self, bold: bool) -> str:
        """What the font is called."""
        return (self.face.bold if bold else self.face.regular).stem

    def measure(self, text: str, size: float, bold: bool) -> float:
        """How wide `text` is, in points."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        return float(stringWidth(text, self.name(bold), size))


def _picture(one: Print, drawn: Drawn) -> Image.Image | None:
    """The small picture; None where it cannot be read."""
    from PIL import Image

    data = drawn.bytes.get(one.picture.sha256, b"")
    return Image.open(BytesIO(data)).convert("RGB") if data else None


def _pdf_print(canvas: Canvas, one: Print, drawn: Drawn, type_: _Type) -> None:
    from reportlab.lib.utils import ImageReader

    picture, below = _picture(one, drawn), HEIGHT - one.y - one.height
    if picture is None:
        canvas.setFillColorRGB(*_EMPTY)
        canvas.rect(one.x, below, one.width, one.height, stroke=0, fill=1)
        canvas.setFillColorRGB(*_PENCIL)
        canvas.setFont(type_.name(bold=False), 7)
        canvas.drawString(one.x + 5, below + 5, "cannot be read")
    else:
        jpeg = BytesIO()
        picture.save(jpeg, "JPEG", quality=_JPEG)  # goes into the PDF as it is
        canvas.drawImage(ImageReader(jpeg), one.x, below, one.width, one.height)
    if one.ring:
        canvas.setStrokeColorRGB(*_PENCIL)
        canvas.setLineWidth(2.2)
        canvas.rect(one.x - 2.5, below - 2.5, one.width + 5, one.height + 5, stroke=1, fill=0)


def _png(sheet: Sheet, drawn: Drawn, face: Face) -> bytes:
    from PIL import Image, ImageDraw

    paper = Image.new("RGB", (round(WIDTH * DOTS), round(HEIGHT * DOTS)), "white")
    pen, fonts = ImageDraw.Draw(paper), _fonts(sheet.words, face)
    for one in sheet.prints:
        _png_print(paper, pen, one, drawn, face)
    for words in sheet.words:
        place = (words.x * DOTS, words.y * DOTS)
        pen.text(place, words.text, font=fonts[words.size, words.bold], fill=_rgb(_SHADES[words.shade]), anchor="ls")
    out = BytesIO()
    paper.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()


def _fonts(words: Sequence[Words], face: Face) -> Mapping[tuple[float, bool], ImageFont.FreeTypeFont]:
    from PIL import ImageFont

    looks = {(one.size, one.bold) for one in words}
    return {
        (size, bold): ImageFont.truetype(str(face.bold if bold else face.regular), round(size * DOTS))
        for size, bold in looks
    }


def _png_print(paper: Image.Image, pen: ImageDraw.ImageDraw, one: Print, drawn: Drawn, face: Face) -> None:
    from PIL import Image, ImageFont

    left, upper, right, lower = (round(v * DOTS) for v in (one.x, one.y, one.x + one.width, one.y + one.height))
    box = (left, upper, right, lower)
    picture = _picture(one, drawn)
    if picture is None:
        pen.rectangle(box, fill=_rgb(_EMPTY))
        font = ImageFont.truetype(str(face.regular), round(7 * DOTS))
        pen.text((left + 12, lower - 12), "cannot be read", font=font, fill=_rgb(_PENCIL), anchor="ls")
    else:
        paper.paste(picture.resize((right - left, lower - upper), Image.Resampling.LANCZOS), (left, upper))
    if one.ring:
        pen.rectangle((left - 9, upper - 9, right + 8, lower + 8), outline=_rgb(_PENCIL), width=5)


def _rgb(colour: tuple[float, float, float]) -> tuple[int, int, int]:
    red, green, blue = (round(part * 255) for part in colour)
    return red, green, blue
