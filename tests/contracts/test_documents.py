"""The exported documents are valid by public rules, agree with the records they describe, and are up to date."""

from __future__ import annotations

import copy
import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from jsonschema.validators import validator_for

from services_stub.contracts.asyncapi import (
    DEAD_LETTER_HEADERS,
    ENVELOPE_HEADERS,
    asyncapi,
)
from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import OrderCreated, owner_of
from services_stub.contracts.schemas import PUBLISHED, event_schema, event_schemas
from services_stub.contracts.topics import ALL_TOPICS
from services_stub.runtime.dead_letters import dead_letter
from services_stub.runtime.kafka.records import Record
from tests.contracts.samples import HOPS, SAMPLES, envelope_of, golden

VENDOR = Path(__file__).parent / "vendor"
ALL = (*SAMPLES, HOPS)


@functools.cache
def _asyncapi_validator() -> Any:
    schema = json.loads((VENDOR / "asyncapi-3.0.0.json").read_text(encoding="utf-8"))
    return validator_for(schema)(schema)


def _on_the_wire(document: dict[str, Any]) -> Any:
    return json.loads(encode_json(document))


def _validate(instance: Any, schema: dict[str, Any], components: dict[str, Any]) -> None:
    whole = {"$schema": "http://json-schema.org/draft-07/schema#", "allOf": [schema], "components": components}
    jsonschema.Draft7Validator(whole, format_checker=jsonschema.FormatChecker()).validate(instance)


def test_the_asyncapi_document_is_valid_by_the_official_schema() -> None:
    errors = [
        f"{error.json_path}: {error.message}" for error in _asyncapi_validator().iter_errors(_on_the_wire(asyncapi()))
    ]
    assert errors == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("asyncapi",), "2.6.0"),
        (("info",), {}),
        (("channels", "order-created", "bindings", "kafka", "partitions"), 0),
        (("operations", "publish-order-created", "action"), "publish"),
        (("components", "messages", "OrderCreated", "correlationId"), {"location": "somewhere"}),
        (("components", "schemas", "OrderCreated", "type"), "thing"),
    ],
)
def test_the_official_schema_finds_mistakes(path: tuple[str, ...], value: Any) -> None:
    document = copy.deepcopy(_on_the_wire(asyncapi()))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not _asyncapi_validator().is_valid(document)


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    document = _on_the_wire(asyncapi())
    for reference in _references(document):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_topic_is_a_channel_with_its_partitions_and_retention() -> None:
    channels = asyncapi()["channels"]
    assert list(channels) == [topic.name for topic in ALL_TOPICS]
    for topic in ALL_TOPICS:
        binding = channels[topic.name]["bindings"]["kafka"]
        assert (binding["partitions"], binding["topicConfiguration"]["retention.ms"]) == (
            topic.partitions,
            topic.retention_ms,
        )


def test_the_owner_of_an_event_is_the_service_that_publishes_it() -> None:
    owners = {event.topic: owner_of(event) for event in PUBLISHED}
    assert owners["user-created"] == owners["seller-blocked"] == "auth"
    assert owners["order-updated"] == "order"
    assert owners["payment-refunded"] == "payment"
    assert owners["trace-hops"] == "every service"


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.schema_name())
def test_samples_are_valid_by_their_schema(event: Event) -> None:
    schema = _on_the_wire(event_schema(type(event)))
    jsonschema.Draft202012Validator.check_schema(schema)
    value = json.loads(golden(type(event)).wire_value())
    jsonschema.Draft202012Validator(schema).validate(value)
    for field in schema["required"]:
        broken = {name: member for name, member in value.items() if name != field}
        assert not jsonschema.Draft202012Validator(schema).is_valid(broken)


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.schema_name())
def test_samples_are_valid_by_the_asyncapi_document(event: Event) -> None:
    document = _on_the_wire(asyncapi())
    message = document["components"]["messages"][type(event).__name__]
    sample = golden(type(event))
    _validate(json.loads(sample.wire_value()), message["payload"], document["components"])
    _validate(sample.headers, message["headers"], document["components"])
    with pytest.raises(jsonschema.ValidationError):
        _validate(sample.headers | {"ce_type": "another"}, message["headers"], document["components"])


def test_the_documented_headers_are_the_headers_that_are_written() -> None:
    assert [name for name, _ in envelope_of(SAMPLES[0]).headers()] == list(ENVELOPE_HEADERS)


def test_the_documented_headers_of_dead_letters_are_the_ones_that_are_written() -> None:
    record = Record("order-created", 3, 14, b"key", b"not json", [], 0)
    row = dead_letter(record, group="payment", reason="not JSON", attempt=1)
    headers = {name: value.decode() for name, value in row.headers}
    assert list(headers) == list(DEAD_LETTER_HEADERS)
    components = _on_the_wire(asyncapi())["components"]
    _validate(headers, components["messages"]["OrderCreatedDeadLetter"]["headers"], components)


def test_amounts_are_numbers_in_every_schema() -> None:
    assert "decimal" not in json.dumps([*event_schemas().values()])
    properties = event_schema(OrderCreated)["properties"]
    assert properties["amount"]["type"] == "number"
    assert properties["status"] == {"$ref": "#/$defs/OrderStatus"}


def test_schemas_are_named_by_topic_and_version() -> None:
    schemas = event_schemas()
    assert set(schemas) == {f"{event.topic}.v1" for event in ALL}
    for name, schema in schemas.items():
        assert schema["$id"] == f"/schemas/{name}.json"
        assert msgspec.json.decode(encode_json(schema))["$id"] == schema["$id"]


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [reference for entry in node for reference in _references(entry)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [reference for entry in node.values() for reference in _references(entry)]
