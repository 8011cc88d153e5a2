"""The topology counts the same whatever the order of the records, and its rates are those of the last minute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from simulator.trace import TracedRecord
from simulator.trace.topology import (
    MOST_EDGES,
    OTHERS,
    WINDOW_SECONDS,
    Edge,
    Link,
    Topology,
    topology_lines,
    topology_mermaid,
)
from tests.unit.simulator.purchase import CREATED, dead_letter, purchase
from tests.unit.simulator.records import START, record

SECOND = 1_000_000
FOREIGN = TracedRecord("clicks", 0, 7, START, (), b"\x00")
GIVEN_UP = dead_letter(CREATED, group="payment", error="why", after_ms=60)


def at(seconds: float, record: TracedRecord = CREATED) -> TracedRecord:
    """A record so long after the start."""
    return replace(record, written_at=START + int(seconds * SECOND))


def rate(records: list[TracedRecord], now: float) -> Link:
    """The link from order to order-created after some records."""
    topology = Topology()
    topology.add_all(records)
    (link,) = [each for each in topology.links({}, START + int(now * SECOND)) if each.publishes]
    return link


@pytest.mark.parametrize(
    ("times", "now", "per_second"),
    [
        ([0], 0, 1.0),
        ([0, 0.5, 1], 1, 1.5),
        ([0, *([59] * 30)], 59, 31 / 60),
        ([0, *([61] * 30)], 61, 0.5),
        ([0, 1, 2], 62, 0.0),
        ([0, 1, 2], 61, 1 / 60),
        ([0, 1000], 1000, 1 / 60),
    ],
)
def test_a_rate_is_that_of_the_last_minute(times: list[float], now: float, per_second: float) -> None:
    link = rate([at(each) for each in times], now)
    assert link.records == len(times)
    assert link.per_second == pytest.approx(per_second)
    assert sum(link.recent) == round(link.per_second * min(now + 1, WINDOW_SECONDS))


def test_the_steps_of_a_rate_are_in_the_order_of_time() -> None:
    assert rate([at(0), *[at(7)] * 3, *[at(58)] * 2], 59).recent == (1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)


def test_a_clock_that_is_far_ahead_does_not_hide_the_present() -> None:
    present = [at(second) for second in range(1000)]
    assert rate([at(10**9), *present], 999).per_second == pytest.approx(1.0)


def test_publishers_beyond_a_bound_are_counted_together() -> None:
    topology = Topology()
    topology.add_all(
        record("clicks", number, event_id="x", after_ms=1, source=f"client-{number}") for number in range(900)
    )
    links = topology.links({})
    assert len(links) == MOST_EDGES + 1
    assert {link.service: link.records for link in links}[OTHERS] == 900 - MOST_EDGES


@given(st.permutations([*purchase(), FOREIGN, GIVEN_UP, *(at(second) for second in range(3))]))
def test_any_order_of_the_records_counts_the_same(records: list[TracedRecord]) -> None:
    one, other = Topology(), Topology()
    one.add_all(records)
    other.add_all(sorted(records, key=lambda each: (each.topic, each.partition, each.offset, each.written_at)))
    assert one.links({}) == other.links({})


def test_each_end_has_its_name_and_what_names_no_flow_is_said() -> None:
    topology = Topology()
    topology.add_all([*purchase(), FOREIGN, GIVEN_UP])
    links = topology.links({("payment", "order-created"): 3})
    lag = {link.edge: link.lag for link in links}
    assert lag[Edge("payment", "order-created", False)] == 3
    assert lag[Edge("cart", "order-created", False)] is None
    assert Edge("payment", "order-created.dlq", True) in lag
    assert topology.unjoined == {"clicks": 1}
    assert ("payment", "order-created") in topology.consumed
    assert any("(names no flow)" in line for line in topology_lines(links, 80))
    assert not any("clicks" in line for line in topology_mermaid(links))
