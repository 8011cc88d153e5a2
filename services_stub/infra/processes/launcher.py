"""The launcher: the one process that starts, reaps and ends all others of a marketplace.

It has a single thread and imports the services once, so that a forked service shares their memory and is there in
milliseconds. It carries out the supervisor's commands and reports starts and ends. When the supervisor is gone, for
any reason, it ends everything: the services first, so that they can still hand over their records, then the
infrastructure. Where the system can (Linux), children die with the launcher.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import logging
import os
import resource
import selectors
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from services_stub.infra.processes import protocol
from services_stub.infra.processes.scheduling import prefer_long_time_slices

DRAIN_SECONDS = 10.0
ABANDONED_SECONDS = 1.0
"""For services whose supervisor was killed: the next start waits for them, and a kill loses nothing, either."""
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_LIBC = ctypes.CDLL(None)
_PIECE = 65536
_MOST_FDS = 8
_LOOK_SECONDS = 0.2
_MOST_DESCRIPTORS = 20_000


@dataclass
class Child:
    """A process that the launcher started and has not reaped."""

    name: str
    tier: protocol.Tier


class Launcher:
    """Carries out the commands that arrive on `supervisor`."""

    def __init__(self, supervisor: socket.socket) -> None:
        self._supervisor, self._parent = supervisor, os.getppid()
        self._children: dict[int, Child] = {}
        self._lines = protocol.LineBuffer()
        self._channels: list[int] = []
        self._open = True
        self._awake, self._wake = socket.socketpair()
        self._awake.setblocking(False)
        self._wake.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._supervisor, selectors.EVENT_READ)
        self._selector.register(self._awake, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def run(self) -> None:
        """Serve until the supervisor is gone, then end every child."""
        while self._open:
            self.step(None)
        self._end_all()

    def step(self, timeout: float | None) -> None:
        """Wait for a command or the end of a child, at most `timeout` seconds, and act on it."""
        for key, _ in self._selector.select(timeout):
            if key.fileobj is self._awake:
                with contextlib.suppress(BlockingIOError):
                    self._awake.recv(_PIECE)
            else:
                self._receive()
        self._reap()

    def _on_terminate(self, *_: object) -> None:
        self._open = False

    def _receive(self) -> None:
        try:
            data, channels, _, _ = socket.recv_fds(self._supervisor, _PIECE, _MOST_FDS)
        except ConnectionResetError:
            data, channels = b"", []
        self._channels += channels
        if not data:
            self._open = False
            self._selector.unregister(self._supervisor)
            return
        for line in self._lines.feed(data):
            self._carry_out(protocol.decode_command(line))

    def _carry_out(self, command: protocol.Command) -> None:
        if not self._open:
            return
        if isinstance(command, protocol.Load):
            self._load(command)
        elif isinstance(command, protocol.Signal):
            self._signal(command)
        else:
            self._start(command)

    def _load(self, command: protocol.Load) -> None:
        error = ""
        try:
            for name in command.modules:
                module = importlib.import_module(name)
                if hasattr(module, "prepare"):
                    module.prepare()
        except Exception:  # noqa: BLE001 - a process edge: a failed import is the supervisor's to report
            error = traceback.format_exc()
        gc.collect()
        gc.freeze()
        self._report(protocol.Loaded(error=error))

    def _signal(self, command: protocol.Signal) -> None:
        for pid, child in self._children.items():
            if child.name == command.name:
                os.kill(pid, command.number)

    def _start(self, command: protocol.Start) -> None:
        channel = self._channels.pop(0) if isinstance(command, protocol.Fork) and command.channel else None
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._run_child(command, channel, parent)
        if channel is not None:
            os.close(channel)
        self._children[pid] = Child(command.name, command.tier)
        self._report(protocol.Started(name=command.name, pid=pid))

    def _run_child(self, command: protocol.Start, channel: int | None, parent: int) -> NoReturn:
        code = 1
        try:
            self._reset_inherited_state()
            _die_with_parent(parent)
            _set_process_name(command.name)
            _write_to(Path(command.log))
            if isinstance(command, protocol.Execute):
                os.chdir(command.directory)
                os.execve(command.arguments[0], command.arguments, os.environ | command.environment)
            call(command, channel)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:  # noqa: BLE001 - the edge of the process: nothing may return into the launcher's loop
            traceback.print_exc()
        finally:
            logging.shutdown()
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _reset_inherited_state(self) -> None:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._selector.close()
        for end in (self._supervisor, self._awake, self._wake):
            end.close()
        for waiting in self._channels:
            os.close(waiting)

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self._children.pop(pid)
            self._report(protocol.Ended(name=child.name, pid=pid, status=os.waitstatus_to_exitcode(status)))

    def _report(self, report: protocol.Report) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._supervisor.sendall(protocol.encode(report) + b"\n")

    def _end_all(self) -> None:
        for tier in protocol.TIERS:
            self._signal_tier(tier, signal.SIGTERM)
            self._signal_tier(tier, signal.SIGCONT)
            begun = time.monotonic()
            while self._in(tier) and (left := begun + self._seconds_for(tier) - time.monotonic()) > 0:
                self.step(min(left, _LOOK_SECONDS))
            self._signal_tier(tier, signal.SIGKILL)
            while self._in(tier):
                self.step(None)

    def _seconds_for(self, tier: protocol.Tier) -> float:
        """The seconds that a tier has to end by itself. That the supervisor is gone shows a moment after its socket."""
        abandoned = tier == "services" and os.getppid() != self._parent
        return ABANDONED_SECONDS if abandoned else DRAIN_SECONDS

    def _in(self, tier: protocol.Tier) -> list[int]:
        return [pid for pid, child in self._children.items() if child.tier == tier]

    def _signal_tier(self, tier: protocol.Tier, number: signal.Signals) -> None:
        for pid in self._in(tier):
            os.kill(pid, number)


def call(command: protocol.Fork, channel: int | None) -> None:
    """Call the entry of a forked process."""
    module, _, function = command.entry.partition(":")
    entry = getattr(importlib.import_module(module), function)
    if channel is None:
        entry(bytes(command.argument))
    else:
        with socket.socket(fileno=channel) as end:
            entry(bytes(command.argument), end)


def _write_to(log: Path) -> None:
    """Append standard output and error to the log."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    os.close(nothing)


def _die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when the launcher dies, however it dies."""
    if sys.platform != "linux":
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _set_process_name(name: str) -> None:
    """Show the name of the part, not of the launcher, where processes are listed."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def _raise_limit_of_descriptors() -> None:
    """Let each process have as many connections as it may: by default that is far fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    """Serve the supervisor at the other end of the socket whose descriptor is the first argument."""
    # A purchase wakes ten processes up some seventy times. All children inherit it.
    prefer_long_time_slices()
    _raise_limit_of_descriptors()
    with socket.socket(fileno=int(sys.argv[1])) as supervisor:
        Launcher(supervisor).run()


if __name__ == "__main__":
    main()
