"""Where a sheet or a graph may be written: never over a file of the show. Writes nothing."""

from __future__ import annotations

from pathlib import Path

from shotpilot_pipeline.errors import UsageError
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.saved import files_of

_WRITTEN = frozenset({".yaml", ".yml", ".toml", ".lock", ".rulings"})  # what people and the tool itself keep


def refuse_own_file(path: Path, reading: Reading) -> None:
    """Raise UsageError where `path` is a file of the show: a list, a reference, a bought picture, what was decided."""
    if not path.exists():
        return
    places, target = reading.places, path.resolve()
    root = places.root.resolve()
    named = (*files_of(reading), *reading.compiled.sources.values())
    own = {places.shot_list.resolve(), *((root / name).resolve() for name in named)}
    kept = root / ".shotpilot" in target.parents or (target.is_file() and target.stat().st_nlink > 1)
    if target in own or kept or target.suffix in _WRITTEN:
        raise UsageError(f"{path}: is a file of the show and was left alone; choose another name for -o")
