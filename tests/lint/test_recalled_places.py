"""What was said of a shot that stayed is said where it is wrong now, and its cure mends what stands there now."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shotpilot_pipeline.pipeline.checking import check_file
from shotpilot_pipeline.pipeline.fixing import automatic, checker, mend

HEAD = """\
shotlist: 1
show: night
defaults: {light: wet, mood: grim}
scenes:
"""
BEFORE = "  sc010:\n    mood: tense, stunning, wet\n    shots:\n      sh010:\n        subject: a man\n"
BEHIND = "  sc010:\n    shots:\n      sh010:\n        subject: a man\n      sh020:\n        subject: a hat\n"
BEHIND += "    mood: tense, stunning, wet\n"
LAST = "  sc010:\n    shots:\n      sh010:\n        subject: a man\n    mood: tense, stunning, wet\n"
INCLUDED = "scenes:\n  sc090:\n    shots:\n      sh010:\n        subject: masterpiece, 8k, no people\n"
STUNNING = HEAD.replace("mood: grim", "mood: stunning rain")
PLAIN = "  sc010:\n    shots:\n      sh010:\n        subject: a man\n"


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (HEAD + BEFORE, "mood: tense, stunning, wet", 'mood: "tense, stunning, wet"'),
        (HEAD + BEFORE, "    mood: tense", "    # c\n    mood: tense"),
        (HEAD + BEFORE, "mood: tense, stunning, wet", "mood: >-\n      tense, stunning, wet"),
        (HEAD + BEHIND, "scenes:", "# c\nscenes:"),
        (HEAD + BEHIND, "mood: tense, stunning, wet", 'mood: "tense, stunning, wet"'),
        (HEAD + LAST, "    mood: tense", "\n    mood: tense"),
        (STUNNING + PLAIN, "mood: stunning rain", 'mood: "stunning rain"'),
        (STUNNING + PLAIN, "defaults:", "# c\ndefaults:"),
        (HEAD.replace("scenes:", "include: [inc.yaml]\nscenes:") + PLAIN, "include:", "# c\ninclude:"),
        (HEAD.replace("scenes:", "include: [inc.yaml]\nscenes:") + PLAIN, "[inc.yaml]", "\n  - inc.yaml"),
        (PLAIN.join(["shotlist: 1\nshow: night\nscenes:\n", "defaults: {mood: stunning rain}\n"]), "a man", "a man\n"),
    ],
)
def test_an_edit_around_a_shot_moves_what_is_said_of_it(tmp_path: Path, text: str, old: str, new: str) -> None:
    path = tmp_path / "list.yaml"
    (tmp_path / "inc.yaml").write_text(INCLUDED)
    path.write_text(text)
    before = check_file(path, None)
    assert before.problems
    edited = text.replace(old, new)
    assert edited != text
    path.write_text(edited)
    cured, said = mend([path], automatic, checker(None)), check_file(path, None)
    shutil.rmtree(tmp_path / ".shotpilot")
    assert said == check_file(path, None)
    assert cured == mend([path], automatic, checker(None))
