"""A marketplace of its own is a child that is ended in every case, and what is left of it is noticed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.marketplace_process import MarketplaceProcess, NotStarted, StartOptions

FAKE = [sys.executable, str(Path(__file__).with_name("fake_marketplace.py"))]


@asynccontextmanager
async def marketplace(mode: str, progress: list[str] | None = None) -> AsyncIterator[MarketplaceProcess]:
    os.environ["FAKE_MODE"] = mode
    made = MarketplaceProcess(StartOptions(), (progress if progress is not None else []).append, command=FAKE)
    try:
        yield made
    finally:
        await made.stop()
        made.remove()
        del os.environ["FAKE_MODE"]


def test_it_starts_and_ends_with_nothing_left() -> None:
    async def scenario() -> None:
        progress: list[str] = []
        async with marketplace("works", progress) as made:
            await made.begin()
            state = await made.ready()
            assert made.state is state
            assert state.user("admin").password == "secret"
            assert state.gateway.startswith("http://127.0.0.1:")
            assert len(state.pids) == 2
            assert await made.stop() == []
            assert progress == ["the broker is up up"]
        assert not made.directory.exists()

    asyncio.run(scenario())


def test_a_start_that_fails_gives_the_reason() -> None:
    async def scenario() -> None:
        async with marketplace("refuses") as made:
            await made.begin()
            with pytest.raises(NotStarted, match=r"Port 1 is in use.\nChoose another one."):
                await made.ready()
            assert await made.stop() == []

    asyncio.run(scenario())


def test_an_interrupted_start_is_ended_too() -> None:
    async def scenario() -> None:
        async with marketplace("works") as made:
            await made.begin()
            starting = asyncio.create_task(made.ready())
            await asyncio.sleep(0)
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
            assert await made.stop() == []

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_process_that_is_left_is_named() -> None:
    async def scenario() -> None:
        async with marketplace("forgets a child") as made:
            await made.begin()
            state = await made.ready()
            left = await made.stop()
            assert left == [state.services[0].pid]
            os.kill(left[0], signal.SIGKILL)

    asyncio.run(scenario())


def test_options_are_handed_on_to_the_command() -> None:
    file = Path("/etc/kafka.properties")
    assert StartOptions().arguments() == []
    assert StartOptions(kafka="a:1", kafka_config=file).arguments() == [
        "--kafka",
        "a:1",
        "--kafka-config",
        str(file),
    ]


def test_a_marketplace_that_was_not_begun_is_not_started() -> None:
    async def scenario() -> None:
        async with marketplace("works") as made:
            with pytest.raises(NotStarted):
                await made.ready()
            with pytest.raises(NotStarted):
                _ = made.state

    asyncio.run(scenario())
