"""Which model a task gets: the first of those named that can do what the task asks.

Does not know prompts or pictures, only how many pictures go along.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shotpilot_pipeline.catalog.cards import IMAGE_TO_IMAGE, TEXT_TO_IMAGE, Card, Catalog, Endpoint, can
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.prompt import ShotFault

_UNABLE = "model-unable"


class Asked(NamedTuple):
    """What a task asks of a model."""

    images: int  # reference pictures sent along
    series: bool
    resolution: str
    auto: bool  # aspect_ratio auto
    elements: int = 0  # cast members whose faces are sent


class Chosen(NamedTuple):
    """The model taken and, of a list, why."""

    card: Card
    endpoint: Endpoint
    note: str


class Chooser:
    """Chooses among the cards of one catalog. Most tasks ask what another one has asked before."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._known: dict[tuple[tuple[str, ...], Asked], Chosen] = {}

    def choose(self, model: Node, asked: Asked) -> Chosen:
        """The first model of `model` (a family or a list of them) that can. Raises ShotFault when none can."""
        named = model.list if isinstance(model.value, list) else [model]
        key = (tuple([str(node.value) for node in named]), asked)
        if key not in self._known:
            self._known[key] = _choose(self.catalog, model, named, asked)
        return self._known[key]


def _choose(catalog: Catalog, model: Node, named: Sequence[Node], asked: Asked) -> Chosen:
    refusals: list[tuple[str, str]] = []
    rules: set[str] = set()
    for node in named:
        family = str(node.value)
        card = catalog.cards.get(family)
        if card is None:
            known = ", ".join(sorted(catalog.cards))
            raise ShotFault(
                "unknown-model",
                node.place,
                f"there is no model {family!r}",
                near(family, catalog.cards) or f"there are {known}; put a card into models/ to add one",
            )
        rule, why_not = _refusal(card, asked)
        if not why_not:
            end = card.endpoints[IMAGE_TO_IMAGE if asked.images else TEXT_TO_IMAGE]
            return Chosen(card, end, _note(family, refusals) if len(named) > 1 else "")
        refusals.append((family, why_not))
        rules.add(rule)
    told = "; ".join(f"{family} {why_not}" for family, why_not in refusals)
    rule = rules.pop() if len(rules) == 1 else _UNABLE
    raise ShotFault(rule, model.place, told.replace("; ", ", and "), _cure(catalog, asked))


def cannot(card: Card, asked: Asked) -> str:
    """What of `asked` the model cannot do, as the end of a sentence that begins with its name; "" when it can all."""
    return _refusal(card, asked)[1]


def _refusal(card: Card, asked: Asked) -> tuple[str, str]:
    """The rule that speaks against the model, and `cannot` in words; two empty texts when it can all."""
    kind = IMAGE_TO_IMAGE if asked.images else TEXT_TO_IMAGE
    end = card.endpoints.get(kind)
    if end is None:
        return _UNABLE, f"has no {kind}"
    if asked.elements > end.max_elements == 0:
        return _UNABLE, "takes no elements, so nobody's face can be sent"
    sizes = end.choices("resolution")
    if sizes and asked.resolution not in sizes:
        return "resolution-unsupported", f"renders at {' or '.join(sizes)}, not at {asked.resolution}"
    reasons = {
        "series": ("series-unsupported", "has no series"),
        "several images": ("image-count", f"takes one image, and {asked.images} are sent"),
        "auto": ("aspect-unsupported", "has no aspect_ratio auto"),
        "4K": ("resolution-unsupported", "has no 4K"),
    }
    lacking = can(card, _needs(asked))
    return reasons[lacking[0]] if lacking else ("", "")


def _needs(asked: Asked) -> Sequence[str]:
    needs = (
        ("series", asked.series),
        ("4K", asked.resolution == "4K"),
        ("several images", asked.images > 1),
        ("auto", asked.auto),
    )
    return [need for need, wanted in needs if wanted]


def _note(family: str, refusals: Sequence[tuple[str, str]]) -> str:
    if not refusals:
        return f"{family}, the first of the models named"
    return f"{family}, because {' and '.join(f'{other} {why_not}' for other, why_not in refusals)}"


def _cure(catalog: Catalog, asked: Asked) -> str:
    able = [family for family, card in sorted(catalog.cards.items()) if not cannot(card, asked)]
    return f"{able[0]} can" if able else "no model can do all of that"
