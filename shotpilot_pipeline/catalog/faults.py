"""What a fault of a model card means, as a sentence. Does not decide what is a fault: the JSON Schema does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_KINDS = {
    "string": "a text in quotes", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "object": "a map in { }", "array": "a list in [ ]",
}  # fmt: skip
_LONGEST = 40  # characters of a value that are said again


def card_sentence(path: Sequence[str | int], keyword: str, wanted: Any, value: Any, schema: Mapping[str, Any]) -> str:
    """One sentence for one fault: where in the card, what is wrong, and what is wanted there."""
    where = ".".join(map(str, path)) or "the card"
    if keyword == "additionalProperties" and isinstance(value, dict):
        known = list(schema.get("properties", {}))
        strange = [repr(key) for key in value if key not in known]
        return f"{where} has {' and '.join(strange)}, which no card has there; it takes {', '.join(known)}"
    if keyword == "required" and isinstance(value, dict):
        return f"{where} lacks {' and '.join(repr(key) for key in wanted if key not in value)}"
    if keyword in ("minItems", "maxItems", "minProperties", "minLength"):
        size = "at most" if keyword == "maxItems" else "at least"
        return f"{where} holds {len(value)}, and needs {size} {wanted}"
    return f"{where} cannot be {_shown(value)}; it wants {_wanted(keyword, wanted, schema)}"


def json_words(fault: Exception) -> str:
    """What makes a text no JSON."""
    if isinstance(fault, RecursionError):
        return "it is nested too deeply"
    told = getattr(fault, "msg", "")
    return next((words for begins, words in _JSON if told.startswith(begins)), "it breaks off here")


#: How Python words a fault of JSON, and what it means.
_JSON = (
    ("Expecting value", "a value is missing here"),
    ("Expecting property name", "a key in double quotes is missing here"),
    ("Expecting ','", "a comma is missing before this"),
    ("Expecting ':'", "a colon is missing before this"),
    ("Illegal trailing comma", "a comma stands before a closing bracket"),
    ("Extra data", "there is more after its end"),
    ("Unterminated string", "the quote opened here is never closed"),
    ("Invalid control character", "a text goes on in the next line"),
    ("Invalid \\", "a backslash in a text begins an escape, and this is none"),
)


def _wanted(keyword: str, wanted: Any, schema: Mapping[str, Any]) -> str:
    if keyword == "type":
        return " or ".join(_KINDS.get(kind, kind) for kind in ([wanted] if isinstance(wanted, str) else wanted))
    if keyword == "const":
        return _shown(wanted)
    if keyword == "enum":
        return " or ".join(map(_shown, wanted))
    if keyword in ("minimum", "exclusiveMinimum"):
        return f"{wanted} or more" if keyword == "minimum" else f"more than {wanted}"
    if keyword == "pattern":
        return _SHAPES.get(wanted, f"a text of the form {wanted}")
    return str(schema.get("description", keyword))


#: The forms of text in schemas/model-1.schema.json.
_SHAPES = {
    "^[A-Za-z0-9][A-Za-z0-9_-]*$": "letters, digits, - and _",
    "^[0-9]+(\\.[0-9]{1,9})?$": 'dollars in quotes, such as "0.028"',
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": 'a day such as "2026-01-31"',
    "^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)+$": 'a full model id such as "maker/model/text-to-image"',
}


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
