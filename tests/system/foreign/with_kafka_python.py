"""kafka-python as a command: `list|create|configure|produce|consume|member|lag ADDRESS TOPIC GROUP`."""

from __future__ import annotations

import sys

import kafka
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

_, ability, address, topic, group = sys.argv
server = {"bootstrap_servers": address}
member = {**server, "group_id": group, "auto_offset_reset": "earliest", "session_timeout_ms": 6000}

if ability == "list":
    print(*KafkaAdminClient(**server).list_topics())
elif ability == "create":
    KafkaAdminClient(**server).create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])
elif ability == "configure":
    changed = ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "3600000"})
    KafkaAdminClient(**server).alter_configs([changed])
elif ability == "produce":
    producer = kafka.KafkaProducer(**server, acks="all", compression_type="gzip")
    for line in sys.stdin:
        producer.send(topic, line.strip().encode()).get(30)
elif ability == "consume":
    for record in kafka.KafkaConsumer(topic, **server, auto_offset_reset="earliest", consumer_timeout_ms=5000):
        print(record.value.decode())
elif ability == "member":
    for record in kafka.KafkaConsumer(topic, **member, heartbeat_interval_ms=500):
        print(record.value.decode(), flush=True)
elif ability == "lag":
    consumer = kafka.KafkaConsumer(**member)
    places = [kafka.TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    ends = consumer.end_offsets(places)
    print(sum(ends[place] - (consumer.committed(place) or 0) for place in places))
