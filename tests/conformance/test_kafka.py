"""Both brokers through one suite: what the marketplace and its readers rely on, with a real client."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import (
    OFFSET_BEGINNING,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    OffsetSpec,
    ResourceType,
)
from confluent_kafka.cimpl import NewPartitions, NewTopic

from tests.conformance.kafka_clients import (
    SECONDS,
    admin,
    consumer_of,
    done,
    new_topic,
    produce,
    read,
    settings,
    values_from,
)
from tests.conformance.kafkas import Kafka
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(autouse=True)
def each_database() -> None:
    """These tests have none."""


def test_records_are_read_in_order_from_any_offset(kafka: Kafka) -> None:
    topic = new_topic(kafka, 2)
    values = [b"%d" % number for number in range(500)]
    assert produce(kafka, topic, *values, partition=1) == list(range(500))
    assert produce(kafka, topic, b"other") == [0]
    for offset in (0, 1, 250, 499):
        assert values_from(kafka, topic, offset, 500 - offset, 1) == values[offset:]


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_a_record_is_read_as_it_was_written(kafka: Kafka, compression: str) -> None:
    topic = new_topic(kafka)
    producer = Producer(settings(kafka, compression_type=compression))
    headers: list[tuple[str, str | bytes | None]] = [("ce_id", b"\xff\x00"), ("none", None), ("ce_id", b"")]
    producer.produce(topic, b"v" * 5000, b"k", 0, timestamp=1_700_000_000_123, headers=headers)
    producer.produce(topic, None, None, 0)
    assert producer.flush(SECONDS) == 0
    consumer = consumer_of(kafka)
    consumer.assign([TopicPartition(topic, 0, 0)])
    first, second = read(consumer, 2)
    assert (first.key(), first.value(), first.timestamp()[1]) == (b"k", b"v" * 5000, 1_700_000_000_123)
    assert first.headers() == headers
    assert (second.key(), second.value(), second.headers()) == (None, None, None)
    consumer.close()


def test_a_consumer_that_waits_is_woken_by_a_record(kafka: Kafka) -> None:
    # Of one partition: librdkafka may ask for the first of several before it knows of the others.
    topic = new_topic(kafka)
    consumer = consumer_of(kafka, fetch_wait_max_ms=60_000, socket_timeout_ms=70_000)
    consumer.assign([TopicPartition(topic, 0, 0)])
    assert consumer.poll(0.3) is None
    for value in (b"1", b"2"):
        produce(kafka, topic, value)
        assert read(consumer, 1)[0].value() == value
    consumer.close()


def test_a_consumer_behind_the_log_begins_where_it_was_told_to(kafka: Kafka) -> None:
    topic = new_topic(kafka)
    produce(kafka, topic, b"1", b"2", b"3")
    deleted = done(admin(kafka).delete_records([TopicPartition(topic, 0, 2)]))
    assert deleted.low_watermark == 2
    consumer = consumer_of(kafka)
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=SECONDS) == (2, 3)
    consumer.assign([TopicPartition(topic, 0, 0)])
    assert [message.offset() for message in read(consumer, 1)] == [2]
    consumer.assign([TopicPartition(topic, 0, 99)])
    assert [message.offset() for message in read(consumer, 1)] == [2]
    consumer.close()
    strict = consumer_of(kafka, auto_offset_reset="error")
    strict.assign([TopicPartition(topic, 0, 99)])
    message = wait_for(lambda: strict.poll(0.1), seconds=SECONDS)
    assert message.error().code() == KafkaError._AUTO_OFFSET_RESET
    strict.close()


def test_offsets_are_found_by_time(kafka: Kafka) -> None:
    topic = new_topic(kafka)
    producer = Producer(settings(kafka))
    for number in range(5):
        producer.produce(topic, b"v", partition=0, timestamp=1000 * (number + 1))
        assert producer.flush(SECONDS) == 0
    consumer = consumer_of(kafka)
    asked = [TopicPartition(topic, 0, time) for time in (0, 1000, 2500, 5000)]
    found = [consumer.offsets_for_times([one], timeout=SECONDS)[0].offset for one in asked]
    assert found == [0, 0, 2, 4]
    assert consumer.offsets_for_times([TopicPartition(topic, 0, 5001)], timeout=SECONDS)[0].offset == -1
    consumer.close()
    spec_of: Any = OffsetSpec
    specs = [spec_of.earliest(), spec_of.latest(), spec_of.max_timestamp()]
    listed = [done(admin(kafka).list_offsets({TopicPartition(topic, 0): spec})).offset for spec in specs]
    assert listed == [0, 5, 4]


def test_offsets_of_a_consumer_without_a_group_are_kept_under_its_name(kafka: Kafka) -> None:
    topic = new_topic(kafka, 2)
    partitions = [TopicPartition(topic, number) for number in range(2)]
    consumer = consumer_of(kafka, "own")
    assert [one.offset for one in consumer.committed(partitions, timeout=SECONDS)] == [-1001, -1001]
    consumer.commit(offsets=[TopicPartition(topic, 1, 7, "note")], asynchronous=False)
    consumer.close()
    again = consumer_of(kafka, "own")
    assert [one.offset for one in again.committed(partitions, timeout=SECONDS)] == [-1001, 7]
    again.close()
    asked = ConsumerGroupTopicPartitions("own", [TopicPartition(topic, 1)])
    (found,) = done(admin(kafka).list_consumer_group_offsets([asked])).topic_partitions
    assert (found.offset, found.metadata) == (7, "note")


def subscribed(kafka: Kafka, group: str, topic: str, **more: Any) -> Any:
    times = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 200}
    consumer = consumer_of(kafka, group, **times, **more)
    consumer.subscribe([topic])
    return consumer


def state_of(kafka: Kafka, group: str) -> ConsumerGroupState:
    state: ConsumerGroupState = done(admin(kafka).describe_consumer_groups([group])).state
    return state


def shares(*consumers: Any) -> list[int]:
    for consumer in consumers:
        consumer.poll(0.05)
    return [len(consumer.assignment()) for consumer in consumers]


@pytest.mark.parametrize("strategy", ["range", "cooperative-sticky"])
def test_two_members_share_the_partitions_and_one_takes_over_from_the_other(kafka: Kafka, strategy: str) -> None:
    topic, group = new_topic(kafka, 4), f"pair-{strategy}"
    chosen = {"partition_assignment_strategy": strategy}
    one, two = subscribed(kafka, group, topic, **chosen), subscribed(kafka, group, topic, **chosen)
    wait_for(lambda: shares(one, two) == [2, 2], seconds=SECONDS, what="a share for each")
    described = done(admin(kafka).describe_consumer_groups([group]))
    assert (described.state, len(described.members)) == (ConsumerGroupState.STABLE, 2)
    listed = admin(kafka).list_consumer_groups().result(SECONDS).valid
    assert group in {each.group_id for each in listed}
    two.close()
    wait_for(lambda: shares(one) == [4], seconds=SECONDS, what="all for the one that stayed")
    produce(kafka, topic, b"x", partition=3)
    (message,) = read(one, 1)
    one.commit(message, asynchronous=False)
    with pytest.raises(KafkaException):
        done(admin(kafka).delete_consumer_groups([group]))
    one.close()
    wait_for(lambda: state_of(kafka, group) == ConsumerGroupState.EMPTY, seconds=SECONDS, what="an empty group")
    done(admin(kafka).delete_consumer_groups([group]))
    assert group not in {each.group_id for each in admin(kafka).list_consumer_groups().result(SECONDS).valid}


def partitions_of(kafka: Kafka, topic: str) -> int:
    return len(admin(kafka).list_topics(topic, timeout=SECONDS).topics[topic].partitions)


def test_topics_are_created_enlarged_and_deleted(kafka: Kafka) -> None:
    topic = new_topic(kafka, 2)
    with pytest.raises(KafkaException) as exists:
        done(admin(kafka).create_topics([NewTopic(topic, 1)]))
    assert exists.value.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
    with pytest.raises(KafkaException) as illegal:
        done(admin(kafka).create_topics([NewTopic("no topic!", 1)]))
    assert illegal.value.args[0].code() == KafkaError.TOPIC_EXCEPTION
    produce(kafka, topic, b"x")
    done(admin(kafka).create_partitions([NewPartitions(topic, 5)]))
    wait_for(lambda: partitions_of(kafka, topic) == 5, seconds=SECONDS, what="five partitions")
    assert produce(kafka, topic, b"y", partition=4) == [0]
    done(admin(kafka).delete_topics([topic]))
    wait_for(lambda: topic not in admin(kafka).list_topics(timeout=SECONDS).topics, seconds=SECONDS, what="its end")


def retention_of(kafka: Kafka, topic: str) -> str:
    described = done(admin(kafka).describe_configs([ConfigResource(ResourceType.TOPIC, topic)]))
    return str(described["retention.ms"].value)


def test_configs_are_described_and_changed(kafka: Kafka) -> None:
    topic = new_topic(kafka, retention_ms="123456789")
    assert retention_of(kafka, topic) == "123456789"
    entry = ConfigEntry("retention.ms", "987654321", incremental_operation=AlterConfigOpType.SET)
    resource: Any = ConfigResource
    done(admin(kafka).incremental_alter_configs([resource(ResourceType.TOPIC, topic, incremental_configs=[entry])]))
    wait_for(lambda: retention_of(kafka, topic) == "987654321", seconds=SECONDS, what="the change")


def test_what_cannot_be_written_is_told_to_its_producer(kafka: Kafka) -> None:
    topic = new_topic(kafka)
    errors: list[int] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        errors.append(error.code() if error else 0)

    producer = Producer(settings(kafka, message_max_bytes=20_000_000, topic_metadata_propagation_max_ms=500))
    producer.produce(topic, b"x" * 1_100_000, partition=0, on_delivery=delivered)
    assert producer.flush(SECONDS) == 0
    producer.produce("missing", b"x", partition=0, on_delivery=delivered)
    assert producer.flush(SECONDS) == 0
    assert errors[0] == KafkaError.MSG_SIZE_TOO_LARGE
    assert errors[1] in (KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)


def test_nothing_is_lost_or_doubled_when_the_broker_is_killed(kafka: Kafka) -> None:
    topic = new_topic(kafka)
    identity = admin(kafka).list_topics(timeout=SECONDS).cluster_id
    consumer = consumer_of(kafka, "survivor")
    consumer.commit(offsets=[TopicPartition(topic, 0, 5)], asynchronous=False)
    delivered: list[bytes | None] = []
    producer = Producer(settings(kafka, enable_idempotence=True, acks="all", message_timeout_ms=0))
    values = [b"%d" % number for number in range(600)]
    for number, value in enumerate(values):
        producer.produce(topic, value, partition=0, on_delivery=lambda _, message: delivered.append(message.value()))
        producer.poll(0)
        if number == 200:
            assert producer.flush(SECONDS) == 0
        if number == 400:
            kafka.kill()
        if number == 500:
            kafka.start()
    assert producer.flush(60) == 0
    assert delivered == values
    assert values_from(kafka, topic, OFFSET_BEGINNING, 600) == values
    kafka.end()
    kafka.start()
    assert values_from(kafka, topic, OFFSET_BEGINNING, 600) == values
    assert produce(kafka, topic, b"next") == [600]
    assert admin(kafka).list_topics(timeout=SECONDS).cluster_id == identity
    assert [one.offset for one in consumer.committed([TopicPartition(topic, 0)], timeout=SECONDS)] == [5]
    consumer.close()
