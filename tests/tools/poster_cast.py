"""The cast of the show piece as people on a poster, from the front. Nobody who ever lived is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw

from tests.tools.poster import FINE, Canvas, Colour, Point, curve, mirrored, path, rays

SIDE = 768  # px, both sides of a portrait


@dataclass(frozen=True)
class Person:
    """How a cast member is drawn. Each tone is (in light, in shadow)."""

    id: str
    ground: tuple[Colour, Colour]  # background, its rays
    skin: tuple[Colour, Colour]
    hair: tuple[Colour, Colour]
    coat: tuple[Colour, Colour]
    shirt: Colour
    lips: tuple[Colour, Colour]
    kind: str  # "singer", "inspector" or "boss"


VERA = Person(
    id="vera",
    ground=((20, 62, 68), (26, 78, 83)),
    skin=((243, 205, 170), (150, 84, 76)),
    hair=((58, 30, 30), (24, 14, 20)),
    coat=((30, 30, 40), (14, 14, 22)),
    shirt=(243, 205, 170),
    lips=((190, 32, 40), (104, 16, 30)),
    kind="singer",
)
DOYLE = Person(
    id="doyle",
    ground=((122, 66, 32), (140, 80, 40)),
    skin=((226, 174, 132), (124, 70, 54)),
    hair=((74, 66, 60), (40, 34, 34)),
    coat=((176, 142, 98), (98, 72, 50)),
    shirt=(232, 224, 206),
    lips=((166, 92, 76), (92, 48, 42)),
    kind="inspector",
)
MARLOW = Person(
    id="marlow",
    ground=((84, 22, 30), (100, 30, 36)),
    skin=((236, 200, 172), (140, 92, 84)),
    hair=((214, 212, 208), (128, 126, 130)),
    coat=((34, 34, 38), (14, 14, 18)),
    shirt=(240, 236, 226),
    lips=((172, 104, 92), (98, 56, 54)),
    kind="boss",
)
CAST = (VERA, DOYLE, MARLOW)
#: Stands in for a face in a new show, until there is a photograph.
ADA = Person(
    id="ada",
    ground=((92, 104, 88), (106, 118, 100)),
    skin=((224, 172, 134), (134, 80, 62)),
    hair=((132, 62, 34), (70, 32, 26)),
    coat=((196, 188, 170), (112, 104, 96)),
    shirt=(224, 172, 134),
    lips=((186, 78, 66), (110, 42, 40)),
    kind="singer",
)

JAW = {
    "singer": path("0,172 66,184 108,240 116,310 108,384 84,446 44,500 14,518 0,520"),
    "inspector": path("0,172 74,186 116,240 122,320 118,410 104,466 62,518 22,532 0,533"),
    "boss": path("0,160 70,172 112,232 118,318 112,400 96,462 54,514 18,528 0,529"),
}
# The edge of the light on a face lit from the left: brow, nose, lips, chin; all to the right of it is dark.
TERMINATOR: list[Point] = path(
    "398,120 402,230 396,286 392,306 398,350 404,386 400,398 374,404 376,409 398,414 396,432 "
    "402,452 394,472 396,500 390,560 640,560 640,120"
)
NECK_SHADE: list[Point] = path("384,430 400,560 424,670 470,800 768,800 768,430")
CHEEK: list[Point] = path("422,340 424,336 462,340 474,352 452,396 440,402 428,376")


def front(person: Person) -> Image.Image:
    """The face from the front, evenly readable: what a face reference has to be."""
    canvas = Canvas(SIDE, SIDE, person.ground[0])
    rays(canvas, person.ground[1], (384, 300))
    BACK_HAIR[person.kind](canvas, person)
    _neck(canvas, person)
    _shoulders(canvas, person)
    _ears(canvas, person)
    half = [(dx, y) for dx, y in JAW[person.kind]]
    face = canvas.lit(person.skin, curve(mirrored(half)), TERMINATOR)
    canvas.fill(person.skin[0], curve(CHEEK), within=face)
    for side in (-1, 1):
        _eye(canvas, person, side)
    _mouth(canvas, person)
    TOP_HAIR[person.kind](canvas, person, face)
    return canvas.finished()


def _shoulders(canvas: Canvas, person: Person) -> None:
    shape = curve(path("60,800 78,690 150,640 300,596 384,590 468,596 618,640 690,690 708,800"))
    if person.kind == "singer":
        skin = curve(path("96,800 120,690 200,640 330,590 438,590 568,640 648,690 672,800"))
        canvas.lit(person.skin, skin, NECK_SHADE)
        gown = path("90,800 150,706 158,704 270,740 384,762 498,740 610,704 618,706 680,800")
        canvas.lit(person.coat, gown, [(420, 690), (440, 800), (768, 800), (768, 690)])
        return
    canvas.lit(person.coat, shape, [(420, 580), (430, 800), (768, 800), (768, 580)])
    canvas.fill(person.shirt, [(326, 590), (384, 720), (442, 590)])
    shadow = tuple(round(part * 0.55) for part in person.shirt)
    canvas.fill((shadow[0], shadow[1], shadow[2]), [(392, 590), (390, 716), (442, 590)])
    tie = (26, 26, 32) if person.kind == "boss" else (92, 26, 28)
    if person.kind == "boss":
        canvas.fill(tie, curve(path("384,604 346,588 340,610 346,630 384,614 422,630 428,610 422,588")))
        for side in (-1, 1):
            lapel = [(384 + side * 62, 586), (384 + side * 150, 640), (384 + side * 118, 668), (384, 800)]
            canvas.fill((46, 46, 52) if side < 0 else (20, 20, 24), lapel)
    else:
        canvas.fill(tie, path("372,606 396,606 404,630 396,760 384,790 372,760 366,630"))
        for side in (-1, 1):
            tone = (204, 170, 122) if side < 0 else (122, 92, 64)
            collar = [
                (384 + side * 54, 560),
                (384 + side * 96, 540),
                (384 + side * 190, 640),
                (384 + side * 112, 700),
                (384 + side * 20, 768),
            ]
            canvas.fill(tone, collar)


def _neck(canvas: Canvas, person: Person) -> None:
    wide = 50 if person.kind == "singer" else 64
    base = 606 if person.kind != "singer" else 640
    neck = canvas.lit(
        person.skin,
        [
            (384 - wide, 440),
            (384 - wide - 4, base - 20),
            (384, base + 16),
            (384 + wide + 4, base - 20),
            (384 + wide, 440),
        ],
        NECK_SHADE,
    )
    canvas.fill(person.skin[1], curve(path("300,470 340,528 384,566 420,560 500,480")), within=neck)


def _ears(canvas: Canvas, person: Person) -> None:
    if person.kind == "singer":
        return
    for side in (-1, 1):
        tone = person.skin[0] if side < 0 else person.skin[1]
        x = 384 + side * 118
        canvas.fill(tone, curve([(x, 300), (x + side * 22, 296), (x + side * 26, 330), (x + side * 14, 376), (x, 382)]))


def _eye(canvas: Canvas, person: Person, side: int) -> None:
    """One eye with its lid and brow; `side` -1 is the lit one."""
    x, y = 384 + side * 54, 318.0
    dark = person.hair[1] if person.kind != "boss" else (62, 56, 60)
    white = (248, 240, 226) if side < 0 else (176, 150, 140)
    if side > 0:
        canvas.fill(
            person.skin[1], curve([(x - 40, y - 30), (x, y - 40), (x + 42, y - 24), (x + 36, y + 12), (x - 36, y + 12)])
        )
    open_by = 1.0 if person.kind == "singer" else 0.8
    shape = [
        (x + side * dx, y + dy * open_by)
        for dx, dy in ((-31, 4), (-31, 4), (-10, -13), (12, -14), (33, -3), (33, -3), (12, 9), (-14, 10))
    ]
    eye = canvas.fill(white, curve(shape))
    iris = {"singer": (54, 106, 96), "inspector": (84, 64, 44), "boss": (92, 112, 128)}[person.kind]
    canvas.disc(iris, x + 2, y - 3, 13, eye)
    canvas.disc((16, 12, 14), x + 2, y - 3, 6.5, eye)
    canvas.disc((255, 250, 240), x - 3, y - 8, 2.6, eye)
    lid = [(x + side * dx, y + dy * open_by) for dx, dy in ((-33, 5), (-10, -14), (12, -15), (37, -6))]
    canvas.line(dark, lid, 7 if person.kind == "singer" else 5)
    if person.kind == "singer":
        canvas.fill(dark, curve([(x + side * 22, y - 12), (x + side * 52, y - 22), (x + side * 36, y - 2)]))
    brow = {
        "singer": ((-34, -34), (-4, -48), (30, -46), (52, -32), (30, -41), (-4, -42)),
        "inspector": ((-38, -28), (-34, -40), (0, -44), (44, -32), (44, -26), (0, -33)),
        "boss": ((-36, -26), (-30, -37), (6, -47), (46, -36), (6, -38), (-30, -29)),
    }[person.kind]
    tone = dark if person.kind != "boss" else ((150, 146, 146) if side < 0 else (88, 84, 88))
    canvas.fill(tone, curve([(x + side * dx, y + dy) for dx, dy in brow]))
    if person.kind == "boss":
        glass = Image.new("L", canvas.image.size)
        box = [(x - 44) * FINE, (y - 40) * FINE, (x + 44) * FINE, (y + 46) * FINE]
        ImageDraw.Draw(glass).ellipse(box, outline=255, width=4 * FINE)
        canvas.image.paste((206, 166, 84) if side < 0 else (122, 92, 48), mask=glass)
        canvas.line((206, 166, 84), [(374, 312), (384, 306), (394, 312)], 4)


def _mouth(canvas: Canvas, person: Person) -> None:
    full = 1.0 if person.kind == "singer" else 0.62
    wide = 1.0 if person.kind == "singer" else 1.08

    def placed(*points: Point) -> list[Point]:
        return curve([(384 + dx * wide, 450 + dy * full) for dx, dy in points])

    dark = path("398,400 402,452 394,500 500,500 500,400")
    upper = placed(
        (-44, 1),
        (-44, 1),
        (-20, -13),
        (-7, -17),
        (0, -12),
        (7, -17),
        (20, -13),
        (44, 1),
        (44, 1),
        (18, 3),
        (0, 5),
        (-18, 3),
    )
    lower = placed((-40, 3), (-18, 4), (0, 6), (18, 4), (40, 3), (22, 22), (0, 27), (-22, 22))
    canvas.lit(
        (person.lips[1], (70, 12, 22)) if person.kind == "singer" else (person.lips[1], person.lips[1]), upper, dark
    )
    canvas.lit(person.lips, lower, dark)
    if person.kind == "singer":
        canvas.fill((232, 92, 88), placed((-20, 10), (-8, 9), (2, 11), (-8, 15)))
    if person.kind == "inspector":
        moustache = curve(path("384,418 350,420 322,440 322,440 352,436 384,432 416,436 446,440 446,440 418,420"))
        canvas.lit(person.hair, moustache, dark)


def _bob_behind(canvas: Canvas, person: Person) -> None:
    half = path("0,118 80,126 138,176 160,262 164,360 156,440 120,486 70,480 0,470")
    canvas.lit(person.hair, curve(mirrored(half)), [(420, 100), (430, 520), (640, 520), (640, 100)])


def _bob_before(canvas: Canvas, person: Person, face: Image.Image) -> None:
    """Finger waves: a side parting, one wave low over the shadowed brow, curls at the cheeks."""
    left = curve(
        path(
            "352,130 352,130 316,190 286,232 270,286 274,330 262,386 270,420 262,452 232,462 214,430 "
            "216,350 220,260 250,180 300,136"
        )
    )
    right = curve(
        path(
            "348,128 348,128 400,196 452,224 494,262 500,306 492,340 506,384 498,420 510,452 540,458 "
            "554,420 552,330 544,240 508,166 440,122"
        )
    )
    lit, dark = canvas.fill(person.hair[0], left), canvas.fill(person.hair[1], right)
    for wave in (
        [(330, 168), (286, 208), (250, 226)],
        [(292, 236), (262, 262), (230, 268)],
        [(270, 300), (250, 320), (220, 322)],
        [(268, 364), (246, 376), (220, 376)],
        [(264, 424), (244, 428), (222, 424)],
    ):
        canvas.line((110, 60, 50), wave, 5, lit)
    for wave in (
        [(384, 150), (440, 176), (498, 186)],
        [(420, 190), (474, 212), (524, 222)],
        [(480, 250), (514, 262), (546, 268)],
        [(500, 314), (524, 320), (550, 318)],
        [(502, 372), (526, 376), (552, 372)],
        [(506, 424), (528, 428), (548, 420)],
    ):
        canvas.line((70, 36, 40), wave, 5, dark)
    for side in (-1, 1):
        x = 384 + side * 128
        canvas.disc((236, 228, 214) if side < 0 else (150, 140, 138), x, 484, 12)
        canvas.disc((255, 252, 244) if side < 0 else (190, 180, 174), x - 3, 480, 4)


def _hat_behind(canvas: Canvas, person: Person) -> None:
    half = path("0,200 126,210 134,270 126,330 104,350 0,350")
    canvas.lit(person.hair, curve(mirrored(half)), [(400, 100), (400, 520), (640, 520), (640, 100)])


def _hat_before(canvas: Canvas, person: Person, face: Image.Image) -> None:
    """A fedora, and what its brim takes of the light."""
    felt, dark = (96, 80, 66), (48, 38, 36)
    shade = curve(path("240,210 280,262 384,282 490,262 540,210"))
    canvas.fill(person.skin[1], shade, within=face)
    crown = curve(path("258,232 262,150 292,84 344,70 384,92 424,70 476,84 506,150 510,232"))
    canvas.lit((felt, dark), crown, path("404,40 396,110 410,260 640,260 640,40"))
    canvas.line(dark, [(384, 94), (376, 130), (372, 160)], 6)
    band = curve(path("256,196 256,196 384,214 512,196 512,196 514,236 514,236 384,254 254,236 254,236"))
    canvas.lit(((30, 24, 26), (18, 14, 16)), band, [(404, 180), (404, 260), (640, 260), (640, 180)])
    brim = curve(
        path("150,218 200,224 260,232 384,250 508,232 568,224 618,218 584,252 500,276 384,284 268,276 184,252")
    )
    canvas.lit(((118, 100, 82), (60, 48, 44)), brim, [(420, 200), (404, 300), (640, 300), (640, 200)])


def _no_hair(canvas: Canvas, person: Person) -> None:
    half = path("0,128 86,138 130,196 138,280 130,360 112,380 0,380")
    canvas.lit(person.hair, curve(mirrored(half)), [(400, 100), (400, 520), (640, 520), (640, 100)])


def _slick_before(canvas: Canvas, person: Person, face: Image.Image) -> None:
    """Swept straight back from a high widow's peak."""
    hair = curve(
        path(
            "256,296 256,296 262,236 292,204 344,196 384,222 384,222 424,196 476,204 506,236 512,296 "
            "512,296 528,220 496,150 430,112 384,106 338,112 272,150 240,220"
        )
    )
    canvas.lit(person.hair, hair, [(392, 90), (386, 320), (640, 320), (640, 90)])
    for dx in (-96, -66, -36, -10):
        canvas.line((176, 174, 174), [(384 + dx, 198), (384 + dx * 0.92, 160), (384 + dx * 0.7, 122)], 4)
    for dx in (22, 50, 80, 104):
        canvas.line((96, 94, 100), [(384 + dx, 198), (384 + dx * 0.92, 160), (384 + dx * 0.7, 122)], 4)


BACK_HAIR: dict[str, Callable[[Canvas, Person], None]] = {
    "singer": _bob_behind,
    "inspector": _hat_behind,
    "boss": _no_hair,
}
TOP_HAIR: dict[str, Callable[[Canvas, Person, Image.Image], None]] = {
    "singer": _bob_before,
    "inspector": _hat_before,
    "boss": _slick_before,
}
