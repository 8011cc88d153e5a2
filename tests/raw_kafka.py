"""Kafka below the client library: a broker in memory, and records whose header names are any bytes.

confluent_kafka takes header names as text only; other clients do not care, so such records come.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from confluent_kafka import Producer, cimpl

from services_stub.infra.kafka.mock_cluster import MockCluster
from tests.ports import free_port

RawHeaders = Sequence[tuple[bytes, bytes]]

_END, _TOPIC, _VALUE, _KEY, _FLAGS, _HEADER = 0, 1, 4, 5, 7, 9
"""The tags of `rd_kafka_producev`."""

_COPY = 2
_ERROR_BYTES = 512
_FLUSH_MS = 10_000
_LARGEST = b"5000000"


def broker_in_memory(*topics: str) -> tuple[MockCluster, str]:
    """A broker with these topics, of one partition each, as long as the process lives; and its address."""
    port = free_port()
    cluster = MockCluster(cimpl.__file__, port)
    for topic in topics:
        cluster.create_topic(topic, 1)
    cluster.accept_connections()
    return cluster, f"127.0.0.1:{port}"


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


def refusal_of_a_record(address: str, topic: str) -> int | None:
    """The error code with which a broker refuses a record that is sent once; None where it takes it."""
    refused: list[int | None] = []
    producer = Producer({"bootstrap.servers": address, "retries": 0, "log_level": 0})
    producer.produce(
        topic, b"record", on_delivery=lambda error, _: refused.append(None if error is None else error.code())
    )
    producer.flush(_FLUSH_MS / 1000)
    return refused[0]
