"""The selector language, word by word."""

from __future__ import annotations

import pytest

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.plan.select import Facts, named, select
from tests.plan.filmset import chain, task

TASKS = [
    *chain("sc010/sh010", tags=["hero"], cast=["vera"]),
    *chain("sc010/sh020", cast=["vera", "sam"]),
    *chain("sc011/sh010", tags=["hero", "night"]),
    task("sc020/sh010.dusk@iterate"),
    task("sc020/sh010.neon@iterate"),
    task("sc020/sh030@still", needs=["sc010/sh010@final"]),
]
ALL = {one.address for one in TASKS}


def of(*shots: str) -> set[str]:
    return {address for address in ALL if address.partition("@")[0] in shots}


def at(stage: str) -> set[str]:
    return {address for address in ALL if address.endswith(f"@{stage}")}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ALL),
        (["sc010/sh010@final"], {"sc010/sh010@final"}),
        (["sc010/sh010@final#3"], {"sc010/sh010@final"}),
        (["sc010/sh010@final#v1.3"], {"sc010/sh010@final"}),
        (["sc010/sh010"], of("sc010/sh010")),
        (["sc010"], of("sc010/sh010", "sc010/sh020")),
        (["sc01*/sh0?0@final"], {"sc010/sh010@final", "sc010/sh020@final", "sc011/sh010@final"}),
        (["sc01[01]/sh010@refine"], {"sc010/sh010@refine", "sc011/sh010@refine"}),
        (["sc020/sh010"], of("sc020/sh010.dusk", "sc020/sh010.neon")),
        (["sc020/sh010.dusk@iterate"], of("sc020/sh010.dusk")),
        (["stage:refine"], at("refine")),
        (["scene:sc01?"], of("sc010/sh010", "sc010/sh020", "sc011/sh010")),
        (["tag:hero"], of("sc010/sh010", "sc011/sh010")),
        (["cast:sam"], of("sc010/sh020")),
        (["tag:hero,stage:final"], {"sc010/sh010@final", "sc011/sh010@final"}),
        (["tag:night", "cast:sam"], of("sc011/sh010", "sc010/sh020")),
        (["+sc010/sh020@refine"], {"sc010/sh020@iterate", "sc010/sh020@refine"}),
        (["sc010/sh010@final+"], {"sc010/sh010@final", "sc020/sh030@still"}),
        (["+sc010/sh010@refine+"], of("sc010/sh010") | {"sc020/sh030@still"}),
    ],
)
def test_what_a_word_selects(words: list[str], expected: set[str]) -> None:
    assert select(TASKS, words) == expected


def test_exclude_and_until_take_away() -> None:
    assert select(TASKS, ["sc010"], ["cast:sam"]) == of("sc010/sh010")
    assert select(TASKS, ["sc010/sh010"], (), "refine") == {"sc010/sh010@iterate", "sc010/sh010@refine"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sc010/sh011"], "did you mean sc010/sh010"),
        (["sc010/sh010@finale"], "did you mean sc010/sh010@final"),
        (["stage:refin"], "did you mean refine"),
        (["sc01?/sh019"], "did you mean sc011/sh010 or sc010/sh010"),
        (["nope"], "no task is called nope; there are sc010, sc011, sc020"),
        (["sc9*"], "no task is called sc9*; there are sc010, sc011, sc020"),
        (["sc010/zzzzzzzzzz"], "there are sc010/sh010, sc010/sh020"),
        (["tag:zzzzzz"], "there are hero, night"),
        (["cst:vera"], "did you mean cast:?"),
        (["tag:night,cast:sam"], "tag:night and cast:sam"),
        (["tag:hero,"], "an empty selector"),
        ([""], "an empty selector"),
        (["+"], "an empty selector"),
    ],
)
def test_a_word_that_matches_nothing_is_an_error_with_near_names(words: list[str], said: str) -> None:
    with pytest.raises(UsageError) as failed:
        select(TASKS, words)
    assert said in str(failed.value)


def test_of_a_long_list_the_nearest_scene_is_searched_for_near_names() -> None:
    tasks = [one for scene in range(50) for shot in range(50) for one in chain(f"sc{scene:03}/sh{shot:03}")]
    for word, said in (("sc031/sh0l0@final", "mean sc031/sh"), ("sc0l1", "mean sc0"), ("nope", "there are sc000")):
        with pytest.raises(UsageError, match=said):
            select(tasks, [word])


def test_exclude_and_until_are_checked_too() -> None:
    with pytest.raises(UsageError, match="did you mean sc010/sh010"):
        select(TASKS, [], ["sc010/sh01O"])
    with pytest.raises(UsageError, match="did you mean refine"):
        select(TASKS, [], [], "refne")


def test_only_a_whole_address_names_a_task_expressly() -> None:
    words = ["sc010/sh010@final", "sc010/sh020", "sc01*/sh0?0@refine", "+sc010/sh020@refine", "sc020/sh010@iterate"]
    assert named(TASKS, words) == {"sc010/sh010@final", "sc010/sh020@refine"} | of(
        "sc020/sh010.dusk", "sc020/sh010.neon"
    )


def facts(**states: str) -> Facts:
    """Tasks in these states (all others new), and a past in which one shot was another."""
    words = {address: (states.get(address.rpartition("@")[2], "new"),) for address in ALL}

    def changed(revision: str) -> set[str]:
        if revision != "HEAD":
            raise UsageError(f"git knows no revision {revision!r} here")
        return of("sc010/sh020")

    return Facts(lambda: words, changed)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["state:cached"], at("iterate")),
        (["state:waiting|cached"], at("iterate") | at("final")),
        (["state:waiting,tag:hero"], {"sc010/sh010@final", "sc011/sh010@final"}),
        (["+state:waiting,scene:sc010"], of("sc010/sh010", "sc010/sh020")),
        (["changed:since=HEAD"], of("sc010/sh020")),
        (["changed:since=HEAD,stage:final"], {"sc010/sh020@final"}),
        (["tag:night|missing"], of("sc011/sh010")),
    ],
)
def test_states_and_changes_are_asked_of_the_facts(words: list[str], expected: set[str]) -> None:
    assert select(TASKS, words, facts=facts(iterate="cached", final="waiting")) == expected


def test_states_can_be_left_out_too() -> None:
    left = select(TASKS, ["stage:iterate"], ["state:cached"], facts=facts(still="cached"))
    assert left == at("iterate")
    with pytest.raises(UsageError, match="no task is failed; there are 12 new"):
        select(TASKS, [], ["state:failed"], facts=facts())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["state:chached"], "did you mean cached"),
        (["state:"], "no task is ever ''"),
        (["state:failed"], "no task is failed; there are 12 new"),
        (["changed:since="], "changed:since=REVISION"),
        (["changed:HEAD"], "changed:since=REVISION"),
        (["changed:since=HAED"], "git knows no revision 'HAED'"),
    ],
)
def test_a_state_nothing_is_in_says_what_there_is(words: list[str], said: str) -> None:
    with pytest.raises(UsageError) as failed:
        select(TASKS, words, facts=facts())
    assert said in str(failed.value)


def test_where_there_is_no_plan_states_are_refused_in_words() -> None:
    for word in ("state:new", "changed:since=HEAD"):
        with pytest.raises(UsageError, match="here"):
            select(TASKS, [word])
