"""The uploads of earlier runs, as the engine asks for them. Does not upload."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from shotpilot_pipeline.queue.ledger.ledger import Ledger
from shotpilot_pipeline.queue.ledger.turns import Turns
from shotpilot_pipeline.queue.ledger.uploads import USUAL_LIFE


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LedgerUploads:
    """Remembers across runs where a picture was put. `host`: base URL of the uploads; `life`: how long they are kept
    there, as it was asked for."""

    def __init__(
        self, ledger: Ledger, host: str, *, life: timedelta = USUAL_LIFE, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self._ledger = ledger
        self._host = host
        self._life = life
        self._clock = clock
        self._turns = Turns()

    async def known(self, sha256: str) -> str:
        """The URL at which these bytes can be fetched for some hours yet; "" where none is known."""
        return await self._turns.do(partial(self._ledger.upload, sha256, self._host, self._clock())) or ""

    async def keep(self, sha256: str, url: str) -> None:
        """These bytes were put at `url` just now."""
        now = self._clock()
        keep = partial(self._ledger.keep_upload, sha256, self._host, url, now=now, expires=now + self._life)
        await self._turns.do(keep)

    async def forget(self, sha256: str) -> None:
        """The model could not fetch them: they are put up anew next time."""
        await self._turns.do(partial(self._ledger.forget_upload, sha256, self._host))
