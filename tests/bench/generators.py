"""`python -m tests.bench.generators`: the load generator beside Locust's FastHttpUser and k6, on the same server.

All of them ask as fast as they can with so many users, one after the other, several rounds in a run. The server counts
the requests; the CPU time is that of all processes of the generator, from their start to their end. Then the pacing of
the own one at 2,000 requests a second, as it is planned.

Locust and k6 are none of the project's dependencies: they are installed or built into the user's cache the first time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx

from services_stub.client.user_files import cache_directory
from tests.bench.generator import GeneratorReport
from tests.bench.machine import description
from tests.ports import free_port
from tests.waiting import wait_for

LOCUST, K6 = "2.47.0", "1.8.1"
_PACED = 2_000

_LOCUSTFILE = """\
from locust import FastHttpUser, constant, task
class Asking(FastHttpUser):
    wait_time = constant(0)
    @task
    def ask(self):
        self.client.get("/order")
"""
_K6_SCRIPT = """\
import http from 'k6/http';
export const options = {discardResponseBodies: true};
export default function () { http.get(`${__ENV.TARGET}/order`); }
"""


class Round(NamedTuple):
    """Requests that the server counted, and the CPU seconds that the generator took for them."""

    requests: int
    cpu: float


def main() -> None:
    """Compare, and print what was measured."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--users", type=int, default=50)
    options = parser.parse_args()
    _say(description())
    with tempfile.TemporaryDirectory(prefix="marketplace-bench-") as directory, _server() as target:
        commands = _commands(Path(directory), target, options.users, options.seconds)
        rounds: dict[str, list[Round]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                rounds[name].append(_round(target, command))
        for name, measured in rounds.items():
            by_cpu = [each.requests / each.cpu for each in measured]
            by_clock = [each.requests / options.seconds for each in measured]
            _say(f"{name:<24} requests per CPU second {_spread(by_cpu)}   per second {_spread(by_clock)}")
        for _ in range(options.rounds):
            _say(_paced(target, options.seconds))


def _commands(directory: Path, target: str, users: int, seconds: int) -> dict[str, list[str]]:
    """The command of each generator that can be had."""
    found = {"marketplace simulate": [*_OWN, "closed", target, str(users), str(seconds)]}
    (directory / "locustfile.py").write_text(_LOCUSTFILE)
    (directory / "script.js").write_text(_K6_SCRIPT)
    if (locust := _kept(f"locust-{LOCUST}/bin/locust", _install_locust)) is not None:
        limits = ["--users", str(users), "--spawn-rate", str(users), "--run-time", f"{seconds}s"]
        places = ["--locustfile", str(directory / "locustfile.py"), "--host", target]
        found["Locust FastHttpUser"] = [str(locust), "--headless", "--only-summary", *limits, *places]
    if (k6 := _kept(f"k6-{K6}/k6", _build_k6)) is not None:
        limits = ["--vus", str(users), "--duration", f"{seconds}s"]
        quiet = ["--quiet", "--no-usage-report", "--summary-mode", "disabled", "--env", f"TARGET={target}"]
        found["k6"] = [str(k6), "run", *quiet, *limits, str(directory / "script.js")]
    return found


_OWN = [sys.executable, "-m", "tests.bench.generator"]


def _round(target: str, command: list[str]) -> Round:
    before = int(httpx.get(f"{target}/count").text)
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            raise SystemExit(f"{command[0]} ended with {process.returncode}:\n{output.read().decode()[-2000:]}")
    return Round(int(httpx.get(f"{target}/count").text) - before, used.ru_utime + used.ru_stime)


def _paced(target: str, seconds: int) -> str:
    done = subprocess.run(
        [*_OWN, "open", target, str(_PACED), str(seconds)], check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    report = GeneratorReport.decode(done.stdout)
    late = {percent: report.pacing.percentile(percent) / 1000 for percent in (50, 95, 99)}
    words = ", ".join(f"p{percent} {value:.3f} ms" for percent, value in late.items())
    rate = f"{report.sent / seconds:.0f} a second of {_PACED:,}"
    return f"paced open loop, {rate}: late by {words}, highest {report.pacing.highest / 1000:.3f} ms"


@contextmanager
def _server() -> Iterator[str]:
    port = free_port()
    target = f"http://127.0.0.1:{port}"
    with subprocess.Popen([sys.executable, "-m", "tests.bench.answering_server", str(port)]) as server:
        try:
            wait_for(lambda: _answers(target), what="the server")
            yield target
        finally:
            server.terminate()


def _answers(target: str) -> bool:
    try:
        return httpx.get(f"{target}/count").status_code == 200
    except httpx.TransportError:
        return False


def _kept(name: str, make: Callable[[Path], None]) -> Path | None:
    """A program in the user's cache; None, and why, where it cannot be had."""
    path = cache_directory() / "bench" / name
    if not path.exists():
        try:
            make(path)
        except (OSError, subprocess.CalledProcessError) as error:
            _say(f"without {name}: {error}")
            return None
    return path


def _install_locust(program: Path) -> None:
    environment = program.parent.parent
    uv = shutil.which("uv") or ".bootstrap/bin/uv"
    subprocess.run([uv, "venv", "--quiet", "--clear", str(environment)], check=True)
    pip = [uv, "pip", "install", "--quiet", "--python", str(environment / "bin" / "python")]
    subprocess.run([*pip, f"locust=={LOCUST}"], check=True)


def _build_k6(program: Path) -> None:
    environment = os.environ | {"GOBIN": str(program.parent)}
    subprocess.run(["go", "install", f"go.k6.io/k6@v{K6}"], check=True, env=environment)


def _spread(values: list[float]) -> str:
    return f"{median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the result


if __name__ == "__main__":
    main()
