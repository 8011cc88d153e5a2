"""A service that is being started again is waited for, one that stays away is not, and nothing arrives twice."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from services_stub.http_client import client
from services_stub.http_client.client import ServiceClient
from services_stub.http_client.errors import AnswerLost, NotConnected
from tests.ports import free_port
from tests.waiting import eventually_true

ANSWER = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi"


class Service:
    """A service that begins to listen when it is told to, and answers or just ends the connection."""

    def __init__(self, *, answers: bool = True) -> None:
        self.port, self.answers, self.seen = free_port(), answers, list[bytes]()

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        self.seen.append(await reader.readexactly(length))
        if self.answers:
            writer.write(ANSWER)
        writer.close()


async def ask(sender: ServiceClient, service: Service) -> bytes:
    return (await sender.send("order", f"http://127.0.0.1:{service.port}", "POST", "/", body=b"body")).body


def test_a_service_that_starts_again_is_waited_for() -> None:
    async def scenario() -> None:
        sender, service = ServiceClient(timedelta(seconds=5)), Service()
        asking = [asyncio.create_task(ask(sender, service)) for _ in range(20)]

        await eventually_true(lambda: "order" in sender._away_since, seconds=5)
        async with await service.listen():
            assert await asyncio.gather(*asking) == [b"hi"] * 20
        assert service.seen == [b"body"] * 20

    asyncio.run(scenario())


def test_a_service_that_stays_away_is_said_to_be_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(seconds)

    async def scenario() -> None:
        sender, service = ServiceClient(timedelta(seconds=5)), Service()
        with pytest.raises(NotConnected):
            await ask(sender, service)
        assert sum(pauses) >= client.RESTART_SECONDS
        waited = len(pauses)
        with pytest.raises(NotConnected):
            await ask(sender, service)
        assert len(pauses) == waited

    monkeypatch.setattr(asyncio, "sleep", noted)
    asyncio.run(scenario())


def test_a_service_that_goes_away_again_is_waited_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "RESTART_SECONDS", 0.5)

    async def scenario(sender: ServiceClient, service: Service) -> None:
        asking = asyncio.create_task(ask(sender, service))
        await eventually_true(lambda: "order" in sender._away_since, seconds=5)
        async with await service.listen():
            assert await asking == b"hi"

    async def scenarios() -> None:
        sender, service = ServiceClient(timedelta(seconds=5)), Service()
        await scenario(sender, service)
        await scenario(sender, service)
        with suppress(NotConnected):
            await ask(sender, service)
        monkeypatch.setattr(client, "_ANEW_SECONDS", 0.0)  # it was not asked for a long time
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await ask(sender, service)

    asyncio.run(scenarios())


def test_a_request_that_arrived_is_not_sent_again() -> None:
    async def scenario() -> None:
        sender, service = ServiceClient(timedelta(seconds=5)), Service(answers=False)
        async with await service.listen():
            with pytest.raises(AnswerLost):
                await ask(sender, service)
        assert service.seen == [b"body"]

    asyncio.run(scenario())
