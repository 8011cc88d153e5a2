"""The demo as a user runs it: every outcome right, or a clear failure, and nothing left behind either way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import wait_for

DEMO = [sys.executable, "-m", "marketplace_tui", "demo"]


def environment(directory: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(directory)}


def test_the_demo_passes_and_leaves_nothing(tmp_path: Path) -> None:
    file, temporary = tmp_path / "demo.json", tmp_path / "temporary"
    temporary.mkdir()
    result = subprocess.run(
        [*DEMO, "--json", str(file)],
        env=environment(temporary),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    report = json.loads(file.read_text())
    assert report["passed"]
    assert all(step["ok"] for step in report["steps"])
    assert {event["topic"] for event in report["flow"]["events"]} >= {"order-created", "payment-success"}
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_an_interrupted_demo_leaves_nothing(tmp_path: Path) -> None:
    demo = subprocess.Popen(DEMO, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_for(lambda: list(tmp_path.glob("*/marketplace.json")), what="the marketplace starts")
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, said.decode()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_demo_that_cannot_start_says_why_and_where_the_logs_are(tmp_path: Path) -> None:
    command = [*DEMO, "--kafka", "127.0.0.1:1"]
    result = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 69
    assert "127.0.0.1:1" in result.stdout
    (left,) = tmp_path.iterdir()
    assert str(left / "logs") in result.stdout
