"""Measurements: nothing is lost or counted twice, however a run is cut into parts and intervals."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.measure.measurements import LATE, SECOND, Measurements, merged
from simulator.measure.outcomes import ANSWERED, Outcome
from simulator.measure.summary import Summary, summarized

few = settings(max_examples=30, deadline=None)


@dataclass(frozen=True)
class Operation:
    name: str
    outcome: Outcome
    planned: int
    lag: int
    service: int

    def record(self, measurements: Measurements) -> None:
        sent = self.planned + self.lag
        if self.outcome is Outcome.DROPPED:
            measurements.record_dropped(self.name, planned=self.planned)
        else:
            done = sent + self.service
            measurements.record(self.name, self.outcome, planned=self.planned, sent=sent, done=done)
            measurements.record_pacing(self.planned, self.lag)
            measurements.record_busy(0, now=done, busy=self.lag, elapsed=self.service)


times = st.integers(0, 5 * SECOND)
operations = st.lists(
    st.builds(
        Operation,
        st.sampled_from(["search", "saga.paid"]),
        st.sampled_from(Outcome),
        times,
        st.integers(0, 9000),
        times,
    ),
    max_size=40,
)


def measured(recorded: list[Operation], interval: int = SECOND) -> Measurements:
    measurements = Measurements(interval=interval)
    for operation in recorded:
        operation.record(measurements)
    return measurements


def whole(measurements: Measurements, name: str) -> Summary:
    return summarized(measurements, name, measurements.operations.get(name, {}).keys())


@few
@given(operations, operations, operations)
def test_a_merge_is_associative_and_commutative_and_equals_recording_all_in_one(
    first: list[Operation], second: list[Operation], third: list[Operation]
) -> None:
    a, b, c = measured(first), measured(second), measured(third)
    together = measured(first + second + third)
    assert merged([merged([a, b]), c]) == merged([a, merged([b, c])]) == merged([c, b, a]) == together


@few
@given(operations, st.integers(1, 3 * SECOND))
def test_any_split_into_intervals_gives_the_same_whole(recorded: list[Operation], interval: int) -> None:
    for name in {operation.name for operation in recorded}:
        one, other = whole(measured(recorded, 60 * SECOND), name), whole(measured(recorded, interval), name)
        assert one.response == other.response
        assert (one.counts, one.late, one.service, one.start_lag, one.answers) == (
            other.counts,
            other.late,
            other.service,
            other.start_lag,
            other.answers,
        )


@few
@given(operations)
def test_every_operation_has_one_outcome_and_every_answer_is_counted_once(recorded: list[Operation]) -> None:
    measurements = measured(recorded)
    for name in ("search", "saga.paid"):
        mine = [operation for operation in recorded if operation.name == name]
        summary = whole(measurements, name)
        assert summary.counts == {outcome: sum(o.outcome is outcome for o in mine) for outcome in Outcome}
        assert summary.offered == len(mine)
        assert summary.sent == summary.start_lag.total == len(mine) - summary.counts[Outcome.DROPPED]
        assert summary.answers == summary.response.total == sum(o.outcome in ANSWERED for o in mine)
        assert summary.late == sum(o.lag >= LATE and o.outcome is not Outcome.DROPPED for o in mine)


@few
@given(operations)
def test_the_stored_form_reads_as_the_same(recorded: list[Operation]) -> None:
    measurements = measured(recorded)
    assert Measurements.decode(measurements.encode()) == measurements


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"no msgpack",
        msgspec.msgpack.encode({"format": 2}),
        msgspec.msgpack.encode({"interval": 0}),
        msgspec.msgpack.encode({"operations": {"search": {-1: [{}, 0]}}}),
        msgspec.msgpack.encode({"operations": {"search": {0: [{"excellent": [1]}, 0]}}}),
    ],
)
def test_something_else_is_not_read_as_measurements(stored: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        Measurements.decode(stored)


def test_ten_thousand_operations_are_stored_in_a_few_kilobytes() -> None:
    recorded = [Operation("search", Outcome.OK, 100 * i, i % 700, 900 + i * i % 5000) for i in range(10_000)]
    assert len(measured(recorded).encode()) < 20_000


def test_measurements_of_different_intervals_are_not_merged() -> None:
    with pytest.raises(ValueError, match="cannot be merged"):
        merged([Measurements(), Measurements(interval=10)])


@pytest.mark.parametrize(("planned", "sent", "done"), [(-1, 0, 0), (2, 1, 3), (1, 3, 2)])
def test_times_that_are_not_in_their_order_are_a_bug(planned: int, sent: int, done: int) -> None:
    with pytest.raises(ValueError, match="search: planned"):
        Measurements().record("search", Outcome.OK, planned=planned, sent=sent, done=done)


def test_offered_and_achieved_rate_part_where_answers_come_late() -> None:
    recorded = [Operation("search", Outcome.OK, i * SECOND // 10, 0, 2 * SECOND) for i in range(10)]
    measurements = measured(recorded)
    first, third = summarized(measurements, "search", {0}), summarized(measurements, "search", {2})
    assert (first.offered_rate, first.achieved_rate) == (10.0, 0.0)
    assert (third.offered_rate, third.achieved_rate) == (0.0, 10.0)
