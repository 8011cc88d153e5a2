"""The auditor judges every run: one line for each violated check, and the same lines when the run is judged again."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.history import RunDirectory, Target
from simulator.history.verdict import INTERNAL_ERROR, INTERRUPTED, Verdict
from simulator.run import running
from simulator.run.auditing import audited
from simulator.run.options import RunOptions
from simulator.run.plugs import Judged
from simulator.run.targets import Choice, Reached
from simulator.scenario import read_scenario
from simulator.trace.cluster import Cluster
from tests.unit.simulator.sound_history import sound_history


def test_a_run_is_judged_in_short_lines_which_judging_it_again_repeats(tmp_path: Path) -> None:
    directory, run = RunDirectory(tmp_path), sound_history()
    run.publish_again(run.find("payment-success", "paid"))
    run.place("stuck", "u1", {"p1": 1})
    run.write(directory)
    judged = audited(directory)
    assert [str(finding) for finding in judged.findings] == [
        "invariant violated: double-charge: 1 × an order was charged more than once",
        "invariant violated: stuck-order: 1 × a part of an order did not come to an end",
    ]
    counted, happened, evidence = judged.lines
    assert f"{len(run.orders)} orders, {len(run.operations)} operations" in counted
    assert happened.startswith("happened: paid ")
    assert "never: cancelled charged, " in happened
    assert directory.violations.exists()
    again = CliRunner().invoke(app, ["simulate", *evidence.split()[-2:]])
    assert again.exit_code == 1
    assert again.output.splitlines()[:4] == [counted, happened, *map(str, judged.findings)]
    assert again.output.splitlines()[-1] == "verdict: invariant violated"


def test_a_sound_run_has_no_findings_and_says_how_much_was_judged(tmp_path: Path) -> None:
    sound_history().write(RunDirectory(tmp_path))
    judged = audited(RunDirectory(tmp_path))
    assert judged.findings == []
    assert len(judged.lines) == 2


def test_a_run_whose_files_are_damaged_is_unknown(tmp_path: Path) -> None:
    sound_history().write(RunDirectory(tmp_path))
    RunDirectory(tmp_path).records.write_bytes(b"\x00")
    (finding,) = audited(RunDirectory(tmp_path)).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert "cannot be judged" in finding.reason


@pytest.mark.parametrize(
    ("problem", "code", "says"),
    [
        (KeyboardInterrupt(), INTERRUPTED, "verdict: interrupted: these results are partial"),
        (ValueError("a bug"), INTERNAL_ERROR, "verdict: internal error"),
    ],
)
def test_a_judge_that_is_interrupted_or_fails_leaves_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: BaseException, code: int, says: str
) -> None:
    def judge(_directory: RunDirectory) -> Judged:
        raise problem

    def go(run: running.Run, *_found: object) -> None:
        run._keep(drained=True, drained_at=1)

    found = Reached(
        Target(gateway="http://shop", bootstrap_servers="kafka:9092"), Cluster("kafka:9092", {}), None, None
    )
    monkeypatch.setattr(running, "reached", lambda *_choice: nullcontext(found))
    monkeypatch.setattr(running.Run, "_log_of", lambda *_run: nullcontext())
    monkeypatch.setattr(running.Run, "_go", go)
    options = RunOptions(
        scenario=read_scenario("shopping"), seed=7, choice=Choice(gateway="http://shop"), runs=tmp_path, judges=(judge,)
    )
    run = running.Run(options, lambda _line: None)
    assert run.execute() == code
    assert run.lines[-1] == says
    record = run.directory.read()
    assert (record.interrupted, bool(record.failure)) == (code == INTERRUPTED, code == INTERNAL_ERROR)
    assert record.ended_at
    assert run.directory.summary.exists()


def test_every_run_is_judged_by_the_auditor(tmp_path: Path) -> None:
    choice = Choice(gateway="http://shop")
    assert RunOptions(scenario=read_scenario("shopping"), seed=7, choice=choice, runs=tmp_path).judges == (audited,)
