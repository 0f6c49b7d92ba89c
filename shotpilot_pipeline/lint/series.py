"""Rules on a series: panels that are told apart, numbered in order, each saying enough."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.reading import these, unquoted, word_list
from shotpilot_pipeline.lint.registry import Finding, Lists, at, change, on_shot
from shotpilot_pipeline.values.lint import Change, LintShot, Text

_SENTENCE = re.compile(r"(?:^|(?<=[.!?] ))\S+")  # the first word of one
_PANEL = re.compile(r"\bPanel\s+([0-9]{1,4})\s*:", re.IGNORECASE)
_FEW_WORDS = 4
_MANY_PANELS = 4
_ALIKE = 0.8
_SMALL = these("a an the of in on at with and to from by his her its is are")


def _panels(shot: LintShot) -> list[tuple[Text | None, str, str]]:
    """The panels with the text they stand in, the piece to point at and their words."""
    if shot.panels:
        return [(text, text.text, text.text) for text in shot.panels]
    prompt = shot.slots.get("prompt")
    if prompt is None:
        return []
    marks = list(_PANEL.finditer(prompt.text))
    if not marks:
        return []
    ends = [*(mark.start() for mark in marks[1:]), len(prompt.text)]
    return [
        (prompt, mark.group(0), prompt.text[mark.end() : end].strip()) for mark, end in zip(marks, ends, strict=True)
    ]


@on_shot("series-no-panels", Severity.WARNING)
def series_no_panels(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A series whose prompt does not say what each panel shows."""
    prompt = shot.slots.get("prompt")
    if shot.series and prompt is not None and not shot.panels and not _PANEL.search(prompt.text):
        amount = max(sent.amount for sent in shot.sent)
        hint = f"write Panel 1: ... to Panel {amount}: ..., or list them under series: panels"
        yield Finding(
            f"the prompt does not say what each of the {amount} panels shows", hint, prompt, place=prompt.place,
            changes=_marked(prompt, amount), title="make a panel of each sentence", automatic=False,
        )  # fmt: skip


def _marked(prompt: Text, amount: int) -> tuple[Change, ...]:
    """The changes that make each sentence a panel, where there are as many."""
    first = list(_SENTENCE.finditer(prompt.text))
    if len(first) != amount:
        return ()
    return tuple(change(prompt, word, f"Panel {number}: {word.group(0)}") for number, word in enumerate(first, 1))


@on_shot("series-panel-order", Severity.ERROR)
def series_panel_order(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Panels that are numbered, but not from 1 on in order."""
    prompt = shot.slots.get("prompt")
    if not shot.series or prompt is None or shot.panels:
        return
    marks = list(_PANEL.finditer(prompt.text))
    numbers = [int(mark.group(1)) for mark in marks]
    if numbers and numbers != sorted(numbers):
        wrong = next(place for place, number in enumerate(numbers, 1) if number != place)
        changes = []
        for place, mark in enumerate(marks, 1):
            piece = mark.group(0)
            new = piece.replace(mark.group(1), str(place))
            changes += [(piece, prompt.text.count(piece, 0, mark.start()), new)] if new != piece else []
        yield Finding(
            f"panel {numbers[wrong - 1]} stands where panel {wrong} should",
            "number the panels in the order in which they come",
            **at(prompt, marks[wrong - 1]),
            changes=tuple(changes),
            title="number the panels in order",
        )


@on_shot("series-panel-thin", Severity.WARNING)
def series_panel_thin(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Panels that say next to nothing: told once for the shot, at the first of them."""
    panels = list(enumerate(_panels(shot) if shot.series else (), 1))
    thin = [(number, panel) for number, panel in panels if _is_thin(panel[2])]
    for number, (text, piece, words) in thin[:1]:
        others = f", and {len(thin) - 1} more as little" if len(thin) > 1 else ""
        message = f"panel {number} says only “{words}”{others}, so anything may come"
        yield Finding(message, "say size, who and what they do, as for any picture", text, piece)


def _is_thin(words: str) -> bool:
    count = len(words.split())
    return count < _FEW_WORDS and not ("@" in words and count > 1)


@on_shot("series-panel-twins", Severity.WARNING)
def series_panel_twins(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Two panels that are nearly the same."""
    panels = _panels(shot) if shot.series else []
    tokens = [frozenset(word_list(words)) - _SMALL for _, _, words in panels]
    for later in range(1, len(panels)):
        for earlier in range(later):
            both, either = tokens[earlier] & tokens[later], tokens[earlier] | tokens[later]
            if len(either) >= _FEW_WORDS and len(both) > _ALIKE * len(either):
                text, piece, _words = panels[later]
                message = f"panel {later + 1} says nearly the same as panel {earlier + 1}"
                yield Finding(message, "say what has changed: the size, the action, the expression", text, piece)
                return


@on_shot("series-over-4", Severity.WARNING)
def series_over_4(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """More panels than stay alike."""
    amount = max(sent.amount for sent in shot.sent)
    if amount > _MANY_PANELS:
        chunks = ", ".join(str(min(_MANY_PANELS, amount - start)) for start in range(0, amount, _MANY_PANELS))
        message = f"{amount} panels in one series: beyond {_MANY_PANELS} faces and places begin to drift"
        yield Finding(
            message,
            f"make several shots of it, of {chunks} panels",
            place=shot.panels[0].place if shot.panels else None,
        )


@on_shot("panels-without-series", Severity.WARNING)
def panels_without_series(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Panels in the prompt of a single picture."""
    for text in shot.texts if not shot.series else ():
        found = _PANEL.search(unquoted(text.text)) if "anel" in text.text else None
        if found:
            hint = "write series: {panels: [...]}, or leave the numbers out for one picture"
            amount = len(_PANEL.findall(text.text))
            series = ((text.key, f"series: {{amount: {amount}}}"),) if text.slot == "prompt" and amount > 1 else ()
            yield Finding(
                f"{found.group(0)} in a single picture gives a collage of panels", hint, **at(text, found),
                entries=series, title=f"make it a series of {amount}", automatic=False,
            )  # fmt: skip
            return
