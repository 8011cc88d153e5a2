"""Deletes what mutated requests have made: topics and groups of any name, and their members.

A broker keeps whatever it is asked to keep; its memory can be compared only where that is gone.
"""

from __future__ import annotations

import contextlib
from typing import TypeVar

from services_stub.infra.kafka.broker.topics import OFFSETS
from tests.broker.fuzz.canary import TOPIC
from tests.broker.fuzz.valid import TOPICS
from tests.broker.wire import Wire

T = TypeVar("T")

METADATA, LEAVE_GROUP, DESCRIBE_GROUPS, LIST_GROUPS = 3, 13, 15, 16
CREATE_TOPICS, DELETE_TOPICS, DELETE_GROUPS = 19, 20, 42
_SEVERAL = 500
"""Names in a request."""


def tidy(address: str) -> tuple[int, int]:
    """Delete all topics but the canary's, and all groups; make the topics anew. So many topics and groups it were."""
    wire = Wire(address)
    with contextlib.closing(wire):
        found = wire.ask(METADATA, 8, {"topics": None})["topics"]
        names = [topic["name"] for topic in found if topic["name"] not in (TOPIC, OFFSETS)]
        for part in _parts(names):
            wire.ask(DELETE_TOPICS, 3, {"topic_names": part, "timeout_ms": 1000})
        topics = [{"name": name, "num_partitions": 2, "replication_factor": 1} for name in TOPICS]
        topics = [topic | {"assignments": [], "configs": []} for topic in topics]
        wire.ask(CREATE_TOPICS, 4, {"topics": topics, "timeout_ms": 1000, "validate_only": False})
        groups = [group["group_id"] for group in wire.ask(LIST_GROUPS, 2, {})["groups"]]
        for part in _parts(groups):
            for group in wire.ask(DESCRIBE_GROUPS, 4, {"groups": part})["groups"]:
                for members in _parts(group["members"]):
                    asked = {"group_id": group["group_id"], "members": members}
                    wire.ask(LEAVE_GROUP, 3, asked)
            wire.ask(DELETE_GROUPS, 1, {"groups_names": part})
        return len(names), len(groups)


def _parts(values: list[T]) -> list[list[T]]:
    return [values[at : at + _SEVERAL] for at in range(0, len(values), _SEVERAL)]
