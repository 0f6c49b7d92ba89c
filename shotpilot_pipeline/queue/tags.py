"""The `X-Fal-Tags` header: which shot a request is for, in fal's own words. Does not know what a shot is.

fal drops bad tags without a word, so a bad one is never sent. Tags are no part of the render key.
Rules (fal's page on request tags): at most 10 pairs `key=value` joined by commas, 1,024 bytes in all; a key is
`[a-z0-9._-]`, up to 64, and does not begin with `fal.`; a value is printable ASCII without a comma, up to 256.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from shotpilot_pipeline.values.address import Address

HEADER = "X-Fal-Tags"
MOST_TAGS = 10
MOST_BYTES = 1024
_KEY = re.compile(r"(?!fal\.)[a-z0-9._-]{1,64}\Z")
_VALUE = re.compile(r"(?! )[\x20-\x2b\x2d-\x7e]{1,256}(?<! )\Z")


def shot_tags(show: str, address: Address, first_take: int) -> dict[str, str]:
    """The tags of one roll: show, scene, shot, variant, stage and the number of its first take. Empty ones are left
    out."""
    tags = {
        "show": show,
        "scene": address.scene,
        "shot": address.shot,
        "variant": address.variant,
        "stage": address.stage,
        "take": str(first_take),
    }
    return {key: value for key, value in tags.items() if value}


def tags_header(tags: Mapping[str, str]) -> str:
    """The header's value; a tag that breaks a rule, or no longer fits, is left out. "" when nothing is left."""
    header = ""
    for key, value in [pair for pair in tags.items() if _KEY.match(pair[0]) and _VALUE.match(pair[1])][:MOST_TAGS]:
        longer = f"{header},{key}={value}" if header else f"{key}={value}"
        header = longer if len(longer) <= MOST_BYTES else header
    return header


def read_tags(header: str) -> dict[str, str]:
    """The tags of a header as the service reads them: bad pairs are dropped."""
    pairs = (pair.partition("=") for pair in header.split(","))
    tags = [(key.strip(), value.strip()) for key, _, value in pairs]
    return dict([(key, value) for key, value in tags if _KEY.match(key) and _VALUE.match(value)][:MOST_TAGS])
