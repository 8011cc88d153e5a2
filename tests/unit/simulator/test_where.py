"""Where a flow is now: from the offsets that groups have committed, asked twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from simulator.trace import flow_of
from simulator.trace.where import groups_of, undone, waiting_for, waiting_lines
from tests.unit.simulator.records import CREATED, ORDER, hop, hops

FLOW = flow_of(ORDER, [CREATED, hops("payment", hop(CREATED, 9)), hops("seller", hop(CREATED, 9), offset=1)])
PLACE = ("order-created", 4)


class Broker:
    """Answers for each group one offset after the other."""

    def __init__(self, **offsets: list[int]) -> None:
        self._offsets = offsets

    def committed(self, group: str, _partitions: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        left = self._offsets.get(group)
        return {PLACE: left.pop(0)} if left else {}


def test_groups_that_have_reported_an_event_are_done_with_it() -> None:
    seen = groups_of({("payment", "order-created", 4): 7, ("audit", "order-created", 1): 0})
    assert [group for _, group in undone(FLOW, seen)] == ["analytics", "audit", "cart", "notification"]


def test_a_group_is_behind_by_records_and_by_seconds() -> None:
    event = FLOW.events[0]
    pairs = [(event, group) for group in ("analytics", "cart", "notification", "audit")]
    broker = Broker(analytics=[1, 1], cart=[0, 0], notification=[-10, -6])
    found = {each.group: each for each in waiting_for(pairs, broker.committed, lambda: 2.0)}
    assert set(found) == {"cart", "notification", "audit"}  # what lies before the committed offset is handled
    assert (found["cart"].ahead, found["cart"].seconds) == (0, None)
    assert (found["notification"].ahead, found["notification"].per_second, found["notification"].seconds) == (
        6,
        2.0,
        3.5,
    )
    assert found["audit"].committed is None
    assert waiting_lines(list(found.values())) == [
        "cart has order-created[4]@0 before it: 0 records ahead, it stands still",
        "notification has order-created[4]@0 before it: 6 records ahead at 2.0 a second, it comes to it in 3.50 s",
        "audit has order-created[4]@0 before it, and has committed nothing of this partition",
    ]
    assert waiting_lines([]) == ["Every group has handled every event of it."]
