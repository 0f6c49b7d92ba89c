"""What a reader is told of each rule: a sentence, why, two examples, whether it can be mended.

The pages are TOML files in `pages/`, one for each part of the manual. Loaded only for readers and tests.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.known import OWN
from shotpilot_pipeline.lint.reading import these

PARTS = ("request", "cast", "series", "stage", "words", "handoff", "show", "file")

_HEAD = {
    "vars": "vars: {club: the Blue Heron}\n",
    "cast": """\
cast:
  vera: {name: Vera Kane, frontal: https://example.com/vera.jpg, wardrobe: black evening gown}
  sam: {name: Sam Doyle, frontal: https://example.com/sam.jpg}
""",
    "images": """\
images:
  grade: {url: https://example.com/grade.jpg, role: palette}
  plate: {url: https://example.com/plate.jpg, role: composition}
  photo: https://example.com/photo.jpg
""",
    "looks": "looks: {noir: deep shadows}\n",
    "defaults": """\
defaults: {size: MS, lens: "50mm, f/1.4", place: smoky jazz club, light: one hanging bulb}
""",
}
_SHOT = 'subject: "@vera in @vera.wardrobe"\naction: lights a cigarette\n'
_LIST_KEYS = these("include vars cast images looks stages defaults scenes budget moved outputs")
_WORD = re.compile(r"[a-z0-9]+")
_MANY = re.compile(r"(?<=\w{3})e?s\Z")  # the end of a plural
_KEY = re.compile(r"^([A-Za-z][\w-]*):", re.MULTILINE)
_TIMES = re.compile(r"<<(\d+) x ([^>]*)>>")
_SHOT_KEY = re.compile(r"sh\w+:")


@dataclass(frozen=True, slots=True)
class Page:
    """One rule, for a reader. `fix`: "automatic", "proposed" or "". The examples are "" where none can be shown."""

    id: str
    part: str  # title of the part of the manual
    says: str
    why: str
    severity: Severity
    fix: str
    bad: str
    good: str
    other_ids: tuple[str, ...]


@cache
def pages() -> Mapping[str, Page]:
    """Every rule by id, in the order of the manual."""
    found: dict[str, Page] = {}
    for part in PARTS:
        path = Path(__file__).with_name("pages") / f"{part}.toml"
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        title = told.pop("title")
        found |= {id: _page(id, title, fields) for id, fields in told.items()}
    return found


def _page(id: str, part: str, told: Mapping[str, str]) -> Page:
    return Page(
        id=id,
        part=part,
        says=told["says"],
        why=told["why"],
        severity=OWN[id] if id in OWN else Severity(told["severity"]),
        fix=told.get("fix", ""),
        bad=told.get("bad", "").lstrip("\n"),
        good=told.get("good", "").lstrip("\n"),
        other_ids=tuple(told.get("as", ())),
    )


def page_of(name: str) -> Page | None:
    """The page of a rule, by its id or another name it has; None when there is none."""
    known = pages()
    return known.get(name) or next((page for page in known.values() if name in page.other_ids), None)


def near_rules(name: str, most: int = 3) -> list[str]:
    """The rules that somebody who wrote `name` can have meant, the best first: one mistyped, else those whose id, else
    those whose page holds the words. A mistyped word stands for the one it is nearest to."""
    close = get_close_matches(name.casefold(), pages(), most, cutoff=0.75)
    words = _WORD.findall(name.casefold())
    if close or not words:
        return close
    known = {
        word for page in pages().values() for word in _WORD.findall(f"{page.id} {page.says} {page.why}".casefold())
    }
    meant = [next(iter(get_close_matches(word, known, 1, cutoff=0.75)), word) for word in words]
    one = [_MANY.sub("", word) for word in meant]
    found = _of_id(words) or _of_id(one) or _of_page(meant) or get_close_matches(name.casefold(), pages(), most)
    return found[:most]


def _of_id(words: Sequence[str]) -> list[str]:
    """The rules with each of `words` in their ids; those that have them whole stand first."""
    found = [id for id in pages() if all(word in id for word in words)]
    return sorted(found, key=lambda id: -sum(word in id.split("-") for word in words))


def _of_page(words: Sequence[str]) -> list[str]:
    """The rules of whose pages the text holds each of `words`; those whose one sentence does stand first."""
    each = [re.compile(rf"\b{word}(e?s)?\b", re.IGNORECASE) for word in words]
    found = [
        (not all(word.search(page.says) for word in each), page.id)
        for page in pages().values()
        if all(word.search(f"{page.says} {page.why} {page.part} {page.bad}") for word in each)
    ]
    return [id for _, id in sorted(found, key=lambda one: one[0])]


def sentence(rule: str) -> str:
    """What a rule says, in one sentence."""
    page = page_of(rule)
    return page.says if page is not None else rule.replace("-", " ")


def reason(rule: str) -> str:
    """Why a rule says it, with what breaks it and what does not, as Markdown."""
    page = page_of(rule)
    if page is None:
        return ""
    examples = (("Breaks it:", page.bad), ("Does not:", page.good))
    shown = [f"{word}\n\n```yaml\n{text.rstrip()}\n```" for word, text in examples if text]
    return "\n\n".join((page.why, *shown))


def whole_list(snippet: str) -> str:
    """The shot list an example stands for: a whole one, keys of a list, some shots, or the keys of one shot.

    `<<60 x rain falls >>` in it stands for sixty times those words.
    """
    snippet = _TIMES.sub(lambda found: int(found.group(1)) * found.group(2), snippet)
    keys = _KEY.findall(snippet)
    if "shotlist" in keys or "show" in keys:
        return snippet
    if keys and _LIST_KEYS.issuperset(keys) and not {"vars", "images"}.issuperset(keys):
        shots = "" if "scenes" in keys else _scene(_indented(_SHOT, "sh010"))
        return "shotlist: 1\nshow: example\n" + _around(keys) + snippet + shots
    shots = snippet if _SHOT_KEY.match(snippet) else _indented(snippet, "sh010")
    return "shotlist: 1\nshow: example\n" + _around(()) + _scene(shots)


def _around(without: list[str] | tuple[str, ...]) -> str:
    return "".join(text for key, text in _HEAD.items() if key not in without)


def _indented(text: str, id: str) -> str:
    return f"{id}:\n" + "".join(f"  {line}\n" if line else "\n" for line in text.splitlines())


def _scene(shots: str) -> str:
    return "scenes:\n  sc010:\n    shots:\n" + "".join(
        f"      {line}\n" if line else "\n" for line in shots.splitlines()
    )
