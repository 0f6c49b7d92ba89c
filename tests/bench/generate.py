"""Shot lists of any length for the benchmarks, the same on every machine.

About 1 kB of YAML a shot, as a filmmaker fills it in: slots, mentions, templates, a motion line, a note. One shot in
ten says its prompt in full, one in twenty uses a filter. Knows nothing of what reads it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

SHOTS_A_SCENE = 20

_HEAD = """\
# yaml-language-server: $schema=../schemas/shotlist-1.schema.json
shotlist: 1
show: bench
title: A list of {shots} shots
vars:
  city: Port Vale
  weather: after the rain
  year: "1947"
cast:
{cast}
looks:
  noir: black and white, hard shadows, Ilford HP5 grain
  dusk: last blue light, soft contrast, fine grain
stages:
  iterate: {{model: kling-v3, resolution: 1K, takes: 1, pick: first}}
  refine: {{model: [kling-v3, kling-o3], resolution: 2K, takes: 1, carry: image, pick: first}}
  final: {{model: kling-o3, resolution: 4K, takes: 1, carry: image, pick: first}}
defaults:
  aspect_ratio: 21:9
  output_format: png
  look: noir
scenes:
"""

_SCENE = """\
  sc{scene:04}:
    place: {place} in {{{{ vars.city }}}}
    int_ext: {int_ext}
    time: {time}
    shots:
"""

_SLOTS = """\
      sh{shot:05}:
        size: {size}
        angle: {angle}
        lens: {lens}
        subject: "@{who} in @{who}.wardrobe, {manner}"
        action: {action}, {manner2}, and {action2} {{{{ vars.weather }}}}
        light: {light} from the {side}, {light2} behind
        mood: {mood}
        motion: {motion} while she {action}, then a slow settle on the {thing}
        duration: {duration}
        tags: [{tag}, {time}]
        x-note: |
          Continuity: the {thing} stays on the {side} of frame, {manner2}. Prop master brings two of each {thing};
          the second stands by for {who}. If {light2} is not there on the day, {light} alone will do.
          Reference stills {ref} to {ref2}; the director wants it {mood}, never {mood2}. Page {page}, line {line}.
          Sound: {manner}. Wardrobe checks the hem before every take and after the lunch break, twice when it rains.
"""

_FULL = """\
      sh{shot:05}:
        size: {size}
        prompt: |
          {sizeword}, {lens}. @{who} in @{who}.wardrobe {action}, {manner}, holding the {thing} of {{{{ {name} }}}}.
          {light} from the {side}, {light2} behind, {mood} but never {mood2}. The {thing2} is {manner2}.
          Film still of {{{{ vars.year }}}}, silver grain, deep blacks, a single highlight on the {thing}.
        motion: {motion} while he {action}, then a slow settle on the {thing}
        duration: {duration}
        tags: [{tag}, {time}]
        x-note: |
          Continuity: the {thing} stays on the {side} of frame, {manner2}. Prop master brings two of each {thing};
          the second stands by for {who}. If {light2} is not there on the day, {light} alone will do.
          Reference stills {ref} to {ref2}; the director wants it {mood}, never {mood2}. Page {page}, line {line}.
"""

_WORDS = {
    "place": ["rain-slick alley", "empty ballroom", "night ferry deck", "courtroom gallery", "back room of the club"],
    "int_ext": ["INT", "EXT"],
    "time": ["NIGHT", "DAY", "DUSK", "DAWN"],
    "size": ["WS", "MS", "CU", "MCU", "ECU", "Full shot"],
    "sizeword": ["Wide shot", "Medium shot", "Close-up"],
    "angle": ["low angle", "eye level", "high angle", "Dutch tilt"],
    "lens": ["35mm, f/2", "50mm, f/1.4", "85mm, f/1.8", "24mm, f/4"],
    "action": ["lights a cigarette", "turns to the door", "counts the money", "reads the letter", "waits for the tram"],
    "action2": ["lifts the collar", "steps back", "looks up", "drops the glove", "smiles at nobody"],
    "manner": ["collar up", "one glove off", "hat in hand", "breathing slowly", "eyes on the street"],
    "manner2": ["wet from the rain", "half in shadow", "in sharp focus", "turned away from us", "lit from below"],
    "light": ["single sodium lamp", "venetian blind shadows", "a hanging bulb", "neon spill", "cold window light"],
    "light2": ["smoke", "steam from a grate", "a string of lamps", "the harbour fog", "passing headlights"],
    "side": ["left", "right"],
    "mood": ["tense", "lonely", "hopeful", "wry", "grim"],
    "mood2": ["sweet", "loud", "busy", "comic"],
    "motion": ["slow push-in", "locked off", "pan left", "crane down"],
    "thing": ["letter", "revolver", "suitcase", "ledger", "umbrella", "photograph"],
    "thing2": ["telephone", "piano", "doorway", "staircase"],
    "tag": ["hero", "insert", "pickup", "establishing"],
    "name": ["vars.city"] * 9 + ["vars.city | upper"],
}
_CAST = ("vera", "sam", "doyle", "kitty", "marlow", "irene", "pike", "wells")


def shot_list(shots: int, seed: int = 1) -> Iterator[str]:
    """The text of a list of `shots` shots over scenes of 20, in pieces of one scene head or one shot."""
    dice = random.Random(seed)
    cast = "\n".join(
        f"  {who}:\n    name: {who.title()}\n    frontal: refs/{who}.png\n    wardrobe: grey coat {number}, felt hat"
        for number, who in enumerate(_CAST, 1)
    )
    yield _HEAD.format(shots=shots, cast=cast)
    for shot in range(shots):
        words = {name: dice.choice(choices) for name, choices in _WORDS.items()}
        if shot % SHOTS_A_SCENE == 0:
            yield _SCENE.format(scene=shot // SHOTS_A_SCENE + 1, **words)
        yield _one_shot(shot, dice, words)


def _one_shot(shot: int, dice: random.Random, words: dict[str, str]) -> str:
    """One shot's block: every tenth with a full prompt, the others in slots."""
    numbers = {name: dice.randint(1, 9999) for name in ("ref", "ref2", "page", "line")}
    form = _FULL if shot % 10 == 9 else _SLOTS
    return form.format(shot=(shot + 1) * 10, who=dice.choice(_CAST), duration=dice.randint(3, 15), **numbers, **words)


def write_show(folder: Path, shots: int) -> Path:
    """A whole show in `folder`: the list, its cast pictures and a root marker. Gives the list's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shotpilot.toml").write_text("")
    _draw_cast(folder / "refs")
    path = folder / "list.yaml"
    with path.open("w", encoding="utf-8") as out:
        out.writelines(shot_list(shots))
    return path


def _draw_cast(refs: Path) -> None:
    """A plain picture per cast member, inside the limits of the models (300 px and more, ratio 1)."""
    from PIL import Image  # only here: the measuring process itself must stay small

    refs.mkdir(exist_ok=True)
    for number, who in enumerate(_CAST):
        Image.new("RGB", (512, 512), (20 * number, 90, 160)).save(refs / f"{who}.png")
