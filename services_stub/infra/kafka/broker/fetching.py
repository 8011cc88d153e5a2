"""Fetch: batches from an offset on. A request that finds none waits for the next append. No sessions (KIP-227).

It waits on the partitions that it asks about, and is answered in the iteration of the loop after an append: until then
other appends may come, and the producer has had its answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Cancellable, Clock, Context, Handler, Message
from services_stub.infra.kafka.broker.partition import Partition
from services_stub.infra.kafka.broker.records import LEADER_EPOCH, Buffer
from services_stub.infra.kafka.broker.topics import Topics

_RESPONSE_BYTES = 16 * 1024 * 1024
"""A response ends with the batch that goes beyond this, whatever a client allows."""
_TOPIC_IDS_SINCE = 13
_NO_SESSION = -1
"""The epoch of the session in a request that wants none."""
_CallLater: TypeAlias = Callable[[float, Callable[[], None]], Cancellable]


class FetchRequests:
    """Carries out the requests of consumers for records."""

    def __init__(self, topics: Topics, clock: Clock) -> None:
        self.handlers: dict[int, Handler] = {1: self._fetch}
        self._topics = topics
        self._call_later = clock.call_later

    def _fetch(self, request: Message, context: Context) -> Message | None:
        if request.get("session_id"):
            return {"error_code": errors.FETCH_SESSION_ID_NOT_FOUND}
        fetch = _Fetch(request, context, self._topics)
        if fetch.look():
            return fetch.response()
        if request["max_wait_ms"] > 0:
            fetch.wait(self._call_later)
            return None
        fetch.list_all()
        return fetch.response()


class _Fetch:
    """One request, and what was found for it: the records and errors of partitions, by topic.

    Clients that want no session (librdkafka) get the partitions that have something. The others look whether the
    response has each one, and get all.
    """

    __slots__ = ("_asked", "_call_later", "_callback", "_context", "_request", "_responses", "_timer", "_woken")

    def __init__(self, request: Message, context: Context, topics: Topics) -> None:
        self._request = request
        self._context = context
        self._responses: list[Message] = []
        self._asked: list[tuple[Message, Partition | None, list[Message]]] = []
        for topic in request["topics"]:
            name, identity = topic.get("topic"), topic.get("topic_id", b"")
            known = topics.by_name.get(name) if name else topics.by_id.get(identity)
            partitions = known.partitions if known else ()
            found: list[Message] = []
            self._responses.append({"topic": name, "topic_id": identity, "partitions": found})
            for asked in topic["partitions"]:
                index = asked["partition"]
                self._asked.append((asked, partitions[index] if 0 <= index < len(partitions) else None, found))

    def look(self) -> bool:
        """Find what is there; whether it is enough, or an error, so that it is answered at once."""
        rest = min(self._request.get("max_bytes", _RESPONSE_BYTES), _RESPONSE_BYTES)
        enough = rest - max(self._request["min_bytes"], 1)
        failed = False
        for asked, partition, found in self._asked:
            offset = asked["fetch_offset"]
            if partition is None or asked.get("current_leader_epoch", 0) > LEADER_EPOCH:
                found.append(_failure(asked, errors.UNKNOWN_LEADER_EPOCH if partition else self._unknown))
                failed = True
            elif offset == partition.high_watermark:
                continue
            elif not partition.start <= offset < partition.high_watermark:
                found.append(
                    _failure(asked, self._unknown if partition.dropped else errors.OFFSET_OUT_OF_RANGE, partition)
                )
                failed = True
            elif rest > 0:
                records = partition.read(offset, min(asked["partition_max_bytes"], rest))
                rest -= sum(map(len, records))
                found.append(_part(asked, partition, records))
        return failed or rest <= enough

    @property
    def _unknown(self) -> int:
        since = self._context.version >= _TOPIC_IDS_SINCE
        return errors.UNKNOWN_TOPIC_ID if since else errors.UNKNOWN_TOPIC_OR_PARTITION

    def list_all(self) -> None:
        """Give the partitions without records a place in the response, too."""
        for asked, partition, found in self._asked:
            if partition and all(part["partition_index"] != asked["partition"] for part in found):
                found.append(_part(asked, partition, []))

    def response(self) -> Message:
        """The response with what was found."""
        if self._request.get("session_epoch", _NO_SESSION) != _NO_SESSION:
            self.list_all()
        return {"responses": [topic for topic in self._responses if topic["partitions"]]}

    def wait(self, call_later: _CallLater) -> None:
        """Answer after an append, after the time that the client waits, or when its next request comes."""
        self._call_later = call_later
        self._callback = self._wake
        self._woken = False
        self._context.on_interrupt = self._answer
        self._timer = call_later(self._request["max_wait_ms"] / 1000, self._expire)
        self._subscribe()

    def _subscribe(self) -> None:
        for _, partition, _ in self._asked:
            if partition:
                partition.waiting.add(self._callback)

    def _wake(self) -> None:
        if not self._woken:
            self._woken = True
            self._call_later(0, self._look_again)

    def _look_again(self) -> None:
        if self._context.on_interrupt is None:  # it was answered meanwhile
            return
        self._woken = False
        for topic in self._responses:
            topic["partitions"].clear()
        if self.look():
            self._answer()
        else:
            self._subscribe()

    def _expire(self) -> None:
        self.list_all()
        self._answer()

    def _answer(self) -> None:
        self._timer.cancel()
        for _, partition, _ in self._asked:
            if partition:
                partition.waiting.discard(self._callback)
        self._context.answer(self.response())


def _part(asked: Message, partition: Partition, records: list[Buffer]) -> Message:
    return {
        "partition_index": asked["partition"],
        "high_watermark": partition.high_watermark,
        "last_stable_offset": partition.high_watermark,
        "log_start_offset": partition.start,
        "records": records,
    }


def _failure(asked: Message, error: int, partition: Partition | None = None) -> Message:
    part = _part(asked, partition, []) if partition else {"partition_index": asked["partition"], "high_watermark": -1}
    return part | {"error_code": error}
