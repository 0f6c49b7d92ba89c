"""The one layout of a shot list: `formatted(text)`. Does not know files, and changes no meaning.

Two blanks an indent, one blank line at most, two blanks before a comment, long prompts as block texts of a readable
width. Order, quotes, comments and flow maps stay as their author wrote them. What comes out is read again and
compared with what went in: where a single value or comment would differ, nothing is changed and a problem says so.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from shotpilot_pipeline.errors import BadFiles, Place, Problem, Severity
from shotpilot_pipeline.shotlist.document import parse_all
from shotpilot_pipeline.shotlist.series import folded

WIDTH = 100  # characters of a line in a block of prompt
WIDEST = 120  # of a line its author broke: longer, and the whole block is wrapped anew
LONG = 110  # characters of a prompt from which it stands as a block
PROSE = frozenset({"prompt", "lead", "panels", "prompt_wrap", "prompt_template"})
_BRACES = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_WORDS = re.compile(r"(?:\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\S)+", re.DOTALL)


def formatted(text: str, file: str) -> str:
    """`text` in the one layout. Raises BadFiles where it cannot be read, or would not come out the same."""
    found = parse_all(text, file)
    errors = [problem for problem in found.problems if problem.severity is Severity.ERROR]
    if found.node is None or errors:
        raise BadFiles(errors or [Problem("empty", Place(file), "holds nothing", "write `shotlist: 1` first")])
    try:
        made = _tidied(_emitted(text), frozenset(text.split("\n")))
    except Exception as error:  # the writer stumbles over some comments in odd places: then the file is left alone
        raise BadFiles([_left_alone(file)]) from error
    after = parse_all(made, file)
    same = after.node is not None and _meaning(after.node.plain()) == _meaning(found.node.plain())
    if not same or Counter(_comments(made)) != Counter(_comments(text)):
        raise BadFiles([_left_alone(file)])
    return made


def _left_alone(file: str) -> Problem:
    fault = "cannot be laid out without changing it, so nothing was changed"
    return Problem("layout", Place(file), fault, "lay it out by hand: most often a comment stands in an odd place")


def _meaning(value: Any, key: str = "") -> Any:
    """The value with prose folded: a prompt may be wrapped anew, since its blanks are folded when it is filled."""
    if isinstance(value, dict):
        return [(name, _meaning(below, name)) for name, below in value.items()]
    if isinstance(value, list):
        return [_meaning(below, key) for below in value]
    return folded(value) if isinstance(value, str) and key in PROSE else value


def _emitted(text: str) -> str:
    """The text written anew, comments and all, with long prompts as blocks."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt", pure=True)
    yaml.Resolver = _text_only()
    yaml.preserve_quotes = True
    yaml.allow_duplicate_keys = True  # told by `check`, not here
    yaml.width = 1_000_000  # a line is broken where its author broke it
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    _blocks(document)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _text_only() -> type:
    """A resolver for which every plain scalar is text, so that `010` and `21:9` are written as they were read."""
    from ruamel.yaml.nodes import ScalarNode
    from ruamel.yaml.resolver import VersionedResolver
    from ruamel.yaml.tag import Tag

    class TextOnly(VersionedResolver):
        def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
            return Tag(suffix="tag:yaml.org,2002:str") if kind is ScalarNode else super().resolve(kind, value, implicit)

    return TextOnly


def _blocks(node: Any, key: str = "") -> None:
    """Write each long prompt below `node` as a block."""
    places: Sequence[Any] = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for place in places:
        value, name = node[place], str(place) if isinstance(node, dict) else key
        if isinstance(value, (dict, list)):
            _blocks(value, name)
        elif name in PROSE and _wants_block(node, place, value):
            node[place] = _block(value)


def _wants_block(parent: Any, place: Any, value: Any) -> bool:
    from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString

    if not isinstance(value, str) or parent.fa.flow_style() or parent.ca.items.get(place):
        return False  # in braces there are no blocks, and a comment behind the text has no place beside one
    anchor = getattr(value, "anchor", None)
    if (anchor is not None and anchor.value) or _delicate(value):
        return False  # the name would be lost; and blanks in a quoted text of a template are its author's
    if isinstance(value, (LiteralScalarString, FoldedScalarString)):
        return any(len(line) > WIDEST for line in value.splitlines())
    return len(value) > LONG or "\n" in value


def _delicate(value: str) -> bool:
    """Whether a template holds a quoted text and more than single blanks: these may be part of the text."""
    found = _BRACES.findall(value)
    return any(("'" in one or '"' in one) and " ".join(one.split()) != one for one in found)


def _block(value: str) -> Any:
    from ruamel.yaml.scalarstring import LiteralScalarString

    return LiteralScalarString("\n".join(_wrapped(value)) + "\n")


def _wrapped(text: str) -> Iterator[str]:
    """The words of `text` in lines; a template's braces are one word, whatever stands in them."""
    line = ""
    for word in (" ".join(found.split()) for found in _WORDS.findall(text)):
        if line and len(line) + 1 + len(word) > WIDTH:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _tidied(text: str, before: frozenset[str]) -> str:
    """Comments at the indent of what they stand above, one blank line, two blanks before a comment behind a value.

    `before`: the lines as they were; one that is still the same keeps its comment where its author aligned it.
    """
    lines = text.split("\n")
    inside, ends = _covered(text)
    made: list[str] = []
    for number, line in enumerate(lines):
        if number in inside:
            made.append(line)
        elif line.lstrip().startswith("#"):
            made.append(" " * _indent_below(lines, number, inside) + line.strip())
        elif line.strip():
            made.append(_with_comment(line, ends.get(number, len(line)), aligned=line in before))
        elif made and made[-1].strip():
            made.append("")
    return "\n".join(made).rstrip("\n") + "\n"


def _with_comment(line: str, end: int, *, aligned: bool) -> str:
    value, rest = line[:end].rstrip(), line[end:].strip()
    if aligned and line[end:].startswith("  "):
        return line.rstrip()
    return f"{value}  {rest}" if rest else value


def _indent_below(lines: Sequence[str], number: int, inside: frozenset[int]) -> int:
    """The indent of the next line that holds a value; at the end of a text, none."""
    for below in range(number + 1, len(lines)):
        line = lines[below]
        if line.strip() and not line.lstrip().startswith("#") and below not in inside:
            return len(line) - len(line.lstrip())
    return 0


def _covered(text: str) -> tuple[frozenset[int], dict[int, int]]:
    """Lines that lie inside a text of several lines, and for every other line the column after its last value."""
    import yaml

    inside: set[int] = set()
    ends: dict[int, int] = {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # six times as fast where there is one
    for token in yaml.scan(text, Loader=loader):
        start, end = token.start_mark, token.end_mark
        if isinstance(token, yaml.ScalarToken) and end.line > start.line:
            last = end.line if end.column else end.line - 1
            inside.update(range(start.line + 1, last + 1))
            ends[start.line] = len(text.split("\n", start.line + 1)[start.line])
        elif end.line == start.line and start.column != end.column:
            ends[end.line] = max(ends.get(end.line, 0), end.column)
    return frozenset(inside), ends


def _comments(text: str) -> Iterator[str]:
    """Every comment of a text, without the blanks around it."""
    inside, ends = _covered(text)
    for number, line in enumerate(text.split("\n")):
        if number not in inside:
            behind = line[ends.get(number, 0) :].strip()
            if behind.startswith("#"):
                yield behind
