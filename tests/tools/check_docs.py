"""The pages keep their word: `python -m tests.tools.check_docs`.

Every YAML example in README.md and docs/ is checked by the real command line, every `$ shotpilot` line is run, every
link between pages leads somewhere. How an example is marked, after the fence's language:

    ```yaml              a whole file: it starts with `shotlist: 1`, `picks: 1` or `faults: 1` and must pass
    ```yaml list         keys of a shot list without header: `shotlist`, `show` and a shot are put around it
    ```yaml shot         keys of one shot; `shots`: some shots. Both stand in a list with the cast of `_STAGE_SET`
    ```yaml ... error    must be refused with exit 2
    ``` ... file=PATH    any example is also kept under PATH for those after it on the page
    ```console           each `$ shotpilot ...` is run; a comment may say `# exit 2`, `# until Ctrl-C`, or both
    ```console exact     what is printed (both streams) is what stands there; `...` in it is any text

A page has one folder: its examples share files and run in order. Pictures and papers an example names are made for it.
Knows of the commands only that they exit 0 when all is well.
"""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.measure import clean_environment

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300  # seconds for one command; a rehearsal of the show piece draws for about one minute

_FENCE = re.compile(r"^( *)```(\S*)(.*)$")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_PICTURE = re.compile(r"[\w][\w./-]*\.(?:png|jpe?g|webp)\b")
_PAPER = re.compile(r"[\w][\w./-]*\.pdf\b")

_HEADER = "shotlist: 1\nshow: docs\n"
_STAGE_SET = """\
vars: {city: Port Vale}
cast:
  vera: {name: Vera Kane, frontal: refs/vera_front.png, wardrobe: black evening gown}
  sam: {name: Sam Doyle, frontal: refs/sam_front.png, wardrobe: grey felt hat}
images:
  grade: {file: refs/grade.png, role: palette}
  plate: {file: refs/plate.png, role: composition}
looks: {noir: "black and white, hard shadows", dusk: last blue light}
"""
_A_SHOT = "scenes: {sc010: {shots: {sh010: {prompt: A wide shot of an empty street.}}}}\n"


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: where it starts, its language, the words after it, its text."""

    file: Path
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    @property
    def kept_as(self) -> str:
        """The path it is kept under for the examples after it; "" when it is not."""
        return next((mark.removeprefix("file=") for mark in self.marks if mark.startswith("file=")), "")

    def fault(self, message: str, line: int = 0) -> str:
        return f"{self.file.relative_to(ROOT)}:{line or self.line}: {message}"


@dataclass(slots=True)
class Page:
    """The folder of one page, and where its console stands in it."""

    folder: Path
    here: Path = field(init=False)

    def __post_init__(self) -> None:
        self.here = self.folder


def blocks_of(file: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    kept: list[str] = []
    start, found = 0, None
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if fence and found is None:
            start, found, kept = number, fence, []
        elif fence and found is not None and not fence.group(2):
            text = textwrap.dedent("\n".join(kept)) + "\n"
            yield Block(file, start, found.group(2), tuple(found.group(3).split()), text)
            found = None
        else:
            kept.append(line)


def whole_list(block: Block) -> str | None:
    """The file that an example stands for; None for a fragment that does not say what it is part of."""
    if "list" in block.marks:
        return _HEADER + block.text + ("" if re.search(r"^(scenes|include):", block.text, re.M) else _A_SHOT)
    if "shot" in block.marks or "shots" in block.marks:
        shots = textwrap.indent(block.text, "  ") if "shots" in block.marks else _one_shot(block.text)
        scene = f"scenes:\n  sc010:\n    shots:\n{textwrap.indent(shots, '    ')}"
        return _HEADER + _STAGE_SET + scene
    whole = re.search(r"^(shotlist|picks|faults): 1\b", block.text, re.M)
    return block.text if whole else None


def _one_shot(text: str) -> str:
    return "  sh010:\n" + textwrap.indent(text, "    ")


def check_yaml(block: Block, page: Page) -> Iterator[str]:
    """Write the example and let `shotpilot check` judge it."""
    text = whole_list(block)
    if text is None:
        yield block.fault("neither a whole file nor marked as `list`, `shot` or `shots`")
        return
    path = keep(text, block.kept_as or "example.yaml", page)
    make_references(path.parent, text)
    wanted = 2 if "error" in block.marks else 0
    code, said = run(["check", str(path.relative_to(page.folder))], page.folder)
    if code != wanted:
        yield block.fault(f"check exits {code}, not {wanted}:\n{textwrap.indent(said, '    ')}")
    if not block.kept_as:
        path.unlink()


def keep(text: str, name: str, page: Page) -> Path:
    """Write an example into the page's folder."""
    path = page.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def make_references(folder: Path, text: str) -> None:
    """The pictures (512 x 512, inside every model's limits) and papers that an example names."""
    from PIL import Image

    names = [*_PICTURE.findall(re.sub(r"https?://\S+", "", text)), *_PAPER.findall(text)]
    for name in dict.fromkeys(names):
        path = folder / name
        if path.exists() or ".." in path.parts:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".pdf"):
            path.write_bytes(b"%PDF-1.4\n")
        else:
            shade = sum(name.encode()) % 200
            Image.new("RGB", (512, 512), (shade, 90, 120)).save(path)


def check_console(block: Block, page: Page) -> Iterator[str]:
    """Run the `$ shotpilot` lines of a block, in order; `$ cd` moves, every other command is left alone."""
    for number, command, printed in commands_of(block):
        words = shlex.split(command, comments=True)
        if words[:1] == ["cd"]:
            page.here = page.here / words[1]
            page.here.mkdir(parents=True, exist_ok=True)  # where a command before failed, those after must still run
        if words[:1] != ["shotpilot"]:
            continue
        noted = re.search(r"#.*\bexit (\d+)", command)
        wanted = int(noted.group(1)) if noted else 0
        do = run_until_stopped if re.search(r"#.*\buntil Ctrl-C", command) else run
        code, said = do(_expanded(words[1:], page.here), page.here)
        if code != wanted:
            yield block.fault(f"`{command}` exits {code}, not {wanted}:\n{textwrap.indent(said, '    ')}", number)
        elif "exact" in block.marks and not same_text(printed, said):
            yield block.fault(f"`{command}` prints something else:\n{textwrap.indent(said, '    ')}", number)


def commands_of(block: Block) -> Iterator[tuple[int, str, str]]:
    """Line number, command (continued lines joined) and the output printed below it."""
    lines = block.text.splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        command, after = lines[start][2:], start + 1
        while command.endswith("\\"):
            command, after = command[:-1] + lines[after].strip(), after + 1
        yield block.line + 1 + start, command, "\n".join(lines[after:end])


def _expanded(words: Iterable[str], here: Path) -> list[str]:
    """The words as a shell would hand them over: file patterns replaced by what matches."""
    found: list[str] = []
    for word in words:
        matches = sorted(here.glob(word)) if "*" in word and "/" in word and not word.startswith("/") else []
        found += [str(match.relative_to(here)) for match in matches] or [word]
    return found


def same_text(shown: str, said: str) -> bool:
    """Whether `said` is what the page shows, where `...` stands for any text and white space counts once."""
    parts = [re.escape(" ".join(part.split())) for part in shown.split("...")]
    return re.fullmatch(r"\s*" + ".*".join(parts) + r"\s*", " ".join(said.split()), re.S) is not None


def run(words: list[str], folder: Path) -> tuple[int, str]:
    """Exit code and output (both streams) of one `shotpilot` command."""
    ended = subprocess.run(
        [sys.executable, "-m", "shotpilot_pipeline", *words],
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def run_until_stopped(words: list[str], folder: Path) -> tuple[int, str]:
    """The same for a command that serves until Ctrl-C: it is stopped once it has said that it is there."""
    said = folder / "serving.log"
    with said.open("w+") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "shotpilot_pipeline", *words],
            cwd=folder, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
        deadline = time.monotonic() + 20
        while child.poll() is None and not said.stat().st_size and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        code = child.wait(timeout=20)
    return code, said.read_text()


def check_links(file: Path) -> Iterator[str]:
    """Links to files of this repository that are not there, or to headings that no page has."""
    code = False
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        code = code != bool(_FENCE.match(line))
        for found in () if code else _LINK.finditer(re.sub(r"`[^`]*`", "", line)):
            target = found.group(1) or found.group(2)
            if not re.match(r"[a-z]+:", target) and not _leads_somewhere(file, target):
                yield f"{file.relative_to(ROOT)}:{number}: no {target}"


def _leads_somewhere(file: Path, target: str) -> bool:
    path, _, heading = target.partition("#")
    page = (file.parent / path).resolve() if path else file
    if not page.exists():
        return False
    return not heading or heading in headings_of(page)


def headings_of(page: Path) -> set[str]:
    """The names by which a page's headings are linked: lower case, blanks as `-`, no punctuation."""
    prose = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    titles = re.findall(r"^#+ +(.+?) *$", prose, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def faults_of(file: Path, folder: Path) -> Iterator[str]:
    """Everything on one page that does not hold."""
    yield from check_links(file)
    blocks = list(blocks_of(file))
    if not any(block.language in ("yaml", "console") for block in blocks):
        return
    shutil.copytree(ROOT / "shotlists", folder / "shotlists", ignore=shutil.ignore_patterns(".shotpilot", "renders"))
    page = Page(folder)
    for block in blocks:
        if block.language == "yaml":
            yield from check_yaml(block, page)
        elif block.language == "console":
            yield from check_console(block, page)
        elif block.kept_as:
            keep(block.text, block.kept_as, page)


def main(arguments: list[str] | None = None) -> int:
    """Check the pages named, or all of them; 1 when something does not hold."""
    named = [ROOT / name for name in (sys.argv[1:] if arguments is None else arguments)]
    files = named or [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    faults: list[str] = []
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            faults += faults_of(file, Path(folder))
    print("\n".join(faults) if faults else f"docs: {len(files)} pages, nothing wrong")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
