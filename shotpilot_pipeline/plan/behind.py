"""Stages that fell behind: an earlier stage became stale after a later one of the same shot was bought.

Such a stage is shown with its price and not bought again unless asked for: the film has gone on from it. Whether a
later stage is bought is looked up with the bytes it was made from, which may be a take of an older version. Those
bytes are only ever used to recognise what exists, never to buy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shotpilot_pipeline.plan.graph import Index, needed_by
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.plan.resolve import panel_as_sent, picked
from shotpilot_pipeline.values.digest import sha256_text
from shotpilot_pipeline.values.request import open_picks, settle, split_pick
from shotpilot_pipeline.values.take import Take
from shotpilot_pipeline.values.task import Task


class Behind:
    """Answers for one plan: is a later stage of this task bought, and under which key does a task stand."""

    __slots__ = ("_fed_by", "_index", "_known", "_standing")

    def __init__(self, index: Index, known: Known) -> None:
        self._index = index
        self._known = known
        self._fed_by: Mapping[str, Sequence[str]] | None = None
        self._standing: dict[str, tuple[str, str]] = {}

    def later_is_bought(self, address: str) -> bool:
        """Whether any stage that `address` feeds, directly or not, has takes that its request still asks for."""
        if self._fed_by is None:
            self._fed_by = needed_by({task.address: task.gates for task in self._index.tasks.values()})
        stack = list(self._fed_by.get(address, ()))
        while stack:
            later = stack.pop()
            if self._known.counts.get(self.standing(self._index.tasks[later])[1]):
                return True
            stack.extend(self._fed_by.get(later, ()))
        return False

    def standing(self, task: Task) -> tuple[str, str]:
        """The form and key under which `task` has takes, made from whatever was picked before; empty if none."""
        found = self._standing.get(task.address)
        if found is None:
            found = self._standing[task.address] = self._find(task)
        return found

    def _find(self, task: Task) -> tuple[str, str]:
        for form, key in zip(task.forms, task.keys, strict=True):
            filled = form if key else self._filled(form, task.fits)
            if not filled:
                continue
            own_key = key or sha256_text(filled)
            standing = self._known.rulings.standing(task.address, own_key)
            if self._known.counts.get(standing):
                return (filled if standing == own_key else self._known.form_of(standing) or filled), standing
        return "", ""

    def _filled(self, form: str, fits: str) -> str:
        """The form with earlier takes in its open picks; "" when one has none."""
        found: dict[str, str] = {}
        for need in open_picks(form):
            name, panel = split_pick(need)
            members, panel = self._index.picture(name, panel)
            take = next((take for member in members if (take := self._earlier(member))), None)
            sent = panel_as_sent(take, panel, fits) if take else ""
            if not sent:
                return ""
            found[need] = sent
        return settle(form, found.__getitem__)

    def _earlier(self, address: str) -> Take | None:
        """The take that went on from `address` before: the picked one, else the first of its last bought version."""
        known = self._known
        keys = list(dict.fromkeys(reversed(known.versions(address))))
        pick = known.picks.get(address)
        if pick is not None:
            for key in dict.fromkeys([pick.key, *keys] if pick.key else keys):
                take = picked(pick, known.takes_of(key))
                if take is not None:
                    return take
        for key in keys:
            for take in known.takes_of(key):
                return take
        return None
