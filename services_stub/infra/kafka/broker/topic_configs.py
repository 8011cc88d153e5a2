"""The configs of a topic, by the names that Kafka gives them: defaults, and the values that the log works with."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services_stub.infra.kafka.broker.context import Message

STRING, INT, LONG, LIST = 2, 3, 5, 7
"""Types of configs as DescribeConfigs has them."""

_DAY_MS = 24 * 60 * 60 * 1000
_LARGEST = 2**63 - 1
_NUMBER = re.compile(r"-1|[0-9]{1,19}")
_POLICIES = ("delete", "compact", "compact,delete", "delete,compact", "")

CONFIGS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "cleanup.policy": ("delete", LIST, _POLICIES),
    "compression.type": ("producer", STRING, ("producer",)),
    "delete.retention.ms": (str(_DAY_MS), LONG, ()),
    "flush.messages": (str(_LARGEST), LONG, ()),
    "flush.ms": (str(_LARGEST), LONG, ()),
    "max.message.bytes": ("1048588", INT, ()),
    "message.timestamp.type": ("CreateTime", STRING, ("CreateTime",)),
    "min.insync.replicas": ("1", INT, ()),
    "retention.bytes": ("-1", LONG, ()),
    "retention.ms": (str(7 * _DAY_MS), LONG, ()),
    "segment.bytes": (str(64 * 1024 * 1024), INT, ()),
}
"""Name, default, type and, where it is not any number from -1 on, the values that there are. All can be set; of those
that `Limits` does not have, one node has no use. A log with the cleanup policy `compact` is kept as it is."""

_OF_TOPIC, _OF_DEFAULT = 1, 5
"""Where a value comes from (KIP-226)."""


@dataclass
class Limits:
    """The configs of a topic that its partitions heed; -1 is no limit."""

    max_message_bytes: int
    segment_bytes: int
    retention_bytes: int
    retention_ms: int
    fsync: bool

    @classmethod
    def of(cls, config: Mapping[str, str]) -> Limits:
        """The limits of the configs that were set, and of the defaults."""
        value = {name: config.get(name, default) for name, (default, _, _) in CONFIGS.items()}
        deletes = "delete" in value["cleanup.policy"]
        return cls(
            int(value["max.message.bytes"]),
            int(value["segment.bytes"]),
            int(value["retention.bytes"]) if deletes else -1,
            int(value["retention.ms"]) if deletes else -1,
            value["flush.messages"] == "1",
        )


def problem(config: Mapping[str, str | None]) -> str | None:
    """The reason why configs cannot be set, if there is one."""
    for name, value in config.items():
        if name not in CONFIGS:
            return f"Unknown topic config name: {name}"
        choices = CONFIGS[name][2]
        if value is None or not (value in choices if choices else _NUMBER.fullmatch(value)):
            return f"Invalid value {value} for configuration {name}"
    return None


def described(config: Mapping[str, str], keys: Collection[str] | None = None, synonyms: bool = False) -> list[Message]:
    """The configs of a topic as DescribeConfigs has them, all or those of some names."""
    found = []
    for name, (default, kind, _) in CONFIGS.items():
        if keys is None or name in keys:
            values = [(config[name], _OF_TOPIC)] if name in config else []
            known = [
                {"name": name, "value": value, "source": source, "config_source": source, "config_type": kind}
                for value, source in [*values, (default, _OF_DEFAULT)]
            ]
            found.append({**known[0], "synonyms": known if synonyms else []})
    return found
