"""FindCoordinator and DescribeCluster: the one node is the coordinator of every group, and the controller."""

from __future__ import annotations

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Context, Handler, Message

NODE = 1
"""The id of the node."""

_GROUP = 0
_SEVERAL_SINCE = 4
_BROKERS = 1
_EVERYTHING_UNKNOWN = -(2**31)


class ClusterRequests:
    """Carries out what clients ask of the cluster."""

    def __init__(self, cluster_id: str) -> None:
        self.handlers: dict[int, Handler] = {10: self._find_coordinator, 60: self._describe_cluster}
        self._cluster_id = cluster_id

    def _find_coordinator(self, request: Message, context: Context) -> Message:
        kind = request.get("key_type", _GROUP)
        if context.version < _SEVERAL_SINCE:
            return _coordinator(request["key"], kind, context)
        keys = request["coordinator_keys"]
        return {"coordinators": [{"key": key} | _coordinator(key, kind, context) for key in keys]}

    def _describe_cluster(self, request: Message, context: Context) -> Message:
        if request.get("endpoint_type", _BROKERS) != _BROKERS:
            return {"error_code": errors.INVALID_REQUEST, "error_message": "Controllers cannot be reached."}
        return {
            "cluster_id": self._cluster_id,
            "controller_id": NODE,
            "brokers": [{"broker_id": NODE, **context.connection.node}],
            "cluster_authorized_operations": _EVERYTHING_UNKNOWN,
        }


def _coordinator(key: str, kind: int, context: Context) -> Message:
    """Groups have one; there are no transactions (KIP-98) and no share groups (KIP-932)."""
    if kind == _GROUP and key:
        return {"error_code": errors.NONE, "node_id": NODE, **context.connection.node}
    error = errors.INVALID_REQUEST if key else errors.INVALID_GROUP_ID
    return {"error_code": error, "error_message": "There are coordinators of groups only.", "node_id": -1, "port": -1}
