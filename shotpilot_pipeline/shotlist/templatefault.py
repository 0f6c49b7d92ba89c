"""What a template's own error means to somebody who writes prompts. Does not fill templates."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shotpilot_pipeline.shotlist.near import near

#: How Jinja2 words an error, and what it means; `<0>` and `<1>` are what it quotes.
_MEANS: tuple[tuple[str, str], ...] = (
    (r"(.+ in a prompt.*)", "<0>"),
    (r"unexpected '}'", "a } is missing: what {{ opens is closed by two braces"),
    (r"unexpected '(.+)'", "'<0>' is not expected here"),
    (r"unexpected end of template, expected 'end of print statement'", "the {{ opened here is never closed"),
    (r"Unexpected end of template.*block that needs to be closed is '(\w+)'",
     "the {% <0> %} is never closed; write {% end<0> %} where it ends"),
    (r"(?i)unexpected end of template", "the template breaks off: a }} or %} is missing"),
    (r"Expected an expression, got '(?:end of print statement|end of statement block)'",
     "something is missing between the braces"),
    (r"Expected an expression, got '(.+)'", "a name or a text is missing before '<0>'"),
    (r"expected token 'end of print statement', got '(.+)'",
     "'<0>' is not expected here; {{ }} holds one value, and a text in it stands in quotes"),
    (r"expected token 'end of statement block', got '(.+)'", "'<0>' is not expected here; %} should come before it"),
    (r"expected token 'in', got '(.+)'", "this is no loop; write {% for name in values %}"),
    (r"expected token '(.+)', got '(.+)'", "'<1>' stands where <0> is wanted"),
    (r"Encountered unknown tag '(\w+)'.*", "there is no {% <0> %}; a prompt knows if, for and set"),
    (r"unexpected char (.+) at \d+", "<0> means nothing between braces"),
    (r"Missing end of comment tag", "the {# opened here is never closed; write #} where it ends"),
)  # fmt: skip
_ABSENT = re.compile(r"No (filter|test) named '(.+?)'")


def in_words(told: str, filters: Iterable[str]) -> str:
    """What Jinja2's message `told` means; `filters` are those a prompt may use."""
    absent = _ABSENT.match(told)
    if absent:
        kind, name = absent.groups()
        known = sorted(filters) if kind == "filter" else ["defined", "even", "odd"]
        return f"there is no {kind} {name!r}; {near(name, known) or 'there are ' + ', '.join(known)}"
    for pattern, words in _MEANS:
        found = re.match(pattern, told, re.DOTALL)
        if found:
            for number, quoted in enumerate(found.groups()):
                words = words.replace(f"<{number}>", quoted)
            return words
    return f"the template cannot be filled: {told[:1].lower()}{told[1:].rstrip('.')}"
