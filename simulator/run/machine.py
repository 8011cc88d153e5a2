"""The machine that a run is on, and the versions of what its results depend on."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import psutil

_PACKAGES = ("marketplace-terminal", "confluent-kafka", "uvloop")


def versions() -> dict[str, str]:
    """Of Python and of packages."""
    return {**{name: metadata.version(name) for name in _PACKAGES}, "python": platform.python_version()}


def machine() -> dict[str, str]:
    """The processor, the number of cores, the memory and the operating system."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "system": platform.platform(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
