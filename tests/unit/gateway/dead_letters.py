"""Dead letters for tests: the topics in memory, which a reader reads and a publisher writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from services_stub.contracts.events import DeadLetterClosed, OrderCreated
from services_stub.contracts.http.dead_letters import (
    DeadLetterProblem,
    DeadLetterResults,
    DeadLetterState,
    DiscardDeadLetters,
    SendDeadLettersAgain,
)
from services_stub.contracts.topics import ALL_TOPICS
from services_stub.gateway.dead_letters.acts import DeadLetterActs
from services_stub.gateway.dead_letters.log import DeadLetterLog
from services_stub.runtime.dead_letters import dead_letter
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.bounds import Bounds
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.unit.gateway.live import Log, record_of

OPEN = DeadLetterState.OPEN


class Topics(Log):
    """All topics, of one partition each; the broker does not acknowledge the next `holds_back` records."""

    def __init__(self) -> None:
        super().__init__()
        self.records = {(topic.name, 0): [] for topic in ALL_TOPICS}
        self.start = dict.fromkeys(self.records, 0)
        self.holds_back = self.given_up = 0

    def bounds(self, topics: Iterable[str]) -> Bounds:
        """As a real reader says them."""
        if self.away:
            raise Unavailable("Kafka")
        return {(topic, 0): (self.start[topic, 0], len(self.records[topic, 0])) for topic in topics}

    def put(self, record: Record) -> Record:
        """`record` at the end of the partition of its topic."""
        log = self.records[record.topic, 0]
        log.append(msgspec.structs.replace(record, partition=0, offset=len(log)))
        return log[-1]

    def give_up(self, record: Record, group: str = "payment", reason: str = "a bug") -> str:
        """Make `record` a dead letter of a group; its id."""
        row = dead_letter(record, group=group, reason=reason, attempt=3)
        at = len(self.records[row.topic, 0])
        copy = self.put(Record(row.topic, 0, 0, row.key, row.value, [*row.headers], 1_700_000_000_000 + at))
        return f"{copy.topic}[0]@{copy.offset}"

    def dead_letters(self, count: int, group: str = "payment") -> list[str]:
        """So many dead letters of order-created; their ids, the oldest first."""
        return [self.give_up(record_of(OrderCreated.topic, offset=number), group) for number in range(count)]

    def closed(self) -> list[DeadLetterClosed]:
        """The events about dead letters."""
        records = self.records[DeadLetterClosed.topic, 0]
        return [msgspec.json.decode(record.value or b"", type=DeadLetterClosed) for record in records]

    def publisher(self, on_fatal: Callable[[Exception], None]) -> Publisher:
        """A publisher, which writes to these topics."""
        return Publisher(self, on_fatal)


class Publisher:
    """Writes at once, and acknowledges what the topics do not hold back when it is polled."""

    def __init__(self, topics: Topics, _on_fatal: Callable[[Exception], None]) -> None:
        self._topics = topics
        self._waiting: list[Callable[[], None]] = []
        self._held = 0

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
        on_acknowledged: Callable[[], None] | None = None,
        on_refused: Callable[[str], None] | None = None,
    ) -> bool:
        if key == b"refused" and on_refused is not None:
            on_refused("too large")
            return True
        self._topics.put(Record(topic, 0, 0, key, value, [*headers], 0))
        if self._topics.holds_back:
            self._topics.holds_back -= 1
            self._held += 1
        elif on_acknowledged is not None:
            self._waiting.append(on_acknowledged)
        return True

    def poll(self) -> None:
        waiting, self._waiting = self._waiting, []
        for acknowledge in waiting:
            acknowledge()

    def flush(self, _timeout: float) -> int:
        while self._waiting:
            self.poll()
        return self._held

    def give_up(self) -> None:
        self._topics.given_up += self._held


class Clock:
    """A time that passes only in `sleep`."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.now += seconds
        await asyncio.sleep(0)


class Admin:
    """An admin at a gateway on `topics`; another one on the same topics is there after a restart of the gateway."""

    def __init__(self, topics: Topics | None = None, most_listed: int = 100) -> None:
        self.topics = topics or Topics()
        self.clock = Clock()
        self.log = DeadLetterLog(lambda: self.topics, most_listed, self.clock)
        self.acts = DeadLetterActs(self.log, self.topics.publisher, self.clock, self.clock.sleep)

    async def open(self) -> list[str]:
        """The ids of the dead letters that are open, newest first."""
        return [found.dead_letter_id for found in (await self.log.page("", "", OPEN, "", 100)).items]

    async def send_again(self, *ids: str, per_second: int = 100) -> dict[str, DeadLetterProblem | None]:
        """Send dead letters again; the problem of each, None where it was sent."""
        body = SendDeadLettersAgain(dead_letter_ids=[*ids], per_second=per_second, reason="mended")
        return problems_of(await self.acts.send_again(body, "boss", NO_CAUSE))

    async def discard(self, *ids: str) -> dict[str, DeadLetterProblem | None]:
        """Discard dead letters; the problem of each."""
        body = DiscardDeadLetters(dead_letter_ids=[*ids], reason="of no use")
        return problems_of(await self.acts.discard(body, "boss", NO_CAUSE))


def problems_of(answer: DeadLetterResults) -> dict[str, DeadLetterProblem | None]:
    """The problem of each dead letter of an answer."""
    return {result.dead_letter_id: result.problem for result in answer.results}
