"""A read that takes long holds up no other one, and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.sql import long_reads
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.long_reads import LongReads

ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


def endless(connection: Connection) -> int:
    return int(connection.execute(ENDLESS).scalar_one())


def quick(connection: Connection) -> int:
    return int(connection.execute(text("SELECT 7")).scalar_one())


@pytest.fixture
def reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LongReads]:
    monkeypatch.setattr(long_reads, "LONGEST_SECONDS", 0.05)
    database = Database(f"sqlite:///{tmp_path}/data.sqlite")
    made = LongReads("test", database)
    yield made
    made.stop()
    database.close()


def test_a_statement_without_end_is_ended_and_the_next_one_answered(reads: LongReads) -> None:
    async def scenario() -> None:
        with pytest.raises(Refused) as refused:
            await reads.run(endless)
        assert (refused.value.problem.status, refused.value.problem.code) == (503, "too-slow")
        assert await reads.run(quick) == 7

    asyncio.run(scenario())


def test_the_event_loop_goes_on_meanwhile(reads: LongReads) -> None:
    async def scenario() -> None:
        waiting = asyncio.create_task(reads.run(endless))
        await asyncio.sleep(0)
        assert not waiting.done()
        with pytest.raises(Refused):
            await waiting

    asyncio.run(scenario())


def test_many_quick_reads_may_wait_but_few_slow_ones(reads: LongReads, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(long_reads, "LONGEST_WAIT", 60.0)
        assert await asyncio.gather(*(reads.run(quick) for _ in range(100))) == [7] * 100
        monkeypatch.setattr(long_reads, "LONGEST_WAIT", 0.12)
        answers = await asyncio.gather(*(reads.run(endless) for _ in range(20)), return_exceptions=True)
        assert isinstance(answers[0], Refused)
        assert {type(each) for each in answers[10:]} == {Unavailable}

    asyncio.run(scenario())
