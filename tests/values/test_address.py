"""An address reads back as it is written, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.values.address import Address

ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,6}", fullmatch=True)


@given(ids, ids, st.lists(ids, max_size=3), st.one_of(st.just(""), ids), st.integers(0, 99), st.integers(0, 9))
def test_every_address_reads_back(scene: str, shot: str, names: list[str], stage: str, take: int, version: int) -> None:
    address = Address(scene, shot, ".".join(names), stage, take, version if take else 0)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "sc010",
        "sc010/",
        "/sh010",
        "a/b/c",
        "a/b@",
        "a/b@x#0",
        "a/b@x#",
        "a/b.",
        "-a/b",
        "a/b\n",
        "../a/b",
        "a/b@x#v0.1",
    ],
)
def test_what_is_no_address_is_refused_with_its_forms(wrong: str) -> None:
    with pytest.raises(ValueError, match="scene/shot"):
        Address.parse(wrong)


def test_leading_zeros_belong_to_the_user() -> None:
    assert Address.parse("010/007") == Address("010", "007")
