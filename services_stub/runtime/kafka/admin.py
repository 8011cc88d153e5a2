"""Tells one cluster from another, and one life of a broker that keeps nothing from the next."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from services_stub.contracts.topics import TRACE_HOPS, is_run_topic
from services_stub.runtime.kafka import configuration


class ClusterIdentity:
    """Tells when the cluster behind the address is no longer the one that it was, for example after it lost its log.

    A broker without a disk marks each of its lives by a run topic. Where the first look finds none, there never is one,
    and later looks ask for one topic alone: a cluster may have thousands.
    """

    def __init__(self, bootstrap_servers: str, config: dict[str, str]) -> None:
        self._admin = AdminClient(configuration.base(bootstrap_servers, config) | {"error_cb": lambda _error: None})
        self._has_run_topic: bool | None = None

    def wait(self, timeout: float) -> None:
        """Wait for `timeout` seconds, less where the connection to the broker is lost meanwhile."""
        self._admin.poll(timeout)

    def read(self, timeout: float) -> str | None:
        """The cluster's id, with its run topic if it has one; None while it does not answer."""
        try:
            asked = (TRACE_HOPS,) if self._has_run_topic is False else ()
            metadata = self._admin.list_topics(*asked, timeout=timeout)
        except KafkaException:
            return None
        run_topics = sorted(filter(is_run_topic, metadata.topics))
        self._has_run_topic = bool(run_topics) if self._has_run_topic is None else self._has_run_topic
        return "/".join([metadata.cluster_id or "", *run_topics])
