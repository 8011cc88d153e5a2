"""`make bench-tui`: how soon the client paints, how fast it answers a key, what it costs while nothing happens.

The client runs on a pseudo-terminal of 120×40. The first paint is measured on a real marketplace, through the command
as a person types it; keys, memory and CPU on a server of the tests that sends as many events as are asked for.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pty
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from fcntl import ioctl
from pathlib import Path
from struct import pack
from termios import TIOCSCTTY, TIOCSWINSZ

import psutil

from tests.bench.__main__ import percentile
from tests.bench.machine import description

COLUMNS, LINES = 120, 40
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""As on the machine of a person: the second start does not compile the client again."""

MARKETPLACE = str(Path(sys.executable).with_name("marketplace"))
_LONGEST = 30.0


class Terminal:
    """A process on a pseudo-terminal, and a pipe on which it may tell more."""

    def __init__(self, command: Sequence[str], *, with_pipe: bool = False) -> None:
        self._master, slave = pty.openpty()
        ioctl(slave, TIOCSWINSZ, pack("HHHH", LINES, COLUMNS, 0, 0))
        self.told, told = os.pipe()
        arguments = [*command, str(told)] if with_pipe else list(command)
        environment = ENVIRONMENT | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            arguments,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            pass_fds=[told],
            start_new_session=True,
            # As in a terminal: the process is told when it is closed, and ends, whatever becomes of this one.
            preexec_fn=lambda: ioctl(0, TIOCSCTTY, 0),
        )
        os.close(slave)
        os.close(told)

    def press(self, key: bytes) -> float:
        """Press a key; the moment at which it was."""
        moment = time.monotonic()
        os.write(self._master, key)
        return moment

    def shows(self, text: bytes) -> float:
        """Wait until a text was painted; the seconds since the start of the process."""
        seen = b""
        while text not in seen:
            seen = (seen + self.read(_LONGEST))[-100_000:]
        return time.monotonic() - self.begun

    def read(self, seconds: float) -> bytes:
        """The next output of the process."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            raise TimeoutError(f"nothing was painted for {seconds} s")
        return os.read(self._master, 65536)

    def painted(self, what: bytes = b"") -> float:
        """Wait until the pipe tells of `what`, and let the output pass meanwhile; the moment that it tells."""
        deadline = time.monotonic() + _LONGEST
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self._master, self.told], [], [], 1.0)
            if self._master in ready:
                os.read(self._master, 65536)
            if self.told in ready and what in (told := os.read(self.told, 4096).splitlines()[-1]):
                return float(told.split()[0])
        raise TimeoutError("the cursor was not painted elsewhere")

    def forget(self) -> None:
        """Pass over what the pipe has told until now."""
        while select.select([self.told], [], [], 0)[0]:
            os.read(self.told, 65536)

    def drain(self, seconds: float) -> None:
        """Let the output pass for a while."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                self.read(left)

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self.told)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--rate", type=float, default=1000.0, help="events a second while keys are pressed")
    parser.add_argument("--soak", type=float, default=600.0, help="seconds of events while memory is looked at")
    parser.add_argument("--idle", type=float, default=30.0, help="seconds without events")
    parser.add_argument("--trace-rate", type=float, default=2000.0, help="records a second on the stream of all topics")
    parser.add_argument("--opens", type=int, default=10, help="times that a large flow is opened")
    options = parser.parse_args()
    print(description())  # noqa: T201
    help_printed(options.starts)
    first_paint(options.starts)
    with _server(options.rate) as gateway, _client(gateway) as terminal:
        keys(terminal, options.keys, options.rate)
        soak(terminal, options.soak)
    with _server(0) as gateway, _client(gateway) as terminal:
        idle(terminal, options.idle)
    from tests.bench.tui_trace import trace  # it is driven by the terminal of this module

    trace(options.keys, options.trace_rate, options.opens, _report)


def help_printed(starts: int) -> None:
    """Print the commands, again and again; the first time does not count."""
    times = []
    for _ in range(starts + 1):
        begun = time.monotonic()
        subprocess.run([MARKETPLACE, "--help"], check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        times.append((time.monotonic() - begun) * 1000)
    _report("marketplace --help", times[1:], "ms")


def first_paint(starts: int) -> None:
    """Start the client on a running marketplace, again and again."""
    with tempfile.TemporaryDirectory(prefix="marketplace-bench-") as directory:
        subprocess.run([MARKETPLACE, "up", "--detach", "--data-dir", directory], check=True, stdout=sys.stderr)
        try:
            frames, products = [], []
            for _ in range(starts):
                terminal = Terminal([MARKETPLACE, "--data-dir", directory])
                frames.append(terminal.shows(b"Marketplace") * 1000)
                products.append(terminal.shows(b"Price") * 1000)
                terminal.end()
        finally:
            subprocess.run([MARKETPLACE, "down", "--data-dir", directory], check=True, stdout=sys.stderr)
    _report("first frame", frames, "ms after the process starts")
    _report("products shown", products, "ms after the process starts")


def keys(terminal: Terminal, count: int, rate: float) -> None:
    """Move the cursor down and up, each time when the last movement was painted."""
    times = []
    for number in range(count):
        moment = terminal.press(b"j" if number % 2 == 0 else b"k")
        times.append((terminal.painted() - moment) * 1000)
    _report(f"key to paint at {rate:g} events/s", times, "ms")


def soak(terminal: Terminal, seconds: float) -> None:
    """Let events come, and look at the memory."""
    process = psutil.Process(terminal.process.pid)
    sizes = []
    for _ in range(10):
        terminal.drain(seconds / 10)
        sizes.append(process.memory_info().rss / 1024**2)
    shown = " ".join(f"{size:.0f}" for size in sizes)
    print(f"memory over {seconds:g} s of events, MiB: {shown}")  # noqa: T201


def idle(terminal: Terminal, seconds: float) -> None:
    """Look at the CPU time while nothing happens."""
    terminal.drain(3)
    process = psutil.Process(terminal.process.pid)
    before = sum(process.cpu_times()[:2])
    terminal.drain(seconds)
    used = sum(process.cpu_times()[:2]) - before
    print(f"idle: {used / seconds:.1%} of a core over {seconds:g} s")  # noqa: T201


@contextlib.contextmanager
def _server(rate: float) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.tui_server", "--rate", str(rate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().decode().strip()}"
        finally:
            process.kill()


@contextlib.contextmanager
def _client(gateway: str) -> Iterator[Terminal]:
    terminal = Terminal([sys.executable, "-m", "tests.bench.tui_probe", gateway], with_pipe=True)
    try:
        terminal.painted()
        terminal.drain(1)
        yield terminal
    finally:
        terminal.end()


def _report(name: str, values: list[float], unit: str) -> None:
    shown = "   ".join(f"p{percent} {percentile(values, percent):.1f}" for percent in (50, 95, 99))
    print(f"{name}: {shown}   min {min(values):.1f}   max {max(values):.1f}   {unit} ({len(values)} times)")  # noqa: T201


if __name__ == "__main__":
    main()
