"""Rules on lettering in a picture: words to be read in it stand in quotes, short, for a model that can write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.reading import quoted, these, unquoted, words_of
from shotpilot_pipeline.lint.registry import Finding, Lists, at, change, on_shot, on_text
from shotpilot_pipeline.values.lint import LintShot, Text

_BEARERS = these(
    "text sign signs title caption label labeled labelled banner headline lettering logo poster billboard "
    "inscription marquee "
    "nameplate tag reads says reading titled written words"
)
_SAYS = re.compile(
    r"\b(?:text|sign|title|caption|label|banner|headline|lettering|inscription|marquee|billboard|placard|t-shirt"
    r"|shirt)s?"
    r"(?: \w+){0,3}? (?:that )?(?:says?|reads?|saying|reading|spells?|spelling)[:,]? (?P<words>(?!\")\w[\w'’!?-]*)",
    re.IGNORECASE,
)
#: Words that are read in the picture reach as far as their capitals do, else to the end of the part of the sentence.
_READ = re.compile(r"[A-Z0-9][A-Z0-9&!?'’-]*(?: [A-Z0-9][A-Z0-9&!?'’-]*)*(?![\w])|[^,.;:\"“”]+?(?=[,.;:]|$)")
_NOT_WORDS = these("in on at by from with across like about the something nothing a an her his their")
_LONGEST = 40  # characters of one piece of lettering
_MOST = 3  # pieces of lettering in one picture


def _letters(text: str) -> bool:
    """Whether a text speaks of something to be read in the picture."""
    return not _BEARERS.isdisjoint(words_of(text))


@on_text(
    "text-unquoted",
    Severity.WARNING,
    words=frozenset({"says", "say", "reads", "read", "saying", "reading", "spells", "spell", "spelling"}),
)
def text_unquoted(text: Text, _: Lists) -> Iterator[Finding]:
    """Words to be read in the picture, without quotes."""
    found = _SAYS.search(unquoted(text.text))
    # What stood in quotes is blank by now: then the words in question come after a run of blanks.
    if found and found.group("words").lower() not in _NOT_WORDS and "  " not in found.group(0):
        hint = "put them in quotes, as they are to be read: a sign that says 'OPEN'"
        message = f"the words to be read in the picture are not in quotes: “{found.group(0)}”"
        yield Finding(message, hint, **at(text, found), **_in_quotes(text, found))


def _in_quotes(text: Text, found: re.Match[str]) -> dict[str, Any]:
    """The cure that puts the words to be read into quotes, where it is plain how far they reach."""
    words = _READ.match(text.text, found.start("words"))
    if words is None or "'" in words.group(0) or "{" in words.group(0):
        return {}
    changes = (change(text, words, f"'{words.group(0)}'"),)
    return {"changes": changes, "title": f"write '{words.group(0)}'", "automatic": False}


@on_shot("text-on-v3", Severity.INFO)
def text_on_v3(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Lettering for a model that writes less well than another."""
    last = shot.sent[-1]
    if last.lettering == "excellent" or not last.lettering:
        return
    for text in shot.texts:
        if quoted(text.text) and _letters(text.text):
            message = f"{last.family} is to write words into the picture at {last.stage}"
            model = (shot.where("model", last.stage), last.family, "kling-o3")
            yield Finding(
                message, "kling-o3 writes better", text, place=text.place,
                edits=(model,), title="let kling-o3 do it", automatic=False,
            )  # fmt: skip
            return


@on_text("text-long", Severity.WARNING, signs="\"'“‘«")
def text_long(text: Text, _: Lists) -> Iterator[Finding]:
    """More lettering than comes out right."""
    if not _letters(text.text):
        return
    pieces = quoted(text.text)
    long = next((piece for piece in pieces if len(piece) > _LONGEST), None)
    if long:
        hint = f"shorten it to {_LONGEST}, or set it afterwards"
        yield Finding(f"{len(long)} characters to be written in one piece: “{long[:30]}...”", hint, text, long)
    elif len(pieces) > _MOST:
        message = f"{len(pieces)} pieces of text in one picture: some will come out wrong"
        yield Finding(message, f"keep {_MOST}, or set them afterwards", text, pieces[_MOST])
