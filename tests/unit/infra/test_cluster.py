"""A cluster that is made ready, with a broker in a thread."""

from __future__ import annotations

import pytest

from services_stub.infra.kafka.cluster import warm_up
from services_stub.runtime.errors import Unavailable
from tests.raw_kafka import broker_in_thread


def test_a_topic_that_the_broker_does_not_know_yet_is_waited_for() -> None:
    broker, address = broker_in_thread("order-created")
    try:
        with pytest.raises(Unavailable, match="trace-hops"):
            warm_up(address, {}, 5.0)
    finally:
        broker.close()
