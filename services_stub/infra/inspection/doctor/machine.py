"""The machine: Python, ports, Java, file descriptors, the disk, and the clock.

What is asked of the machine and what follows from the answer are apart: the rules are plain functions.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import sys
import zoneinfo
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from services_stub.infra.config import ports
from services_stub.infra.config.directory import DATA_FORMAT, LEAST_FREE_BYTES, DataDirectory
from services_stub.infra.config.errors import CannotStart
from services_stub.infra.inspection.doctor.diagnosis import Diagnosis, fine, note, wrong
from services_stub.infra.kafka.java import find_java, version_of

LEAST_PYTHON = (3, 11)
LEAST_DESCRIPTORS, ENOUGH_DESCRIPTORS = 128, 1024
"""A process of a marketplace at rest has about fifty files open; the gateway one more for each client."""

ENOUGH_FREE_BYTES = 1024 * 1024 * 1024
_CLOCK_SLACK = 5.0
_GATEWAY_TRIES = 100
_PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_POSIX_ZONE = re.compile(r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?\d{1,2}.*")


def examine(directory: DataDirectory, own_port: int) -> list[Diagnosis]:
    """All parts of the machine. `own_port` is that of the marketplace that runs on the directory, 0 without one."""
    local_range = _PORT_RANGE.read_text() if _PORT_RANGE.exists() else ""
    now = datetime.now(UTC).timestamp()
    return [
        python(sys.version_info[:3]),
        gateway_port((port for port in _gateway_ports() if ports.is_free(port)), own_port),
        service_ports(ports.is_free(0), local_range),
        java(),
        descriptors(*resource.getrlimit(resource.RLIMIT_NOFILE)),
        data_directory(directory),
        disk_space(directory.root, shutil.disk_usage(existing(directory.root)).free),
        clock(now, written_before(directory)),
        time_zone(os.environ.get("TZ", "")),
    ]


def python(version: tuple[int, ...]) -> Diagnosis:
    """The version of Python."""
    text = ".".join(map(str, version))
    if version < LEAST_PYTHON:
        least = ".".join(map(str, LEAST_PYTHON))
        return wrong("Python", f"{text} is too old", f"Install Python {least} or newer, and `make install` again.")
    return fine("Python", f"{text}, {sys.executable}")


def gateway_port(free: Iterable[int], own_port: int) -> Diagnosis:
    """The port of the gateway: 8080, or the next that is free."""
    first, last = ports.GATEWAY_PORT, ports.GATEWAY_PORT + _GATEWAY_TRIES - 1
    if own_port:
        return fine("gateway port", f"{own_port}, taken by the marketplace that runs")
    port = next(iter(free), 0)
    if port == first:
        return fine("gateway port", f"{first} is free")
    if not port:
        return wrong("gateway port", f"none from {first} to {last} is free", "Choose another: `marketplace up --port`.")
    return note("gateway port", f"{first} is in use", f"`marketplace up` takes {port}, or the one that --port names.")


def service_ports(loopback: bool, local_range: str) -> Diagnosis:
    """The ports of the services, on loopback and outside the range of outgoing connections (`ip_local_port_range`)."""
    if not loopback:
        return wrong(
            "service ports",
            f"nothing can listen on {ports.HOST}",
            "Bring the loopback interface up: ip link set lo up.",
        )
    bounds = [int(word) for word in local_range.split() if word.isdecimal()]
    if len(bounds) == 2 and bounds[0] <= ports.FREE_RANGE[-1] and bounds[1] >= ports.FREE_RANGE[0]:
        return note(
            "service ports",
            f"outgoing connections take ports from {bounds[0]} on, where the services listen",
            "A service that restarts may find its port taken: sysctl net.ipv4.ip_local_port_range='32768 60999'.",
        )
    return fine("service ports", f"on {ports.HOST}, from {ports.FREE_RANGE[0]} to {ports.FREE_RANGE[-1]}")


def java() -> Diagnosis:
    """A Java for `--kafka apache`; the embedded broker needs none."""
    try:
        path = find_java()
    except CannotStart as missing:
        return note("Java", "only `marketplace up --kafka apache` needs it", str(missing))
    return fine("Java", f"{version_of(path)} at {path}, for --kafka apache")


def descriptors(soft: int, hard: int) -> Diagnosis:
    """The limit of open files: each client of the live stream takes one in the gateway."""
    if soft == resource.RLIM_INFINITY or soft >= ENOUGH_DESCRIPTORS:
        return fine("file descriptors", "unlimited" if soft == resource.RLIM_INFINITY else f"{soft:,} per process")
    allowed = ENOUGH_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, ENOUGH_DESCRIPTORS)
    advice = f"Raise the limit in the shell that runs `marketplace up`: ulimit -n {allowed}."
    if soft < LEAST_DESCRIPTORS:
        return wrong("file descriptors", f"{soft} per process are too few", advice)
    return note("file descriptors", f"{soft} per process suffice for as many clients at most", advice)


def data_directory(directory: DataDirectory) -> Diagnosis:
    """Whether the data directory, or the place for it, can be written to, and its data can be read."""
    root, place = directory.root, existing(directory.root)
    if not place.is_dir():
        return wrong("data directory", f"{place} is no directory", "Choose another one with --data-dir.")
    if not os.access(place, os.W_OK | os.X_OK):
        return wrong(
            "data directory", f"{place} cannot be written to", "Make it writable, or choose another --data-dir."
        )
    mark = root / "format"
    written = mark.read_text(encoding="utf-8").strip() if mark.exists() else ""
    if written and written != DATA_FORMAT:
        return wrong(
            "data directory",
            f"{root} was written by another version (format {written}, not {DATA_FORMAT})",
            "Remove it to begin anew, or choose another one with --data-dir.",
        )
    return fine("data directory", str(root) if root == place else f"{root}, not made yet")


def disk_space(root: Path, free: int) -> Diagnosis:
    """The space on the disk of the data directory, in bytes."""
    text = f"{free / 2**20:,.0f} MiB are free for {root}"
    if free < LEAST_FREE_BYTES:
        return wrong("disk space", text, "Free some space, or choose a directory on another disk with --data-dir.")
    if free < ENOUGH_FREE_BYTES:
        return note("disk space", text, "That is enough to start. The databases and logs grow with every order.")
    return fine("disk space", text)


def clock(now: float, written: float) -> Diagnosis:
    """The clock, in seconds of Unix time, against the time at which something was written here before."""
    text = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if now < written - _CLOCK_SLACK:
        return wrong(
            "clock",
            f"{text}, and files here were written {written - now:,.0f} s later",
            "Set the clock: events are dated by it, and tokens expire by it.",
        )
    return fine("clock", text)


def time_zone(name: str) -> Diagnosis:
    """The time zone that TZ names; times are kept in UTC whatever it is."""
    known = (
        not name or name.startswith((":", "/")) or _POSIX_ZONE.fullmatch(name) or name in zoneinfo.available_timezones()
    )
    if not known:
        return wrong("time zone", f"TZ={name} is no time zone", "Set TZ to one like Europe/Berlin, or unset it.")
    return fine("time zone", f"TZ={name}" if name else "that of the system; times are kept in UTC")


def written_before(directory: DataDirectory) -> float:
    """When the newest of the program's own files and those of the data directory was written (Unix time)."""
    files = [Path(__file__), directory.state_file, directory.credentials_file, *directory.logs.glob("*.log")]
    return max(file.stat().st_mtime for file in files if file.exists())


def existing(path: Path) -> Path:
    """The path, or the nearest above it that is there."""
    return next(place for place in (path, *path.parents) if place.exists())


def _gateway_ports() -> Iterable[int]:
    return range(ports.GATEWAY_PORT, ports.GATEWAY_PORT + _GATEWAY_TRIES)
