"""The verdict of a run: which finding counts, what a fault hit, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from simulator.history import FaultRecord, OperationLog, RunDirectory, RunRecord, Target, faults_in, operations_in
from simulator.history.verdict import Finding, Verdict, worst
from simulator.measure.measurements import SECOND, Measurements
from simulator.measure.outcomes import Outcome
from simulator.measure.slo import parse_slo
from simulator.measure.text import judgement_line, latency_text
from simulator.report.progress_text import second_line
from simulator.run.hits import with_hits
from simulator.run.judging import JudgedRun, Outcomes, judged_again, judged_run
from simulator.run.plugs import Judge, Judged
from simulator.run.progress import newest_second
from simulator.run.sagas import Sagas
from tests.unit.simulator.run.log import STARTED_AT, at, checkout, created, updated

RECORD = RunRecord(
    run_id="r",
    seed=7,
    scenario={},
    target=Target(gateway="http://shop", bootstrap_servers="kafka:9092"),
    versions={},
    workers=1,
    planned_us=10 * SECOND,
    begun_at=at(-5000),
    started_at=STARTED_AT,
    load_ended_at=at(10_000),
    drained_at=at(12_000),
    ended_at=at(13_000),
    drained=True,
)
FAULT = FaultRecord("kill", "payment", at(100), at(110), at(200))


def judged(
    tmp_path: Path,
    *,
    record: RunRecord = RECORD,
    measurements: Measurements | None = None,
    slos: tuple[str, ...] = (),
    judges: tuple[Judge, ...] = (),
    fault: FaultRecord = FAULT,
) -> JudgedRun:
    sagas = Sagas()
    sagas.add_all([created("o", 50), updated("o", 150, "PAID")])
    directory = RunDirectory(tmp_path)
    with OperationLog(directory.operations) as log:
        log.write(checkout("o", sent=40, done=60))
    outcomes = Outcomes(record, measurements or Measurements(), [fault], sagas, [])
    return judged_run(directory, outcomes, list(map(parse_slo, slos)), judges)


def test_the_worst_finding_is_the_verdict() -> None:
    assert worst([]) is Verdict.PASS
    order = [Verdict.UNKNOWN, Verdict.SLO_MISSED, Verdict.NOT_DRAINED, Verdict.VIOLATED]
    for place, verdict in enumerate(order):
        assert worst(Finding(each, "") for each in order[: place + 1]) is verdict
    assert [verdict.exit_code for verdict in (Verdict.PASS, Verdict.VIOLATED, *order[:3])] == [0, 1, 2, 3, 4]


def test_objectives_of_sagas_and_requests_are_judged_and_no_data_is_a_miss(tmp_path: Path) -> None:
    found = judged(tmp_path, slos=("saga.paid.p99<1s", "saga.paid.p99<1ms", "search.p99<1s", "saga.paid.ok>=100%"))
    assert [finding.verdict for finding in found.findings] == [Verdict.SLO_MISSED, Verdict.SLO_MISSED]
    assert "measured 150 ms" in found.findings[0].reason
    assert "no data" in found.findings[1].reason
    assert found.open_sagas == 1  # its shopper was not told
    assert found.document(Verdict.PASS, 0)["operations"]["saga.paid"]["response"]["p99"] == 150.0


def test_a_stored_run_can_be_asked_for_the_time_of_a_fault(tmp_path: Path) -> None:
    found = judged(tmp_path, slos=("saga.paid.p99<1s during kill:payment",))
    directory = RunDirectory(tmp_path)
    directory.write(RECORD)
    slos = ["saga.paid.p99<1s during kill:payment", "saga.paid.p99<1ms during fault", "saga.paid.p99<1s after fault"]
    again = judged_again(directory, map(parse_slo, slos))
    assert again[0] == found.judgements[0]
    assert [judgement_line(each) for each in again] == [
        "saga.paid.p99<1s during kill:payment: met, measured 150 ms of 1",
        "saga.paid.p99<1ms during fault: missed, measured 150 ms of 1",
        "saga.paid.p99<1s after fault: missed, measured - of 0 (no data: there was no saga.paid after fault)",
    ]


def test_where_the_generator_was_the_limit_nothing_is_known(tmp_path: Path) -> None:
    busy = Measurements()
    busy.record("search", Outcome.OK, planned=0, sent=0, done=1000)
    busy.record_busy(0, now=SECOND, busy=900_000, elapsed=SECOND)
    (finding,) = judged(tmp_path, measurements=busy).findings
    assert finding == Finding(Verdict.UNKNOWN, "generator-limited: worker 0 was busy 90% of the time")


@pytest.mark.parametrize(("late", "known"), [(9_000, True), (110_000, False)])
def test_starts_that_are_late_say_something_of_latencies_first_and_of_the_load_at_last(
    tmp_path: Path, late: int, known: bool
) -> None:
    measured = Measurements()
    measured.record("search", Outcome.OK, planned=0, sent=late, done=late + 1000)
    measured.record_pacing(0, late)
    found = judged(tmp_path, measurements=measured)
    words = f"1 % of the operations started {late / 1000:.1f} ms late or later"
    assert f"these latencies are not the target's alone: {words}" in found.lines()
    assert found.document(Verdict.PASS, 0)["generator"]["limit"] == words
    assert found.findings == ([] if known else [Finding(Verdict.UNKNOWN, f"generator-limited: {words}")])


@pytest.mark.parametrize("partial", [{"interrupted": True}, {"failure": "a bug"}, {"drained_at": 0}])
def test_judges_look_at_whole_runs_alone(tmp_path: Path, partial: dict[str, object]) -> None:
    def judge(directory: RunDirectory) -> Judged:
        assert directory.measurements.exists()
        assert faults_in(directory.faults)[0].hit_sagas == 1
        return Judged([Finding(Verdict.VIOLATED, "money is lost")], ["happened: much"])

    found = judged(tmp_path, judges=(judge,))
    assert found.findings == [Finding(Verdict.VIOLATED, "money is lost")]
    assert found.lines()[-2:] == ["happened: much", "invariant violated: money is lost"]
    assert found.document(Verdict.VIOLATED, 1)["reasons"] == found.findings
    assert judged(tmp_path, record=replace(RECORD, **partial), judges=(judge,)).findings == []


@pytest.mark.parametrize("times", [(at(5000), at(6000)), (0, 0)])
def test_a_fault_that_met_nothing_makes_the_run_unknown(tmp_path: Path, times: tuple[int, int]) -> None:
    (finding,) = judged(tmp_path, fault=replace(FAULT, begun_at=times[0], ended_at=times[1])).findings
    words = "the fault kill:payment met no saga and no request, so it has shown nothing"
    assert finding == Finding(Verdict.UNKNOWN, words)


def test_a_fault_that_was_counted_to_strike_nothing_makes_the_run_unknown(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, fault=replace(FAULT, struck=0)).findings
    words = "the fault kill:payment struck nothing where it was, so it has shown nothing"
    assert finding == Finding(Verdict.UNKNOWN, words)


def test_a_fault_hit_what_was_under_way_while_it_was_in_force() -> None:
    sagas = Sagas()
    sagas.add_all([created("before", 1), updated("before", 100, "PAID"), created("in", 150), created("after", 300)])
    operations = [checkout(sent=1, done=109), checkout(sent=1, done=110), checkout(sent=200, done=900)]
    never = replace(FAULT, planned_at=at(101), begun_at=0, ended_at=0)
    hit, missed = with_hits([never, FAULT], operations, sagas.by_order.values(), at(1000))
    assert (hit.hit_requests, hit.hit_sagas) == (2, 1)
    assert (missed.hit_requests, missed.hit_sagas) == (0, 0)


def test_operations_of_several_writers_are_kept_and_a_file_that_was_cut_off_is_read(tmp_path: Path) -> None:
    path = tmp_path / "operations"
    with OperationLog(path) as one, OperationLog(path) as other:
        for number in range(50):
            (one if number % 2 else other).write(replace(checkout(f"ö{number}"), seen=("a", "b")))
    assert {each.order_id for each in operations_in(path)} == {f"ö{number}" for number in range(50)}
    path.write_bytes(path.read_bytes()[:-3])
    assert len(list(operations_in(path))) == 49


def test_progress_is_that_of_the_newest_whole_second() -> None:
    measurements = Measurements()
    for number in range(20):
        measurements.record("search", Outcome.OK, planned=SECOND + number, sent=SECOND + number, done=SECOND + 12_000)
    measurements.record("buy", Outcome.UNKNOWN, planned=SECOND, sent=SECOND, done=2 * SECOND)
    second = newest_second(measurements, 0, 2 * SECOND + 5, 3, None)
    assert second_line(second, 60) == (
        "    2 of 60 s  21/s planned, 20/s answered, p50 12 ms, p99 none, 1 unknown; 3 open sagas, lag 0"
    )
    for _ in range(30):
        measurements.record_open(SECOND, 1)
    line = second_line(newest_second(measurements, 0, 2 * SECOND + 5, 3, None), 60)
    assert "51/s planned, 20/s answered, p50 none, p99 none, 30 open, 1 unknown;" in line
    assert [latency_text(figure) for figure in (None, 900.0, 1_234_567.0)] == ["-", "0.9 ms", "1.23 s"]
