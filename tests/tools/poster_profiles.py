"""The cast of the show piece in profile, to the left or to the right."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw

from tests.tools.poster import FINE, Canvas, Point, curve, path, rays
from tests.tools.poster_cast import SIDE, Person

PROFILE: list[Point] = path(
    "330,160 290,206 276,262 280,290 262,330 228,374 228,374 232,386 252,392 256,406 240,424 "
    "240,424 258,437 246,452 264,470 256,496 276,524 322,522 356,540 362,600 340,660 520,660 "
    "500,560 506,440 520,330 480,200 400,150"
)
PROFILE_SHADE: list[Point] = path(
    "262,524 300,516 350,498 404,452 424,404 416,350 430,300 424,240 700,240 700,720 340,720 366,640 362,570 350,540"
)


def side(person: Person, *, flip: bool = False) -> Image.Image:
    """The face in profile, looking left; flipped, looking right."""
    canvas = Canvas(SIDE, SIDE, person.ground[0])
    rays(canvas, person.ground[1], (384, 300))
    skin = canvas.lit(person.skin, curve(PROFILE), PROFILE_SHADE)
    if person.kind != "singer":
        canvas.fill(person.skin[1], curve(path("430,306 458,296 470,330 454,376 436,384")))
        canvas.fill(person.skin[0], curve([(436, 312), (452, 306), (458, 328), (446, 352)]))
    _side_shoulders(canvas, person)
    _side_face(canvas, person, skin)
    SIDE_HAIR[person.kind](canvas, person, skin)
    return canvas.finished(flip=flip)


def _side_shoulders(canvas: Canvas, person: Person) -> None:
    shade = path("430,560 420,660 450,800 768,800 768,560")
    if person.kind == "singer":
        body = curve(path("196,820 214,730 280,670 350,630 500,620 590,668 640,740 650,820"))
        canvas.lit(person.skin, body, path("354,560 366,640 392,700 450,820 768,820 768,560"))
        gown = path("180,800 212,724 300,752 420,728 560,704 640,730 670,800")
        canvas.lit(person.coat, gown, shade)
        return
    canvas.fill(person.shirt, path("330,640 344,556 420,580 520,600 520,680 300,760"))
    body = curve(path("150,820 176,720 250,664 330,650 420,612 510,580 510,580 610,650 668,730 680,820"))
    canvas.lit(person.coat, body, path("430,560 404,690 430,820 768,820 768,560"))
    if person.kind == "boss":
        canvas.fill((18, 18, 24), curve(path("330,614 352,600 366,620 350,640 328,640")))
        canvas.fill((52, 52, 58), path("330,652 420,616 400,690 290,800 250,800"))
    else:
        canvas.fill((92, 26, 28), path("326,626 350,616 352,650 320,740 300,720"))
        canvas.fill((204, 170, 122), path("352,600 430,556 520,556 534,596 430,640 330,700 316,664"))
        canvas.fill((122, 92, 64), [(430, 556), (520, 556), (534, 596), (436, 638)])


def _side_face(canvas: Canvas, person: Person, skin: Image.Image) -> None:
    """Socket, eye, brow, nostril and mouth in profile."""
    dark = person.hair[1] if person.kind != "boss" else (62, 56, 60)
    canvas.fill(person.skin[1], curve(path("282,286 300,282 340,290 330,304 290,306 284,300")), within=skin)
    eye = canvas.fill((248, 240, 226), curve(path("287,322 290,308 312,304 334,314 334,314 312,324")))
    iris = {"singer": (54, 106, 96), "inspector": (84, 64, 44), "boss": (92, 112, 128)}[person.kind]
    canvas.disc(iris, 297, 313, 10, eye)
    canvas.disc((16, 12, 14), 294, 313, 5.5, eye)
    canvas.line(dark, [(284, 318), (290, 306), (312, 301), (338, 313)], 6)
    if person.kind == "singer":
        canvas.fill(dark, curve([(324, 306), (352, 300), (336, 318)]))
    brow = curve(path("276,278 300,264 338,268 360,284 336,275 300,274"))
    canvas.fill((168, 164, 164) if person.kind == "boss" else dark, brow)
    canvas.fill(person.skin[1], curve([(250, 384), (262, 374), (274, 384), (264, 392)]), within=skin)
    canvas.fill(person.lips[1], curve(path("238,426 250,418 272,428 290,437 290,437 258,438")), within=skin)
    canvas.fill(person.lips[0], curve(path("244,452 258,438 288,438 272,454 254,460")), within=skin)
    if person.kind == "inspector":
        canvas.fill(person.hair[0], curve(path("242,400 262,396 296,412 312,434 312,434 280,424 246,416")))


def _bob_side(canvas: Canvas, person: Person, skin: Image.Image) -> None:
    hair = curve(
        path(
            "326,132 300,170 296,214 318,248 352,262 372,300 364,340 384,384 372,424 388,464 420,480 "
            "480,486 544,470 568,400 572,300 544,200 480,136 396,114"
        )
    )
    mask = canvas.lit(person.hair, hair, curve(path("450,100 470,240 500,360 470,500 640,500 640,100")))
    for wave in (
        [(300, 200), (360, 196), (420, 160), (470, 150)],
        [(330, 250), (390, 240), (450, 204), (530, 200)],
        [(362, 300), (420, 290), (480, 256), (560, 258)],
        [(370, 350), (430, 344), (490, 312), (570, 316)],
        [(376, 400), (440, 396), (500, 366), (570, 372)],
        [(384, 448), (440, 446), (500, 420), (560, 428)],
    ):
        canvas.line((110, 60, 50), wave, 5, mask)
    canvas.disc((236, 228, 214), 392, 492, 13)
    canvas.disc((255, 252, 244), 388, 488, 4)


def _hat_side(canvas: Canvas, person: Person, skin: Image.Image) -> None:
    felt, dark = (96, 80, 66), (48, 38, 36)
    nape = curve(path("408,220 404,300 414,330 430,300 462,290 474,340 462,392 498,420 518,380 530,240"))
    canvas.lit(person.hair, nape, [(470, 200), (474, 430), (640, 430), (640, 200)])
    canvas.fill(person.skin[1], curve(path("262,236 276,276 340,268 420,262 430,220")), within=skin)
    crown = curve(path("282,226 290,150 318,92 366,84 420,106 470,92 516,120 534,230"))
    canvas.lit((felt, dark), crown, curve(path("440,60 452,160 440,260 640,260 640,60")))
    band = curve(path("281,200 281,200 400,208 532,196 532,196 536,236 536,236 400,246 278,238 278,238"))
    canvas.lit(((30, 24, 26), (18, 14, 16)), band, [(444, 180), (444, 260), (640, 260), (640, 180)])
    brim = curve(path("176,262 230,234 400,236 560,220 612,196 604,226 540,256 400,266 250,264"))
    canvas.lit(((118, 100, 82), (60, 48, 44)), brim, [(448, 180), (448, 300), (640, 300), (640, 180)])


def _slick_side(canvas: Canvas, person: Person, skin: Image.Image) -> None:
    hair = curve(
        path(
            "322,146 304,186 304,186 352,196 396,226 412,270 410,330 424,344 432,302 462,290 476,336 "
            "464,390 496,440 520,410 544,320 540,220 490,146 400,112"
        )
    )
    mask = canvas.lit(person.hair, hair, curve(path("440,90 470,200 490,300 470,460 640,460 640,90")))
    for lock in (
        [(320, 160), (400, 166), (470, 220), (520, 320)],
        [(330, 184), (410, 200), (460, 260), (500, 360)],
        [(350, 140), (430, 146), (500, 200), (534, 280)],
    ):
        canvas.line((160, 158, 160), lock, 4, mask)
    gold = (206, 166, 84)
    glass = Image.new("L", canvas.image.size)
    ImageDraw.Draw(glass).ellipse([272 * FINE, 278 * FINE, 318 * FINE, 362 * FINE], outline=255, width=4 * FINE)
    canvas.image.paste(gold, mask=glass)
    canvas.line(gold, [(317, 312), (380, 308), (440, 306)], 4)


SIDE_HAIR: dict[str, Callable[[Canvas, Person, Image.Image], None]] = {
    "singer": _bob_side,
    "inspector": _hat_side,
    "boss": _slick_side,
}
