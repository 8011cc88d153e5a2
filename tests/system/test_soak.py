"""Less than a minute of purchases with faults of any kind in between; `make soak` takes half an hour of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simulator.faults.planned import planned
from simulator.history.verdict import Verdict
from simulator.measure.measurements import SECOND
from simulator.scenario.quantities import Duration
from tests.system.soak import bounds_of, faults_of, soak, windows_of

_PASSED_OR_UNKNOWN = {verdict.exit_code for verdict in (Verdict.PASS, Verdict.UNKNOWN)}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_purchases_go_on_beside_faults_of_any_kind(tmp_path: Path) -> None:
    exit_code, output, results = soak(minutes=0.75, rate=40.0, every=10.0, directory=tmp_path)
    assert exit_code in _PASSED_OR_UNKNOWN, output
    assert len(results.faults) == 4
    first, last = windows_of(results)
    assert min(first.orders, last.orders) > 0
    assert first.memory.keys() == last.memory.keys() > {"order", "gateway", "kafka", "simulator"}
    assert min(first.cpu_ms, last.cpu_ms) > 0


def test_both_windows_that_are_compared_have_the_same_faults() -> None:
    faults = [planned(text) for text in faults_of(1800, 60.0)]
    assert [fault.at // (60 * SECOND) for fault in faults] == list(range(30))
    first, last = (
        [replace(fault, at=Duration(fault.at - begin * SECOND)) for fault in faults[begin // 60 : end // 60]]
        for begin, end in bounds_of(1800)
    )
    assert first == last


@pytest.mark.parametrize(("seconds", "every"), [(45, 10), (600, 60), (900, 60), (1200, 60)])
def test_each_interval_has_one_fault_also_where_the_windows_are_not_whole_intervals(seconds: int, every: int) -> None:
    faults = [planned(text) for text in faults_of(seconds, every)]
    assert [fault.at // (every * SECOND) for fault in faults] == list(range(seconds // every))
