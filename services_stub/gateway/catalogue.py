"""The pages for people: the event catalogue, made from the contracts, and the files of the page that shows OpenAPI.

Nothing on them comes from another host, and their policy allows nothing else.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from services_stub.contracts.asyncapi import DEAD_LETTER_HEADERS, ENVELOPE_HEADERS, SENT_AGAIN_HEADERS
from services_stub.contracts.base import Event, title_of
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import SCHEMA_BASE, event_type
from services_stub.contracts.events import owner_of
from services_stub.contracts.examples import example_of
from services_stub.contracts.schemas import PUBLISHED, Document, component_schemas, event_schema
from services_stub.contracts.topics import ALL_TOPICS, DEAD_LETTER_SUFFIX, Topic
from services_stub.gateway.gathering import Gathering

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
"""The headers of every page and of its files."""

_FOLDER = Path(__file__).parent / "pages"
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
_DAY_MS = 24 * 60 * 60 * 1000
_UNKNOWN = "unknown: not every service answers"

Consumers = Mapping[str, Sequence[str]]


@functools.cache
def docs_page() -> bytes:
    """The page that shows the OpenAPI document."""
    return (_FOLDER / "docs.html").read_bytes()


@functools.cache
def page_files() -> Mapping[str, tuple[bytes, str]]:
    """The files of the pages by their names, each with its media type."""
    return {
        path.name: (path.read_bytes(), _MEDIA_TYPES[path.suffix])
        for path in _FOLDER.iterdir()
        if path.suffix in _MEDIA_TYPES
    }


async def consumers_of(gathering: Gathering, services: Iterable[str]) -> tuple[Consumers, bool]:
    """The services that read each topic, as they say themselves, and whether all of them answered."""
    names = sorted(services)
    answers = await asyncio.gather(*(gathering.part(name, "/internal/topics", list[str]) for name in names))
    found: dict[str, list[str]] = {}
    for name, topics in zip(names, answers, strict=True):
        for topic in topics or ():
            found.setdefault(topic, []).append(name)
    return found, not gathering.missing


def catalogue_page(consumers: Consumers, *, whole: bool) -> bytes:
    """The event catalogue. `whole`: every service said what it reads."""
    by_topic = {event.topic: event for event in PUBLISHED}
    topics = [topic for topic in ALL_TOPICS if topic.name in by_topic]
    links = " ".join(f'<a href="#{topic.name}">{topic.name}</a>' for topic in topics)
    sections = "".join(_section(topic, by_topic[topic.name], consumers, whole=whole) for topic in topics)
    dead = sum(topic.name.endswith(DEAD_LETTER_SUFFIX) for topic in ALL_TOPICS)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Marketplace: events</title>'
        '<link rel="stylesheet" href="/docs/pages.css"><h1>Marketplace: events</h1>'
        f"<p>{len(topics)} topics, each with one kind of event. Values are JSON, the envelope is CloudEvents 1.0 in "
        "the headers. Within a version only optional fields are added, and readers ignore what they do not know. "
        '<a href="/asyncapi.json">AsyncAPI</a> · <a href="/docs">HTTP API</a></p>'
        f"<nav>{links}</nav>{sections}"
        f'<h2 id="envelope">Headers of every event</h2>{_headers(ENVELOPE_HEADERS)}'
        f"<p>And sometimes:</p>{_headers(SENT_AGAIN_HEADERS)}"
        f'<h2 id="dead-letters">Dead letters</h2><p>{dead} topics named <code>&lt;topic&gt;{DEAD_LETTER_SUFFIX}</code> '
        "take the records that a consumer cannot handle, as they came, with these headers beside their own:</p>"
        f"{_headers(DEAD_LETTER_HEADERS)}</html>"
    ).encode()


def _section(topic: Topic, event: type[Event], consumers: Consumers, *, whole: bool) -> str:
    schema = event_schema(event)
    readers = ", ".join(consumers.get(topic.name, ())) or ("none" if whole else "")
    facts = {
        "Topic": f"{topic.partitions} partitions, kept {_kept(topic)}, key <code>{escape(_key(event))}</code>",
        "Published by": escape(owner_of(event)),
        "Read by": escape("; ".join(filter(None, (readers, "" if whole else _UNKNOWN)))),
        "Type": f"<code>{escape(event_type(event))}</code>",
        "Schema": f'<a href="{SCHEMA_BASE}/{event.schema_name()}.json">{escape(event.schema_name())}</a>',
    }
    terms = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts.items())
    example = msgspec.json.format(encode_json(example_of(event)), indent=2).decode()
    return (
        f'<h2 id="{topic.name}">{topic.name}</h2><p>{_text(event.__doc__ or title_of(event))}</p><dl>{terms}</dl>'
        f"<h3>Fields</h3>{_fields(schema)}{_nested(event)}"
        f"<details><summary>Example</summary><pre>{escape(example)}</pre></details>"
    )


def _fields(schema: Document) -> str:
    required = schema.get("required", [])
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(field))}</td>"
        f'<td class="dim">{"required" if name in required else _default(field)}</td></tr>'
        for name, field in schema.get("properties", {}).items()
    )
    return f"<table>{rows}</table>"


def _nested(event: type[Event]) -> str:
    """The objects and enumerations that the fields name."""
    named = {name: schema for name, schema in component_schemas([event]).items() if name != event.__name__}
    return "".join(
        f'<details><summary>{escape(name)}</summary><p class="dim">{_text(schema.get("description", ""))}</p>'
        + (_fields(schema) if "properties" in schema else f"<p>{escape(', '.join(map(str, schema['enum'])))}</p>")
        + "</details>"
        for name, schema in named.items()
    )


def _kind(field: Document) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(map(_kind, field["anyOf"]))
    if field.get("type") == "array":
        return f"list of {_kind(field['items'])}"
    return str(field.get("type", "anything"))


def _default(field: Document) -> str:
    if "default" not in field:
        return ""
    default: Any = field["default"]
    return f"default <code>{escape(msgspec.json.encode(default).decode())}</code>"


def _headers(headers: Mapping[str, Document]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(schema['description'])}</td></tr>"
        for name, schema in headers.items()
    )
    return f"<table>{rows}</table>"


def _key(event: type[Event]) -> str:
    return next(field.encode_name for field in msgspec.structs.fields(event) if field.name == event.key)


def _kept(topic: Topic) -> str:
    return "for ever" if topic.retention_ms < 0 else f"{topic.retention_ms // _DAY_MS} days"


def _text(text: str) -> str:
    """A docstring as text, with its words in backquotes as code."""
    parts = escape(" ".join(text.split())).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
