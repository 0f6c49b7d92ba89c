"""What the shell offers when Tab is pressed: shot lists, addresses, stages, tags, cast. Never prints, never raises.

An address is offered a piece at a time (`sc010/`, `sc010/sh010`, `sc010/sh010@iterate`): a long list has 30,000.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

from shotpilot_pipeline.values.plan import Action
from shotpilot_pipeline.values.task import Compiled

_ENDINGS = (".yaml", ".yml")
_HEAD = 2_000  # bytes; the header stands among the first lines


class ListFile(click.Path):
    """The path of a shot list. Tab offers the shot lists near by, then any file."""

    name = "file"

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Shot lists whose path begins so; where there is none, whatever the shell finds."""
        found = sorted(str(path) for path in _lists() if str(path).startswith(incomplete))
        return [CompletionItem(path) for path in found] or [CompletionItem(incomplete, type="file")]


def complete_select(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """A selector of the shot list that stands on the line already."""
    compiled = _list_at_hand(ctx)
    if compiled is None:
        return []
    before, comma, last = incomplete.rpartition(",")
    plus = "+" if last.startswith("+") else ""
    head = f"{before}{comma}{plus}"
    return [CompletionItem(head + word) for word in _words(compiled, last.removeprefix("+"))]


def complete_address(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """An address of the shot list that stands on the line already."""
    compiled = _list_at_hand(ctx)
    return [] if compiled is None else [CompletionItem(word) for word in _addresses(compiled, incomplete)]


def complete_stage(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """A stage of the shot list that stands on the line already."""
    compiled = _list_at_hand(ctx)
    return [] if compiled is None else [CompletionItem(one) for one in compiled.stages if one.startswith(incomplete)]


def complete_states(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What `diff` compares: shot lists and saved plans near by, the last run, the list as it lies here."""
    words = [*sorted(map(str, _lists())), *sorted(map(str, Path().glob("*.json"))), "run:last", "HEAD", "now"]
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def _lists() -> Iterator[Path]:
    """The shot lists in this folder and in `shotlists/`, by their header; a fragment names no show."""
    for folder in (Path(), Path("shotlists")):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.suffix in _ENDINGS and _is_list(path):
                yield path


def _is_list(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return all(re.search(rb"^%b\s*:" % key, head, re.MULTILINE) for key in (b"shotlist", b"show"))


def _list_at_hand(ctx: click.Context) -> Compiled | None:
    """The compiled list that the line names; None where it names none or the list does not pass."""
    from shotpilot_pipeline.errors import ShotpilotError
    from shotpilot_pipeline.pipeline.reading import read_list

    file: Any = ctx.params.get("file") or _typed_list()
    if not file:
        return None
    try:
        return read_list(Path(file), ctx.params.get("project"), rehearsal=False).compiled
    except (ShotpilotError, OSError):
        return None


def _typed_list() -> str:
    """The first word of the line that ends like a list: an option that still wants its value hides the others."""
    words = split_arg_string(os.environ.get("COMP_WORDS", ""))
    return next((word for word in words if word.endswith(_ENDINGS)), "")


def _words(compiled: Compiled, begun: str) -> list[str]:
    """Selectors that begin so: an address, or a field with its values."""
    field, colon, value = begun.partition(":")
    if colon:
        return [f"{field}:{one}" for one in _values(compiled, field) if one.startswith(value)]
    fields = [f"{name}:" for name in ("stage", "scene", "tag", "cast", "state") if name.startswith(begun)]
    return [*_addresses(compiled, begun), *(fields if "/" not in begun else ())]


def _values(compiled: Compiled, field: str) -> Iterable[str]:
    if field == "stage":
        return compiled.stages
    if field == "state":
        return [action.value for action in Action]
    words = {
        "scene": lambda: (task.scene for task in compiled.tasks),
        "tag": lambda: (tag for task in compiled.tasks for tag in task.tags),
        "cast": lambda: (member for task in compiled.tasks for member in task.cast),
    }
    return dict.fromkeys(words[field]()) if field in words else ()


def _addresses(compiled: Compiled, begun: str) -> list[str]:
    """The next piece of every address that begins so."""
    addresses = (task.address for task in compiled.tasks)
    if "/" not in begun:
        pieces: Iterable[str] = (f"{address.partition('/')[0]}/" for address in addresses)
    elif "@" not in begun:
        pieces = (address.partition("@")[0] for address in addresses)
    else:
        pieces = addresses
    return [piece for piece in dict.fromkeys(pieces) if piece.startswith(begun)]


class _Bash(BashComplete):
    """Bash takes `@`, `:` and `=` for the ends of words; addresses and selectors are full of them.

    So the line is handed over as it was typed, and what bash holds to be earlier words is cut off what it is given.
    """

    name = "bash"
    source_template = r"""
%(complete_func)s() {
    local line="${COMP_LINE:0:COMP_POINT}" type value breaks=""
    local typed="${line##*[[:space:]]}" mark
    for mark in '@' ':' '='; do
        [[ $COMP_WORDBREAKS == *"$mark"* ]] && breaks+="$mark"
    done
    local before=""
    [[ -n $breaks && $typed == *[$breaks]* ]] && before="${typed%%"${typed##*[$breaks]}"}"
    COMPREPLY=()
    while IFS=',' read -r type value; do
        if [[ $type == 'dir' ]]; then
            compopt -o dirnames
        elif [[ $type == 'file' ]]; then
            compopt -o default
        elif [[ $type == 'plain' ]]; then
            [[ $value == */ || $value == *: ]] && compopt -o nospace 2>/dev/null
            COMPREPLY+=("${value#"$before"}")
        fi
    done < <(env COMP_WORDS="$line" COMP_CWORD=-1 %(complete_var)s=bash_complete "$1")
    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one; "" after a blank."""
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)
        incomplete = "" if not line or line[-1].isspace() else words.pop()
        return words[1:], incomplete


add_completion_class(_Bash)
