"""A sample of events: its share, its weights, and that it never holds up or fails what it tells of."""

from __future__ import annotations

import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.envelope import Cause
from services_stub.contracts.events import ProductViewed
from services_stub.runtime.sampling import MOST_WAITING, Sampling
from services_stub.runtime.settings import Settings
from tests.unit.serving import RecordingSender

CAUSE = Cause("flow", "request", "")


class SlowSender(RecordingSender):
    """Has a number of records that the broker did not acknowledge, and perhaps no room for more."""

    def __init__(self, unacknowledged: int, *, full: bool = False) -> None:
        super().__init__()
        self.unacknowledged, self.full = unacknowledged, full

    def waiting(self) -> int:
        return self.unacknowledged

    def send(self, *arguments: object, **_callbacks: object) -> bool:
        return not self.full and super().send(*arguments)  # type: ignore[arg-type]


def viewed(weight: float) -> Event:
    return ProductViewed(product_id="p1", seller_id="s1", category="Home", weight=weight)


def sampling(rate: float, sender: RecordingSender) -> Sampling:
    settings = Settings(
        service="test",
        instance="test-1",
        port=0,
        bootstrap_servers="",
        data_dir="",
        internal_token="",
        event_sampling=rate,
    )
    return Sampling(settings, sender)


def test_nothing_is_published_where_the_share_is_0_and_all_where_it_is_1() -> None:
    for rate, published in ((0.0, 0), (1.0, 100)):
        sender = RecordingSender()
        sample = sampling(rate, sender)
        for _ in range(100):
            sample.publish(CAUSE, viewed)
        assert sender.events == [viewed(1.0)] * published


def test_the_weights_of_a_sample_estimate_how_many_there_were() -> None:
    sender = RecordingSender()
    sample = sampling(0.25, sender)
    for _ in range(20_000):
        sample.publish(CAUSE, viewed)
    weights = [event.weight for event in sender.events if isinstance(event, ProductViewed)]
    assert set(weights) == {4.0}
    assert 18_000 < sum(weights) < 22_000  # eight standard deviations
    assert sample.dropped == 0


def test_an_event_has_a_whole_envelope_and_joins_the_flow_of_its_cause() -> None:
    sender = RecordingSender()
    sampling(1.0, sender).publish(CAUSE, viewed)
    [headers] = sender.headers
    assert headers["ce_source"] == b"/services/test"
    assert (headers["ce_correlationid"], headers["ce_causationid"]) == (b"flow", b"request")


@pytest.mark.parametrize("sender", [SlowSender(MOST_WAITING), SlowSender(0, full=True)], ids=["slow", "full"])
def test_where_the_broker_is_too_slow_events_are_dropped_and_counted(sender: SlowSender) -> None:
    sample = sampling(1.0, sender)
    sample.publish(CAUSE, viewed)
    assert (sender.events, sample.dropped) == ([], 1)
    sender.unacknowledged, sender.full = 0, False
    sample.publish(CAUSE, viewed)
    assert (len(sender.events), sample.dropped) == (1, 1)


def test_an_event_that_cannot_be_built_fails_nothing() -> None:
    def broken(_weight: float) -> Event:
        raise ValueError("a bug")

    sample = sampling(1.0, RecordingSender())
    sample.publish(CAUSE, broken)
    assert sample.dropped == 1
