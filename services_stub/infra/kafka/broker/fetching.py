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
    """One request, and what was found for it, by topic and number of the partition.

    Clients that want no session (librdkafka) get the partitions that have something. The others look whether the
    response has each one, and get all.
    """

    __slots__ = (
        "_clock",
        "_context",
        "_enough",
        "_failed",
        "_found",
        "_request",
        "_rest",
        "_timer",
        "_topics",
        "_woken",
    )

    def __init__(self, request: Message, context: Context, topics: Topics, clock: Clock) -> None:
        self._request = request
        self._context = context
        self._topics = topics
        self._clock = clock

    def look(self) -> bool:
        """Find what is there; whether it is enough, or an error, so that it is answered at once."""
        self._rest = min(self._request.get("max_bytes", _RESPONSE_BYTES), _RESPONSE_BYTES)
        self._enough = self._rest - max(self._request["min_bytes"], 1)
        self._failed = False
        self._found: dict[str, dict[int, Message]] = {}
        for topic in self._request["topics"]:
            self._look_at(topic)
        return self._failed or self._rest <= self._enough

    def list_all(self) -> None:
        """Give the partitions without records a place in the response, too."""
        for topic in self._request["topics"]:
            found = self._found.setdefault(topic["topic"], {})
            for asked in topic["partitions"]:
                number = asked["partition"]
                if number not in found:
                    found[number] = _part(number, self._topics.partition(topic["topic"], number))

    def response(self) -> Message:
        """The response with what was found."""
        if self._request.get("session_epoch", _NO_SESSION) != _NO_SESSION:
            self.list_all()
        responses = [{"topic": name, "partitions": list(parts.values())} for name, parts in self._found.items()]
        return {"responses": responses}

    def wait(self) -> None:
        """Answer after an append, after the time that the client waits, or when its next request comes."""
        self._woken: set[str] = set()
        self._context.on_interrupt = self._answer
        self._timer = self._clock.call_later(self._request["max_wait_ms"] / 1000, self._expire)
        self._subscribe()

    def appended(self, partition: Partition) -> None:
        """Look at the topic again, once the append is answered."""
        if not self._woken:
            self._clock.call_later(0, self._look_again)
        self._woken.add(partition.topic)

    def _subscribe(self) -> None:
        by_name = self._topics.by_name
        for topic in self._request["topics"]:
            if known := by_name.get(topic["topic"]):
                known.waiting.add(self)

    def _look_again(self) -> None:
        if self._context.on_interrupt is None:  # it was answered meanwhile
            return
        if self._found:  # too little: some of it may be there twice
            self.look()
        else:
            for topic in self._request["topics"]:
                if topic["topic"] in self._woken:
                    self._look_at(topic)
        self._woken.clear()
        if self._failed or self._rest <= self._enough:
            self._answer()
        else:
            self._subscribe()

    def _expire(self) -> None:
        self.list_all()
        self._answer()

    def _answer(self) -> None:
        self._timer.cancel()
        by_name = self._topics.by_name
        for topic in self._request["topics"]:
            if known := by_name.get(topic["topic"]):
                known.waiting.discard(self)
        self._context.answer(self.response())

    def _look_at(self, topic: Message) -> None:
        """Take what partitions of a topic have: nearly all of them have nothing, so that is found out quickly."""
        known = self._topics.by_name.get(topic["topic"])
        partitions = known.partitions if known else []
        count = len(partitions)
        for asked in topic["partitions"]:
            number = asked["partition"]
            partition = partitions[number] if 0 <= number < count else None
            if (
                partition is None
                or partition.high_watermark != asked["fetch_offset"]
                or asked.get("current_leader_epoch", LEADER_EPOCH) > LEADER_EPOCH
            ):
                part = self._take(number, partition, asked)
                if part is not None:
                    self._found.setdefault(topic["topic"], {})[number] = part

    def _take(self, number: int, partition: Partition | None, asked: Message) -> Message | None:
        """The records of a partition, or why there are none; None where the response is full."""
        offset = asked["fetch_offset"]
        if partition is None:
            error = errors.UNKNOWN_TOPIC_OR_PARTITION
        elif asked.get("current_leader_epoch", LEADER_EPOCH) > LEADER_EPOCH:
            error = errors.UNKNOWN_LEADER_EPOCH
        elif not partition.start <= offset <= partition.high_watermark:
            error = errors.OFFSET_OUT_OF_RANGE
        elif self._rest > 0:
            records = partition.read(offset, min(asked["partition_max_bytes"], self._rest))
            self._rest -= sum(map(len, records))
            return _part(number, partition) | {"records": records}
        else:
            return None
        self._failed = True
        return _part(number, partition) | {"error_code": error}


def _part(number: int, partition: Partition | None) -> Message:
    end, start = (partition.high_watermark, partition.start) if partition else (-1, -1)
    return {
        "partition_index": number,
        "high_watermark": end,
        "last_stable_offset": end,
        "log_start_offset": start,
        "records": (),
    }
