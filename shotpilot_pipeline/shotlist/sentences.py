"""What a fault against the schema means, as one sentence at the right place. Does not decide what is a fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from shotpilot_pipeline.catalog.schemas import schema
from shotpilot_pipeline.errors import Place, Problem
from shotpilot_pipeline.shotlist.near import near
from shotpilot_pipeline.shotlist.node import Node
from shotpilot_pipeline.shotlist.yamlfault import shown

_WANTED = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "object": "a map (`key: value` lines)", "array": "a list",
}  # fmt: skip
_MOST_ECHOED = 1_000  # of a number that is said again in a hint: as many takes as are taken
_MOST_CHOICES = 12  # keys named in a hint; more would not be read
_PANEL = re.compile(r"[Pp]anel \d+")
_TAKE_NUMBER = r"^(v"  # how the pattern for the number of a take begins
#: Words of the queue and of other tools, and what they are called here.
_FOREIGN = {
    "num_images": "write `takes: 4`", "n": "write `takes: 4`", "series_amount": "write `series: {amount: 4}`",
    "result_type": "write `series:` with its panels", "seed": "the models know no seed; pick a take instead",
    "shot_size": "write `size`", "shot_type": "write `size`", "camera": "write `angle`, `lens` or `motion`",
    "location": "write `place`", "environment": "write `place`", "lighting": "write `light`",
    "time_of_day": "write `time`", "character": "write `subject`, and `@name` for a cast member",
    "characters": "name them in `subject` as `@name`", "ratio": "write `aspect_ratio`", "project": "write `show`",
    "format": "write `output_format`", "shots": "shots stand under a scene: `scenes:`, its id, `shots:`",
    "wardrobe": "wardrobe stands with a cast member", "variants": "variants stand under `vary`",
    "axes": "axes stand under `vary`", "lead": "lead stands under `series`", "model_id": "write `model`",
}  # fmt: skip


class Wrong(NamedTuple):
    """One fault, as the schema library found it."""

    path: tuple[str | int, ...]  # to the value
    keyword: str  # of the schema, such as `type`
    wanted: Any  # what the keyword says
    value: Any
    schema: Mapping[str, Any]  # the part of the schema the value was held against
    steps: tuple[str | int, ...]  # of the schema, from the fault above this one
    below: tuple[Wrong, ...]  # why each alternative was not taken


class _At(NamedTuple):
    """Where a fault is, for those who word it."""

    node: Node
    name: str  # of the value: "`takes`", "item 2 of `panels`", "the file"


Said = Iterator[tuple[str, Place, str, str]]  # rule, place, message, hint


def sentences(wrong: Wrong, root: Node, address: str = "") -> Iterator[Problem]:
    """One problem, or a few, for one fault; `root` is the tree that was held against the schema.

    `address` is that of the shot, "" for a whole file.
    """
    if wrong.keyword == "anyOf":
        meant = _meant(wrong)
        if meant is not None:
            for inner in wrong.below:
                if inner.steps[0] == meant:
                    yield from sentences(inner, root, address)
            return
    at = _At(root.nearest(wrong.path), _name(wrong.path) or ("the shot" if address else "the file"))
    for rule, place, message, hint in _WORDS.get(wrong.keyword, _any_other)(wrong, at):
        yield Problem(rule, place, message, hint, address=address)


def cut_sentence(node: Node, address: str = "") -> Problem:
    """The problem of a prose text that ` #` cut short."""
    message = f"the text is cut after {shown(str(node.value))!r}: ` #` begins a comment"
    hint = (
        "put the text in quotes, or write a block: `|` and the text on the next line; "
        "a comment wants two spaces before its # and one after"
    )
    return Problem("yaml-cut", node.place, message, hint, address=address)


def _meant(wrong: Wrong) -> int | None:
    """Which alternative was meant, by whether a map, a list or a scalar was written; None: none of them."""
    kind = "object" if isinstance(wrong.value, dict) else "array" if isinstance(wrong.value, list) else ""
    for index, branch in enumerate(wrong.wanted):
        said = branch.get("type", "string")
        kinds = {said} if isinstance(said, str) else set(said)
        if kind in kinds if kind else kinds - {"object", "array", "null"}:
            return index
    return None


def _name(path: Sequence[str | int]) -> str:
    if not path:
        return ""
    key = next((step for step in reversed(path) if isinstance(step, str)), "list")
    last = path[-1]
    return f"item {last + 1} of `{shown(key)}`" if isinstance(last, int) else f"`{shown(key)}`"


def _found(value: object) -> str:
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    if value is None:
        return "null"
    return repr(shown(str(value))) if value != "" else "an empty text"


def _text_hint(value: object, at: _At) -> str:
    if isinstance(value, dict) and len(value) == 1:
        return "a text with a colon and a space in it must be put in quotes"
    if isinstance(value, list):
        flow = at.node.line == at.node.key_line
        return "a text that begins with [ must be put in quotes" if flow else "write it as one text, without dashes"
    return 'write a text, or "null" in quotes if that is the text' if value is None else ""


def _or(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def _choices(words: Sequence[str]) -> str:
    more = f", … ({len(words)} in all)" if len(words) > _MOST_CHOICES else ""
    return ", ".join(words[:_MOST_CHOICES]) + more


def _article(title: str) -> str:
    """A title as part of a sentence; "" for the titles of alternatives, which are half a sentence already."""
    word = title[:1].lower() + title[1:]
    if not word or word.startswith(("a ", "the ")):
        return ""
    if word.endswith("s"):
        return word
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _as_cure(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _is_split(value: object) -> bool:
    """Whether a text with a colon in it was read as a key and its value."""
    return isinstance(value, dict) and len(value) == 1 and all(isinstance(below, str) for below in value.values())


def _split(wrong: Wrong, at: _At) -> tuple[str, Place, str, str]:
    key = str(next(iter(wrong.value)))
    numbered = _PANEL.fullmatch(key) and at.name.endswith("`panels`")
    message = f"{at.name} is read as a key and a value, because of the colon after {shown(key)!r}"
    hint = f"leave `{key}:` away, it is added by itself" if numbered else "put the text in quotes"
    return "schema-type", at.node.place, message, hint


def _alternatives(wrong: Wrong, at: _At) -> Said:
    choices = _or([branch["title"] for branch in wrong.wanted])
    if "text" in choices and _is_split(wrong.value):
        yield _split(wrong, at)
        return
    hint = _text_hint(wrong.value, at) if "text" in choices else ""
    yield "schema-type", at.node.place, f"{at.name} wants {choices}, not {_found(wrong.value)}", hint


def _type(wrong: Wrong, at: _At) -> Said:
    kinds = [wrong.wanted] if isinstance(wrong.wanted, str) else list(wrong.wanted)
    if "string" in kinds and _is_split(wrong.value):
        yield _split(wrong, at)
        return
    wanted = _or([_WANTED[kind] for kind in kinds if kind in _WANTED])
    hint = _type_hint(wrong, kinds, at)
    yield "schema-type", at.node.place, f"{at.name} wants {wanted}, not {_found(wrong.value)}", hint


def _type_hint(wrong: Wrong, kinds: Sequence[str], at: _At) -> str:
    if "string" in kinds:
        return _text_hint(wrong.value, at)
    if "array" in kinds:
        return f"write [{shown(wrong.value)}]" if isinstance(wrong.value, str) else "write each item after a dash"
    if "boolean" in kinds:
        return "write true or false"
    return _map_hint(wrong) if "object" in kinds else "write a number such as 4, without a unit"


def _map_hint(wrong: Wrong) -> str:
    if isinstance(wrong.value, str) and re.match(r"\w+:\S", wrong.value):
        return "put a space after the colon"
    if isinstance(wrong.value, list) and any(isinstance(item, dict) and "id" in item for item in wrong.value):
        first = next(str(item["id"]) for item in wrong.value if isinstance(item, dict) and "id" in item)
        return f"write `{shown(first)}:` in place of `- id: {shown(first)}`, and its lines indented below"
    known = list(wrong.schema.get("properties", {}))
    if isinstance(wrong.value, str) and "prompt" in known:
        return "put the words under a key of it: `prompt: |` and the text on the next line, indented"
    example = next((one for one in wrong.schema.get("examples", ()) if isinstance(one, dict)), None)
    if example:
        return "write it like {" + ", ".join(f"{key}: {value}" for key, value in example.items()) + "}"
    return f"its keys are {_choices(known)}" if known else "write a name, a colon and a value on each line"


def _unknown(wrong: Wrong, at: _At) -> Said:
    known = list(wrong.schema.get("properties", {}))
    allowed = [_compiled(pattern) for pattern in wrong.schema.get("patternProperties", {})]
    title = wrong.schema.get("title", "")
    for key in wrong.value:
        if key in known or any(pattern.search(key) for pattern in allowed):
            continue
        hint = _foreign(key, wrong.value[key]) or near(key, known)
        if title == "Fragment" and key in schema("shotlist-1")["properties"]:
            hint = "write it in the shot list that includes this fragment"
        if not hint and len(allowed) > 1:
            hint = "write an address such as sc010/sh010@iterate"
        place = at.node.map[key].key_place
        message = f"{shown(key)!r} is not a key" + f" of {_article(title) or at.name}"
        yield "schema-unknown-key", place, message, hint or f"its keys are {_choices(known)}"


def _foreign(key: str, value: object) -> str:
    """What a word of the queue or of another tool is called here, with the number that was written."""
    hint = _FOREIGN.get(key, "")
    number = str(value)  # the value of a key that is not known is still text
    echoed = number.isdigit() and len(number) <= len(str(_MOST_ECHOED)) and 0 < int(number) <= _MOST_ECHOED
    return hint.replace("4", str(int(number))) if echoed else hint


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _missing(wrong: Wrong, at: _At) -> Said:
    known = wrong.schema.get("properties", {})
    slips = [near(other, known) for other in wrong.value if other not in known]  # said at the key that is mistyped
    for key in wrong.wanted:
        if key not in wrong.value and f'did you mean "{key}"?' not in slips:
            about = wrong.schema.get("properties", {}).get(key, {})
            example = about.get("const", (about.get("examples") or ["…"])[0])
            place = at.node.key_place if wrong.path else Place(at.node.file, 1, 1)
            yield "schema-missing-key", place, f"{at.name} needs `{key}`", f"write `{key}: {example}`"


def _choice(wrong: Wrong, at: _At) -> Said:
    words = [str(word) for word in wrong.wanted if word is not None]
    close = near(str(wrong.value), words) if isinstance(wrong.value, str) else ""
    hint = f"{close} It takes {_or(words)}" if close and len(words) > 1 else f"write {_or(words)}"
    yield "schema-choice", at.node.place, f"{at.name} cannot be {_found(wrong.value)}", hint


def _constant(wrong: Wrong, at: _At) -> Said:
    message = f"{at.name} is {_found(wrong.value)}, and version {wrong.wanted} is the one this program reads"
    yield "schema-version", at.node.place, message, f"write `{at.name.strip('`')}: {wrong.wanted}`"


def _pattern(wrong: Wrong, at: _At) -> Said:
    if "propertyNames" in wrong.steps:
        key = str(wrong.value)
        below = at.node.get(key)
        place = below.key_place if below is not None else at.node.key_place
        hint = "write letters, digits, - and _, beginning with a letter or a digit"
        if wrong.wanted.startswith(_TAKE_NUMBER):
            hint = "write the number of a take"
        yield "schema-name", place, f"{shown(key)!r} cannot be a name here", hint
        return
    examples = [str(example) for example in wrong.schema.get("examples", ())]
    like = "it like " if len(examples) == 1 else ""
    hint = f"write {like}{_or(examples)}" if examples else _as_cure(wrong.schema.get("description", ""))
    yield "schema-pattern", at.node.place, f"{at.name} cannot be {_found(wrong.value)}", hint


def _range(wrong: Wrong, at: _At) -> Said:
    least, above, most = (wrong.schema.get(word) for word in ("minimum", "exclusiveMinimum", "maximum"))
    hint = f"write a number above {above}" if above is not None else f"write {least} or more"
    if most is not None:
        hint = f"write {least} to {most}"
    yield "schema-range", at.node.place, f"{at.name} cannot be {wrong.value}", hint


def _amount(wrong: Wrong, at: _At) -> Said:
    if wrong.keyword == "maxItems":
        message = f"{at.name} holds {len(wrong.value)}, and takes at most {wrong.wanted}"
        yield "schema-range", at.node.key_place, message, "leave some out"
    else:
        yield "schema-range", at.node.key_place, f"{at.name} is empty", "write at least one entry, or remove the key"


def _one_of(wrong: Wrong, at: _At) -> Said:
    keys = [key for part in wrong.wanted for key in part.get("required", ())]
    there = [key for key in keys if key in wrong.value]
    what = f"has {' and '.join(there)}" if there else f"has none of {', '.join(keys)}"
    yield "schema-one-of", at.node.key_place, f"{at.name} {what}", f"write exactly one of {_or(keys)}"


def _too_short(wrong: Wrong, at: _At) -> Said:
    what = _as_cure(wrong.schema.get("description", ""))
    yield "schema-range", at.node.place, f"{at.name} cannot be an empty text", f"write {what or 'a text'}"


def _any_other(wrong: Wrong, at: _At) -> Said:
    hint = _as_cure(wrong.schema.get("description", ""))
    yield "schema", at.node.place, f"{at.name} cannot be {_found(wrong.value)}", hint


_WORDS: dict[str, Callable[[Wrong, _At], Said]] = {
    "type": _type, "additionalProperties": _unknown, "required": _missing, "enum": _choice, "const": _constant,
    "pattern": _pattern, "minimum": _range, "exclusiveMinimum": _range, "maximum": _range, "minItems": _amount,
    "maxItems": _amount, "minProperties": _amount, "minLength": _too_short, "oneOf": _one_of, "anyOf": _alternatives,
}  # fmt: skip
