"""A marketplace of stand-ins, so that the processes around the services are tested without them."""

from __future__ import annotations

import http.server
import signal
import socket
import sys
import threading
from typing import Any

import msgspec

from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.options import Options
from services_stub.infra.processes import channel
from services_stub.infra.processes.messages import Done, ServiceArguments
from services_stub.infra.supervisor.plan import System
from services_stub.infra.supervisor.start import foreground

SERVICES = ("auth", "order", "gateway")
FAKES = System(
    services=SERVICES,
    modules=("http.server",),
    entry="tests.system.infra_fakes:run_services",
    seed_entry="tests.system.infra_fakes:seed",
)
UNLOADABLE = System(services=SERVICES, modules=("tests.system.no_such_module",), entry="", seed_entry="")
STUBBORN = System(
    services=SERVICES,
    modules=("http.server",),
    entry="tests.system.infra_fakes:run_stubbornly",
    seed_entry="tests.system.infra_fakes:seed",
)
BROKEN = System(services=SERVICES, modules=(), entry="tests.system.infra_fakes:fail", seed_entry="")


class _Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


def run_services(argument: bytes) -> None:
    """Answer that all is well, on the port of every service, until SIGTERM."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    _serve(argument)
    signal.sigwait({signal.SIGTERM})
    print("drained", flush=True)  # noqa: T201 - its output goes to its log


def run_stubbornly(argument: bytes) -> None:
    """Services that wait for something for ever when they are told to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _serve(argument)
    threading.Event().wait()


def _serve(argument: bytes) -> None:
    for settings in msgspec.json.decode(argument, type=ServiceArguments).services:
        server = http.server.ThreadingHTTPServer((settings.host, settings.port), _Healthy)
        threading.Thread(target=server.serve_forever, daemon=True).start()


def fail(_: bytes) -> None:
    """A service that cannot start."""
    raise RuntimeError("this service is broken")


def seed(_: bytes, supervisor: socket.socket) -> None:
    """Fill nothing."""
    channel.send(supervisor, Done())


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the output of the command


def main() -> None:
    """`marketplace up` with the stand-ins: the options as JSON are the first argument, the system's name the second."""
    options = msgspec.json.decode(sys.argv[1], type=Options)
    try:
        foreground(
            options,
            _say,
            {"fakes": FAKES, "stubborn": STUBBORN, "broken": BROKEN, "unloadable": UNLOADABLE}[sys.argv[2]],
        )
    except CannotStart as problem:
        sys.exit(f"CANNOT START: {problem}")


if __name__ == "__main__":
    main()
