"""What a template's own error means to somebody who writes prompts. Does not fill templates."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shotpilot_pipeline.shotlist.near import near

#: How Jinja2 words an error, and what it means; `<0>` and `<1>` are what it quotes.
_MEANS: tuple[tuple[str, str], ...] = (
    (r"(.+ in a prompt.*)", "<0>"),
    (r"unexpected '\}'", "a } is missing; close what {{ opens with two braces"),
    (r"unexpected '?end of (?:print statement|statement block)'?", "something is missing before the braces close"),
    (r"unexpected end of template, expected 'end of print statement'", "the {{ opened here is never closed; write }}"),
    (r"Unexpected end of template.*block that needs to be closed is '(\w+)'",
     "the {% <0> %} is never closed; write {% end<0> %} where it ends"),
    (r"(?i)unexpected '?end of template'?", "the template breaks off: a ), }} or %} is missing"),
    (r"unexpected '(.+)'", "'<0>' is not expected here"),
    (r"Expected an expression, got '(?:end of print statement|end of statement block)'",
     "something is missing between the braces; write a name such as vars.city there"),
    (r"Expected an expression, got '(.+)'", "a name or a text is missing before '<0>'"),
    (r"expected token '(?:end of print statement|:)', got '\}'",
     "there are braces in the braces; write two on each side: {{ vars.city }}"),
    (r"expected token 'end of print statement', got '(.+)'",
     "'<0>' is not expected here; {{ }} holds one value, and a text in it stands in quotes"),
    (r"expected token 'end of statement block', got '(.+)'", "'<0>' is not expected here; %} should come before it"),
    (r"expected token 'in', got '(.+)'", "this is no loop; write {% for name in values %}"),
    (r"expected token '(.+)', got '(.+)'", "'<1>' stands where <0> is wanted"),
    (r"Encountered unknown tag '(else|elif|endif|endfor|endset)'.*",
     "{% <0> %} belongs to no {% if %} or {% for %}; take it out, or open what it ends"),
    (r"Encountered unknown tag '(\w+)'.*", "there is no {% <0> %}; a prompt knows if, for and set"),
    (r"unexpected char '[\"\\']' at \d+", "a quote is opened between the braces and never closed"),
    (r"unexpected char (.+) at \d+", "<0> means nothing between braces"),
    (r"Missing end of comment tag", "the {# opened here is never closed; write #} where it ends"),
    (r"(?i)tag name expected", "a word is missing after {%; a prompt knows if, for and set"),
    (r"(?i)expected name or number", "a name is missing after the dot"),
)  # fmt: skip
#: The same for what a value cannot do; kinds of values are named as a filmmaker knows them.
_CANNOT: tuple[tuple[str, str], ...] = (
    (r"unsupported operand type\(s\) for (\S+): '(\w+)' and '(\w+)'",
     "'<0>' does not work on <1> and <2> in a prompt; join them with ~, or make a number of a text: | int"),
    (r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'",
     "<1> and <2> cannot be compared; make a number of the text first: | int"),
    (r"bad operand type for (?:unary )?(\S+?)(?:\(\))?: '(\w+)'", "<0> does not work on <1>; use a number"),
    (r"type (\w+) doesn't define __round__", "round does not work on <0>; make a number of it first: | float"),
    (r"object of type '(\w+)' has no len", "<0> has no length; write it out"),
    (r"(?:argument of type )?'(\w+)' (?:object )?is not iterable", "<0> has no parts; use a list or a text"),
    (r"slice step cannot be zero", "a part of a text cannot be taken in steps of 0"),
    (r".* missing \d+ required positional argument", "more is wanted in these brackets; replace('old', 'new'), say"),
    (r".* takes (?:no|exactly|at most|from|\d+) ", "there is more in these brackets than is taken; take it out"),
)  # fmt: skip
_KINDS = {"str": "a text", "int": "a number", "float": "a number", "bool": "a number", "list": "a list",
          "tuple": "a list", "_View": "a group of values"}  # fmt: skip
_ABSENT = re.compile(r"No (filter|test) named '(.+?)'")


def template_fault(told: str, filters: Iterable[str]) -> str:
    """What Jinja2's message `told` means; `filters` are those a prompt may use."""
    absent = _ABSENT.match(told)
    if absent:
        kind, name = absent.groups()
        known = sorted(filters) if kind == "filter" else ["defined", "even", "odd"]
        return f"there is no {kind} {name!r}; {near(name, known) or 'there are ' + ', '.join(known)}"
    for pattern, words in (*_MEANS, *_CANNOT):
        found = re.match(pattern, told, re.DOTALL)
        if found:
            for number, quoted in enumerate(found.groups()):
                words = words.replace(f"<{number}>", _KINDS.get(quoted, quoted))
            return words
    return "this expression cannot be worked out"


#: What to do about what a template did, by words of what is said of it.
_CURES = (
    ("loops more than", "write the words out, or loop over fewer"),
    ("characters", "a prompt takes 2,500 characters: say it in fewer words"),
    ("does not work on", "texts are joined with ~; numbers know + - * and /"),
    ("number beyond", "use smaller numbers"),
    ("divides by zero", "write the number out"),
    ("nested too deeply", "use fewer brackets"),
    ("is not allowed", "write the words out"),
    ("cannot be called", "write the words out"),
    ("can be called", "write the words out"),
    ("cannot be asked", "name a value of the list: vars.city, shot.light, cast.vera.name"),
)


def cure_of(said: str) -> str:
    """What to write instead, where the message of a template's fault does not say so itself."""
    return next(
        (cure for words, cure in _CURES if words in said),
        "correct what stands between the braces, or write the words out",
    )
