"""The requests about topics and their logs, without a broker around them: they go through the codec, as bytes do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from services_stub.infra.kafka.broker.codec import decoder, encoded
from services_stub.infra.kafka.broker.config_requests import ConfigRequests
from services_stub.infra.kafka.broker.context import Context, Message
from services_stub.infra.kafka.broker.fetching import FetchRequests
from services_stub.infra.kafka.broker.log_requests import LogRequests
from services_stub.infra.kafka.broker.producing import ProduceRequests
from services_stub.infra.kafka.broker.topic_requests import TopicRequests
from services_stub.infra.kafka.broker.topics import Topics
from tests.folders import new_folder
from tests.unit.infra.broker.coordinator import FakeClock

PRODUCE, FETCH, LIST_OFFSETS, METADATA = 0, 1, 2, 3
CREATE_TOPICS, DELETE_TOPICS, DELETE_RECORDS, INIT_PRODUCER_ID, OFFSET_FOR_LEADER_EPOCH = 19, 20, 21, 22, 23
DESCRIBE_CONFIGS, ALTER_CONFIGS, CREATE_PARTITIONS, INCREMENTAL_ALTER_CONFIGS = 32, 33, 37, 44


class Node:
    """Topics and those who carry out requests about them."""

    def __init__(self, folder: Path | None = None) -> None:
        self.clock = FakeClock()
        self.topics = Topics(folder or new_folder(), now=self.clock.now)
        # Tests choose the ids of their producers.
        self.topics._gave = lambda producer_id: True  # type: ignore[method-assign]
        self.handlers = {
            **ProduceRequests(self.topics).handlers,
            **FetchRequests(self.topics, self.clock).handlers,
            **TopicRequests(self.topics).handlers,
            **LogRequests(self.topics).handlers,
            **ConfigRequests(self.topics).handlers,
        }

    def send(self, api_key: int, version: int, **message: Any) -> Sent:
        """Let a request be carried out, or begun."""
        data = encoded("request", api_key, version, message)
        request, _ = decoder("request", api_key, version)(data, 0, len(data))
        sent = Sent(api_key, version)
        response = self.handlers[api_key](request, sent.context)
        if response is not None:
            sent.answered(sent.context, response)
        return sent

    def ask(self, api_key: int, version: int, **message: Any) -> Message:
        """The response to a request that need not wait."""
        response = self.send(api_key, version, **message).response
        assert response is not None
        return response

    def produce(self, batch: bytes, topic: str = "t", partition: int = 0, acks: int = -1, version: int = 7) -> Message:
        """The answer about one batch."""
        data = [{"name": topic, "partition_data": [{"index": partition, "records": batch}]}]
        response = self.ask(PRODUCE, version, acks=acks, timeout_ms=1, topic_data=data)
        return cast(Message, response["responses"][0]["partition_responses"][0])


class Sent:
    """A request; its response, once it has come, and how often."""

    node: Message = {"host": "127.0.0.1", "port": 9092}

    def __init__(self, api_key: int, version: int) -> None:
        self.context = Context(self, api_key, version, 1, "client", "/127.0.0.1")
        self.response: Message | None = None
        self.plain: Message | None = None
        self.answers = 0
        self.told: tuple[int, set[Any]] = 0, set()

    def answered(self, context: Context, response: Message) -> None:
        data = encoded("response", context.api_key, context.version, response)
        self.response, _ = decoder("response", context.api_key, context.version)(data, 0, len(data))
        self.plain = response
        self.answers += 1

    def cut(self) -> None:
        raise AssertionError("nothing here cuts a connection")

    close = let_in = cut

    def interrupt(self) -> None:
        """The next request has come on the connection."""
        assert self.context.on_interrupt is not None
        self.context.on_interrupt()
