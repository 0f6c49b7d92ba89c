"""`shotpilot queue serve`: comes up, answers, goes down with a sentence."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from shotpilot_pipeline.cli.queue import command
from shotpilot_pipeline.errors import UsageError


@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_told_to_stop(root: Path, signal_sent: signal.Signals) -> None:
    program = [sys.executable, "-c", "from shotpilot_pipeline.cli.queue import command; command()"]
    arguments = ["serve", "--port", "0", "--service-seconds", "0.5", "--seed-free"]
    with subprocess.Popen([*program, *arguments], cwd=root, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())
        assert found
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{found.group()}/v1/models/pricing", timeout=10)
        assert refused.value.code == 401
        server.send_signal(signal_sent)
        said = server.stderr.read()
        assert server.wait(10) == 0
    assert said == "Stopped. Accepted requests: 0; billable units: 0.\n"


def test_a_taken_port_is_said_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(command, ["serve", "--port", str(port)])
    assert isinstance(result.exception, UsageError)
    assert "--port 0" in str(result.exception)


@pytest.mark.parametrize(
    "wrong", [["--port", "70000"], ["--service-seconds", "-1"], ["--host", "no.such.host.invalid"]]
)
def test_wrong_options(wrong: list[str]) -> None:
    result = CliRunner().invoke(command, ["serve", *wrong])
    assert result.exit_code == 2 or isinstance(result.exception, UsageError)
