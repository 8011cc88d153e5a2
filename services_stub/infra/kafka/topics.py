"""Makes a cluster ready for the marketplace, in a process of its own: reach it, create its topics, wake it up."""

from __future__ import annotations

import socket
import time
import traceback
from collections.abc import Callable

import msgspec

from services_stub.contracts.topics import ALL_TOPICS
from services_stub.infra.kafka.cluster import ensure_topics, wait_ready, warm_up
from services_stub.infra.kafka.messages import TopicsArguments
from services_stub.infra.processes import channel
from services_stub.infra.processes.messages import Done, Problem, Progress
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.configuration import UnsafeConfiguration

_RETRY_SECONDS = 15.0
_PAUSE_SECONDS = 0.2


def prepare(argument: bytes, supervisor: socket.socket) -> None:
    """Prepare the cluster; the last message says that it is done, or the problem."""
    arguments = msgspec.json.decode(argument, type=TopicsArguments)
    cluster = (arguments.bootstrap_servers, arguments.config)
    try:
        wait_ready(*cluster, arguments.reach_seconds)
        for difference in ensure_topics(*cluster, ALL_TOPICS, arguments.work_seconds):
            channel.send(supervisor, Progress(text=f"Note: {difference}."))
        _until_available(lambda: warm_up(*cluster, arguments.work_seconds))
        channel.send(supervisor, Done())
    except (Unavailable, UnsafeConfiguration) as error:
        channel.send(supervisor, Problem(text=f"{error}. Check the address in --kafka and what is in --kafka-config."))
    except Exception as error:  # noqa: BLE001 - a process edge: librdkafka names a property that it does not know
        traceback.print_exc()
        channel.send(supervisor, Problem(text=f"Kafka cannot be used: {error}. Check what is in --kafka-config."))


def _until_available(step: Callable[[], None]) -> None:
    """Repeat a step for some seconds: a broker that has just started is still moving its coordinators."""
    deadline = time.monotonic() + _RETRY_SECONDS
    while True:
        try:
            return step()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
