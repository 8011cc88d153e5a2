"""Merges the OpenAPI documents of the services into the one that a client of the gateway needs. Pure.

Paths get the prefix under which the gateway offers them, internal ones are left out, and bodies are described by the
contracts themselves, so that amounts, bounds and unknown fields are said as they are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from services_stub.contracts.problem import MEDIA_TYPE
from services_stub.contracts.schemas import COMPONENTS, Document, body_schemas

OWN = "gateway"
TITLE = "Marketplace"
VERSION = "1.0.0"
BEARER = "bearer"

_PAGE = re.compile(r"Page_(?:\w+\.)*(\w+)_")
_TEMPLATE = re.compile(r"\{(\w+)\}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_NOISE = ("deprecated", "allowEmptyValue", "allowReserved")

_PROBLEM_SCHEMA: Document = {
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457). Further members depend on the type.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "What programs decide by."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": f"{COMPONENTS}FieldError"}},
    },
    "required": ["type", "title", "status"],
}


def merge(documents: Mapping[str, Document]) -> Document:
    """One document of all `documents`, by the name of their service; the gateway's own paths keep their names."""
    paths: Document = {}
    schemas = dict(contract_schemas())
    for service, document in documents.items():
        names = _schema_names(service, document)
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            if names[name] not in schemas:
                schemas[names[name]] = _renamed(schema, names)
        for path, operations in document.get("paths", {}).items():
            offered = _offered_path(service, path)
            if offered is not None:
                paths[offered] = {
                    method: _operation(service, method, path, operation, names)
                    for method, operation in operations.items()
                }
    answers = {
        "Problem": {
            "description": "Refused, with the reason",
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"{COMPONENTS}Problem"}}},
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": "The whole marketplace as its gateway offers it. Refusals are problem documents (RFC 9457); "
            "amounts are JSON numbers with two decimals; lists are paged by opaque cursors.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": service} for service in sorted(documents)],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _reachable([paths, answers], schemas),
            "responses": answers,
            "securitySchemes": {BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _offered_path(service: str, path: str) -> str | None:
    """The path at the gateway; None where it is not for the outside. Placeholders are written in camelCase."""
    public = path.startswith("/api/") if service != OWN else not path.startswith("/internal/")
    if not public:
        return None
    prefix = "" if service == OWN else f"/{service}-service"
    return prefix + _TEMPLATE.sub(lambda match: f"{{{_camel(match[1])}}}", path)


def _operation(service: str, method: str, path: str, operation: Document, names: Mapping[str, str]) -> Document:
    name = _handler_name(path, operation["operationId"])
    described: str = operation.get("description", "").strip()
    summary: str = operation["summary"]
    if summary == name:
        # There is none: the first line of the description is it, or the name in words.
        summary = described.partition("\n")[0].rstrip(".") or _WORD_START.sub(" ", name).capitalize()
    # Litestar describes refusals in a form of its own.
    answers = {status: _renamed(each, names) for status, each in operation["responses"].items() if status[0] != "4"}
    refusals = {status for status in operation["responses"] if status[0] == "4"}
    for status in sorted((refusals | _refusals_of_every(service, method, path, operation)) - answers.keys()):
        answers[status] = {"$ref": "#/components/responses/Problem"}
    merged: Document = {
        "operationId": service + name,
        "tags": [service],
        "summary": summary,
    }
    if described.rstrip(".") not in ("", summary):
        merged["description"] = described
    if "parameters" in operation:
        merged["parameters"] = [_parameter(parameter, names) for parameter in operation["parameters"]]
    if "requestBody" in operation:
        merged["requestBody"] = _renamed(operation["requestBody"], names)
    merged["responses"] = answers
    if "security" in operation:
        merged["security"] = operation["security"]
    return merged


def _refusals_of_every(service: str, method: str, path: str, operation: Document) -> set[str]:
    """The statuses of refusals that every operation has which looks like this one."""
    found = {"400", "421", "429", "431", "500", "503"}
    if service != OWN:
        # The gateway says so of a service that does not answer.
        found |= {"502", "504"}
    if operation.get("security"):
        found |= {"401", "403"}
    if method != "get":
        found.add("413")
    if "requestBody" in operation:
        found.add("415")
    if "{" in path:
        # Text with control characters makes it a path that there is not.
        found.add("404")
    return found


def _handler_name(path: str, operation_id: str) -> str:
    """The name of the handler: the generated id is the title of each part of the path, once, and then that name."""
    prefix = ""
    for part in path.split("/"):
        title = part.strip("{}").title()
        if title not in prefix:
            prefix += title
    return operation_id.removeprefix(_SEPARATORS.sub("", prefix)) or operation_id


def _parameter(parameter: Document, names: Mapping[str, str]) -> Document:
    kept: Document = _renamed({key: value for key, value in parameter.items() if key not in _NOISE}, names)
    if kept["in"] == "path":
        kept["name"] = _camel(kept["name"])
    kept["schema"] = _without_null(kept["schema"])
    return kept


def _without_null(schema: Document) -> Document:
    """The schema of a parameter: one that is not given is left out, and nothing that is sent means null."""
    members = {name: value for name, value in schema.items() if value not in (None, "") and name != "oneOf"}
    for choice in schema.get("oneOf", ()):
        if choice != {"type": "null"}:
            members = {**choice, **members}
    if isinstance(members.get("type"), list):
        (members["type"],) = (name for name in members["type"] if name != "null")
    if "enum" in members:
        members["enum"] = [value for value in members["enum"] if value is not None]
    return members


def _schema_names(service: str, document: Document) -> dict[str, str]:
    """The names of the schemas of `document` in the merged one: contracts by their name, others by service too."""
    names: dict[str, str] = {}
    for name in document.get("components", {}).get("schemas", {}):
        page = _PAGE.fullmatch(name)
        merged = f"{page[1]}Page" if page else name.rpartition(".")[2]
        names[name] = merged if merged in contract_schemas() else f"{service}_{_NOT_IN_NAMES.sub('_', name)}"
    return names


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """`node` with its references to schemas led to their new names."""
    if isinstance(node, list):
        return [_renamed(entry, names) for entry in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith(COMPONENTS):
        return {**node, "$ref": COMPONENTS + names[reference.removeprefix(COMPONENTS)]}
    return {key: _renamed(value, names) for key, value in node.items()}


def _reachable(start: Any, schemas: Mapping[str, Document]) -> dict[str, Document]:
    """Those of `schemas` that `start` refers to, and that they refer to in turn."""
    found: dict[str, Document] = {}
    waiting = [start]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found[name] = schemas[name]
                waiting.append(schemas[name])
    return dict(sorted(found.items()))


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for entry in node for name in _references(entry)]
    if not isinstance(node, dict):
        return []
    reference = node.get("$ref")
    own = [reference.removeprefix(COMPONENTS)] if isinstance(reference, str) and COMPONENTS in reference else []
    return own + [name for entry in node.values() for name in _references(entry)]


@functools.cache
def contract_schemas() -> dict[str, Document]:
    """The schemas of the HTTP bodies, and of the problem document."""
    return {**body_schemas(), "Problem": _PROBLEM_SCHEMA}


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
