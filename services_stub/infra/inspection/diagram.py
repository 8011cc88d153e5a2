"""Draws which service calls which over HTTP, and the topics between them, from what services and contracts declare."""

from __future__ import annotations

import importlib
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from services_stub.contracts.events import EVENTS, owner_of
from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.services import GATEWAY, SERVICES, module_of
from services_stub.runtime.peers import EVERY_PEER, KEYS_OF
from services_stub.runtime.service import Service

COLUMNS = 80

_CLIENTS, _ALL = "clients", "all services"
_KEYS = "the keys that verify tokens"
_PLACE = re.compile(
    r"^(<!-- marketplace diagram --format (text|mermaid) -->\n```\w+\n).*?^```$", re.MULTILINE | re.DOTALL
)
"""A fenced block that shows the diagram."""


class Topology(msgspec.Struct, frozen=True):
    """The peers of each service that calls some, and the topics of each that publishes, with their consumers."""

    calls: dict[str, list[str]]
    topics: dict[str, dict[str, list[str]]]


def topology(services: Sequence[Service]) -> Topology:
    """The topology that services declare. An event is published by the service in whose contracts it stands."""
    names = [service.name for service in services]
    calls = {service.name: _peers_of(service, names) for service in services if service.calls}
    topics: dict[str, dict[str, list[str]]] = {}
    for name in names:
        published = [event for event in EVENTS if owner_of(event) == name]
        if published:
            topics[name] = {
                event.topic: [reader.name for reader in services if event in (*reader.events(), *reader.follows)]
                for event in published
            }
    return Topology(calls, topics)


def declared() -> Topology:
    """The topology of the marketplace."""
    return topology([importlib.import_module(module_of(name)).SERVICE for name in SERVICES])


def draw(kind: str) -> str:
    """The diagram of the marketplace, as `text` of at most 80 columns or as `mermaid`."""
    return as_text(declared()) if kind == "text" else as_mermaid(declared())


def update(files: Iterable[Path]) -> None:
    """Renew the diagrams in Markdown files: the fenced blocks behind `<!-- marketplace diagram --format ... -->`.

    Raises:
        CannotStart: a file cannot be read or written.
    """
    for file in files:
        try:
            file.write_text(renewed(file.read_text(encoding="utf-8")), encoding="utf-8")
        except OSError as error:
            raise CannotStart(f"{file} cannot be renewed: {error.strerror}.") from error


def renewed(markdown: str) -> str:
    """The Markdown with its diagrams drawn anew."""
    return _PLACE.sub(lambda found: f"{found[1]}{draw(found[2])}```", markdown)


def as_text(drawn: Topology) -> str:
    """The topology as text: the calls over HTTP, then each topic between its publisher and its consumers."""
    calls = {_CLIENTS: [GATEWAY], **{name: drawn.calls[name] for name in _gateway_first(drawn.calls)}}
    width = max(map(len, (*calls, _ALL, *drawn.topics)))
    lines = [" HTTP"]
    for name, peers in calls.items():
        lines += _wrapped(f" {_line(name, width)}─► ", peers)
    lines += [f" {_line(_ALL, width)}─► {KEYS_OF}, for {_KEYS}", "", " Kafka"]
    widest = max(len(topic) for topics in drawn.topics.values() for topic in topics)
    for name, topics in drawn.topics.items():
        for place, (topic, consumers) in enumerate(topics.items()):
            left = f" {_line(name, width)}" if place == 0 else " " * (width + 2)
            head = f"{left}{_branch(place, len(topics))}► "
            below = " " * (width + 2) + ("│" if place < len(topics) - 1 else " ")
            lines += _wrapped(f"{head}{_line(topic, widest)}─► ", consumers, below) if consumers else [head + topic]
    return "\n".join(lines) + "\n"


def as_mermaid(drawn: Topology) -> str:
    """The topology as a Mermaid flowchart: services are boxes, topics cylinders, calls solid and records dotted."""
    calls = {_CLIENTS: [GATEWAY], **{name: drawn.calls[name] for name in _gateway_first(drawn.calls)}}
    lines = ["flowchart LR", f"    {_CLIENTS}([{_CLIENTS}])"]
    lines += [f"    {name} --> {' & '.join(peers)}" for name, peers in calls.items()]
    for name, topics in drawn.topics.items():
        for topic, consumers in topics.items():
            node = f"topic_{topic.replace('-', '_')}"
            lines.append(f"    {name} -.-> {node}[({topic})]")
            if consumers:
                lines.append(f"    {node} -.-> {' & '.join(consumers)}")
    return "\n".join(lines) + "\n"


def _peers_of(service: Service, names: Sequence[str]) -> list[str]:
    everyone = tuple(service.calls) == EVERY_PEER
    return [name for name in names if name != service.name and (everyone or name in service.calls)]


def _gateway_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: name != GATEWAY)


def _line(name: str, width: int) -> str:
    return f"{name} ".ljust(width + 1, "─")


def _branch(place: int, of: int) -> str:
    if of == 1:
        return "──"
    return "┬─" if place == 0 else "└─" if place == of - 1 else "├─"


def _wrapped(head: str, names: Sequence[str], below: str = "") -> list[str]:
    """`head` and the names behind it, over several lines, which begin with `below`, where one is too short."""
    indent = below.ljust(len(head))
    text = ", ".join(names)
    return textwrap.wrap(text, COLUMNS, initial_indent=head, subsequent_indent=indent, break_on_hyphens=False)
