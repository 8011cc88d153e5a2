"""The embedded broker, with or without making topics when a client asks: `python -m tests.broker_suites.node --help`.

Most of librdkafka's tests take a cluster for granted that creates the topics which a client names, with four partitions
(`auto.create.topics.enable`), as Apache Kafka does unless it is told not to. The embedded broker has no such setting,
so it is done here, in front of its own answer to Metadata; everything else is the broker as the marketplace runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

import uvloop

from services_stub.infra.config.ports import HOST
from services_stub.infra.kafka.broker.broker import Broker
from services_stub.infra.kafka.broker.context import Context, Handler, Message
from services_stub.infra.kafka.broker.topics import is_legal

_METADATA = 3
_PARTITIONS = 4


def creating(broker: Broker, handler: Handler) -> Handler:
    """The handler of Metadata, which creates first what the client names, where it allows that."""

    def metadata(request: Message, context: Context) -> Message | None:
        for asked in (request["topics"] or []) if request.get("allow_auto_topic_creation", True) else []:
            name = asked["name"]
            if name is not None and is_legal(name) and name not in broker.topics.by_name:
                broker.topics.ensure([(name, _PARTITIONS, {})])
        return handler(request, context)

    return metadata


async def _serve(folder: Path, port: int, *, creates: bool) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    broker = Broker(folder, {(HOST, port): port})
    if creates:
        handlers = broker.server._handlers
        handlers[_METADATA] = creating(broker, handlers[_METADATA])
    await broker.server.listen()
    await ended.wait()
    await broker.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.broker_suites.node")
    parser.add_argument("folder", type=Path, help="of its log")
    parser.add_argument("port", type=int)
    parser.add_argument("--creates", action="store_true", help="make the topics that a client names")
    options = parser.parse_args()
    uvloop.run(_serve(options.folder, options.port, creates=options.creates))
