"""X-Fal-Tags: what is sent, and what is never sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.queue.tags import read_tags, shot_tags, tags_header
from shotpilot_pipeline.values.address import Address


def test_a_roll_is_tagged_with_its_address_and_first_take() -> None:
    tags = shot_tags("midnight", Address.parse("sc010/sh020.dusk.l85@iterate"), 5)
    header = tags_header(tags)
    assert header == "show=midnight,scene=sc010,shot=sh020,variant=dusk.l85,stage=iterate,take=5"
    assert read_tags(header) == tags
    assert "variant" not in shot_tags("midnight", Address("sc010", "sh010", stage="final"), 1)


def test_bad_tags_are_left_out_and_good_ones_stay() -> None:
    tags = {
        "Shot": "upper case",
        "fal.own": "reserved",
        "k" * 65: "long key",
        "comma": "a,b",
        "umlaut": "Köln",
        "line": "a\r\nX-Evil: 1",
        "edge": " a",
        "empty": "",
        "long": "v" * 257,
        "good": "a = b",
    }
    assert tags_header(tags) == "good=a = b"


def test_at_most_ten_tags_and_1024_bytes() -> None:
    assert tags_header({f"k{number}": "v" for number in range(12)}).count(",") == 9
    header = tags_header({f"k{number}": "v" * 250 for number in range(6)})
    assert len(header) <= 1024
    assert header.count(",") == 3


@given(st.dictionaries(st.text(max_size=70), st.text(max_size=300), max_size=14))
def test_any_header_that_is_sent_is_legal_and_comes_back_the_same(tags: dict[str, str]) -> None:
    header = tags_header(tags)
    assert len(header) <= 1024
    assert header.isascii()
    assert header.isprintable()
    read = read_tags(header)
    assert tags_header(read) == header
    assert all(tags[key] == value for key, value in read.items())
