"""The client on its stream of all topics, as the benchmark runs it, with so many records a second.

Run in a terminal: `python -m tests.bench.tui_trace_probe RATE DESCRIPTOR`. On the pipe it tells each moment at which
another record was painted under the cursor, and when a flow of ten thousand events was.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from marketplace_tui.app import MarketplaceApp
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.trace import reader
from marketplace_tui.opening import run_watched
from marketplace_tui.screens.trace.flow import FlowScreen
from marketplace_tui.screens.trace.stream import StreamScreen
from marketplace_tui.settings import Read, Settings
from simulator.trace import TracedRecord
from tests.tui.admin.data import STATE
from tests.tui.admin.fakes import AdminMarketplace, FakeControl
from tests.tui.trace.data import many_events

EVENTS = 10_000
_TICK = 0.01


class Flood:
    """A source of records at a rate, each made anew as those of Kafka are; at first a flow of many events."""

    def __init__(self, rate: float) -> None:
        self._rate, self._begun, self._sent = rate, time.monotonic(), 0
        self._first = many_events(EVENTS)
        self._template = many_events(1000, "another")

    def step(self) -> list[TracedRecord]:
        """The records that are due."""
        if self._first:
            first, self._first = self._first, []
            return first
        time.sleep(_TICK)
        due = int((time.monotonic() - self._begun) * self._rate)
        found = [self._made(number) for number in range(self._sent, due)]
        self._sent = due
        return found

    def close(self) -> None:
        """Nothing is open."""

    def _made(self, number: int) -> TracedRecord:
        each = self._template[number % len(self._template)]
        flow_id = f"flow-{number // 20}".encode()
        headers = tuple((name, flow_id if name == "ce_correlationid" else value) for name, value in each.headers)
        return replace(each, offset=number, headers=headers, written_at=time.time_ns() // 1000)


class Probe(MarketplaceApp):
    """Writes a line after each paint with another record under the cursor, or with the large flow."""

    def __init__(self, marketplace: Marketplace, descriptor: int) -> None:
        super().__init__(marketplace, first="events", read=Read(Settings(animations=False)), settings_path=Path("-"))
        self._descriptor = descriptor
        self._painted = ""

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        match self.screen:
            case StreamScreen(tail=tail, record=TracedRecord() as record):
                painted = "tail" if tail else f"{record.place}"
            case FlowScreen() as shown if shown.event is not None and shown.model.drawn is not None:
                painted = f"flow of {len(shown.model.drawn.flow.events)} {shown.index}"
            case _:
                return
        if painted != self._painted:
            self._painted = painted
            os.write(self._descriptor, f"{time.monotonic()} {painted}\n".encode())


def main() -> None:
    """Run the client."""
    rate, descriptor = float(sys.argv[1]), int(sys.argv[2])
    flood = Flood(rate)
    reader.source_of = lambda _servers, _begin: flood  # type: ignore[assignment,return-value] # a source of its own

    def fail(error: BaseException) -> None:
        raise error

    control = FakeControl()
    client = AdminMarketplace().fake.client("admin")
    probe = Probe(Marketplace(client, Tasks(fail), state=STATE, connect=lambda: control), descriptor)
    run_watched(probe, lambda _line: None)


if __name__ == "__main__":
    main()
