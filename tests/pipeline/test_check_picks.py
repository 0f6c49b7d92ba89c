"""What `check` says of picks that people made: here, of motions that were written for another take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.pipeline.buying import Service, command, render, service, show

LIST = """\
shotlist: 1
show: night
stages: {still: {model: kling-o3, takes: 2, pick: human}}
scenes:
  sc010:
    place: a pier
    light: moonlight
    shots:
      sh010:
        size: MS
        lens: 50mm
        subject: a rope
        action: lies coiled
        motion: it uncoils slowly
        clip: {take: 1}
      sh020:
        size: MS
        lens: 50mm
        subject: a boat
        action: rocks
        motion: it rocks
"""
RULE = "motion-older-than-pick"


def told(host: Service, path: Path, *words: str) -> list[dict[str, Any]]:
    done = command(host, "check", path, "--json", *words)
    assert done.returncode == (2 if "--strict" in words else 0), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["problems"]
    return [problem for problem in found if problem["rule"] in (RULE, "ignore-idle", "ignore-unknown")]


def test_a_motion_that_was_written_for_another_take_is_told(tmp_path: Path) -> None:
    with service() as host:
        path = show(tmp_path, LIST)
        assert told(host, path) == []
        assert render(host, path).returncode == 0
        assert told(host, path) == []  # nobody has picked
        command(host, "pick", path, "sc010/sh020@still", "2")
        command(host, "pick", path, "sc010/sh010@still", "1")
        assert told(host, path) == []
        command(host, "pick", path, "sc010/sh010@still", "2")
        (found,) = told(host, path, "--strict")
        assert (found["message"], found["severity"]) == (
            "the motion was written for take 1, and take 2 is picked",
            "warning",
        )
        assert (found["line"], found["address"]) == (15, "sc010/sh010@still")
        path.write_text(LIST.replace("take: 1", f"take: 1}}\n        ignore: {{{RULE}: it fits both"))
        assert told(host, path) == []
        path.write_text(LIST.replace("take: 1", "take: 2"))
        assert told(host, path) == []
