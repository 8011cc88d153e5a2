"""A process whose broker lost its log ends before anything else is sent; what a log lost in part is sent again."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException

from services_stub.auth.service import SERVICE as AUTH
from services_stub.cart.service import SERVICE as CART
from services_stub.contracts.http.replay import REPLAYS_PATH
from services_stub.contracts.topics import TRACE_HOPS, USER_CREATED, Topic
from services_stub.runtime import process
from services_stub.runtime.errors import EXIT_START_OVER
from services_stub.runtime.kafka.admin import ClusterIdentity
from services_stub.runtime.kafka.isolation import NoBrokerLeft
from services_stub.runtime.kafka.producer import Publisher
from tests.conformance.kafkas import embedded
from tests.raw_kafka import broker_in_thread
from tests.unit.runtime.test_poison_at_the_broker import settings_for
from tests.unit.serving import serving
from tests.waiting import wait_for


class Identity:
    """Answers with what the test gives; None is no answer."""

    def __init__(self, *found: str | None) -> None:
        self.found = list(found)
        self.waited: list[float] = []

    def wait(self, timeout: float) -> None:
        """Note the pause."""
        self.waited.append(timeout)

    def read(self, _timeout: float) -> str | None:
        """The next answer."""
        return self.found.pop(0)


def test_a_process_ends_at_once_where_another_log_is_behind_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", leave)
    identity: Any = Identity("one", "one", None, None, "two")
    with pytest.raises(SystemExit) as ended:
        process._watch_identity(identity, "one", [])
    assert ended.value.code == EXIT_START_OVER
    assert identity.waited[0] == 0
    # While the broker is away it is asked again and again; `wait` returns where the connection is lost.
    assert identity.waited[3:] == [process._IDENTITY_AGAIN] * 2
    assert max(identity.waited[3:]) < min(identity.waited[1:3])


def test_a_process_starts_over_where_one_of_its_clients_has_no_broker_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(SystemExit) as ended:
        process._exit_on_bug(NoBrokerLeft())
    assert ended.value.code == EXIT_START_OVER


def test_a_producer_that_finds_another_log_leaves_the_end_of_the_process_to_the_look_at_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[object] = []
    monkeypatch.setattr(os, "_exit", steps.append)
    monkeypatch.setattr(time, "sleep", lambda _seconds: steps.append("wait"))
    process._exit_on_bug(KafkaException("out of order"))
    process._exit_on_bug(ValueError("a bug"))
    assert steps == ["wait", process.EXIT_BUG, process.EXIT_BUG]


def test_the_wait_for_the_next_look_ends_where_the_connection_is_lost() -> None:
    broker, address = broker_in_thread(TRACE_HOPS)
    identity = ClusterIdentity(address, {})
    before = identity.read(20.0)
    waiting = threading.Thread(target=identity.wait, args=(3600.0,), daemon=True)
    waiting.start()
    broker.refuse_connections()
    waiting.join(20.0)
    assert not waiting.is_alive()
    broker.accept_connections()
    assert identity.read(20.0) == before
    broker.refuse_connections()


def test_a_publisher_notices_that_the_log_lost_what_was_acknowledged(tmp_path: Path) -> None:
    def send(*values: bytes) -> None:
        acknowledged: list[bytes] = []
        for value in values:
            assert publisher.send(USER_CREATED, b"k", value, [], partial(acknowledged.append, value), fail)
        wait_for(lambda: publisher.flush(0.05) == 0 and len(acknowledged) == len(values), what="the acknowledgements")

    def fail(reason: object) -> None:
        raise AssertionError(reason)

    lost: list[str] = []
    with embedded(tmp_path, [Topic(USER_CREATED, 1)]) as kafka:
        publisher = Publisher(settings_for(kafka.address), fail)
        publisher.on_lost = lost.append
        send(b"a", b"b")
        kafka.kill()
        kafka.start()
        send(b"c")
        assert lost == []
        kafka.kill()
        for segment in tmp_path.glob(f"{USER_CREATED}-0/*.log"):
            os.truncate(segment, 0)
        kafka.start()
        send(b"d", b"e")
        assert lost == [USER_CREATED]


def test_events_are_sent_again_where_the_log_that_they_are_in_has_lost_them_and_not_into_another(
    tmp_path: Path,
) -> None:
    with serving(AUTH, tmp_path) as auth:
        person = {"email": "shopper@example.org", "password": "a long password"}
        assert auth.request("POST", "/api/auth/register", json=person).status_code == 201
        wait_for(lambda: auth.sender.topics == [USER_CREATED], what="the event")
        for cluster_id in ("another", auth.context.cluster_id):
            ask = {"topic": USER_CREATED, "clusterId": cluster_id}
            assert auth.internal("POST", REPLAYS_PATH, json=ask).status_code == 204
        wait_for(lambda: auth.sender.topics == [USER_CREATED] * 2, what="the event, again")


def test_a_service_that_keeps_no_events_refuses_to_send_them_again(tmp_path: Path) -> None:
    with serving(CART, tmp_path, with_workers=False) as cart:
        ask = {"topic": "cart-changed", "clusterId": ""}
        assert cart.internal("POST", REPLAYS_PATH, json=ask).status_code == 404
