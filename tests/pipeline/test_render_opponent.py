"""What somebody who wants a picture bought twice, or lost, would try: each attempt is met, in a sentence."""

from __future__ import annotations

import io
import resource
import subprocess
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from shotpilot_pipeline.queue.rehearsal import routes
from shotpilot_pipeline.queue.rehearsal.requests import output
from shotpilot_pipeline.queue.slates.copy import Copy
from shotpilot_pipeline.store.files import hash_file
from tests.cli.shows import COMMAND
from tests.pipeline.buying import (
    LIST,
    ROLLS,
    TAKES,
    audit,
    audit_end,
    bought,
    command,
    killed_at,
    render,
    service,
    show,
    states,
    takes,
)
from tests.pipeline.test_render import rule
from tests.pipeline.test_render_terminal import typed


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


@pytest.mark.parametrize("emptied", [True, False])
def test_a_ledger_that_was_lost_is_missed_before_anything_is_bought_anew(tmp_path: Path, emptied: bool) -> None:
    path, own = show(tmp_path), tmp_path / ".shotpilot"
    with service() as host:
        assert killed_at(host, path, "submitted:after:2") == -9
        for file in own.glob("ledger.db*"):
            if file.name != "ledger.db-spare":
                file.unlink()
        if emptied:
            (own / "ledger.db").touch()
        for name in ("render", "plan", "reconcile"):
            done = command(host, name, path, *(["--yes"] if name == "render" else []))
            assert (done.returncode, host.queue.accepted) == (70, 2), done.stderr
            assert "ledger.db-spare beside it" in done.stderr
            assert "Traceback" not in done.stderr
        (own / "ledger.db-spare").unlink()
        assert render(host, path).returncode == 0


def named(folder: Path) -> dict[str, str]:
    """Render name -> sha256 of its bytes."""
    return {file.name: hash_file(file) for file in (folder / "renders").rglob("*.png")}


def test_a_take_that_a_killed_run_kept_stays_in_the_lock_though_its_words_changed(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        assert killed_at(host, path, "closed:after:2") == -9
        before = named(tmp_path)
        show(tmp_path, LIST.replace("coils a rope", "mends a net"))
        assert render(host, path).returncode == 0
        after = named(tmp_path)
        assert {name: after.get(name) for name in before} == before
        assert len(after) == takes(path) == TAKES + 2
        assert "sc010/sh010@iterate v002" in (tmp_path / "night.lock").read_text()


def test_what_was_collected_is_named_though_nothing_was_agreed_to(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        assert killed_at(host, path, "submitted:after:2") == -9
        show(tmp_path, LIST.replace("coils a rope", "mends a net"))
        assert command(host, "render", path).returncode == 2  # nobody to ask
        assert len(named(tmp_path)) == takes(path) == 4
        assert render(host, path).returncode == 0
        assert len(named(tmp_path)) == takes(path) == TAKES + 2


@pytest.mark.parametrize("lost", [{"drop": "accepted"}, {"drop": "accepted", "fail": "policy"}])
def test_a_refused_request_is_not_sent_twice_by_a_run_that_found_a_lost_one(
    tmp_path: Path, lost: dict[str, object]
) -> None:
    path, names = show(tmp_path), ("sc010/sh010@iterate", "sc010/sh020@iterate")
    refuse = rule("submit", {"address": names[0]}, fail="policy")
    with service(refuse, rule("submit", {"address": names[1]}, **lost)) as host:
        done = render(host, path, *names)
        assert (done.returncode, host.queue.accepted) == (4, 2), done.stderr
        outcomes = bought(done)["outcomes"]
        assert (outcomes["refused"], outcomes["unknown"]) == (2 if "fail" in lost else 1, 0)
        assert not set(states(path)) & {"unknown", "submitted"}


def test_what_is_picked_while_the_question_stands_buys_nothing_that_was_not_shown(tmp_path: Path) -> None:
    human = LIST.replace("takes: 2, pick: first", "takes: 2, pick: human")
    path = show(tmp_path, human)
    with service() as host:
        assert render(host, path).returncode == 0
        show(tmp_path, human + "      sh030: {subject: a gull}\n")

        def asked(seen: bytes) -> bool:
            if b"Buy this for $0.056?" not in seen:
                return False
            (tmp_path / "night.picks.yaml").write_text("picks: 1\nsc010/sh010@iterate: 1\n")
            return True

        assert typed(host, path, [(asked, b"y\n")]) == 0
        assert host.queue.accepted == 2 + 1


GONE = {"address": "sc010/sh010@iterate", "attempt": 1}


@pytest.mark.parametrize("decision", ["--send-again", pytest.param("--write-off", marks=pytest.mark.slow)])
def test_a_paid_request_that_can_no_longer_be_had_is_for_a_person(tmp_path: Path, decision: str) -> None:
    path = show(tmp_path)
    with service(rule("status", GONE, gone=404), rule("result", GONE, gone=404)) as host:
        assert render(host, path).returncode in (4, 9)
        shown = command(host, "reconcile", path)
        assert shown.returncode == 9, shown.stderr
        assert "sc010/sh010@iterate  accepted, and not to be had" in shown.stdout
        assert command(host, "reconcile", path, "--all", decision).returncode == 9  # by its name only
        done = command(host, "reconcile", path, "sc010/sh010", decision)
        assert done.returncode == 0, done.stderr
        audit(host, path)
        assert render(host, path).returncode == 0
        audit(host, path, ROLLS + 1)
        assert takes(path) == TAKES


@pytest.mark.parametrize(
    "words",
    [
        ["sc010/sh010@iterate#x", "--write-off"],
        ["sc010/sh010@iterate", "sc010/sh099@iterate", "--write-off"],
        ["--adopt", "x/../y"],
        ["--adopt", "a b"],
        ["--adopt", "ö"],
        ["--adopt", "known"],
    ],
)
def test_a_decision_about_nothing_changes_nothing(tmp_path: Path, words: list[str]) -> None:
    path = show(tmp_path)
    with service(rule("submit", {"nth": 1}, drop="accepted"), rule("listing", omit="*")) as host:
        assert render(host, path).returncode == 9
        before = states(path)
        known = list(host.queue.asked)[1]
        done = command(host, "reconcile", path, *(known if word == "known" else word for word in words))
        assert (done.returncode, states(path)) == (2, before), done.stderr
        assert "Traceback" not in done.stderr


def test_a_queue_that_wants_a_day_of_patience_does_not_get_it(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service(rule("submit", {"nth": 1}, too_many=True, retry_after=86400)) as host:
        done = render(host, path)
        assert done.returncode == 4, done.stderr
        assert "unknown" not in states(path)
        assert render(host, path).returncode == 0
        audit_end(host, path)


def test_no_signed_url_and_no_key_lies_in_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def signed(*of: object) -> dict[str, object]:
        told = output(*of)  # type: ignore[arg-type]
        for image in told.get("images", ()):
            image["url"] += "?X-Signature=topsecret"
        return told

    monkeypatch.setattr(routes, "output", signed)
    path = show(tmp_path)
    with service() as host:
        done = render(host, path, FAL_KEY="someid:somesecret")
        assert done.returncode == 0, done.stderr
        audit_end(host, path)
    said = [done.stdout.encode(), done.stderr.encode(), *(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())]
    assert not [text for text in said if b"topsecret" in text or b"somesecret" in text]


def test_a_ledger_that_knows_less_than_the_lock_says_so(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        assert "another machine" not in render(host, path).stderr
        show(tmp_path, LIST.replace("coils a rope", "mends a net"))
        for file in (tmp_path / ".shotpilot").glob("ledger.db*"):
            file.unlink()
        done = render(host, path)
        assert done.returncode == 0
        assert "night.lock names 6 pictures of which the ledger here knows nothing" in done.stderr


def test_nothing_is_bought_while_the_disk_cannot_take_what_was_bought_before(tmp_path: Path) -> None:
    path = show(tmp_path, LIST.replace("resolution: 1K", "resolution: 2K").replace("takes: 2", "takes: 6"))
    full = 600_000  # bytes a file may have: less than the second picture of a roll, more than everything else

    def growing(copy: Copy) -> tuple[bytes, ...]:
        kept = []
        for number in range(copy.count):
            out = io.BytesIO()
            rows = Random(number).randbytes(copy.width * 400 * (number % 2))
            lines = rows + bytes(copy.width * copy.height - len(rows))
            Image.frombytes("L", (copy.width, copy.height), lines).save(out, "png")
            kept.append(out.getvalue())
        return tuple(kept)

    with service() as host:
        host.queue.draw = growing
        arguments = [*COMMAND, "render", str(path), "--yes", "--json"]
        for _ in range(2):
            done = subprocess.run(
                arguments, env=host.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
                timeout=120, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (full, full)),
            )  # fmt: skip
            assert done.returncode == 4, done.stderr
            assert "the disk is full" in done.stderr
            assert (host.queue.accepted, states(path)) == (2, {"submitted": 2})
        assert render(host, path).returncode == 0
        audit_end(host, path, ROLLS, 14)
