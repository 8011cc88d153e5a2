"""librdkafka's own test programs, as they come with an npm package that carries its sources.

The package is Confluent's client for JavaScript; nothing but the folder of librdkafka is taken from it. Its tests are
built by its own makefiles, once, into the user's cache. They run as librdkafka's CI runs them (`-Q`: fewer messages),
each number in a process of its own: a test that aborts takes nothing with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services_stub.client.user_files import cache_directory
from tests.broker_suites.expected import PASSED

NAME = "librdkafka"
QUICK = ("0003", "0005", "0012", "0019", "0022", "0029", "0031", "0073")
_PACKAGE = "@confluentinc/kafka-javascript@1.10.1"
_BUILT = "librdkafka-of-kafka-javascript-1.10.1"
_WITHOUT = ("ssl", "gssapi", "curl", "zstd", "lz4-ext")
"""Libraries that tests on a broker without TLS and SASL do without."""
_PROCESSES = 2
_SECONDS = 180
_ENDS = {"PASSED": PASSED, "FAILED": "failed", "SKIPPED": "left out by the suite itself"}


class Librdkafka:
    """The suite. `addresses` are those of a broker that makes topics which a client names, and of one that does not.

    `folder` takes what the runs write.
    """

    def __init__(self, addresses: tuple[str, str], folder: Path) -> None:
        self._tests = _built() / "tests"
        self._folder = folder
        self._addresses = dict(zip(("default", "noautocreate"), addresses, strict=True))
        for scenario, address in self._addresses.items():
            self._configuration(scenario).write_text(f"bootstrap.servers={address}\n", encoding="utf-8")

    def run(self, numbers: Collection[str] = ()) -> dict[str, str]:
        """How the tests with these numbers (a name will do), or all that need a broker, ended."""
        tests: dict[tuple[str, str], list[str]] = {}
        for name, scenario in self._needing_a_broker():
            if not numbers or any(number[:4] == name[:4] for number in numbers):
                tests.setdefault((name[:4], scenario), []).append(name)
        with ThreadPoolExecutor(_PROCESSES) as several:
            ended = several.map(lambda each: self._run_one(*each, names=tests[each]), tests)
            return {name: end for results in ended for name, end in results.items()}

    def _needing_a_broker(self) -> Iterator[tuple[str, str]]:
        """The names and scenarios of the tests that need a broker, and no hand."""
        text = (self._tests / "test.c").read_text(encoding="utf-8")
        table = text.split("struct test tests[] = {")[1].split("{NULL}")[0]
        for entry in table.split("_TEST(")[1:]:
            if "TEST_F_LOCAL" not in entry and "TEST_F_MANUAL" not in entry:
                scenario = "noautocreate" if 'scenario = "noautocreate"' in entry else "default"
                yield entry.split(",")[0].strip(), scenario

    def _configuration(self, scenario: str) -> Path:
        return self._folder / f"{scenario}.conf"

    def _run_one(self, number: str, scenario: str, *, names: list[str]) -> dict[str, str]:
        """Run the tests of a number: how each of `names` ended."""
        report = self._folder / f"{number}-{scenario}.json"
        report.unlink(missing_ok=True)
        environment = os.environ | {
            "TESTS": number,
            "TEST_REPORT": str(report),
            "RDKAFKA_TEST_CONF": str(self._configuration(scenario)),
            "LD_LIBRARY_PATH": "../src:../src-cpp",
        }
        command = ["./test-runner", "-p1", "-L", "-Q", "-s", scenario]
        with report.with_suffix(".log").open("wb") as log, contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                command, cwd=self._tests, env=environment, stdout=log, stderr=log, timeout=_SECONDS, check=False
            )
        if not report.exists():
            return dict.fromkeys(names, "did not end")
        tests = json.loads(report.read_text(encoding="utf-8"))["tests"]
        return {name: _ENDS.get(tests[name]["state"], "did not end") for name in names}


def _built() -> Path:
    """The folder of librdkafka with its test programs, brought and built if this user does not have them yet."""
    target = cache_directory() / "tests" / _BUILT
    if target.is_dir():
        return target
    if missing := [name for name in ("npm", "gcc", "g++", "make", "python3") if shutil.which(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        folder = Path(temporary)
        subprocess.run(["npm", "pack", "--silent", _PACKAGE], cwd=folder, stdout=subprocess.DEVNULL, check=False)
        if not (archives := list(folder.glob("*.tgz"))):
            pytest.skip(f"npm does not get {_PACKAGE}")
        _do(folder, "tar", "xzf", archives[0].name, "package/deps/librdkafka")
        sources = folder / "package/deps/librdkafka"
        _do(sources, "./configure", *(f"--disable-{name}" for name in _WITHOUT))
        _do(sources, "make", f"-j{_PROCESSES}", "libs")
        _do(sources / "tests", "make", f"-j{_PROCESSES}", "build")
        sources.rename(target)
    return target


def _do(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-1000:]}{done.stderr[-2000:]}"
