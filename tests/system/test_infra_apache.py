"""Apache Kafka, started from its jars: ready for groups and transactions, and it keeps what it was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from services_stub.client.control import NotPossible
from services_stub.contracts.control import KillBroker, LoseUnflushed, StartBroker, StopBroker
from services_stub.contracts.control_faults import FullDisk, SlowRequests
from services_stub.contracts.topics import ALL_TOPICS
from tests.system.infra_run import Run, gone, kill, run
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
TOPIC = "order-created"


def settings(marketplace: Run, **more: Any) -> dict[str, Any]:
    return {"bootstrap.servers": marketplace.state().kafka.bootstrap_servers, "log_level": 0, **more}


def produce(marketplace: Run, value: bytes) -> None:
    producer = Producer(settings(marketplace, **{"enable.idempotence": True}))
    producer.produce(TOPIC, value, partition=0)
    assert producer.flush(30) == 0


def records(marketplace: Run) -> list[bytes | None]:
    consumer: Any = Consumer(settings(marketplace, **{"group.id": "reader"}))
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(TOPIC, 0), timeout=20)
        consumer.assign([TopicPartition(TOPIC, 0, 0)])
        return [message.value() for message in consumer.consume(end, timeout=20)]
    finally:
        consumer.close()


def test_apache_kafka_keeps_its_records_and_its_port(tmp_path: Path) -> None:
    with run(tmp_path, kafka="apache") as marketplace:
        first = marketplace.ready(180).state()
        topics = AdminClient(settings(marketplace)).list_topics(timeout=10).topics
        found = {name: len(topic.partitions) for name, topic in topics.items() if not name.startswith("__")}
        assert found == {topic.name: topic.partitions for topic in ALL_TOPICS}
        produce(marketplace, b"one")

        kill(marketplace.pid("kafka"))
        produce(marketplace, b"two")

        with pytest.raises(NotPossible, match="only the embedded broker"):
            marketplace.control.apply(SlowRequests(milliseconds=5))
        with pytest.raises(NotPossible, match="only the embedded broker"):
            marketplace.control.apply(FullDisk(service="kafka"))
        with pytest.raises(NotPossible, match="only the embedded broker"):
            marketplace.control.act(LoseUnflushed())
        marketplace.control.act(StopBroker())
        wait_for(lambda: not marketplace.pid("kafka"), what="the end of the broker")
        marketplace.control.act(StartBroker())
        produce(marketplace, b"three")
        family = marketplace.family()
        assert marketplace.end() == 0
        assert gone(family)

    with run(tmp_path, kafka="apache") as again:
        assert again.ready(60).state().kafka == first.kafka
        assert records(again) == [b"one", b"two", b"three"]
        with run(tmp_path / "guest", kafka=first.kafka.bootstrap_servers) as guest:
            assert guest.ready(60).state().kafka == msgspec.structs.replace(first.kafka, mode="external")
            with pytest.raises(NotPossible, match="not this marketplace's own"):
                guest.control.act(KillBroker())
