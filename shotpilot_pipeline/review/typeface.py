"""The type of printed sheets: a face that has the letters of the page. Knows files of fonts, nothing else.

Bitstream Vera comes with the PDF library and has Latin letters; for other scripts a face of the system is taken.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_SYSTEM = (
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
    ("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf", "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf"),
    ("/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf", "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans-Bold.ttf"),
    ("/System/Library/Fonts/Supplemental/Arial Unicode.ttf", "/System/Library/Fonts/Supplemental/Arial Bold.ttf"),
    ("/Library/Fonts/Arial Unicode.ttf", "/Library/Fonts/Arial Unicode.ttf"),
)


class Face(NamedTuple):
    """Two files of one typeface."""

    regular: Path
    bold: Path

    def has(self, letters: frozenset[str]) -> int:
        """How many of `letters` it can set."""
        return sum(ord(letter) in _letters(self.regular) for letter in letters)


def face_for(text: str) -> Face:
    """The first face that can set all of `text`, else the one that can set most of it."""
    letters = frozenset(text) - {" ", "\n"}
    faces = [_vera(), *(Face(Path(regular), Path(bold)) for regular, bold in _SYSTEM)]
    there = [face for face in faces if face.regular.is_file() and face.bold.is_file()]
    return max(there, key=lambda face: (face.has(letters), -there.index(face)))


def _vera() -> Face:
    import reportlab

    folder = Path(reportlab.__file__).parent / "fonts"
    return Face(folder / "Vera.ttf", folder / "VeraBd.ttf")


@lru_cache(maxsize=8)
def _letters(font: Path) -> frozenset[int]:
    from reportlab.pdfbase.ttfonts import TTFontFile

    return frozenset(TTFontFile(str(font)).charToGlyph)
