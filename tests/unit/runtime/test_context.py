"""How the threads of workers write: in the writer's batches, waiting for the commit, told what was refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services_stub.contracts.envelope import Cause
from services_stub.contracts.events import PaymentFailed
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.service import Service
from services_stub.runtime.sql.transaction import NO_CAUSE, Transaction
from tests.unit.runtime.sample_service import add_thing, names, tables
from tests.unit.serving import Serving, serving


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Serving]:
    with serving(Service(name="test", routes=[], tables=tables), tmp_path) as running:
        yield running


def test_a_thread_gets_the_result_once_it_is_committed(running: Serving) -> None:
    assert running.context.write_from_thread(add_thing, "a", Cause("flow", "cause", "")) == "A"
    assert running.database is not None
    assert names(running.database) == ["a"]
    [event] = running.sender.events
    assert isinstance(event, PaymentFailed)
    assert running.sender.headers[0]["ce_causationid"] == b"cause"


def test_a_thread_is_told_what_was_refused_and_nothing_is_written(running: Serving) -> None:
    with pytest.raises(Refused):
        running.context.write_from_thread(add_thing, "refuse", NO_CAUSE)
    with pytest.raises(ValueError, match="a bug"):
        running.context.write_from_thread(add_thing, "bug", NO_CAUSE)
    assert running.database is not None
    assert (list(names(running.database)), running.sender.events) == ([], [])


def test_a_thread_is_told_that_the_database_is_away(running: Serving) -> None:
    def fail(_transaction: Transaction, _command: str) -> None:
        raise Unavailable("database: full")

    with pytest.raises(Unavailable, match="full"):
        running.context.write_from_thread(fail, "a", NO_CAUSE)
    assert running.context.write_from_thread(add_thing, "a", NO_CAUSE) == "A"


def test_many_threads_and_requests_write_together(running: Serving) -> None:
    async def from_the_loop(number: int) -> None:
        await running.context.write(add_thing, f"loop-{number}", NO_CAUSE)

    def from_a_thread(number: int) -> None:
        for step in range(20):
            running.context.write_from_thread(add_thing, f"thread-{number}-{step}", NO_CAUSE)

    threads = [threading.Thread(target=from_a_thread, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for number in range(100):
        running.context.run(from_the_loop(number), 10)
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert running.database is not None
    assert len(names(running.database)) == 260
