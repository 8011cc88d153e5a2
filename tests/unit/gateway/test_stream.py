"""The live stream: callers get the events that they may see, and a gap for those that they missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import msgspec
import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.events import OrderItem, OrderPart, OrderStatus, OrderUpdated
from services_stub.gateway.recipients import message_of
from services_stub.gateway.stream import CONNECTED, HEARTBEAT, messages
from services_stub.gateway.subscription import Subscription
from services_stub.gateway.visibility import STREAMED, concerned_by, visible_to
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.records import Record
from tests.contracts.samples import SAMPLES, SELLER, USER, golden
from tests.unit.gateway.callers import caller
from tests.unit.gateway.live import Scene, record_of
from tests.waiting import eventually_true

BY_TOPIC = {event.topic: event for event in SAMPLES}
OWN = {"order-updated", "notification-sent", "payment-success", "payment-failed", "payment-refunded"}
SOLD = {"order-updated", "payment-refunded", "product-created", "product-updated", "product-deleted"}


async def _opened(stream: AsyncIterator[bytes]) -> None:
    assert (await anext(stream)).endswith(CONNECTED)


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


@pytest.mark.parametrize("event", SAMPLES, ids=lambda e: e.topic)
@pytest.mark.parametrize("role", ["user", "seller"])
def test_who_sees_an_event_is_concerned_by_it(event: Event, role: str) -> None:
    seen = {who for who in (USER, SELLER, "other") if visible_to(caller(who, role), event) is not None}
    assert seen <= concerned_by(event)


def test_a_seller_sees_the_own_part_of_an_order() -> None:
    whole = BY_TOPIC["order-updated"]
    assert isinstance(whole, OrderUpdated)
    other = OrderItem(product_id="p", seller_id="other", name="n", quantity=2, unit_price=Decimal("1.25"))
    own = OrderPart(seller_id="other", status=OrderStatus.SHIPPED, amount=Decimal("2.50"))
    mixed = msgspec.structs.replace(
        whole, items=[*whole.items, other], amount=whole.amount + Decimal("2.50"), parts=[*whole.parts, own]
    )
    part = visible_to(caller("other", "seller"), mixed)
    assert isinstance(part, OrderUpdated)
    assert (part.items, part.amount, part.order_id) == ([other], Decimal("2.50"), whole.order_id)
    assert part.parts == [own]
    assert visible_to(caller(SELLER, "seller"), mixed) == whole
    assert visible_to(caller(USER), mixed) is mixed


def test_events_arrive_named_and_as_they_lie_in_the_log() -> None:
    async def scenario() -> None:
        scene = await Scene().listening()
        stream = messages(scene.broadcaster, caller(USER))
        await _opened(stream)
        record = record_of("order-updated")
        scene.readers[0].on_records([record_of("product-updated"), record])
        event, message_id, data = (await anext(stream)).splitlines()[:3]
        assert (event, data) == (b"event: order-updated", b"data: " + (record.value or b""))
        assert message_id.endswith(f".{golden(OrderUpdated).headers['ce_id']}".encode())

    asyncio.run(scenario())


def test_a_message_is_one_event_whatever_its_bytes() -> None:
    message = message_of("order-updated", b"e1", b'{\n"a":\r\n1}')
    assert message == b'event: order-updated\nid: e1\ndata: { "a":  1}\n\n'


def test_what_is_no_event_is_left_out() -> None:
    async def scenario() -> None:
        scene = await Scene().listening()
        stream = messages(scene.broadcaster, caller("a", "admin"))
        await _opened(stream)
        poison = [record_of("order-updated", value=b"not json"), Record("order-updated", 0, 1, None, b"{}", [], 0)]
        scene.broadcaster.publish([*poison, record_of("payment-success")])
        assert (await anext(stream)).startswith(b"event: payment-success\n")

    asyncio.run(scenario())


def test_a_batch_is_told_in_the_order_of_time() -> None:
    async def scenario() -> None:
        scene = await Scene().listening()
        stream = messages(scene.broadcaster, caller(USER))
        await _opened(stream)
        scene.broadcaster.publish([record_of("order-updated", timestamp=2), record_of("payment-success", timestamp=1)])
        told = (await anext(stream)).decode().splitlines()
        assert [line for line in told if line.startswith("event")] == ["event: payment-success", "event: order-updated"]

    asyncio.run(scenario())


def test_a_queue_that_is_full_is_dropped_as_a_whole() -> None:
    slow = Subscription(caller(USER), (), longest=2)
    for message in (b"1", b"2", b"3", b"4"):
        slow.offer(message)
    assert (slow.overflowed, slow.take(())) == (True, b"")
    slow.join(())
    slow.offer(b"5")
    assert (slow.overflowed, slow.take(())) == (False, b"5")


def test_silence_is_broken_by_heartbeats() -> None:
    async def scenario() -> None:
        stream = messages(Scene().broadcaster, caller(USER), heartbeat=0.01)
        await _opened(stream)
        for _ in range(2):
            assert (await anext(stream)).endswith(HEARTBEAT)

    asyncio.run(scenario())


def test_the_stream_ends_with_the_token() -> None:
    async def scenario() -> None:
        stream = messages(Scene().broadcaster, caller(USER, seconds=1))
        await _opened(stream)
        assert [message async for message in stream] == []

    asyncio.run(scenario())


def test_the_streams_of_a_blocked_seller_end() -> None:
    async def scenario() -> None:
        scene = Scene()
        blocked, other = (messages(scene.broadcaster, caller(who, "seller")) for who in (SELLER, "other"))
        await _opened(blocked)
        await _opened(other)
        scene.broadcaster.close_those_of(SELLER)
        assert [message async for message in blocked] == []
        scene.broadcaster.close_those_of("other")
        assert [message async for message in other] == []

    asyncio.run(scenario())


def test_the_streams_of_an_ended_session_end_and_none_begins_after_that() -> None:
    async def scenario() -> None:
        scene = Scene()
        ended, other = (messages(scene.broadcaster, caller(USER, sid=sid)) for sid in ("f1", "f2"))
        await _opened(ended)
        await _opened(other)
        scene.broadcaster.close_those_of(USER, "f1")
        assert [message async for message in ended] == []
        assert [each.caller.session_id for each in scene.broadcaster._subscriptions] == ["f2"]
        scene.broadcaster._is_refused = lambda who: who.session_id == "f1"
        late = messages(scene.broadcaster, caller(USER, sid="f1"))
        await _opened(late)
        assert [message async for message in late] == []
        await other.aclose()

    asyncio.run(scenario())


def test_all_streams_end_when_the_gateway_drains() -> None:
    async def scenario() -> None:
        scene = Scene()
        scene.broadcaster.start()
        stream = messages(scene.broadcaster, caller(USER))
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
