"""What a page asks for, read from its JSON: one value per decision, or a sentence that says what is wrong. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

#: What a page may ask for, and what value goes with it.
VERBS = ("pick", "hero", "reject", "clear", "stars", "note", "more", "redo")
LONGEST_NOTE = 4000  # characters; more is a letter, not a note
MOST_MORE = 99  # takes


class Unclear(ValueError):
    """A request that cannot be understood; its text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One decision a person made on the page.

    `key` and `number` name the take (`more` and `redo` are about the task and have none). `stars` is 0 to 5. `note`
    with its `pin`; `replaces`: it stands for the note that was at `old_pin`. `count`: how many takes more, 0 for none.
    """

    verb: str
    address: str
    key: str = ""
    number: int = 0
    stars: int = 0
    note: str = ""
    pin: tuple[float, float] | None = None
    replaces: bool = False
    old_pin: tuple[float, float] | None = None
    count: int = 0


def read_wanted(body: bytes) -> tuple[Wanted, ...]:
    """The decisions in a request's body: `{"changes": [{"verb", "address", "key", "number", ...}]}`. Raises Unclear."""
    try:
        said = json.loads(body)
    except ValueError as error:
        raise Unclear(f"this is not JSON: {error}") from error
    changes = said.get("changes") if isinstance(said, dict) else None
    if not isinstance(changes, list) or not 1 <= len(changes) <= 200:
        raise Unclear("changes must be a list of 1 to 200 decisions")
    return tuple(_wanted(change) for change in changes)


def _wanted(change: Any) -> Wanted:
    if not isinstance(change, dict) or change.get("verb") not in VERBS:
        raise Unclear(f"a decision has a verb: one of {', '.join(VERBS)}")
    verb, about_a_take = change["verb"], change["verb"] not in ("more", "redo")
    return Wanted(
        verb=verb,
        address=_text(change, "address", 400),
        key=_text(change, "key", 64) if about_a_take else "",
        number=_whole(change, "number", 1, 10**9) if about_a_take else 0,
        stars=_whole(change, "stars", 0, 5) if verb == "stars" else 0,
        note=_note(change) if verb == "note" else "",
        pin=_pin(change.get("pin")) if verb == "note" else None,
        replaces=verb == "note" and "old_pin" in change,
        old_pin=_pin(change.get("old_pin")) if verb == "note" else None,
        count=_whole(change, "count", 0, MOST_MORE) if verb == "more" else 0,
    )


def _text(change: dict[str, Any], name: str, longest: int) -> str:
    text = change.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= longest:
        raise Unclear(f"{change['verb']}: {name} is missing")
    return text


def _note(change: dict[str, Any]) -> str:
    note = change.get("note")
    if not isinstance(note, str):
        raise Unclear("note: its text is missing")
    if len(note) > LONGEST_NOTE:
        raise Unclear(f"this note has {len(note):,} characters; at most {LONGEST_NOTE:,} are kept")
    return note.strip()


def _whole(change: dict[str, Any], name: str, least: int, most: int) -> int:
    number = change.get(name)
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
        raise Unclear(f"{change['verb']}: {name} must be a whole number from {least} to {most}")
    return number


def _pin(pin: Any) -> tuple[float, float] | None:
    if pin is None:
        return None
    if not isinstance(pin, list) or len(pin) != 2 or not all(_share(part) for part in pin):
        raise Unclear("note: pin must be two numbers from 0 to 1, from the left and from the top")
    return round(float(pin[0]), 4), round(float(pin[1]), 4)


def _share(part: Any) -> bool:
    return isinstance(part, (int, float)) and not isinstance(part, bool) and 0 <= part <= 1
