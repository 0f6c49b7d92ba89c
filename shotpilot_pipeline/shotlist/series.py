"""Series: several panels said in one prompt, joined exactly as the guide writes them, and taken apart again.

Does not know models or stages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PANEL = re.compile(r"\bPanel\s+(\d+)\s*:")


def folded(text: str) -> str:
    """`text` with every run of white space as one space, so that reflowing a prompt is free."""
    return " ".join(text.split())


def joined(lead: str, panels: Sequence[str]) -> str:
    """`{lead} Panel 1: {p1} Panel 2: {p2}`, nothing added."""
    parts = [folded(lead), *(f"Panel {number}: {folded(panel)}" for number, panel in enumerate(panels, 1))]
    return " ".join(part for part in parts if part)


def alone(lead: str, panel: str) -> str:
    """One panel as a picture of its own: the lead and what the panel says."""
    return folded(f"{lead} {panel}")


def apart(prompt: str) -> tuple[str, tuple[str, ...]]:
    """A prompt with its panels in it as lead and panels, in the order written; no panels when none are marked."""
    marks = list(_PANEL.finditer(prompt))
    if not marks:
        return folded(prompt), ()
    ends = [*(mark.start() for mark in marks[1:]), len(prompt)]
    panels = tuple(folded(prompt[mark.end() : end]) for mark, end in zip(marks, ends, strict=True))
    return folded(prompt[: marks[0].start()]), panels


def numbers(prompt: str) -> tuple[int, ...]:
    """The numbers of the `Panel n:` marks, in the order written."""
    return tuple(int(mark.group(1)) for mark in _PANEL.finditer(prompt))
