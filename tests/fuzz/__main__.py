"""Runs the fuzzer for a minute: `make fuzz`, or `python -m tests.fuzz [SECONDS]`.

atheris gets an environment of its own, `.venv-fuzz`, which sees the libraries of the usual one. Where it does not run
(it wants Linux, and a Python it was built for), that is said, and nothing fails.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".venv-fuzz"
PYTHON = HOME / "bin/python"
NEEDS = Path(__file__).with_name("requirements.txt")
SECONDS = 60
_CONTEXT = 60  # lines of the fuzzer's last words that are shown


def left_out() -> str:
    """Why the fuzzer cannot run here; "" when it can. Installs it the first time."""
    if platform.system() != "Linux":
        return "it needs Linux"
    if not PYTHON.exists():
        venv.create(HOME, with_pip=True)
    packages = next((HOME / "lib").glob("python*/site-packages"))
    (packages / "usual.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n", encoding="utf-8")
    asked = [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", NEEDS]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"atheris cannot be installed ({done.stderr.strip().splitlines()[-1:]})"


def main(seconds: int) -> int:
    """Fuzz; the exit code is that of the fuzzer."""
    why = left_out()
    if why:
        print(f"Left out: the fuzz run of `check`: {why}.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        asked = [PYTHON, "-m", "tests.fuzz.target", folder, str(seconds)]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False, errors="replace")
        said = done.stderr.splitlines() + done.stdout.splitlines()
        print("\n".join(line for line in said if line.startswith("stat::") or "DONE" in line))
        for found in Path(folder).glob("*-*"):
            if found.is_file():
                print(f"{found.name}: {found.read_bytes()!r}")
        if done.returncode:
            print("\n".join(said[-_CONTEXT:]))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
