"""`python -m tests.broker.kills.consumer ADDRESS JOURNAL NAME GROUP`: a member of a group, until SIGTERM.

It commits what it has read. Whatever it is given to read must follow what it has read before.
"""

from __future__ import annotations

import signal
import sys
import zlib
from itertools import groupby
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from tests.broker.kills.clients import TOPIC, settings_of_member
from tests.broker.kills.journal import Assigned, Committed, Entry, Journal, Read, now

_MOST = 500
_WAIT_SECONDS = 0.2


class Member:
    """Where it is in its partitions, and what it has to commit.

    `since` is when each partition was assigned, until its first record has come. A commit that fails is sent again with
    what was read since then.
    """

    def __init__(self, group: str, journal: Journal) -> None:
        self._group = group
        self._journal = journal
        self._since: dict[int, float] = {}
        self._next: dict[int, int] = {}
        self.offsets: dict[int, int] = {}

    def assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Partitions are given."""
        for each in partitions:
            self._since[each.partition] = now()
            self._next.pop(each.partition, None)
        self.revoke(_, partitions)

    def revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Partitions are taken."""
        for each in partitions:
            self.offsets.pop(each.partition, None)

    def take(self, messages: list[Message]) -> None:
        """Note what was read."""
        found: list[Entry] = []
        for number, of_partition in groupby(sorted(messages, key=_place), key=lambda each: _place(each)[0]):
            values = [(_place(each)[1], each.value() or b"") for each in of_partition]
            first, last = values[0][0], values[-1][0]
            if number in self._since:
                found.append(Assigned(self._group, number, first, self._since.pop(number)))
                self._next[number] = first
            if [offset for offset, _ in values] != list(range(self._next.get(number, first), last + 1)):
                self._journal.problem(f"{self._group}[{number}]: {first} to {last} after {self._next.get(number)}")
            self._next[number] = last + 1
            found.append(Read(self._group, number, first, last, crc([value for _, value in values])))
            self.offsets[number] = last + 1
        self._journal.write(*found)


def main() -> int:
    """Consume until it is told to end."""
    address, path, name, group = sys.argv[1:]
    journal, ended = Journal(Path(path)), []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    member = Member(group, journal)
    consumer = Consumer(settings_of_member(address, group, name))
    consumer.subscribe([TOPIC], on_assign=member.assign, on_revoke=member.revoke)
    while not ended:
        messages = [each for each in consumer.consume(_MOST, _WAIT_SECONDS) if each.error() is None]
        member.take(messages)
        if offsets := [TopicPartition(TOPIC, number, offset) for number, offset in member.offsets.items()]:
            since = now()
            try:
                consumer.commit(offsets=offsets, asynchronous=False)
            except KafkaException:  # the broker is away, or the partitions have gone to another member
                continue
            member.offsets.clear()
            journal.write(*[Committed(group, each.partition, each.offset, since, now()) for each in offsets])
    consumer.close()
    return 0


def crc(values: list[bytes]) -> int:
    """The CRC-32 of values."""
    return zlib.crc32(b"\n".join(values))


def _place(message: Message) -> tuple[int, int]:
    """Partition and offset."""
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return partition, offset


if __name__ == "__main__":
    sys.exit(main())
