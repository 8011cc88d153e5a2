"""Makes a cluster ready: reach it, create and check its topics, wake it up."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]
from confluent_kafka.cimpl import NewTopic

from services_stub.contracts.topics import Topic
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka import configuration

_PROBE_TOPIC = "trace-hops"


def wait_ready(bootstrap_servers: str, config: dict[str, str], timeout: float) -> None:
    """Return once the cluster answers.

    Raises:
        Unavailable: it does not within `timeout` seconds; the text says what was tried.
    """
    errors: list[str] = []
    settings = configuration.base(bootstrap_servers, config) | {"error_cb": lambda error: errors.append(error.str())}
    admin = AdminClient(settings)
    deadline = time.monotonic() + timeout
    while True:
        try:
            admin.list_topics(timeout=max(0.1, min(1.0, deadline - time.monotonic())))
            return
        except KafkaException as error:
            admin.poll(0)
            if time.monotonic() >= deadline:
                reason = errors[-1] if errors else str(error.args[0])
                raise Unavailable(f"no Kafka broker answers at {bootstrap_servers}: {reason}") from error


def ensure_topics(bootstrap_servers: str, config: dict[str, str], topics: Iterable[Topic], timeout: float) -> list[str]:
    """Create the topics that are missing; what differs from ours in those that exist is returned, a line each.

    Raises:
        Unavailable: the cluster refuses or does not answer.
    """
    wanted = list(topics)
    admin = AdminClient(configuration.base(bootstrap_servers, config))
    try:
        existing = admin.list_topics(timeout=timeout).topics
        missing = [topic for topic in wanted if topic.name not in existing]
        if missing:
            _create(admin, missing, timeout)
        return _differences(admin, [topic for topic in wanted if topic.name in existing], existing, timeout)
    except KafkaException as error:
        raise Unavailable(f"Kafka at {bootstrap_servers}: {error.args[0]}") from error
    except TimeoutError as error:
        raise Unavailable(f"Kafka at {bootstrap_servers} does not answer what it is asked about topics") from error


def warm_up(bootstrap_servers: str, config: dict[str, str], timeout: float) -> None:
    """Make the broker elect its coordinators: the first group and the first idempotent producer wait for that.

    Raises:
        Unavailable: it does not within `timeout` seconds, or does not know the topics yet.
    """
    settings = configuration.base(bootstrap_servers, config)
    consumer: Any = Consumer(settings | {"group.id": "warm-up", "enable.auto.commit": False})
    producer = Producer(settings | {"enable.idempotence": True})
    try:
        consumer.committed(_partitions(consumer, timeout), timeout=timeout)
        producer.produce(_PROBE_TOPIC, b'{"group":"warm-up","instance":"warm-up","hops":[]}', b"warm-up")
        if producer.flush(timeout):
            raise Unavailable(f"Kafka at {bootstrap_servers} does not take records")
    except (KafkaException, KeyError) as error:  # a topic is created a moment before the metadata have it
        raise Unavailable(f"Kafka at {bootstrap_servers}: {error.args[0]}") from error
    finally:
        consumer.close()


def _partitions(consumer: Any, timeout: float) -> list[Any]:

    return [
        TopicPartition(_PROBE_TOPIC, n) for n in consumer.list_topics(timeout=timeout).topics[_PROBE_TOPIC].partitions
    ]


def _create(admin: AdminClient, missing: list[Topic], timeout: float) -> None:
    new = [NewTopic(t.name, t.partitions, config={"retention.ms": str(t.retention_ms)}) for t in missing]
    for name, created in admin.create_topics(new, operation_timeout=timeout).items():
        try:
            created.result(timeout)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise Unavailable(f"Kafka: topic {name} cannot be created: {error.args[0].str()}") from error


def _differences(admin: AdminClient, topics: list[Topic], existing: dict[str, Any], timeout: float) -> list[str]:
    found = [
        f"topic {topic.name} has {len(existing[topic.name].partitions)} partitions, not {topic.partitions}"
        for topic in topics
        if len(existing[topic.name].partitions) != topic.partitions
    ]
    resources = [ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics]
    retention = {topic.name: str(topic.retention_ms) for topic in topics}
    if not resources:
        return found
    for resource, described in admin.describe_configs(resources, request_timeout=timeout).items():
        value = described.result(timeout)["retention.ms"].value
        if value != retention[resource.name]:
            found.append(f"topic {resource.name} has retention.ms {value}, not {retention[resource.name]}")
    return found
