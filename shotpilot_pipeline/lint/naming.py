"""The rule on names that somebody owns: living people, brands, artists, and manners called by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.changes import item_of, without
from shotpilot_pipeline.lint.reading import any_of, listed, unquoted
from shotpilot_pipeline.lint.registry import Finding, Lists, at, on_text
from shotpilot_pipeline.values.lint import Text

_NAME = r"[A-Z][\w'’-]+(?: (?:van |von |de |del |di )?[A-Z][\w'’-]+)"
_AFTER = r"(?:in the (?:style|manner) of|à la|a la|inspired by|reminiscent of|by)"
_OWNED = r"(?:palette|design|style|aesthetic|look|painting|lighting|film|movie)"
_IN_THE_MANNER = re.compile(
    rf"\b{_AFTER} (?P<who>{_NAME}{{1,2}})|(?<![.!?] )(?<!^)\b(?P<owner>{_NAME})(?:['’]s?)? {_OWNED}\b"
)
#: Two capitalised words that are a manner, not a person.
_MANNERS = frozenset(listed("manners"))


@on_text("named-person-brand-artist", Severity.WARNING)
def named_person_brand_artist(text: Text, lists: Lists) -> Iterator[Finding]:
    """A person, brand or artist by name."""
    plain = unquoted(text.text)
    found = _known(lists.names).search(plain)
    if found:
        yield _finding(text, found, 0)
        return
    if plain.islower() or not any(word[:1].isupper() for word in plain.split()[1:]):
        return
    for match in _IN_THE_MANNER.finditer(plain):
        group = "who" if match.group("who") else "owner"
        if match.group(group).lower() not in _MANNERS:
            yield _finding(text, match, group)
            return


def _finding(text: Text, found: re.Match[str], group: int | str) -> Finding:
    who = found.group(group)
    item = item_of(text, who, rf"(?:{_AFTER} )?", rf"(?:['’]s?)?(?: {_OWNED})?", "(?:in|à|a|inspired|reminiscent|by)")
    return Finding(
        f"{who} is somebody's name: the picture may need a clearance, or be refused",
        "describe the trait instead: the palette, the shapes, the light",
        **at(text, found, group), changes=without(text, item), title=f"take {who} out", automatic=False,
    )  # fmt: skip


@lru_cache(maxsize=8)
def _known(more: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(any_of((*listed("names"), *more)).pattern)  # names as they are written: Apple, not apple
