"""Fetch: batches from an offset on. A request that finds none waits for the next append. No sessions (KIP-227).

It waits on the partitions that it asks about, and is answered in the iteration of the loop after an append: until then
other appends may come, and the producer has had its answer. Who wants more than a byte waits a little longer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Cancellable, Clock, Context, Handler, Message
from services_stub.infra.kafka.broker.partition import Partition, Waiter
from services_stub.infra.kafka.broker.records import LEADER_EPOCH
from services_stub.infra.kafka.broker.topics import Topics

_RESPONSE_BYTES = 16 * 1024 * 1024
"""A response ends with the batch that goes beyond this, whatever a client allows."""
_NO_SESSION = -1
"""The epoch of the session in a request that wants none."""
_QUIET_LISTS = 32
_LOOK_SECONDS, _LOOK_LATER_SECONDS = 0.02, 0.1
"""How soon after an append it is looked whether there is as much as is waited for, if that is more than a byte."""
_FEW_BYTES = 1024
"""It is looked later where more than this is waited for: mostly it is there when the wait is over, and not before."""
_MANY_BYTES = 64 * 1024
"""So much is sent at once to those who want more than a byte."""
_TICK = 100
"""Milliseconds. What waits for longer ends at a multiple of this, up to so much earlier: many at once cost less."""


class FetchRequests:
    """Carries out the requests of consumers for records."""

    def __init__(self, topics: Topics, clock: Clock) -> None:
        self.handlers: dict[int, Handler] = {1: self._fetch}
        self.topics, self.clock = topics, clock
        self.quiet: dict[str, dict[int, list[Message]]] = {}
        """By topic, what was asked since its last append and had nothing. The codec gives the same list for the same
        bytes, and consumers ask for the same again and again: so it is told by identity."""

    def appended(self, partition: Partition) -> None:
        """Something may be there."""
        self.quiet.pop(partition.topic, None)

    def _fetch(self, request: Message, context: Context) -> Message | None:
        if request.get("session_id"):
            return {"error_code": errors.FETCH_SESSION_ID_NOT_FOUND}
        fetch = _Fetch(self, context, request)
        enough, least = fetch.look(), request["min_bytes"]
        gathers = enough and least > 1 and fetch.enough + least - fetch.rest < _MANY_BYTES
        if (enough and not gathers) or request["max_wait_ms"] <= 0:
            return fetch.response(whole=not enough)
        fetch.wait()
        if gathers:
            fetch.appended()
        return None


@dataclass(slots=True, eq=False)
class _Fetch:
    """One request, and what was found for it, by topic and number of the partition.

    Clients that want no session (librdkafka) get the partitions that have something. The others look whether the
    response has each one, and get all.
    """

    owner: FetchRequests
    context: Context
    request: Message
    found: dict[str, dict[int, Message]] = field(init=False)
    rest: int = field(init=False)
    """Bytes that fit in the response."""
    enough: int = field(init=False)
    """As few bytes as this may be left in a response that is sent at once; all of them where it has an error."""
    places: list[set[Waiter]] = field(init=False)
    timer: Cancellable = field(init=False)
    looks_again: bool = False

    def look(self) -> bool:
        """Find what there is, and whether that is enough. Nearly all topics have nothing: that is found out quickly."""
        self.rest = min(self.request.get("max_bytes", _RESPONSE_BYTES), _RESPONSE_BYTES)
        self.enough = self.rest - max(self.request["min_bytes"], 1)
        self.found = {}
        quiet = self.owner.quiet
        for topic in self.request["topics"]:
            if id(topic["partitions"]) not in quiet.get(topic["topic"], ()):
                self._look_at(topic["topic"], topic["partitions"])
        return self.rest <= self.enough

    def response(self, whole: bool = False) -> Message:
        """The response with what was found, and where it is whole with the partitions that have nothing, too."""
        if whole or self.request.get("session_epoch", _NO_SESSION) != _NO_SESSION:
            for topic in self.request["topics"]:
                found, find = self.found.setdefault(topic["topic"], {}), self.owner.topics.partition
                for number in (asked["partition"] for asked in topic["partitions"]):
                    found[number] = found.get(number) or _part(number, find(topic["topic"], number))
        return {"responses": [{"topic": name, "partitions": parts.values()} for name, parts in self.found.items()]}

    def wait(self) -> None:
        """Answer after an append, after the time that the client waits, or when its next request comes."""
        by_name = self.owner.topics.by_name
        self.places = [by_name[topic["topic"]].waiting for topic in self.request["topics"] if topic["topic"] in by_name]
        self.context.on_interrupt = self._answer
        longest, clock = self.request["max_wait_ms"], self.owner.clock
        early = (round(clock.time() * 1000) + longest) % _TICK if longest >= _TICK else 0
        self.timer = clock.call_later((longest - early) / 1000, self._time_out)
        for waiting in self.places:
            waiting.add(self)

    def appended(self, _: Partition | None = None) -> None:
        """Look again, once the append is answered."""
        if not self.looks_again:
            self.looks_again = True
            least = self.request["min_bytes"]
            soon = _LOOK_SECONDS if least <= _FEW_BYTES else _LOOK_LATER_SECONDS
            self.owner.clock.call_later(soon if least > 1 else 0, self._look_again)

    def _look_again(self) -> None:
        self.looks_again = False
        if self.context.on_interrupt is None:  # it was answered meanwhile
            return
        if self.look():
            self._answer()
        else:
            for waiting in self.places:
                waiting.add(self)

    def _time_out(self) -> None:
        """Say of which partitions there is nothing: it costs much, so of the same ones once a second."""
        self.look()
        told, topics = self.context.connection.told, () if self.found else self.request["topics"]
        places = {(t["topic"], p["partition"], p["fetch_offset"]) for t in topics for p in t["partitions"]}
        self.context.connection.told = asked = int(self.owner.clock.time()), places
        self._answer(whole=not self.found and asked != told)

    def _answer(self, whole: bool = False) -> None:
        self.timer.cancel()
        for waiting in self.places:
            waiting.discard(self)
        self.context.answer(self.response(whole))

    def _look_at(self, topic: str, listed: list[Message]) -> None:
        known, nothing = self.owner.topics.by_name.get(topic), True
        partitions = known.partitions if known else []
        for asked in listed:
            number = asked["partition"]
            partition = partitions[number] if 0 <= number < len(partitions) else None
            if (
                partition is None
                or partition.high_watermark != asked["fetch_offset"]
                or asked.get("current_leader_epoch", LEADER_EPOCH) > LEADER_EPOCH
            ):
                nothing = False
                self._take(topic, partition, asked)
        if nothing and known and len(lists := self.owner.quiet.setdefault(topic, {})) < _QUIET_LISTS:
            lists[id(listed)] = listed
            known.waiting.add(self.owner)

    def _take(self, topic: str, partition: Partition | None, asked: Message) -> None:
        """Add the records of a partition, unless the response is full, or why there are none."""
        number, offset = asked["partition"], asked["fetch_offset"]
        part = _part(number, partition)
        if partition is None:
            part["error_code"] = errors.UNKNOWN_TOPIC_OR_PARTITION
        elif asked.get("current_leader_epoch", LEADER_EPOCH) > LEADER_EPOCH:
            part["error_code"] = errors.UNKNOWN_LEADER_EPOCH
        elif not partition.start <= offset <= partition.high_watermark:
            part["error_code"] = errors.OFFSET_OUT_OF_RANGE
        elif self.rest > 0:
            part["records"] = records = partition.read(offset, min(asked["partition_max_bytes"], self.rest))
            self.rest -= sum(map(len, records))
        else:
            return
        if "error_code" in part:
            self.enough = _RESPONSE_BYTES
        self.found.setdefault(topic, {})[number] = part


def _part(number: int, partition: Partition | None) -> Message:
    end, start = (partition.high_watermark, partition.start) if partition else (-1, -1)
    return {
        "partition_index": number,
        "high_watermark": end,
        "last_stable_offset": end,
        "log_start_offset": start,
        "records": (),
    }
