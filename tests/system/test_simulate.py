"""A run on a real marketplace: it measures, records and judges, can be repeated, and tells if it was interrupted."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simulator.history import RunDirectory, faults_in, operations_in
from simulator.history.progress import Ended, progress_in
from simulator.measure.outcomes import Outcome
from simulator.trace.recording import recorded
from tests.system.accounts import admin
from tests.system.marketplace import Marketplace
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

PASSED_OR_UNKNOWN = (0, 2)
"""A machine that is busy makes the verdict unknown, and nothing else."""


def command(marketplace: Marketplace, runs: Path, *arguments: str) -> list[str]:
    chosen = ["--seed", "7", "--rate", "20", "--data-dir", str(marketplace.directory), "--runs", str(runs)]
    return [sys.executable, "-m", "marketplace_tui", "simulate", "run", "checkout-heavy", *chosen, *arguments]


def directory_in(runs: Path) -> RunDirectory:
    (path,) = runs.iterdir()
    return RunDirectory(path)


def ran(marketplace: Marketplace, runs: Path) -> tuple[RunDirectory, dict[str, Any]]:
    arguments = ["--duration", "3s", "--workers", "2", "--slo", "saga.paid.unknown<=0%"]
    done = subprocess.run(
        command(marketplace, runs, *arguments), capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode in PASSED_OR_UNKNOWN, done.stdout + done.stderr
    assert done.stdout.splitlines()[0].startswith("seed 7: ")
    assert done.stdout.splitlines()[-1] == "seed 7"
    directory = directory_in(runs)
    summary: dict[str, Any] = json.loads(directory.summary.read_bytes())
    return directory, summary


def test_a_run_measures_what_it_sent_and_what_came_of_it_and_can_be_repeated(
    marketplace: Marketplace, tmp_path: Path
) -> None:
    keys: list[set[str]] = []
    for name in ("first", "second"):
        (runs := tmp_path / name).mkdir()
        directory, summary = ran(marketplace, runs)
        record, operations = directory.read(), list(operations_in(directory.operations))
        assert record.drained
        assert not record.interrupted
        assert summary["openSagas"] == 0
        sent = Counter(operation.operation for operation in operations)
        measured = {name: figures["planned"] for name, figures in summary["operations"].items()}
        assert sent == {name: count for name, count in measured.items() if not name.startswith("saga.")}
        orders = [each for each in operations if each.operation == "place-order" and each.outcome is Outcome.OK]
        assert orders
        assert {measured[f"saga.{stage}"] for stage in ("accepted", "payment", "paid", "notified")} == {len(orders)}
        log = [entry for batch in recorded(directory.records) for entry in batch]
        published = {(entry.key or b"").decode() for entry in log if entry.topic == "order-created"}
        assert {order.order_id for order in orders} <= published
        final = json.loads(directory.final.read_bytes())
        assert final["missing"] == []
        assert {order.order_id for order in orders} <= {order["orderId"] for order in final["orders"]}
        assert len(final["dashboards"]) == 20
        assert len(final["products"]) >= len(json.loads(directory.population.read_bytes())["products"])
        judged = json.loads(directory.violations.read_bytes())
        assert judged["counts"] == {}
        assert judged["orders"] >= len(orders)
        assert judged["sometimes"]["an order was paid"] > 0
        assert {"order", "payment", "kafka", "simulator"} <= summary["processes"].keys()
        ended = progress_in(directory.progress)[-1]
        assert isinstance(ended, Ended)
        assert ended.exit_code == summary["exitCode"]
        assert "Resident memory" in directory.report.read_text(encoding="utf-8")
        keys.append({order.idempotency_key for order in orders})
        assert all(key.startswith(record.run_id) for key in keys[-1])
    assert not keys[0] & keys[1]


def test_a_run_with_faults_counts_what_each_met_and_leaves_none(marketplace: Marketplace, tmp_path: Path) -> None:
    arguments = ["--duration", "6s", "--fault", "kill:payment@1s+1s", "--fault", "pause:order@3s+1s"]
    done = subprocess.run(
        command(marketplace, tmp_path, *arguments), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode in PASSED_OR_UNKNOWN, done.stdout + done.stderr
    assert "met no saga" not in done.stdout
    directory = directory_in(tmp_path)
    assert directory.read().drained
    found = faults_in(directory.faults)
    assert [(fault.kind, fault.target) for fault in found] == [("kill", "payment"), ("pause", "order")]
    assert all(fault.hit_sagas + fault.hit_requests > 0 for fault in found)
    judged = json.loads(directory.violations.read_bytes())
    assert judged["counts"] == {}
    assert judged["sometimes"]["a fault hit an order that was under way"] > 0
    assert marketplace.control.faults() == []


def test_a_fault_that_the_marketplace_cannot_have_is_refused_before_the_run(
    marketplace: Marketplace, tmp_path: Path
) -> None:
    done = subprocess.run(
        command(marketplace, tmp_path, "--duration", "6s", "--fault", "kill:paymen@1s+1s"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 64
    assert "there is no service paymen. Did you mean payment?" in done.stdout
    assert not any(tmp_path.iterdir())


def test_an_interrupted_run_says_that_its_results_are_partial(marketplace: Marketplace, tmp_path: Path) -> None:
    running = subprocess.Popen(
        command(marketplace, tmp_path, "--duration", "60s"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

    def some_are_done() -> bool:
        return any(path.stat().st_size for path in tmp_path.glob("*/operations.msgpack"))

    wait_for(some_are_done, seconds=60, what="the beginning of the load")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130, err
    assert "verdict: interrupted: these results are partial" in out
    directory = directory_in(tmp_path)
    assert directory.read().interrupted
    summary = json.loads(directory.summary.read_bytes())
    assert summary["interrupted"]
    assert not directory.violations.exists()
    assert summary["requests"]["ok"] > 0
    assert "these results are partial" in directory.report.read_text(encoding="utf-8")
    assert "was not judged" in directory.markdown.read_text(encoding="utf-8")


BLOCKING = """\
[load]
loop = "partly-open"
think = "2s"
[population]
shoppers = 1
sellers = 5
products = 5
[mix]
admin = 1
"""


def blocked_sellers(marketplace: Marketplace) -> list[str]:
    async def blocked() -> list[str]:
        client = await admin(marketplace)
        return [user.email for user in (await client.admin.users(role="seller", limit=100)).items if user.blocked]

    return asyncio.run(blocked())


def test_an_interrupted_run_leaves_no_seller_blocked(marketplace: Marketplace, tmp_path: Path) -> None:
    scenario = tmp_path / "blocking.toml"
    scenario.write_text(BLOCKING, encoding="utf-8")
    arguments = command(marketplace, tmp_path / "runs", "--duration", "60s")
    arguments[arguments.index("checkout-heavy")] = str(scenario)
    before = set(blocked_sellers(marketplace))
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        wait_for(lambda: set(blocked_sellers(marketplace)) - before, seconds=60, what="a seller is blocked")
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=30)
        assert running.returncode == 130, out
    assert set(blocked_sellers(marketplace)) <= before
