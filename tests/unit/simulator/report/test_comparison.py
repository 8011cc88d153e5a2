"""Comparisons of two runs: the same is the same, what is slower is found, and what cannot be told is not."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_tui import cli
from services_stub.contracts.encoding import indented_json
from simulator.history import RunDirectory
from simulator.report.comparison import block_percentiles, compared, scenario_differences
from simulator.report.comparison_text import comparison_lines
from simulator.report.results import Results
from simulator.report.statistics import holm, mann_whitney, ranks_of
from tests.unit.simulator.report.stored import figures, measured, results

VALUES = st.lists(st.integers(0, 5).map(float) | st.just(math.inf), min_size=1, max_size=12)


def test_the_rank_test_is_that_of_the_literature() -> None:
    """The example of `scipy.stats.mannwhitneyu`: ages at diagnosis, U = 17."""
    found = mann_whitney([19, 22, 16, 29, 24], [20, 11, 17, 12])
    assert found.p_value == pytest.approx(0.11134688653314041)
    assert found.larger == 1 - 17 / 20


@given(VALUES, VALUES)
def test_the_rank_test_is_symmetric_and_knows_the_same(ones: list[float], others: list[float]) -> None:
    there, back = mann_whitney(ones, others), mann_whitney(others, ones)
    assert there.p_value == pytest.approx(back.p_value)
    assert there.larger == pytest.approx(1 - back.larger)
    assert mann_whitney(ones, ones).larger == pytest.approx(0.5)
    assert sum(ranks_of(ones)) == len(ones) * (len(ones) + 1) / 2


def test_chance_is_found_as_often_as_it_may_be() -> None:
    chance = random.Random(7)
    values = [chance.gauss(0, 1) for _ in range(24_000)]
    samples = [values[place : place + 12] for place in range(0, len(values), 12)]
    significant = sum(mann_whitney(*pair).p_value < 0.05 for pair in zip(samples[::2], samples[1::2], strict=True))
    assert 20 < significant < 70  # of 1000


def test_many_comparisons_need_smaller_p_values() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def slower(milliseconds: float) -> Results:
    figure = figures(400)
    response = {name: value + milliseconds for name, value in figure["response"].items()}
    measurements = measured(slower=int(milliseconds * 1000))
    return results(measurements=measurements, operations={"search": {**figure, "response": response}})


def test_a_slower_run_is_a_regression_and_the_other_way_round_it_is_none() -> None:
    found = compared(results(), slower(5))
    verdicts = {(each.operation, each.percent): each.verdict for each in found.differences}
    assert (verdicts["search", 50], found.verdict, found.exit_code) == ("slower", "regression", 5)
    assert verdicts["search", 99] == "unknown"  # 100 operations are 5 s: too few blocks in 20 s
    back = compared(slower(5), results())
    assert (back.verdict, back.exit_code) == ("no regression", 0)
    assert any("faster" in line for line in comparison_lines(back))


def test_a_difference_that_is_significant_and_small_is_none() -> None:
    found = compared(results(), slower(0.3))
    assert [each.verdict for each in found.differences if each.percent == 50] == ["none", "none"]
    assert all(each.p_value is None or each.p_value > 0.9 for each in compared(results(), results()).differences)


def test_a_worse_verdict_is_a_regression_and_a_late_generator_tells_nothing() -> None:
    passed = results(verdict="pass", exitCode=0)
    assert compared(passed, results()).exit_code == 5
    limited = results(generator={"limit": "worker 0 was busy", "pacingErrorP50": 1, "pacingErrorP99": 9})
    found = compared(results(), limited)
    assert (found.verdict, found.exit_code) == ("unknown", 2)
    assert "r1: worker 0 was busy, so its latencies say nothing" in found.notes


def test_blocks_have_enough_operations_for_their_percentile() -> None:
    measurements = measured(30, each=10)
    assert [len(block_percentiles(measurements, "search", 30, percent)) for percent in (50, 95, 99)] == [15, 15, 3]
    assert block_percentiles(measurements, "none", 30, 50) == []


def test_runs_of_other_scenarios_are_refused_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = []
    for number, rate in enumerate(("20/s", "30/s")):
        run = results()
        record = run.record
        record.scenario["load"] = {"rate": rate}
        directory = RunDirectory(tmp_path / f"{number}")
        directory.path.mkdir()
        directory.write(record)
        directory.summary.write_text(indented_json(run.summary), encoding="utf-8")
        directory.measurements.write_text(indented_json(run.measurements), encoding="utf-8")
        paths.append(str(directory.path))
    assert scenario_differences(results(), results("another description")) == []
    assert cli.run(["simulate", "compare", *paths]) == 64
    assert "load.rate: 20/s → 30/s" in capsys.readouterr().err
    assert cli.run(["simulate", "compare", *paths, "--any-scenario", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "no regression"
    assert cli.run(["simulate", "compare", paths[0], str(tmp_path)]) == 64
    assert "has no run.json" in capsys.readouterr().err
