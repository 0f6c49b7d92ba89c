"""The pictures sent along: each is uploaded once, whoever asks first, and again when its URL would not outlive a roll.

Does not know who refers to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from shotpilot_pipeline.engine.again import until_through
from shotpilot_pipeline.engine.shop import Limits, Shop, Upload
from shotpilot_pipeline.errors import TakesFailed
from shotpilot_pipeline.store.derived import derive
from shotpilot_pipeline.store.files import hash_file, in_words
from shotpilot_pipeline.values.fits import split_sent
from shotpilot_pipeline.values.take import Picture

if TYPE_CHECKING:
    from shotpilot_pipeline.store.store import Store

_FORMATS = ("png", "jpeg", "webp")
_ENDINGS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


_UPLOADING = timedelta(minutes=10)  # a URL lives from before its bytes are sent, and a roll waits for its turn


class Uploads:
    """Where each picture lies, by its sha256 (and recipe), for one run. Two rolls that ask for the same picture at once
    wait for one upload."""

    def __init__(self, shop: Shop, limits: Limits) -> None:
        self._shop = shop
        self._life = timedelta(seconds=limits.upload_life)
        self._lasts = min(timedelta(seconds=limits.deadline) + _UPLOADING, self._life)
        self._there: dict[str, Upload] = {}
        self._turns: dict[str, anyio.Lock] = {}

    async def urls_of(self, marks: Iterable[str]) -> dict[str, str]:
        """The URL that goes out for each mark. Raises TakesFailed or KeyOrBalance when one cannot be had."""
        return {mark: await self._url_of(mark) for mark in marks}

    async def _url_of(self, mark: str) -> str:
        kind, _, value = mark.partition(":")
        if kind == "url":
            return value
        async with self._turns.setdefault(value, anyio.Lock()):
            there = self._there.get(value)
            if there is None or there.expires < self._now() + self._lasts:
                there = await self._remembered(value) or await self._uploaded(value)
                self._there[value] = there
            return there.url

    def _now(self) -> datetime:
        return datetime.fromisoformat(self._shop.now())

    async def _remembered(self, sha256: str) -> Upload | None:
        """Where an earlier run put these bytes, if they are still there."""
        return await self._shop.uploads.known(sha256) if self._shop.uploads else None

    async def _uploaded(self, value: str) -> Upload:
        expires = self._now() + self._life
        sha256, recipe = split_sent(value)
        path = self._file(sha256)
        if await anyio.to_thread.run_sync(_hash, path) != sha256:  # else other bytes are paid for under this render key
            raise TakesFailed(f"{path.name} is not the picture it was when the run was planned; nothing was sent")
        if recipe is not None:
            copy = self._shop.store.staging() / f"{path.stem[:16]}.{recipe.bytes}.jpg"
            await anyio.to_thread.run_sync(derive, path, recipe, copy)
            path = copy
        content_type = _ENDINGS.get(path.suffix.lower(), "application/octet-stream")
        known = sha256 if recipe is None else ""  # of a derivative, the recipe is known and not the bytes
        url = await until_through(lambda: self._shop.client.upload(path, content_type, sha256=known), self._shop.sleep)
        if recipe is not None:
            path.unlink(missing_ok=True)
        if self._shop.uploads:
            await self._shop.uploads.keep(value, url)
        return Upload(url, expires)

    def _file(self, sha256: str) -> Path:
        """The file with these bytes: a reference of the shot list, or a take in the store."""
        path = self._shop.sources.get(sha256) or _in_store(self._shop.store, sha256)
        if path is None or not path.is_file():
            name = path.name if path else f"the picture {sha256[:12]}"
            raise TakesFailed(f"{name} is to be sent along, but it is not there any more; bring it back and run again")
        return path


def _hash(path: Path) -> str:
    with in_words(path):
        return hash_file(path)


def _in_store(store: Store, sha256: str) -> Path | None:
    """Where the store keeps these bytes; their format is all that is not known."""
    candidates = (store.path_of(Picture(sha256, 0, 0, 0, kind)) for kind in _FORMATS)
    return next((path for path in candidates if path.is_file()), None)
