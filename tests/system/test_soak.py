"""Less than a minute of purchases with faults of any kind in between; `make soak` takes half an hour of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.history.verdict import Verdict
from tests.system.soak import soak, windows_of

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
