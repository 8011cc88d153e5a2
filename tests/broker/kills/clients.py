"""The topic of the run, its groups, and the settings of all clients."""

from __future__ import annotations

from typing import Any

TOPIC = "kills"
PARTITIONS = 12
GROUPS = {
    "eager": {"partition.assignment.strategy": "range,roundrobin"},
    "cooperative": {"partition.assignment.strategy": "cooperative-sticky"},
    "static": {"partition.assignment.strategy": "range,roundrobin"},
}
"""The groups, one for each way in which members take their place. Those of `static` have a name of their own."""

_SESSION_MS = 6_000
_HEARTBEAT_MS = 500


def settings(address: str) -> dict[str, Any]:
    """Those of every client: it comes back quickly, and does not say that the broker was away."""
    return {
        "bootstrap.servers": address,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 200,
        "socket.timeout.ms": 10_000,
        "log_level": 0,
    }


def settings_of_member(address: str, group: str, name: str) -> dict[str, Any]:
    """Those of a consumer in a group; `name` is the same for the process that takes its place."""
    member = {"group.instance.id": name} if group == "static" else {}
    return {
        **settings(address),
        **GROUPS[group],
        **member,
        "group.id": group,
        "session.timeout.ms": _SESSION_MS,
        "heartbeat.interval.ms": _HEARTBEAT_MS,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
    }
