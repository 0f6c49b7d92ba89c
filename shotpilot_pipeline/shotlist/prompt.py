"""A shot's words: slots joined in the guide's order, or a full prompt, or a series, with the wrap around them.

Does not know models: mentions are still as written in what it gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem, Severity, Step
from shotpilot_pipeline.shotlist.fill import CannotFill, Filling, Value
from shotpilot_pipeline.shotlist.mentions import SENTENCE_ENDS
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.series import alone, apart, folded, joined, numbers
from shotpilot_pipeline.shotlist.settings import Settings

#: What stands around a prompt where the picked picture is carried and nothing else was said.
DEFAULT_WRAP = "Keep composition, framing and pose of @pick. "


class ShotFault(Exception):
    """Something a shot says that cannot be."""

    def __init__(
        self,
        rule: str,
        place: Place,
        message: str,
        hint: str = "",
        end: Place | None = None,
        chain: tuple[Step, ...] = (),
    ) -> None:
        super().__init__(message)
        self.problem = Problem(rule, place, message, hint, end=end, chain=chain)


class Series(NamedTuple):
    """A shot that is a series: how many panels, and the node that says so."""

    amount: int
    node: Node
    lead: Node | None
    panels: tuple[Node, ...]  # empty where the panels stand in the prompt


def series_of(shot: Node) -> Series | None:
    """The series a shot asks for, if any. Raises ShotFault where amount and panels disagree."""
    node = shot.get("series")
    if node is None or not isinstance(node.value, dict):
        return None
    panels = tuple(node.value["panels"].list) if "panels" in node.value and node.value["panels"].value else ()
    amount = node.get("amount")
    count = int(str(amount.value)) if amount is not None and amount.value is not None else len(panels)
    if not count:
        hint = "list its panels, or give amount: 2-9"
        marked = numbers(str(prompt.value)) if (prompt := shot.get("prompt")) is not None else ()
        if len(marked) > 1 and marked == tuple(range(1, len(marked) + 1)):
            hint = f"give amount: {len(marked)}, as many as the prompt marks"
        raise ShotFault("series-amount-missing", node.place, "this series has no panels", hint)
    if panels and count != len(panels):
        place = amount.place if amount is not None else node.place
        raise ShotFault(
            "series-panel-mismatch",
            place,
            f"amount is {count}, but {len(panels)} panels are listed",
            "leave amount out",
        )
    prompt = shot.get("prompt")
    if panels and prompt is not None and prompt.value is not None:
        raise ShotFault(
            "series-panel-mismatch",
            prompt.key_place,
            "a shot has a prompt or listed panels, not both",
            "put the panels into the prompt and give series: {amount: ...}, or drop the prompt",
        )
    return Series(count, node, node.get("lead"), panels)


def shot_text(filling: Filling, settings: Settings, looks: Mapping[str, Value], series: Series | None) -> str:
    """What the shot says, filled and folded. Raises CannotFill and ShotFault."""
    if series is not None and series.panels:
        lead, panels = _panel_texts(filling, series)
        return joined(lead, panels)
    prompt = settings.get("prompt")
    if prompt is not None:
        text = folded(filling.text(prompt, "prompt"))
        if series is not None:
            _check_panels(text, prompt, series)
        return text
    if series is not None:
        raise ShotFault(
            "series-amount-missing", series.node.place, "this series has neither panels nor a prompt", "list its panels"
        )
    text = _join_slots(filling, settings, looks)
    template = settings.get("prompt_template")
    return folded(filling.text(template, "prompt_template", prompt=text)) if template is not None else text


def panel_text(filling: Filling, settings: Settings, series: Series, panel: int) -> str:
    """What one panel (from 1) says when it is a picture of its own: the lead and its own words."""
    texts = _panel_texts(filling, series) if series.panels else apart(shot_text(filling, settings, {}, series))
    lead, panels = texts
    if len(panels) != series.amount:
        raise ShotFault(
            "series-no-panels",
            series.node.place,
            f"the prompt marks {len(panels)} panels of {series.amount}, so they cannot go on one by one",
            "write Panel 1: ... Panel 2: ..., or list the panels",
        )
    return alone(lead, panels[panel - 1])


def wrapped(filling: Filling, settings: Settings, carried: bool, text: str) -> str:
    """The text with the stage's wrap around it; where a picture is carried there always is one."""
    wrap = settings.get("prompt_wrap")
    if wrap is not None:
        return folded(filling.text(wrap, "prompt_wrap", prompt=text))
    return DEFAULT_WRAP + text if carried and text else text


def _panel_texts(filling: Filling, series: Series) -> tuple[str, tuple[str, ...]]:
    lead = filling.text(series.lead, "series.lead") if series.lead is not None and series.lead.value else ""
    return lead, tuple(filling.text(panel, f"panel {place}") for place, panel in enumerate(series.panels, 1))


def _check_panels(text: str, prompt: Node, series: Series) -> None:
    marked = numbers(text)
    if marked and (len(marked) != series.amount or sorted(marked) != list(range(1, series.amount + 1))):
        amount = series.node.get("amount")
        raise ShotFault(
            "series-panel-mismatch",
            prompt.place,
            f"the prompt marks {_listed(marked)}, and the series has {series.amount}",
            f"mark Panel 1 to Panel {series.amount}, once each, or correct amount",
            chain=(Step(amount.place, "amount is set here"),) if amount is not None else (),
        )


def _listed(marked: tuple[int, ...]) -> str:
    return "panel " + ", ".join(map(str, marked))


def _join_slots(filling: Filling, settings: Settings, looks: Mapping[str, Value]) -> str:
    """Size, angle, lens. Subject action. Place, inside or out and time. Light, mood. Look, style."""

    def part(slot: str) -> str:
        node = settings.get(slot)
        return _unstopped(filling.words(slot, node)) if node is not None else ""

    look = settings.get("look")
    groups = (
        _listing(part("size"), part("angle"), part("lens")),
        " ".join(filter(None, (part("subject"), part("action")))),
        _listing(part("place"), part("int_ext"), part("time")),
        _listing(part("light"), part("mood")),
        _listing(*(look_texts(filling, look, looks) if look is not None else ()), part("style")),
    )
    return " ".join(group if group.endswith(SENTENCE_ENDS) else f"{group}." for group in groups if group)


def look_texts(filling: Filling, look: Node, looks: Mapping[str, Value]) -> list[str]:
    """The words of each look a shot wears. Raises ShotFault for one that is not defined."""
    found = []
    for node in _worn(look):
        known = looks.get(str(node.value))
        if not isinstance(known, Node):
            raise _unknown_look(node, looks)
        try:
            found.append(without_stop(filling.text(known, f"looks.{node.value}")))
        except CannotFill as fault:
            fault.chain.append(("look", node))
            raise
    return found


def look_problems(settings: Settings, looks: Mapping[str, Value]) -> Sequence[Problem]:
    """A problem for each look that is not defined: a full prompt or panels leave the look out, not its typos."""
    look = settings.get("look")
    if look is None:
        return ()
    return [_unknown_look(node, looks).problem for node in _worn(look) if str(node.value) not in looks]


def _worn(look: Node) -> list[Node]:
    return look.list if isinstance(look.value, list) else [look]


def _unknown_look(node: Node, looks: Mapping[str, Value]) -> ShotFault:
    hint = near(str(node.value), looks) or "define it under looks, or write it as style"
    return ShotFault("unknown-look", node.place, f"there is no look {node.value!r}", hint)


def _listing(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def without_stop(text: str) -> str:
    """A part of a sentence folded, without its own full stop (an ellipsis stays)."""
    return _unstopped(folded(text))


def _unstopped(text: str) -> str:
    return text[:-1] if text.endswith(".") and not text.endswith("..") else text


def warning(rule: str, place: Place, message: str, hint: str) -> Problem:
    """A problem that stops nothing unless warnings are errors."""
    return Problem(rule, place, message, hint, Severity.WARNING)
