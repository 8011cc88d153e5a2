"""aiokafka as a command: `list|create|produce|consume|member|lag ADDRESS TOPIC GROUP`."""

from __future__ import annotations

import asyncio
import contextlib
import sys

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

_, ability, address, topic, group = sys.argv
SERVER = {"bootstrap_servers": address}
MEMBER = {**SERVER, "group_id": group, "auto_offset_reset": "earliest", "session_timeout_ms": 6000}


async def admin() -> None:
    """List, create or configure."""
    client = AIOKafkaAdminClient(**SERVER)
    await client.start()
    if ability == "list":
        print(*await client.list_topics())
    elif ability == "create":
        await client.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])
    else:
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.ms": "3600000"})])
    await client.close()


async def produce() -> None:
    """Send each line of the input, by an idempotent producer."""
    async with aiokafka.AIOKafkaProducer(**SERVER, enable_idempotence=True) as producer:
        for line in sys.stdin.read().split():
            await producer.send_and_wait(topic, line.encode())


async def consume() -> None:
    """Print all values, and end after the last; a member of a group goes on."""
    others = {"heartbeat_interval_ms": 500} if ability == "member" else {"group_id": None}
    async with aiokafka.AIOKafkaConsumer(topic, **{**MEMBER, **others}) as consumer:
        with contextlib.suppress(TimeoutError):
            while True:
                record = await asyncio.wait_for(consumer.getone(), None if ability == "member" else 5)
                print(record.value.decode(), flush=True)


async def lag() -> None:
    """Print the records that the group has not read."""
    async with aiokafka.AIOKafkaConsumer(topic, **MEMBER) as consumer:
        places = [aiokafka.TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        ends = await consumer.end_offsets(places)
        print(sum([ends[place] - (await consumer.committed(place) or 0) for place in places]))


asyncio.run({"produce": produce, "consume": consume, "member": consume, "lag": lag}.get(ability, admin)())
