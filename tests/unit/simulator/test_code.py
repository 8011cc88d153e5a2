"""Every event of the marketplace leads to the code that publishes it, and to that of each consumer."""

from __future__ import annotations

from pathlib import Path

import pytest

from services_stub.contracts.events import EVENT_BY_TOPIC, owner_of
from simulator.trace.code import handled_in, published_in
from simulator.trace.expected import CONSUMERS

ROOT = Path(__file__).resolve().parents[3]


def line_at(place: str) -> str:
    path, _, number = place.rpartition(":")
    return (ROOT / path).read_text().splitlines()[int(number) - 1]


@pytest.mark.parametrize("topic", sorted(CONSUMERS))
def test_an_event_leads_to_its_code(topic: str) -> None:
    kind = EVENT_BY_TOPIC[topic]
    published = published_in(topic, owner_of(kind))
    assert published.startswith(f"services_stub/{owner_of(kind)}/")
    for group in CONSUMERS[topic]:
        handled = handled_in(topic, group)
        assert handled.startswith(f"services_stub/{group}/"), group
        assert f"on_{topic.replace('-', '_')}" in line_at(handled) or kind.__name__ in line_at(handled)


@pytest.mark.parametrize("service", ["", "billing", "../tests", "order/handlers", "runtime"])
def test_services_of_other_systems_have_none(service: str) -> None:
    assert published_in("order-created", service) == handled_in("order-created", service) == ""
    assert published_in("invoice-sent", "order") == ""
