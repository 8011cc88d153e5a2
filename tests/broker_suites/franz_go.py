"""franz-go's own tests: of its client (kgo) and of its administrator (kadm), as they come with its Go modules.

The versions are those of the client in `tests/system/foreign/franz_go/`, whose module pins them. The tests of its fake
broker (kfake) start that one by themselves, and speak with no other.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest

from tests.broker_suites.expected import PASSED, listed

NAME = "franz-go"
QUICK = (
    "TestPing",
    "TestClient_Produce",
    "TestGroupSimple",
    "TestConsumeRegex",
    "TestIssue865",
    "TestAddRemovePartitions",
)
_MODULE = Path(__file__).parents[1] / "system/foreign/franz_go"
_PACKAGES = tuple(f"github.com/twmb/franz-go/pkg/{name}" for name in ("kgo", "kadm"))
_SECONDS, _SECONDS_OF_ONE = 600, 60
_ENDS = {"pass": PASSED, "fail": "failed", "skip": "left out by the suite itself"}


class FranzGo:
    """The suite, against the broker at an address."""

    def __init__(self, address: str) -> None:
        go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
        if go is None:
            pytest.skip("Go is not installed")
        self._go = go
        self._environment = os.environ | {"KGO_SEEDS": address, "KGO_TEST_RF": "1", "KGO_LOG_LEVEL": "none"}

    def run(self, names: Collection[str] = ()) -> dict[str, str]:
        """How these tests, or all, ended.

        Those that are listed are run one by one: some never end, and would take the others with them.
        """
        if names:
            return self._test(_SECONDS, "-run", _exactly(names))
        alone = listed(NAME)
        results = self._test(_SECONDS, "-skip", _exactly(alone))
        for name in alone:
            results |= self._test(_SECONDS_OF_ONE, "-run", _exactly([name]))
        return results

    def _test(self, seconds: int, *choice: str) -> dict[str, str]:
        command = [self._go, "test", "-json", "-count=1", "-timeout", f"{seconds}s", *choice, *_PACKAGES]
        ran = subprocess.run(
            command,
            cwd=_MODULE,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=seconds + 300,
            check=False,
        )
        assert "build-fail" not in ran.stdout, ran.stdout[-2000:]
        results: dict[str, str] = {}
        for line in ran.stdout.splitlines():
            event = json.loads(line)
            if name := event.get("Test"):
                results[name] = _ENDS.get(event["Action"], results.get(name, "did not end"))
        return results


def _exactly(names: Iterable[str]) -> str:
    """The pattern of Go for whole names of tests."""
    return f"^({'|'.join(sorted(map(re.escape, names)))})$"
