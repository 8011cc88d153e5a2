"""A client that has no broker left is noticed, and one whose broker is away is not taken for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from services_stub.infra.kafka.broker.topic_requests import TopicRequests
from services_stub.runtime.kafka import isolation, producer
from services_stub.runtime.kafka.admin import ClusterIdentity
from services_stub.runtime.kafka.isolation import NoBrokerLeft, noticed
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.kafka.tail import Tail
from services_stub.runtime.settings import Settings
from tests.raw_kafka import BrokerInThread
from tests.system.log import produce
from tests.waiting import wait_for

NONE, AWAY = "", "127.0.0.1:1"
CHECKS = 5


def settings_of(address: str) -> Settings:
    return Settings(service="test", instance="1", port=0, bootstrap_servers=address, data_dir="", internal_token="")


def poll_source(settings: Settings) -> Iterator[Callable[[], object]]:
    source = RecordSource(settings, ["topic"], lambda *_: None)
    yield lambda: source.poll(2, 0.01)
    source.close()


def poll_tail(settings: Settings) -> Iterator[Callable[[], object]]:
    tail = Tail(settings, ["topic"], lambda _records: None)
    yield lambda: tail.step(0.01)
    tail.stop(0)


def poll_publisher(settings: Settings) -> Iterator[Callable[[], object]]:
    def fail(error: Exception) -> None:
        raise error

    publisher = Publisher(settings, fail)
    yield publisher.poll


def poll_identity(settings: Settings) -> Iterator[Callable[[], object]]:
    identity = ClusterIdentity(settings.bootstrap_servers, {})
    yield lambda: identity.wait(0.01)


CLIENTS = [poll_source, poll_tail, poll_publisher, poll_identity]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_without_a_broker_says_so(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "CHECK_EVERY", 0.02)
    for poll in client(settings_of(NONE)):

        def told(poll: Callable[[], object] = poll) -> bool:
            try:
                poll()
            except NoBrokerLeft:
                return True
            return False

        wait_for(told, what="no broker left")


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_whose_broker_is_away_waits_for_it(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "CHECK_EVERY", 0.02)
    checks: list[bytes] = []
    decode = msgspec.json.decode

    def counted(statistics: bytes) -> Any:
        checks.append(statistics)
        return decode(statistics)

    monkeypatch.setattr(msgspec.json, "decode", counted)
    for poll in client(settings_of(AWAY)):

        def checked(poll: Callable[[], object] = poll) -> bool:
            poll()
            return len(checks) >= CHECKS

        wait_for(checked, what="some checks")


def test_each_producer_of_a_publisher_is_checked_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Exception] = []
    checks: list[Any] = []
    monkeypatch.setattr(producer, "Producer", lambda config: checks.append(config["stats_cb"]))
    sending: Any = SimpleNamespace(produce=lambda *_: None, delivered_alone=None)
    Publisher(settings_of(NONE), told.append).send_alone(sending)
    for _ in range(2):
        for check, source in zip(checks, ("internal", "learned"), strict=True):
            check(b'{"brokers": {"one": {"source": "%s"}}}' % source.encode())
    assert len(told) == 1


def test_a_client_that_is_about_to_find_its_brokers_again_is_left_alone() -> None:
    told: list[NoBrokerLeft] = []
    check = noticed(told.append)["stats_cb"]
    for sources in ([], ["configured"], ["internal", "logical"], ["internal", "learned"], []):
        check(msgspec.json.encode({"brokers": {str(n): {"source": source} for n, source in enumerate(sources)}}))
    assert told == []
    check(b'{"brokers": {"GroupCoordinator": {"source": "logical"}}}')
    assert len(told) == 1


@pytest.mark.slow
def test_a_client_reads_on_or_has_no_broker_left_whatever_a_broker_that_registers_late_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """About one answer in a hundred makes a client lose all brokers, by a race in librdkafka; none falls silent."""
    monkeypatch.setattr(isolation, "CHECK_EVERY", 0.2)
    registered = [True]
    metadata = TopicRequests._metadata

    def answered(self: TopicRequests, request: Any, context: Any) -> Any:
        answer = metadata(self, request, context)
        return answer if registered[0] or not answer["topics"] else answer | {"brokers": []}

    monkeypatch.setattr(TopicRequests, "_metadata", answered)
    broker = BrokerInThread(["topic"])
    config = {"topic.metadata.refresh.interval.ms": "100"}
    settings = msgspec.structs.replace(settings_of(f"127.0.0.1:{broker.port}"), kafka_config=config)
    for number in range(40):
        source = RecordSource(settings, ["topic"], lambda *_: None)
        source.assign()
        values: list[bytes | None] = []
        with suppress(NoBrokerLeft):
            for registered[0] in 3 * (False, True):
                until = time.monotonic() + 0.12
                while time.monotonic() < until:
                    values += [record.value for record in source.poll(500, 0.02)]
            produce(settings.bootstrap_servers, "topic", "key", b"%d" % number, {})
            while b"%d" % number not in values:
                values += [record.value for record in source.poll(500, 0.1)]
        registered[0] = True
        source.close()
    broker.close()
