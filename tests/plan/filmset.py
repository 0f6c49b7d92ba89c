"""A film set for tests: tasks made by hand, and a shelf of takes that were bought. Not a test itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.values.digest import sha256_text
from shotpilot_pipeline.values.request import is_open, pick_mark, render_key, request_form
from shotpilot_pipeline.values.take import Pick, Picture, Take
from shotpilot_pipeline.values.task import Task

CENTS = 28_000_000  # nano-USD a picture


def task(address: str, *, gates: Sequence[str] = (), needs: Sequence[str] = (), **how: Any) -> Task:
    """A task whose request depends on its shot, its prompt, its carried picks and its needs."""
    stage = address.rpartition("@")[2]
    carry = how.get("carry", "image") if gates else ""
    panels = how.get("panels", 1)
    forms = [_form(address, gate, needs, how) for gate in gates or ("",)]
    if carry == "prompt":
        forms = [_form(address, "", needs, {**how, "cell": cell}) for cell in range(len(gates))]
    if how.get("state") == "omit":
        forms = []
    return Task(
        address=address,
        stage=stage,
        state=how.get("state", ""),
        endpoint="fal-ai/kling-image/o3/image-to-image",
        takes=how.get("takes", 1),
        panels=panels,
        picture_price=how.get("price", CENTS),
        pick=how.get("pick", "first"),
        carry=carry,
        gates=tuple(gates),
        needs=tuple(need.partition("/p")[0] if need.count("/") > 1 else need for need in needs),
        forms=tuple(forms),
        keys=tuple("" if is_open(form) else render_key(form) for form in forms),
        notes=(),
        tags=tuple(how.get("tags", ())),
        cast=tuple(how.get("cast", ())),
        place=how.get("place", "list.yaml:3"),
    )


def _form(address: str, gate: str, needs: Sequence[str], how: dict[str, Any]) -> str:
    panels = how.get("panels", 1)
    marks = [pick_mark(gate, panel) for panel in range(1, panels + 1)] if panels > 1 and gate else []
    if gate and not marks:
        marks = [pick_mark(gate, how.get("of_panel", 0))]
    marks += [f"\0pick:{need}" for need in needs]
    wire = {"prompt": how.get("prompt", address) + str(how.get("cell", "")), "image_urls": marks}
    if panels > 1:
        wire |= {"result_type": "series", "series_amount": panels}
    return request_form("fal-ai/kling-image/o3/image-to-image", wire)


def chain(shot: str, *, stages: Sequence[str] = ("iterate", "refine", "final"), **how: Any) -> list[Task]:
    """One shot at each stage, each carrying the picture of the one before. `how` may give `iterate={...}` and so on."""
    found: list[Task] = []
    for stage in stages:
        own = {**{name: value for name, value in how.items() if name not in stages}, **how.get(stage, {})}
        found.append(task(f"{shot}@{stage}", gates=[found[-1].address] if found else (), **own))
    return found


def picture(text: str) -> Picture:
    return Picture(sha256_text(text), 1000, 1024, 1024, "png")


@dataclass
class Shelf:
    """What was bought and picked so far."""

    takes: dict[str, dict[int, Take]] = field(default_factory=dict)
    picks: dict[str, Pick] = field(default_factory=dict)
    lock: dict[str, list[str]] = field(default_factory=dict)

    def buy(self, key: str, numbers: Iterable[int], panels: int = 1, address: str = "") -> None:
        for number in numbers:
            pictures = tuple(picture(f"{key}#{number}/{panel}") for panel in range(panels))
            self.takes.setdefault(key, {})[number] = Take(key, number, pictures)
        if address and key not in self.lock.setdefault(address, []):
            self.lock[address].append(key)

    def pick(self, address: str, take: int, key: str = "") -> None:
        sha256 = self.takes[key][take].pictures[0].sha256 if key else ""
        self.picks[address] = Pick(address, take, sha256, key)

    def takes_of(self, key: str) -> Sequence[Take]:
        return [take for _, take in sorted(self.takes.get(key, {}).items())]

    @property
    def known(self) -> Known:
        counts = {key: len(takes) for key, takes in self.takes.items()}
        return Known(counts, self.takes_of, self.picks, lambda address: self.lock.get(address, ()))
