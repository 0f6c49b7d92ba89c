"""The alley of scene 010 and the palette of the show piece."""

from __future__ import annotations

import random

from PIL import Image, ImageChops

from tests.tools.poster import Canvas, Colour, Point, curve, path

PLATE = (1008, 426)  # px; 21:9 as the model draws it (2.366), and over 300 px high
FAR: Point = (590, 196)  # where the alley vanishes


def toward(point: Point, share: float) -> Point:
    """The point `share` of the way from `point` to where the alley vanishes."""
    return (point[0] + (FAR[0] - point[0]) * share, point[1] + (FAR[1] - point[1]) * share)


def on_wall(corner: Point, foot: Point, near: float, far: float, top: float, bottom: float) -> list[Point]:
    """A rectangle on a wall between `corner` (its top at the frame's edge) and `foot`; all in shares of 1."""

    def at(depth: float, height: float) -> Point:
        edge = (corner[0] + (foot[0] - corner[0]) * height, corner[1] + (foot[1] - corner[1]) * height)
        return toward(edge, depth)

    return [at(near, top), at(far, top), at(far, bottom), at(near, bottom)]


def alley() -> Image.Image:
    """The location plate of scene 010: the alley behind the club, nobody in it."""
    canvas = Canvas(*PLATE, (13, 34, 46))
    canvas.glow((60, 104, 112), curve([(440, 60), (740, 60), (760, 250), (420, 250)]), 40, 0.8)
    _far_city(canvas)
    left, left_foot, right, right_foot = (0.0, -330.0), (0.0, 500.0), (1008.0, -280.0), (1008.0, 480.0)
    canvas.fill((12, 26, 34), [left, toward(left, 0.86), toward(left_foot, 0.86), left_foot])
    canvas.fill((20, 22, 28), [right, toward(right, 0.84), toward(right_foot, 0.84), right_foot])
    canvas.fill((17, 30, 37), [left_foot, toward(left_foot, 0.86), toward(right_foot, 0.84), right_foot])
    for near in (0.12, 0.34, 0.52, 0.66, 0.76):
        lit = near in (0.34, 0.66)
        pane = on_wall(left, left_foot, near, near + 0.1 * (1 - near), 0.42, 0.58)
        canvas.fill((214, 148, 70) if lit else (22, 42, 50), pane)
        canvas.fill((20, 38, 46), on_wall(left, left_foot, near, near + 0.1 * (1 - near), 0.14, 0.30))
    for near in (0.2, 0.5, 0.7):
        canvas.fill((30, 33, 40), on_wall(right, right_foot, near, near + 0.12 * (1 - near), 0.2, 0.4))
    _fire_escape(canvas, right, right_foot)
    _wet_ground(canvas)
    _club_door(canvas, right, right_foot)
    _lamp(canvas)
    dice = random.Random(12)
    for _ in range(150):
        x, y, long = dice.uniform(-20, 1008), dice.uniform(-20, 426), dice.uniform(10, 30)
        canvas.line((86, 120, 128), [(x, y), (x - long * 0.16, y + long)], 0.6)
    return canvas.finished(grain=5)


def _far_city(canvas: Canvas) -> None:
    canvas.disc((226, 214, 180), 636, 82, 26)
    towers = canvas.mask([])
    for x, width, top, tone in (
        (470, 60, 120, 30),
        (520, 44, 84, 26),
        (556, 50, 40, 34),
        (612, 56, 110, 28),
        (664, 60, 132, 24),
    ):
        walls = canvas.fill((tone - 8, tone + 22, tone + 32), [(x, 330), (x, top), (x + width, top), (x + width, 330)])
        towers = ImageChops.lighter(towers, walls)
    canvas.fill((26, 56, 66), [(571, 40), (579, 6), (583, 6), (591, 40)])
    dice = random.Random(7)
    for _ in range(60):
        x, y = dice.randrange(47, 72) * 10, dice.randrange(6, 21) * 9
        canvas.fill((206, 160, 92), [(x, y), (x + 3, y), (x + 3, y + 5), (x, y + 5)], within=towers)


def _fire_escape(canvas: Canvas, right: Point, foot: Point) -> None:
    for level in (0.22, 0.44):
        rail = on_wall(right, foot, 0.16, 0.62, level, level + 0.012)
        floor = on_wall(right, foot, 0.16, 0.62, level + 0.1, level + 0.112)
        canvas.fill((8, 10, 13), rail)
        canvas.fill((8, 10, 13), floor)
        for post in (0.16, 0.22, 0.29, 0.36, 0.44, 0.53, 0.62):
            canvas.fill((8, 10, 13), on_wall(right, foot, post, post + 0.006, level, level + 0.11))


def _club_door(canvas: Canvas, right: Point, foot: Point) -> None:
    door = on_wall(right, foot, 0.3, 0.44, 0.72, 0.97)
    canvas.fill((236, 160, 74), door)
    canvas.fill((250, 206, 128), on_wall(right, foot, 0.33, 0.41, 0.75, 0.97))
    canvas.fill((10, 12, 15), on_wall(right, foot, 0.26, 0.47, 0.695, 0.72))
    sign = on_wall(right, foot, 0.3, 0.46, 0.56, 0.655)
    canvas.fill((58, 10, 16), sign)
    inner = on_wall(right, foot, 0.315, 0.445, 0.585, 0.63)
    canvas.fill((255, 84, 66), inner)
    canvas.glow((230, 50, 40), sign, 22, 0.9)
    canvas.glow((236, 150, 66), door, 26, 0.7)


def _lamp(canvas: Canvas) -> None:
    canvas.fill((5, 8, 11), [(262, 410), (266, 96), (270, 96), (274, 410)])
    canvas.line((5, 8, 11), [(268, 104), (290, 76), (330, 76)], 6)
    canvas.fill((5, 8, 11), curve(path("312,72 312,72 350,72 350,72 362,90 362,90 300,90 300,90")))
    canvas.fill((255, 238, 190), [(306, 90), (356, 90), (350, 97), (312, 97)])
    canvas.glow((240, 170, 84), [(306, 94), (356, 94), (500, 420), (160, 420)], 20, 0.42)
    canvas.glow((255, 214, 140), curve([(300, 80), (362, 80), (362, 108), (300, 108)]), 14, 0.9)


def _wet_ground(canvas: Canvas) -> None:
    dice = random.Random(4)
    for _ in range(70):
        x, y = dice.uniform(150, 520), dice.uniform(330, 424)
        wide = dice.uniform(12, 60) * (y - 260) / 160
        near_lamp = max(0.0, 1 - abs(x - 332) / 220)
        tone = (int(34 + 190 * near_lamp), int(52 + 106 * near_lamp), int(58 + 44 * near_lamp))
        canvas.fill(tone, curve([(x - wide, y), (x, y - 1.4), (x + wide, y), (x, y + 1.4)]))
    for _ in range(46):
        y = dice.uniform(318, 424)
        x = 790 - (y - 318) * 0.3 + dice.uniform(-60, 60)
        wide = dice.uniform(8, 40) * (y - 260) / 160
        canvas.fill(
            dice.choice([(210, 66, 50), (226, 150, 76), (120, 44, 40)]),
            curve([(x - wide, y), (x, y - 1.3), (x + wide, y), (x, y + 1.3)]),
        )
    canvas.glow((200, 90, 50), [(700, 320), (820, 320), (860, 426), (640, 426)], 26, 0.3)


GRADE: tuple[Colour, ...] = ((9, 28, 36), (17, 66, 74), (62, 122, 122), (214, 128, 60), (246, 204, 140))


def grade() -> Image.Image:
    """The palette card: five tones from deep teal to sodium orange, and how they sit together in a picture."""
    canvas = Canvas(960, 640, (235, 230, 218))
    sky = [(30, 30), (930, 30), (930, 470), (30, 470)]
    frame = canvas.fill(GRADE[1], sky)
    for step, tone in enumerate(
        ((22, 74, 82), (34, 88, 94), (62, 110, 108), (120, 120, 96), (176, 124, 76), (222, 140, 70))
    ):
        canvas.fill(tone, [(30, 120 + step * 40), (930, 120 + step * 40), (930, 470), (30, 470)], within=frame)
    canvas.disc(GRADE[4], 600, 352, 84, frame)
    dice = random.Random(3)
    for row, tone in ((300, GRADE[2]), (340, GRADE[1]), (392, GRADE[0])):
        x = 20.0
        while x < 940:
            wide, top = dice.uniform(34, 90), row + dice.uniform(-70, 40)
            tower = [
                (x, 480),
                (x, top),
                (x + wide * 0.3, top),
                (x + wide * 0.3, top - 16),
                (x + wide * 0.7, top - 16),
                (x + wide * 0.7, top),
                (x + wide, top),
                (x + wide, 480),
            ]
            canvas.fill(tone, tower, within=frame)
            x += wide
    for number, tone in enumerate(GRADE):
        x = 30 + number * 183
        canvas.fill(tone, [(x, 494), (x + 168, 494), (x + 168, 610), (x, 610)])
    return canvas.finished(grain=4)
