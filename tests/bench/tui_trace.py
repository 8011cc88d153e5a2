"""The trace's screens in `make bench-tui`: keys on the stream of all topics, and the opening of a large flow."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from tests.bench.tui import Terminal
from tests.bench.tui_trace_probe import EVENTS

Report = Callable[[str, list[float], str], None]
_PINNED = 30
"""Keys before the newest record is gone to again: the selected one must not give way meanwhile."""


def trace(keys: int, rate: float, opens: int, report: Report) -> None:
    """Measure both while so many records a second come."""
    with _client(rate) as terminal:
        times = []
        for number in range(keys):
            if number % _PINNED == 0:
                terminal.press(b"T")
                terminal.drain(1)
                terminal.press(b"k")
                terminal.drain(0.5)
                terminal.forget()
            moment = terminal.press(b"k")
            times.append((terminal.painted() - moment) * 1000)
        report(f"trace: key to paint at {rate:g} records/s", times, "ms")
    opened, moved = [], []
    for _ in range(opens):
        with _client(rate) as terminal:
            terminal.press(b"\x1b[H")  # home: the oldest record is of the large flow
            terminal.drain(0.5)
            terminal.forget()
            moment = terminal.press(b"\r")
            opened.append((terminal.painted(b"flow of %d" % EVENTS) - moment) * 1000)
            terminal.drain(3)
            terminal.forget()
            moment = terminal.press(b"j")
            moved.append((terminal.painted() - moment) * 1000)
    report(f"trace: a flow of {EVENTS:,} events opened", opened, "ms")
    report("trace: and a key there", moved, "ms")


@contextlib.contextmanager
def _client(rate: float) -> Iterator[Terminal]:
    terminal = Terminal([sys.executable, "-m", "tests.bench.tui_trace_probe", str(rate)], with_pipe=True)
    try:
        terminal.painted()
        terminal.drain(4)
        yield terminal
    finally:
        terminal.end()
