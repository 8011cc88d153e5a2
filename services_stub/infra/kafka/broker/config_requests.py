"""DescribeConfigs, AlterConfigs and IncrementalAlterConfigs (KIP-339): the configs of topics can be set."""

from __future__ import annotations

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.cluster_requests import NODE
from services_stub.infra.kafka.broker.context import Context, Handler, Message
from services_stub.infra.kafka.broker.topic_configs import CONFIGS, LIST, described, described_node, problem
from services_stub.infra.kafka.broker.topics import Topics

_TOPIC, _NODE = 2, 4
"""Types of resources."""
_SET, _DELETE, _APPEND, _SUBTRACT = range(4)
"""Operations of IncrementalAlterConfigs."""


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

    def _alter(self, request: Message, _: Context) -> Message:
        responses = []
        for asked in request["resources"]:
            kind, name = asked["resource_type"], asked["resource_name"]
            error, message = errors.NONE, None
            if kind != _TOPIC:
                error, message = errors.INVALID_REQUEST, "The configs of topics alone can be set."
            elif name not in self._topics.by_name:
                error = errors.UNKNOWN_TOPIC_OR_PARTITION
            else:
                config = _altered(self._topics.by_name[name].config, asked["configs"])
                if message := problem(config):
                    error = errors.INVALID_CONFIG
                elif not request["validate_only"]:
                    self._topics.configure(name, config)
            responses.append(
                {"error_code": error, "error_message": message, "resource_type": kind, "resource_name": name}
            )
        return {"responses": responses}


def _altered(config: dict[str, str], changes: list[Message]) -> dict[str, str]:
    """The configs of a topic with changes; those of AlterConfigs, which has no operations, take the place of all."""
    if not changes or "config_operation" not in changes[0]:
        return {change["name"]: change["value"] for change in changes}
    altered = dict(config)
    for change in changes:
        name, operation, value = change["name"], change["config_operation"], change["value"]
        default, kind = CONFIGS.get(name, ("", LIST))
        entries = altered.get(name, default).split(",")
        if operation == _DELETE:
            altered.pop(name, None)
        elif operation == _APPEND and kind == LIST:
            altered[name] = ",".join(dict.fromkeys([*filter(None, entries), *value.split(",")]))
        elif operation == _SUBTRACT and kind == LIST:
            altered[name] = ",".join(entry for entry in entries if entry not in value.split(","))
        else:
            altered[name] = value if operation == _SET else f"not a list: {value}"
    return altered
