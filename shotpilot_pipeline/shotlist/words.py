"""The words of the trade: which keys describe a picture, and what their abbreviations are in full.

Does not know how a prompt is joined.
"""

from __future__ import annotations

#: The slots of a prompt in the order of the guide, and what reports show of a shot besides.
SLOTS = ("size", "angle", "lens", "subject", "action", "place", "int_ext", "time", "light", "mood", "look", "style")
#: Every key whose text may reach a prompt.
PROMPT_KEYS = (*SLOTS, "prompt", "prompt_template")
#: Words about a shot that never reach a prompt.
BESIDE = ("title", "description", "motion", "duration", "dialogue", "notes")

#: Shot sizes and framings as storyboards abbreviate them (film-school and production usage).
SIZES = {
    "EWS": "Extreme wide shot",
    "ELS": "Extreme long shot",
    "XWS": "Extreme wide shot",
    "XLS": "Extreme long shot",
    "VWS": "Very wide shot",
    "WS": "Wide shot",
    "LS": "Long shot",
    "FS": "Full shot",
    "FF": "Full figure",
    "MFS": "Medium full shot",
    "MWS": "Medium wide shot",
    "MLS": "Medium long shot",
    "MS": "Medium shot",
    "MCU": "Medium close-up",
    "CU": "Close-up",
    "BCU": "Big close-up",
    "ECU": "Extreme close-up",
    "XCU": "Extreme close-up",
    "CS": "Cowboy shot",
    "INS": "Insert shot",
    "INSERT": "Insert shot",
    "EST": "Establishing shot",
    "ESTAB": "Establishing shot",
    "OTS": "Over-the-shoulder shot",
    "OS": "Over-the-shoulder shot",
    "POV": "Point-of-view shot",
    "2S": "Two-shot",
    "3S": "Three-shot",
    "GS": "Group shot",
    "MASTER": "Master shot",
}

_INSIDE = {"INT": "interior", "EXT": "exterior", "INT/EXT": "interior and exterior"}


def in_words(slot: str, text: str) -> str:
    """What a slot's text fills as: `WS` as "Wide shot", `EXT` as "exterior", `NIGHT` as "night"."""
    if slot == "size":
        return SIZES.get(text.strip().rstrip(".").upper(), text)
    if slot == "int_ext":
        return _INSIDE.get(text.strip().upper(), text)
    if slot == "time":
        return text.lower() if text.isupper() else text
    return text


def heading(place: str, int_ext: str, time: str) -> str:
    """A scene's heading as a script writes it: `EXT. rain-slick alley - NIGHT`, as far as given."""
    first = f"{int_ext}. {place}" if int_ext and place else place or (f"{int_ext}." if int_ext else "")
    return " - ".join(part for part in (first, time) if part)
