"""Record batches as a client sends them, and logs to put them in."""

from __future__ import annotations

import struct
from pathlib import Path

from google_crc32c import value as crc32c

from services_stub.infra.kafka.broker.partition import Partition
from services_stub.infra.kafka.broker.records import HEADER, batch, iterate
from services_stub.infra.kafka.broker.topic_configs import Limits

NOW = 1_700_000_000.0


def a_batch(
    *values: bytes, time: int = 1, producer: int = -1, epoch: int = -1, sequence: int = -1, attributes: int = 0
) -> bytes:
    """A batch with a record for each value; its producer and attributes are set behind its back."""
    data = bytearray(batch([(b"key", value, time) for value in values]))
    struct.pack_into(">h", data, 21, attributes)
    struct.pack_into(">qhi", data, 43, producer, epoch, sequence)
    struct.pack_into(">I", data, 17, crc32c(bytes(data[21:])))
    return bytes(data)


def limits(config: dict[str, int | str]) -> Limits:
    return Limits.of({name.replace("_", "."): str(value) for name, value in config.items()})


def a_partition(folder: Path, now: float = NOW, **config: int | str) -> Partition:
    """The log in a folder; making it again is what happens after the process was killed."""
    return Partition("topic", 0, folder, limits(config), lambda: now, set())


def offsets(partition: Partition, start: int | None = None, max_bytes: int = 1) -> list[int]:
    """The base offsets of all batches, read as a consumer does, which goes on behind the last one."""
    position = partition.start if start is None else start
    found = []
    while data := partition.read(position, max_bytes):
        for buffer in data:
            at = 0
            while at < len(buffer):
                header = HEADER.unpack_from(buffer, at)
                found.append(header[0])
                position = header[0] + header[6] + 1
                at += header[1] + 12
            assert at == len(buffer)
    return found


def values(partition: Partition, max_bytes: int = 1_000_000) -> list[bytes | None]:
    """The values of all records from the start of the log."""
    position, found = partition.start, []
    while data := partition.read(position, max_bytes):
        for buffer in data:
            for offset, _, value in iterate(buffer):
                if offset >= position:
                    found.append(value)
                    position = offset + 1
    return found
