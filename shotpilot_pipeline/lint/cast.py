"""Rules on cast, elements and reference pictures: whose face it is, what they wear, what each picture is there for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from shotpilot_pipeline.errors import Severity
from shotpilot_pipeline.lint.changes import ending, item_of, without
from shotpilot_pipeline.lint.reading import any_of, listed, these, unquoted, words_of
from shotpilot_pipeline.lint.registry import Finding, Lists, Whole, at, change, on_film, on_list, on_shot
from shotpilot_pipeline.lint.size import is_close
from shotpilot_pipeline.values.lint import LintFilm, LintShot

_TITLES = these(
    "mr mrs ms dr sir lady lord captain inspector officer detective agent doctor professor king queen prince princess "
    "the old young father mother sister brother uncle aunt miss madam sergeant general major colonel judge"
)
_CLOTHES = frozenset(listed("clothes"))
_COLOURS = frozenset(listed("colours"))
_FACE = re.compile(
    r"\b(?:(?:blue|green|brown|hazel|gr[ae]y|dark|amber|almond)[- ]eye[ds]?|(?:long|short|curly|straight|wavy"
    r"|dark|black"
    r"|brown|red|gr[ae]y|white|silver|auburn|blond|blonde|tousled|cropped) (?:\w+ )?hair(?:ed)?|blond(?:e)?|brunette"
    r"|redhead|beard(?:ed)?|mou?stache(?:d)?|cheekbones|freckle[ds]?|wrinkle[ds]?|(?:aquiline|crooked|broken"
    r"|small) nose"
    r"|\d{1,2}[- ]year[- ]old|in (?:his|her|their) (?:\w+[- ])?(?:twenties|thirties|forties|fifties|sixties))\b",
    re.IGNORECASE,
)
_FACE_WORDS = these(
    "eye eyes eyed hair haired blond blonde brunette redhead beard bearded moustache mustache moustached mustached "
    "cheekbones freckle freckles freckled wrinkle wrinkles wrinkled nose year years old twenties thirties forties "
    "fifties sixties"
)
_WHO = re.compile(
    r"\b(?:they|(?<!between )(?<!of )them|both(?! (?:hands|eyes|sides|arms|feet|of (?:his|her|their))\b)"
    r"|one of (?:them|the two)"
    r"|the other (?:man|woman|one|two)"
    r"|the other(?=[ ,.]|$))\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:composition|compose[sd]?|framing|framed|layout|camera position|pose[ds]?|style[ds]?|palette|colou?rs?"
    r"|grad(?:e|ed|ing)"
    r"|light(?:ing)?|mood|texture|place|setting|set|room|alley|location|background|wardrobe|costume|clothes|outfit|look"
    r"|material|character|product|object|prop|face|logo)\b",
    re.IGNORECASE,
)
_BEFORE_A_FACE = r"(?:(?:and|with|has|his|her|an?|the) )*"
_NO_THING = these("and are but for from has have into is its light one ones that the was were which who with")
_AROUND_MENTION = 70  # characters before and after a mention in which its role is looked for


@on_shot("cast-not-bound", Severity.WARNING)
def cast_not_bound(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A cast member's name in the words, and no face sent along."""
    names, any_word = _names(tuple((member.id, member.name) for member in shot.film.cast.values()))
    told: set[str] = set()
    for text in shot.texts:
        if any_word.isdisjoint(words_of(text.text)):
            continue
        for who, first_words, pattern in names:
            if who in shot.mentions or who in told or first_words.isdisjoint(words_of(text.text)):
                continue
            found = pattern.search(unquoted(text.text))
            if found:
                told.add(who)
                message = f"{found.group(0)} is named here, but the picture of {who} is not sent: the face will vary"
                yield Finding(
                    message, f"write @{who}", **at(text, found), changes=(change(text, found, f"@{who}"),),
                    title=f"write @{who}", automatic=text.slot == "subject",
                )  # fmt: skip


@lru_cache(maxsize=64)
def _names(
    cast: tuple[tuple[str, str], ...],
) -> tuple[list[tuple[str, frozenset[str], re.Pattern[str]]], frozenset[str]]:
    """For each member the words of which one must occur, and a pattern for the name, in full or the part that is
    theirs; and all those words together."""
    parts: dict[str, set[str]] = {}
    for who, name in cast:
        for part in name.split():
            parts.setdefault(part, set()).add(who)
    made = []
    for who, name in cast:
        if not name[:1].isupper():  # `car` is no name: it is what the thing is
            continue
        own = [part for part in name.split() if part[:1].isupper() and len(part) > 2 and len(parts[part]) == 1]
        own = [part for part in own if part.lower().strip(".") not in _TITLES]
        wanted = sorted({name, *own}, key=len, reverse=True)
        pattern = re.compile(r"(?<![\w@.])(?:" + "|".join(map(re.escape, wanted)) + r")(?!\w)")
        made.append((who, frozenset().union(*(words_of(one) for one in wanted)), pattern))
    return made, frozenset().union(*(words for _, words, _ in made))


@on_shot("element-body-undescribed", Severity.WARNING)
def element_body_undescribed(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A face in frame, and no word on what is worn."""
    bare = sorted(shot.mentions - shot.wardrobes)
    by_hand = shot.sent[0].elements_by_hand
    if not (bare or by_hand) or shot.wardrobe_said or is_close(shot):
        return
    if any(_dressed(words_of(text.text)) for text in shot.texts):
        return
    for who in bare[:1]:
        text = next((text for text in shot.texts if re.search(rf"@{re.escape(who)}\b", text.text)), None)
        member = shot.film.cast.get(who)
        has = member is not None and member.wardrobe is not None
        hint = f"write @{who} in @{who}.wardrobe" if has else f"say what is worn, or give {who} a wardrobe"
        message = f"@{who} brings a face only: nothing here says what is worn, and it will change from take to take"
        found = re.search(rf"@{re.escape(who)}(?![\w.-])", text.text) if text else None
        if text is None or found is None:
            yield Finding(message, hint)
            return
        new = f"@{who} in @{who}.wardrobe"
        yield Finding(
            message, hint, **at(text, found), changes=(change(text, found, new),) if has else (),
            title=f"write {new}", automatic=False,
        )  # fmt: skip
        return
    yield Finding("an element brings a face only: nothing here says what is worn", "say it in the prompt")


def _dressed(words: frozenset[str]) -> bool:
    """Whether a word, or its singular, says what is worn."""
    return not _CLOTHES.isdisjoint(words) or not _CLOTHES.isdisjoint(word.removesuffix("s") for word in words)


@on_shot("element-face-redescribed", Severity.INFO)
def element_face_redescribed(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Words on the face of somebody whose picture is sent."""
    for text in shot.texts if shot.mentions else ():
        if "@" not in text.text or _FACE_WORDS.isdisjoint(words_of(text.text)):
            continue
        for sentence in re.finditer(r"(?:[^.!?]|\.(?=\w))+", unquoted(text.text)):  # @vera.wardrobe is one word
            found = _FACE.search(sentence.group(0)) if "@" in sentence.group(0) else None
            if found:
                whole = re.compile(re.escape(found.group(0))).search(text.text, sentence.start())
                assert whole is not None
                hint = "leave the face to the picture; words that differ from it pull it away"
                words = found.group(0)
                item = item_of(text, words, _BEFORE_A_FACE, joint="with")
                yield Finding(
                    f"“{words}” describes a face that is sent as a picture", hint, **at(text, whole),
                    changes=without(text, item), title=f"take “{words}” out", automatic=False,
                )  # fmt: skip
                return


@on_shot("multi-cast-attribution", Severity.WARNING)
def multi_cast_attribution(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """Several faces, and nobody says who does what."""
    if len(shot.mentions) + shot.sent[0].elements_by_hand < 2 or shot.series:
        return
    for text in shot.texts:
        found = _WHO.search(unquoted(text.text)) if text.slot not in ("prompt_wrap", "light", "place") else None
        if found:
            message = f"“{found.group(0)}” leaves open who of the {len(shot.mentions)} does it"
            yield Finding(message, "say who does what: @vera lights it, @sam looks away", **at(text, found))
            return


@on_shot("element-legacy-shape", Severity.INFO)
def element_legacy_shape(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """`image_url` inside an element."""
    for place in shot.legacy_elements:
        yield Finding(
            "an element's picture is called frontal_image_url at fal; image_url is sent under that name",
            "write frontal_image_url",
            place=place,
            edits=((place, "image_url", "frontal_image_url"),),
            title="write frontal_image_url",
        )


@on_shot("element-unused", Severity.WARNING)
def element_unused(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A face that is sent and that the prompt never names."""
    sent = shot.sent[0]
    for number in range(1, sent.elements_by_hand + 1):
        if not re.search(rf"@Element{number}(?!\d)", sent.prompt):
            message = f"element {number} is sent, but the prompt never names it"
            hint = f"write @Element{number} where the person is, or take it out"
            yield Finding(message, hint, place=shot.where("elements", ""), **_named(shot, f"@Element{number}", "In it"))


@on_shot("image-unused", Severity.WARNING)
def image_unused(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A picture that is defined or sent, and that the prompt never names."""
    for image in shot.images:
        if image.own and not image.used:
            hint = f"mention it as @{image.id}, send it with add_images, or take it out"
            yield Finding(f"the image {image.id} is not used in this shot", hint, place=image.place)
    sent = shot.sent[0]
    for number in range(1, sent.images_by_hand + 1 if sent.numbered else 1):
        if not re.search(rf"@Image{sent.carried + number}(?!\d)", sent.prompt):
            message, name = f"image {number} is sent, but the prompt never names it", f"@Image{number}"
            hint = f"write {name} and what to take from it"
            yield Finding(
                message, hint, place=shot.where("image_urls", ""), **_named(shot, name, "Style and palette of")
            )


def _named(shot: LintShot, name: str, words: str) -> dict[str, Any]:
    """The cure that names what is sent at the end of the prompt, as Finding wants it."""
    text = shot.slots.get("prompt") or shot.slots.get("action") or shot.slots.get("subject")
    if text is None:
        return {}
    changes = ending(text, f"{words} {name}.") if text.slot == "prompt" else ending(text, f"{words} {name}")
    return {"text": text, "changes": changes, "title": f"name {name}", "automatic": False}


@on_shot("o3-i2i-single-image", Severity.WARNING)
def o3_i2i_single_image(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """One picture for a model whose strength is several."""
    for sent in shot.sent:
        single = (
            sent.numbered and sent.kind == "image-to-image" and sent.images == 1 and not sent.elements + sent.carried
        )
        if single and sent.resolution != "4K" and not sent.amount and sent.aspect != "auto":
            place = shot.where("model", sent.stage)
            yield Finding(
                f"{sent.family} gets one picture at {sent.stage}; it is made for several, each with its part",
                "add another image (palette, place, a face), or let kling-v3 do it",
                place=place,
                edits=((place, sent.family, "kling-v3"),),
                title="let kling-v3 do it",
                automatic=False,
            )
            return


@on_shot("image-role-missing", Severity.INFO)
def image_role_missing(shot: LintShot, _: Lists) -> Iterator[Finding]:
    """A picture is mentioned, and nothing says what to take from it."""
    for image in shot.images:
        if image.role or not image.used:
            continue
        for text in shot.texts:
            found = re.search(rf"@{re.escape(image.id)}(?!\w)", text.text)
            if not found:
                continue
            near = text.text[max(0, found.start() - _AROUND_MENTION) : found.end() + _AROUND_MENTION]
            if not _ROLE.search(near):
                message = f"nothing says what to take from @{image.id}"
                hint = f"the composition of @{image.id}, the palette of it, the place in it; or give it a role"
                yield Finding(message, hint, **at(text, found))
            break


@on_film("ref-photo-poor", Severity.INFO)
def ref_photo_poor(film: LintFilm) -> Iterator[Finding]:
    """A face reference that is too dark, too bright or blurred."""
    for picture in film.pictures:
        faults = []
        if 0 <= picture.light < 40:
            faults.append("very dark")
        if picture.light > 225:
            faults.append("very bright")
        if 0 <= picture.detail < 3:
            faults.append("blurred, or without detail")
        if faults:
            message = f"{picture.path} is {' and '.join(faults)}: the face will be guessed"
            yield Finding(message, "use a photo from the front, evenly lit and sharp", place=picture.place)


@on_list("cast-ref-drift", Severity.WARNING)
def cast_ref_drift(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """One person under two ids, with different pictures."""
    first: dict[str, str] = {}
    cast = whole.around.get("cast", {})
    for who, told in cast.items():
        earlier = first.setdefault(told["name"].casefold(), who)
        if earlier != who and told["frontal"] != cast[earlier]["frontal"]:
            message = f"{told['name']} has one face as @{earlier} and another as @{who}"
            yield "", Finding(message, "use the same pictures in every shot", place=whole.places[f"cast:{who}"])


def attributes_of(shot: LintShot) -> dict[str, str]:
    """What is said of the colours of clothes and things: `vera dress` -> red. Only where nothing is ambiguous."""
    found: dict[str, set[str]] = {}
    for text in shot.texts:
        words = words_of(text.text)
        if text.slot == "prompt_wrap" or _COLOURS.isdisjoint(words):
            continue
        for match in _coloured().finditer(unquoted(text.text)):
            colour, thing = match.group(1).lower(), match.group(2).lower()
            if thing in _CLOTHES and len(shot.mentions) == 1:
                found.setdefault(f"{next(iter(shot.mentions))} {thing}", set()).add(colour)
            elif thing not in _CLOTHES and "place" in shot.slots and _is_the(text.text, match, thing):
                found.setdefault(f"the {thing}", set()).add(colour)
    return {thing: next(iter(colours)) for thing, colours in found.items() if len(colours) == 1}


def _is_the(text: str, match: re.Match[str], thing: str) -> bool:
    """Whether a colour belongs to one certain thing: the red door."""
    return text[: match.start()].lower().endswith("the ") and thing not in _NO_THING


@lru_cache(maxsize=1)
def _coloured() -> re.Pattern[str]:
    return re.compile(any_of(_COLOURS).pattern.replace("(?:", "(", 1) + r"[ -](\w{3,})\b", re.IGNORECASE)


@on_list("cast-text-drift", Severity.WARNING)
def cast_text_drift(whole: Whole) -> Iterator[tuple[str, Finding]]:
    """The same thing in other words, a few shots later in the same scene."""
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for shot in whole.shots:
        scene = shot.address.partition("/")[0]
        for thing, colour in shot.linted.facts.get("attributes", {}).items():
            before, where = seen.setdefault((scene, thing), (colour, shot.address))
            if before != colour:
                shown = thing if thing.startswith("the ") else f"{thing.replace(' ', chr(39) + 's ', 1)}"
                message = f"{shown} is {colour} here, and {before} in {where}"
                hint = "write it once (wardrobe of the cast, or vars) and use it in both"
                yield shot.address, Finding(message, hint, place=shot.place)
