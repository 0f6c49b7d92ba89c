"""A render as a person types it, at a queue on a real socket: bought once, and every stop in a sentence and a code."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from shotpilot_pipeline.store.show_lock import hold_show
from tests.cli.shows import COMMAND
from tests.pipeline.buying import (
    LIST,
    PICTURE,
    ROLLS,
    TAKES,
    audit,
    audit_end,
    bought,
    command,
    committed,
    grey_picture,
    render,
    service,
    show,
    states,
    takes,
)


def rule(route: str, when: dict[str, object] | None = None, **do: object) -> dict[str, object]:
    return {"when": {"route": route, **(when or {})}, "do": do}


def test_twice_buys_once_and_the_charge_is_booked(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        first = bought(render(host, path))
        assert (first["takes_new"], first["cost_usd"]) == (TAKES, "0.168")
        second = bought(render(host, path))
        assert (second["takes_new"], second["cost_usd"], second["outcomes"]["cached"]) == (0, "0.00", 4)
        audit_end(host, path)
        assert len(list((tmp_path / "renders").rglob("*.png"))) == TAKES


def test_more_takes_buy_only_what_is_missing(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        render(host, path)
        show(tmp_path, LIST.replace("takes: 2", "takes: 6"))
        assert bought(render(host, path))["takes_new"] == 8
        assert [asked.body["num_images"] for asked in host.queue.asked.values()][-2:] == [4, 4]


def test_nobody_to_ask_sends_nothing(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        done = command(host, "render", path)
        assert (done.returncode, host.queue.accepted) == (2, 0)
        assert "add --yes" in done.stderr


@pytest.mark.parametrize("key", ["", '"id:secret-secret"', "id:secret-secret\n", "a b:secret"])
def test_without_a_proper_key_a_rehearsal_is_offered(tmp_path: Path, key: str) -> None:
    path = show(tmp_path)
    with service() as host:
        done = render(host, path, FAL_KEY=key)
        assert (done.returncode, host.queue.accepted) == (6, 0)
        assert "shotpilot rehearse" in done.stderr
        assert "secret-secret" not in done.stdout + done.stderr


def test_a_key_in_the_settings_is_refused(tmp_path: Path) -> None:
    path = show(tmp_path)
    (tmp_path / "shotpilot.toml").write_text('[fal]\nkey = "id:secret-secret"\n')
    with service() as host:
        done = render(host, path)
    assert done.returncode == 6
    assert "shotpilot.toml:2" in done.stderr
    assert "secret-secret" not in done.stderr


def test_a_key_the_queue_refuses_is_no_failed_take(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        done = render(host, path, FAL_KEY="bad:key")
        assert done.returncode == 6
        assert bought(done)["outcomes"]["failed"] == 0
        assert states(path) == {"released": 2}


def test_a_locked_account_pauses_the_run_and_the_same_command_goes_on(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service(rule("submit", {"nth": 3}, lock={"requests": 1})) as host:
        done = render(host, path)
        assert done.returncode == 6, done.stderr
        assert bought(done)["outcomes"]["failed"] == 0
        host.queue.locked = False
        assert render(host, path).returncode == 0
        audit_end(host, path)


def test_a_budget_stops_and_a_higher_one_goes_on(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        done = render(host, path, "--max-cost", "0.06")
        assert done.returncode == 5, done.stderr
        summary = bought(done)
        assert summary["cost_usd"] == "0.056"
        assert summary["left"] == {"tasks": 3, "rolls": 2, "cost_usd": "0.084", "cost_usd_at_most": "0.112"}
        assert host.queue.billed_nano <= 60_000_000
        assert done.stderr.count("budget of the run") == 1
        assert re.search(r"of \$0.06, \$0.0(0 is spent and \$0.056 is held|56 is spent)", done.stderr)
        assert "skipped" not in done.stderr
        done = render(host, path, "--max-cost", "0.20")
        assert done.returncode == 0
        audit_end(host, path)


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_the_budget_of_a_stage_is_named_once_and_its_followers_are_left_out_too(
    tmp_path: Path, quiet: tuple[str, ...]
) -> None:
    path = show(tmp_path, f"{LIST}budget: {{stages: {{iterate: 0.06}}}}\n")
    with service() as host:
        done = command(host, "render", path, "--yes", *quiet)
        assert done.returncode == 5, done.stderr
        assert done.stderr.count("budget of stage iterate has no room") == 1
        assert "raise budget.stages.iterate in the shot list to 0.112 or more" in done.stderr
        assert "Not sent: 2 tasks (1 roll for $0.056, and at most $0.028 more after that)." in done.stdout
        assert "blocked" not in done.stdout + done.stderr
        path.write_text(path.read_text().replace("iterate: 0.06", "iterate: 0.112"))
        assert render(host, path).returncode == 0
        audit_end(host, path)


def test_a_picture_of_another_size_is_kept_and_said_to_be_so(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        host.queue.draw = lambda copy: grey_picture(replace(copy, width=1024, height=1024))
        done = render(host, path)
        assert done.returncode == 0, done.stderr
        assert (
            done.stderr.count("came with 1024 x 1024 pixels where 1360 x 768 were to be expected; it is kept") == 2
        )  # once a model
        host.queue.draw = lambda copy: grey_picture(replace(copy, width=1344, height=768))  # a model's own grid
        path.write_text(f"{path.read_text()}      sh030: {{subject: a gull}}\n")
        assert "pixels" not in render(host, path).stderr
        audit_end(host, path, rolls=ROLLS + 2, kept=TAKES + 3)
    sidecars = [json.loads(one.read_text()) for one in (tmp_path / "renders").rglob("*.json")]
    assert sorted(one["more"].get("pixels_expected", []) for one in sidecars) == [[]] * 3 + [[1360, 768]] * 6


def test_a_lost_answer_is_found_in_the_list_and_adopted_in_the_same_run(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service(rule("submit", {"nth": 1}, drop="accepted")) as host:
        done = render(host, path)
        assert done.returncode == 0, done.stderr
        audit_end(host, path)


def test_a_lost_answer_that_is_not_listed_is_for_a_person(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service(rule("submit", {"nth": 1}, drop="accepted"), rule("listing", omit="*")) as host:
        done = render(host, path)
        assert done.returncode == 9, done.stderr
        summary = bought(done)
        assert summary["outcomes"]["unknown"] == 1
        assert summary["reserved_usd"] == "0.056"
        again = render(host, path)
        assert again.returncode == 9
        assert host.queue.accepted == ROLLS - 1  # the second stage of that shot waits for it
        audit(host, path)
        plan = json.loads(command(host, "plan", path, "--json").stdout)
        assert [task["action"] for task in plan["tasks"]].count("unknown") == 1
        shown = command(host, "reconcile", path, "--json")
        assert shown.returncode == 9
        [lost] = json.loads(shown.stdout)["unknown"]
        request = next(asked for asked in host.queue.asked.values() if asked.body["prompt"] == lost["prompt"])
        adopted = command(host, "reconcile", path, lost["address"], "--adopt", request.id)
        assert adopted.returncode == 0, adopted.stderr
        assert render(host, path).returncode == 0
        audit_end(host, path)


def test_decisions_are_for_one_request_or_for_all_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service(rule("submit", {"nth": [1, 2]}, drop="accepted"), rule("listing", omit="*")) as host:
        assert render(host, path).returncode == 9
        first, second = (asked.id for asked in host.queue.asked.values())
        for words, fault in (
            (["--write-off"], "2 requests are not decided; say which by its address, or --all"),
            (["--all", "--adopt", first], "one request id is of one roll, and 2 are meant; name one address"),
            (["sc010/sh030", "--send-again"], "no request of this name is open"),
            (["sc010/sh010", "--adopt", "0" * 8], "the queue does not know this request"),
            (["sc010/sh010", "--adopt", first, "--write-off"], "three decisions; give one"),
        ):
            done = command(host, "reconcile", path, *words)
            assert done.returncode == 2
            assert fault in done.stderr
        assert states(path) == {"unknown": 2}
        of_first = (
            "sc010/sh010@iterate" if "fisherman" in host.queue.asked[first].body["prompt"] else "sc010/sh020@iterate"
        )
        of_second = ({"sc010/sh010@iterate", "sc010/sh020@iterate"} - {of_first}).pop()
        assert command(host, "reconcile", path, of_first, "--adopt", first).returncode == 9  # one is left
        taken = command(host, "reconcile", path, of_second, "--adopt", first)
        assert (taken.returncode, f"{first} is the request of {of_first} already" in taken.stderr) == (2, True)
        assert command(host, "reconcile", path, of_second, "--adopt", second).returncode == 0
        assert render(host, path).returncode == 0
        audit_end(host, path)


def test_the_bill_replaces_what_the_headers_said_where_the_key_may_read_it(tmp_path: Path) -> None:
    path = show(tmp_path)
    lies = rule("result", {"nth": 1}, units="9"), rule("result", {"nth": 2}, units="")
    with service(*lies, rule("billing", {"nth": 1}, forbidden=True)) as host:
        assert render(host, path).returncode == 0
        assert committed(path) > host.queue.billed_nano
        barred = command(host, "reconcile", path)
        assert (barred.returncode, "may not read the bill" in barred.stdout) == (0, True)
        told = json.loads(command(host, "reconcile", path, "--json").stdout)["bill"]
        assert [(one["before_usd"], one["after_usd"]) for one in told["corrected"]] == [("0.252", "0.056")]
        assert told["confirmed"] == ROLLS - 1
        audit_end(host, path)


@pytest.mark.parametrize("decision", ["--send-again", pytest.param("--write-off", marks=pytest.mark.slow)])
def test_what_is_decided_by_hand_is_bought_anew(tmp_path: Path, decision: str) -> None:
    path = show(tmp_path)
    with service(rule("submit", {"nth": 1}, drop="before"), rule("listing", omit="*")) as host:
        assert render(host, path).returncode == 9
        assert command(host, "reconcile", path, "--all", decision).returncode == 0
        assert render(host, path).returncode == 0
        assert host.queue.accepted == ROLLS
        assert takes(path) == TAKES


def test_the_service_stumbles_and_a_new_roll_is_sent(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service(rule("submit", {"nth": 1}, fail="runner")) as host:
        assert render(host, path).returncode == 0
        assert host.queue.accepted == ROLLS + 1
        assert takes(path) == TAKES


def test_too_many_is_held_back_and_sent_again(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service(rule("submit", {"nth": 1}, too_many=True, retry_after=1)) as host:
        assert render(host, path).returncode == 0
        audit_end(host, path)


def test_a_refused_request_is_not_sent_again_unless_it_is_named(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service(rule("submit", {"nth": 1}, fail="policy")) as host:
        done = render(host, path)
        assert (done.returncode, bought(done)["outcomes"]["refused"]) == (4, 1)
        accepted = host.queue.accepted
        assert render(host, path).returncode == 4
        assert host.queue.accepted == accepted
        refused = next(
            task["address"]
            for task in json.loads(command(host, "plan", path, "--json").stdout)["tasks"]
            if task["action"] == "refused"
        )
        assert render(host, path, refused).returncode == 0
        assert host.queue.accepted == accepted + 1


def test_two_at_once(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host, hold_show(tmp_path / ".shotpilot/writer.lock", "render night.yaml"):
        done = render(host, path)
        assert (done.returncode, host.queue.accepted) == (7, 0)
        assert str(os.getpid()) in done.stderr


@pytest.mark.parametrize(
    ("number", "code"),
    [pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow), (signal.SIGINT, 130), (signal.SIGHUP, 143)],
)
def test_a_signal_leaves_what_is_on_its_way_to_the_next_run(tmp_path: Path, number: signal.Signals, code: int) -> None:
    path = show(tmp_path)
    with service(service_seconds=3.0) as host:
        with subprocess.Popen(
            [*COMMAND, "render", path, "--yes"], env=host.environment, stderr=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        ) as run:  # fmt: skip
            ends = time.monotonic() + 30
            while states(path).get("submitted", 0) < 2 and time.monotonic() < ends:
                time.sleep(0.02)
            run.send_signal(number)
            _, said = run.communicate(timeout=30)
        assert run.returncode == code
        assert "2 requests are still on the way" in said
        assert host.queue.accepted == 2
        host.queue.service_seconds = 0.0
        assert render(host, path).returncode == 0
        audit_end(host, path)


def test_a_full_disk_keeps_the_paid_request_open(tmp_path: Path) -> None:
    path = show(tmp_path, LIST.replace("resolution: 1K", "resolution: 2K"))
    noisy = 800_000  # bytes: more than the ledger and the list need, less than a picture

    def noise(copy):  # type: ignore[no-untyped-def]
        import io
        import random

        from PIL import Image

        kept = io.BytesIO()
        Image.frombytes("L", (copy.width, 400), random.Random(1).randbytes(copy.width * 400)).save(kept, "png")
        return (kept.getvalue(),) * copy.count

    with service() as host:
        host.queue.draw = noise
        done = subprocess.run(
            [*COMMAND, "render", path, "--yes", "--json"], env=host.environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, check=False, timeout=120,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (noisy, noisy)),
        )  # fmt: skip
        assert done.returncode == 4, done.stderr
        assert "disk is full" in done.stderr
        assert states(path).get("submitted", 0) >= 1, (states(path), done.stderr)
        assert "closed" not in states(path)
        accepted = host.queue.accepted
        assert render(host, path).returncode == 0
        assert host.queue.accepted == accepted + ROLLS - 2 == ROLLS
        assert takes(path) == TAKES


def test_a_store_that_cannot_be_written_sends_nothing(tmp_path: Path) -> None:
    path = show(tmp_path)
    (tmp_path / ".shotpilot").mkdir()
    (tmp_path / ".shotpilot/store").write_text("a file stands where the folder should")
    with service() as host:
        done = render(host, path)
        assert "Traceback" not in done.stderr
        assert done.returncode == 4, done.stderr
        assert host.queue.accepted == 0
        (tmp_path / ".shotpilot/store").unlink()
        assert render(host, path).returncode == 0
        audit_end(host, path)


def test_a_slate_never_stands_for_a_picture_that_is_bought(tmp_path: Path) -> None:
    path = show(tmp_path)
    with service() as host:
        render(host, path)
        here = json.loads(command(host, "plan", path, "--json").stdout)["totals"]
        there = command(host, "plan", path, "--json", SHOTPILOT_FAL_QUEUE_URL="https://queue.fal.run")
        assert here["images_new"] == 0
        assert json.loads(there.stdout)["totals"]["images_new"] == 4


def test_unattended_wants_prices_and_picks(tmp_path: Path) -> None:
    path = show(tmp_path, LIST.replace("takes: 2, pick: first", "takes: 2, pick: human"))
    with service() as host:
        done = command(host, "render", path, "--unattended", "--json")
        assert done.returncode == 3, done.stderr
        assert json.loads(done.stdout)["takes_new"] == 4
        assert host.queue.billed_nano == 4 * PICTURE
