"""The live stream: callers get the events that they may see, and a gap for those that they missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import msgspec
import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.events import EVENT_BY_TOPIC, OrderItem, OrderUpdated
from services_stub.gateway.stream import CONNECTED, GAP, HEARTBEAT, Broadcaster, Subscription, message_of, messages
from services_stub.gateway.visibility import STREAMED, visible_to
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.records import Record
from tests.contracts.samples import SAMPLES, SELLER, USER, golden
from tests.unit.gateway.callers import caller
from tests.waiting import eventually_true

BY_TOPIC = {event.topic: event for event in SAMPLES}
OWN = {"order-updated", "notification-sent", "payment-success", "payment-failed", "payment-refunded"}
SOLD = {"order-updated", "product-created", "product-updated", "product-deleted"}


def _record(topic: str, *, timestamp: int = 0, value: bytes | None = None) -> Record:
    sample = golden(EVENT_BY_TOPIC[topic])
    wire = sample.wire_value() if value is None else value
    return Record(topic, 0, 0, sample.key.encode(), wire, sample.wire_headers(), timestamp)


class StubReader:
    """A reader that hands on what the test gives it."""

    def __init__(self, on_records: Callable[[list[Record]], None], *, away: bool = False) -> None:
        self.on_records, self.away = on_records, away
        self.started = self.stopped = 0

    def start(self) -> None:
        """Start, unless Kafka is away."""
        if self.away:
            raise Unavailable("Kafka")
        self.started += 1

    def stop(self, timeout: float) -> None:
        """Stop."""
        self.stopped += 1


class Scene:
    """A broadcaster and the readers that it made."""

    def __init__(self, *, away: bool = False, linger: float = 30.0) -> None:
        self.readers: list[StubReader] = []
        self.away = away
        self.stopping = asyncio.Event()
        self.broadcaster = Broadcaster(asyncio.get_running_loop(), self._reader_of, self.stopping, linger=linger)

    def _reader_of(self, on_records: Callable[[list[Record]], None]) -> StubReader:
        self.readers.append(StubReader(on_records, away=self.away))
        return self.readers[-1]


async def _opened(stream: AsyncIterator[bytes]) -> None:
    assert await anext(stream) == CONNECTED


@pytest.mark.parametrize(
    ("who", "role", "topics"),
    [
        (USER, "user", OWN),
        (SELLER, "seller", SOLD),
        ("somebody", "admin", {event.topic for event in STREAMED}),
        ("somebody", "user", set()),
        ("somebody", "seller", set()),
        (SELLER, "user", set()),
        (USER, "seller", OWN),
    ],
)
def test_who_may_see_which_event(who: str, role: str, topics: set[str]) -> None:
    seen = {event.topic for event in STREAMED if visible_to(caller(who, role), BY_TOPIC[event.topic]) is not None}
    assert seen == topics


@pytest.mark.parametrize("event", [event for event in SAMPLES if type(event) not in STREAMED], ids=lambda e: e.topic)
def test_other_events_are_visible_to_admins_alone(event: Event) -> None:
    assert visible_to(caller(USER), event) is None
    assert visible_to(caller(SELLER, "seller"), event) is None


def test_a_seller_sees_the_own_part_of_an_order() -> None:
    whole = BY_TOPIC["order-updated"]
    assert isinstance(whole, OrderUpdated)
    other = OrderItem(product_id="p", seller_id="other", name="n", quantity=2, unit_price=Decimal("1.25"))
    mixed = msgspec.structs.replace(whole, items=[*whole.items, other], amount=whole.amount + Decimal("2.50"))
    part = visible_to(caller("other", "seller"), mixed)
    assert isinstance(part, OrderUpdated)
    assert (part.items, part.amount, part.order_id) == ([other], Decimal("2.50"), whole.order_id)
    assert visible_to(caller(SELLER, "seller"), mixed) == whole
    assert visible_to(caller(USER), mixed) is mixed


def test_events_arrive_named_and_as_they_lie_in_the_log() -> None:
    async def scenario() -> None:
        scene = Scene()
        await scene.broadcaster.listen()
        stream = messages(scene.broadcaster, caller(USER), resumed=False)
        await _opened(stream)
        record = _record("order-updated")
        scene.readers[0].on_records([_record("product-updated"), record])
        assert await anext(stream) == message_of(
            "order-updated", golden(OrderUpdated).headers["ce_id"], record.value or b""
        )

    asyncio.run(scenario())


def test_a_message_is_one_event_whatever_its_bytes() -> None:
    message = message_of("order-updated", "e\n\r1", b'{\n"a":\r\n1}')
    assert message == b'event: order-updated\nid: e1\ndata: { "a":  1}\n\n'


def test_what_is_no_event_is_left_out() -> None:
    async def scenario() -> None:
        scene = Scene()
        stream = messages(scene.broadcaster, caller("a", "admin"), resumed=False)
        await _opened(stream)
        poison = [_record("order-updated", value=b"not json"), Record("order-updated", 0, 0, None, b"{}", [], 0)]
        scene.broadcaster.publish([*poison, _record("payment-success")])
        assert (await anext(stream)).startswith(b"event: payment-success\n")

    asyncio.run(scenario())


def test_a_batch_is_told_in_the_order_of_time() -> None:
    async def scenario() -> None:
        scene = Scene()
        stream = messages(scene.broadcaster, caller(USER), resumed=False)
        await _opened(stream)
        scene.broadcaster.publish([_record("order-updated", timestamp=2), _record("payment-success", timestamp=1)])
        told = (await anext(stream)).decode().splitlines()
        assert [line for line in told if line.startswith("event")] == ["event: payment-success", "event: order-updated"]

    asyncio.run(scenario())


def test_who_does_not_keep_up_loses_the_oldest_and_is_told() -> None:
    async def scenario() -> None:
        slow = Subscription(caller(USER), longest=2)
        for message in (b"1", b"2", b"3", b"4"):
            slow.offer(message)
        assert await slow.take(1.0) == GAP + b"34"
        slow.offer(b"5")
        assert await slow.take(1.0) == b"5"
        assert await slow.take(0.0) == b""

    asyncio.run(scenario())


def test_a_returning_client_is_told_that_it_may_have_missed_something() -> None:
    async def scenario() -> None:
        assert await anext(messages(Scene().broadcaster, caller(USER), resumed=True)) == CONNECTED + GAP

    asyncio.run(scenario())


def test_silence_is_broken_by_heartbeats() -> None:
    async def scenario() -> None:
        stream = messages(Scene().broadcaster, caller(USER), resumed=False, heartbeat=0.01)
        await _opened(stream)
        assert [await anext(stream), await anext(stream)] == [HEARTBEAT, HEARTBEAT]

    asyncio.run(scenario())


def test_the_stream_ends_with_the_token() -> None:
    async def scenario() -> None:
        stream = messages(Scene().broadcaster, caller(USER, seconds=1), resumed=False)
        assert [message async for message in stream] == [CONNECTED]

    asyncio.run(scenario())


def test_the_streams_of_a_blocked_seller_end() -> None:
    async def scenario() -> None:
        scene = Scene()
        blocked, other = (
            messages(scene.broadcaster, caller(who, "seller"), resumed=False) for who in (SELLER, "other")
        )
        await _opened(blocked)
        await _opened(other)
        scene.broadcaster.close_those_of(SELLER)
        assert [message async for message in blocked] == []
        scene.broadcaster.close_those_of("other")
        assert [message async for message in other] == []

    asyncio.run(scenario())


def test_all_streams_end_when_the_gateway_drains() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.broadcaster.start()
        stream = messages(scene.broadcaster, caller(USER), resumed=False)
        await _opened(stream)
        scene.stopping.set()
        assert [message async for message in stream] == []

    asyncio.run(scenario())


def test_kafka_is_read_once_for_all_connections_and_only_while_there_are_any() -> None:
    async def scenario() -> None:
        scene = Scene()
        await asyncio.gather(*(scene.broadcaster.listen() for _ in range(5)))
        assert [reader.started for reader in scene.readers] == [1]
        with scene.broadcaster.subscription(caller(USER)):
            scene.broadcaster._end_if_idle()
            assert scene.broadcaster._reader is scene.readers[0]
        scene.broadcaster._end_if_idle()
        await eventually_true(lambda: scene.readers[0].stopped == 1)
        await scene.broadcaster.listen()
        assert len(scene.readers) == 2
        scene.broadcaster.stop(1.0)
        assert scene.readers[1].stopped == 1

    asyncio.run(scenario())


def test_the_reader_ends_by_itself_without_connections() -> None:
    async def scenario() -> None:
        scene = Scene(linger=0.01)
        await scene.broadcaster.listen()
        await eventually_true(lambda: scene.readers[0].stopped == 1)

    asyncio.run(scenario())


def test_a_broker_that_is_away_is_tried_again_by_the_next_connection() -> None:
    async def scenario() -> None:
        scene = Scene(away=True)
        for answer in await asyncio.gather(
            scene.broadcaster.listen(), scene.broadcaster.listen(), return_exceptions=True
        ):
            assert isinstance(answer, Unavailable)
        assert [reader.stopped for reader in scene.readers] == [1]
        scene.away = False
        await scene.broadcaster.listen()
        assert scene.readers[1].started == 1

    asyncio.run(scenario())


def test_a_caller_who_leaves_early_does_not_stop_the_reader_for_the_others() -> None:
    async def scenario() -> None:
        scene = Scene()
        leaving, staying = (asyncio.create_task(scene.broadcaster.listen()) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await staying
        assert scene.readers[0].started == 1

    asyncio.run(scenario())
