"""Canonical JSON and sha256: how a value becomes a name. Does not know what is being named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical_json(value: object) -> str:
    """The one spelling of a JSON value: sorted keys, no spaces, text as it is (UTF-8 when encoded)."""
    return _encode(value)


def sha256_text(text: str) -> str:
    """The sha256 of `text` in UTF-8, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_bytes(data: bytes | memoryview) -> str:
    """The sha256 of `data`, as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_of(parts: Iterable[bytes]) -> str:
    """The sha256 of bytes that come in parts."""
    made = hashlib.sha256()
    for part in parts:
        made.update(part)
    return made.hexdigest()


def digest_in_order(value: object) -> str:
    """The sha256 of a JSON value that is another where the keys of a map stand in another order."""
    return sha256_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def digest_of(value: Mapping[str, object]) -> str:
    """The sha256 of a JSON object in its canonical spelling."""
    return sha256_text(canonical_json(value))
