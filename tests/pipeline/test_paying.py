"""What a paying run is made with: uploads expire, and are trusted for no longer than that."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from shotpilot_pipeline.pipeline import paying
from shotpilot_pipeline.pipeline.paying import client_of, uploads_of
from shotpilot_pipeline.pipeline.settings import Settings, read_settings
from shotpilot_pipeline.queue import client as clients
from shotpilot_pipeline.queue.ledger.ledger import Ledger

HOST = "https://rest.fal.ai"
URL = "https://v3b.fal.media/files/b/0a/face.jpg"


def settings_of(root: Path, **fal: int) -> Settings:
    lines = ["[fal]", *(f"{name} = {value}" for name, value in fal.items())]
    (root / "shotpilot.toml").write_text("\n".join(lines))
    return read_settings(root, {})


class Clock(datetime):
    """A clock that a test puts on."""

    moment = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return cls.moment


async def known_after(root: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, **later: int) -> str:
    """What is known of an upload some time after it was kept."""
    monkeypatch.setattr(paying, "datetime", Clock)
    with Ledger(root / "ledger.db") as ledger:
        uploads = uploads_of(settings, ledger, HOST)
        await uploads.keep("ab", URL)
        monkeypatch.setattr(Clock, "moment", Clock.moment + timedelta(**later))
        found = await uploads.known("ab")
        return found.url if found else ""


@pytest.mark.parametrize(
    ("fal", "hours", "known"),
    [
        ({}, 0, True),
        ({}, 21, True),
        ({}, 23, False),  # two hours before its end nobody relies on it
        ({"upload_seconds": 3600}, 0, False),  # too short for any second use
        ({"upload_seconds": 864_000}, 200, True),
        ({"job_seconds": 36_000}, 13, True),
        ({"job_seconds": 36_000}, 14, False),  # it could expire while a roll waits for its turn
    ],
    ids=str,
)
async def test_an_upload_is_used_again_while_it_outlives_a_roll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fal: dict[str, int], hours: int, known: bool
) -> None:
    found = await known_after(tmp_path, settings_of(tmp_path, **fal), monkeypatch, hours=hours)
    assert found == (URL if known else "")


@pytest.mark.parametrize(("fal", "seconds"), [({}, clients.UPLOAD_SECONDS), ({"upload_seconds": 7200}, 7200)])
async def test_the_client_asks_for_the_life_that_the_settings_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fal: dict[str, int], seconds: int
) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.extend(request.headers.get_list("x-fal-object-lifecycle-preference"))
        return httpx.Response(200, json={"file_url": URL, "upload_url": f"{URL}?signature=some"})

    monkeypatch.setattr(clients, "Lanes", lambda most: httpx.MockTransport(answer))
    monkeypatch.setattr(clients, "getproxies", dict)
    (tmp_path / "face.jpg").write_bytes(b"face")
    async with client_of(settings_of(tmp_path, **fal), "id:secret") as client:
        await client.upload(tmp_path / "face.jpg", "image/jpeg")
    assert [json.loads(life) for life in asked] == [{"expiration_duration_seconds": seconds}]
