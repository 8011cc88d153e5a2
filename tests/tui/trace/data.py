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
from tests.tui.admin.data import STATE
from tests.tui.running import SMALL, RunningClient, running
from tests.tui.shopping import Shopping
from tests.unit.simulator.purchase import EVENTS
from tests.unit.simulator.records import ORDER, START
from tests.waiting import eventually_true

LATER = from_microseconds(START) + timedelta(minutes=1)


class Topics:
    """Gives batches of records as a source, and waits where there are none. `refuse` is raised instead."""

    def __init__(self, *batches: Sequence[TracedRecord], refuse: Exception | None = None) -> None:
        self._batches = [list(batch) for batch in batches]
        self._came = threading.Event()
        self.refuse = refuse
        self.closed = False

    def open(self) -> Topics:
        """Itself, opened."""
        if self.refuse is not None:
            raise self.refuse
        self.closed = False
        return self

    def publish(self, records: Iterable[TracedRecord]) -> None:
        """Have further records."""
        self._batches.append(list(records))
        self._came.set()

    def step(self) -> list[TracedRecord]:
        """The next batch, or none after a moment."""
        if not self._batches:
            self._came.wait(0.01)
            self._came.clear()
        return self._batches.pop(0) if self._batches else []

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


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
