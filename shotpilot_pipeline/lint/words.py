"""Rules on words: praise that shows nothing, moves in a still, memory a model does not have, what it cannot be told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.changes import item_of, without
from shotpilot_pipeline.lint.reading import any_of, heads, listed, these, unquoted, words_of
from shotpilot_pipeline.lint.registry import Finding, Lists, at, change, on_shot, on_text
from shotpilot_pipeline.values.lint import LintShot, Text

_PRESTIGE = any_of(listed("prestige"))
_MOVE = re.compile(
    r"\b(?:dolly(?:ing)? (?:in|out|back|forward|shot|zoom|move)|push(?:es|ing)?[- ]in(?! (?:the|a|his|her"
    r"|their)\b)|slow push|pull(?:s|ing)?[- ]back shot"
    r"|(?:camera|shot) (?:slowly |gently |smoothly )?(?:pans|tilts|moves|follows|glides|orbits|circles|pushes"
    r"|pulls|rises|drifts|tracks|zooms|cranes|dollies|sweeps)"
    r"|pan(?:s|ning)? (?:left|right)|whip pan|slow pan|panning shot|tracking shot|zoom(?:s|ing)? (?:in|out)"
    r"|slow zoom|crane (?:up|down|shot|move)"
    r"|truck(?:s|ing)? (?:left|right|shot)|steadicam|rack focus|orbit(?:ing)? shot|time-?lapse sequence)\b",
    re.IGNORECASE,
)
_MOVE_WORDS = these(
    "dolly dollying dollies push pushes pushing pull pulls pulling camera shot pan pans panning whip slow "
    "tracking zoom "
    "zooms zooming crane truck trucks trucking steadicam rack orbit orbiting timelapse time"
)
_SAME = re.compile(
    r"\b(?:the same(?! (?:time|way|direction|colou?r|size|shape|height|length|width|distance|level|kind|type|style"
    r"|material|pattern|side|as)\b)[ -]\w+|(?:just |exactly )?as (?:before|in the previous (?:shot|frame|picture"
    r"|image))"
    r"|(?:from|in) the (?:previous|last|first) (?:shot|frame|scene|picture|image)|still (?:wearing|holding"
    r"|sitting|standing there)"
    r"|once again|now again|continu(?:es|ing) from)\b",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"(?<!time and )(?<!over and )\bagain(?=[,.]|$)(?! and again)", re.IGNORECASE)
_START = re.compile(r"(?:He|She|They|Then|Now he|Now she|Now they)\b(?!-)")
_SAME_WORDS = frozenset({"same", "before", "previous", "last", "first", "still", "again", "continues", "continuing"})
_PRONOUNS = frozenset({"he", "she"})
_CLOTHES = frozenset(listed("clothes")) | {"clothes", "outfit", "costume", "wardrobe"}
_CONTROL = re.compile(
    r"\b(?:control-?net|open-?pose|pose map|depth map|canny|segmentation map|(?:image|alpha|layer"
    r"|inpainting) mask|masked (?:area|region)"
    r"|(?:in|out)paint(?:ing|ed)?|(?:only |just )(?:change|edit|replace|modify|alter) (?:the|her|his|its)"
    r"|change only|img2img|denois\w+"
    r"|leave (?:the rest|everything else) (?:unchanged|as (?:it is|is))|(?:keep|leave) everything else)\b",
    re.IGNORECASE,
)
_CONTROL_WORDS = these(
    "controlnet control openpose open pose depth canny segmentation mask masked inpaint inpainting inpainted "
    "outpaint outpainting "
    "outpainted only just change img2img denoise denoising leave everything"
)
_NIGHT = re.compile(
    r"\b(?:midnight|moonl(?:ight|it)|starl(?:ight|it)|starry sky|night sky|under the stars)\b", re.IGNORECASE
)
_DAY = re.compile(
    r"\b(?:midday|noon|sunlit|sunlight|sunshine|blue sky|daylight|golden hour|bright sun|harsh sun)\b", re.IGNORECASE
)
_OPEN_AIR = re.compile(
    r"\b(?:under (?:the|an) open sky|open sky (?:above|overhead)|blue sky (?:above|overhead)|in the open air)\b",
    re.IGNORECASE,
)
_DAYTIMES = frozenset({"day", "morning", "noon", "midday", "afternoon"})
_TIME_WORDS = these(
    "midnight moonlight moonlit starlight starlit starry night stars midday noon sunlit sunlight sunshine blue "
    "daylight golden "
    "bright harsh open"
)
_STILL = frozenset({"prompt", "subject", "action", "angle"})  # of a shot, so that motion: is the shot's too
_MANY_WORDS = 150  # for one picture


@on_text("prestige-words", Severity.INFO, words=heads(listed("prestige")))
def prestige_words(text: Text, _: Lists) -> Iterator[Finding]:
    """Praise in place of what is to be seen."""
    plain = unquoted(text.text)
    found = list(_PRESTIGE.finditer(plain))
    if not found:
        return
    changes = []
    for one in found:
        item = re.compile(rf"(?:, ?{re.escape(one.group(0))}(?=\s*(?:[,.]|$))|^{re.escape(one.group(0))}, ?)").search(
            plain
        )
        if item:
            changes.append(change(text, item, ""))
    named = ", ".join(dict.fromkeys(one.group(0) for one in found))
    yield Finding(
        f"“{named}” praises the picture and shows nothing in it",
        "say what is seen: the film stock, the light, the grain",
        **at(text, found[0]),
        changes=tuple(changes) if len(changes) == len(found) == 1 else (),
        title=f"take “{named}” out",
    )


@on_text("camera-move-in-still", Severity.WARNING, words=_MOVE_WORDS)
def camera_move_in_still(text: Text, _: Lists) -> Iterator[Finding]:
    """A camera move in the words of a still."""
    found = _MOVE.search(unquoted(text.text))
    if found:
        words, message = found.group(0), f"“{found.group(0)}” is a move, and a still does not move"
        item = (
            item_of(text, words, r"(?:(?:in|with|and|an?|the|slow) )*", r"[^,.;:#'\"{}\[\]]*")
            if text.slot in _STILL
            else None
        )
        motion = (item.group("item") or item.group("first")).strip() if item else words
        yield Finding(
            message, "write it under motion:, for the clip", **at(text, found),
            changes=without(text, item), entries=((text.key, f"motion: {motion}"),) if item else (),
            title=f"write motion: {motion}", automatic=False,
        )  # fmt: skip


@on_shot("memory-words", Severity.WARNING)
def memory_words(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Words that lean on another picture. The panels of a series do know each other."""
    for text in shot.texts if not shot.series else ():
        found = _remembers(text) if text.slot not in ("prompt_wrap", "prompt_template") else None
        if found:
            named = _named(shot, text, found.group(0).lower())
            yield Finding(
                f"“{found.group(0)}” leans on another picture, and each picture is made without knowing any other",
                "say who and what it is: a cast member as @name, the place and the clothes in words",
                **at(text, found), changes=(change(text, found, named),) if named else (),
                title=f"write {named}", automatic=False,
            )  # fmt: skip


def _remembers(text: Text) -> re.Match[str] | None:
    start = _START.match(text.text) if text.slot in ("prompt", "subject") else None
    if start is not None or _SAME_WORDS.isdisjoint(words_of(text.text)):
        return start
    plain = unquoted(text.text)
    return _SAME.search(plain) or _AGAIN.search(plain)


def _named(shot: LintShot, text: Text, words: str) -> str:
    """Who or what is meant, where one cast member alone is in the shot; "" where that is open."""
    if len(shot.mentions) != 1:
        return ""
    (who,) = shot.mentions
    member = shot.film.cast.get(who)
    if words in _PRONOUNS:  # of two people in one text it may be either
        return f"@{who}" if "@" not in text.text else ""
    is_worn = words.startswith("the same ") and words.removeprefix("the same ") in _CLOTHES
    has = member is not None and member.wardrobe is not None and who not in shot.wardrobes
    return f"@{who}.wardrobe" if is_worn and has else ""


@on_text("unsupported-control", Severity.WARNING, words=_CONTROL_WORDS)
def unsupported_control(text: Text, _: Lists) -> Iterator[Finding]:
    """What these models cannot be told."""
    found = _CONTROL.search(unquoted(text.text)) if text.slot != "prompt_wrap" else None
    if found:
        yield Finding(
            f"“{found.group(0)}”: these models take no maps or masks, and change a picture only as a whole",
            "say the pose in words, send a picture for the composition, or do it in another tool",
            **at(text, found),
        )


@on_shot("tod-intext-conflict", Severity.WARNING)
def tod_intext_conflict(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Words against the heading: moonlight by day, an open sky inside."""
    time, inside = shot.slots.get("time"), shot.slots.get("int_ext")
    against: list[tuple[re.Pattern[str], str]] = []
    if time is not None:
        said = time.text.lower().strip()
        against += [(_NIGHT, time.raw)] if said in _DAYTIMES else []
        against += [(_DAY, time.raw)] if said == "night" else []
    if inside is not None and inside.raw == "INT":
        against.append((_OPEN_AIR, "INT"))
    for text in shot.texts if against else ():
        if text.slot in ("time", "int_ext", "look", "style") or _TIME_WORDS.isdisjoint(words_of(text.text)):
            continue
        for pattern, heading in against:
            found = pattern.search(unquoted(text.text))
            if found:
                message = f"“{found.group(0)}” against the heading, which says {heading}"
                yield Finding(message, "correct one of them", **at(text, found))
                return


@on_shot("too-many-words", Severity.INFO)
def too_many_words(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """More words than one picture can hold."""
    for sent in shot.sent:
        count, most = sent.prompt.count(" ") + 1, _MANY_WORDS * max(1, sent.amount)
        if count > most:
            longest = max(shot.texts, key=lambda text: len(text.text), default=None)
            message = f"{count} words for one picture; what comes late is often left out"
            hint = f"keep the {_MANY_WORDS} that are seen; put the rest into notes"
            yield Finding(message, hint, longest)
            return


@on_text("moderation-risk", Severity.INFO)
def moderation_risk(text: Text, lists: Lists) -> Iterator[Finding]:
    """Words that are often refused."""
    pattern, first = _refused(lists.refused)
    found = pattern.search(text.text) if not first.isdisjoint(words_of(text.text)) else None
    if found:
        message = f"“{found.group(0)}” may be refused by the service, perhaps in the middle of the night"
        yield Finding(message, "say it by what is seen around it, or try this shot by day", **at(text, found))


@lru_cache(maxsize=8)
def _refused(more: tuple[str, ...]) -> tuple[re.Pattern[str], frozenset[str]]:
    words = (*listed("refused"), *more)
    return any_of(words), heads(words)
