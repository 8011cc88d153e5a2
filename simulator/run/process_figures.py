"""The CPU and memory that each process used during the load, and whether its memory grew."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, median
from typing import Any

from simulator.history.samples import ProcessSample, Usage

WARM_UP = 300_000_000
"""Microseconds at most; of a short load the first quarter."""

FLAT = 5.0
"""Memory that has grown by no more than so many percent after the warm-up is flat."""

_FEWEST = 20
"""Samples after the warm-up, of one process that was not started again; with fewer, growth is not known."""


def process_figures(samples: Sequence[ProcessSample], begin: int, end: int) -> dict[str, dict[str, Any]]:
    """The figures of each process by its name, from `begin` to `end`. Memory is in bytes, CPU in cores."""
    during = [sample for sample in samples if begin <= sample.at <= end]
    names = sorted({name for sample in during for name in sample.processes})
    return {
        name: _figures([(sample.at, sample.processes[name]) for sample in during if name in sample.processes], begin)
        for name in names
    }


def _figures(used: Sequence[tuple[int, Usage]], begin: int) -> dict[str, Any]:
    memory = [usage.memory for _, usage in used]
    growth = memory_growth(used, begin)
    return {
        "cpuMean": round(fmean(usage.cpu for _, usage in used), 3),
        "cpuPeak": round(max(usage.cpu for _, usage in used), 3),
        "memoryFirst": memory[0],
        "memoryLast": memory[-1],
        "memoryPeak": max(memory),
        "memoryGrowthPercent": None if growth is None else round(growth, 2),
        "memoryFlat": None if growth is None else growth <= FLAT,
        "startedAgain": sum(before.pid != after.pid for (_, before), (_, after) in pairwise(used)),
    }


def memory_growth(used: Sequence[tuple[int, Usage]], begin: int) -> float | None:
    """By how many percent the memory of a process grew after the warm-up; None where too little is known of it.

    It is the difference of the medians of the first and the last quarter, so that no single sample decides. Of a
    process that was started again only the time since then counts, and it warms up again.
    """
    if not used:
        return None
    pid = used[-1][1].pid
    newest = [(at, usage.memory) for at, usage in used if usage.pid == pid]
    begin, end = max(begin, newest[0][0]), newest[-1][0]
    warm = begin + min(WARM_UP, (end - begin) // 4)
    kept = [memory for at, memory in newest if at >= warm]
    if len(kept) < _FEWEST:
        return None
    quarter = len(kept) // 4
    first = median(kept[:quarter])
    return 100 * (median(kept[-quarter:]) / first - 1) if first else None
