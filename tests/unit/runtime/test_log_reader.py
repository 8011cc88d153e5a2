"""Reading a log from its beginning to its present end, with a real client and a broker in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.log_reader import LogReader
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.settings import Settings
from tests.raw_kafka import RawProducer, broker_in_thread
from tests.unit.runtime.test_poison_at_the_broker import settings_for
from tests.waiting import wait_for

TOPICS = ["one", "two", "empty"]

Send = Callable[[str, bytes], None]


@pytest.fixture
def kafka() -> Iterator[tuple[Settings, Send]]:
    broker, address = broker_in_thread(*TOPICS)
    with closing(RawProducer(address)) as producer:
        yield settings_for(address), lambda topic, value: producer.send(topic, b"key", value)
    broker.close()


def drop(settings: Settings, topic: str, before: int) -> None:
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    for deleted in admin.delete_records([TopicPartition(topic, 0, before)]).values():
        deleted.result(10)


def read_all(log: LogReader) -> list[Record]:
    records: list[Record] = []

    def finished() -> bool:
        records.extend(log.read(2, 0.1))
        return log.finished

    wait_for(finished)
    return records


def test_every_record_up_to_the_end_at_the_start_is_read_once(kafka: tuple[Settings, Send]) -> None:
    settings, send = kafka
    for value in (b"1", b"2", b"3"):
        send("one", value)
    send("two", b"4")
    with closing(LogReader(settings, TOPICS)) as log:
        send("one", b"later")
        records = read_all(log)
        assert sorted(record.value or b"" for record in records) == [b"1", b"2", b"3", b"4"]
        assert (log.total, log.dropped) == (4, 0)
    with closing(LogReader(settings, TOPICS)) as again:
        assert (len(read_all(again)), again.total) == (5, 5)


def test_what_the_broker_dropped_is_counted(kafka: tuple[Settings, Send]) -> None:
    settings, send = kafka
    for _ in range(4):
        send("one", b"v")
    drop(settings, "one", 1)
    with closing(LogReader(settings, ["one"])) as log:
        assert (log.dropped, log.total) == (1, 3)
        drop(settings, "one", 3)
        records = read_all(log)  # those that were fetched before they were dropped, too
        assert len(records) + log.dropped == 4


def test_an_empty_log_is_finished_at_once_and_a_missing_one_is_unavailable(kafka: tuple[Settings, Send]) -> None:
    settings, _ = kafka
    with closing(LogReader(settings, ["empty"])) as log:
        assert (log.finished, log.total, log.dropped) == (True, 0, 0)
    with pytest.raises(Unavailable):
        LogReader(settings, ["none"])
