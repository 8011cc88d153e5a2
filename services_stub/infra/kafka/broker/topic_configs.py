"""The configs of a topic, by the names that Kafka gives them: defaults, and the values that the log works with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services_stub.infra.kafka.broker.context import Message

BOOLEAN, STRING, INT, LONG, DOUBLE, LIST = 1, 2, 3, 5, 6, 7
"""Types of configs as DescribeConfigs has them."""

_DAY_MS = 24 * 60 * 60 * 1000
_LARGEST = 2**63 - 1

CONFIGS: dict[str, tuple[str, int]] = {
    "cleanup.policy": ("delete", LIST),
    "compression.type": ("producer", STRING),
    "delete.retention.ms": (str(_DAY_MS), LONG),
    "file.delete.delay.ms": ("0", LONG),
    "flush.messages": (str(_LARGEST), LONG),
    "flush.ms": (str(_LARGEST), LONG),
    "index.interval.bytes": ("4096", INT),
    "max.compaction.lag.ms": (str(_LARGEST), LONG),
    "max.message.bytes": ("1048588", INT),
    "message.timestamp.after.max.ms": (str(_LARGEST), LONG),
    "message.timestamp.before.max.ms": (str(_LARGEST), LONG),
    "message.timestamp.type": ("CreateTime", STRING),
    "min.cleanable.dirty.ratio": ("0.5", DOUBLE),
    "min.compaction.lag.ms": ("0", LONG),
    "min.insync.replicas": ("1", INT),
    "preallocate": ("false", BOOLEAN),
    "retention.bytes": ("-1", LONG),
    "retention.ms": (str(7 * _DAY_MS), LONG),
    "segment.bytes": (str(64 * 1024 * 1024), INT),
    "segment.index.bytes": ("10485760", INT),
    "segment.jitter.ms": ("0", LONG),
    "segment.ms": (str(7 * _DAY_MS), LONG),
    "unclean.leader.election.enable": ("false", BOOLEAN),
}
"""Name, default and type. All can be set; of those that `Limits` does not have, one node has no use. A log with the
cleanup policy `compact` is kept as it is."""

DEFAULT_PARTITIONS = 1
_NODE_CONFIGS = {
    "auto.create.topics.enable": ("true", BOOLEAN),
    "default.replication.factor": ("1", INT),
    "num.partitions": (str(DEFAULT_PARTITIONS), INT),
}
_OF_TOPIC, _OF_DEFAULT = 1, 5
"""Where a value comes from (KIP-226)."""
_CHOICES = {
    "cleanup.policy": ("delete", "compact", "compact,delete", "delete,compact", ""),
    "compression.type": ("producer",),
    "message.timestamp.type": ("CreateTime", "LogAppendTime"),
}


@dataclass
class Limits:
    """The configs of a topic that its partitions heed; -1 is no limit."""

    max_message_bytes: int
    segment_bytes: int
    retention_bytes: int
    retention_ms: int
    log_append_time: bool
    fsync: bool

    @classmethod
    def of(cls, config: Mapping[str, str], fsync: bool = False) -> Limits:
        """The limits of the configs that were set, and of the defaults."""
        value = {name: config.get(name, default) for name, (default, _) in CONFIGS.items()}
        deletes = "delete" in value["cleanup.policy"]
        return cls(
            int(value["max.message.bytes"]),
            int(value["segment.bytes"]),
            int(value["retention.bytes"]) if deletes else -1,
            int(value["retention.ms"]) if deletes else -1,
            value["message.timestamp.type"] == "LogAppendTime",
            fsync or value["flush.messages"] == "1",
        )


def problem(config: Mapping[str, str | None]) -> str | None:
    """The reason why configs cannot be set, if there is one."""
    for name, value in config.items():
        if name not in CONFIGS:
            return f"Unknown topic config name: {name}"
        if value is None or not _fits(value, CONFIGS[name][1], _CHOICES.get(name)):
            return f"Invalid value {value} for configuration {name}"
    return None


def _fits(value: str, kind: int, choices: tuple[str, ...] | None) -> bool:
    if choices is not None:
        return value in choices
    if kind == BOOLEAN:
        return value in ("true", "false")
    try:
        return (float(value) if kind == DOUBLE else int(value)) >= -1
    except ValueError:
        return False


def described(config: Mapping[str, str], keys: Collection[str] | None, synonyms: bool) -> list[Message]:
    """The configs of a topic as DescribeConfigs has them, all or those of some names."""
    found = []
    for name, (default, kind) in CONFIGS.items():
        if keys is None or name in keys:
            values = [(config[name], _OF_TOPIC)] if name in config else []
            values.append((default, _OF_DEFAULT))
            part = _described(name, *values[0], kind)
            if synonyms:
                part["synonyms"] = [{"name": name, "value": value, "source": source} for value, source in values]
            found.append(part)
    return found


def described_node(keys: Collection[str] | None) -> list[Message]:
    """The configs of the node, which cannot be set."""
    return [
        _described(name, value, _OF_DEFAULT, kind) | {"read_only": True}
        for name, (value, kind) in _NODE_CONFIGS.items()
        if keys is None or name in keys
    ]


def _described(name: str, value: str, source: int, kind: int) -> Message:
    return {"name": name, "value": value, "config_source": source, "config_type": kind}
