"""A new show: the files `shotpilot new DIR` puts into an empty folder. Does not know what any of them means."""

from __future__ import annotations

import re
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from shotpilot_pipeline.catalog.schemas import schema_path
from shotpilot_pipeline.errors import UsageError

FILES = Path(__file__).parent / "scaffold_files"
#: Where each file of the package goes. A `.gitignore` in the package would be obeyed there, so it has no dot.
PLACES = {
    "shotlists/show.yaml": "shotlists/show.yaml",
    "shotlists/cast.yaml": "shotlists/cast.yaml",
    "refs/ada_front.jpg": "shotlists/refs/ada_front.jpg",
    "shotpilot.toml": "shotpilot.toml",
    "gitignore": ".gitignore",
    "Makefile": "Makefile",
}
SCHEMA = "shotlist-1"
MAY_BE_THERE = frozenset({".git"})  # `git init` first is a habit


@dataclass(frozen=True, slots=True)
class NewShow:
    """What was made: the folder as typed, the show's id, and every file, by its path from the folder."""

    folder: Path
    show: str
    files: tuple[str, ...]


def new_show(folder: Path) -> NewShow:
    """Make a small working show in `folder`, which is made too; its name becomes the show's id and title.

    Raises UsageError, with nothing changed, when something is in the way.
    """
    _must_be_free(folder)
    show = show_id(folder.resolve().name)
    words = {"__show__": show, "__title__": show_title(show)}
    try:
        for source, place in PLACES.items():
            _lay_down(FILES / source, folder / place, words)
        _lay_down(schema_path(SCHEMA), folder / "schemas" / f"{SCHEMA}.schema.json", {})
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror or error}); choose another folder") from error
    return NewShow(folder, show, (*PLACES.values(), f"schemas/{SCHEMA}.schema.json"))


def show_id(name: str) -> str:
    """An id made of a folder's name: `Nächte im Club` becomes `nachte-im-club`; `show` when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_]+", "-", plain.lower()).strip("-_") or "show"


def show_title(show: str) -> str:
    """The id as a title: `night-at-the-club` becomes `Night at the club`."""
    return re.sub(r"[-_]+", " ", show).capitalize()


def _must_be_free(folder: Path) -> None:
    try:
        if not folder.exists():
            return
        found = sorted(entry.name for entry in folder.iterdir() if entry.name not in MAY_BE_THERE)
    except NotADirectoryError:
        raise UsageError(f"{folder}: is a file; give the name of a folder that does not exist yet") from None
    except OSError as error:
        raise UsageError(f"{folder}: cannot be read ({error.strerror}); choose another folder") from error
    if found:
        some = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
        raise UsageError(f"{folder}: is not empty ({some}) and was left alone; give a folder that does not exist yet")


def _lay_down(source: Path, into: Path, words: dict[str, str]) -> None:
    into.parent.mkdir(parents=True, exist_ok=True)
    if not words or source.suffix == ".jpg":
        shutil.copyfile(source, into)
        return
    text = source.read_text(encoding="utf-8")
    for mark, word in words.items():
        text = text.replace(mark, word)
    into.write_text(text, encoding="utf-8", newline="\n")
