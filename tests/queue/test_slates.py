"""Slates: right in size, the same each time, coloured by their words, with nothing cut off or laid over."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shotpilot_pipeline.catalog.cards import load_catalog
from shotpilot_pipeline.queue.rehearsal.artist import pixel_size, slate_copy
from shotpilot_pipeline.queue.rehearsal.models import models_of
from shotpilot_pipeline.queue.slates import people
from shotpilot_pipeline.queue.slates.copy import Copy, Tile, panel_texts
from shotpilot_pipeline.queue.slates.draw import draw_roll
from shotpilot_pipeline.queue.slates.layout import CODE_SPACING, Box, Layout, lay_out
from shotpilot_pipeline.queue.slates.lettering import LEADING, fit_block, fit_line, font, prompt_of, settable, width_of
from shotpilot_pipeline.queue.slates.mood import ACCENTS, MOODS, STUDIO, TONES, mood_of, palette
from tests.examples import at_most
from tests.queue.rehearsing import O3, O3_I2I, png

MODELS = models_of(load_catalog(None))
O3_MODEL = MODELS(O3)
assert O3_MODEL is not None
SIZES = dict(O3_MODEL.pixels)
PROMPT = "Wide shot, 35mm. @Element1 crosses a rain-slick alley at night, wet reflections. "


def copy_of(prompt: str = PROMPT, resolution: str = "1K", aspect: str = "16:9", **more: object) -> Copy:
    width, height = SIZES[resolution, aspect]
    made = Copy(
        width, height, prompt, O3, resolution, aspect, show="midnight", scene="sc010", shot="sh020", stage="iterate"
    )
    return replace(made, **more)  # type: ignore[arg-type]


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize(("resolution", "aspect"), SIZES)
def test_a_slate_has_the_size_the_card_says(resolution: str, aspect: str) -> None:
    (data,) = draw_roll(copy_of(resolution=resolution, aspect=aspect))
    picture = opened(data)
    assert (picture.size, picture.format, picture.mode) == (SIZES[resolution, aspect], "PNG", "P")


@pytest.mark.parametrize(("kind", "name"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
def test_every_output_format(kind: str, name: str) -> None:
    first, second = draw_roll(copy_of(output_format=kind, count=2))
    assert opened(first).format == name
    assert first != second


def test_the_same_request_tags_and_take_give_the_same_bytes() -> None:
    copy = copy_of(faces=(Tile("@Element1", png(400, 500)),), count=3, first_take=2)
    takes = draw_roll(copy)
    assert takes == draw_roll(replace(copy))
    assert len(set(takes)) == 3
    assert draw_roll(replace(copy, first_take=3, count=1)) == takes[1:2]
    for change in ({"shot": "sh021"}, {"stage": "final"}, {"prompt": PROMPT + "x"}, {"chance": "1"}, {"faces": ()}):
        assert draw_roll(replace(copy, **change, count=1, first_take=3)) != takes[1:2]  # type: ignore[arg-type]


def test_a_composition_holds_from_stage_to_stage() -> None:
    words = "Wide shot. She crosses a rooftop above the city at dusk"
    first = opened(draw_roll(copy_of(words))[0])
    wrapped = copy_of(f"Keep the composition. {words}", stage="refine")
    box = (1000, 250, 1360, 700)  # pixels: the scene, beside the type
    assert first.crop(box).tobytes() == opened(draw_roll(wrapped)[0]).crop(box).tobytes()
    assert first.crop(box).tobytes() != opened(draw_roll(copy_of(words, shot="sh030"))[0]).crop(box).tobytes()


def test_a_series_brings_one_picture_for_each_panel() -> None:
    prompt = "Storyboard. Panel 1: Wide, empty court. Panel 2: She stands. Panel 3: A gavel."
    assert panel_texts(prompt, 3) == ("Storyboard.", ("Wide, empty court.", "She stands.", "A gavel."))
    assert panel_texts("No panels here", 2) == ("", ("No panels here",) * 2)
    panels = draw_roll(copy_of(prompt, series=True, count=3))
    assert len(set(panels)) == 3


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("the alley at night", "night"),
        ("cliff edge at sunset", "sunset"),
        ("last light, dusk", "sunset"),
        ("film noir, black and white, night", "noir"),
        ("red neon spill at night", "neon"),
        ("deep forest", "forest"),
        ("a village under snow", "snow"),
        ("the warehouse burns, flames", "fire"),
        ("Art Deco gold lettering", "gold"),
        ("starship orbits a gas planet", "space"),
        ("overlooking the ocean", "sea"),
        ("an unremarkable thing", "studio"),
        ("knight and snowboarder fired", "snow"),
    ],
)
def test_the_palette_follows_the_words(words: str, name: str) -> None:
    assert mood_of(words).name == name


def brightness(mood_words: str) -> float:
    picture = opened(draw_roll(copy_of(mood_words))[0]).convert("L").reduce(16)
    data = picture.tobytes()
    return sum(data) / len(data)


def test_night_is_dark_and_snow_is_pale() -> None:
    assert brightness("a street at night") < 60
    assert brightness("a field of snow") > 170


def test_noir_is_grey_but_for_its_accent() -> None:
    colours = palette(mood_of("film noir"))
    tones = [colours[3 * tone : 3 * tone + 3] for tone in range(TONES)]
    assert all(max(tone) - min(tone) < 12 for tone in tones)


@pytest.mark.parametrize("mood", [*MOODS, STUDIO], ids=lambda mood: mood.name)
def test_type_can_be_read_on_every_ground(mood: object) -> None:
    colours = palette(mood)  # type: ignore[arg-type]
    assert len(colours) == 3 * (TONES + ACCENTS)
    ink, ground = (4, 181) if mood.light else (189, 7)  # type: ignore[attr-defined]

    def luminance(tone: int) -> float:
        parts = [part / 255 for part in colours[3 * tone : 3 * tone + 3]]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) > 10  # WCAG asks 7 of small type


def boxes_of(copy: Copy, layout: Layout) -> dict[str, Box]:
    """Where ink comes to stand, measured with the font itself."""
    found: dict[str, Box] = {"stripes": layout.stripes, "bar": layout.bar, "take": layout.take}
    for name, line, spacing in (
        ("show", layout.show, 0.16), ("code", layout.code, CODE_SPACING),
        ("under", layout.under, 0.02), ("facts", layout.facts, 0.04),
    ):  # fmt: skip
        if line.text:
            _, top, _, low = font(line.size).getbbox(line.text)
            wide = width_of(line.text, line.size, spacing)
            found[name] = (line.x, line.y + int(top), line.x + wide, line.y + int(low))
    for number, text in enumerate(layout.text.lines):
        left, top, right, low = font(layout.text.size).getbbox(text)
        y = layout.text_at[1] + number * layout.text.size * LEADING
        found[f"text {number}"] = (
            layout.text_at[0] + int(left), int(y + top), layout.text_at[0] + int(right + 1), int(y + low + 1),
        )  # fmt: skip
    found |= {f"panel {number}": box for number, box in enumerate(layout.panels)}
    label = round(layout.tile_labels * 1.5)
    found |= {f"tile {number}": (*box[:3], box[3] + label) for number, box in enumerate(layout.tiles)}
    return found


def check_layout(copy: Copy, text: str, under: str) -> None:
    layout = lay_out(copy, text, under, "16:9   ·   1K   ·   1360 x 768   ·   O3 text to image   ·   png")
    boxes = boxes_of(copy, layout)
    for name, (left, top, right, low) in boxes.items():
        assert 0 <= left < right <= copy.width, name
        assert 0 <= top < low <= copy.height, name
    for (one, a), (other, b) in combinations(boxes.items(), 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart or (one.startswith("text") and other.startswith("text")), f"{one} lies over {other}"


@pytest.mark.parametrize(("resolution", "aspect"), [key for key in SIZES if key[0] != "2K"])
@pytest.mark.parametrize("length", [20, 120, 600, 1200, 2500])
def test_nothing_is_cut_off_or_laid_over(resolution: str, aspect: str, length: int) -> None:
    text = (PROMPT * 40)[:length]
    tiles = tuple(Tile(f"@Image{number}", None, "a_long_name_of_a_picture.jpg") for number in range(1, 11))
    plain = copy_of(text, resolution, aspect)
    check_layout(plain, text, "")
    check_layout(replace(plain, faces=tiles[:1], references=tiles[:2]), text, "dusk.l85")
    check_layout(replace(plain, series=True, count=9, references=tiles), text, "Panel 2 of 9")
    wordy = replace(plain, show="an-uncommonly-long-name-of-a-show" * 3, scene="scene-of-the-crime", shot="shot_" * 9)
    check_layout(replace(wordy, references=tiles), text, "dusk.handheld.l85.rain." * 4)


@settings(max_examples=at_most(60))
@given(st.text(max_size=300), st.text(max_size=40), st.sampled_from(sorted(SIZES)))
def test_no_words_whatever_break_a_slate(prompt: str, shot: str, size: tuple[str, str]) -> None:
    if size[0] == "1K":
        check_layout(copy_of(prompt, *size, shot=shot), prompt, shot)


@settings(max_examples=15)
@given(st.text(max_size=200), st.text(max_size=30))
def test_any_text_is_drawn(prompt: str, shot: str) -> None:
    assert len(draw_roll(copy_of(prompt, shot=shot, variant=shot, show=prompt))) == 1


def test_long_prompts_are_shrunk_first_and_cut_last() -> None:
    short = fit_block("A lamp", 600, 300, 40, 12)
    longer = fit_block("A lamp in the rain. " * 20, 600, 300, 40, 12)
    longest = fit_block("A lamp in the rain. " * 200, 600, 300, 40, 12)
    assert (short.size, short.cut) == (40, False)
    assert (12 < longer.size < 40, longer.cut) == (True, False)
    assert (longest.size, longest.cut) == (12, True)
    assert longest.lines[-1].endswith("…")
    assert all(width_of(line, longest.size) <= 601 for line in longest.lines)
    assert fit_block("x" * 500, 100, 300, 20, 10).lines[0].strip("x") == ""
    assert fit_line("an-uncommonly-long-name", 60, 20, 12)[0].endswith("…")


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Café Łódź – 3×4\n\tnoir", "Cafe Lodz - 3x4 noir"),
        ("e\u0301te\u0301 Ærø Þór ħıŧ ½ ｆｕｌｌ", "ete AEro Thor hit 1/2 full"),
        ("黒 film", "[1 letter] film"),
        ("a neon sign 京都 カフェ above, ★", "a neon sign [5 letters] above, ·"),
    ],
)
def test_letters_the_font_lacks_become_letters_it_has(text: str, drawn: str) -> None:
    assert settable(text) == drawn


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("夜の路地に立つ女、 @Element1 雨", "CJK, Hiragana"),
        ("Ночной переулок, дождь", "Cyrillic"),
        ("סמטה בלילה", "Hebrew"),
        ("زقاق في الليل", "Arabic"),
    ],
)
def test_a_prompt_in_another_script_is_said_to_be_one(text: str, script: str) -> None:
    said = prompt_of(text)
    assert said.startswith(f"Prompt of {len(text)} characters in a script this slate has no letters for ({script}).")
    assert ("It speaks of @Element1." in said) is ("@Element1" in text)
    assert settable(said) == said
    assert draw_roll(copy_of(text)) != draw_roll(copy_of("·"))


def test_a_prompt_with_a_few_strange_words_stays() -> None:
    assert prompt_of("A street in Kyōto under the sign 京都") == "A street in Kyōto under the sign 京都"
    assert prompt_of("") == ""


@pytest.mark.parametrize(
    ("words", "cast", "figures"),
    [
        ("Wide shot. @Element1 in the rain, wet cobbles mirroring both.", 1, 1),
        ("Wide shot. @Element1 and @Element2 both wait.", 2, 2),
        ("Wide shot. The woman waits, lamps mirrored in both windows.", 1, 1),
        ("Wide shot. A couple dances.", 0, 2),
        ("Wide shot. An empty alley.", 1, 0),
    ],
)
def test_as_many_people_as_the_cast(words: str, cast: int, figures: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []
    monkeypatch.setattr(people, "_figure", lambda *_: drawn.append(_))
    draw_roll(copy_of(words, faces=(Tile("@Element1", None, "x.jpg"),) * cast))
    assert len(drawn) == figures


def test_a_reference_is_shown_whole() -> None:
    edges = Image.new("L", (400, 100), 0)
    edges.paste(255, (0, 0, 20, 100))
    edges.paste(255, (380, 0, 400, 100))
    kept = BytesIO()
    edges.save(kept, "png")
    slate = opened(draw_roll(copy_of(references=(Tile("@Image1", kept.getvalue()),)))[0]).convert("L")
    left, top, right, low = lay_out(copy_of(references=(Tile("@Image1", b""),)), PROMPT, "", "").tiles[0]
    middle = (top + low) // 2
    row = [slate.getpixel((x, middle)) for x in (left + 3, (left + right) // 2, right - 4)]
    assert row[0] == row[2] > row[1]
    assert slate.getpixel((left + 3, top + 5)) == row[1]


@pytest.mark.parametrize("data", [b"", b"no picture", png(10, 10)[:40], b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_a_reference_that_is_no_picture_is_a_labelled_tile(data: bytes) -> None:
    assert draw_roll(copy_of(references=(Tile("@Image1", data),)))


def test_auto_takes_the_ratio_of_the_first_reference() -> None:
    model = MODELS(O3_I2I)
    assert model is not None
    wide, tall = Tile("@Image1", png(2400, 1000)), Tile("@Image1", png(600, 900))
    assert pixel_size(model, "2K", "auto", (wide,)) == (3104, 1312)
    assert pixel_size(model, "1K", "auto", (tall, wide)) == (832, 1248)
    assert pixel_size(model, "1K", "auto") == (1360, 768)
    assert pixel_size(model, "1K", "auto", (Tile("@Image1", None, "x.jpg"),)) == (1360, 768)


def test_words_and_tiles_come_from_tags_and_body() -> None:
    model = MODELS(O3_I2I)
    assert model is not None
    body = {
        "prompt": "x", "image_urls": ["https://web.example/dir/plate.jpg?x=1", "ours"],
        "elements": [{"frontal_image_url": "ours"}], "resolution": "2K", "aspect_ratio": "1:1", "num_images": 2,
    }  # fmt: skip
    tags = {"show": "s", "scene": "sc1", "shot": "sh1", "variant": "v", "stage": "final", "take": "4"}
    copy = slate_copy(O3_I2I, body, tags, model, lambda url: b"data" if url == "ours" else None)
    assert (copy.scene, copy.shot, copy.variant, copy.stage, copy.first_take) == ("sc1", "sh1", "v", "final", 4)
    assert (copy.width, copy.height, copy.count, copy.series) == (2048, 2048, 2, False)
    assert copy.references == (Tile("@Image1", None, "plate.jpg"), Tile("@Image2", b"data"))
    assert copy.faces == (Tile("@Element1", b"data"),)
    assert copy.model == "O3 image to image"
    assert slate_copy(O3_I2I, body, {"take": "many"}, model, lambda url: None).first_take == 1
