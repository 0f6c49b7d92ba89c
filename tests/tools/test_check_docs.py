"""The docs checker sees examples, commands, links and headings as a reader does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import check_docs
from tests.tools.check_docs import Block, blocks_of, check_links, commands_of, headings_of, same_text, whole_list


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page in a repository of its own."""
    monkeypatch.setattr(check_docs, "ROOT", tmp_path)
    return tmp_path / "page.md"


def block(text: str, *marks: str) -> Block:
    return Block(Path("page.md"), 10, "yaml", marks, text)


def test_blocks_know_their_line_language_and_marks(page: Path) -> None:
    page.write_text("# A\n\n```yaml shot error\nsize: WS\n```\n\n- item\n\n  ```console\n  $ shotpilot check\n  ```\n")
    first, second = blocks_of(page)
    assert (first.line, first.language, first.marks, first.text) == (3, "yaml", ("shot", "error"), "size: WS\n")
    assert (second.line, second.language, second.text) == (9, "console", "$ shotpilot check\n")


def test_a_fragment_must_say_what_it_is_part_of() -> None:
    assert whole_list(block("size: WS\n")) is None
    assert whole_list(block("shotlist: 1\nshow: a\n")) == "shotlist: 1\nshow: a\n"
    assert "      sh010:\n        size: WS\n" in str(whole_list(block("size: WS\n", "shot")))
    assert str(whole_list(block("vars: {a: b}\n", "list"))).startswith("shotlist: 1\nshow: docs\nvars: {a: b}\nscenes:")


def test_commands_are_joined_and_keep_what_is_printed_below() -> None:
    text = "$ shotpilot plan \\\n    a.yaml # exit 1\nnothing\n$ cd x\n$ shotpilot check a.yaml\n"
    found = list(commands_of(block(text)))
    assert found == [(11, "shotpilot plan a.yaml # exit 1", "nothing"), (14, "cd x", ""), (15, found[2][1], "")]


def test_dots_stand_for_any_text() -> None:
    assert same_text("one ...\nthree", "one two\n  three\n")
    assert not same_text("one\nthree", "one two three")
    assert not same_text("1.5", "1x5")


def test_links_must_lead_somewhere(page: Path) -> None:
    (page.parent / "other.md").write_text("# Other page: `two`!\n")
    page.write_text(
        "[a](other.md) [b](other.md#other-page-two) [c](#here) [d](https://example.com/x)\n\n## Here\n"
        "[e](gone.md)\n[f](other.md#no)\n`[g](gone.md)`\n```\n[h](gone.md)\n```\n"
    )
    assert list(check_links(page)) == ["page.md:4: no gone.md", "page.md:5: no other.md#no"]
    assert headings_of(page) == {"here"}
