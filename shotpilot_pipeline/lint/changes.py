"""Changes of a text that several rules offer: an item of its list taken out, a sentence put at its end."""

from __future__ import annotations

import re

from shotpilot_pipeline.lint.reading import unquoted
from shotpilot_pipeline.lint.registry import change
from shotpilot_pipeline.values.lint import Change, Text


def item_of(text: Text, words: str, lead: str = "", tail: str = "", joint: str = "(?!)") -> re.Match[str] | None:
    """Where `words` are an item between commas or stops, with the comma that goes with it; None elsewhere.

    `lead` and `tail` are patterns of words around them that belong to the item, `joint` one of a word that begins an
    item without a comma. The item itself is the group `item`.
    """
    core = rf"{lead}{re.escape(words)}{tail}"
    after = r"(?=\s*(?:[,.]|$))"
    pattern = rf"(?:, ?|(?<=\w) (?={joint} ))(?P<item>(?:{joint} )?{core}){after}|^(?P<first>{core}), ?"
    return re.search(pattern, unquoted(text.text))


def without(text: Text, found: re.Match[str] | None) -> tuple[Change, ...]:
    """The change that takes an item out; none where there is none."""
    return (change(text, found, ""),) if found else ()


def ending(text: Text, sentence: str) -> tuple[Change, ...]:
    """The change that puts a sentence at the end of a text."""
    words = text.text.split()
    if not words:
        return ()
    last = words[-1]
    stop = "" if last.endswith((".", "!", "?", '."', ".'")) else "."
    return ((last, text.text.count(last) - 1, f"{last}{stop} {sentence}"),)
