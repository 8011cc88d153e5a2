"""Requests of every kind and version that a broker serves, made of its message definitions.

Their values are mostly such as mean something to it: a few topics and groups, members that it has, batches that are
whole. What is left to chance comes from a generator of random numbers, so that a seed gives the same requests.
"""

from __future__ import annotations

import random
from typing import Any

from services_stub.infra.kafka.broker.definitions import Field, definitions, within
from services_stub.infra.kafka.broker.server import API_VERSIONS
from tests.unit.infra.broker.batches import a_batch
from tests.unit.infra.broker.raw import request

CLIENT = "test"
"""The client id of `raw.request`."""
MEMBER = f"{CLIENT}-{'0' * 8}-{'0' * 4}-{'0' * 4}-{'0' * 4}-{'0' * 12}"
"""Stands for the id of a member, which are all as long: before a request is sent, one that the broker gave."""
TOPICS = ("t", "u")
"""They are there in the beginning; others come and go."""
SEVERAL = 40
"""Requests of each kind and version in one `valid_requests`."""

_INTEGERS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
_NAMES = (*TOPICS, "v", "", "__consumer_offsets", "..")
_CHOICES: dict[str, tuple[Any, ...]] = {
    "group_id": ("g", "h", "i", "j", ""),
    "groups": ("g", "h", "i"),
    "groups_names": ("g", "h", "i"),
    "key": ("g", "h", ""),
    "coordinator_keys": ("g", "h", ""),
    "member_id": (MEMBER, MEMBER, "", "unknown"),
    "group_instance_id": (None, None, None, CLIENT, "two"),
    "protocol_type": ("consumer", "consumer", "connect", ""),
    "protocol_name": ("range", "roundrobin", None),
    "session_timeout_ms": (6_000, 6_000, 6_000, 1_800_001, 0, -1),
    "rebalance_timeout_ms": (0, 0, 20, 100, -1),
    "max_wait_ms": (0, 0, 5, -1),
    "timeout_ms": (0, 1_000, -1),
    "transactional_id": (None, None, None, "x"),
    "acks": (-1, -1, 1, 0, 2),
    "session_id": (0, 0, 0, 1),
    "num_partitions": (1, 2, 3, -1, 0, 10_001),
    "count": (1, 2, 3, 4, 10_001, -1),
    "replication_factor": (1, -1, 2),
    "resource_type": (2, 2, 4, 3),
    "resource_name": (*TOPICS, "", "1"),
    "mechanism": ("PLAIN", "SCRAM-SHA-256"),
    "states_filter": ("Stable", "empty", "x"),
    "types_filter": ("classic", "x"),
    "configuration_keys": ("retention.ms", "cleanup.policy", "x"),
}
_CONFIGS = ("retention.ms", "retention.bytes", "segment.bytes", "cleanup.policy", "max.message.bytes", "x")
_VALUES = ("1048576", "2097152", "-1", "delete", "compact", "x", None)
_PROTOCOLS = ("range", "roundrobin", "cooperative-sticky")


def valid_requests(rng: random.Random, versions: dict[int, tuple[int, int]]) -> list[bytes]:
    """Some requests of each kind and version, whole, in the order of kind and version."""
    found = []
    for api_key, (first, last) in sorted(versions.items()):
        fields = definitions()["request", api_key].fields
        for version in range(first, last + 1):
            for _ in range(SEVERAL):
                message = _structure(rng, fields, version, api_key)
                found.append(request(api_key, version, message))
    return found


def marker(correlation_id: int) -> bytes:
    """A request that is always answered."""
    return request(API_VERSIONS, 0, {}, correlation_id)


def _structure(rng: random.Random, fields: tuple[Field, ...], version: int, api_key: int) -> dict[str, Any]:
    """Every field of a version, but for the tagged ones, which the broker passes over."""
    here = [field for field in fields if within(version, field.versions) and not within(version, field.tagged)]
    return {field.name: _value(rng, field, version, api_key) for field in here}


def _value(rng: random.Random, field: Field, version: int, api_key: int) -> Any:
    if field.type == "records":
        return _batch(rng)
    if within(version, field.nullable) and rng.random() < 0.1:
        return None
    if field.type.startswith("[]"):
        inner = Field(field.name, field.type[2:], field.versions, fields=field.fields)
        return [_value(rng, inner, version, api_key) for _ in range(rng.choice((0, 1, 1, 1, 2)))]
    if field.type == "struct":
        return _structure(rng, field.fields, version, api_key)
    chosen = rng.choice(_choices(field, api_key))
    return "" if chosen is None and not within(version, field.nullable) and field.type == "string" else chosen


def _choices(field: Field, api_key: int) -> tuple[Any, ...]:
    """Values of a field that is neither an array nor a structure."""
    if field.name in _CHOICES:
        return _CHOICES[field.name]
    if field.type in _INTEGERS:
        half = 2 ** (_INTEGERS[field.type] - 1)
        return (-2, -1, 0, 0, 1, 1, 2, 3, 100, half - 1, -half)
    if field.type == "string":
        if api_key == 11 and field.name == "name":
            return _PROTOCOLS
        if field.name == "value":
            return _VALUES
        return _CONFIGS if api_key in (33, 44) and field.name == "name" else _NAMES
    if field.type == "bool":
        return False, True
    return (bytes(16),) if field.type == "uuid" else (b"", b"\0\0\0\0\0\1\0\1t\0\0\0\0", b"x" * 40)


def _batch(rng: random.Random) -> bytes:
    """A batch of some records, now and then of an idempotent producer."""
    values = [rng.randbytes(rng.choice((0, 10, 100))) for _ in range(rng.choice((1, 1, 2, 10)))]
    producer = rng.choice(((-1, -1, -1), (-1, -1, -1), (0, 0, 0), (1, 0, 5)))
    attributes = rng.choice((0, 0, 0, 0, 1, 0x10, 0x20))
    whole = a_batch(*values, producer=producer[0], epoch=producer[1], sequence=producer[2], attributes=attributes)
    return rng.choice((whole, whole, whole, whole + whole, whole[: rng.randrange(len(whole))]))
