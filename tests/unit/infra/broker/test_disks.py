"""The broker's disk: what it lacks after a power failure, and what is answered while nothing can be written."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Context, Message
from tests.unit.infra.broker.batches import a_batch, a_partition, values
from tests.unit.infra.broker.raw import running

HEARTBEAT = 12
GROUP: Message = {"group_id": "g"}


def test_a_power_failure_takes_what_came_since_the_last_look_at_the_log(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log", retention_ms=-1)
    log.cut_unflushed()
    log.append(a_batch(b"0", producer=1, epoch=0, sequence=0))
    log.retain()
    log.append(a_batch(b"1", producer=1, epoch=0, sequence=1))
    log.cut_unflushed()
    log = a_partition(tmp_path / "log")
    assert (log.end, values(log)) == (1, [b"0"])
    assert log.append(a_batch(b"1", producer=1, epoch=0, sequence=1)) == (errors.NONE, 1)
    log.close()
    a_partition(tmp_path / "log").cut_unflushed()
    assert values(a_partition(tmp_path / "log")) == [b"0", b"1"]


def test_a_power_failure_takes_nothing_of_a_topic_that_is_flushed_with_each_message(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log", flush_messages=1)
    log.append(a_batch(b"0"))
    log.append(a_batch(b"1"))
    log.cut_unflushed()
    assert values(a_partition(tmp_path / "log")) == [b"0", b"1"]


def test_a_power_failure_takes_an_index_of_what_is_gone_too(tmp_path: Path) -> None:
    log = a_partition(tmp_path / "log")
    log.append(a_batch(b"0"))
    log.close()
    log.cut_unflushed()
    log = a_partition(tmp_path / "log")
    assert (log.end, values(log)) == (0, [])


def test_what_cannot_be_kept_is_refused_and_the_connection_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class FullLog:
        def write(self, text: str) -> int:
            raise OSError(text)

    answers: list[Message | None] = []

    def handler(_: Message, __: Context) -> Message:
        if answers:
            return {}
        raise OSError("the disk is full")

    async def test() -> None:
        async with running({HEARTBEAT: handler}) as broker:
            client, other = await broker.connect(), await broker.connect()
            answers.append(await client.ask(HEARTBEAT, 3, GROUP))
            assert answers == [{"throttle_time_ms": 0, "error_code": errors.KAFKA_STORAGE_ERROR}]
            assert await client.ask(HEARTBEAT, 3, GROUP) is not None
            monkeypatch.setattr(sys, "stderr", FullLog())
            client.send(b"\xff" * 100)  # which is said
            assert await client.is_closed()
            assert await other.ask(HEARTBEAT, 3, GROUP) is not None

    asyncio.run(asyncio.wait_for(test(), 10))
