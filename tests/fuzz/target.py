"""A coverage-guided fuzz run of the whole of `check`: `make fuzz`.

atheris changes bytes so that lines of the reader and compiler are reached that were not reached before; the first byte
says which of the show's files the others stand in. Starts from the case files and the show piece. Ends with the first
input that raises, hangs or eats memory, and leaves it in a file `crash-…` in the folder it is told to work in.

    python -m tests.fuzz.target FOLDER [SECONDS]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["shotpilot_pipeline"]):
    from tests.fuzz.whole import check_whole

from tests.cases.play import HARD
from tests.shotlist.test_read_any import PIECES

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60  # of one run
LONGEST = 10  # seconds of processor time for one input, under instruments
HANGS = 120  # seconds by the clock after which an input is given up; a busy machine may need many
MOST_MEMORY = 1_500  # MB of the whole run, instruments included
MOST_BYTES = 4_000  # of one input
#: What the first byte, modulo their number, makes of the rest.
PLACES = ("list.yaml", "list.yaml", "list.yaml", "part.yaml", "shotpilot.toml", "models/paper.json")
GOOD_LIST = "shotlist: 1\nshow: x\ninclude: [part.yaml]\nscenes: {a: {shots: {b: {prompt: a street, look: noir}}}}\n"
GOOD = {"list.yaml": GOOD_LIST, "part.yaml": "looks: {noir: black and white}\n"}


def play(show: Path, data: bytes) -> None:
    """Put `data` where its first byte says, good files in the other places, and check the list."""
    place = PLACES[data[0] % len(PLACES)] if data else PLACES[0]
    for name in dict.fromkeys(PLACES):
        path = show / name
        if name == place:
            path.write_bytes(data[1:])
        elif name in GOOD:
            path.write_text(GOOD[name], "utf-8")
        else:
            path.unlink(missing_ok=True)
    begun = time.process_time()
    check_whole(show / "list.yaml", show)
    spent = time.process_time() - begun
    assert spent < LONGEST, f"one input took {spent:.1f} s"


def seeds(folder: Path) -> None:
    """What to start from: each case, a card, and the texts that people write."""
    folder.mkdir(exist_ok=True)
    cards = ROOT / "shotpilot_pipeline/catalog/cards"
    written = [*HARD.glob("*.yaml"), *(ROOT / "shotlists").glob("*.yaml")]
    for number, path in enumerate(written):
        (folder / f"{number}-{path.name}").write_bytes(b"\0" + path.read_bytes()[:MOST_BYTES])
    (folder / "card").write_bytes(b"\5" + (cards / "kling-v3.json").read_bytes()[:MOST_BYTES])
    (folder / "settings").write_bytes(b"\4[pace]\nunfinished = 4\n[fal]\nqueue_url = 'https://x'\n")
    (folder / "part").write_bytes(b"\3vars: {city: a}\ncast: {vera: https://x/a.jpg}\n")


def dictionary(path: Path) -> None:
    """The words of the language, for the fuzzer to put together."""
    quoted = (piece.encode("unicode_escape").decode().replace('"', '\\"') for piece in PIECES if piece.isascii())
    lines = [f'"{piece}"' for piece in quoted if "\\\\" not in piece]
    path.write_text("".join(line.replace("\\n", "\\x0a").replace("\\t", "\\x09") + "\n" for line in lines), "ascii")


def main(folder: Path, seconds: int) -> None:
    """Fuzz for so many seconds. Exits with 0 when nothing was found."""
    show = folder / "show"
    (show / "models").mkdir(parents=True, exist_ok=True)
    seeds(folder / "seeds")
    dictionary(folder / "words")
    options = [
        f"-max_total_time={seconds}", f"-timeout={HANGS}", f"-rss_limit_mb={MOST_MEMORY}", f"-max_len={MOST_BYTES}",
        f"-dict={folder / 'words'}", f"-artifact_prefix={folder}/", "-print_final_stats=1", "-verbosity=0",
        "-close_fd_mask=0", str(folder / "seeds"),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], lambda data: play(show, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS)
