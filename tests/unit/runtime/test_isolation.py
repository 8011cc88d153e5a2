"""A client that has no broker left is noticed, and one whose broker is away is not taken for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from services_stub.runtime.kafka import isolation
from services_stub.runtime.kafka.admin import ClusterIdentity
from services_stub.runtime.kafka.isolation import NoBrokerLeft, noticed
from services_stub.runtime.kafka.producer import Publisher
from services_stub.runtime.kafka.record_source import RecordSource
from services_stub.runtime.kafka.tail import Tail
from services_stub.runtime.settings import Settings
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


def test_a_client_that_is_about_to_find_its_brokers_again_is_left_alone() -> None:
    told: list[NoBrokerLeft] = []
    check = noticed(told.append)["stats_cb"]
    for sources in ([], ["configured"], ["internal", "logical"], ["internal", "learned"], []):
        check(msgspec.json.encode({"brokers": {str(n): {"source": source} for n, source in enumerate(sources)}}))
    assert told == []
    check(b'{"brokers": {"GroupCoordinator": {"source": "logical"}}}')
    assert len(told) == 1
