"""Groups and offsets without a broker around them: requests go through the codec, and time passes by command."""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from services_stub.infra.kafka.broker.codec import decoder, encoded
from services_stub.infra.kafka.broker.context import Context, Message
from services_stub.infra.kafka.broker.group_requests import GROUP_VERSIONS, Groups
from services_stub.infra.kafka.broker.offset_requests import OffsetRequests
from services_stub.infra.kafka.broker.offsets import Offsets
from services_stub.infra.kafka.broker.records import LENGTH_END, Buffer, iterate, placed
from services_stub.infra.kafka.broker.topics import Topics
from tests.folders import new_folder

COMMIT, FETCH, JOIN, HEARTBEAT, LEAVE, SYNC = 8, 9, 11, 12, 13, 14
DESCRIBE, LIST, DELETE, OFFSET_DELETE = 15, 16, 42, 47
SESSION, REBALANCE = 10.0, 60.0
"""Seconds: of the members here."""


class FakeClock:
    """Time that passes only in `advance`, which makes the calls that are due."""

    def __init__(self) -> None:
        self.moment = 1_000_000.0
        self.slept = 0.0
        """Seconds that passed while nothing ran."""
        self._number = itertools.count()
        self._planned: list[tuple[float, int, Planned]] = []

    def time(self) -> float:
        return self.moment

    def now(self) -> float:
        return self.moment + self.slept

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Planned:
        planned = Planned(callback)
        heapq.heappush(self._planned, (self.moment + seconds, next(self._number), planned))
        return planned

    def advance(self, seconds: float = 0) -> None:
        end = self.moment + seconds
        while self._planned and self._planned[0][0] <= end:
            self.moment, _, planned = heapq.heappop(self._planned)
            if not planned.cancelled:
                planned.callback()
        self.moment = end

    def planned(self) -> int:
        """How many calls are to come."""
        return sum(not planned.cancelled for _, _, planned in self._planned)


@dataclass
class Planned:
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class MemoryLog:
    """The partition of the offsets; it refuses to be written to while `error` is set."""

    def __init__(self) -> None:
        self.batches: list[bytes] = []
        self.start = self.end = 0
        self.error = 0
        self.rewrites = 0

    def append(self, batch: Buffer) -> tuple[int, int]:
        if self.error:
            return self.error, -1
        self.batches.append(placed(batch, self.end))
        self.end += len(list(iterate(batch)))
        return 0, self.end

    def read(self, offset: int, max_bytes: int) -> Sequence[Buffer]:
        """One batch at a time, so that readers have to come back."""
        at = bisect.bisect_right(self.batches, offset, key=lambda batch: int.from_bytes(batch[:8])) - 1
        return self.batches[max(at, 0) :][:1]

    def rewrite(self, batches: list[bytes]) -> None:
        self.rewrites += 1
        if self.error:
            raise OSError
        self.start, self.batches = self.end, []
        for batch in batches:
            assert len(batch) == LENGTH_END + int.from_bytes(batch[8:12])
            self.append(batch)

    def records(self) -> list[tuple[bytes | None, bytes | None]]:
        return [(key, value) for batch in self.batches for _, key, value in iterate(batch)]


@dataclass
class Call:
    """A request on its way; `response` is None until it is answered."""

    address = ("127.0.0.1", 9092)

    api_key: int
    version: int
    in_handler: bool = True
    response: Message | None = None
    context: Context = field(init=False)

    def answered(self, context: Context, response: Message) -> None:
        assert not self.in_handler, "answered before the handler has returned: the connection cannot take it"
        assert self.response is None, "answered twice"
        self.set(response)

    def set(self, response: Message) -> None:
        data = encoded("response", self.api_key, self.version, response)
        self.response = decoder("response", self.api_key, self.version)(data, 0, len(data))[0]

    def __getitem__(self, name: str) -> Any:
        assert self.response is not None, "not answered"
        return self.response[name]


class Coordinator:
    """The handlers on a log. A second one on the same log is the broker after a restart."""

    def __init__(self, log: MemoryLog | None = None) -> None:
        self.clock = FakeClock()
        self.client_id = "shop"
        self.log = log or MemoryLog()
        self.topics = Topics(new_folder())
        for name, partitions in (("orders", 3), ("payments", 2)):
            self.topics.create(name, partitions, {})
        self.offsets = Offsets(cast(Any, self.log), self.clock.now)
        self.groups = Groups(self.offsets, self.clock)
        requests = OffsetRequests(self.groups, self.offsets, self.topics)
        self.handlers = {**self.groups.handlers, **requests.handlers}

    def ask(self, api_key: int, version: int, /, **request: Any) -> Call:
        """Send a request, as a client's bytes."""
        assert version <= GROUP_VERSIONS.get(api_key, version)
        data = encoded("request", api_key, version, request)
        call = Call(api_key, version)
        message = decoder("request", api_key, version)(data, 0, len(data))[0]
        call.context = Context(cast(Any, call), api_key, version, 1, self.client_id, "/127.0.0.1")
        response = self.handlers[api_key](message, call.context)
        call.in_handler = False
        if response is not None:
            call.set(response)
        return call

    def join(self, group: str = "g", member: str = "", version: int = 5, **fields: Any) -> Call:
        protocols = [{"name": name, "metadata": name.encode()} for name in fields.pop("protocols", ("range",))]
        base = {
            "session_timeout_ms": int(SESSION * 1000),
            "rebalance_timeout_ms": int(REBALANCE * 1000),
            "protocol_type": "consumer",
        }
        request = {**base, "protocols": protocols, "group_id": group, "member_id": member, **fields}
        return self.ask(JOIN, version, **request)

    def enter(self, group: str = "g", **fields: Any) -> Call:
        """Join as a new client does: it is told its id, and joins with it."""
        return self.join(group, self.join(group, **fields)["member_id"], **fields)

    def sync(self, joined: Call, assignments: dict[str, bytes] | None = None, **fields: Any) -> Call:
        given = [{"member_id": member, "assignment": data} for member, data in (assignments or {}).items()]
        request = {"group_id": "g", "generation_id": joined["generation_id"], "member_id": joined["member_id"]}
        return self.ask(SYNC, fields.pop("version", 3), **{**request, "assignments": given, **fields})

    def beat(self, joined: Call, **fields: Any) -> int:
        request = {"group_id": "g", "generation_id": joined["generation_id"], "member_id": joined["member_id"]}
        return int(self.ask(HEARTBEAT, 3, **{**request, **fields})["error_code"])

    def leave(self, *members: str | tuple[str, str | None], group: str = "g") -> list[int]:
        named = [(each, None) if isinstance(each, str) else each for each in members]
        asked = [{"member_id": member, "group_instance_id": instance} for member, instance in named]
        return [each["error_code"] for each in self.ask(LEAVE, 3, group_id=group, members=asked)["members"]]

    def commit(
        self, offset: int = 7, group: str = "g", topic: str = "orders", partition: int = 0, **fields: Any
    ) -> int:
        """Commit one offset, as a consumer without a group would: the error code of the partition."""
        version = fields.pop("version", 7)
        each = {"partition_index": partition, "committed_offset": offset, "committed_leader_epoch": 0}
        each["committed_metadata"] = fields.pop("metadata", "")
        request = {"group_id": group, "topics": [{"name": topic, "partitions": [each]}], **fields}
        return int(self.ask(COMMIT, version, **request)["topics"][0]["partitions"][0]["error_code"])

    def committed(self, group: str = "g") -> dict[tuple[str, int], int]:
        """All offsets of a group."""
        topics = self.ask(FETCH, 5, group_id=group, topics=None)["topics"]
        return {(t["name"], p["partition_index"]): p["committed_offset"] for t in topics for p in t["partitions"]}

    def state(self, group: str = "g") -> str:
        return str(self.ask(DESCRIBE, 4, groups=[group])["groups"][0]["group_state"])
