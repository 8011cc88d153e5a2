"""The live stream: server-sent events, to the callers that may see them.

One reader of Kafka serves all connections, and there is none while there are no connections. Each message carries the
positions behind it as its id, so that a client can go on from there. A connection that does not keep up loses its queue
and reads again what it missed: the reader never waits for a connection.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import structlog

from services_stub.contracts.base import Event
from services_stub.gateway.openapi import OWN
from services_stub.gateway.positions import Offsets, Partitions, in_time
from services_stub.gateway.recipients import Recipients, message_of
from services_stub.gateway.replay import GAP, Missed, Replayer
from services_stub.gateway.subscription import LONGEST_QUEUE, Subscription
from services_stub.gateway.visibility import STREAMED
from services_stub.runtime import clock
from services_stub.runtime.dead_letters import concerns
from services_stub.runtime.decoding import EventDecoder
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.records import Place, Record
from services_stub.runtime.sql.transaction import Received
from services_stub.runtime.tokens import Caller

HEARTBEAT_SECONDS = 15.0
LINGER_SECONDS = 30.0
"""How long the reader goes on after the last connection: the next one is often the same again."""

CONNECTED = b"retry: 1000\n: connected\n\n"
HEARTBEAT = b": heartbeat\n\n"

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


OnStart = Callable[[Mapping[Place, int]], None]
OnRecords = Callable[[list[Record]], None]
OnGap = Callable[[], None]


class Broadcaster:
    """Gives every event to the connections whose caller may see it; `reader_of` makes the reader when one is needed.

    `secret` signs the ids of messages, and `cluster_id` names the log that they speak of. `is_refused` tells who may
    not have events any more.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        reader_of: Callable[[OnStart, OnRecords, OnGap], Reader],
        replayer: Replayer,
        stopping: asyncio.Event,
        *,
        cluster_id: str = "",
        secret: str = "",
        is_refused: Callable[[Caller], bool] = lambda _caller: False,
        linger: float = LINGER_SECONDS,
        longest_queue: int = LONGEST_QUEUE,
    ) -> None:
        self._loop, self._reader_of, self._replayer, self._stopping = loop, reader_of, replayer, stopping
        self._cluster_id, self._secret, self._linger = cluster_id, secret, linger
        self._longest_queue, self._is_refused = longest_queue, is_refused
        self._decoder = EventDecoder(STREAMED)
        self._subscriptions: Recipients[Subscription] = Recipients()
        self._partitions = Partitions((), "", "")
        self._offsets: list[int] = []
        self._reader: Reader | None = None
        self._starting: asyncio.Task[None] | None = None
        self._ending: asyncio.TimerHandle | None = None

    @property
    def offsets(self) -> Offsets:
        """How far the topics are read."""
        return tuple(self._offsets)

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
        subscription = Subscription(caller, self.offsets, self._longest_queue)
        self._subscriptions.add(subscription)
        if self._is_refused(caller):  # since the request was admitted, while the reader began
            subscription.close()
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def id_of(self, offsets: Sequence[int]) -> bytes:
        """A line that gives a client its id without an event."""
        return b"id: %s\n" % self._partitions.message_id(offsets)

    def offsets_of(self, message_id: str) -> Offsets | None:
        """The offsets that a client was at; None where the id is none of this log, or of a log that was longer."""
        offsets = self._partitions.offsets_of(message_id)
        beyond = offsets is not None and any(map(int.__gt__, offsets, self._offsets))
        return None if beyond else offsets

    async def catch_up(self, subscription: Subscription) -> bytes:
        """Messages between the offsets of a connection and its queue; empty where there were none so far.

        Raises:
            Unavailable: the broker does not answer.
        """
        missed = Missed(subscription.caller, self._partitions, subscription.offsets, subscription.joined)
        await self._replayer.read(missed)
        subscription.offsets = missed.offsets
        return b"".join(missed.messages)

    def publish(self, records: Sequence[Record]) -> None:
        """Queue the events of `records`; one that carries none, was there already or was sent again is left out."""
        # A batch lies in the order of its partitions; time is what a reader would see.
        for record in in_time(records):
            number = self._partitions.index[record.topic, record.partition]
            if record.offset < self._offsets[number]:
                continue
            self._offsets[number] = record.offset + 1
            if len(self._subscriptions) and concerns(OWN, record):
                received = self._decoder.decode(record)
                if isinstance(received, Received):
                    self._deliver(record, received)

    def tell_gap(self) -> None:
        """Tell every connection that events were lost before the reader could read them."""
        for subscription in self._subscriptions:
            subscription.offer(GAP)

    def close_those_of(self, user_id: str, session_id: str = "") -> None:
        """End every connection of a user, or of one session."""
        for subscription in self._subscriptions.of_user(user_id):
            if not session_id or subscription.caller.session_id == session_id:
                subscription.close()

    def start(self) -> None:
        """Have the connections end when the service drains; the reader starts with the first connection."""
        asyncio.run_coroutine_threadsafe(self._close_at_the_end(), self._loop)

    def stop(self, timeout: float) -> None:
        """End the reader; called when all connections have ended."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop(timeout)
        self._replayer.stop(timeout)

    def _deliver(self, record: Record, received: Received[Event]) -> None:
        message_id = b""
        try:
            for subscription, value in self._subscriptions.of_event(record, received):
                message_id = message_id or self._partitions.message_id(self._offsets, received.envelope.id)
                subscription.offer(message_of(record.topic, message_id, value))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - one record is at fault, and others concern other connections
            structlog.get_logger().error(
                "an event cannot be streamed", topic=record.topic, event_id=received.envelope.id, reason=str(error)
            )

    async def _close_at_the_end(self) -> None:
        await self._stopping.wait()
        for subscription in self._subscriptions:
            subscription.close()

    async def _start_reader(self) -> None:
        reader = self._reader_of(self._on_start, self._on_records, self._on_gap)
        try:
            await asyncio.to_thread(reader.start)
            self._reader = reader
        except Unavailable:
            await asyncio.to_thread(reader.stop, _STOP)
            raise
        finally:
            self._starting = None

    def _on_start(self, offsets: Mapping[Place, int]) -> None:
        self._loop.call_soon_threadsafe(self._begin, offsets)

    def _begin(self, offsets: Mapping[Place, int]) -> None:
        self._partitions = Partitions(offsets, self._cluster_id, self._secret)
        self._offsets = [offsets[place] for place in self._partitions.places]

    def _on_records(self, records: list[Record]) -> None:
        self._loop.call_soon_threadsafe(self.publish, records)

    def _on_gap(self) -> None:
        self._loop.call_soon_threadsafe(self.tell_gap)

    def _end_if_idle(self) -> None:
        if len(self._subscriptions) or self._starting is not None:
            self._ending = self._loop.call_later(self._linger, self._end_if_idle)
            return
        self._ending = None
        reader, self._reader = self._reader, None
        if reader is not None:
            self._loop.run_in_executor(None, reader.stop, _STOP)


async def messages(
    broadcaster: Broadcaster, caller: Caller, last_id: str = "", *, heartbeat: float = HEARTBEAT_SECONDS
) -> AsyncGenerator[bytes, None]:
    """The messages of one connection, until the token expires: from `last_id` on, or else from now on.

    It also ends where the broker does not send what the client missed; the client comes back with the same id.
    """
    with broadcaster.subscription(caller) as subscription:
        resumed = broadcaster.offsets_of(last_id) if last_id else None
        if resumed is None:
            yield broadcaster.id_of(subscription.offsets) + CONNECTED + (GAP if last_id else b"")
        else:
            subscription.offsets = resumed
            yield CONNECTED
        quiet_since = time.monotonic()
        while not subscription.closed and (left := caller.expires_at - clock.seconds()) > 0:
            if subscription.overflowed:
                subscription.join(broadcaster.offsets)
            if subscription.offsets != subscription.joined:
                try:
                    waiting = await broadcaster.catch_up(subscription)
                except Unavailable as error:
                    structlog.get_logger().warning("a connection of the live stream ends", reason=str(error))
                    return
            else:
                quiet = time.monotonic() - quiet_since
                await subscription.wait(min(max(heartbeat - quiet, 0.0), left))
                waiting = b"" if subscription.overflowed else subscription.take(broadcaster.offsets)
            if waiting or time.monotonic() - quiet_since >= heartbeat:
                yield waiting or broadcaster.id_of(subscription.offsets) + HEARTBEAT
                quiet_since = time.monotonic()
