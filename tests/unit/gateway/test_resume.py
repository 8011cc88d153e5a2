"""A client that comes back gets what it missed, once, or a gap where the topics do not have it any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services_stub.client.sse import EventStreamParser, ServerSentEvent
from services_stub.gateway import replay
from services_stub.gateway.positions import Partitions, in_time
from services_stub.gateway.stream import messages
from services_stub.runtime.errors import Unavailable
from tests.contracts.samples import SELLER, USER
from tests.unit.gateway.callers import caller
from tests.unit.gateway.live import PARTITIONS, Log, Scene, record_of

OWN = ("order-updated", "payment-success", "notification-sent")
FOREIGN = ("product-updated",)
MARKS = [f'{{"orderId":"o","paymentId":"{number}","amount":1,"userId":"{USER}"}}'.encode() for number in range(60)]


class Client:
    """Remembers what it saw and where it is, over all of its connections."""

    def __init__(self, user: str = USER, role: str = "user") -> None:
        self.caller = caller(user, role)
        self.last_id = ""
        self.seen: list[str] = []
        self.gaps = 0

    async def connect(self, scene: Scene, until: int | None = None) -> None:
        """Take messages until all were sent, or until `until` were seen: the connection breaks in the middle then."""
        stream = messages(scene.broadcaster, self.caller, self.last_id, heartbeat=0.005)
        async with aclosing(stream):
            await self._follow(stream, until)

    async def _follow(self, stream: AsyncIterator[bytes], until: int | None) -> None:
        parser = EventStreamParser()
        async for chunk in stream:
            for message in parser.feed(chunk):
                self._take(message)
                if len(self.seen) == until:
                    return
            self.last_id = parser.last_id or self.last_id
            if b"heartbeat" in chunk:
                return

    def _take(self, message: ServerSentEvent) -> None:
        self.last_id = message.id or self.last_id
        if message.name == "gap":
            self.gaps += 1
        else:
            self.seen.append(message.data)


def _told(log: Log, first: int = 0) -> list[str]:
    return [(record.value or b"").decode() for record in log.records["payment-success", 0][first:]]


def test_a_client_that_comes_back_gets_what_it_missed_also_from_another_gateway() -> None:
    async def scenario() -> None:
        scene, client = await Scene().listening(), Client()
        await client.connect(scene)
        for mark in MARKS[:3]:
            scene.publish("payment-success", value=mark)
        await client.connect(scene)
        assert client.seen == _told(scene.log)
        for mark in MARKS[3:6]:
            scene.log.append("payment-success", value=mark)
        restarted = await Scene(scene.log).listening()
        await client.connect(restarted)
        restarted.publish("payment-success", value=MARKS[6])
        await client.connect(restarted)
        assert (client.seen, client.gaps) == (_told(scene.log), 0)

    asyncio.run(scenario())


def test_who_missed_nothing_needs_no_read_of_the_topics() -> None:
    async def scenario() -> None:
        scene, client = await Scene().listening(), Client()
        scene.publish("payment-success")
        await client.connect(scene)
        await client.connect(await Scene(scene.log).listening())
        assert (scene.log.reads, client.gaps, client.seen) == (0, 0, [])

    asyncio.run(scenario())


def test_what_the_topics_lost_is_a_gap_and_the_rest_is_told() -> None:
    async def scenario() -> None:
        scene, client = await Scene().listening(), Client()
        await client.connect(scene)
        for mark in MARKS[:6]:
            scene.log.append("payment-success", value=mark)
        scene.log.start["payment-success", 0] = 4
        await client.connect(await Scene(scene.log).listening())
        assert (client.seen, client.gaps) == (_told(scene.log, 4), 1)
        await client.connect(await Scene(scene.log).listening())
        assert (client.seen, client.gaps) == (_told(scene.log, 4), 1)

    asyncio.run(scenario())


@pytest.mark.parametrize("known", ["0199a1b2-0000-7000-8000-000000000007", "AAAA.x", "!", "é", "A" * 5000, "."])
def test_an_id_that_is_none_is_a_gap(known: str) -> None:
    async def scenario() -> None:
        scene, client = await Scene().listening(), Client()
        client.last_id = known
        await client.connect(scene)
        assert (client.gaps, scene.broadcaster.offsets_of(client.last_id)) == (1, scene.broadcaster.offsets)

    asyncio.run(scenario())


def test_an_id_of_another_log_or_of_a_longer_one_is_a_gap() -> None:
    async def scenario() -> None:
        scene, first, second = await Scene().listening(), Client(), Client()
        scene.publish("payment-success")
        await first.connect(scene)
        await second.connect(scene)
        await first.connect(await Scene(scene.log, cluster_id="another").listening())
        await second.connect(await Scene(Log()).listening())
        assert (first.gaps, second.gaps) == (1, 1)

    asyncio.run(scenario())


def test_only_what_the_log_lost_is_a_gap_in_what_is_followed_and_no_marker_of_a_transaction() -> None:
    async def scenario() -> None:
        scene, client = await Scene().listening(), Client()
        stream = messages(scene.broadcaster, client.caller)
        await anext(stream)
        scene.broadcaster.publish([record_of("payment-success", offset=3)])
        assert b"payment-success" in await anext(stream)
        scene.readers[0].on_gap()
        assert await anext(stream) == replay.GAP

    asyncio.run(scenario())


def test_a_connection_that_does_not_keep_up_reads_again_what_it_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MOST_BYTES", 400)

    async def scenario() -> None:
        scene, client = await Scene(longest_queue=3).listening(), Client()
        stream = messages(scene.broadcaster, client.caller, heartbeat=0.05)
        await anext(stream)
        for mark in MARKS:
            scene.publish("payment-success", value=mark)
        async with aclosing(stream):
            await client._follow(stream, len(MARKS))
        assert (client.seen, client.gaps) == (_told(scene.log), 0)
        assert scene.log.reads > 1

    asyncio.run(scenario())


def test_many_that_come_back_at_once_share_one_read() -> None:
    async def scenario() -> None:
        scene = await Scene().listening()
        clients = [Client() for _ in range(50)]
        for client in clients:
            await client.connect(scene)
        for mark in MARKS[:5]:
            scene.log.append("payment-success", value=mark)
        restarted = await Scene(scene.log).listening()
        scene.log.answers.clear()
        connected = asyncio.gather(*(client.connect(restarted) for client in clients))
        # Each client asks in the first step of its task, so all have asked before this runs.
        asyncio.get_running_loop().call_soon(scene.log.answers.set)
        await connected
        assert all(client.seen == _told(scene.log) for client in clients)
        # The reader takes those who have asked when it is free: the first few, and then all others at once.
        assert scene.log.reads <= 2

    asyncio.run(scenario())


def test_a_broker_that_is_away_ends_the_connection_which_can_come_back() -> None:
    async def scenario() -> None:
        scene, client = await Scene().listening(), Client()
        await client.connect(scene)
        scene.log.append("payment-success", value=MARKS[0])
        restarted = await Scene(scene.log).listening()
        scene.log.away = True
        await client.connect(restarted)
        assert client.seen == []
        assert scene.log.closings == 1  # a client that failed may have no broker left, and is not used again
        scene.log.away = False
        await client.connect(restarted)
        assert client.seen == _told(scene.log)
        restarted.broadcaster.stop(5)
        with restarted.broadcaster.subscription(client.caller) as subscription, pytest.raises(Unavailable):
            await restarted.broadcaster.catch_up(subscription)

    asyncio.run(scenario())


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["publish", "append"]), st.sampled_from([*OWN, *FOREIGN]), st.integers(0, 1)),
        st.tuples(st.just("connect"), st.none(), st.integers(0, 3)),
        st.tuples(st.just("restart"), st.none(), st.none()),
    ),
    max_size=25,
)


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_one_chain_of_connections_sees_every_own_event_once(steps: list[tuple[str, str | None, int | None]]) -> None:
    async def scenario() -> None:
        scene, clients = (
            await Scene(longest_queue=2).listening(),
            [Client(), Client(SELLER, "seller"), Client("boss", "admin")],
        )
        for client in clients:
            await client.connect(scene)
        for step, topic, number in steps:
            match step:
                case "publish" if topic is not None:
                    scene.publish(topic, partition=number or 0)
                case "append" if topic is not None:
                    scene.log.append(topic, partition=number or 0)
                    scene = await Scene(scene.log).listening()
                case "restart":
                    scene = await Scene(scene.log).listening()
                case "connect":
                    await asyncio.gather(
                        *(c.connect(scene, len(c.seen) + number if number else None) for c in clients[:1])
                    )
        for client in clients:
            await client.connect(scene)
            kinds = {"user": OWN, "seller": (*FOREIGN, "order-updated"), "admin": (*OWN, *FOREIGN)}[client.caller.role]
            wanted = sum(len(scene.log.records[kind, n]) for kind in kinds for n in range(PARTITIONS))
            assert (len(client.seen), client.gaps) == (wanted, 0)

    asyncio.run(scenario())


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=60), st.text(max_size=20))
def test_an_id_says_where_a_client_is(offsets: list[int], event_id: str) -> None:
    partitions = Partitions([("t", number) for number in range(len(offsets))], "cluster", "secret")
    message_id = partitions.message_id(offsets, event_id).decode()
    assert partitions.offsets_of(message_id) == tuple(offsets)
    assert not set(message_id) & set("\r\n\0 ")
    others = [("t", number) for number in range(len(offsets) + 1)]
    for other in (Partitions(partitions.places, "cluster", "x"), Partitions(others, "cluster", "secret")):
        assert other.offsets_of(message_id) is None


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), max_size=20))
def test_the_order_of_time_keeps_the_order_of_each_partition(made: list[tuple[int, int]]) -> None:
    records = [
        record_of("payment-success", partition=partition, offset=offset, timestamp=time)
        for offset, (partition, time) in enumerate(made)
    ]
    ordered = in_time(records)
    assert sorted(record.offset for record in ordered) == sorted(record.offset for record in records)
    for partition in range(3):
        own = [record.offset for record in ordered if record.partition == partition]
        assert own == sorted(own)
