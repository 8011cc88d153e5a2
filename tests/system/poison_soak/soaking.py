"""The soak itself: a run of the simulator on a marketplace of its own, and beside it poison on every consumed topic."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from simulator.engine.scheduling import give_way
from simulator.history import RunDirectory
from simulator.history.progress import Phase, PhaseBegun, progress_in
from simulator.trace.events import dead_letter_of
from simulator.trace.expected import CONSUMERS
from simulator.trace.recording import recorded
from tests.raw_kafka import RawProducer
from tests.system.marketplace import Marketplace, running_marketplace
from tests.system.poison_kinds import send_each_kind
from tests.waiting import wait_for

TOPICS = tuple(topic for topic, groups in CONSUMERS.items() if groups)

SCENARIO = """\
[load]
loop = "open"
arrivals = "constant"

[population]
stock = 1000000000

[mix]
checkout = 100

[cards]
pm_card_visa = 95
pm_card_chargeDeclined = 5
"""
_START_SECONDS, _END_SECONDS = 300.0, 1800.0
_QUIET_SECONDS = 5.0
"""No round of poison begins so shortly before the load ends."""

Reasons = dict[tuple[str, str], list[str]]
"""The reasons of the dead letters by key and group."""


class Soaked(msgspec.Struct, frozen=True):
    """All that came of a soak. `rounds` is how often every kind was sent to every topic."""

    directory: RunDirectory
    exit_code: int
    """Of the run."""
    rounds: int
    restarts: dict[str, int]
    """Of each process."""
    output: str
    """The last lines of the run."""


def soak(minutes: float, rate: float, every: float, runs: Path) -> Soaked:
    """Load a marketplace with `rate` purchases a second, and send poison every so many seconds.

    Raises:
        AssertionError: the marketplace or the run did not start or end.
    """
    scenario = runs / "scenario.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    with running_marketplace("--rate-limit", "off") as marketplace, (runs / "output").open("w+b") as output:
        give_way(marketplace.state.launcher_pid)
        command = [sys.executable, "-m", "marketplace_tui", "simulate", "run", str(scenario), "--seed", "7"]
        command += ["--rate", f"{rate:g}", "--duration", f"{round(minutes * 60)}s", "--drain", "2m"]
        command += ["--data-dir", str(marketplace.directory), "--runs", str(runs / "runs")]
        with subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as run:
            try:
                directory = _loading(runs / "runs", run)
                rounds = _poison(marketplace, run, minutes * 60, every)
                exit_code = run.wait(_END_SECONDS)
            finally:
                run.kill()
        output.seek(0)
        said = output.read().decode(errors="replace")
        return Soaked(directory, exit_code, rounds, _restarts(marketplace), said[-5000:])


def dead_letters(directory: RunDirectory) -> Reasons:
    """The reasons of all dead letters that the run has read."""
    found: Reasons = {}
    for batch in recorded(directory.records):
        for record in batch:
            dead = dead_letter_of(record)
            if dead is not None:
                key = (record.key or b"").decode(errors="replace")
                found.setdefault((key, dead.group), []).append(dead.error)
    return found


def _loading(runs: Path, run: subprocess.Popen[bytes]) -> RunDirectory:
    """The directory of the run, once its load has begun."""

    def begun() -> RunDirectory | None:
        assert run.poll() is None, "the run has ended before its load"
        for path in runs.iterdir() if runs.exists() else ():
            directory = RunDirectory(path)
            with suppress(OSError):
                if any(isinstance(e, PhaseBegun) and e.phase is Phase.LOAD for e in progress_in(directory.progress)):
                    return directory
        return None

    found = wait_for(begun, seconds=_START_SECONDS, what="the load")
    assert found is not None
    return found


def _poison(marketplace: Marketplace, run: subprocess.Popen[bytes], seconds: float, every: float) -> int:
    """Send all kinds again and again as long as the load goes on; how often that was done."""
    began, rounds = time.monotonic(), 0
    producer = RawProducer(marketplace.bootstrap_servers)
    # On a busy machine it takes a while to send a round: what is sent after the load would not be read any more.
    while (at := every * (rounds + 0.5)) < seconds - _QUIET_SECONDS:
        with suppress(subprocess.TimeoutExpired):
            run.wait(max(0.0, began + at - time.monotonic()))
            raise AssertionError("the run has ended within its load")
        if time.monotonic() - began >= seconds - _QUIET_SECONDS:
            break
        send_each_kind(producer, TOPICS, f" {rounds}")
        rounds += 1
    producer.close()
    return rounds


def _restarts(marketplace: Marketplace) -> dict[str, int]:
    status = marketplace.control.status()
    processes = {part.name: part.restarts for part in status.infrastructure}
    return processes | {service.name: service.restarts for service in status.services}
