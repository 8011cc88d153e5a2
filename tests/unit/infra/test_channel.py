"""The channel between the supervisor and a process: an answer that came too late is not taken for another one."""

from __future__ import annotations

import asyncio
import socket

import msgspec
import pytest

from services_stub.infra.kafka.messages import CountHits, Hits
from services_stub.infra.processes.channel import Channel
from services_stub.infra.processes.messages import encode

DECODER = msgspec.json.Decoder(Hits)


async def ask(channel: Channel, name: str, seconds: float = 10.0) -> Hits | None:
    return await channel.request(CountHits(ids=[name]), DECODER, seconds)


def test_an_answer_that_came_too_late_is_no_answer_to_what_is_asked_next() -> None:
    async def scenario() -> None:
        ours, theirs = socket.socketpair()
        channel = Channel(ours)
        with theirs:
            for name in ("first", "second"):
                with pytest.raises(TimeoutError):
                    await ask(channel, name, 0.01)
            asked = theirs.recv(4096)
            assert (asked.count(b"\n"), b"first" in asked) == (1, True)
            theirs.sendall(encode(Hits(by_id={"late": 1})) + b"\n")
            answering = asyncio.create_task(ask(channel, "third"))
            await asyncio.sleep(0)
            assert b"third" in await asyncio.to_thread(theirs.recv, 4096)
            theirs.sendall(encode(Hits(by_id={"right": 2})) + b"\n")
            assert await answering == Hits(by_id={"right": 2})
        assert await ask(channel, "fourth") is None
        channel.close()

    asyncio.run(scenario())
