"""The embedded broker's process: the broker with the topics of the marketplace, and what its supervisor asks of it.

It listens only once its topics exist, so a port that answers is a broker that is ready.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path

import msgspec
import uvloop

from services_stub.contracts.control_faults import (
    BrokerFault,
    HeldRecords,
    LostAnswers,
    RefusedRequests,
    RequestErrors,
    RequestFault,
    SlowRequests,
    StoppedRequests,
    TimedOutRequests,
)
from services_stub.infra.config.ports import HOST
from services_stub.infra.kafka.broker.broker import Broker
from services_stub.infra.kafka.broker.faults import Action, Fault
from services_stub.infra.kafka.messages import (
    Accept,
    Apply,
    BrokerAnswer,
    BrokerArguments,
    BrokerRequest,
    Clear,
    CountHits,
    CutUnflushed,
    Hits,
    Refuse,
    Release,
)
from services_stub.infra.processes.messages import Done, Problem, encode
from services_stub.infra.processes.protocol import LineBuffer
from services_stub.logs import configuration as logs
from services_stub.runtime import clock

_ACTIONS: dict[type[RequestFault], Action] = {
    SlowRequests: "slow",
    StoppedRequests: "stop",
    RefusedRequests: "refuse",
    RequestErrors: "error",
    TimedOutRequests: "time-out",
    LostAnswers: "cut",
}
_LOOK_SECONDS = 1.0
_PIECE = 65536
_REQUEST: msgspec.json.Decoder[BrokerRequest] = msgspec.json.Decoder(BrokerRequest)


def serve(argument: bytes, supervisor: socket.socket) -> None:
    """Run the broker until SIGTERM comes, and carry out the supervisor's requests as long as there is a supervisor."""
    logs.configure(clock.now)
    uvloop.run(_serve(msgspec.json.decode(argument, type=BrokerArguments), supervisor))


async def carry_out(broker: Broker, request: BrokerRequest) -> BrokerAnswer:
    """Carry out one request."""
    try:
        match request:
            case Apply(fault=fault):
                _apply(broker, fault)
            case Clear(fault=fault):
                _clear(broker, fault)
            case Release():
                _release(broker, request)
            case CountHits(ids=ids):
                return Hits(by_id=_hits(broker, ids))
            case Refuse():
                await broker.server.refuse()
            case Accept():
                await broker.server.listen()
            case CutUnflushed():
                _cut_unflushed(broker)
    except OSError as error:
        return Problem(text=f"the port cannot be listened on: {error.strerror}")
    except LookupError:
        return Problem(text="the broker has no such topic or partition")
    return Done()


async def _serve(arguments: BrokerArguments, supervisor: socket.socket) -> None:
    ended = asyncio.Event()
    launcher = os.getppid()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    told = {arguments.port: arguments.port} | arguments.advertised
    addresses = {(HOST, own): port for own, port in told.items()}
    broker = Broker(Path(arguments.directory), addresses, arguments.password)
    try:
        broker.topics.ensure(
            (made.name, made.partitions, {"retention.ms": str(made.retention_ms)}) for made in arguments.topics
        )
        for fault in arguments.faults:
            with contextlib.suppress(LookupError):  # the topic of which records were held was deleted
                _apply(broker, fault)
        await broker.server.listen()
        requests = asyncio.create_task(_requests(broker, supervisor))
        # When the supervisor is gone, the services still hand over their records; then the launcher ends the broker.
        while os.getppid() == launcher and not ended.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), _LOOK_SECONDS)
        requests.cancel()
    finally:
        await broker.close()


async def _requests(broker: Broker, supervisor: socket.socket) -> None:
    loop, lines = asyncio.get_running_loop(), LineBuffer()
    supervisor.setblocking(False)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while data := await loop.sock_recv(supervisor, _PIECE):
            for line in lines.feed(data):
                answer = await carry_out(broker, _REQUEST.decode(line))
                await loop.sock_sendall(supervisor, encode(answer) + b"\n")


def _apply(broker: Broker, fault: BrokerFault) -> None:
    if isinstance(fault, HeldRecords):
        for partition in broker.topics.by_name[fault.topic].partitions:
            partition.hold()
    else:
        broker.faults.put(fault.id, _fault(fault))


def _clear(broker: Broker, fault: BrokerFault) -> None:
    if not isinstance(fault, HeldRecords):
        broker.faults.clear(fault.id)
    elif fault.topic in broker.topics.by_name:
        for partition in broker.topics.by_name[fault.topic].partitions:
            partition.release_all()


def _release(broker: Broker, request: Release) -> None:
    every = broker.topics.by_name[request.topic].partitions
    for partition in every if request.partition is None else (every[request.partition],):
        for _ in range(request.batches):
            partition.release()


def _cut_unflushed(broker: Broker) -> None:
    for topic in broker.topics.by_name.values():
        for partition in topic.partitions:
            partition.cut_unflushed()
    os.kill(os.getpid(), signal.SIGKILL)


def _hits(broker: Broker, ids: list[str]) -> dict[str, int]:
    found = {}
    for fault_id in ids:
        with contextlib.suppress(KeyError):
            found[fault_id] = broker.faults.hits(fault_id)
    return found


def _fault(fault: RequestFault) -> Fault:
    return Fault(
        action=_ACTIONS[type(fault)],
        api_key=fault.api_key,
        topic=fault.topic,
        partition=fault.partition,
        group=fault.group,
        count=fault.count,
        seconds=fault.milliseconds / 1000 if isinstance(fault, SlowRequests) else 0.0,
        error=fault.error if isinstance(fault, RequestErrors) else 0,
    )
