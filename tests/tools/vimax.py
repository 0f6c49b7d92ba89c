"""A shot list out of a ViMax storyboard, or out of plain prompts: `python -m tests.tools.vimax BOARD.json > list.yaml`.

A storyboard is `{"scenes": [{"scene_num", "shots": [{"shot_id", "first_frame", "video_prompt"}]}]}`: the first frame
is the still's prompt, the video prompt its motion. Any text may stand in it. Knows nothing of the pipeline.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

STAGES = """\
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 2, pick: first}
  refine: {model: [kling-v3, kling-o3], resolution: 2K, takes: 1, carry: image, pick: first}
  final: {model: kling-o3, resolution: 4K, takes: 1, carry: image, pick: first}
"""

#: What a YAML stream may not hold (YAML 1.2, production c-printable); such characters become a space.
_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Runs of `@`, but for a single one inside a word or before a space: that is literal as it stands.
_AT_SIGNS = re.compile(r"(?<![^\W_])@(?!\s|$|@)|(?<=[^\W_])@(?![^\W_@]|\s|$)|@{2,}")


def storyboard_list(board: Mapping[str, Any], show: str) -> str:
    """The shot list of one storyboard: `sc010`, `sc020` ..., each with `sh010`, `sh020` ..."""
    lines = [_head(show, str(board.get("story_overview", ""))), "scenes:\n"]
    for number, scene in enumerate(board["scenes"], 1):
        lines.append(f"  sc{number:02}0:\n    shots:\n")
        lines.extend(
            _shot(place, str(shot["first_frame"]), str(shot.get("video_prompt", "")))
            for place, shot in enumerate(scene["shots"], 1)
        )
    return "".join(lines)


def prompt_list(prompts: Iterable[str], show: str) -> str:
    """One scene with a shot for each prompt, without stages: one still each."""
    shots = (_shot(place, prompt, "") for place, prompt in enumerate(prompts, 1))
    return "".join([_head(show, "", stages=""), "scenes:\n  sc010:\n    shots:\n", *shots])


def show_id(name: str) -> str:
    """A name as the id of a show: letters, digits, `-` and `_`, the first a letter or digit."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).lstrip("-_") or "show"


def _head(show: str, title: str, stages: str = STAGES) -> str:
    shown = "".join(_block("title", title, indent=0))
    return f"shotlist: 1\nshow: {show_id(show)}\n{shown}{stages}defaults: {{aspect_ratio: 16:9}}\n"


def _shot(place: int, prompt: str, motion: str) -> str:
    """One shot; one without words for the still keeps its number and is omitted."""
    body = [*_block("prompt", prompt, indent=8), *_block("motion", motion, indent=8)]
    if not _one_line(prompt):
        body.append("        omit: true\n")
    return "".join([f"      sh{place:03}0:\n", *body])


def _block(key: str, text: str, indent: int) -> Iterator[str]:
    """`key: |-` with the text below it, in which no character means anything to YAML; nothing for empty text."""
    line = _literal(_one_line(text))
    if line:
        yield f"{' ' * indent}{key}: |-\n{' ' * (indent + 2)}{line}\n"


def _one_line(text: str) -> str:
    """The text with white space folded, which a shot list does anyway, and without what YAML cannot hold."""
    return " ".join(_NOT_PRINTABLE.sub(" ", text).split())


def _literal(text: str) -> str:
    """The text so that a template fills as exactly this: no brace opens a template, no `@` mentions anybody."""
    return _AT_SIGNS.sub(lambda run: "@" * 2 * len(run.group()), text.replace("{", "{{ '{' }}"))


def main(arguments: list[str] | None = None) -> int:
    """Write the shot list of one storyboard to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("board", type=Path)
    board = parser.parse_args(arguments).board
    sys.stdout.write(storyboard_list(json.loads(board.read_text(encoding="utf-8")), board.stem))
    return 0


if __name__ == "__main__":
    sys.exit(main())
