"""Rules on the request and its syntax: what no model reads as it was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.reading import listed, unquoted
from shotpilot_pipeline.lint.registry import Finding, Lists, Whole, at, change, on_list, on_shot, on_text
from shotpilot_pipeline.values.lint import Change, LintShot, Text

_LEFT_OVER = re.compile(
    r"\$\{[^{}]*\}|(?<![{%])\{[A-Za-z_][\w. -]{0,40}\}(?!\})|\[(?:insert|your|todo|tbd)\b[^\]]*\]"
    r"|(?<!\w)(?:TODO|TBD|FIXME|XXX)(?!\w)|\?{3,}|\blorem ipsum\b",
    re.IGNORECASE,
)
#: What a filled text never holds, unless a brace was mistyped, or a value brought a template that is filled no more.
_BRACES = re.compile(r"\{\{[^{}]{0,500}\}\}+|\{ \{[^{}]{0,500}\} ?\}|\{%[^{}]{0,500}%\}|\{[{%#]|[}%#]\}")
_UNFILLED = frozenset({"prompt_template", "prompt_wrap"})  # as they stand in the file, templates and all
_PLACEHOLDERS = frozenset({"todo", "tbd", "fixme", "xxx", "lorem"})
_SHOUTED = ("TODO", "TBD", "FIXME", "XXX")
_NEGATION = re.compile(
    r"\b(?:no(?! (?:longer|doubt|one else|matter|more than|\d))|not(?! (?:only|just|yet))|without|never|nobody"
    r"|nothing)\b",
    re.IGNORECASE,
)
#: A thing that is missing -> what to say instead.
_INSTEAD = {
    thing: there for line in listed("instead") for things, there in [line.split(" = ")] for thing in things.split("|")
}
_MISSING = re.compile(
    r"(?:, no|,? with no|,? without(?: an?| any)?) (?P<thing>"
    rf"{'|'.join(map(re.escape, sorted(_INSTEAD, key=len, reverse=True)))})(?=\s*(?:[,.;]|$))",
    re.IGNORECASE,
)
_WEIGHT = re.compile(
    r"(?<!\()\({1,9}([^():]*[A-Za-z][^():]*):(?:[0-2]?\.\d{1,2}|[0-2])\)+|(?<!\()\({2,9}([^()]+)\)\)+"
    r"|\[([^\[\]:]+):\d?\.\d+\]"
)
_FLAG = re.compile(r" ?(?<!\S)--[a-z]+(?: [\w.:/]+)?| ?<(?:lora|lyco|hypernet):[^>]*>|::-?\d*\.?\d*(?=\s|$|,)")
_BOORU = re.compile(r"\b(?:1girl|1boy|2girls|2boys|score_\d\w*|rating_\w+)\b,? ?", re.IGNORECASE)
_NATIVE = re.compile(r"<<<\s*(element|image)[_ ]?([0-9]{1,4})\s*>>>", re.IGNORECASE)
_SMART = {
    "“": '"',
    "”": '"',
    "„": '"',
    "‘": "'",
    "’": "'",
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f", ""),
}
_MOST_CHANGES = 200  # of one text: each is looked for in the file
_HIDDEN = frozenset(sign for sign, plain in _SMART.items() if not plain)
#: Between signs that are no Latin letter a joiner means something: one emoji of several, a word of Persian or Hindi.
_JOINED = re.compile("(?<=[^\\x00-\u02ff])[\u200c\u200d](?=[^\\x00-\u02ff])")


@on_text("template-unresolved", Severity.ERROR, signs="${}[?", words=_PLACEHOLDERS)
def template_unresolved(text: Text, _: Lists) -> Iterator[Finding]:
    """A placeholder that nobody filled."""
    for found in _BRACES.finditer(text.text) if text.slot not in _UNFILLED else ():
        message = f"{found.group(0)} is left over from a template, and would be sent as it stands"
        hint = "a value is {{ vars.NAME }}, two braces on each side; what vars hold is text, and never filled again"
        yield Finding(message, hint, **at(text, found))
        return
    for found in _LEFT_OVER.finditer(unquoted(text.text)):
        piece = found.group(0)
        if piece.upper() in _SHOUTED and piece.upper() != piece:
            continue  # a small `todo` is a word like any other
        message = f"{piece} is still to be filled in, and would be sent as it stands"
        yield Finding(message, "write what is meant; a value is filled in as {{ vars.NAME }}", **at(text, found))


@on_text(
    "negation-in-prompt",
    Severity.INFO,
    words=frozenset({"no", "not", "without", "never", "nobody", "nothing"}),
)
def negation_in_prompt(text: Text, _: Lists) -> Iterator[Finding]:
    """Words that say what is not there."""
    found = _NEGATION.search(unquoted(text.text))
    if found:
        words = " ".join(text.text[found.start() :].split()[:3]).rstrip(".,;:")
        missing = _MISSING.search(unquoted(text.text))
        there = _INSTEAD[missing["thing"].lower()] if missing else ""
        yield Finding(
            f"“{words}”: a model paints the things that are named, also those that are not to be there",
            "say what is there instead: an empty street, a bare table, a clean-shaven face",
            **at(text, found), changes=(change(text, missing, f", {there}"),) if missing else (),
            title=f"write {there}", automatic=False,
        )  # fmt: skip


@on_text(
    "weights-or-flags", Severity.WARNING, signs="(<[:-", words=frozenset({"1girl", "1boy", "2girls", "2boys", "score"})
)
def weights_or_flags(text: Text, _: Lists) -> Iterator[Finding]:
    """The syntax of other image tools."""
    plain = unquoted(text.text)
    changes: list[Change] = [change(text, found, _unweighted(found)) for found in _WEIGHT.finditer(plain)]
    changes += [change(text, found, "") for found in (*_FLAG.finditer(plain), *_BOORU.finditer(plain))]
    for piece, nth, new in changes[:1]:
        shown = piece.strip().rstrip(",")
        yield Finding(
            f"{shown} is the syntax of another tool; Kling reads it as words, or not at all",
            "say it in plain words; what matters most comes first",
            text,
            piece,
            nth,
            changes=tuple(changes) if len(changes) <= _MOST_CHANGES else (),
            title=f"take {shown} out" if not new else f"write {new} alone",
        )


def _unweighted(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None).strip()


@on_shot("native-ref-syntax", Severity.WARNING)
def native_ref_syntax(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """`<<<element_1>>>`, which Kling's own service takes and fal's does not."""
    for text in shot.texts:
        for found in _NATIVE.finditer(text.text) if "<<<" in text.text else ():
            name = f"@{found.group(1).capitalize()}{int(found.group(2))}"
            known = shot.sent[0].elements_by_hand if "element" in name.lower() else shot.sent[0].images_by_hand
            yield Finding(
                f"{found.group(0)} is how Kling's own service writes it; through fal it is {name}",
                "better still, mention a cast member or an image by its id: @vera",
                **at(text, found),
                changes=(change(text, found, name),),
                title=f"write {name}",
                automatic=int(found.group(2)) <= known,
            )


@on_text("smart-chars", Severity.INFO, signs="".join(_SMART))
def smart_chars(text: Text, _: Lists) -> Iterator[Finding]:
    """Characters that a word processor puts in, seen or unseen."""
    odd = _JOINED.sub(" ", text.text) if "\u200c" in text.text or "\u200d" in text.text else text.text
    held = sorted({sign for sign in odd if sign in _SMART})
    if not held:
        return
    hidden = [sign for sign in held if sign in _HIDDEN]
    named = ", ".join(f"U+{ord(sign):04X}" for sign in hidden) or " ".join(held)
    kind = "characters that cannot be seen" if hidden else "typographic quotes"
    changes = tuple((sign, nth, _SMART[sign]) for sign in held for nth in _which(sign, text.text, odd))
    yield Finding(
        f"holds {kind} ({named}), which reach the model as they are",
        "write plain quotes and spaces",
        text, held[0], changes[0][1], title="write plain characters",
        changes=changes if len(changes) <= _MOST_CHANGES else (),
    )  # fmt: skip


def _which(sign: str, text: str, odd: str) -> Iterator[int]:
    """Which of all places of a sign in a text are those that are at fault; `odd` has blanks where it is not."""
    places = [at for at, one in enumerate(text) if one == sign]
    return (nth for nth, at in enumerate(places) if odd[at] == sign)


@on_list("duplicate-request", Severity.INFO)
def duplicate_request(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """Two shots that ask for exactly the same picture."""
    places = {shot.address: shot.place for shot in whole.shots}
    for addresses in whole.requests.values():
        shots = list(dict.fromkeys(address.partition("@")[0].partition(".")[0] for address in addresses))
        for later in shots[1:]:
            stage = addresses[0].partition("@")[2]
            message = f"{later} asks at {stage} for exactly what {shots[0]} asks for: one take serves both"
            hint = "let one of them say what is different, or leave it: nothing is bought twice"
            yield later, Finding(message, hint, place=places.get(later))
