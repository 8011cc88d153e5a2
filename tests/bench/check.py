"""`python -m tests.bench.check`: how long it takes to judge a stored run of a million events, and in how much memory.

The run is synthetic and sound: purchases that are paid, declined, cancelled and refunded, with all their messages. The
command itself is measured, in a process of its own: from its start to its end, by the clock and by CPU time.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from simulator.history.directory import RunDirectory
from simulator.trace.recording import Recorder
from tests.bench.machine import description
from tests.unit.simulator.synthetic_history import SyntheticHistory

_SELLERS, _PRODUCTS, _SHOPPERS = 100, 1_000, 5_000
_MOST_SECONDS, _MOST_MIB = 60.0, 500.0
_BATCH = 500


def write(directory: RunDirectory, events: int) -> int:
    """Write a run of at least so many events; how many they are."""
    run, written, purchases = SyntheticHistory(), 0, 0
    for seller in range(_SELLERS):
        run.user(f"seller-{seller}", "seller")
    for shopper in range(_SHOPPERS):
        run.user(f"shopper-{shopper}")
    for product in range(_PRODUCTS):
        run.product(f"product-{product}", f"seller-{product % _SELLERS}", quantity=1_000_000)
    with Recorder(directory.records) as recorder:
        while written < events:
            for number in range(purchases, purchases + _BATCH):
                _purchase(run, number)
            purchases += _BATCH
            written += len(run.records)
            recorder.write(run.records)
            run.records.clear()
    run.write_rest(directory)
    return written


def _purchase(run: SyntheticHistory, number: int) -> None:
    order_id = f"6f1c1d5e-3f0a-5b8e-9a55-{number:012d}"
    first, second = number * number % _PRODUCTS, (number * 7 + 1) % _PRODUCTS
    run.place(order_id, f"shopper-{number % _SHOPPERS}", {f"product-{first}": 1, f"product-{second}": 2})
    if number % 20 == 0:
        run.decline(order_id)
        return
    run.pay(order_id)
    if number % 25 == 1:
        run.cancel(order_id)
        run.refund(order_id)


def main() -> int:
    """Measure, print, and say by the exit code whether the limits hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as path:
        directory = RunDirectory(Path(path))
        written = write(directory, events)
        size = directory.records.stat().st_size / 2**20
        begun = time.perf_counter()
        result = subprocess.run([sys.executable, "-m", "simulator", "simulate", "check", path], check=False)
        seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    mib = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    cpu = used.ru_utime + used.ru_stime
    print(description())  # noqa: T201
    print(f"run       {written:,} events, {size:,.0f} MiB")  # noqa: T201
    print(f"judged    {seconds:.1f} s ({cpu:.1f} s of CPU), {written / seconds:,.0f} events/s, {mib:.0f} MiB at most")  # noqa: T201
    return int(result.returncode != 0 or seconds > _MOST_SECONDS or mib > _MOST_MIB)


if __name__ == "__main__":
    sys.exit(main())
