"""The progress of a run at a terminal: a view that is drawn twice a second, or plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live

from simulator.history.progress import Begun, Ended, Progress
from simulator.report.live_view import view
from simulator.report.progress_text import ProgressLines
from simulator.report.watched_run import ASCII, UNICODE, WatchedRun

_FRAMES = 2
"""A second: figures come once a second, and drawing takes time from the reader of the log."""


@contextmanager
def told(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Where to tell progress: shown at a terminal as long as this lasts, else as lines on standard error."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield _lines()
        return
    run, lock = WatchedRun(), threading.Lock()
    look = ASCII if console.options.ascii_only else UNICODE

    def tell(progress: Progress) -> None:
        with lock:
            run.add(progress)

    def drawn() -> Group:
        with lock:
            return Group(*view(run, time.time_ns() // 1000, console.width, console.height - 2, look))

    with Live(console=console, get_renderable=drawn, refresh_per_second=_FRAMES, transient=True):
        yield tell


def _lines() -> Callable[[Progress], None]:
    lines = ProgressLines()

    def tell(progress: Progress) -> None:
        said = lines.of(progress)
        if not isinstance(progress, Begun | Ended):  # the first and the last lines are results
            for line in said:
                print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress

    return tell
