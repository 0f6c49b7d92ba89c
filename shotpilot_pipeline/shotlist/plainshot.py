"""A shot that is written the plain way, read line by line instead of by a YAML parser: less than half of the work.

Plain are `key: words`, `key: "words"`, `key: 'words'`, `key: [word, word]` and `key: |` with its lines, one key a line
at one depth. Whatever else a line holds, nothing of the shot is read here, and YAML says what it means: so nothing is
decided here that YAML would decide otherwise. Finds no fault; does not know what a key means.
"""

from __future__ import annotations

import re
from functools import cache

from shotpilot_pipeline.shotlist.node import Node, NodeValue
from shotpilot_pipeline.shotlist.source import ShotText
from shotpilot_pipeline.shotlist.yamltext import Plain

LONGEST = 40_000  # characters: no more values than a shot may hold; a longer one is weighed by whoever counts them
_WORD = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_ID = re.compile(r"( *)([A-Za-z0-9][A-Za-z0-9_-]*):\n")
#: Plain words hold no colon and no hash, which may end them, and begin with a letter or a digit of any script.
_LINE = re.compile(
    r"( +)([A-Za-z][A-Za-z0-9_-]{0,60}):( +)(?:([^\x00-/:-@\[-`{-\x7f](?:[^\n:#]*[^\n:# ])?)"
    rf"|\"([^\n\"\\]*)\"|'([^\n']*)'|\[({_WORD}(?:, *{_WORD})*)\]|(\|))\n"
)
_ITEM = re.compile(_WORD)
_OF_LINES = re.compile(r"( +)([^ \n][^\n]*\n)")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@cache
def _odd() -> re.Pattern[str]:
    """Signs that YAML takes for a blank or a break of a line, or not at all. Made only for who writes beyond ASCII."""
    return re.compile(r"[^\n\x20-\x7e\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def read_plain(shot: ShotText) -> Node | None:
    """The map of a shot; None where anything is not written the plain way. Scalars stay text, as in `yamltext`."""
    text, file, line = shot.text, shot.file, shot.line
    if len(text) > LONGEST or (_CONTROL if text.isascii() else _odd()).search(text):
        return None
    id = _ID.match(text)
    found = _LINE.match(text, id.end()) if id is not None else None
    if id is None or found is None or id[2] != shot.id or len(found[1]) <= len(id[1]):
        return None
    indent, depth, end = found[1], len(found[1]), 0
    values: dict[str, Node] = {}
    node = Node(values, file, line + 1, depth + 1, line, len(id[1]) + 1)
    while found is not None:
        line += 1
        blanks, key, gap, plain, double, single, items, _ = found.groups()
        if blanks != indent or key in values:
            return None
        end, below = found.end(), line
        column = depth + len(key) + len(gap) + 2
        value: NodeValue = double if double is not None else single
        if plain is not None:
            value = Plain(plain)
        elif items is not None:
            value = [Node(Plain(one[0]), file, line, column + 1 + one.start()) for one in _ITEM.finditer(items)]
        elif value is None:
            lines, end = _lines(text, end, depth)
            if not lines:
                return None
            value, below = "".join(lines), line + len(lines)
        values[key] = Node(value, file, line, column, line, depth + 1)
        line = below
        found = _LINE.match(text, end)
    return node if end == len(text) else None


def _lines(text: str, end: int, depth: int) -> tuple[list[str], int]:
    """The lines of a block that begins at `end`, without their indent, and where it ends; none where it is odd."""
    lines: list[str] = []
    indent = 0
    while (found := _OF_LINES.match(text, end)) is not None:
        blanks, rest = found.groups()
        more = len(blanks) - (indent or len(blanks))
        if len(blanks) <= depth or more < 0:
            return (lines if len(blanks) == depth else []), end
        indent = indent or len(blanks)
        lines.append(" " * more + rest)
        end = found.end()
    return lines, end
