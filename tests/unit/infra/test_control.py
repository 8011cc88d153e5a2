"""The control API and its client without a supervisor's processes: real HTTP, a target that remembers."""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from services_stub.client.control import (
    ControlClient,
    ControlRefused,
    InvalidCommand,
    NotAnswering,
    NotPossible,
    UnknownTarget,
    UnreadableAnswer,
    WrongToken,
)
from services_stub.contracts.control import (
    Action,
    ActiveFault,
    Faults,
    KafkaState,
    KillBroker,
    KillService,
    Status,
    StopBroker,
)
from services_stub.contracts.control_faults import DelayedRecords, DuplicatedRecords, Fault, RequestErrors, SlowRequests
from services_stub.infra.config import ports
from services_stub.infra.kafka.brokers import CannotDisturb
from services_stub.infra.supervisor.control import LARGEST_BODY, UnknownName, control
from services_stub.infra.supervisor.control_server import ControlServer

TOKEN = "secret"


class Target:
    """Remembers the calls."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.in_force: dict[str, Fault] = {}

    async def status(self) -> Status:
        """An empty marketplace."""
        return Status(
            gateway="http://127.0.0.1:1",
            kafka=KafkaState(mode="embedded", bootstrap_servers="127.0.0.1:2"),
            cart_store="valkey://127.0.0.1:3/0",
            data_dir="/data",
            services=[],
            infrastructure=[],
            phase="running",
            started_at="now",
            supervisor_pid=1,
            launcher_pid=2,
            seed=3,
        )

    async def act(self, action: Action) -> None:
        if isinstance(action, KillService) and action.service != "order":
            raise UnknownName(f"there is no service {action.service}")
        if isinstance(action, StopBroker):
            raise CannotDisturb("it is not ours")
        self.calls.append(action)

    async def faults(self) -> Faults:
        return Faults(items=[ActiveFault(id=key, fault=fault) for key, fault in self.in_force.items()])

    async def apply(self, fault: Fault) -> None:
        if isinstance(fault, DelayedRecords):
            raise UnknownName(f"there is no topic {fault.topic}")
        self.in_force[fault.id] = fault

    async def clear(self, fault_id: str) -> None:
        del self.in_force[fault_id]

    def shut_down(self) -> None:
        self.calls.append("shut down")


@contextmanager
def serving(target: Target) -> Iterator[int]:
    """The API on a port, in a thread of its own."""
    port = ports.PortClaims().choose(["control"], {})["control"]
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        server = ControlServer(control(target, TOKEN), ports.HOST, port)
        await server.start()
        ready.set()
        await stop.wait()
        await server.stop()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
def port(target: Target) -> Iterator[int]:
    with serving(target) as found:
        yield found


@pytest.fixture
def client(port: int) -> ControlClient:
    return ControlClient(f"http://{ports.HOST}:{port}", TOKEN)


def raw(port: int, method: str, path: str, body: bytes | None = None, token: str = TOKEN) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=10)
    connection.request(method, path, body, {"authorization": f"Bearer {token}".encode("latin-1")})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, msgspec.json.decode(text) if text else None


def test_the_status_is_camel_case(port: int) -> None:
    code, body = raw(port, "GET", "/status")
    assert code == 200
    assert body["kafka"] == {"mode": "embedded", "bootstrapServers": "127.0.0.1:2"}
    assert (body["cartStore"], body["dataDir"]) == ("valkey://127.0.0.1:3/0", "/data")


@pytest.mark.parametrize("token", ["", "wrong", "secret2", "sécret"])
def test_without_the_token_nothing_is_done(target: Target, port: int, token: str) -> None:
    assert raw(port, "POST", "/shutdown", token=token)[0] == 401
    assert raw(port, "POST", "/actions", b'{"type":"kill-broker"}', token=token)[0] == 401
    assert target.calls == []


def test_without_the_token_no_body_is_read(port: int) -> None:
    """The answer comes although the announced body never does."""
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=10)
    connection.putrequest("POST", "/actions")
    connection.putheader("content-length", "10")
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("connection")) == (401, "close")
    connection.close()


def test_actions_reach_the_supervisor(target: Target, client: ControlClient) -> None:
    client.act(KillService(service="order"))
    client.act(KillBroker())
    client.shut_down()
    assert target.calls == [KillService(service="order"), KillBroker(), "shut down"]


def test_a_fault_is_listed_until_it_is_cleared_and_replaced_by_its_like(client: ControlClient) -> None:
    client.apply(SlowRequests(milliseconds=5))
    slow = client.apply(SlowRequests(milliseconds=7))
    failing = client.apply(RequestErrors(api_key=0, error=29))
    twice = client.apply(DuplicatedRecords(topic="order-created", rate=0.5))
    assert client.faults() == [slow, failing, twice]
    client.clear(twice.id)
    client.clear(slow.id)
    assert client.faults() == [failing]
    with pytest.raises(UnknownTarget):
        client.clear(slow.id)


@pytest.mark.parametrize(
    ("action", "error"),
    [(KillService(service="search"), UnknownTarget), (StopBroker(), NotPossible)],
)
def test_a_refusal_is_an_error_of_its_kind(
    target: Target, client: ControlClient, action: Action, error: type[ControlRefused]
) -> None:
    with pytest.raises(error) as refused:
        client.act(action)
    assert refused.value.problem.detail in str(refused.value)
    assert target.calls == []


def test_a_fault_of_a_topic_that_there_is_not_is_refused(client: ControlClient) -> None:
    with pytest.raises(UnknownTarget, match="there is no topic unknown"):
        client.apply(DelayedRecords(topic="unknown", milliseconds=1))


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/actions", b'{"type":"praise-service","service":"order"}', "type"),
        ("POST", "/actions", b'{"type":"kill-service","service":"order","twice":true}', "twice"),
        ("POST", "/actions", b'{"type":"kill-service","service":7}', "service"),
        ("POST", "/actions", b'{"type":"kill-service"}', "service"),
        ("POST", "/actions", b"{broken", "body"),
        ("POST", "/actions", b"[]", "body"),
        ("POST", "/actions", b"", "body"),
        ("POST", "/actions", b'"\xff"', "body"),
        ("PUT", "/faults", b'{"type":"slow-requests","milliseconds":0}', "milliseconds"),
        ("PUT", "/faults", b'{"type":"request-errors","apiKey":0,"error":"x"}', "error"),
    ],
)
def test_a_malformed_request_is_refused_with_its_field(
    target: Target, port: int, method: str, path: str, body: bytes, field: str
) -> None:
    code, problem = raw(port, method, path, body)
    assert code == 400
    assert [error["field"] for error in problem["errors"]] == [field]
    assert target.calls == []


def test_a_body_is_bounded(port: int) -> None:
    assert raw(port, "POST", "/actions", b'{"type":"kill-broker"}' + b" " * LARGEST_BODY)[0] == 413
    assert raw(port, "POST", "/actions", b'{"type":"kill-broker"}' + b" " * 60_000)[0] == 202


def test_a_wrong_method_is_told_the_right_ones(port: int) -> None:
    code, problem = raw(port, "DELETE", "/faults")
    assert (code, problem["detail"]) == (405, "/faults takes GET and PUT, not DELETE")


def test_where_nothing_listens_the_client_says_so() -> None:
    unused = ports.PortClaims().choose(["unused"], {})["unused"]
    with pytest.raises(NotAnswering, match=str(unused)):
        ControlClient(f"http://{ports.HOST}:{unused}", TOKEN).status()


def test_the_wrong_token_has_an_error_of_its_own(port: int) -> None:
    with pytest.raises(WrongToken):
        ControlClient(f"http://{ports.HOST}:{port}", "other").status()


def test_an_answer_of_another_version_is_unreadable(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services_stub.client.loopback.request", lambda *_: (200, b'{"new": true}'))
    with pytest.raises(UnreadableAnswer):
        ControlClient("http://127.0.0.1:1", TOKEN).status()


def test_an_invalid_command_names_its_field(client: ControlClient) -> None:
    with pytest.raises(InvalidCommand, match="milliseconds") as refused:
        client.apply(SlowRequests(milliseconds=0))
    assert [error.field for error in refused.value.problem.errors] == ["milliseconds"]


def test_a_bug_is_answered_with_the_number_under_which_it_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, target: Target, client: ControlClient
) -> None:
    async def fail() -> list[ActiveFault]:
        raise LookupError("a bug")

    monkeypatch.setattr(target, "faults", fail)
    with pytest.raises(ControlRefused) as refused:
        client.faults()
    assert refused.value.problem.status == 500
    assert refused.value.problem.extensions["bug"] in caplog.text
