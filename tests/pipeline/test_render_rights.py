"""A face that may not be used is not sent: render buys nothing with it, and all else goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.buying import bought, command, render, service, show

LIST = """\
shotlist: 1
show: night
cast:
  vera: {name: Vera, frontal: https://example.com/v.jpg, wardrobe: a gown, rights: {kind: real%s}}
stages:
  iterate: {model: kling-v3, resolution: 1K, takes: 1, pick: first}
scenes:
  sc010:
    shots:
      sh010: {subject: "@vera in @vera.wardrobe", action: waits}
      sh020: {subject: an old lantern, action: burns}
"""


@pytest.mark.parametrize("rights", ["", ", consent: release 12, until: 2020-01-31"])
def test_a_face_without_consent_is_not_bought(tmp_path: Path, rights: str) -> None:
    path = show(tmp_path, LIST % rights)
    with service() as host:
        done = render(host, path)
        assert done.returncode == 2
        assert host.queue.accepted == 0
        assert "Vera" in done.stderr
        assert "consent" in done.stderr
        assert command(host, "plan", path).returncode == 0
        assert command(host, "check", path).returncode == 2
        assert bought(render(host, path, "sc010/sh020"))["takes_new"] == 1


def test_a_consent_that_holds_is_enough(tmp_path: Path) -> None:
    path = show(tmp_path, LIST % ", consent: release 12, until: 2199-01-31")
    with service() as host:
        assert bought(render(host, path))["takes_new"] == 2
