"""What somebody who wants a picture bought twice, or lost, would try: each attempt is met, in a sentence."""

from __future__ import annotations

from pathlib import Path

from tests.pipeline.buying import LIST, ROLLS, audit_end, bought, killed_at, render, service, show


def test_the_same_queue_spelled_otherwise_is_bought_at_once_only(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        assert killed_at(host, path, "submitted:after:2") == -9
        assert render(host, path, SHOTPILOT_FAL_QUEUE_URL=f"{host.origin}/").returncode == 0
        audit_end(host, path)


def test_a_show_that_changed_its_name_does_not_pay_again_and_says_how_to_go_on(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        assert killed_at(host, path, "submitted:after:2") == -9
        show(tmp_path, LIST.replace("show: night", "show: dusk"))
        done = render(host, path)
        assert (done.returncode, host.queue.accepted) == (9, 2)
        assert "the show night asked for it" in done.stderr
        show(tmp_path)
        assert render(host, path).returncode == 0
        show(tmp_path, LIST.replace("show: night", "show: dusk"))
        assert bought(render(host, path))["outcomes"]["cached"] == ROLLS
        audit_end(host, path)
