"""The list of tests that do not pass, `failures.toml`, and how a run differs from it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

LIST = Path(__file__).with_name("failures.toml")
PASSED = "passed"

Results = Mapping[str, str]
"""`passed`, or how it ended instead, by the name of the test; `a/b` is a part of the test `a`."""


def reasons() -> dict[str, str]:
    """The reasons that tests are listed for, by their short name."""
    return _read()["reasons"]


def totals() -> dict[str, int]:
    """How many tests each suite has, without their parts."""
    found: dict[str, int] = tomllib.loads(LIST.read_text(encoding="utf-8"))["tests"]
    return found


def listed(suite: str) -> dict[str, str]:
    """The short name of its reason for each test of a suite that does not pass."""
    return _read()[suite]


def unsteady() -> set[str]:
    """Tests that are listed and pass now and then."""
    return set(_read()["unsteady"])


def differences(suite: str, results: Results) -> list[str]:
    """Tests that do not pass and are not listed, and tests that are listed and pass, or are not there.

    A test that is listed stands for its parts, too.
    """
    known = listed(suite)
    covered = {name for name in results if any(f"{name}/".startswith(f"{each}/") for each in known)}
    unlisted = [name for name in sorted(results.keys() - covered) if results[name] != PASSED]
    return [
        *(f"{name} is not listed: {results[name]}" for name in unlisted),
        *(f"{name} is listed, and passed" for name in sorted(known.keys() - unsteady()) if results.get(name) == PASSED),
        *(f"{name} is listed, and there is no such test" for name in known if name not in results),
    ]


def _read() -> dict[str, dict[str, str]]:
    return tomllib.loads(LIST.read_text(encoding="utf-8"))
