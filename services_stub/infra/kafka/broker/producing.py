"""Produce and InitProducerId (KIP-98): records come into the log; the answer says that they are written."""

from __future__ import annotations

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import NO_RESPONSE, Context, Handler, Message
from services_stub.infra.kafka.broker.records import Buffer
from services_stub.infra.kafka.broker.topics import Topic, Topics


class ProduceRequests:
    """Carries out the requests of producers."""

    def __init__(self, topics: Topics) -> None:
        self.handlers: dict[int, Handler] = {0: self._produce, 22: self._init_producer_id}
        self._topics = topics

    def _produce(self, request: Message, _: Context) -> Message:
        acks = request["acks"]
        refused = errors.NONE if -1 <= acks <= 1 else errors.INVALID_REQUIRED_ACKS
        responses = []
        for asked in request["topic_data"]:
            topic = self._topics.by_name.get(asked["name"])
            parts = [_append(topic, part["index"], part["records"], refused) for part in asked["partition_data"]]
            responses.append({"name": asked["name"], "partition_responses": parts})
        return {"responses": responses} if acks else NO_RESPONSE

    def _init_producer_id(self, request: Message, _: Context) -> Message:
        """A new id each time (KIP-360 bumps epochs of transactional producers alone); transactions there are none."""
        if request["transactional_id"] is not None:
            return {"error_code": errors.UNSUPPORTED_VERSION, "producer_id": -1, "producer_epoch": -1}
        return {"error_code": errors.NONE, "producer_id": self._topics.producer_id(), "producer_epoch": 0}


def _append(topic: Topic | None, index: int, batch: Buffer | None, refused: int) -> Message:
    if topic is None or not 0 <= index < len(topic.partitions):
        refused = refused or errors.UNKNOWN_TOPIC_OR_PARTITION
    elif topic.is_internal:
        refused = refused or errors.INVALID_TOPIC_EXCEPTION
    if topic is None or refused:
        return {"index": index, "error_code": refused, "base_offset": -1}
    partition = topic.partitions[index]
    error, offset = partition.append(batch or b"")
    return {"index": index, "error_code": error, "base_offset": offset, "log_start_offset": partition.start}
