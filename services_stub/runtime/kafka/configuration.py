"""The configuration of producers and consumers, and the properties that users cannot change."""

from __future__ import annotations

import logging
from typing import Any

from services_stub.runtime.settings import Settings

_PROTECTED = ("enable.auto.commit", "enable.auto.offset.store", "acks", "enable.idempotence", "group.id")

_SHORT = 0.05
"""Seconds. Waiting for less would be one request after another: the embedded broker waits a moment by itself for those
who want more than a byte (`fetching.py`), and Apache Kafka does not."""

_log = logging.getLogger("kafka")


class UnsafeConfiguration(ValueError):
    """A property was given that the outbox and the inbox rely on; the text names it."""


def base(bootstrap_servers: str, extra: dict[str, str]) -> dict[str, Any]:
    """The properties of every client: addresses, time-outs and the user's own properties.

    Raises:
        UnsafeConfiguration: `extra` sets a property that must not be changed.
    """
    for name in _PROTECTED:
        if name in extra:
            raise UnsafeConfiguration(f"{name} is set by the marketplace and cannot be configured")
    return {
        "bootstrap.servers": bootstrap_servers,
        "logger": _log,
        "socket.nagle.disable": True,
        # Short ones: what waits for a broker shall go on as soon as it is back.
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 100,
        "retry.backoff.ms": 50,
        "retry.backoff.max.ms": 200,
        "topic.metadata.refresh.interval.ms": 60_000,
        "allow.auto.create.topics": False,
        **extra,
    }


def of_producer(settings: Settings, linger: float = 0.0) -> dict[str, Any]:
    """An idempotent producer that never gives a record up: the outbox holds what the broker has not taken.

    Records wait up to `linger` seconds for others of their partition.
    """
    return base(settings.bootstrap_servers, settings.kafka_config) | {
        "client.id": settings.instance,
        "enable.idempotence": True,
        "acks": "all",
        "compression.type": "lz4",
        "linger.ms": max(1, round(1000 * linger)),
        # Later than `ClusterIdentity`: the process ends before records for a lost log can reach the one in its place.
        "reconnect.backoff.ms": 250,
        "reconnect.backoff.max.ms": 300,
        "message.timeout.ms": 0,
        # What the broker does not take is in the outbox, and need not be in memory, too. There a record is 30 small
        # objects, and Python gives memory back only where a whole mebibyte of it is free.
        "queue.buffering.max.messages": 500,
        # Java's partitioner, so that a key lies in the same partition, no matter which client produces it.
        "partitioner": "murmur2_random",
    }


def of_consumer(settings: Settings, linger: float = 0.0) -> dict[str, Any]:
    """A consumer that commits by hand, after the database did. Records wait up to `linger` seconds for others."""
    short = linger < _SHORT
    return base(settings.bootstrap_servers, settings.kafka_config) | {
        "client.id": settings.instance,
        "group.id": settings.service,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "fetch.queue.backoff.ms": 10,
        "fetch.error.backoff.ms": 100,
        # What waits for a consumer that is behind is in memory, unpacked, and a response comes whole: keep both small.
        "queued.min.messages": 2000,
        "queued.max.messages.kbytes": 2048,
        "fetch.max.bytes": 1024 * 1024,
        # They wait at the broker, and so cost one response. Not until nothing more fits: what is behind shall not wait.
        "fetch.min.bytes": (2 if linger else 1) if short else 256 * 1024,
        "fetch.wait.max.ms": 500 if short else round(1000 * linger),
    }
