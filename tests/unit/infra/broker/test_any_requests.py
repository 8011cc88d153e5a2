"""The broker as a whole against requests that mean anything or nothing: none of them meets a mistake of ours."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services_stub.infra.kafka.broker.broker import Broker
from services_stub.infra.kafka.broker.connection import Connection
from services_stub.infra.kafka.broker.context import Message
from services_stub.infra.kafka.broker.definitions import Definition, definitions
from services_stub.infra.kafka.broker.server import API_VERSIONS
from tests.folders import new_folder
from tests.unit.infra.broker.messages import messages
from tests.unit.infra.broker.raw import request

Asked = tuple[Definition, int, dict[str, Any]]
ADDRESS = ("127.0.0.1", 1)


class Wire:
    """The other end of a connection, which takes everything."""

    def __init__(self) -> None:
        self.answers = 0
        self.cut = False

    def get_extra_info(self, _: str) -> tuple[str, int]:
        return ADDRESS

    def set_write_buffer_limits(self, _: int) -> None:
        """There is no limit."""

    def write(self, _: bytes) -> None:
        self.answers += 1

    def abort(self) -> None:
        self.cut = True


def connected(broker: Broker) -> tuple[Connection, Wire]:
    connection, wire = Connection(broker.server), Wire()
    connection.connection_made(wire)  # type: ignore[arg-type]
    return connection, wire


async def ask(asked: list[Asked], changed: list[tuple[int, bytes]]) -> None:
    """Send requests, with some bytes changed, each on a connection of its own; then ask what every client asks."""
    broker = Broker(new_folder(), {ADDRESS: ADDRESS[1]})
    broker.server._admits = lambda *_: True
    broker.server.loop = asyncio.get_running_loop()
    broker.topics.ensure([("t", 2, {}), ("u", 1, {"cleanup.policy": "compact"})])
    for number, (found, version, message) in enumerate(asked):
        data = bytearray(request(found.key, version, message))
        for place, value in changed if number % 2 else ():
            data[4 + place % (len(data) - 4)] = value[0]
        connection, wire = connected(broker)
        connection.data_received(bytes(data))
        connection.data_received(bytes(data))
    connection, wire = connected(broker)
    connection.data_received(request(API_VERSIONS, 3, {}))
    assert (wire.answers, wire.cut) == (1, False)
    await broker.close()


UNKNOWN: Message = {"topics": [{"topic_id": bytes(16), "name": None}], "allow_auto_topic_creation": False}


@pytest.mark.hypothesis
@example([(definitions()["request", 3], 11, UNKNOWN)], [])
@given(
    st.lists(messages(kind="request", known=True), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 2**16), st.binary(min_size=1, max_size=1)), max_size=3),
)
def test_no_request_meets_a_mistake_of_ours(asked: list[Asked], changed: list[tuple[int, bytes]]) -> None:
    mistakes: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traceback, "print_exc", lambda: mistakes.append(traceback.format_exc()))
        asyncio.run(ask(asked, changed))
    assert mistakes == []
