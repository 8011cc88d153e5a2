"""The supervisor's side of the launcher: it keeps the wanted processes running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from services_stub.infra.config.errors import CannotStart
from services_stub.infra.processes import protocol
from services_stub.infra.processes.channel import Channel
from services_stub.infra.processes.launcher import DRAIN_SECONDS
from services_stub.infra.processes.managed_process import ManagedProcess, describe_end
from services_stub.infra.processes.messages import Message, Problem, Progress, encode

Result = TypeVar("Result", bound=Message)
_PIECE = 65536
_END_SECONDS = 2 * DRAIN_SECONDS + 2
# By default glibc keeps eight heaps per core for the threads of every process; and after a first large block was freed,
# it takes all blocks of that size from the heap, where small ones between them keep it from shrinking (mallopt(3)).
_HEAP = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "1048576",
}


class ProcessManager:
    """The launcher and the processes it runs. `changed` is called whenever a process came or went."""

    def __init__(self, changed: Callable[[], None], announce: Callable[[str], None]) -> None:
        self.managed: dict[str, ManagedProcess] = {}
        self.lost = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._changed = changed
        self._announce = announce
        self._lines = protocol.LineBuffer()
        self._loaded: asyncio.Future[str] = self._loop.create_future()
        self._jobs: dict[str, asyncio.Future[int]] = {}
        self._pids: set[int] = set()
        self._closing = False

    @property
    def launcher_pid(self) -> int:
        """The process id of the launcher."""
        return self._launcher.pid

    def open(self, inherited: int) -> None:
        """Start the launcher; it and all its children inherit the descriptor `inherited`."""
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._launcher = subprocess.Popen(
                [sys.executable, "-m", "services_stub.infra.processes.launcher", str(theirs.fileno())],
                pass_fds=(theirs.fileno(), inherited),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**_HEAP, **os.environ},
            )
        self._loop.add_reader(self._socket, self._receive)

    async def load(self, modules: list[str]) -> None:
        """Have the launcher import the modules; its later children share them."""
        self._loaded = self._loop.create_future()
        self._send(protocol.Load(modules=modules))
        error = await self._loaded
        if error:
            raise CannotStart(f"A service cannot be imported:\n{error}")

    def supervise(self, command: protocol.Start) -> ManagedProcess:
        """Start a process and keep it alive from now on."""
        process = self.managed[command.name] = ManagedProcess(command)
        self._start(process)
        return process

    async def run_job(self, name: str, entry: str, argument: Message, log: Path, expect: type[Result]) -> Result:
        """Run a function in a forked process to its end, and return its result; its progress is announced.

        Raises:
            CannotStart: it reported a problem, or ended without a result.

        """
        command = protocol.Fork(
            name=name,
            entry=entry,
            argument=msgspec.Raw(encode(argument)),
            log=str(log),
            tier="infrastructure",
            channel=True,
        )
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Progress | Problem | expect)
        ended: asyncio.Future[int] = self._loop.create_future()
        self._jobs[name] = ended
        channel = self._send_with_channel(command)
        result: Message | None = None
        try:
            while (message := await channel.receive(decoder)) is not None:
                if isinstance(message, Progress):
                    self._announce(message.text)
                else:
                    result = message
            status = await ended
        finally:
            channel.close()
        if isinstance(result, Problem):
            raise CannotStart(result.text)
        if status or result is None:
            raise CannotStart(f"{name} failed ({describe_end(status)}); its log is {log}.")
        return cast("Result", result)

    def signal(self, process: ManagedProcess, number: signal.Signals) -> None:
        """Send a signal to a process."""
        self._send(protocol.Signal(name=process.name, number=number))

    def pause(self, process: ManagedProcess) -> None:
        """Freeze a process until `resume`."""
        process.paused = True
        self.signal(process, signal.SIGSTOP)

    def resume(self, process: ManagedProcess) -> None:
        """Let a paused process go on."""
        process.paused = False
        self.signal(process, signal.SIGCONT)

    def end(self, process: ManagedProcess, *, wanted: bool) -> None:
        """Let a process drain and end; one that is still wanted is started again."""
        process.wanted = wanted
        process.ending = process.pid != 0
        self.signal(process, signal.SIGTERM)
        self.resume(process)

    def start_again(self, process: ManagedProcess) -> None:
        """Want a process again, and start it if it does not run."""
        process.wanted = True
        self._start(process)

    async def close(self) -> None:
        """End every process; those that do not end by themselves are killed."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self.lost.wait()
        except TimeoutError:
            self._announce("Some processes did not end in time: killing them.")
        finally:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self.kill_all()

    def kill_all(self) -> None:
        """Kill the launcher and every process that it reported as started and not as ended."""
        self._launcher.kill()
        self._launcher.wait()
        for pid in self._pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._pids.clear()

    def _start(self, process: ManagedProcess) -> None:
        if process.pid or process.starting or not process.wanted or self._closing:
            return
        process.starting = True
        if isinstance(process.command, protocol.Fork) and process.command.channel:
            if process.channel is not None:
                process.channel.close()
            process.channel = self._send_with_channel(process.command)
        else:
            self._send(process.command)

    def _send_with_channel(self, command: protocol.Fork) -> Channel:
        ours, theirs = socket.socketpair()
        with theirs:
            self._send(command, theirs.fileno())
        return Channel(ours)

    def _send(self, command: protocol.Command, *descriptors: int) -> None:
        data = protocol.encode(command) + b"\n"
        with contextlib.suppress(OSError):  # the launcher is gone: its end is noticed where it is read
            sent = socket.send_fds(self._socket, [data], descriptors)
            self._socket.sendall(data[sent:])

    def _receive(self) -> None:
        try:
            data = self._socket.recv(_PIECE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        if not data:
            self._loop.remove_reader(self._socket)
            self.lost.set()
            return
        for line in self._lines.feed(data):
            self._on_report(protocol.decode_report(line))
        self._changed()

    def _on_report(self, report: protocol.Report) -> None:
        if isinstance(report, protocol.Loaded):
            self._loaded.set_result(report.error)
        elif isinstance(report, protocol.Started):
            self._pids.add(report.pid)
            if report.name not in self._jobs:
                self.managed[report.name].has_started(report.pid)
        else:
            self._pids.discard(report.pid)
            self._on_end(report)

    def _on_end(self, report: protocol.Ended) -> None:
        job = self._jobs.pop(report.name, None)
        if job is not None:
            job.set_result(report.status)
            return
        process = self.managed[report.name]
        intended = process.ending or self._closing
        pause = process.has_ended(report.status)
        if not intended:
            again = (
                "starting it again" + (f" in {pause:g} s" if pause else "") if process.wanted else "it stays stopped"
            )
            self._announce(f"{process.name} ended unexpectedly ({describe_end(report.status)}): {again}.")
        if process.wanted and not self._closing:
            self._loop.call_later(pause, self._start, process)
