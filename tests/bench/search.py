"""`python -m tests.bench.search`: how fast the index is fed, and how long a search takes, with facets.

The service is the one that production builds, from the bytes of records to the bytes of answers; broker and sockets are
left out. Times are those of one thread: wall clock, and CPU time, which other programs on the machine disturb less.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from services_stub.runtime.kafka.records import Record
from services_stub.search.service import SERVICE
from tests.bench.__main__ import percentile
from tests.bench.machine import description
from tests.bench.search_data import Query, catalogue, queries
from tests.unit.runtime.sample_service import record_of
from tests.unit.serving import Serving, serving

_PART = 10_000

T = TypeVar("T")
Times = tuple[float, float]
"""Seconds of wall clock and of CPU time of the thread."""


def main() -> None:
    """Feed an index, search it, and print what was measured."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=3000, help="searches in each of the runs")
    parser.add_argument("--runs", type=int, default=3, help="runs of searches")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    _say(description())
    _say(f"database  SQLite {sqlite3.sqlite_version}")
    with tempfile.TemporaryDirectory(prefix="marketplace-bench-") as directory:
        with serving(SERVICE, Path(directory)) as search:
            search.sender.send = _take  # type: ignore[assignment,method-assign]
            rates = list(feed(search, catalogue(options.products, options.seed)))
            _say(f"\nfeed      {options.products} products, products/s in parts of {_PART}")
            _say(f"          {_spread([wall for wall, _ in rates], '.0f')} by the clock")
            _say(f"          {_spread([cpu for _, cpu in rates], '.0f')} by CPU time")
        for run in range(options.runs):
            # Another start, so that nothing is kept of the run before, and other queries.
            with serving(SERVICE, Path(directory)) as search:
                _report(run, measure(search, queries(options.queries, options.seed + run)))


def feed(search: Serving, events: Iterable[Any]) -> Iterator[Times]:
    """Let the service consume the events; products a second in each part, by the clock and by CPU time."""
    parts = iter(events)
    while part := [record_of(event, offset=offset) for offset, event in enumerate(islice(parts, _PART))]:
        wall, cpu = _timed(lambda records=part: _consume(search, records))[1]  # type: ignore[misc]
        yield len(part) / wall, len(part) / cpu


def measure(search: Serving, asked: Iterable[Query]) -> dict[str, list[Times]]:
    """Ask one after the other; the times by kind of search."""
    times: dict[str, list[Times]] = defaultdict(list)

    async def ask() -> None:
        for query in asked:
            begun, cpu = time.perf_counter(), time.thread_time()
            status = await _get(search.app, query.text)
            times[query.kind].append((time.perf_counter() - begun, time.thread_time() - cpu))
            assert status == 200, query

    search.context.run(ask(), 600)
    return times


def _report(run: int, times: dict[str, list[Times]]) -> None:
    _say(f"\nsearch    run {run + 1}, milliseconds by the clock (by CPU time)")
    _say(f"          {'':<12}{'searches':>9}{'p50':>16}{'p99':>16}{'max':>16}")
    for kind, taken in [*sorted(times.items()), ("all", [each for those in times.values() for each in those])]:
        shown = "".join(
            f"{percentile([w for w, _ in taken], at) * 1000:>8.1f} ({percentile([c for _, c in taken], at) * 1000:.1f})"
            for at in (50, 99, 100)
        )
        _say(f"          {kind:<12}{len(taken):>9}{shown}")


def _consume(search: Serving, records: list[Record]) -> None:
    search.consume_records(records)


def _take(*_record: object) -> bool:
    return True


def _timed(work: Callable[[], T]) -> tuple[T, Times]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, (time.perf_counter() - wall, time.process_time() - cpu)


async def _get(app: Any, query: str) -> int:
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http"}
    scope |= {"method": "GET", "path": "/api/search", "raw_path": b"/api/search", "query_string": query.encode()}
    scope |= {"root_path": "", "headers": [(b"host", b"bench")], "client": ("127.0.0.1", 1), "server": ("bench", 80)}
    await app(scope, receive, send)
    return status


def _spread(values: list[float], form: str) -> str:
    ordered = sorted(values)
    return f"median {ordered[len(ordered) // 2]:{form}}   min {ordered[0]:{form}}   max {ordered[-1]:{form}}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
