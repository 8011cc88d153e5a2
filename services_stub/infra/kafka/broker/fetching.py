"""Fetch: batches from an offset on. A request that finds none waits for the next append. No sessions (KIP-227).

It waits on the partitions that it asks about, and is answered in the iteration of the loop after an append: until then
other appends may come, and the producer has had its answer.
"""

from __future__ import annotations

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Clock, Context, Handler, Message
from services_stub.infra.kafka.broker.partition import Partition
from services_stub.infra.kafka.broker.records import LEADER_EPOCH
from services_stub.infra.kafka.broker.topics import Topics

_RESPONSE_BYTES = 16 * 1024 * 1024
"""A response ends with the batch that goes beyond this, whatever a client allows."""
_TOPIC_IDS_SINCE = 13
_NO_SESSION = -1
"""The epoch of the session in a request that wants none."""


class FetchRequests:
    """Carries out the requests of consumers for records."""

    def __init__(self, topics: Topics, clock: Clock) -> None:
        self.handlers: dict[int, Handler] = {1: self._fetch}
        self._topics = topics
        self._clock = clock

    def _fetch(self, request: Message, context: Context) -> Message | None:
        if request.get("session_id"):
            return {"error_code": errors.FETCH_SESSION_ID_NOT_FOUND}
        fetch = _Fetch(request, context, self._topics, self._clock)
        if fetch.look():
            return fetch.response()
        if request["max_wait_ms"] > 0:
            fetch.wait()
            return None
        fetch.list_all()
        return fetch.response()


class _Fetch:
    """One request: what was found for it, and the partitions that have nothing, with what is asked of them.

    Clients that want no session (librdkafka) get the partitions that have something. The others look whether the
    response has each one, and get all.
    """

    __slots__ = ("_clock", "_context", "_enough", "_failed", "_found", "_idle", "_partial", "_request", "_rest",
                 "_timer", "_topics", "_woken")  # fmt: skip

    def __init__(self, request: Message, context: Context, topics: Topics, clock: Clock) -> None:
        self._request = request
        self._context = context
        self._topics = topics
        self._clock = clock

    def look(self) -> bool:
        """Find what is there; whether it is enough, or an error, so that it is answered at once."""
        request, topics = self._request, self._topics
        self._rest = min(request.get("max_bytes", _RESPONSE_BYTES), _RESPONSE_BYTES)
        self._enough = self._rest - max(request["min_bytes"], 1)
        self._failed = False
        self._found: dict[str | bytes, Message] = {}
        self._partial: list[Partition] = []
        self._idle = idle = dict[Partition, tuple[Message, Message]]()
        for topic in request["topics"]:
            name = topic.get("topic")
            known = topics.by_id.get(topic["topic_id"]) if name is None else topics.by_name.get(name)
            partitions = known.partitions if known else ()
            count = len(partitions)
            for asked in topic["partitions"]:
                index = asked["partition"]
                partition = partitions[index] if 0 <= index < count else None
                if (
                    partition is not None
                    and partition.high_watermark == asked["fetch_offset"]
                    and asked.get("current_leader_epoch", LEADER_EPOCH) <= LEADER_EPOCH
                ):
                    idle[partition] = topic, asked
                else:
                    self._take(partition, topic, asked)
        return self._is_enough()

    def list_all(self) -> None:
        """Give the partitions without records a place in the response, too."""
        for partition, (topic, asked) in self._idle.items():
            self._add(topic, _part(asked, partition))

    def response(self) -> Message:
        """The response with what was found."""
        if self._request.get("session_epoch", _NO_SESSION) != _NO_SESSION:
            self.list_all()
        return {"responses": list(self._found.values())}

    def wait(self) -> None:
        """Answer after an append, after the time that the client waits, or when its next request comes."""
        self._woken: list[Partition] = []
        self._context.on_interrupt = self._answer
        self._timer = self._clock.call_later(self._request["max_wait_ms"] / 1000, self._expire)
        self._subscribe()

    def appended(self, partition: Partition) -> None:
        """Look at a partition again, once the append is answered."""
        if not self._woken:
            self._clock.call_later(0, self._look_again)
        self._woken.append(partition)

    def _subscribe(self) -> None:
        for partition in self._idle:
            partition.waiting.add(self)
        for partition in self._partial:
            partition.waiting.add(self)

    def _look_again(self) -> None:
        if self._context.on_interrupt is None:  # it was answered meanwhile
            return
        woken, self._woken = self._woken, []
        for partition in woken:
            if place := self._idle.pop(partition, None):
                self._take(partition, *place)
        if self._is_enough() or self.look():
            self._answer()
        else:
            self._subscribe()

    def _is_enough(self) -> bool:
        return self._failed or self._rest <= self._enough

    def _expire(self) -> None:
        self.list_all()
        self._answer()

    def _answer(self) -> None:
        self._timer.cancel()
        for partition in self._idle:
            partition.waiting.discard(self)
        for partition in self._partial:
            partition.waiting.discard(self)
        self._context.answer(self.response())

    def _take(self, partition: Partition | None, topic: Message, asked: Message) -> None:
        """Put into the response the records of a partition, or the reason why there are none."""
        offset = asked["fetch_offset"]
        if partition is None or partition.dropped:
            by_name = self._context.version < _TOPIC_IDS_SINCE
            error = errors.UNKNOWN_TOPIC_OR_PARTITION if by_name else errors.UNKNOWN_TOPIC_ID
        elif asked.get("current_leader_epoch", LEADER_EPOCH) > LEADER_EPOCH:
            error = errors.UNKNOWN_LEADER_EPOCH
        elif not partition.start <= offset <= partition.high_watermark:
            error = errors.OFFSET_OUT_OF_RANGE
        else:
            self._partial.append(partition)
            if self._rest > 0:
                records = partition.read(offset, min(asked["partition_max_bytes"], self._rest))
                self._rest -= sum(map(len, records))
                self._add(topic, _part(asked, partition) | {"records": records})
            return
        self._failed = True
        self._add(topic, _part(asked, partition) | {"error_code": error})

    def _add(self, topic: Message, part: Message) -> None:
        name = topic.get("topic")
        key = topic["topic_id"] if name is None else name
        if key not in self._found:
            self._found[key] = {"topic": name, "topic_id": topic.get("topic_id", b""), "partitions": []}
        self._found[key]["partitions"].append(part)


def _part(asked: Message, partition: Partition | None) -> Message:
    end, start = (partition.high_watermark, partition.start) if partition else (-1, -1)
    return {
        "partition_index": asked["partition"],
        "high_watermark": end,
        "last_stable_offset": end,
        "log_start_offset": start,
        "records": (),
    }
