"""A member of a consumer group, and what it says in its requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from services_stub.infra.kafka.broker.context import Cancellable, Context, Message


@dataclass(slots=True)
class Member:
    """A consumer in a group. Time-outs are in milliseconds.

    `protocols` are the assignors that it knows, the preferred one first, each with the metadata that it gives for it.
    `waiting` is its request that waits: a JoinGroup while the group prepares a rebalance, a SyncGroup after that.
    """

    id: str
    instance_id: str | None
    client_id: str = ""
    client_host: str = ""
    session_ms: int = 0
    rebalance_ms: int = 0
    protocols: dict[str, bytes] = field(default_factory=dict)
    assignment: bytes = b""
    is_synced: bool = True
    waiting: Context | None = None
    session: Cancellable | None = None

    def take(self, request: Message, protocols: dict[str, bytes], context: Context) -> None:
        """Be as a JoinGroup says; version 0 has one time-out for both."""
        self.client_id, self.client_host, self.protocols = context.client_id or "", context.client_host, protocols
        self.session_ms, self.rebalance_ms = request["session_timeout_ms"], request.get("rebalance_timeout_ms", -1)
        if self.rebalance_ms < 0:
            self.rebalance_ms = self.session_ms

    def described(self, protocol: str | None) -> Message:
        """The member by the names of JoinGroup, of DescribeGroups and of the log; without a protocol no metadata."""
        metadata = self.protocols.get(protocol or "", b"")
        return {
            "member_id": self.id,
            "group_instance_id": self.instance_id,
            "client_id": self.client_id,
            "client_host": self.client_host,
            "session_timeout": self.session_ms,
            "rebalance_timeout": self.rebalance_ms,
            "metadata": metadata,
            "member_metadata": metadata,
            "subscription": metadata,
            "member_assignment": self.assignment,
            "assignment": self.assignment,
        }


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
