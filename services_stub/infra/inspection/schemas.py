"""The published contracts as files: JSON Schema of every event, AsyncAPI of the topics, OpenAPI of the gateway."""

from __future__ import annotations

import importlib
from pathlib import Path

import msgspec

from services_stub.contracts.asyncapi import asyncapi
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.schemas import Document, event_schemas
from services_stub.gateway.openapi import merge
from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.services import SERVICES, module_of
from services_stub.runtime.http_application import build_app


def documents() -> dict[str, bytes]:
    """Every document by the path of its file, the same bytes each time."""
    found: dict[str, Document] = {"openapi.json": openapi(), "asyncapi.json": asyncapi()}
    found |= {f"schemas/{name}.json": schema for name, schema in event_schemas().items()}
    # Encoded as on the wire first, so that amounts look in the documents as they do there.
    return {path: msgspec.json.format(encode_json(document), indent=2) + b"\n" for path, document in found.items()}


def openapi() -> Document:
    """The document that the gateway of a running marketplace serves, taken from the services without running them."""
    own: dict[str, Document] = {}
    for name in SERVICES:
        service = importlib.import_module(module_of(name)).SERVICE
        own[name] = build_app(name, service.routes).openapi_schema.to_schema()
    return merge(own)


def export(directory: Path) -> list[Path]:
    """Write all documents; the paths of their files.

    Raises:
        CannotStart: a file cannot be written.

    """
    written = []
    for name, document in documents().items():
        path = directory / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(document)
        except OSError as error:
            raise CannotStart(f"{path} cannot be written: {error.strerror}.") from error
        written.append(path)
    return written
