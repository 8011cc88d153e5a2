"""One wall clock in a service: what reads the time of day does it by `runtime/clock.py`, where a fault shifts it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_size import FILES, ROOT, docstring_lines

SERVICES = ROOT / "services_stub"
CLOCK = SERVICES / "runtime" / "clock.py"
IDENTIFIERS = SERVICES / "runtime" / "identifiers.py"
"""Gives the library that makes identifiers the time of the clock where that is shifted."""

READERS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "gmtime", "localtime", "ctime", "asctime", "strftime", "clock_gettime"},
    "func": {"now", "current_date", "current_time", "current_timestamp", "localtimestamp", "unixepoch", "julianday"},
    "uuid_utils": {"uuid1", "uuid6", "uuid7"},
    "uuid": {"uuid1"},
    "utils": {"formatdate", "localtime", "make_msgid"},
    "processors": {"TimeStamper"},
}
"""Readers of the wall clock, by the name before the point: of Python, SQLAlchemy, and libraries in use."""

OF_SQL = re.compile(r"\b(?:CURRENT_(?:DATE|TIME|TIMESTAMP)\b|(?:now|clock_timestamp|unixepoch|julianday)\s*\()", re.I)


def reads(source: str) -> Iterator[str]:
    """The places of a module that read the wall clock."""
    tree = ast.parse(source)
    documentation = docstring_lines(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if node.attr in READERS.get(owner, ()):
                yield f"{node.lineno}: {owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").rpartition(".")[2]
            found = READERS.get(module, set()) & {name.name for name in node.names}
            yield from (f"{node.lineno}: from {module} import {name}" for name in sorted(found))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.lineno not in documentation:
            yield from (f"{node.lineno}: {found}" for found in OF_SQL.findall(node.value))


def in_services() -> Iterator[Path]:
    """The modules of services. The supervisor and its processes are no service, and keep the right time."""
    for path in FILES:
        if path.is_relative_to(SERVICES) and not path.is_relative_to(SERVICES / "infra") and path != CLOCK:
            yield path


def test_a_service_reads_one_wall_clock() -> None:
    paths = [path for path in in_services() if path != IDENTIFIERS]
    assert len(paths) > 200
    found = [f"{path.relative_to(ROOT)}:{read}" for path in paths for read in reads(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("datetime.now(UTC)", "1: datetime.now"),
        ("datetime.datetime.utcnow()", "1: datetime.utcnow"),
        ("def late(clock=time.time): ...", "1: time.time"),
        ("from time import time", "1: from time import time"),
        ("from time import time_ns", "1: from time import time_ns"),
        ("update(t).values(at=func.now())", "1: func.now"),
        ("execute('UPDATE t SET at = CURRENT_TIMESTAMP')", "1: CURRENT_TIMESTAMP"),
        ("uuid_utils.uuid7()", "1: uuid_utils.uuid7"),
    ],
)
def test_a_second_clock_is_found(source: str, found: str) -> None:
    assert list(reads(source)) == [found]


def test_times_that_are_given_and_pauses_are_no_clock() -> None:
    source = "'''It is now().'''\ntime.monotonic(); time.sleep(1); datetime.fromtimestamp(0, UTC); clock.now()"
    assert list(reads(source)) == []
