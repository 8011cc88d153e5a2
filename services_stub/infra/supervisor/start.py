"""`marketplace up`: in this process, or in one of its own that goes on when the command has ended."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

from services_stub.contracts.control import STATE_FILE, State
from services_stub.infra.config.directory import DataDirectory
from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.options import EMBEDDED, RATE_LIMITS, Options
from services_stub.infra.processes import channel
from services_stub.infra.processes.managed_process import describe_end
from services_stub.infra.processes.messages import Problem, Progress
from services_stub.infra.processes.readiness import tail
from services_stub.infra.supervisor import supervisor
from services_stub.infra.supervisor.messages import START_ARGUMENTS, START_REPORT, Ready, StartArguments
from services_stub.infra.supervisor.plan import MARKETPLACE, System

SUPERVISOR = "supervisor"

_PASSWORD = re.compile("//:[^@]*@")

Echo = Callable[[str], None]


def foreground(
    options: Options, echo: Echo, system: System = MARKETPLACE, waiting: socket.socket | None = None
) -> None:
    """Run a marketplace until it is told to end. Its start is reported to `waiting`, too, if there is such a socket."""

    def announce(text: str) -> None:
        echo(text)
        if waiting is not None:
            channel.send(waiting, Progress(text=text))

    def started(state: State) -> None:
        if waiting is None:
            echo(welcome(state, options))
        else:
            echo("The marketplace is ready.")  # its passwords are not for the log
            channel.send(waiting, Ready(text=welcome(state, options)))

    try:
        supervisor.run(system, options, announce, started)
    except CannotStart as problem:
        if waiting is not None:
            channel.send(waiting, Problem(text=str(problem)))
        raise


def detached(options: Options, echo: Echo) -> None:
    """Run a marketplace in a process of its own, and return when it is ready."""
    directory = DataDirectory(options.directory)
    directory.prepare()
    log = directory.log(SUPERVISOR)
    ours, theirs = socket.socketpair()
    with theirs, log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services_stub.infra.supervisor.start", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=(theirs.fileno(),),
        )
    try:
        with ours:
            channel.send(ours, StartArguments(options=options))
            _await_ready(ours, echo)
    except _Gone:
        how = describe_end(process.wait())
        raise CannotStart(f"The marketplace did not start ({how}). The end of its log, {log}:\n{tail(log)}") from None
    except KeyboardInterrupt:
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise


def main() -> None:
    """Be the process that `detached` starts: the options come over the descriptor that is the first argument."""
    with socket.socket(fileno=int(sys.argv[1])) as waiting:
        options = next(channel.received(waiting, START_ARGUMENTS)).options
        try:
            foreground(options, _say, waiting=waiting)
        except CannotStart as problem:
            _say(str(problem))
            sys.exit(1)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def welcome(state: State, options: Options) -> str:
    """The addresses and users of a marketplace that has just started, for the person who started it."""
    password = "  (its password is in kafka-client.properties and kafka-java.properties)" if options.kafka_sasl else ""
    lines = [
        "The marketplace is ready.",
        f"  gateway     {state.gateway}",
        f"  Kafka       {state.kafka.bootstrap_servers} ({state.kafka.mode}){password}",
        f"  cart store  {_PASSWORD.sub('//', state.cart_store)}  (its password is in {STATE_FILE})",
        f"  data        {state.data_dir}",
        "Users for development only, known to whoever reads this:",
        *(f"  {user.role:<10}  {user.email}  {user.password}" for user in state.users),
    ]
    if options.rate_limits != RATE_LIMITS:
        chosen = {name: limit for name, limit in options.rate_limits.items() if limit}
        lines.append(f"Rate limits: {', '.join(f'{name}={limit:g}' for name, limit in chosen.items()) or 'off'}.")
    if options.kafka == EMBEDDED:
        lines.append("Passwords are hashed with lighter parameters than in production.")
    return "\n".join(lines)


class _Gone(Exception):
    """The process ended without a report."""


def _await_ready(end: socket.socket, echo: Echo) -> None:
    for report in channel.received(end, START_REPORT):
        if isinstance(report, Problem):
            raise CannotStart(report.text)
        echo(report.text)
        if isinstance(report, Ready):
            return
    raise _Gone


if __name__ == "__main__":
    main()
