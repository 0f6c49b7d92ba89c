"""File names: the usual one, the user's pattern, and what no disk would take."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.store.names import (
    FIELDS,
    USUAL,
    clashes,
    name_clashes,
    pattern_faults,
    picture_name,
    picture_path,
    tidy,
)
from shotpilot_pipeline.values.address import Address

SHOT = Address.parse("sc010/sh020@iterate")
VARIANT = Address.parse("sc010/sh020.dusk.l50@iterate")


def test_the_usual_name() -> None:
    assert picture_name("noir", SHOT, 1, 3, 0, "png") == "noir_sc010_sh020_iterate_v001_t03.png"
    assert picture_name("noir", VARIANT, 12, 13, 0, "jpg") == "noir_sc010_sh020.dusk.l50_iterate_v012_t13.jpg"
    assert picture_name("noir", SHOT, 1000, 1, 4, "png") == "noir_sc010_sh020_iterate_v1000_t01_p04.png"
    assert picture_path("noir", SHOT, 1, 3, 0, "png") == "noir/sc010/noir_sc010_sh020_iterate_v001_t03.png"
    assert pattern_faults(USUAL) == ()


def test_a_pattern_of_the_user() -> None:
    pattern = "{scene}/{shot}[_{variant}]/{title}_{stage}_{version}-{take:03}[-{panel}].{ext}"
    assert pattern_faults(pattern) == ()
    name = picture_name("noir", VARIANT, 1, 3, 0, "png", pattern, "Midnight: the / Syndicate")
    assert name == "sc010/sh020_dusk.l50/Midnight-the-Syndicate_iterate_1-003.png"
    assert picture_path("noir", SHOT, 1, 3, 2, "png", pattern, "T") == "noir/sc010/sh020/T_iterate_1-003-2.png"
    assert picture_path("noir", SHOT, 1, 3, 2, "png", "{shot}_{version}_{take}_{panel}") == "noir/sc010/sh020_1_3_2.png"


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("{shot}_v{version}", "without {take}; add {take:02}"),
        ("{shot}_t{take}", "without {version}; add {version:03}"),
        ("{shot}[_v{version}]_t{take}", "without {version}"),
        ("{shott}_v{version}_t{take}", 'there is no field "shott"; did you mean "shot"?'),
        ("{qqq}_v{version}_t{take}", "the fields are show, scene, shot"),
        ("{shot.__class__}_v{version}_t{take}", "is not a field"),
        ("{shot!r}_v{version}_t{take}", "is not a field"),
        ("{0}_v{version}_t{take}", 'there is no field "0"'),
        ("{take:99999999}_v{version}", "is not a field; write {shot}, or {take:02}"),
        ("{take:>30}_v{version}", "is not a field"),
        ("{shot:03}_v{version}_t{take}", "is text and has no digits"),
        ("{version}{take}", "stand side by side"),
        ("{shot}_v{version}_t{take", "a lone '{'"),
        ("{shot}]_v{version}_t{take}", "a lone ']'"),
        ("[{shot}[_{variant}]]_v{version}_t{take}", "do not nest"),
        ("[{shot}_v{version}_t{take}", "is not closed"),
        ("../{shot}_v{version}_t{take}", "leaves its folder"),
        ("/tmp/{shot}_v{version}_t{take}", "leaves its folder"),
        ("a//{shot}_v{version}_t{take}", "leaves its folder"),
        ("{shot}/./v{version}_t{take}", "leaves its folder"),
        ("[{variant}]/v{version}_t{take}", "leaves its folder"),
        ("{shot}:{stage}_v{version}_t{take}", "holds ':', which Windows or macOS refuses"),
        ("C:\\{shot}_v{version}_t{take}", "holds ':'"),
        ("{shot}\n_v{version}_t{take}", "which Windows or macOS refuses"),
        ("{shot}./v{version}_t{take}", "full stop at its end, which Windows drops"),
        (" {shot}_v{version}_t{take}", "a blank or a full stop at its end"),
        ("con/{shot}_v{version}_t{take}", "Windows keeps for a device (con)"),
        ("{shot}_v{version}_t{take}" + "x" * 250, "more than 255 bytes"),
    ],
)
def test_faults_of_a_pattern_are_said_with_a_cure(pattern: str, says: str) -> None:
    faults = pattern_faults(pattern)
    assert any(says in fault and ";" in fault for fault in faults), faults


def test_a_fault_that_only_a_value_brings_is_said_when_it_comes() -> None:
    with pytest.raises(UsageError, match=r"sc010/sh020@iterate: the file name .* more than 255 bytes"):
        picture_name("x" * 250, SHOT, 1, 1, 0, "png")
    with pytest.raises(UsageError, match="Windows keeps for a device"):
        picture_path("s", Address.parse("nul/a@b"), 1, 1, 0, "png", "{scene}/{shot}_{version}_{take}")
    with pytest.raises(UsageError, match='there is no field "nope"'):
        picture_name("s", SHOT, 1, 1, 0, "png", "{nope}")


@given(st.text(alphabet="{}[]/._-:aT02 {shot}{take}{version}", max_size=40))
def test_a_pattern_without_fault_gives_different_takes_different_safe_names(pattern: str) -> None:
    if pattern_faults(pattern):
        return
    names = {
        picture_name("show", VARIANT, version, take, 0, "png", pattern) for version in (1, 2, 11) for take in (1, 2, 12)
    }
    assert len(names) == 9
    for name in names:
        assert not name.startswith("/")
        assert all(part not in ("", ".", "..") for part in name.split("/"))
        assert not re.search(r'[<>:"|?*\\]', name)


@given(st.text(max_size=60))
def test_a_tidy_title_is_safe(title: str) -> None:
    assert not re.search(r"[\s/\\.:*?\"<>|{}\[\]]", tidy(title))


def test_names_that_would_overwrite_each_other_are_found() -> None:
    tasks = [("s/a@it", 1), ("s/b@it", 1), ("s/c@it", 4)]
    assert name_clashes("show", tasks) == ()
    assert len(name_clashes("show", tasks, "{stage}_v{version}_t{take}")) == 5
    [text] = name_clashes("show", [("s/a.x@it", 1), ("s/a.y@it", 1)], "{shot}_v{version}_t{take}")
    assert text.startswith("s/a.x@it and s/a.y@it would both be the file 'show/s/a_v1_t1.png'")
    assert "{variant}" in text
    assert clashes([("one", "A.png"), ("two", "a.PNG")])
    assert not clashes([("one", "A.png"), ("one", "A.png")])
    assert name_clashes("m", [("a_b/c@x", 1), ("a/b_c@x", 1)]) == (), "scenes have folders of their own"
    assert name_clashes("m", [("a/b_c@x", 1), ("a/b@c_x", 1)])


def test_every_field_can_be_used() -> None:
    pattern = "-".join(f"{{{field}}}" for field in FIELDS)
    assert pattern_faults(pattern) == ()
    assert picture_name("w", VARIANT, 1, 2, 3, "png", pattern, "T") == "w-sc010-sh020-dusk.l50-iterate-1-2-3-png-T"
