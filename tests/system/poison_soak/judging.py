"""The table of a soak, and all that is wrong: memory that grew, restarts, dead letters that are missing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.history.samples import SIMULATOR
from simulator.history.verdict import Verdict
from simulator.trace.expected import CONSUMERS
from tests.system.poison_kinds import KINDS, key_of
from tests.system.poison_soak.soaking import TOPICS, Reasons, Soaked, dead_letters

MIB = 2**20

SHORTEST = 600.0
"""Seconds of load from which on memory is judged: before, a process is still about to fill its caches."""

STORES = {"valkey": 1024, "kafka": 1024}
"""Those that keep something of each order in memory, and the most bytes of it: the cart store remembers an order for a
week, so that its event may come late, and the embedded broker has an index of its log."""

_REASON = 60


def judged(soaked: Soaked) -> tuple[list[str], list[str]]:
    """The table, and all that is wrong."""
    summary = json.loads(soaked.directory.summary.read_bytes()) if soaked.directory.summary.exists() else {}
    wrong: list[str] = []
    accepted = {verdict.exit_code for verdict in (Verdict.PASS, Verdict.UNKNOWN)}
    if soaked.exit_code not in accepted or not summary:
        wrong.append(f"the run ended with {soaked.exit_code}: {soaked.output}")
    lines = [*_purchases(summary), ""] if summary else []
    orders = summary.get("operations", {}).get("saga.paid", {}).get("planned", 0)
    if not orders:
        wrong.append("no order was placed")
    lines += list(_memory(summary, soaked.restarts, orders, wrong))
    lines += ["", *_dead_letters(dead_letters(soaked.directory), soaked.rounds, wrong)]
    return lines, wrong


def _purchases(summary: dict[str, Any]) -> Iterator[str]:
    sagas, seconds = summary["operations"].get("saga.paid", {}), summary["seconds"]
    planned = summary["operations"].get("place-order", {}).get("planned", 0)
    ended = sagas.get("ok", 0) + sagas.get("refused", 0)
    yield f"{planned / seconds:.1f} orders/s planned, {ended / seconds:.1f} orders/s paid or declined, in {seconds:g} s"
    yield f"verdict of the run: {summary['verdict']}"
    yield from (f"  {reason}" for reason in summary["reasons"])


def _memory(summary: dict[str, Any], restarts: Mapping[str, int], orders: int, wrong: list[str]) -> Iterator[str]:
    yield f"{'process':<14}{'first MiB':>10}{'last MiB':>10}{'peak MiB':>10}{'growth':>9}{'restarts':>10}"
    long = summary.get("seconds", 0) >= SHORTEST
    for name, used in summary.get("processes", {}).items():
        growth, again = used["memoryGrowthPercent"], max(restarts.get(name, 0), used["startedAgain"])
        sizes = "".join(f"{used[key] / MIB:>10.1f}" for key in ("memoryFirst", "memoryLast", "memoryPeak"))
        shown = "-" if growth is None else f"{growth:+.1f} %"
        yield f"{name:<14}{sizes}{shown:>9}{again:>10}"
        if again:
            wrong.append(f"{name} was started again")
        if name == SIMULATOR:
            continue
        if name in STORES:
            each = (used["memoryLast"] - used["memoryFirst"]) / max(orders, 1)
            if long and each > STORES[name]:
                wrong.append(f"{name} grew by {each:,.0f} bytes an order")
        elif long and used["memoryFlat"] is not True:
            wrong.append(f"the memory of {name} is not flat: {shown}")
    if not long:
        yield f"Memory is judged in runs of {SHORTEST / 60:g} minutes and more."


def _dead_letters(reasons: Reasons, rounds: int, wrong: list[str]) -> Iterator[str]:
    yield f"{'poison':<32}{'sent':>7}{'dead letters':>14}{'missing':>9}  reason"
    for kind, (_value, _headers, part) in KINDS.items():
        there, example = 0, ""
        missing: Counter[int] = Counter()
        for topic in TOPICS:
            for group in CONSUMERS[topic]:
                for number in range(rounds):
                    found = reasons.get((f"{key_of(topic, kind)} {number}", group), [])
                    good = len(found) == 1 and found[0] and part in found[0]
                    there += len(found)
                    if not good:
                        missing[number] += 1
                    example = example or "".join(found[:1])
        shown = example.partition("\n")[0][:_REASON]
        yield f"{kind:<32}{rounds * len(TOPICS):>7}{there:>14}{missing.total():>9}  {shown}"
        if missing:
            rounds_of = ", ".join(f"{count} of round {number}" for number, count in sorted(missing.items()))
            wrong.append(f"dead letters of the kind {kind!r} are missing, double, or without their reason: {rounds_of}")
