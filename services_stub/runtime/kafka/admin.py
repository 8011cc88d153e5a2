"""Tells one cluster from another: a broker that lost its log comes back as another one."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from services_stub.contracts.topics import TRACE_HOPS
from services_stub.runtime.kafka import configuration
from services_stub.runtime.kafka.isolation import noticed, raised

ClientError = KafkaException
"""An error of the client library, for those who do not know it."""


class ClusterIdentity:
    """Tells when the cluster behind the address is no longer the one that it was, for example after it lost its log.

    It asks for one topic alone: a cluster may have thousands.
    """

    def __init__(self, bootstrap_servers: str, config: dict[str, str]) -> None:
        properties = configuration.base(bootstrap_servers, config) | noticed(raised)
        self._admin = AdminClient(properties | {"error_cb": lambda _error: None})

    def wait(self, timeout: float) -> None:
        """Wait for `timeout` seconds, less where the connection to the broker is lost meanwhile.

        Raises:
            NoBrokerLeft: it will not answer any more.
        """
        self._admin.poll(timeout)

    def read(self, timeout: float) -> str | None:
        """The cluster's id; None while it does not answer."""
        try:
            return self._admin.list_topics(TRACE_HOPS, timeout=timeout).cluster_id or ""
        except KafkaException:
            return None
