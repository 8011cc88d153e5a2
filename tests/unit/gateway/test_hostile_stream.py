"""The live stream goes on past whatever a record holds, as it comes and as it is read again: messages are whole."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from services_stub.contracts.base import Event
from services_stub.gateway.stream import CONNECTED, messages
from services_stub.gateway.visibility import STREAMED, visible_to
from services_stub.runtime.decoding import EventDecoder
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import Received
from services_stub.runtime.tokens import Caller
from tests.contracts.samples import SAMPLES, SELLER, USER
from tests.unit.gateway.callers import caller
from tests.unit.gateway.live import Scene, record_of
from tests.unit.hostile_records import hostile_records

BY_TOPIC = {event.topic: event for event in SAMPLES}
MESSAGE = re.compile(rb"event: [a-z-]+\nid: [^\n]+\ndata: [^\r\n]*\n\n")


def log_of(event: type[Event]) -> list[Record]:
    """Hostile records, and an honest one of the same topic behind them."""
    hostile = hostile_records(event)
    return [*hostile, msgspec.structs.replace(record_of(event.topic), offset=len(hostile))]


def seen_of(records: Sequence[Record], who: Caller) -> list[Record]:
    """The records that carry an event of which a caller may see something."""
    decoder, found = EventDecoder(STREAMED), []
    for record in records:
        received = decoder.decode(record)
        if isinstance(received, Received) and visible_to(who, received.event) is not None:
            found.append(record)
    return found


async def whole_messages(stream: AsyncIterator[bytes], number: int) -> list[bytes]:
    """So many messages, each of which is whole."""
    found: list[bytes] = []
    while len(found) < number:
        chunk = await asyncio.wait_for(anext(stream), 20)
        parts = MESSAGE.findall(chunk)
        assert b"".join(parts) == chunk
        chunk.decode()
        found += parts
    return found


async def opened(scene: Scene, who: Caller, last_id: str = "") -> tuple[AsyncIterator[bytes], str]:
    """A connection, and the id that it begins with."""
    stream = messages(scene.broadcaster, who, last_id)
    begin = await anext(stream)
    assert begin.endswith(CONNECTED)
    return stream, begin.splitlines()[0].removeprefix(b"id: ").decode()


@pytest.mark.slow
@pytest.mark.parametrize("event", STREAMED, ids=lambda event: event.topic)
@pytest.mark.parametrize("who", [("a", "admin"), (USER, "user"), (SELLER, "seller")], ids=["admin", "user", "seller"])
def test_connections_outlast_hostile_records(event: type[Event], who: tuple[str, str]) -> None:
    records, listener = log_of(event), caller(*who)
    seen = seen_of(records, listener)
    assert (records[-1] in seen) == (visible_to(listener, BY_TOPIC[event.topic]) is not None)

    async def scenario() -> None:
        scene = await Scene(longest_queue=10**6).listening()
        stream, begun = await opened(scene, listener)
        scene.log.records[event.topic, 0] += records
        scene.readers[0].on_records(records)
        found = await whole_messages(stream, len(seen))
        # Another gateway reads the same again for those who come back.
        scene = await Scene(scene.log, longest_queue=10**6).listening()
        stream, _ = await opened(scene, listener, begun)
        assert len(await whole_messages(stream, len(seen))) == len(found) == len(seen)

    asyncio.run(scenario())
