"""DescribeConfigs, AlterConfigs and IncrementalAlterConfigs (KIP-339): topics have configs, and the node has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.cluster_requests import NODE
from services_stub.infra.kafka.broker.context import Context, Handler, Message
from services_stub.infra.kafka.broker.topic_configs import described, problem
from services_stub.infra.kafka.broker.topics import Topic, Topics

_TOPIC, _NODE = 2, 4
"""Types of resources."""
_INCREMENTAL = 44
_SET, _DELETE = 0, 1


class ConfigRequests:
    """Carries out what clients ask of configs."""

    def __init__(self, topics: Topics) -> None:
        self.handlers: dict[int, Handler] = {32: self._describe, 33: self._alter, 44: self._alter}
        self._topics = topics

    def _describe(self, request: Message, _: Context) -> Message:
        def answer(topic: Topic, asked: Message) -> Message:
            return {"configs": described(topic.config, asked["configuration_keys"], request["include_synonyms"])}

        return {"results": self._each(request, answer, errors.NONE)}

    def _alter(self, request: Message, context: Context) -> Message:
        def answer(topic: Topic, asked: Message) -> Message:
            config = {change["name"]: change["value"] for change in asked["configs"]}
            if context.api_key == _INCREMENTAL:
                config = _altered(topic.config, asked["configs"])
            if message := problem(config):
                return {"error_code": errors.INVALID_CONFIG, "error_message": message}
            if not request["validate_only"]:
                self._topics.configure(topic.name, config)
            return {}

        return {"responses": self._each(request, answer, errors.INVALID_REQUEST)}

    def _each(self, request: Message, answer: Callable[[Topic, Message], Message], node: int) -> list[Message]:
        """The answers about all resources of a request; `node` is the error code of the node."""
        answers = []
        for asked in request["resources"]:
            kind, name = asked["resource_type"], asked["resource_name"]
            found: Message = {"error_code": errors.INVALID_REQUEST}
            if kind == _TOPIC:
                topic = self._topics.by_name.get(name)
                found = answer(topic, asked) if topic else {"error_code": errors.UNKNOWN_TOPIC_OR_PARTITION}
            elif kind == _NODE and name in ("", str(NODE)):
                found = {"error_code": node}
            answers.append({"resource_type": kind, "resource_name": name, "error_message": None} | found)
        return answers


def _altered(config: dict[str, str], changes: list[Message]) -> dict[str, Any]:
    """The configs of a topic with changes; the value of one that cannot be is None."""
    altered: dict[str, Any] = dict(config)
    for change in changes:
        if change["config_operation"] == _DELETE:
            altered.pop(change["name"], None)
        else:  # no config that a client appends to or subtracts from has more than one entry
            altered[change["name"]] = change["value"] if change["config_operation"] == _SET else None
    return altered
