"""Kafka below the client library: a broker in a thread, and records whose header names are any bytes.

confluent_kafka takes header names as text only; other clients do not care, so such records come.
"""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import uvloop
from confluent_kafka import cimpl

from services_stub.infra.config.ports import HOST
from services_stub.infra.kafka.broker.broker import Broker
from services_stub.infra.kafka.broker.faults import Fault
from tests.folders import new_folder
from tests.ports import free_port

T = TypeVar("T")
RawHeaders = Sequence[tuple[bytes, bytes]]

_END, _TOPIC, _VALUE, _KEY, _FLAGS, _HEADER = 0, 1, 4, 5, 7, 9
"""The tags of `rd_kafka_producev`."""

_COPY = 2
_ERROR_BYTES = 512
_FLUSH_MS = 10_000
_LARGEST = b"5000000"


class BrokerInThread:
    """The embedded broker, in a thread of the test's process."""

    def __init__(self, topics: Sequence[str]) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="broker", daemon=True)
        self._thread.start()
        self.port = free_port()
        self.broker = self._run(self._begin(topics))

    def create_topic(self, name: str, partitions: int) -> None:
        """Create a topic."""
        self.call(lambda broker: broker.topics.create(name, partitions))

    def call(self, work: Callable[[Broker], T]) -> T:
        """The result of a function of the broker, which its own thread calls."""

        async def called() -> T:
            return work(self.broker)

        return self._run(called())

    def fail(self, api_key: int, error: int, times: int = 1) -> None:
        """Answer the next requests of a kind with this error code."""
        fault = Fault(action="error", api_key=api_key, error=error, count=times)
        self.call(lambda broker: broker.faults.put("failing", fault))

    def refuse_connections(self) -> None:
        """Cut all connections, and refuse new ones."""
        self._run(self.broker.server.refuse())

    def accept_connections(self) -> None:
        """Listen again."""
        self._run(self.broker.server.listen())

    def close(self) -> None:
        """End it."""
        self._run(self.broker.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _begin(self, topics: Sequence[str]) -> Broker:
        broker = Broker(new_folder(), {(HOST, self.port): self.port})
        broker.topics.ensure((topic, 1, {}) for topic in topics)
        await broker.server.listen()
        return broker

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


def broker_in_thread(*topics: str) -> tuple[BrokerInThread, str]:
    """A broker with these topics, of one partition each, until it is closed; and its address."""
    broker = BrokerInThread(topics)
    return broker, f"{HOST}:{broker.port}"


class RawProducer:
    """Sends records as any client could: no limit of size, any bytes in any place."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._library: Any = ctypes.CDLL(cimpl.__file__)
        self._library.rd_kafka_conf_new.restype = ctypes.c_void_p
        self._library.rd_kafka_new.restype = ctypes.c_void_p
        text, error = ctypes.c_char_p, ctypes.create_string_buffer(_ERROR_BYTES)
        conf = ctypes.c_void_p(self._library.rd_kafka_conf_new())
        for name, value in (
            (b"bootstrap.servers", bootstrap_servers.encode()),
            (b"message.max.bytes", _LARGEST),
            (b"partitioner", b"murmur2_random"),
        ):
            assert self._library.rd_kafka_conf_set(conf, text(name), text(value), error, _ERROR_BYTES) == 0
        self._handle = ctypes.c_void_p(self._library.rd_kafka_new(0, conf, error, ctypes.c_size_t(_ERROR_BYTES)))
        assert self._handle.value, error.value

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: RawHeaders = ()) -> None:
        """Send one record and wait until the broker has it."""
        arguments: list[Any] = [ctypes.c_int(_TOPIC), ctypes.c_char_p(topic.encode())]
        for tag, content in ((_VALUE, value), (_KEY, key)):
            if content is not None:
                arguments += [ctypes.c_int(tag), ctypes.c_char_p(content), ctypes.c_size_t(len(content))]
        arguments += [ctypes.c_int(_FLAGS), ctypes.c_int(_COPY)]
        for name, content in headers:
            arguments += [ctypes.c_int(_HEADER), ctypes.c_char_p(name), ctypes.c_char_p(content)]
            arguments += [ctypes.c_ssize_t(len(content))]
        assert self._library.rd_kafka_producev(self._handle, *arguments, ctypes.c_int(_END)) == 0
        assert self._library.rd_kafka_flush(self._handle, ctypes.c_int(_FLUSH_MS)) == 0

    def close(self) -> None:
        """Let go of the connections."""
        self._library.rd_kafka_destroy(self._handle)
