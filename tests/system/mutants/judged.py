"""One short run on a marketplace of its own, sound or with a mutant, and what the auditor made of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from simulator.auditor.checks import Check
from tests.system.mutants.catalogue import environment

SCENARIO = Path(__file__).with_name("scenario.toml")

_IN_ITSELF = frozenset({Check.DASHBOARD})
"""A violation within one answer, whose details are all the evidence that there is."""

_LONGEST = 90.0
_END_SECONDS = 60.0
_DRAIN = "8s"


class _Evidence(msgspec.Struct):
    check: str
    detail: str
    events: list[str] = []
    operations: list[str] = []
    flow: list[str] = []


class _Report(msgspec.Struct):
    orders: int
    counts: dict[str, int]
    violations: list[_Evidence]
    sometimes: dict[str, int]


@dataclass(frozen=True)
class JudgedRun:
    """A run as it was judged. `path` is its directory."""

    path: Path
    seconds: float
    code: int
    orders: int
    counts: Mapping[str, int]
    without_evidence: frozenset[str]
    """The checks of which no violation comes with an event, a request or a flow."""
    never: Sequence[str]
    """Things that did not happen, so that the run does not show them."""
    output: str


class NotJudged(Exception):
    """The run did not get to its verdict; the message is its output."""


def judged_run(runs: Path, seed: int, *, mutant: str = "", faults: Sequence[str] = ()) -> JudgedRun:
    """Carry out a run, with its directory below `runs`.

    Raises:
        NotJudged: it did not come to its end, or took too long.
    """
    command = [sys.executable, "-m", "marketplace_tui", "simulate", "run", str(SCENARIO), "--fresh"]
    command += ["--seed", str(seed), "--drain", _DRAIN, "--runs", str(runs)]
    command += [argument for fault in faults for argument in ("--fault", fault)]
    before = set(runs.iterdir()) if runs.exists() else set()
    begun = time.monotonic()
    # In a session of its own: a Ctrl-C is handed on once, so that it ends its marketplace in peace.
    process = subprocess.Popen(
        command,
        env=environment(mutant),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=_LONGEST)
    except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=_END_SECONDS)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise NotJudged(output) from error
    made = [path for path in runs.iterdir() if path not in before] if runs.exists() else []
    if len(made) != 1 or not (made[0] / "violations.json").exists():
        raise NotJudged(output)
    report = msgspec.json.decode((made[0] / "violations.json").read_bytes(), type=_Report)
    shown = {each.check for each in report.violations if each.events or each.operations or each.flow}
    return JudgedRun(
        path=made[0],
        seconds=time.monotonic() - begun,
        code=process.returncode,
        orders=report.orders,
        counts=report.counts,
        without_evidence=frozenset(report.counts) - shown - _IN_ITSELF,
        never=[what for what, count in report.sometimes.items() if not count],
        output=output,
    )
