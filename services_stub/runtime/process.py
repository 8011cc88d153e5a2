"""The process of one or more services: starts them, ends when it is told to or when one of them has a bug."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial

import structlog
import uvloop

from services_stub.logs import configuration as logs
from services_stub.runtime import clock
from services_stub.runtime.application import Application
from services_stub.runtime.errors import EXIT_START_OVER, Unavailable
from services_stub.runtime.kafka.admin import ClientError, ClusterIdentity
from services_stub.runtime.kafka.isolation import NoBrokerLeft
from services_stub.runtime.memory import begin_to_trim
from services_stub.runtime.running import RunningService
from services_stub.runtime.service import Service
from services_stub.runtime.settings import Settings

EXIT_BUG = 70
EXIT_UNAVAILABLE = 69

_SWITCH_INTERVAL = 0.005
# What a request allocates is freed by its reference counts; the default looks for cycles a hundred times a second.
_GARBAGE = (20_000, 20, 20)
_IDENTITY_EVERY = 2.0
_IDENTITY_AGAIN = 0.05
_IDENTITY_ANSWER = 2.5
_IDENTITY_WAIT = 30.0
_IDENTITY_FIRST = 0.5


def run(services: Sequence[tuple[Service, Application, Settings]]) -> None:
    """Run `services` until SIGTERM or SIGINT, then drain. Call it after the fork, in the main thread.

    Raises:
        SystemExit: something that is needed is away (69), a service has a bug (70), or lost its broker or its log (75).
    """
    # Threads hand batches to each other all the time; the default of 5 ms would be felt in every hop.
    sys.setswitchinterval(_SWITCH_INTERVAL)
    gc.set_threshold(*_GARBAGE)
    logs.configure(clock.now)
    # A worker's thread that dies would leave the service half alive.
    threading.excepthook = lambda arguments: _exit_on_bug(arguments.exc_value or RuntimeError("a thread ended"))
    begin_to_trim()
    try:
        uvloop.run(_run(services))
    except Unavailable as error:
        structlog.get_logger().error("cannot start", reason=str(error))
        raise SystemExit(EXIT_UNAVAILABLE) from error


async def _run(services: Sequence[tuple[Service, Application, Settings]]) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    settings = services[0][2]
    identity = ClusterIdentity(settings.bootstrap_servers, settings.kafka_config)
    cluster_id = await asyncio.to_thread(_identify, identity)
    running: list[RunningService] = []
    watch = partial(_watch_identity, identity, cluster_id, running)
    # Before anything can be sent: the broker may be another one by then.
    threading.Thread(target=watch, name="cluster-identity", daemon=True).start()
    running += [RunningService(*service, cluster_id, _exit_on_bug) for service in services]
    for service in running:
        await service.start()
    await stopping.wait()
    await asyncio.gather(*(service.stop() for service in running))


def _identify(identity: ClusterIdentity) -> str:
    deadline = time.monotonic() + _IDENTITY_WAIT
    while (cluster_id := identity.read(1.0)) is None:
        if time.monotonic() > deadline:
            raise Unavailable("Kafka does not answer")
    return cluster_id


def _watch_identity(identity: ClusterIdentity, cluster_id: str, running: Sequence[RunningService]) -> None:
    """Tell the services when the broker answers, and end the process when it lost its log.

    By that what its producers hold is thrown away: it would come before that of which it is the end. The next start
    replays the outbox, and reads from the beginning.
    """
    pause = 0.0
    while True:
        identity.wait(pause)
        found = identity.read(_IDENTITY_ANSWER)
        pause = _IDENTITY_AGAIN if found is None else _IDENTITY_EVERY
        if found not in (None, cluster_id):
            structlog.get_logger().error("the broker lost its log; starting over", before=cluster_id, now=found)
            os._exit(EXIT_START_OVER)
        for service in [] if found is None else running:
            service.answered_at = time.monotonic()


def _exit_on_bug(error: BaseException) -> None:
    """End at once: what is not committed was not done, and the next start takes it up."""
    if isinstance(error, NoBrokerLeft):
        structlog.get_logger().error("starting over", reason=str(error))
        os._exit(EXIT_START_OVER)
    if isinstance(error, ClientError):
        # No bug where the broker lost its log: by then the process has started over.
        time.sleep(_IDENTITY_FIRST)
    structlog.get_logger().critical("ends by a bug", exc_info=error)
    sys.stderr.flush()
    os._exit(EXIT_BUG)
