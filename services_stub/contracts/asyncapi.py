"""All topics as one AsyncAPI 3.0 document, derived from the event classes and the list of topics.

Sources: AsyncAPI 3.0.0 and its Kafka bindings 0.5.0.
"""

from __future__ import annotations

import msgspec

from services_stub.contracts.base import Event, title_of
from services_stub.contracts.envelope import CONTENT_TYPE, SCHEMA_BASE, SENT_AGAIN_TO, event_type
from services_stub.contracts.events import HopsReported, owner_of
from services_stub.contracts.schemas import COMPONENTS, PUBLISHED, Document, component_schemas
from services_stub.contracts.topics import (
    ALL_TOPICS,
    BUSINESS_TOPICS,
    DEAD_LETTER_SUFFIX,
    DEAD_LETTER_TOPICS,
    Topic,
)

TITLE = "Marketplace"
VERSION = "1.0.0"

_KAFKA_BINDING = "0.5.0"
_ENVELOPE_SCHEMA = "CloudEventsHeaders"
_DEAD_LETTER_SCHEMA = "DeadLetterHeaders"
_TRACEPARENT = "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"

ENVELOPE_HEADERS: dict[str, Document] = {
    "ce_specversion": {"type": "string", "const": "1.0", "description": "The version of CloudEvents."},
    "ce_id": {"type": "string", "minLength": 1, "description": "Names the event; a duplicate carries the same."},
    "ce_type": {"type": "string", "minLength": 1, "description": "What happened, with the version of its schema."},
    "ce_source": {"type": "string", "minLength": 1, "description": "Which service says so."},
    "ce_time": {"type": "string", "format": "date-time", "description": "When it happened, RFC 3339 in UTC."},
    "ce_subject": {"type": "string", "description": "The id of what it happened to: the key of the record."},
    "ce_dataschema": {"type": "string", "format": "uri-reference", "description": "The JSON Schema of the value."},
    "content-type": {"type": "string", "const": CONTENT_TYPE, "description": "The format of the value."},
    "ce_correlationid": {"type": "string", "description": "The business flow; for a purchase the order id."},
    "ce_causationid": {"type": "string", "description": "The event or request that caused this one."},
    "traceparent": {"type": "string", "pattern": _TRACEPARENT, "description": "The W3C trace context."},
}
"""The headers of every event, in the order in which they are written."""

SENT_AGAIN_HEADERS: dict[str, Document] = {
    SENT_AGAIN_TO: {
        "type": "string",
        "description": "The last header of a record that was sent again as a dead letter: the group that had given it "
        "up. For all others the event is a repeated one.",
    },
}
"""Headers that an event has only sometimes."""

DEAD_LETTER_HEADERS: dict[str, Document] = {
    "dlq_group": {"type": "string", "description": "The consumer group that could not handle the record."},
    "dlq_error": {"type": "string", "description": "Why not."},
    "dlq_attempt": {"type": "string", "pattern": "^[0-9]+$", "description": "How often it was tried."},
    "dlq_topic": {"type": "string", "description": "The topic that the record came from."},
    "dlq_partition": {"type": "string", "pattern": "^[0-9]+$", "description": "Its partition there."},
    "dlq_offset": {"type": "string", "pattern": "^[0-9]+$", "description": "Its offset there."},
}
"""The headers that a dead letter carries beside its own."""

CUT_HEADERS: dict[str, Document] = {
    "dlq_value_size": {"type": "string", "pattern": "^[0-9]+$", "description": "The size of a value that was cut."},
    "dlq_value_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "The SHA-256 of all of it."},
    "dlq_key_size": {"type": "string", "pattern": "^[0-9]+$", "description": "The size of a key that was cut."},
    "dlq_key_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "The SHA-256 of all of it."},
    "dlq_headers_cut": {"type": "string", "description": "The headers that were cut or left out, with their sizes."},
}
"""Further headers of a dead letter whose record was too large to be copied whole."""


def asyncapi() -> Document:
    """The AsyncAPI document of all topics: events, dead letters and hop reports."""
    by_topic = {event.topic: event for event in PUBLISHED}
    channels = {topic.name: _channel(topic, by_topic.get(topic.name)) for topic in ALL_TOPICS}
    messages = {event.__name__: _message(event) for event in PUBLISHED}
    for topic in BUSINESS_TOPICS:
        messages[_dead_letter_name(topic.name)] = _dead_letter_message(by_topic[topic.name])
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"{TITLE}: events",
            "version": VERSION,
            "description": "Every topic of the marketplace. Values are JSON; the envelope is CloudEvents 1.0 in "
            "Kafka's binary mode. Within a version only optional fields are added, and readers ignore what they do not "
            "know.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"kafka": _server()},
        "channels": channels,
        "operations": _operations(),
        "components": {"messages": messages, "schemas": _component_schemas()},
    }


def _server() -> Document:
    return {
        "host": "{bootstrapServers}",
        "protocol": "kafka",
        "description": "The brokers; `marketplace status --json` names them.",
        "variables": {"bootstrapServers": {"default": "127.0.0.1:9092", "description": "A broker's host and port."}},
    }


def _channel(topic: Topic, event: type[Event] | None) -> Document:
    name = event.__name__ if event else _dead_letter_name(topic.name.removesuffix(DEAD_LETTER_SUFFIX))
    description = event.__doc__ if event else "Records that a consumer group could not handle, as they came."
    return {
        "address": topic.name,
        "title": title_of(event) if event else f"Dead letters of {topic.name.removesuffix(DEAD_LETTER_SUFFIX)}",
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": topic.retention_ms},
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _message(event: type[Event]) -> Document:
    fixed = {
        "ce_type": {"const": event_type(event)},
        "ce_dataschema": {"const": f"{SCHEMA_BASE}/{event.schema_name()}.json"},
    }
    enveloped = {
        "headers": {"allOf": [_schema_reference(_ENVELOPE_SCHEMA), {"type": "object", "properties": fixed}]},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
    }
    return {
        "name": event_type(event),
        "title": title_of(event),
        "summary": event.__doc__,
        "contentType": CONTENT_TYPE,
        # Hop reports tell of events and are none, so they have no envelope.
        **({} if event is HopsReported else enveloped),
        "payload": _schema_reference(event.__name__),
        "tags": [{"name": owner_of(event)}],
        "bindings": {"kafka": {"key": _key_schema(event), "bindingVersion": _KAFKA_BINDING}},
    }


def _dead_letter_message(event: type[Event]) -> Document:
    return {
        "name": f"{event.topic}{DEAD_LETTER_SUFFIX}",
        "title": f"Dead letter of {event.topic}",
        "summary": "The record as it came: key, value and headers, whatever they are.",
        "headers": _schema_reference(_DEAD_LETTER_SCHEMA),
        "payload": {"description": f"Meant to be the value of {event.topic}; it may be anything."},
    }


def _key_schema(event: type[Event]) -> Document:
    field = msgspec.structs.fields(event)
    name = next(entry.encode_name for entry in field if entry.name == event.key)
    return {"type": "string", "description": f"`{name}`, so that the events of one aggregate stay in order."}


def _operations() -> Document:
    operations: Document = {}
    for event in PUBLISHED:
        operations[f"publish-{event.topic}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{event.topic}"},
            "title": f"Publish {event.topic}",
            "summary": f"{owner_of(event).capitalize()} publishes {event.topic}.",
            "tags": [{"name": owner_of(event)}],
            "messages": [{"$ref": f"#/channels/{event.topic}/messages/{event.__name__}"}],
        }
    for topic in DEAD_LETTER_TOPICS:
        reference = f"#/channels/{topic.name}"
        name = _dead_letter_name(topic.name.removesuffix(DEAD_LETTER_SUFFIX))
        operations[f"publish-{topic.name}"] = {
            "action": "send",
            "channel": {"$ref": reference},
            "title": f"Give up a record of {topic.name.removesuffix(DEAD_LETTER_SUFFIX)}",
            "messages": [{"$ref": f"{reference}/messages/{name}"}],
        }
    return operations


def _component_schemas() -> Document:
    envelope = {
        "type": "object",
        "properties": ENVELOPE_HEADERS | SENT_AGAIN_HEADERS,
        "required": list(ENVELOPE_HEADERS),
    }
    dead_letter = {
        "type": "object",
        "properties": DEAD_LETTER_HEADERS | CUT_HEADERS,
        "required": list(DEAD_LETTER_HEADERS),
    }
    return {_ENVELOPE_SCHEMA: envelope, _DEAD_LETTER_SCHEMA: dead_letter, **component_schemas(PUBLISHED)}


def _schema_reference(name: str) -> Document:
    return {"$ref": COMPONENTS + name}


def _dead_letter_name(topic: str) -> str:
    words = "".join(word.capitalize() for word in topic.split("-"))
    return f"{words}DeadLetter"
