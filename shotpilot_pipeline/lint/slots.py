"""Rules on the framework of the guide: size and lens, subject, action, place, light. Slots are read before words.

What many shots lack is said once for the list: a storyboard of forty shots without a lens needs one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.changes import item_of, without
from shotpilot_pipeline.lint.reading import unquoted, words_of
from shotpilot_pipeline.lint.registry import Finding, Lists, Whole, at, on_list, on_shot
from shotpilot_pipeline.lint.size import SIZE, SIZE_WORDS
from shotpilot_pipeline.values.lint import LintShot

_LENS = re.compile(
    r"\b\d{1,3}\s?mm\b|\bf/\d|\banamorphic\b|\bmacro\b|\bwide[- ]angle\b|\btelephoto\b|\bfish-?eye\b|\blens\b"
    r"|\blarge format\b|\btilt-shift\b",
    re.IGNORECASE,
)
_FIRST_WORDS = 12
_SLOTS = ("subject", "action", "place", "light")


def missing_slots(shot: LintShot) -> list[str]:
    """Which parts of the framework neither a slot nor the words of a shot say. A series has panels instead."""
    if shot.series:
        return []
    missing = []
    if "size" not in shot.slots and not any(SIZE.search(unquoted(text.text)) for text in shot.texts):
        missing.append("size")
    if "lens" not in shot.slots and not any(_LENS.search(unquoted(text.text)) for text in shot.texts):
        missing.append("lens")
    if not shot.whole and "prompt_template" not in shot.slots:
        missing += [slot for slot in _SLOTS if slot not in shot.slots]
    return missing


def _told(whole: Whole, slot: str, what: str, hint: str) -> Iterator[tuple[str, Finding]]:
    """One finding for all shots that lack a slot, at the first of them."""
    shots = [shot for shot in whole.lacking if slot in shot.linted.facts["missing"]]
    shots = [shot for shot in shots if f"slot-{_RULES[slot]}" not in shot.linted.facts.get("ignore", {})]
    if not shots:
        return
    if len(shots) == 1:
        yield shots[0].address, Finding(f"this shot {what}", hint, place=shots[0].place)
        return
    first = ", ".join(shot.address for shot in shots[:3])
    more = ", ..." if len(shots) > 3 else ""
    message = f"{len(shots)} of {len(whole.shots)} shots: each {what} ({first}{more})"
    yield shots[0].address, Finding(message, hint, place=shots[0].place)


_RULES = {
    "size": "shot-size",
    "lens": "lens",
    "subject": "subject",
    "action": "action",
    "place": "place",
    "light": "light",
}


@on_list("slot-shot-size", Severity.INFO)
def slot_shot_size(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """No shot size."""
    yield from _told(whole, "size", "says no shot size", "write size: MS, or begin the prompt with it: Medium shot")


@on_list("slot-lens", Severity.INFO)
def slot_lens(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """No lens."""
    yield from _told(whole, "lens", "names no lens", "write lens: 50mm, f/1.4, in the shot or in defaults for all")


@on_list("slot-subject", Severity.WARNING)
def slot_subject(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """No subject."""
    yield from _told(whole, "subject", "has no subject", "write subject: who or what the picture is of")


@on_list("slot-action", Severity.INFO)
def slot_action(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """No action."""
    yield from _told(whole, "action", "has no action", "write action: what the subject does in this one instant")


@on_list("slot-place", Severity.INFO)
def slot_place(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """No place."""
    yield from _told(whole, "place", "has no place", "write place: in the scene, so that all its shots share it")


@on_list("slot-light", Severity.INFO)
def slot_light(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """No light."""
    yield from _told(whole, "light", "says nothing of the light", "write light: where it comes from, and of what kind")


@on_shot("slot-order", Severity.INFO)
def slot_order(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A full prompt that says the shot size late."""
    prompt = shot.slots.get("prompt")
    if prompt is None or shot.series or SIZE_WORDS.isdisjoint(words_of(prompt.text)):
        return
    found = SIZE.search(unquoted(prompt.text))
    if found and len(prompt.text[: found.start()].split()) >= _FIRST_WORDS:
        size, first = found.group(0), prompt.text.split()[0]
        gone = without(prompt, item_of(prompt, size, r"(?:(?:in|as|an?|the|seen) )*"))
        lead = (first, 0, f"{size[:1].upper()}{size[1:]}. {first}")
        yield Finding(
            f"“{size}” comes late in the prompt", "lead with it: size and lens, then subject, action, place, light",
            **at(prompt, found), changes=(lead, *gone) if gone else (), title=f"lead with {size}", automatic=False,
        )  # fmt: skip
