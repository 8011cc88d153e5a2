"""Topics for the screens of the trace: a source that gives records of the tests, and the screen that reads it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from marketplace_tui.model.trace import reader
from services_stub.contracts.times import from_microseconds
from simulator.trace import TracedRecord
from simulator.trace.live import Source
from tests.tui.admin.data import STATE
from tests.tui.running import SMALL, RunningClient, running
from tests.tui.shopping import Shopping
from tests.unit.simulator.purchase import EVENTS
from tests.unit.simulator.records import ORDER, START
from tests.waiting import eventually_true

LATER = from_microseconds(START) + timedelta(minutes=1)


class Topics:
    """Batches of records, which every reader gets from their beginning.

    `refuse` is raised instead of opening them. Where they are `held`, they are not opened before `let_in`.
    """

    def __init__(self, *batches: Sequence[TracedRecord], refuse: Exception | None = None, held: bool = False) -> None:
        self.batches = [list(batch) for batch in batches]
        self.came = threading.Condition()
        self._let_in = threading.Event()
        if not held:
            self._let_in.set()
        self.refuse = refuse
        self.closed = False

    def open(self) -> Source:
        """A new reader."""
        self._let_in.wait()
        if self.refuse is not None:
            raise self.refuse
        self.closed = False
        return _Reading(self)

    def let_in(self) -> None:
        """Let them be opened."""
        self._let_in.set()

    def publish(self, records: Iterable[TracedRecord]) -> None:
        """Have further records."""
        with self.came:
            self.batches.append(list(records))
            self.came.notify_all()


class _Reading:
    """Gives the batches one after the other, and waits where there are no more."""

    def __init__(self, topics: Topics) -> None:
        self._topics, self._next = topics, 0

    def step(self) -> list[TracedRecord]:
        """The next batch, or none after a moment."""
        topics = self._topics
        with topics.came:
            if self._next >= len(topics.batches):
                topics.came.wait(0.01)
            found = topics.batches[self._next : self._next + 1]
        self._next += len(found)
        return found[0] if found else []

    def close(self) -> None:
        """Note that it was closed."""
        self._topics.closed = True


def many_events(count: int, flow_id: str = "large") -> list[TracedRecord]:
    """A flow of so many events, a millisecond apart."""
    found = []
    for number in range(count):
        each = EVENTS[number % len(EVENTS)]
        moment = f"2026-11-23T12:30:{45 + number // 1000:02d}.{number % 1000:03d}000Z".encode()
        new = {"ce_correlationid": flow_id.encode(), "ce_id": f"{number}".encode(), "ce_time": moment}
        headers = tuple((name, new.get(name, value)) for name, value in each.headers)
        found.append(replace(each, offset=number, headers=headers, written_at=START + number * 1000))
    return found


@asynccontextmanager
async def tracing(
    monkeypatch: pytest.MonkeyPatch,
    topics: Topics,
    *,
    flow_id: str = ORDER,
    until: str = "all handled in",
    size: tuple[int, int] = SMALL,
    ascii_only: bool = False,
    flat: bool = False,
) -> AsyncIterator[RunningClient]:
    """The client of a shopper that looks at one flow of these topics."""
    monkeypatch.setattr(reader, "source_of", lambda _servers, _begin: topics.open())
    async with running(Shopping().fake, "user", size=size, state=STATE, ascii_only=ascii_only, flat=flat) as client:
        client.app.marketplace.now = lambda: LATER
        client.app.open_trace(flow_id)
        await until_shown(client, until)
        yield client


async def until_shown(client: RunningClient, text: str) -> None:
    """Wait until a text is on the screen."""
    await eventually_true(lambda: text in client.text)
    await client.settle()
