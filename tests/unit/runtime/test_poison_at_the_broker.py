"""Poison and refusals with a real client and a broker in a thread: what the library does with them, and the queue."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError

from services_stub.contracts.events import OrderCreated
from services_stub.contracts.events.trace import HopOutcome
from services_stub.contracts.topics import TRACE_HOPS
from services_stub.runtime.decoding import EventDecoder, Poisoned
from services_stub.runtime.hops import HopReporter
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.kafka.tail import Tail
from services_stub.runtime.settings import Settings
from services_stub.runtime.sql.transaction import OutboxRow, Transaction
from services_stub.runtime.sql.writer import Writer
from tests.conformance.test_poison import run_commands
from tests.raw_kafka import BrokerInThread, RawProducer, broker_in_thread
from tests.unit.runtime.sample_service import open_database, order_created, record_of
from tests.waiting import wait_for

TOPIC = "order-created"
_SECONDS = 20.0
_BEFORE = 100
_PRODUCE = 0
"""The API key of the produce request."""


def settings_for(bootstrap_servers: str) -> Settings:
    return Settings(
        service="test",
        instance="test-1",
        port=0,
        bootstrap_servers=bootstrap_servers,
        data_dir="",
        internal_token="",
    )


@pytest.fixture
def cluster() -> Iterator[tuple[BrokerInThread, Settings]]:
    """A broker of its own that answers with errors on request, and the settings of a service there."""
    broker, address = broker_in_thread(TOPIC, TRACE_HOPS)
    yield broker, settings_for(address)
    broker.close()


@pytest.fixture
def kafka(cluster: tuple[BrokerInThread, Settings]) -> Settings:
    """The settings of a service at a broker of its own."""
    return cluster[1]


def never(reason: object) -> None:
    raise AssertionError(reason)


def done_writing(writer: Writer) -> bool:
    writer.write([])
    return not writer.outbox.pending()


def read_more(source: RecordSource, records: list[Record]) -> bool:
    records.extend(source.poll(10, 0.1))
    return False


def raw(bootstrap_servers: str) -> None:
    """Put three records there after others: one with a header name that is not UTF-8, a large one, a good one.

    The others make the interpreter specialise its calls, which then check less.
    """
    good = record_of(order_created("a"))
    headers = [(name.encode(), value or b"") for name, value in good.headers]
    producer = RawProducer(bootstrap_servers)
    for _ in range(_BEFORE):
        producer.send(TOPIC, b"before", good.value, headers)
    producer.send(TOPIC, b"\xff", good.value, [*headers, (b"bad\xff\xfename", b"1"), (b"after", b"2")])
    producer.send(TOPIC, b"large", b"x" * 1_040_000, headers)
    producer.send(TOPIC, b"good", good.value, headers)
    producer.close()


def check(records: list[Record]) -> None:
    unreadable, large, good = records[_BEFORE:]
    assert (unreadable.key, unreadable.headers) == (b"\xff", [])
    decoder = EventDecoder([OrderCreated])
    found = decoder.decode(unreadable)
    assert isinstance(found, Poisoned)
    assert "bad\\xff\\xfename" in found.reason
    assert len(large.value or b"") == 1_040_000
    assert isinstance(decoder.decode(large), Poisoned)
    assert not isinstance(decoder.decode(good), Poisoned)


def test_a_consumer_reads_records_that_only_other_clients_can_write(kafka: Settings) -> None:
    raw(kafka.bootstrap_servers)
    source = RecordSource(kafka, [TOPIC], lambda *_place: None)
    source.assign()
    records: list[Record] = []
    wait_for(lambda: read_more(source, records) or len(records) == _BEFORE + 3)
    source.close()
    check(records)


def test_a_tail_hands_on_records_that_only_other_clients_can_write(kafka: Settings) -> None:
    records: list[Record] = []
    tail = Tail(kafka, [TOPIC], records.extend, from_beginning=True)
    raw(kafka.bootstrap_servers)
    tail.start()
    wait_for(lambda: len(records) == _BEFORE + 3)
    tail.stop(5)
    check(records)


def test_reports_do_not_pile_up_however_many_hops_are_sent(kafka: Settings) -> None:
    publisher = Publisher(kafka, never)
    reporter = HopReporter(kafka, publisher)
    received: Any = EventDecoder([OrderCreated]).decode(record_of(order_created("a")))
    largest = 0
    for _ in range(60_000):
        reporter.report([(received, HopOutcome.HANDLED)], 1, 2, 3)
        reporter.flush(now=True)
        publisher.poll()
        largest = max(largest, publisher.waiting())
    assert largest < 50_000
    assert publisher.flush(_SECONDS) == 0
    assert publisher.waiting() == 0


def test_records_wait_for_others_but_not_when_the_service_ends(kafka: Settings) -> None:
    lingering, prompt = Publisher(kafka, never, linger=600.0), Publisher(kafka, never)
    acknowledged: list[bytes] = []
    for publisher, value in ((lingering, b"first"), (prompt, b"second")):
        assert publisher.send(TOPIC, b"k", value, [], partial(acknowledged.append, value))
    assert prompt.flush(_SECONDS) == 0
    lingering.poll()
    assert acknowledged == [b"second"]
    assert lingering.flush(_SECONDS) == 0
    assert acknowledged == [b"second", b"first"]


def test_a_record_that_the_library_refuses_is_told_to_its_sender_alone(kafka: Settings) -> None:
    publisher = Publisher(kafka, never)
    refused: list[str] = []
    acknowledged: list[int] = []
    for place, value in enumerate((b"a", b"x" * 999_999, b"b")):
        done = [place]
        assert publisher.send(TOPIC, b"k", value, [], partial(acknowledged.extend, done), refused.append)
    assert publisher.send(TOPIC, b"k", b"x" * 999_999, [])
    assert publisher.flush(_SECONDS) == 0
    assert acknowledged == [0, 2]
    assert len(refused) == 1
    assert "too large" in refused[0].lower()


@pytest.mark.parametrize("code", [KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD])
def test_a_batch_that_the_broker_refuses_is_sent_record_by_record(
    cluster: tuple[BrokerInThread, Settings], code: int
) -> None:
    broker, settings = cluster
    publisher = Publisher(settings, never)
    outcomes: dict[int, str] = {}
    broker.fail(_PRODUCE, code, times=2)
    for place in range(3):
        publisher.send(
            TOPIC,
            b"k",
            b"v",
            [],
            partial(outcomes.__setitem__, place, "acknowledged"),
            partial(outcomes.__setitem__, place),
        )
    wait_for(lambda: len(outcomes) == 3 if publisher.flush(0.05) == 0 else False)
    assert sorted(outcome == "acknowledged" for outcome in outcomes.values()) == [False, True, True]
    assert publisher.waiting() == 0


def test_a_refusal_that_is_not_the_records_is_fatal(cluster: tuple[BrokerInThread, Settings]) -> None:
    broker, settings = cluster
    fatal: list[Exception] = []
    refused: list[str] = []
    publisher = Publisher(settings, fatal.append)
    broker.fail(_PRODUCE, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    publisher.send(TOPIC, b"k", b"v", [], lambda: None, refused.append)
    wait_for(lambda: [publisher.flush(0.05), *fatal][1:])
    assert refused == []


def test_a_stuck_row_of_an_earlier_run_is_set_aside_and_the_rest_is_sent(kafka: Settings, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'test.db'}")
    publisher = Publisher(kafka, never)
    writer = Writer("test", database, publisher, "cluster", never)

    def append(transaction: Transaction, size: int) -> None:
        transaction.outbox.append(OutboxRow(TOPIC, b"k", [("x", b"y")], b"x" * size))

    run_commands(writer, append, [10, 1_000_000, 10, 1_040_000, 10])
    wait_for(lambda: done_writing(writer))
    assert writer.outbox.refused == 2
    assert publisher.waiting() == 0
    database.close()
