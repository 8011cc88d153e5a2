"""Responses that have an error wherever one fits, and the topics and groups that a request is about.

Both go by the message definitions, so that they hold for every kind of request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from services_stub.infra.kafka.broker.context import Message
from services_stub.infra.kafka.broker.definitions import Field, definitions, within

_TOPICS = ("topics", "topic_data")
_TOPIC_NAMES = ("name", "topic", "topic_id")
_PARTITIONS = ("partitions", "partition_data", "partition_indexes")
_PARTITION_NUMBERS = ("partition_index", "partition", "index")


def refusal(request: Message, api_key: int, version: int, error_code: int) -> Message:
    """The response in which everything that was asked for failed with this error."""
    return _mirrored(definitions()["response", api_key].fields, request, version, error_code)


def places(request: Message) -> Iterator[tuple[str | bytes | None, int | None]]:
    """The topics (name or id) and partitions of a request; a topic that is named without partitions has None."""
    for topic in _first(request, _TOPICS) or ():
        if not isinstance(topic, dict):
            yield topic, None
            continue
        name, partitions = _first(topic, _TOPIC_NAMES), _first(topic, _PARTITIONS)
        for partition in partitions or (None,):
            number = _first(partition, _PARTITION_NUMBERS) if isinstance(partition, dict) else partition
            yield name, number


def groups(request: Message) -> Iterable[str]:
    """The consumer groups of a request."""
    if "group_id" in request:
        return (request["group_id"],)
    listed = _first(request, ("groups", "groups_names", "coordinator_keys")) or ()
    return [item["group_id"] if isinstance(item, dict) else item for item in listed] or [request.get("key", "")]


def _mirrored(fields: tuple[Field, ...], source: Message, version: int, error_code: int) -> Message:
    """The answer to a structure of the request: fields of the same name, and an element for each of its first list."""
    listed: list[Any] = next((value for value in source.values() if isinstance(value, list)), [])
    made: Message = {}
    for field in fields:
        if not within(version, field.versions):
            continue
        if field.name == "error_code":
            made[field.name] = error_code
        elif field.type == "[]struct":
            if _can_fail(field):
                made[field.name] = [_element(field, item, version, error_code) for item in listed]
        elif field.name in _PARTITION_NUMBERS:
            made[field.name] = _first(source, _PARTITION_NUMBERS)
        elif field.name in source:
            made[field.name] = source[field.name]
    return made


def _element(field: Field, item: Any, version: int, error_code: int) -> Message:
    if not isinstance(item, dict):
        kind = "string" if isinstance(item, str) else "int32"
        item = {next(inner.name for inner in field.fields if inner.type == kind): item}
    return _mirrored(field.fields, item, version, error_code)


def _can_fail(field: Field) -> bool:
    return any(inner.name == "error_code" or _can_fail(inner) for inner in field.fields)


def _first(source: Message, names: tuple[str, ...]) -> Any:
    return next((source[name] for name in names if name in source), None)
