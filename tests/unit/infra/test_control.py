"""The control API without a supervisor: HTTP as it comes, and what becomes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from services_stub.infra.config import ports, state_file
from services_stub.infra.kafka.brokers import NotPossible
from services_stub.infra.supervisor import http_server
from services_stub.infra.supervisor.control import control
from services_stub.infra.supervisor.http_server import Answer, Request

TOKEN = "secret"


class Stage:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def status(self) -> state_file.Status:
        """An empty marketplace."""
        return state_file.Status(
            gateway="http://127.0.0.1:1",
            kafka=state_file.KafkaState(mode="embedded", bootstrap_servers="127.0.0.1:2"),
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

    def act_on_service(self, name: str, action: str) -> None:
        if name != "order":
            raise KeyError(name)
        self.told.append((name, action))

    async def act_on_broker(self, request: dict[str, Any]) -> None:
        if request["type"] == "stop":
            raise NotPossible("it is not ours")
        self.told.append(request)

    def shut_down(self) -> None:
        self.told.append("shut down")


def ask(target: Stage, method: str, path: str, body: bytes = b"", token: str = TOKEN) -> tuple[int, Any]:
    request = Request(method=method, path=path, headers={"authorization": f"Bearer {token}"}, body=body)
    answer = asyncio.run(_answer(target, request))
    return answer.status, msgspec.json.decode(answer.body)


async def _answer(target: Stage, request: Request) -> Answer:
    return await control(target, TOKEN)(request)


def test_the_status_is_camel_case() -> None:
    code, body = ask(Stage(), "GET", "/status")
    assert code == 200
    assert body["kafka"] == {"mode": "embedded", "bootstrapServers": "127.0.0.1:2"}
    assert (body["cartStore"], body["dataDir"]) == ("valkey://127.0.0.1:3/0", "/data")


@pytest.mark.parametrize("token", ["", "wrong", "secret2", "sécret"])
def test_without_the_token_nothing_is_done(token: str) -> None:
    target = Stage()
    assert ask(target, "POST", "/shutdown", token=token)[0] == 401
    assert target.told == []


def test_orders_are_handed_on() -> None:
    target = Stage()
    assert ask(target, "POST", "/services/order/pause") == (202, {})
    assert ask(target, "POST", "/broker/slow", b'{"milliseconds":5}') == (202, {})
    assert ask(target, "POST", "/broker/kill") == (202, {})
    assert ask(target, "POST", "/shutdown") == (202, {})
    assert target.told == [
        ("order", "pause"),
        {"milliseconds": 5, "type": "slow"},
        {"type": "kill"},
        "shut down",
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/services/nobody/kill", b"", 404),
        ("POST", "/services/order/praise", b"", 404),
        ("DELETE", "/services/order/kill", b"", 404),
        ("POST", "/broker/stop", b"", 409),
        ("POST", "/broker/slow", b"{broken", 400),
        ("POST", "/broker/slow", b"[]", 400),
    ],
)
def test_what_cannot_be_done_is_a_problem(method: str, path: str, body: bytes, status: int) -> None:
    target = Stage()
    code, problem = ask(target, method, path, body)
    assert (code, problem["status"]) == (status, status)
    assert target.told == []


async def _talk(*pieces: bytes) -> bytes:
    """What a server that echoes says to the pieces, sent one after the other."""

    async def echo(request: Request) -> Answer:
        return Answer(body=msgspec.json.encode([request.method, request.path, len(request.body)]))

    port = ports.PortClaims().choose(["server"], {})["server"]
    server = await http_server.serve(echo, ports.HOST, port)
    try:
        reader, writer = await asyncio.open_connection(ports.HOST, port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        return answer
    finally:
        server.close()


def test_requests_on_one_connection_are_answered_in_order() -> None:
    answer = asyncio.run(
        _talk(b"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\nPO", b"ST /c HTTP/1.1\r\ncontent-length: 3\r\n\r\na", b"bc")
    )
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.index(b'["GET","/a",0]') < answer.index(b'["POST","/c",3]')


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01 no http\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: 99999\r\n\r\n" + b"x" * 99999]
)
def test_noise_is_hung_up_on(noise: bytes) -> None:
    assert asyncio.run(_talk(noise)) == b""
