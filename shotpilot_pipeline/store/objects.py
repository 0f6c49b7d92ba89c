"""Where the bytes of a picture lie in a store, and whether they are there. Does not know what a take is."""

from __future__ import annotations

import os
from pathlib import Path

from shotpilot_pipeline.store.pictures import EXTENSIONS
from shotpilot_pipeline.values.take import Picture


def object_path(folder: Path, picture: Picture) -> str:
    """Where the bytes of a picture lie (text: this is called tens of thousands of times)."""
    return f"{folder}/objects/{picture.sha256[:2]}/{picture.sha256}.{EXTENSIONS[picture.format]}"


def is_whole(folder: Path, picture: Picture) -> bool:
    """Is the picture's file there, in its whole length?"""
    try:
        return os.stat(object_path(folder, picture)).st_size == picture.bytes
    except OSError:
        return False
