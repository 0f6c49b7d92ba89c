"""What somebody who wants a picture bought twice, or lost, would try: each attempt is met, in a sentence."""

from __future__ import annotations

from pathlib import Path

from tests.pipeline.buying import audit_end, killed_at, render, service, show


def test_the_same_queue_spelled_otherwise_is_bought_at_once_only(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        assert killed_at(host, path, "submitted:after:2") == -9
        assert render(host, path, SHOTPILOT_FAL_QUEUE_URL=f"{host.origin}/").returncode == 0
        audit_end(host, path)
