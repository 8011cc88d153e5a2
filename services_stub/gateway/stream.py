"""The live stream: server-sent events, to the callers that may see them.

One reader of Kafka serves all connections, and there is none while there are no connections. A connection that does
not keep up loses the oldest events and gets a `gap`: the reader never waits for a connection.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Protocol

import structlog

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.gateway.visibility import STREAMED, visible_to
from services_stub.runtime.decoding import EventDecoder
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import Received
from services_stub.runtime.tokens import Caller

LONGEST_QUEUE = 500
HEARTBEAT_SECONDS = 15.0
LINGER_SECONDS = 30.0
"""How long the reader goes on after the last connection: the next one is often the same again."""

CONNECTED = b"retry: 1000\n: connected\n\n"
HEARTBEAT = b": heartbeat\n\n"
GAP = b"event: gap\ndata: {}\n\n"

_STOP = 5.0


class Reader(Protocol):
    """Follows the topics of the stream in a thread of its own."""

    def start(self) -> None:
        """Begin at the end of every topic.

        Raises:
            Unavailable: the broker does not answer.
        """

    def stop(self, timeout: float) -> None:
        """End."""


class Subscription:
    """One connection's queue. All of it happens on the event loop."""

    def __init__(self, caller: Caller, longest: int = LONGEST_QUEUE) -> None:
        self.caller = caller
        self.closed = False
        self._queue: deque[bytes] = deque(maxlen=longest)
        self._missed = False
        self._awake = asyncio.Event()

    def offer(self, message: bytes) -> None:
        """Queue a message; where the queue is full the oldest is dropped, and a gap takes its place."""
        self._missed |= len(self._queue) == self._queue.maxlen
        self._queue.append(message)
        self._awake.set()

    def close(self) -> None:
        """End the connection."""
        self.closed = True
        self._awake.set()

    async def take(self, seconds: float) -> bytes:
        """All queued messages, or else the first that comes within `seconds`; empty where none does."""
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            return b""
        self._awake.clear()
        messages = ([GAP] if self._missed else []) + list(self._queue)
        self._missed = False
        self._queue.clear()
        return b"".join(messages)


class Broadcaster:
    """Gives every event to the connections whose caller may see it; `reader_of` makes the reader when one is needed."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        reader_of: Callable[[Callable[[list[Record]], None]], Reader],
        stopping: asyncio.Event,
        *,
        linger: float = LINGER_SECONDS,
    ) -> None:
        self._loop = loop
        self._reader_of = reader_of
        self._stopping = stopping
        self._linger = linger
        self._decoder = EventDecoder(STREAMED)
        self._subscriptions: set[Subscription] = set()
        self._reader: Reader | None = None
        self._starting: asyncio.Task[None] | None = None
        self._ending: asyncio.TimerHandle | None = None

    async def listen(self) -> None:
        """Start the reader where there is none; returns when no event is missed from now on.

        Raises:
            Unavailable: the broker does not answer.
        """
        if self._ending is not None:
            self._ending.cancel()
        self._ending = self._loop.call_later(self._linger, self._end_if_idle)
        if self._reader is None:
            if self._starting is None:
                self._starting = asyncio.create_task(self._start_reader())
            # Others may wait for the same reader, so it starts even if this caller has gone meanwhile.
            await asyncio.shield(self._starting)

    @contextmanager
    def subscription(self, caller: Caller) -> Iterator[Subscription]:
        """A queue for the events that `caller` may see, as long as the block runs."""
        subscription = Subscription(caller)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def publish(self, records: Sequence[Record]) -> None:
        """Queue the events of `records`; a record that carries none is left out."""
        if not self._subscriptions:
            return
        # A batch lies in the order of its partitions; time is what a reader would see.
        for record in sorted(records, key=attrgetter("timestamp")):
            received = self._decoder.decode(record)
            if isinstance(received, Received):
                self._deliver_one(record, received)

    def close_those_of(self, user_id: str) -> None:
        """End every connection of a user."""
        for subscription in self._subscriptions:
            if subscription.caller.user_id == user_id:
                subscription.close()

    def start(self) -> None:
        """Have the connections end when the service drains; the reader starts with the first connection."""
        asyncio.run_coroutine_threadsafe(self._close_at_the_end(), self._loop)

    def stop(self, timeout: float) -> None:
        """End the reader; called when all connections have ended."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop(timeout)

    def _deliver_one(self, record: Record, received: Received[Event]) -> None:
        try:
            self._deliver(record, received)
        except (ValueError, ArithmeticError, RecursionError) as error:
            # Amounts that cannot be added up, say: the other events of the batch concern other connections.
            structlog.get_logger().error(
                "an event cannot be streamed", topic=record.topic, event_id=received.envelope.id, reason=str(error)
            )

    def _deliver(self, record: Record, received: Received[Event]) -> None:
        whole = b""
        for subscription in self._subscriptions:
            seen = visible_to(subscription.caller, received.event)
            if seen is received.event:
                whole = whole or message_of(record.topic, received.envelope.id, record.value or b"")
                subscription.offer(whole)
            elif seen is not None:
                subscription.offer(message_of(record.topic, received.envelope.id, encode_json(seen)))

    async def _close_at_the_end(self) -> None:
        await self._stopping.wait()
        for subscription in self._subscriptions:
            subscription.close()

    async def _start_reader(self) -> None:
        reader = self._reader_of(self._on_records)
        try:
            await asyncio.to_thread(reader.start)
            self._reader = reader
        except Unavailable:
            await asyncio.to_thread(reader.stop, _STOP)
            raise
        finally:
            self._starting = None

    def _on_records(self, records: list[Record]) -> None:
        self._loop.call_soon_threadsafe(self.publish, records)

    def _end_if_idle(self) -> None:
        if self._subscriptions or self._starting is not None:
            self._ending = self._loop.call_later(self._linger, self._end_if_idle)
            return
        self._ending = None
        reader, self._reader = self._reader, None
        if reader is not None:
            self._loop.run_in_executor(None, reader.stop, _STOP)


async def messages(
    broadcaster: Broadcaster, caller: Caller, *, resumed: bool, heartbeat: float = HEARTBEAT_SECONDS
) -> AsyncIterator[bytes]:
    """The messages of one connection, until the token expires. `resumed`: the client had a connection before."""
    with broadcaster.subscription(caller) as subscription:
        yield CONNECTED + (GAP if resumed else b"")
        quiet_since = time.monotonic()
        while not subscription.closed and (left := caller.expires_at - time.time()) > 0:
            quiet = time.monotonic() - quiet_since
            waiting = await subscription.take(min(max(heartbeat - quiet, 0.0), left))
            if waiting or time.monotonic() - quiet_since >= heartbeat:
                yield waiting or HEARTBEAT
                quiet_since = time.monotonic()


def message_of(topic: str, event_id: str, value: bytes) -> bytes:
    """An event as a message of the stream: named after its topic, its value as it lies in the log."""
    # A line break can only be white space between two tokens, but it would end the message.
    value = value.replace(b"\r", b" ").replace(b"\n", b" ")
    identity = event_id.replace("\r", "").replace("\n", "").replace("\0", "")
    return b"event: %s\nid: %s\ndata: %s\n\n" % (topic.encode(), identity.encode(), value)
