"""The load and its faults: they begin together, and when the load ends nothing is in force, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services_stub.contracts.control import State
from simulator.engine.workers import WorkerLost
from simulator.history import FaultRecord, Target
from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.outcomes import Outcome
from simulator.run import loading
from simulator.run.loading import Loading
from simulator.run.options import RunOptions
from simulator.run.plugs import Activity, NoFaults
from simulator.run.sagas import Sagas
from simulator.run.targets import Choice, Reached
from simulator.scenario import read_scenario
from simulator.trace.cluster import Cluster
from tests.unit.simulator.run.log import STARTED_AT, created

REACHED = Reached(Target(gateway="", bootstrap_servers=""), Cluster(""), None, None)


class FakeReader:
    latest = None

    def __init__(self) -> None:
        self.sagas = Sagas()
        self.sagas.add_all([created("o", 1)])


class FakeFaults(NoFaults):
    """Applies one fault until it is stopped, or fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure, self.seen = failure, list[Activity]()
        self.applied = threading.Event()

    def carry_out(
        self,
        state: State | None,
        cluster: Cluster,
        started_at: int,
        stopped: threading.Event,
        activity: Callable[[], Activity],
        keep: Callable[[FaultRecord], None],
    ) -> None:
        self.applied.set()
        if self.failure is not None:
            raise self.failure
        assert stopped.wait(30)
        self.seen.append(activity())
        keep(FaultRecord("pause", "order", started_at, started_at, started_at + 1))


class FakeWorkers:
    """Delivers one operation once the faults have begun, and ends or fails."""

    failure: BaseException | None = None
    faults: FakeFaults

    def __init__(
        self, _workload: Any, _options: Any, _number: int, deliver: Callable[..., None], begin: Callable[..., None]
    ) -> None:
        self._deliver, self._begin = deliver, begin

    def run(self) -> None:
        self._begin(STARTED_AT)
        assert self.faults.applied.wait(30)
        part = Measurements()
        part.record("search", Outcome.OK, planned=0, sent=0, done=SECOND)
        self._deliver(part)
        if self.failure is not None:
            raise self.failure


def loaded(
    faults: FakeFaults, failure: BaseException | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Loading:
    monkeypatch.setattr(loading, "Workers", FakeWorkers)
    monkeypatch.setattr(FakeWorkers, "failure", failure)
    monkeypatch.setattr(FakeWorkers, "faults", faults, raising=False)
    options = RunOptions(scenario=read_scenario(), seed=7, choice=Choice(), runs=tmp_path, faults=faults)
    made = Loading(options, lambda _line: None)
    work: Any = None
    reader: Any = FakeReader()
    if failure is None:
        made.run(work, REACHED, reader)
    else:
        with pytest.raises(type(failure)):
            made.run(work, REACHED, reader)
    return made


@pytest.mark.parametrize("failure", [None, WorkerLost("worker 0"), KeyboardInterrupt()])
def test_faults_are_healed_when_the_load_ends_and_what_was_measured_is_kept(
    failure: BaseException | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    faults = FakeFaults()
    made = loaded(faults, failure, monkeypatch, tmp_path)
    assert faults.seen == [Activity(open_sagas=1, sagas_begun=1, requests_ended=1)]
    assert [fault.kind for fault in made.faults] == ["pause"]
    assert (made.started_at, made.measurements.total, made.failure) == (STARTED_AT, 1, "")
    assert made.ended_at > STARTED_AT


def test_a_fault_that_could_not_be_applied_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = loaded(FakeFaults(RuntimeError("no broker")), None, monkeypatch, tmp_path)
    assert made.failure == "a fault was not applied: RuntimeError: no broker"
