"""JSON Schemas of events and HTTP bodies, derived from their classes so that they cannot say anything else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

import msgspec

from services_stub.contracts import http
from services_stub.contracts.base import Body, Event, Request, title_of
from services_stub.contracts.envelope import SCHEMA_BASE
from services_stub.contracts.events import EVENTS, HopsReported
from services_stub.contracts.http.items import ItemResult
from services_stub.contracts.http.page import Page
from services_stub.contracts.problem import FieldError

Document = dict[str, Any]

COMPONENTS = "#/components/schemas/"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

PUBLISHED: tuple[type[Event], ...] = (*EVENTS, HopsReported)
"""The class of every record that is published."""


def event_schema(event: type[Event]) -> Document:
    """The JSON Schema of the value of `event`, complete in itself."""
    document = msgspec.json.schema(event)
    definitions: Document = as_on_the_wire(document["$defs"])
    own = definitions.pop(event.__name__)
    schema = {
        "$schema": DIALECT,
        "$id": f"{SCHEMA_BASE}/{event.schema_name()}.json",
        **own,
        "title": title_of(event),
    }
    return {**schema, "$defs": definitions} if definitions else schema


def event_schemas() -> dict[str, Document]:
    """Every event's JSON Schema by its name, for example `order-created.v1`."""
    return {event.schema_name(): event_schema(event) for event in PUBLISHED}


def body_schemas() -> dict[str, Document]:
    """The schema of every HTTP body by its name, and of a page of each, which is named for example `OrderPage`."""
    bodies = _http_bodies()
    schemas = component_schemas([*bodies, FieldError])
    for body in bodies:
        page: Any = Page[body]  # type: ignore[valid-type]
        page_schema = component_schemas([page])[f"Page_{body.__name__}_"]
        schemas[f"{body.__name__}Page"] = page_schema | {"title": f"{body.__name__}Page"}
    return schemas


def component_schemas(types: Iterable[Any]) -> dict[str, Document]:
    """The schemas of `types` and all they use, as the components of an OpenAPI or AsyncAPI document."""
    _, schemas = msgspec.json.schema_components(types, ref_template=COMPONENTS + "{name}")
    wire: dict[str, Document] = as_on_the_wire(schemas)
    return wire


def as_on_the_wire(node: Any) -> Any:
    """The schema as the wire has it: amounts are JSON numbers, and enumerations of texts say that they are texts."""
    if isinstance(node, list):
        return [as_on_the_wire(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "decimal":
        default = {"default": float(node["default"])} if "default" in node else {}
        return {**{key: value for key, value in node.items() if key != "format"}, "type": "number", **default}
    plain = {key: as_on_the_wire(value) for key, value in node.items()}
    return {"type": "string", **plain} if "enum" in plain and "type" not in plain else plain


def _http_bodies() -> list[type[msgspec.Struct]]:
    modules = [
        importlib.import_module(f"{http.__name__}.{entry.name}") for entry in pkgutil.iter_modules(http.__path__)
    ]
    found = [
        member
        for module in modules
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, (Body, Request)) and member.__module__ == module.__name__
    ]
    return [body for body in found if body not in (Page, ItemResult)]
