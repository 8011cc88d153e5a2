"""`make bench`: the embedded broker and Apache Kafka, side by side in one run."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from services_stub.infra.processes.scheduling import prefer_long_time_slices
from tests.bench.lag import LagWatch
from tests.bench.load import Measured, closed_loop, prepare, requests_answered
from tests.bench.machine import cpu_seconds, description, memory_mib
from tests.bench.watch import PaidWatch

SHOPPERS = (1, 32, 128)
IDLE_SECONDS = WARM_UP_SECONDS = 3.0


def main() -> None:
    """Run the benchmark on each broker and print what was measured."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--runs", type=int, default=3, help="measured runs per broker")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a run")
    parser.add_argument(
        "--shoppers", type=int, action="append", help="shoppers in the closed loop; default: 1, 32, 128"
    )
    parser.add_argument("--kafka", action="append", help="the brokers; default: embedded and apache")
    options = parser.parse_args()
    # As the marketplace does: the load shall not interrupt it at each answer.
    prefer_long_time_slices()
    _say(description())
    options.shoppers = options.shoppers or SHOPPERS
    _say(
        f"load      {', '.join(map(str, options.shoppers))} shoppers, closed loop, "
        f"{options.runs} runs of {options.seconds:g} s each after a warm-up"
    )
    _say("          add to cart, place order, PAID read from order-updated; load and marketplace share the machine")
    for kafka in options.kafka or ["embedded", "apache"]:
        _bench(kafka, options)


def _bench(kafka: str, options: argparse.Namespace) -> None:
    directory = Path(tempfile.mkdtemp(prefix="marketplace-bench-"))
    command = [sys.executable, "-m", "services_stub"]
    try:
        begun = time.monotonic()
        subprocess.run(
            [*command, "up", "--detach", "--data-dir", str(directory), "--kafka", kafka, "--rate-limit", "off"],
            check=True,
            stdout=sys.stderr,
        )
        _say(f"\n{kafka}: ready {time.monotonic() - begun:.1f} s after the command")
        status = json.loads(
            subprocess.run(
                [*command, "status", "--json", "--data-dir", str(directory)], check=True, capture_output=True
            ).stdout
        )
        asyncio.run(_measure(status, options))
    finally:
        subprocess.run([*command, "down", "--data-dir", str(directory)], check=False, stdout=sys.stderr)
        shutil.rmtree(directory, ignore_errors=True)


async def _measure(status: dict[str, Any], options: argparse.Namespace) -> None:
    pids = {process["name"]: process["pid"] for process in [*status["services"], *status["infrastructure"]]}
    pids |= {"supervisor": status["supervisorPid"], "launcher": status["launcherPid"]}
    watch = PaidWatch(status["kafka"]["bootstrapServers"])
    idle_before = cpu_seconds(pids)
    await asyncio.sleep(IDLE_SECONDS)
    idle = sum(cpu_seconds(pids).values()) - sum(idle_before.values())
    _say(f"  idle: {sum(memory_mib(pids).values()):.0f} MiB PSS, {idle / IDLE_SECONDS:.1%} of a core")
    products, tokens = await prepare(status["gateway"], max(options.shoppers))
    # The gateway is asked by the load alone; what the others answer is what an order costs in calls between services.
    named = {service["name"]: f"http://127.0.0.1:{service['port']}" for service in status["services"]}
    urls = [url for name, url in named.items() if name != "gateway"]
    for shoppers in options.shoppers:
        loop = partial(closed_loop, status["gateway"], watch, products, tokens[:shoppers])
        await loop(WARM_UP_SECONDS)
        requests = await requests_answered(urls)
        lag = LagWatch(named)
        before, begun = cpu_seconds(pids), time.process_time()
        runs = [await loop(options.seconds) for _ in range(options.runs)]
        used = {name: seconds - before[name] for name, seconds in cpu_seconds(pids).items()}
        used["load"] = time.process_time() - begun
        lag.close()
        # Each count was answered once itself before it was read again, and so was each question for the lag.
        requests = await requests_answered(urls) - requests - len(urls) - lag.questions
        _report(shoppers, runs, requests, used, memory_mib(pids))
        _say(f"  lag at most        {lag.report()}")
    watch.close()


def _report(
    shoppers: int, runs: list[Measured], requests: int, used: dict[str, float], memory: dict[str, float]
) -> None:
    rates = [run.rate() for run in runs]
    orders = sum(len(run.sagas) for run in runs)
    failures = [failure for run in runs for failure in run.failures]
    _say(f"  {shoppers} shoppers")
    _say(f"  orders/s to PAID   median {statistics.median(rates):.0f}   min {min(rates):.0f}   max {max(rates):.0f}")
    for percent in (50, 99):
        values = [percentile(run.sagas, percent) * 1000 for run in runs]
        spread = f"min {min(values):.1f}   max {max(values):.1f}"
        _say(f"  saga p{percent}           median {statistics.median(values):.1f} ms   {spread}")
    _say(f"  orders {orders}, failures {len(failures)} {failures[:1] if failures else ''}")
    _say(f"  HTTP requests per order {requests / max(sum(run.placed for run in runs), 1):.2f}")
    _say(f"  {'process':<14}{'CPU ms/order':>14}{'PSS MiB':>10}")
    for name, seconds in sorted(used.items(), key=lambda item: -item[1]):
        pss = f"{memory[name]:>10.0f}" if name in memory else ""
        _say(f"  {name:<14}{seconds / max(orders, 1) * 1000:>14.3f}{pss}")
    _say(f"  {'all':<14}{sum(used.values()) / max(orders, 1) * 1000:>14.3f}{sum(memory.values()):>10.0f}")


def percentile(values: list[float], percent: float) -> float:
    """The nearest-rank percentile of `values`; not a number where there are none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
