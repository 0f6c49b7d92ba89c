"""Rules on stages, sizes, formats and cost: what is dear too early, and what is lost at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shotpilot_pipeline.errors import Place, Severity
from shotpilot_pipeline.lint.changes import item_of, without
from shotpilot_pipeline.lint.reading import ratio_of, these, unquoted, words_of
from shotpilot_pipeline.lint.registry import Finding, Lists, Whole, at, on_film, on_list, on_shot, on_text
from shotpilot_pipeline.values.lint import LintFilm, LintShot, Sent, Text
from shotpilot_pipeline.values.money import Money

_ORDER = {"1K": 1, "2K": 2, "4K": 4}
_DELIVERED = frozenset({"comp", "vfx", "delivery", "plate", "matte"})
_TALL = re.compile(
    r"\b(?:vertical (?:format|frame|composition|image|picture|video|shot|poster)|portrait (?:orientation|format))\b",
    re.I,
)
_WIDE = re.compile(
    r"\b(?:ultra-?wide(?:screen)? (?:frame|format|image|composition|aspect)|widescreen|letterbox(?:ed)?"
    r"|landscape (?:orientation|format))\b",
    re.I,
)
_SQUARE = re.compile(r"\bsquare (?:format|frame|image|picture|composition|crop)\b", re.I)
_FORMAT_WORDS = these("vertical portrait ultra ultrawide widescreen letterbox letterboxed landscape square")
_RATIO = re.compile(r"(?<![\d:])(\d{1,2}(?:\.\d{1,2})?):(\d{1,2})(?![\d:])(?! ?(?:am|pm|scale|o'clock))", re.I)
_RATIOS = frozenset(
    {"16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "2.39:1", "2.35:1", "1.85:1", "4:5", "5:4"}
)


_SMALL_FIRST = "try things out at 1K; go to 4K with what was picked"


def _to_1k(place: Place) -> tuple[tuple[Place, str, str], ...]:
    return ((place, "4K", "1K"),)


def _last(shot: LintShot) -> Sent:
    return shot.sent[-1]


def _staged(shot: LintShot) -> bool:
    return len({sent.stage for sent in shot.sent}) > 1


@on_film("4k-while-iterating", Severity.WARNING)
def four_k_while_iterating(film: LintFilm) -> Iterator[Finding]:
    """A stage before the last at 4K."""
    for stage in film.stages[:-1]:
        if stage.resolution == "4K":
            message = f"stage {stage.name} renders at 4K, which costs twice as much, and is not the last"
            yield Finding(
                message, _SMALL_FIRST, place=stage.place, edits=_to_1k(stage.resolution_place), title="write 1K"
            )


@on_shot("4k-while-iterating", Severity.WARNING)
def four_k_in_a_shot(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A shot that goes to 4K before its last stage, though the stage does not."""
    standing = {stage.name: stage.resolution for stage in shot.film.stages}
    for sent in shot.sent:
        if sent.resolution == "4K" and sent.stage != _last(shot).stage and standing.get(sent.stage) != "4K":
            message = f"4K at {sent.stage}, which costs twice as much, and is not the last stage"
            place = shot.where("resolution", sent.stage)
            shared = place == shot.where("resolution", _last(shot).stage)  # then the last stage would shrink as well
            yield Finding(message, _SMALL_FIRST, place=place, edits=() if shared else _to_1k(place), title="write 1K")
            return


@on_film("stage-not-rising", Severity.WARNING)
def stage_not_rising(film: LintFilm) -> Iterator[Finding]:
    """A later stage that is smaller than an earlier one."""
    for earlier, later in zip(film.stages, film.stages[1:], strict=False):
        if _ORDER.get(later.resolution, 0) < _ORDER.get(earlier.resolution, 0):
            message = f"stage {later.name} renders at {later.resolution}, after {earlier.name} at {earlier.resolution}"
            yield Finding(message, "put the stages in order, small ones first", place=later.place)


@on_film("final-without-pick", Severity.WARNING)
def final_without_pick(film: LintFilm) -> Iterator[Finding]:
    """Several takes, and the first of them goes on to a dearer stage without anybody looking."""
    for earlier, later in zip(film.stages, film.stages[1:], strict=False):
        if earlier.pick == "first" and earlier.takes > 1:
            message = (
                f"{earlier.takes} takes are bought at {earlier.name}, and the first goes on to {later.name} unseen"
            )
            yield Finding(message, "write pick: human, or takes: 1", place=earlier.place)


@on_film("reroll-not-enlarge", Severity.INFO)
def reroll_not_enlarge(film: LintFilm) -> Iterator[Finding]:
    """A later stage that makes another picture, and nobody said so."""
    for stage in film.stages[1:]:
        if not stage.carry:
            message = f"stage {stage.name} renders its words anew: another composition, not the picked picture larger"
            yield Finding(
                message,
                "write carry: image to keep the composition, or carry: prompt if this is meant",
                place=stage.place,
                entries=((stage.first, "carry: image"),),
                title="write carry: image",
                automatic=False,
            )


@on_film("many-at-final", Severity.WARNING)
def many_at_final(film: LintFilm) -> Iterator[Finding]:
    """Several takes at the dearest stage."""
    last = film.stages[-1] if len(film.stages) > 1 else None
    if last and last.takes > 1 and last.resolution == "4K":
        message = f"{last.takes} takes at {last.name} cost {last.takes} times its price, for each shot"
        yield Finding(message, "choose before, at a smaller size, and write takes: 1", place=last.place)


@on_shot("jpeg-for-comp", Severity.WARNING)
def jpeg_for_comp(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A lossy file at the end of the work."""
    last = _last(shot)
    if last.format == "jpeg" and (_staged(shot) or shot.tags & _DELIVERED):
        place = shot.where("output_format", last.stage)
        yield Finding(
            f"jpeg at {last.stage} loses detail that compositing and grading need",
            "write output_format: png",
            place=place,
            edits=((place, "jpeg", "png"),),
            title="write png",
        )


@on_shot("webp-handoff", Severity.WARNING)
def webp_handoff(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A file that the video models do not list among what they take."""
    last = _last(shot)
    if last.format == "webp" and (shot.clip.motion is not None or shot.clip.parts):
        place = shot.where("output_format", last.stage)
        yield Finding(
            f"a clip is to be made from this shot, and webp at {last.stage} is not among what the video models take",
            "write output_format: png",
            place=place,
            edits=((place, "webp", "png"),),
            title="write png",
        )


@on_shot("aspect-words", Severity.WARNING)
def aspect_words(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Words on the format that say something else than the parameter."""
    aspect = _last(shot).aspect
    ratio = ratio_of(aspect)
    if not ratio:
        return
    texts = [text for text in shot.texts if ":" in text.text or not _FORMAT_WORDS.isdisjoint(words_of(text.text))]
    against = [pattern for pattern, fits in ((_TALL, ratio < 1), (_WIDE, ratio > 1), (_SQUARE, ratio == 1)) if not fits]
    for text in texts:
        plain = unquoted(text.text)
        found = next((match for pattern in against if (match := pattern.search(plain))), None)
        number = _RATIO.search(plain) if ":" in plain else None
        if found is None and number and number.group(0) in _RATIOS and number.group(0) != aspect:
            found = number
        if found:
            message = f"“{found.group(0)}” stands in the words, and aspect_ratio is {aspect}"
            yield Finding(message, "the parameter decides: leave the words out, or change it", **at(text, found))
            return


_UPSCALE = re.compile(
    r"\b(?:upscal\w+|super[- ]resolution|enhanced? (?:to|in) [248]k|increase (?:the )?resolution)\b", re.I
)


@on_text(
    "upscale-asked",
    Severity.WARNING,
    words=frozenset({"upscale", "upscaled", "upscaling", "super", "enhance", "enhanced", "increase"}),
)
def upscale_asked(text: Text, _: Lists) -> Iterator[Finding]:
    """There is no upscaler."""
    found = _UPSCALE.search(unquoted(text.text))
    if found:
        words = found.group(0)
        item = item_of(text, words, tail=r"(?: and sharpened| to [0-9]+[kK]| [0-9]+x)?")
        yield Finding(
            f"“{words}”: these models have no upscaler",
            "render the picked take anew at 4K with carry: image, or enlarge it in another tool",
            **at(text, found), changes=without(text, item), title=f"take “{words}” out", automatic=False,
        )  # fmt: skip


@on_list("aspect-mixed", Severity.WARNING)
def aspect_mixed(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """Shots of one scene in different formats."""
    first: dict[str, tuple[str, str]] = {}
    for shot in whole.shots:
        for aspect in shot.linted.facts.get("aspect", ())[:1]:
            scene = shot.address.partition("/")[0]
            usual, where = first.setdefault(scene, (aspect, shot.address))
            if aspect != usual:
                message = f"{shot.address} is {aspect}, and {where} in the same scene is {usual}"
                place = shot.linted.places.get("aspect", shot.place)
                yield (
                    shot.address,
                    Finding(message, "give the scene one format, or ignore this with the reason", place=place),
                )


@on_list("budget-over", Severity.WARNING)
def budget_over(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """A list that costs more, from its first picture to its last, than its own cap allows."""
    for name, cap in whole.around.get("budget", {}).items():
        for what, cost in _costs(name, whole):
            if cost > cap:
                over = Money(cost - cap)
                message = f"{what} costs ${Money(cost)} with all takes, ${over} more than its cap of ${Money(cap)}"
                hint = "the cap holds, and rendering stops at it: raise it, or ask for fewer takes"
                yield what if "/" in what else "", Finding(message, hint, place=whole.places[f"budget:{name}"])


def _costs(name: str, whole: Whole) -> Iterator[tuple[str, int]]:
    """What a cap is about, and what that costs."""
    if name == "show":
        yield "the list", sum(whole.prices.values())
    elif name.startswith("stage:"):
        stage = name.partition(":")[2]
        yield f"stage {stage}", sum(nano for address, nano in whole.prices.items() if address.endswith(f"@{stage}"))
    elif name == "shot":
        sums: dict[str, int] = {}
        for address, nano in whole.prices.items():
            shot = address.partition("@")[0].partition(".")[0]
            sums[shot] = sums.get(shot, 0) + nano
        dearest = max(sums, key=sums.__getitem__, default="")
        if dearest:
            yield dearest, sums[dearest]
