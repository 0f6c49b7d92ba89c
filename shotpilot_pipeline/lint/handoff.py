"""Rules on the hand-off: the clip that is to be made of a still. Nothing here reaches the still's prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shotpilot_pipeline.errors import Place, Problem, Severity
from shotpilot_pipeline.lint.reading import ratio_of, these, words_of
from shotpilot_pipeline.lint.registry import Finding, Lists, Whole, on_list, on_shot
from shotpilot_pipeline.values.lint import Clip, LintShot

_LENGTHS = {"kling": (3, 15), "vidu": (1, 16)}  # seconds of one clip
_PARTS = 6
_PART_LENGTH = 512  # characters
_VIDU_LENGTH = 2_000  # characters
_RATIOS = (0.40, 2.50)  # width / height of a start frame
_OVERLAP = 0.6
_SMALL = these("a an the of in on at with and to from by his her its is are as he she it they while then into over")
_TOLERANCE = 0.05  # of a ratio


def _is_clip(clip: Clip) -> bool:
    return clip.motion is not None or bool(clip.parts)


@on_list("motion-missing", Severity.WARNING)
def motion_missing(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """Shots without motion, in a list that has it."""
    shots = [shot for shot in whole.shots if shot.linted.facts]
    still = [
        shot
        for shot in shots
        if not shot.linted.facts.get("motion") and "motion-missing" not in shot.linted.facts.get("ignore", {})
    ]
    if still and len(still) < len(shots) / 2:
        named = ", ".join(shot.address for shot in still[:3]) + (", ..." if len(still) > 3 else "")
        have = "has no motion for its" if len(still) == 1 else "have no motion for their"
        message = f"{len(still)} of {len(shots)} shots {have} clip: {named}"
        yield (
            still[0].address,
            Finding(message, "write motion: what moves, and how the camera moves", place=still[0].place),
        )


@on_shot("motion-redescribes-still", Severity.WARNING)
def motion_redescribes_still(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A motion that says the picture over again."""
    motion = shot.clip.motion
    words = words_of(motion.text) - _SMALL if motion else frozenset()
    if motion is None or len(words) < 8:
        return
    still = frozenset().union(*[words_of(text.text) for text in shot.texts])
    if len(words & still) > _OVERLAP * len(words):
        message = "the motion describes the still over again, which reads as a new shot and drifts"
        yield Finding(
            message, "say only what moves: who, where to, how fast; and the camera", motion, place=motion.place
        )


@on_shot("duration-range", Severity.WARNING)
def duration_range(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A clip that is too short or too long for the video model, whether its motion is written yet or not."""
    clip = shot.clip
    model = clip.model or "kling"
    least, most = _LENGTHS[model]
    if clip.seconds and not least <= clip.seconds <= most:
        message = f"{clip.seconds:g} seconds: {model.capitalize()} makes clips of {least} to {most}"
        hint = f"write {least} and cut it afterwards" if clip.seconds < least else "make two shots of it"
        yield Finding(message, hint, place=clip.seconds_place)


@on_shot("multi-shot-limits", Severity.WARNING)
def multi_shot_limits(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Parts of a clip that do not fit together."""
    clip = shot.clip
    if not clip.parts:
        return
    total = sum(part.seconds for part in clip.parts)
    if len(clip.parts) > _PARTS:
        yield Finding(f"{len(clip.parts)} parts; a clip has {_PARTS} at most", "make two shots of it", place=clip.place)
    if total > _LENGTHS["kling"][1]:
        yield Finding(f"the parts add up to {total:g} seconds; 15 at most", "shorten them", place=clip.place)
    if clip.seconds and total != clip.seconds:
        message = f"the parts add up to {total:g} seconds, and duration is {clip.seconds:g}"
        yield Finding(message, "make them equal, or leave duration out", place=clip.seconds_place)
    if clip.motion is not None:
        yield Finding("a clip has a motion or parts, not both", "put the motion into the parts", place=clip.place)


@on_shot("multi-part-long", Severity.WARNING)
def multi_part_long(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A part with more words than are read."""
    for number, part in enumerate(shot.clip.parts, 1):
        if part.motion is not None and len(part.motion.text) > _PART_LENGTH:
            message = f"part {number} holds {len(part.motion.text)} characters; {_PART_LENGTH} are read"
            yield Finding(message, "shorten it", place=part.motion.place)


@on_shot("vidu-prompt-long", Severity.WARNING)
def vidu_prompt_long(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A motion that is too long for Vidu."""
    motion = shot.clip.motion
    if motion is not None and shot.clip.model == "vidu" and len(motion.text) > _VIDU_LENGTH:
        message = f"the motion holds {len(motion.text)} characters; Vidu takes {_VIDU_LENGTH:,}"
        yield Finding(message, "shorten it", place=motion.place)


@on_shot("start-frame-unusable", Severity.WARNING)
def start_frame_unusable(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A still whose format no video model takes as its first frame."""
    last = shot.sent[-1]
    ratio = ratio_of(last.aspect)
    if ratio and _is_clip(shot.clip) and not _RATIOS[0] <= ratio <= _RATIOS[1]:
        message = f"a clip is to be made from this shot, and {last.aspect} is outside what the video models take"
        yield Finding(message, "choose a format between 2:5 and 5:2", place=shot.where("aspect_ratio", last.stage))


@on_shot("end-frame-ratio", Severity.WARNING)
def end_frame_ratio(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """An end frame of another format than the still."""
    end, ratio = shot.clip.end, ratio_of(shot.sent[-1].aspect)
    if end and end[1] and ratio and abs(end[0] / end[1] / ratio - 1) > _TOLERANCE:
        message = f"the end frame is {end[0]} x {end[1]}, and the still is {shot.sent[-1].aspect}"
        yield Finding(message, "crop it to the format of the still", place=shot.clip.place)


@on_shot("end-frame-missing", Severity.INFO)
def end_frame_missing(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A large change, and nothing that says where it ends."""
    if shot.clip.change in ("medium", "large") and shot.clip.end is None:
        message = f"the change is {shot.clip.change}, and no end frame says what the clip ends on"
        yield Finding(message, "write end: {pick: SCENE/SHOT@STAGE}, or a file", place=shot.clip.place)


class Unpicked(NamedTuple):
    """A shot that is to become a clip, whose last stage has takes and no pick."""

    address: str
    takes: int
    place: Place


class Rewritten(NamedTuple):
    """A shot whose motion was written for one take, while another one is picked."""

    address: str
    written: int
    picked: int
    place: Place  # where the list says which take it was written for


def motion_older_than_pick(shots: Sequence[Rewritten]) -> tuple[Problem, ...]:
    """Motions that were written for another picture than the one that a clip would be made of."""
    hint = "look whether it still fits, mend the motion, and write take: "
    return tuple(
        Problem(
            "motion-older-than-pick", one.place,
            f"the motion was written for take {one.written}, and take {one.picked} is picked",
            f"{hint}{one.picked}", Severity.WARNING, one.address,
        )
        for one in shots
    )  # fmt: skip


def no_hero(waiting: Sequence[Unpicked]) -> tuple[Problem, ...]:
    """Shots that are rendered to the end, and of which nobody has chosen the take that goes on."""
    if not waiting:
        return ()
    named = ", ".join(one.address for one in waiting[:3]) + (", ..." if len(waiting) > 3 else "")
    many = f"{len(waiting)} shots have" if len(waiting) > 1 else "one shot has"
    message = f"{many} takes at the last stage and no pick, so no still for a clip: {named}"
    return (Problem("no-hero", waiting[0].place, message, "pick a take", Severity.INFO, waiting[0].address),)
