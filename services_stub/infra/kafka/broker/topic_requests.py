"""Metadata, CreateTopics, DeleteTopics and CreatePartitions: which topics there are, on the one node."""

from __future__ import annotations

from typing import Any

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.cluster_requests import NODE
from services_stub.infra.kafka.broker.context import Context, Handler, Message
from services_stub.infra.kafka.broker.records import LEADER_EPOCH
from services_stub.infra.kafka.broker.topic_configs import described, problem
from services_stub.infra.kafka.broker.topics import Topic, Topics, is_legal

_MOST_PARTITIONS = 10_000
"""Of one topic: each costs memory and, once it has records, a file that is open."""
_NO_ID = bytes(16)
_NAMELESS_SINCE = 12
_LEADER = {"leader_id": NODE, "leader_epoch": LEADER_EPOCH, "replica_nodes": [NODE], "isr_nodes": [NODE]}
"""Of every partition."""
_DEFAULT = -1
"""In place of a number of partitions or replicas."""


class TopicRequests:
    """Carries out what clients ask of topics."""

    def __init__(self, topics: Topics) -> None:
        self.handlers: dict[int, Handler] = {3: self._metadata, 19: self._create, 20: self._delete, 37: self._enlarge}
        self._topics = topics

    def _metadata(self, request: Message, context: Context) -> Message:
        asked = request["topics"]
        if asked is None or (context.version == 0 and not asked):
            found = [_metadata_of(topic) for topic in self._topics.by_name.values()]
        else:
            nameless = None if context.version >= _NAMELESS_SINCE else ""
            found = [self._find(topic, nameless) for topic in asked]
        node = {"node_id": NODE, **context.connection.node}
        return {"cluster_id": self._topics.cluster_id, "controller_id": NODE, "brokers": [node], "topics": found}

    def _find(self, asked: Message, nameless: str | None) -> Message:
        name, topic, error = asked["name"], *self._known(asked)
        if name is not None and not topic and not is_legal(name):
            error = errors.INVALID_TOPIC_EXCEPTION
        if topic:
            return _metadata_of(topic)
        shown = nameless if name is None else name
        return {"error_code": error, "name": shown, "topic_id": asked.get("topic_id", _NO_ID)}

    def _known(self, asked: Message) -> tuple[Topic | None, int]:
        """The topic of a name or, without one, of an id; and the error code where there is none."""
        if asked["name"] is not None:
            return self._topics.by_name.get(asked["name"]), errors.UNKNOWN_TOPIC_OR_PARTITION
        return self._topics.by_id.get(asked["topic_id"]), errors.UNKNOWN_TOPIC_ID

    def _create(self, request: Message, _: Context) -> Message:
        results = []
        for asked in request["topics"]:
            configs = {config["name"]: config["value"] for config in asked["configs"]}
            error, message = self._refusal(asked, configs)
            result: Message = {"name": asked["name"], "error_code": error, "error_message": message}
            if not error:
                count = len(asked["assignments"]) or max(asked["num_partitions"], 1)
                if not request["validate_only"]:
                    result["topic_id"] = self._topics.create(asked["name"], count, configs).id
                result |= {"num_partitions": count, "replication_factor": 1, "configs": described(configs)}
            results.append(result)
        return {"topics": results}

    def _refusal(self, asked: Message, configs: dict[str, Any]) -> tuple[int, str | None]:
        """The error code and text of a topic that cannot be created, or 0."""
        name, count, assignments = asked["name"], asked["num_partitions"], asked["assignments"]
        if not is_legal(name):
            return errors.INVALID_TOPIC_EXCEPTION, "A name has up to 249 of a-z, A-Z, 0-9, '.', '_' and '-'."
        if name in self._topics.by_name:
            return errors.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists."
        if assignments:
            assigned = {part["partition_index"]: part["broker_ids"] for part in assignments}
            if assigned != {number: [NODE] for number in range(len(assignments))}:
                return errors.INVALID_REPLICA_ASSIGNMENT, f"Partitions from 0 on are assigned to the broker {NODE}."
        elif count != _DEFAULT and not 1 <= count <= _MOST_PARTITIONS:
            return errors.INVALID_PARTITIONS, f"A topic has 1 to {_MOST_PARTITIONS} partitions."
        elif asked["replication_factor"] not in (_DEFAULT, 1):
            return errors.INVALID_REPLICATION_FACTOR, "There is one broker."
        wrong = problem(configs)
        return (errors.INVALID_CONFIG, wrong) if wrong else (errors.NONE, None)

    def _delete(self, request: Message, _: Context) -> Message:
        responses = []
        for asked in request.get("topics") or [{"name": name} for name in request.get("topic_names", ())]:
            topic, error = self._known(asked)
            if topic:
                asked = {"name": topic.name, "topic_id": topic.id}
                error = errors.INVALID_TOPIC_EXCEPTION if topic.is_internal else errors.NONE
            if not error:
                self._topics.delete(asked["name"])
            responses.append(asked | {"error_code": error})
        return {"responses": responses}

    def _enlarge(self, request: Message, _: Context) -> Message:
        results = []
        for asked in request["topics"]:
            topic = self._topics.by_name.get(asked["name"])
            error, message = _more_refused(topic, asked["count"], asked["assignments"])
            if not error and not request["validate_only"]:
                self._topics.ensure([(asked["name"], asked["count"], {})])
            results.append({"name": asked["name"], "error_code": error, "error_message": message})
        return {"results": results}


def _more_refused(topic: Topic | None, count: int, assignments: list[Message] | None) -> tuple[int, str | None]:
    """The error code and text where a topic cannot have so many partitions, or 0."""
    if topic is None:
        return errors.UNKNOWN_TOPIC_OR_PARTITION, "There is no such topic."
    if topic.is_internal:
        return errors.INVALID_TOPIC_EXCEPTION, "The topic is the broker's own."
    now = len(topic.partitions)
    if not now < count <= _MOST_PARTITIONS:
        return errors.INVALID_PARTITIONS, f"The topic has {now} partitions; it can have more, up to {_MOST_PARTITIONS}."
    if assignments is not None and [part["broker_ids"] for part in assignments] != [[NODE]] * (count - now):
        return errors.INVALID_REPLICA_ASSIGNMENT, f"Each new partition is assigned to the broker {NODE}."
    return errors.NONE, None


def _metadata_of(topic: Topic) -> Message:
    partitions = [{"partition_index": number, **_LEADER} for number in range(len(topic.partitions))]
    return {"name": topic.name, "topic_id": topic.id, "is_internal": topic.is_internal, "partitions": partitions}
