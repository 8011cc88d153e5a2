"""The lag of consumer groups: records before them, and the age of the oldest, by what was read of the log."""

from __future__ import annotations

from simulator.history.samples import Lag
from simulator.run.positions import GROUPS, Positions
from simulator.trace import TracedRecord
from simulator.trace.kafka_source import Partition
from tests.unit.simulator.run.log import at, record

PLACE: Partition = ("order-created", 0)


def written(offset: int, milliseconds: int) -> TracedRecord:
    return record("order-created", "o", milliseconds, {}, offset=offset)


def positions(*records: TracedRecord) -> Positions:
    made = Positions({PLACE: 5, ("notification-sent", 0): 0})
    made.add_all(records)
    return made


def test_the_groups_are_those_of_the_contracts() -> None:
    assert {"order", "payment", "analytics"} < set(GROUPS)
    assert positions().consumed_by("payment") == [PLACE]
    assert positions().consumed_by("auth") == []


def test_a_group_has_before_it_all_behind_the_offset_that_it_committed() -> None:
    made = positions(written(5, 0), written(6, 1000), written(7, 2500))
    assert made.lag("payment", {PLACE: 6}, at(3000)) == Lag(2, 2.0)
    assert made.lag("payment", {PLACE: 8}, at(3000)) == Lag()


def test_markers_of_transactions_are_read_and_wait_for_no_group() -> None:
    made = positions(written(5, 0), written(6, 1000))
    made.reach({PLACE: 9})
    assert made.ends[PLACE] == 9
    assert made.lag("payment", {PLACE: 7}, at(3000)) == Lag()
    made.reach({PLACE: 6})
    assert made.ends[PLACE] == 9


def test_events_are_counted_and_reports_of_hops_are_not() -> None:
    made = Positions({PLACE: 5, ("trace-hops", 0): 7})
    made.add_all([written(5, 0), record("trace-hops", "", 10, {}, offset=7), written(6, 1000)])
    assert made.events == 7


def test_a_group_that_has_committed_nothing_has_all_of_the_run_before_it() -> None:
    assert positions().lag("payment", {}, at(0)) == Lag()
    assert positions(written(5, 0)).lag("payment", {}, at(500)) == Lag(1, 0.5)


def test_times_are_kept_as_long_as_a_group_needs_them() -> None:
    made = positions(written(5, 0), written(6, 1000), written(7, 2500))
    made.forget([{PLACE: 8}, {PLACE: 6}])
    assert made.lag("payment", {PLACE: 6}, at(3000)) == Lag(2, 2.0)
    made.forget([{PLACE: 8}, {PLACE: 8}])
    assert made.lag("payment", {PLACE: 6}, at(3000)).records == 2
