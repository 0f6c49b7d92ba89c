"""Cases that no text file can hold: odd bytes, pictures, huge files. Each function fills an empty folder."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image

HEAD = "shotlist: 1\nshow: night\n"
SHOT = "scenes:\n  sc010:\n    shots:\n      sh010:\n        "
STREET = f"{HEAD}{SHOT}prompt: an empty street\n"


def _list(data: bytes | str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        (folder / "list.yaml").write_bytes(data if isinstance(data, bytes) else data.encode())

    return fill


def a_folder(folder: Path) -> None:
    (folder / "list.yaml").mkdir()


def no_file(folder: Path) -> None:
    """Nothing is there."""


def hundred_megabytes(folder: Path) -> None:
    with (folder / "list.yaml").open("wb") as file:
        file.write(STREET.encode())
        file.truncate(100_000_000)


def _jpeg(width: int, height: int, colour: str = "teal") -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


def _encoded(kind: str, size: tuple[int, int] = (400, 400), **more: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **more)
    return out.getvalue()


def _padded(data: bytes, size: int) -> bytes:
    """A JPEG made as long as wanted by comments, which decoders pass over."""
    gap, pieces = size - len(data), []
    while gap > 4:
        length = min(gap - 4, 65_533)
        pieces.append(b"\xff\xfe" + (length + 2).to_bytes(2, "big") + b" " * length)
        gap -= length + 4
    return data[:2] + b"".join(pieces) + data[2:]


def _reference(data: bytes, name: str = "vera.jpg") -> Callable[[Path], None]:
    """A show with one cast member, whose picture holds `data`."""

    def fill(folder: Path) -> None:
        (folder / "refs").mkdir()
        (folder / "refs" / name).write_bytes(data)
        text = f'{HEAD}cast:\n  vera: refs/{name}\n{SHOT}subject: "@vera"\n'
        (folder / "list.yaml").write_text(text, encoding="utf-8")

    return fill


def _animated() -> bytes:
    out = BytesIO()
    frames = [Image.new("P", (400, 400), number) for number in range(3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def references_that_are_not_there(folder: Path) -> None:
    (folder / "refs").mkdir()
    (folder / "refs/vera.jpg").write_bytes(_jpeg(400, 400))
    cast = "cast:\n  vera: refs/vera.jpeg\n  sam: refs\n  eve: ../eve.jpg\n  tom: /tmp/tom.jpg\n  jo: refs\\jo.jpg\n"
    (folder / "list.yaml").write_text(f"{HEAD}{cast}{SHOT}prompt: a street\n", encoding="utf-8")


def symlink_out_of_the_show(folder: Path) -> None:
    """The show's root is the folder `show`; its picture is a link to one outside."""
    (folder / "list.yaml").write_text(f'{HEAD}cast:\n  vera: refs/vera.jpg\n{SHOT}subject: "@vera"\n', "utf-8")
    (folder / "refs").mkdir()
    outside = folder.parent / f"{folder.name}-outside.jpg"
    outside.write_bytes(_jpeg(400, 400))
    (folder / "refs/vera.jpg").symlink_to(outside)


def two_lists_of_one_name(folder: Path) -> None:
    (folder / "list.yaml").write_text(STREET, encoding="utf-8")
    (folder / "list.yml").write_text(STREET, encoding="utf-8")


def picks_with_faults(folder: Path) -> None:
    text = "picks: 1\nsc010/sh010@iterate: first\nsc010/sh020@iterate: {take: 0, stars: 9}\nsc010/sh010@iterate: 2\n"
    (folder / "list.yaml").write_text(text, encoding="utf-8")


def settings_with_faults(folder: Path) -> None:
    (folder / "list.yaml").write_text(STREET, encoding="utf-8")
    text = '[fal]\nqueue_url = 7\ntimeout = "long"\n[pace]\nunfinished = 0\n[colours]\nred = 1\n'
    (folder / "shotpilot.toml").write_text(text, encoding="utf-8")


def settings_that_are_no_toml(folder: Path) -> None:
    (folder / "list.yaml").write_text(STREET, encoding="utf-8")
    (folder / "shotpilot.toml").write_text("[pace]\nunfinished: 4\n", encoding="utf-8")


def faults_with_faults(folder: Path) -> None:
    text = "faults: 1\nseed: x\nrules:\n  - {on: submit, fault: explode}\n  - {fault: http-500, often: 2}\n"
    (folder / "list.yaml").write_text(text, encoding="utf-8")


def card_with_faults(folder: Path) -> None:
    (folder / "list.yaml").write_text(STREET, encoding="utf-8")
    (folder / "models").mkdir()
    (folder / "models/paper.json").write_text('{"family": "paper v1", "titel": "Paper", "prices": {"usd": 1}}')
    (folder / "models/broken.json").write_text('{"family": "paper",\n "title": }')


_LEVELS = 10_000


def values_in_a_long_row(folder: Path) -> None:
    rows = [f'  l{n}: "{{{{ looks.l{n + 1} }}}}"\n' for n in range(5_000)]
    text = f"{HEAD}looks:\n{''.join(rows)}  l5000: rain\n{SHOT}subject: a street\n        look: l0\n"
    (folder / "list.yaml").write_text(text)


def includes_in_a_long_row(folder: Path) -> None:
    for n in range(300):
        (folder / f"f{n}.yaml").write_text(f"include: [f{n + 1}.yaml]\n")
    (folder / "f300.yaml").write_text("looks: {noir: rain}\n")
    (folder / "list.yaml").write_text(STREET.replace(HEAD, f"{HEAD}include: [f0.yaml]\n"))


MADE: dict[str, Callable[[Path], None]] = {
    "bom": _list(b"\xef\xbb\xbf" + STREET.encode()),
    "bom-and-a-fault": _list(b"\xef\xbb\xbf" + STREET.replace("prompt", "promt").encode()),
    "bom-before-the-fault": _list(b"\xef\xbb\xbfshotlits: 1\n" + STREET.encode()),
    "crlf": _list(STREET.replace("\n", "\r\n")),
    "crlf-and-a-fault": _list(STREET.replace("prompt", "promt").replace("\n", "\r\n")),
    "cr-alone": _list(STREET.replace("prompt", "promt").replace("\n", "\r")),
    "cp1252": _list(STREET.replace("an empty", "Vera\u2019s").encode("cp1252")),
    "latin-1": _list(STREET.replace("an empty", "a caf\u00e9").encode("latin-1")),
    "utf-16": _list(STREET.encode("utf-16")),
    "nul": _list(STREET.replace("empty", "emp\0ty")),
    "control-character": _list(STREET.replace("empty", "emp\x1b[31mty")),
    "a-folder": a_folder,
    "no-file": no_file,
    "100-megabytes": hundred_megabytes,
    "values-in-a-long-row": values_in_a_long_row,
    "includes-in-a-long-row": includes_in_a_long_row,
    "16000-brackets": _list(STREET.replace("an empty street", f'"{"(" * 16_000}"')),
    "utf-16-without-a-mark": _list(STREET.encode("utf-16-le")),
    "utf-32": _list(STREET.encode("utf-32")),
    "10000-levels": _list(f"{HEAD}x-deep: {'[' * _LEVELS}{']' * _LEVELS}\n"),
    "10000-levels-of-keys": _list(HEAD + "".join(f"{' ' * n}x-a:\n" for n in range(_LEVELS // 20))),
    "10000-levels-unclosed": _list(f"{HEAD}x-deep: {'{a: ' * _LEVELS}"),
    "reference-9-megabytes": _reference(_padded(_jpeg(400, 400), 9_000_000)),
    "reference-11-megabytes": _reference(_padded(_jpeg(400, 400), 11_000_000)),
    "reference-299-pixels": _reference(_jpeg(299, 400)),
    "reference-too-wide": _reference(_jpeg(1200, 300)),
    "reference-webp": _reference(_encoded("WEBP"), "vera.webp"),
    "reference-animated-gif": _reference(_animated(), "vera.gif"),
    "reference-truncated-jpeg": _reference(_jpeg(900, 900)[:2_000]),
    "reference-truncated-png": _reference(_encoded("PNG", (900, 900))[:-20], "vera.png"),
    "reference-empty": _reference(b""),
    "reference-no-picture": _reference(b"<html>not found</html>"),
    "reference-named-otherwise": _reference(_encoded("PNG"), "vera.jpg"),
    "references-that-are-not-there": references_that_are_not_there,
    "symlink-out-of-the-show": symlink_out_of_the_show,
    "two-lists-of-one-name": two_lists_of_one_name,
    "picks-with-faults": picks_with_faults,
    "settings-with-faults": settings_with_faults,
    "settings-that-are-no-toml": settings_that_are_no_toml,
    "fault-plan-with-faults": faults_with_faults,
    "model-card-with-faults": card_with_faults,
}
