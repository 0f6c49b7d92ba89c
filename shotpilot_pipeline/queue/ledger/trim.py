"""A terminal answer as it may lie on a disk: without secrets, signed URLs and echoed requests, and short.

Does not know what the answer means.
"""

from __future__ import annotations

import json
import re

from shotpilot_pipeline.queue.ledger.schema import MOST_ANSWER

CUT = "(cut)"
_MOST_TEXT = 400  # characters of one text inside the answer
_MOST_ITEMS = 50  # of one list or object
_DEEPEST = 12
_ECHO = frozenset({"input", "json_input"})  # `input` of an error item may repeat the whole request
_SECRET_NAME = re.compile(r"auth|token|secret|signature|password|credential|cookie|api[-_]?key|fal[-_]?key", re.I)
_SECRETS = (
    re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{16,}", re.I),  # fal's keys: id:secret
    re.compile(r"\b(?:Key|Bearer|Basic)\s+[A-Za-z0-9+/_.:=~-]{8,}", re.I),
)
_DATA_URI = re.compile(r"data:[\w.+/-]{0,60};base64,[A-Za-z0-9+/=_-]*")
_USER = re.compile(r"(https?://)[^\s/@\"']+@", re.I)
_QUERY = re.compile(r"(https?://[^\s?#\"'<>]+)[?#][^\s\"'<>]*", re.I)


def trim_answer(answer: str | bytes) -> str:
    """The answer as JSON text of at most MOST_ANSWER bytes; text that is no JSON stays text. "" stays ""."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    if not text.strip():
        return ""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return _fit(clean_text(text, MOST_ANSWER))
    for most_text, most_items in ((_MOST_TEXT, _MOST_ITEMS), (120, 12), (40, 4)):
        whole = json.dumps(_trimmed(parsed, most_text, most_items, 0), ensure_ascii=False, separators=(",", ":"))
        if len(whole.encode()) <= MOST_ANSWER:
            return whole
    return json.dumps({"cut": _fit(whole, MOST_ANSWER // 4)}, ensure_ascii=False)


def clean_text(text: str, most: int = 1000) -> str:
    """Text without secrets, signed parts of URLs and what no database takes; at most `most` characters."""
    text = text[: 64 * 1024].encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    text = _DATA_URI.sub(f"data:{CUT}", text)
    for secret in _SECRETS:
        text = secret.sub(CUT, text)
    text = _QUERY.sub(rf"\1?{CUT}", _USER.sub(r"\1", text))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _trimmed(value: object, most_text: int, most_items: int, depth: int) -> object:
    if isinstance(value, str):
        return clean_text(value, most_text)
    if isinstance(value, (dict, list)) and depth >= _DEEPEST:
        return CUT
    if isinstance(value, list):
        kept = [_trimmed(item, most_text, most_items, depth + 1) for item in value[:most_items]]
        return kept + [CUT] * (len(value) > most_items)
    if isinstance(value, dict):
        return {
            clean_text(str(name), 80): CUT
            if name in _ECHO or _SECRET_NAME.search(str(name))
            else _trimmed(item, most_text, most_items, depth + 1)
            for name, item in list(value.items())[:most_items]
        }
    if isinstance(value, int) and abs(value) > 10**30:  # JSON numbers have no end
        return CUT
    return value


def _fit(text: str, most: int = MOST_ANSWER) -> str:
    return text.encode()[:most].decode("utf-8", "ignore")
