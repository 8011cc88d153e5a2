"""A member of a consumer group, and what it says in its requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from services_stub.infra.kafka.broker.context import Cancellable, Context, Message

Protocols: TypeAlias = list[tuple[str, bytes]]
"""The assignors that a member knows, the preferred one first, each with the metadata that it gives for it."""


@dataclass(slots=True)
class Member:
    """A consumer in a group. Time-outs are in milliseconds; `join` and `sync` are its requests that wait."""

    id: str
    instance_id: str | None
    client_id: str
    client_host: str
    session_ms: int
    rebalance_ms: int
    protocols: Protocols
    assignment: bytes = b""
    join: Context | None = None
    sync: Context | None = None
    session: Cancellable | None = field(default=None, repr=False, compare=False)

    def metadata(self, protocol: str | None) -> bytes:
        """The metadata that this member gave for a protocol; empty where it gave none."""
        return next((metadata for name, metadata in self.protocols if name == protocol), b"")

    def described(self, protocol: str | None) -> Message:
        """The member in an answer to DescribeGroups; without a protocol it has neither metadata nor assignment."""
        return {
            "member_id": self.id,
            "group_instance_id": self.instance_id,
            "client_id": self.client_id,
            "client_host": self.client_host,
            "member_metadata": self.metadata(protocol),
            "member_assignment": self.assignment if protocol is not None else b"",
        }


def refused_join(error: int, member_id: str = "") -> Message:
    """The answer to a JoinGroup that did not come to a generation."""
    return {"error_code": error, "protocol_name": "", "leader": "", "member_id": member_id, "members": []}


def timeouts(request: Message) -> tuple[int, int]:
    """Session and rebalance time-out of a JoinGroup in milliseconds; version 0 has one for both."""
    session, rebalance = request["session_timeout_ms"], request.get("rebalance_timeout_ms", -1)
    return session, rebalance if rebalance >= 0 else session


def subscription(metadata: bytes, otherwise: str) -> list[str]:
    """The topics in a consumer's metadata (`ConsumerProtocolSubscription`); where it has none, `otherwise`."""
    try:
        topics: list[str] = []
        at, count = 6, int.from_bytes(metadata[2:6], signed=True)
        while len(topics) < count and at < len(metadata):
            end = at + 2 + int.from_bytes(metadata[at : at + 2])
            topics.append(metadata[at + 2 : end].decode())
            at = end
    except UnicodeDecodeError:
        return [otherwise]
    return topics if len(topics) == count and at <= len(metadata) else [otherwise]
