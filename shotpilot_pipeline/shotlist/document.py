"""One YAML document, every fault of it found at once. Does not know the shot list.

After a syntax fault the faulty value is taken out and the text is parsed again, so that a second fault need not wait
for the first to be cured.
"""

from __future__ import annotations

from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.yamlfault import mended
from shotpilot_pipeline.shotlist.yamltext import MOST_VALUES, Parsed, parse

_MOST_FAULTS = 20  # faults after which nobody reads on
_MOST_MENDED = 1_000_000  # characters; a longer text is parsed once, as each further parse takes a second


def parse_all(text: str, file: str, lines_before: int = 0, most: int = MOST_VALUES) -> Parsed:
    """Parse a text as `yamltext.parse` does, going on after syntax faults where that can be done."""
    parsed = parse(text, file, lines_before, most)
    faults: list[Problem] = []
    for _ in range(_MOST_FAULTS if len(text) <= _MOST_MENDED else 0):
        if parsed.fault is None:
            break
        fault = parsed.fault
        again = mended(text, fault)
        if again is None or again == text:
            break
        place = Place(file, fault.line + lines_before + 1, fault.column + 1)
        faults.append(Problem(fault.rule, place, fault.message, fault.hint))
        text = again
        parsed = parse(text, file, lines_before, most)
    if not faults:
        return parsed
    return parsed._replace(problems=(*faults, *parsed.problems))
