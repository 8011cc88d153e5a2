"""A flow as text: aligned, complete, and never wider than the terminal."""

from __future__ import annotations

import pytest

from services_stub.contracts.events import HopOutcome
from simulator.trace.flow import flow_of
from simulator.trace.text import draw_flow
from tests.unit.simulator.records import CREATED, ORDER, PURCHASE, START, hop, hops


def test_a_purchase() -> None:
    assert draw_flow(flow_of(ORDER, PURCHASE, started_at=START)) == [
        "      time  topic[partition]@offset     type                  published by",
        "    4.1 ms  order-created[4]@0          order-created.v1      order",
        "            └► payment 16.4 ms · notification 16.9 ms",
        "   17.0 ms  notification-sent[5]@12345  notification-sent.v1  notification",
        "            └► no consumer reported it",
        "   18.2 ms  payment-success[4]@7        payment-success.v1    payment",
        "            └► order 30.9 ms",
        "   31.5 ms  order-updated[4]@3          order-updated.v1      order",
        "            └► product 43.0 ms · cart 43.2 ms (rejected) ·",
        "               notification 44.0 ms (duplicate)",
    ]


@pytest.mark.parametrize("width", range(60, 130))
def test_many_consumers_wrap(width: int) -> None:
    groups = [f"group-number-{number}" for number in range(30)]
    reports = [
        hops(group, hop(CREATED, 1000 + number, HopOutcome.DEAD_LETTER), offset=number)
        for number, group in enumerate(groups)
    ]
    lines = draw_flow(flow_of(ORDER, [CREATED, *reports], started_at=START), width=width)
    assert max(map(len, lines[2:])) <= width
    assert all(group in "\n".join(lines) for group in groups)


def test_nothing_found_is_said() -> None:
    assert draw_flow(flow_of(ORDER, [])) == ["no event of this flow was found"]
