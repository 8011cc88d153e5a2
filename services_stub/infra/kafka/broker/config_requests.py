"""DescribeConfigs, AlterConfigs and IncrementalAlterConfigs (KIP-339): the configs of topics can be set."""

from __future__ import annotations

from typing import Any

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.cluster_requests import NODE
from services_stub.infra.kafka.broker.context import Context, Handler, Message
from services_stub.infra.kafka.broker.topic_configs import CONFIGS, LIST, described, described_node, problem
from services_stub.infra.kafka.broker.topics import Topics

_TOPIC, _NODE = 2, 4
"""Types of resources."""
_INCREMENTAL = 44


class ConfigRequests:
    """Carries out what clients ask of configs."""

    def __init__(self, topics: Topics) -> None:
        self.handlers: dict[int, Handler] = {32: self._describe, 33: self._alter, 44: self._alter}
        self._topics = topics

    def _describe(self, request: Message, _: Context) -> Message:
        results = []
        for asked in request["resources"]:
            kind, name = asked["resource_type"], asked["resource_name"]
            result = {"resource_type": kind, "resource_name": name, "error_code": errors.NONE, "configs": []}
            keys, synonyms = asked["configuration_keys"], request["include_synonyms"]
            if kind == _TOPIC and name in self._topics.by_name:
                result["configs"] = described(self._topics.by_name[name].config, keys, synonyms)
            elif kind == _NODE and name in ("", str(NODE)):
                result["configs"] = described_node(keys)
            else:
                result["error_code"] = errors.UNKNOWN_TOPIC_OR_PARTITION if kind == _TOPIC else errors.INVALID_REQUEST
            results.append(result)
        return {"results": results}

    def _alter(self, request: Message, context: Context) -> Message:
        responses = []
        for asked in request["resources"]:
            kind, name = asked["resource_type"], asked["resource_name"]
            error, message = errors.NONE, None
            if kind != _TOPIC:
                error, message = errors.INVALID_REQUEST, "The configs of topics alone can be set."
            elif name not in self._topics.by_name:
                error = errors.UNKNOWN_TOPIC_OR_PARTITION
            else:
                config = {change["name"]: change["value"] for change in asked["configs"]}
                if context.api_key == _INCREMENTAL:
                    config = _altered(self._topics.by_name[name].config, asked["configs"])
                if message := problem(config):
                    error = errors.INVALID_CONFIG
                elif not request["validate_only"]:
                    self._topics.configure(name, config)
            responses.append(
                {"error_code": error, "error_message": message, "resource_type": kind, "resource_name": name}
            )
        return {"responses": responses}


def _altered(config: dict[str, str], changes: list[Message]) -> dict[str, Any]:
    """The configs of a topic with changes; the value of one that cannot be is None."""
    altered: dict[str, Any] = dict(config)
    for change in changes:
        name, value = change["name"], change["value"]
        default, kind = CONFIGS.get(name, ("", LIST))
        entries = list(filter(None, altered.get(name, default).split(",")))
        match change["config_operation"]:
            case 0:  # set
                altered[name] = value
            case 1:  # delete
                altered.pop(name, None)
            case 2 if kind == LIST and value:  # append
                altered[name] = ",".join(dict.fromkeys([*entries, *value.split(",")]))
            case 3 if kind == LIST and value:  # subtract
                altered[name] = ",".join(entry for entry in entries if entry not in value.split(","))
            case _:
                altered[name] = None
    return altered
