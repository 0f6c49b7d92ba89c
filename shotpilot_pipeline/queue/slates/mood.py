"""The colours of a slate, taken from the words of its prompt. Does not draw.

A slate has one byte a pixel: 192 tones from dark to light, then 64 from the ground's colour to the accent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

TONES = 192
ACCENTS = 64

#: How a mask of 0 to 255 becomes accents.
ACCENT = [TONES + value * (ACCENTS - 1) // 255 for value in range(256)]
#: The same for lights in the scene, whose edges get no dark seam.
GLOW = [TONES + ACCENTS - 1 - (255 - value) * ACCENTS // 800 for value in range(256)]
#: Where a mask counts: type from its first trace on, lights from the half.
INKED = [255 if value > 40 else 0 for value in range(256)]
LIT = [255 if value > 127 else 0 for value in range(256)]

Colour = tuple[int, int, int]


class Mood(NamedTuple):
    """A palette and the words that call for it. `light` slates have dark type on a pale ground."""

    name: str
    weight: int  # of one hit: a look counts more than an hour, an hour more than a place
    words: str  # regular expression, matched at word boundaries
    stops: str  # five colours, dark to light
    accent: str
    light: bool = False


MOODS = (
    Mood("noir", 4, r"(?:film )?noir|black and white|black & white|monochrome|b&w|hp5|tri-?x|greyscale|grayscale",
         "060607 1d1d1f 58585a ababa8 f6f5f0", "d6283b"),
    Mood("neon", 4, r"neons?|cyberpunk|synthwave|vaporwave|magenta|cyan|ultraviolet",
         "0a0318 26104c 6a1c94 cf4bb4 ffe6fb", "1fe0ff"),
    Mood("teal-orange", 4, r"teal[ -](?:and[ -])?orange|orange[ -](?:and[ -])?teal|blade ?runner",
         "04141a 0c3a46 2f8086 f0b27c fff2e3", "ff8236"),
    Mood("gold", 3, r"art deco|gold(?:en)?(?! hour)|gilded|brass|champagne|baroque",
         "0c0906 2d2315 7f6129 dcb85f fff4d4", "c22440"),
    Mood("fire", 3, r"fires?|flames?|burn\w*|blaz\w+|lava|embers?|explosion|inferno|torch\w*",
         "120404 430c06 ab2a0d f4721f ffebc6", "ffd23f"),
    Mood("snow", 3, r"snow\w*|ice|icy|frost\w*|frozen|arctic|glacier|blizzard|pale|high[ -]key|whiteout|bleached",
         "142230 3f5b73 8da9bd ccdce6 fbfdfe", "d1495b", True),
    Mood("sunset", 3, r"sunset|dusk|sundown|golden hour|magic hour|late afternoon|low sun|evening|twilight|last light",
         "180a18 4d1834 b8452f f49d4e fff1d8", "ffd166"),
    Mood("dawn", 3, r"dawn|sunrise|morning|daybreak|first light|early light",
         "121a2d 3a486f a08298 f2c3a5 fff7ec", "ff8c61"),
    Mood("space", 3, r"space\w*|stars?hip|galaxy|planets?|orbit\w*|nebula|cosmos|cosmic|astronaut|warship|asteroid",
         "03040b 12142f 3b418f a0a5e6 f3f2ff", "ff8552"),
    Mood("horror", 3, r"blood\w*|horror|crimson|slaughter|demon\w*|haunted|macabre",
         "080405 2c070d 73101d c85050 ffebe6", "e9e2c4"),
    Mood("night", 2, r"night\w*|midnight|moon\w*|nocturnal|after dark|starlight|blue hour",
         "050812 0c1733 21407a 749ccf ecf3ff", "f5c451"),
    Mood("forest", 2, r"forests?|woods?|trees?|jungle|moss\w*|green\w*|garden|meadow|fields?|pines?|leaves|foliage",
         "06120c 13321f 316f48 93c384 f2f8e6", "f6d55c"),
    Mood("sea", 2, r"oceans?|seas?|sea\w+|harbou?r|waves?|coast\w*|beach\w*|lakes?|river|cliffs?|docks?|pier",
         "03111b 083343 156f80 75c5c4 effaf7", "ffa06b"),
    Mood("desert", 2, r"deserts?|dunes?|sand\w*|dust\w*|canyon|mesa|savanna\w*|western|arid",
         "1b0f08 5c3217 bd783d ebc089 fff5e2", "2ec4b6"),
    Mood("rain", 2, r"rain\w*|wet|storm\w*|overcast|fog\w*|mist\w*|haz[ey]\w*|drizzle|cloud\w*|grey|gray|smoke|smoky",
         "0a1014 20303a 516a79 a8bac3 f1f6f7", "f6a55c"),
    Mood("warm", 1, r"lamp\w*|candle\w*|court\w*|wood(?:en)?|tavern|library|kitchen|bar|cafe|club|sodium|amber",
         "100a06 36220f 83562a daaa68 fff4e1", "e85d34"),
    Mood("day", 1, r"day\w*|noon|sun\w*|bright|sky|blue|clear",
         "0c1822 214a66 5b97b8 bcdde6 fcfeff", "ff6b3d"),
)  # fmt: skip

STUDIO = Mood("studio", 0, "", "0d0f13 272c35 5f6876 b6bec8 f7f8f9", "ff5d3b")
_FORMS = tuple((mood, re.compile(rf"\b(?:{mood.words})\b", re.IGNORECASE)) for mood in MOODS)


def mood_of(words: str) -> Mood:
    """The mood whose words weigh most in a prompt; of equals the first of the table, of none the studio's."""
    scores = [(mood.weight * min(len(form.findall(words)), 2), -number) for number, (mood, form) in enumerate(_FORMS)]
    score, number = max(scores)
    return _FORMS[-number][0] if score else STUDIO


@lru_cache(maxsize=32)
def palette(mood: Mood) -> bytes:
    """The 256 colours of a mood, three bytes each: TONES from dark to light, ACCENTS from the ground to the accent."""
    stops = [_colour(text) for text in mood.stops.split()]
    tones = [_between(stops, index / (TONES - 1)) for index in range(TONES)]
    ground = tones[-14 if mood.light else 10]
    accents = [_between([ground, _colour(mood.accent)], index / (ACCENTS - 1)) for index in range(ACCENTS)]
    return bytes(part for colour in (*tones, *accents) for part in colour)


def _colour(text: str) -> Colour:
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


def _between(stops: Sequence[Colour], share: float) -> Colour:
    """The colour at `share` (0 to 1) of the way through the stops."""
    place = share * (len(stops) - 1)
    index = min(int(place), len(stops) - 2)
    left, right, part = stops[index], stops[index + 1], place - index
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(left, right, strict=True))
    return red, green, blue


class Ink:
    """The tones type is set in, on the mood's ground."""

    __slots__ = ("bright", "faint", "ground", "soft")

    def __init__(self, mood: Mood) -> None:
        self.bright, self.soft, self.faint, self.ground = (4, 40, 84, 181) if mood.light else (189, 152, 104, 7)
