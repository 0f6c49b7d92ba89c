"""A name that is no task: what it may have meant, in the one sentence that every command says. Looks nothing up."""

from __future__ import annotations

from collections.abc import Sequence

from shotpilot_pipeline.plan.graph import Index
from shotpilot_pipeline.shotlist.near import near

_NAMED = 6  # names in a message; nobody reads more


def no_such(name: str, index: Index, file: str) -> str:
    """Why `name`, which is no task of the list in `file`, cannot be taken, and what to write instead."""
    members = index.members(name)
    if members:
        return f"{name} stands for {len(members)}; name one of them: {_some(members)}"
    shot = f"{name.partition('@')[0]}."
    below = [other for other in index.tasks if f"{other.partition('@')[0]}.".startswith(shot)]
    if below and "@" not in name:
        return f"{name} alone says no stage; write one of these: {_some(below)}"
    hint = near(name, index.tasks)
    return f"{name} is not in {file}; {hint or 'write scene/shot@stage, as `shotpilot plan` prints it'}"


def _some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
