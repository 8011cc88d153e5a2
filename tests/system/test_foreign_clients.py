"""Clients of other projects, unchanged, on the embedded broker: what each of them can do is what the document says.

`UPDATE_GOLDENS=1` writes it there.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource  # type: ignore[attr-defined]
from confluent_kafka.cimpl import NewTopic

from tests.conformance.kafkas import Kafka, embedded
from tests.system.foreign import table
from tests.system.foreign.clients import CLIENTS, Client
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_SECONDS = 60
VALUES = ["one", "two", "three"]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The embedded broker, without a marketplace."""
    with embedded(tmp_path_factory.mktemp("broker")) as running:
        yield running


class Trial:
    """One client, and all that it is asked to do. Each ability raises an AssertionError where it is not there."""

    def __init__(self, client: Client, address: str, folder: Path) -> None:
        self.client = client
        self.address = address
        self.folder = folder
        self.admin = AdminClient({"bootstrap.servers": address})
        self.group = ""

    def row(self) -> str:
        """Ask for everything that it offers: the line of the table."""
        results = dict.fromkeys(self.client.abilities, "yes")
        for ability in self.client.abilities:
            self.group = f"group-{uuid.uuid4()}"
            try:
                getattr(self, f"try_{ability}")()
            except (AssertionError, subprocess.SubprocessError) as error:
                results[ability] = f"no: {' '.join(str(error).split())[-300:]}"
        if "member" in results:
            results["survivor"] = results["member"]
        return table.row(self.client.name, results)

    def try_list(self) -> None:
        topic = self._topic()
        assert topic in self._run("list", topic)

    def try_create(self) -> None:
        topic = f"topic-{uuid.uuid4()}"
        self._run("create", topic)
        assert len(self.admin.list_topics(timeout=_SECONDS).topics[topic].partitions) == 2

    def try_configure(self) -> None:
        topic = self._topic()
        self._run("configure", topic)
        described = self.admin.describe_configs([ConfigResource("topic", topic)])
        (future,) = described.values()
        assert future.result(_SECONDS)["retention.ms"].value == "3600000"

    def try_produce(self) -> None:
        topic = self._topic()
        self._run("produce", topic, "\n".join(VALUES) + "\n")
        found = self._values(topic, len(VALUES))
        assert sorted(found) in (sorted(VALUES), ["0", "1", "2"]) or [len(value) for value in found] == [100] * 3

    def try_consume(self) -> None:
        topic = self._topic()
        self._produce(topic, VALUES)
        assert self._missing(self._run("consume", topic), VALUES) == []

    def try_member(self) -> None:
        """Two members of a group share the partitions; when one is killed, the other gets all."""
        topic = self._topic()
        with self._running(topic) as (first, first_output), self._running(topic) as (_, second_output):
            wait_for(lambda: self._partitions() == [2, 2], seconds=_SECONDS, what="a group of two")
            sent = [f"both-{number}-" for number in range(4)]
            self._produce(topic, sent)
            outputs = (first_output, second_output)
            wait_for(lambda: not self._missing("".join(map(Path.read_text, outputs)), sent), what="the records")
            assert all(len(self._missing(output.read_text(), sent)) == 2 for output in outputs)
            os.killpg(first.pid, signal.SIGKILL)
            wait_for(lambda: self._partitions() == [4], seconds=_SECONDS, what="a group of the one that is left")
            sent = [f"left-{number}-" for number in range(4)]
            self._produce(topic, sent)
            wait_for(lambda: not self._missing(second_output.read_text(), sent), what="the records of all partitions")

    def try_lag(self) -> None:
        topic = self._topic()
        self._produce(topic, VALUES * 2)
        offsets = [TopicPartition(topic, number, 1 if number == 0 else 0) for number in range(4)]
        changed = self.admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(self.group, offsets)])
        assert all(each.error is None for each in changed[self.group].result(_SECONDS).topic_partitions)
        said = self._run("lag", topic)
        # The one of Apache Kafka shows a table; the lag is its sixth column.
        of_partitions = re.findall(rf"^{self.group}\s+{topic}\s+\d+\s+\d+\s+\d+\s+(\d+)", said, re.MULTILINE)
        assert (sum(map(int, of_partitions)) if of_partitions else int(said)) == 5

    def _topic(self) -> str:
        topic = f"topic-{uuid.uuid4()}"
        self.admin.create_topics([NewTopic(topic, 4)])[topic].result(_SECONDS)
        return topic

    def _run(self, ability: str, topic: str, said: str = "") -> str:
        command = self.client.command(ability, self.address, topic, self.group)
        done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=_SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextlib.contextmanager
    def _running(self, topic: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
        """A member of the group, in a process group of its own, and the file of what it prints."""
        output = self.folder / f"{uuid.uuid4()}.txt"
        with output.open("wb") as file:
            command = self.client.command("member", self.address, topic, self.group)
            process = subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            yield process, output
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(_SECONDS)

    def _partitions(self) -> list[int]:
        """How many partitions each member of the group has."""
        described = self.admin.describe_consumer_groups([self.group])[self.group].result(_SECONDS)
        return [len(member.assignment.topic_partitions) for member in described.members if member.assignment]

    def _produce(self, topic: str, values: list[str]) -> None:
        producer = Producer({"bootstrap.servers": self.address})
        for number, value in enumerate(values):
            producer.produce(topic, value, partition=number % 4)
        assert producer.flush(_SECONDS) == 0

    def _values(self, topic: str, count: int) -> list[str]:
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": "reader", "enable.auto.commit": False})
        consumer.assign([TopicPartition(topic, number, 0) for number in range(4)])
        found: list[str] = []
        while len(found) < count:
            message = consumer.poll(_SECONDS)
            assert message is not None, f"{len(found)} records came, not {count}"
            found.append((message.value() or b"").decode())
        consumer.close()
        return found

    def _missing(self, text: str, values: list[str]) -> list[str]:
        return [value for value in values if value not in text]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_client_can_do_what_the_document_says(client: Client, broker: Kafka, tmp_path: Path) -> None:
    row = Trial(client, broker.address, tmp_path).row()
    if os.environ.get("UPDATE_GOLDENS") == "1":
        table.keep(client.name, row, [each.name for each in CLIENTS])
    assert row == table.kept_row(client.name), "what it can do has changed; UPDATE_GOLDENS=1 keeps it anew"


def test_the_document_tells_of_all_clients() -> None:
    assert all(table.kept_row(client.name) for client in CLIENTS)
