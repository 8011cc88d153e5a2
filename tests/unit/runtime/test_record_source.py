"""Records are read in batches, commits that failed are made again, and what the log has lost is noticed."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, KafkaError, TopicPartition

from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.settings import Settings


class Message:
    """A record of the client library, or an error where there is no offset."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def error(self) -> KafkaError | None:
        return None if self._offset >= 0 else KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)

    def topic(self) -> str:
        return "topic"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return 0, 0

    def key(self) -> bytes:
        return b"key"

    value = key

    def headers(self) -> list[tuple[str, bytes]]:
        return []


class Log:
    """The client library with some records that wait."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.committed: list[list[tuple[int, int]]] = []
        self.metadata: list[str | None] = []
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def poll(self, _timeout: float) -> Message | None:
        return Message(self.offsets.pop(0)) if self.offsets else None

    def consume(self, most: int, _timeout: float) -> list[Message]:
        taken, self.offsets = self.offsets[:most], self.offsets[most:]
        return [Message(offset) for offset in taken]

    def commit(self, offsets: list[TopicPartition]) -> None:
        self.committed.append([(one.partition, one.offset) for one in offsets])
        self.metadata = [one.metadata for one in offsets]


def source_of(log: Log) -> RecordSource:
    """A source that reads from a log without a network."""
    settings = Settings(service="test", instance="test-1", port=0, bootstrap_servers="", data_dir="", internal_token="")
    source: Any = RecordSource(settings, ["topic"], lambda *_: None)
    source._consumer.close()
    source._consumer = log
    found: RecordSource = source
    return found


def test_records_that_come_with_an_error_are_not_lost() -> None:
    log = Log()
    source = source_of(log)
    log.offsets = [0, -1, 1]
    assert [record.offset for record in source.poll(10, 0)] == [0, 1]
    log.offsets = [-1]
    with pytest.raises(Unavailable):
        source.poll(10, 0)


def test_offsets_are_committed_now_and_then_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    log, now = Log(), [1000.0]
    source: Any = source_of(log)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    log.offsets += range(7, 12)
    for pause in (0.0, 0.3, 0.3, 0.05):
        source.commit(source.poll(1, 0))
        now[0] += pause
        source.sample()
    source.sample()
    assert log.committed == [[(0, 8)], [(0, 10)]]
    source.close()
    assert log.committed[2:] == [[(0, 11)]]
    assert log.closed


def test_a_commit_that_failed_is_made_again_unless_a_later_one_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    log, now = Log(), [1000.0]
    source: Any = source_of(log)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def sample(after: float) -> None:
        now[0] += after
        source.sample()

    log.offsets += [7, 8, 9]
    for _ in range(2):
        source.commit(source.poll(1, 0))
        sample(0.5)
    away = KafkaError(KafkaError._TRANSPORT)
    source._on_commit(away, [TopicPartition("topic", 0, 8)])
    sample(2.0)
    assert log.committed == [[(0, 8)], [(0, 9)]]
    source._on_commit(away, [TopicPartition("topic", 0, 9)])
    sample(0.5)
    assert log.committed[2:] == []
    sample(0.6)
    assert log.committed[2:] == [[(0, 9)]]
    source._on_commit(away, [TopicPartition("topic", 0, 9)])
    source.commit(source.poll(1, 0))
    sample(1.1)
    source._on_commit(None, [TopicPartition("topic", 0, 10)])
    sample(2.0)
    assert log.committed[3:] == [[(0, 10)]]


def test_a_position_is_committed_again_that_an_older_commit_took_back(monkeypatch: pytest.MonkeyPatch) -> None:
    log, now = Log(), [1000.0]
    source: Any = source_of(log)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    log.offsets += [7, 8]
    for _ in range(2):
        source.commit(source.poll(1, 0))
        now[0] += 0.5
        source.sample()
    for offset in (9, 8):
        source._on_commit(None, [TopicPartition("topic", 0, offset)])
    now[0] += 1.1
    source.sample()
    assert log.committed == [[(0, 8)], [(0, 9)], [(0, 9)]]
    source._on_commit(None, [TopicPartition("topic", 0, 9)])
    now[0] += 1.1
    source.sample()
    assert log.committed[3:] == []


@pytest.mark.parametrize(
    ("first", "told"), [(0, []), (12, []), (13, [("topic", 0, 12, 13)]), (99, [("topic", 0, 12, 14)])]
)
def test_a_hole_is_a_loss_only_below_the_start_of_the_log(
    monkeypatch: pytest.MonkeyPatch, first: int, told: list[tuple[str, int, int, int]]
) -> None:
    log, found = Log(), list[tuple[str, int, int, int]]()
    source: Any = source_of(log)
    source._on_gap = lambda *gap: found.append(gap)
    monkeypatch.setattr(log, "get_watermark_offsets", lambda _place, timeout: (first, 99), raising=False)
    log.offsets += [10, 11, 14, 15]  # at 12 and 13 lie the markers of transactions
    source.poll(10, 0)
    assert found == told


def gaps_of(
    source: Any, log: Any, committed: int, bounds: tuple[int, int], metadata: str = ""
) -> list[tuple[str, int, int, int]]:
    """The gaps that a source notices where it takes over a partition; `committed` is −1001 where nothing was."""
    found = list[tuple[str, int, int, int]]()
    source._on_gap = lambda *gap: found.append(gap)
    topic = SimpleNamespace(partitions={0: None})
    log.list_topics = lambda timeout: SimpleNamespace(topics={"topic": topic})
    commits, log.committed = (
        log.committed,
        lambda _partitions, timeout: [TopicPartition("topic", 0, committed, metadata)],
    )
    log.assign = lambda partitions: log.assigned.extend(one.offset for one in partitions)
    log.assigned = []
    log.get_watermark_offsets = lambda _place, **_how: bounds
    source.assign()
    log.committed = commits
    return found


@pytest.mark.parametrize(
    ("first", "told"), [(0, []), (7, [("topic", 0, 0, 7)]), (9, [("topic", 0, 0, 7)])], ids=["none", "some", "more"]
)
def test_a_log_that_begins_behind_a_partition_that_was_never_read_has_lost_records(
    first: int, told: list[tuple[str, int, int, int]]
) -> None:
    log: Any = Log()
    source = source_of(log)
    found = gaps_of(source, log, -1001, (first, 99))
    log.offsets += [7 if first else 0]
    source.poll(10, 0)
    assert found == told


@pytest.mark.parametrize(
    ("end", "told"), [(57, []), (99, []), (50, [("topic", 0, 50, 57)]), (0, [("topic", 0, 0, 57)])]
)
def test_a_log_that_ends_before_what_was_read_of_it_has_lost_records_also_where_none_comes(
    end: int, told: list[tuple[str, int, int, int]]
) -> None:
    log: Any = Log()
    source = source_of(log)
    found = gaps_of(source, log, 57, (0, end))
    source.sample()
    assert found == told


def test_a_log_that_is_read_from_its_beginning_again_has_lost_what_was_read_of_it() -> None:
    log: Any = Log()
    source = source_of(log)
    found = gaps_of(source, log, 57, (0, 60))
    log.offsets += [0, 1, 2]
    source.poll(10, 0)
    assert found == [("topic", 0, 0, 57)]


@pytest.mark.parametrize(("metadata", "begin"), [("this", 57), ("", 57), ("another", OFFSET_BEGINNING)])
def test_an_offset_that_was_committed_for_another_log_is_none(metadata: str, begin: int) -> None:
    log: Any = Log()
    source: Any = source_of(log)
    source._cluster_id = "this"
    gaps_of(source, log, 57, (0, 60), metadata)
    assert log.assigned == [begin]
    log.offsets += [57]
    source.commit(source.poll(1, 0))
    source.close()
    assert log.metadata == ["this"]
