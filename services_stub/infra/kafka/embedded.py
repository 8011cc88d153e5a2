"""The embedded broker's process: a Kafka broker in memory, with the topics of the marketplace and faults on request.

It listens only once its topics exist, so a port that answers is a broker that is ready. Its log lives as long as the
process: after a restart the broker is on the same port and empty. A topic `run-<token>` tells its clients apart from
the one before, because librdkafka derives the cluster id from an address in memory, which two processes may share.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket

import msgspec
from confluent_kafka import KafkaError, cimpl

from services_stub.contracts.control_faults import BrokerFault, FailingRequests, SlowBroker
from services_stub.contracts.topics import new_run_topic
from services_stub.infra.kafka.messages import Accept, Apply, BrokerArguments, BrokerRequest, Clear, Refuse
from services_stub.infra.kafka.mock_cluster import MockCluster, MockClusterError
from services_stub.infra.processes import channel
from services_stub.infra.processes.messages import Answer, Done, Problem

_LOOK_SECONDS = 1.0
_PRODUCE, _MOST_REFUSED = 0, 50_000
_STRANGERS_SECONDS = 0.6
"""So long a broker that came back takes no records: by then those who hold some for the lost log have thrown them away.

They would lie before the replay, and so before those that they follow.
"""
_REQUEST: msgspec.json.Decoder[BrokerRequest] = msgspec.json.Decoder(BrokerRequest)


def serve(argument: bytes, supervisor: socket.socket) -> None:
    """Run the broker until SIGTERM comes, and carry out the supervisor's requests as long as there is a supervisor."""
    arguments = msgspec.json.decode(argument, type=BrokerArguments)
    cluster = MockCluster(cimpl.__file__, arguments.port)
    cluster.create_topic(new_run_topic(), 1)
    for name, partitions in arguments.topics.items():
        cluster.create_topic(name, partitions)
    for fault in arguments.faults:
        _apply(cluster, fault)
    if arguments.again:
        cluster.push_errors(_PRODUCE, [KafkaError.NOT_ENOUGH_REPLICAS] * _MOST_REFUSED)
    cluster.accept_connections()
    launcher = os.getppid()
    told, tell = socket.socketpair()

    def end(*_: object) -> None:
        """Let both waits below end."""
        tell.close()
        with contextlib.suppress(OSError):
            supervisor.shutdown(socket.SHUT_RDWR)

    signal.signal(signal.SIGTERM, end)
    if arguments.again:
        select.select([told], [], [], _STRANGERS_SECONDS)
        cluster.clear_errors(_PRODUCE)
        for fault in arguments.faults:
            _apply(cluster, fault)
    for request in channel.received(supervisor, _REQUEST):
        channel.send(supervisor, carry_out(cluster, request))
    # The services still hand over their records when the supervisor is gone; the launcher ends the broker after them.
    while os.getppid() == launcher and not select.select([told], [], [], _LOOK_SECONDS)[0]:
        pass


def carry_out(cluster: MockCluster, request: BrokerRequest) -> Answer:
    """Carry out one request."""
    try:
        match request:
            case Apply(fault=fault):
                _apply(cluster, fault)
            case Clear(fault=SlowBroker()):
                cluster.set_delay(0)
            case Clear(fault=FailingRequests(api_key=api_key)):
                cluster.clear_errors(api_key)
            case Refuse():
                cluster.refuse_connections()
            case Accept():
                cluster.accept_connections()
    except MockClusterError as error:
        return Problem(text=str(error))
    return Done()


def _apply(cluster: MockCluster, fault: BrokerFault) -> None:
    if isinstance(fault, SlowBroker):
        cluster.set_delay(fault.milliseconds)
    else:
        cluster.clear_errors(fault.api_key)
        cluster.push_errors(fault.api_key, fault.errors)
