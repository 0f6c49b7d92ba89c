"""The people of a slate's scene, as silhouettes: how many, and how large, by the prompt's words. Knows no place."""

from __future__ import annotations

import re

from shotpilot_pipeline.queue.slates.painter import Painter, Point

_SIZES = (
    (r"extreme close|ecu\b|macro", 1.1),
    (r"medium close|mcu\b", 0.46),
    (r"close[- ]?up|cu\b|portrait|headshot|face fills", 0.66),
    (r"medium wide|mws\b|cowboy|three[- ]quarter", 0.2),
    (r"extreme wide|ews\b|establishing|aerial|vista|tiny", 0.032),
    (r"wide|ws\b|full shot|long shot|fs\b", 0.078),
    (r"medium|ms\b|waist|two[- ]shot|over[- ]the[- ]shoulder", 0.32),
)
_PERSON = (
    r"\b(?:@?element\d+|man|men|woman|women|she|he|her|his|girl|boy|child|figures?|people|person|detective|fatale|"
    r"commander|silhouette\w*|lawyer|judge|singer|actor|hero|heroine|soldier|captain|couple|stranger|courier|driver|lovers|guard|firefighter|rider|dancer|worker|nurse|doctor|priest|king|queen)\b(?!['’]s)"
)


_APART = 2.6  # heads between two people
_TWO = r"\b(?:two|couple|both|lovers|pair of)\b"


def people(painter: Painter, words: str, cast: int = 0) -> None:
    """Silhouettes as large as the shot's size says, one for each member of the cast up to three.

    Whom the words mention counts first, then the `cast` of the request; only without either, words like "couple".
    """
    mentioned = len(set(re.findall(r"@Element\d+", words)))
    crowd = bool(re.search(r"\b(?:crowd|gallery|audience|mob|army)\b", words, re.IGNORECASE))
    if not (mentioned or crowd or re.search(_PERSON, words, re.IGNORECASE)):
        return
    head = next((size for form, size in _SIZES if re.search(rf"\b(?:{form})", words, re.IGNORECASE)), 0.2)
    if crowd and head < 0.6:
        _crowd(painter)
        return
    count = min(mentioned or cast or 1 + bool(re.search(_TWO, words, re.IGNORECASE)), 3)
    free = 2 * (1 - painter.focus[0]) if painter.focus[0] > 0.5 else 0.92  # of the width, around the light
    high = min(painter.size[1], painter.size[0] * 0.8)
    head = min(head, free * painter.size[0] / high / (_APART * (count - 1) + 1.4)) if count > 1 else head
    tall = head * high
    aside = 0.0 if count > 1 or head > 0.6 else 0.13 * free
    middle, top = (painter.focus[0] - aside) * painter.size[0], _head_top(painter, head)
    for number in range(count):
        offset = (number - (count - 1) / 2) * tall * _APART
        _figure(painter, (middle + offset, top + tall * 0.16 * (number % 2)), tall)


def _crowd(painter: Painter) -> None:
    """Three rows of heads and shoulders, nearer ones larger."""
    middle = painter.focus[0] * painter.size[0]
    for count, size, top in ((7, 0.075, 0.5), (6, 0.1, 0.6), (5, 0.135, 0.72)):
        tall = size * min(painter.size[1], painter.size[0] * 0.8)
        for number in range(count):
            offset = (number - (count - 1) / 2 + painter.chance.uniform(-0.15, 0.15)) * tall * 1.7
            lift = painter.chance.uniform(-0.2, 0.2) * tall
            _figure(painter, (middle + offset, top * painter.size[1] + lift), tall)


def _head_top(painter: Painter, head: float) -> float:
    """Where heads begin: people stand on the ground in wide shots, and are cut by the frame in close ones."""
    high = painter.size[1]
    if head < 0.115:
        return high * 0.92 - 7.4 * head * min(high, painter.size[0] * 0.8)
    return high * max(0.1, 0.4 - 0.42 * head)


def _figure(painter: Painter, at: Point, head: float) -> None:
    """Head, neck, shoulders and coat, first in the rim's light, then in the dark a little to the side."""
    tones = painter.tones
    for shift, tone in ((0.0, tones.rim), (0.045 * head, tones.figure)):
        x, y = at[0] - shift, at[1] + shift * 0.5
        wide = head * 0.38
        painter.oval((x, y + head * 0.5), (wide, head * 0.5), tone)
        neck = [(x - wide * 0.5, y + head * 0.8), (x + wide * 0.5, y + head * 0.8)]
        neck += [(x + wide * 0.62, y + head * 1.25), (x - wide * 0.62, y + head * 1.25)]
        painter.shape(neck, tone)
        right = [
            (0.5, 1.16),
            (1.0, 1.32),
            (1.16, 1.6),
            (1.22, 2.6),
            (1.1, 4.3),
            (0.86, 4.4),
            (0.66, 7.4),
            (0.3, 7.4),
            (0.06, 4.6),
        ]
        side = [(x + part * head * 0.82, y + down * head) for part, down in right]
        painter.shape([*side, *((2 * x - px, py) for px, py in reversed(side))], tone)
