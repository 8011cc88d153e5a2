"""The embedded broker's process: a Kafka broker in memory, with the topics of the marketplace and faults on request.

It listens only once its topics exist, so a port that answers is a broker that is ready. Its log lives as long as the
process: after a restart the broker is on the same port and empty.
"""

from __future__ import annotations

import signal
import socket

import msgspec
from confluent_kafka import cimpl

from services_stub.infra.kafka.mock_cluster import MockCluster, MockClusterError
from services_stub.infra.processes import channel


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """The port, and the topics with their number of partitions."""

    port: int
    topics: dict[str, int]


class Slow(msgspec.Struct, frozen=True, kw_only=True, tag="slow"):
    """Hold every answer back by so much; 0 ends it."""

    milliseconds: int


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """Cut all connections and refuse new ones."""


class Start(msgspec.Struct, frozen=True, kw_only=True, tag="start"):
    """Listen again."""


class Fail(msgspec.Struct, frozen=True, kw_only=True, tag="fail"):
    """Answer the next requests of a kind (a Kafka API key) with these Kafka error codes."""

    api_key: int
    errors: list[int]


def serve(argument: channel.Message, supervisor: socket.socket) -> None:
    """Run the broker and obey the supervisor until it hangs up or SIGTERM comes."""
    arguments = msgspec.convert(argument, Arguments)
    cluster = MockCluster(cimpl.__file__, arguments.port)
    for name, partitions in arguments.topics.items():
        cluster.create_topic(name, partitions)
    cluster.bring_up()
    signal.signal(signal.SIGTERM, lambda *_: supervisor.shutdown(socket.SHUT_RDWR))
    for request in channel.received(supervisor):
        channel.send(supervisor, carry_out(cluster, request))


def carry_out(cluster: MockCluster, request: channel.Message) -> channel.Message:
    """Carry out one request; the answer is empty, or names the error."""
    try:
        order = msgspec.convert(request, Slow | Stop | Start | Fail)
        if isinstance(order, Slow):
            cluster.set_delay(order.milliseconds)
        elif isinstance(order, Stop):
            cluster.take_down()
        elif isinstance(order, Start):
            cluster.bring_up()
        else:
            cluster.push_errors(order.api_key, order.errors)
    except (msgspec.ValidationError, MockClusterError) as error:
        return {"error": str(error)}
    return {}
