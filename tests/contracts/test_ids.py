"""Ids have one bound wherever they come in or go out: an id of megabytes is refused before anything is done with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services_stub.contracts.base import LONGEST_ID, Event
from services_stub.contracts.decoding import StrictDecoder
from services_stub.contracts.events import EVENTS
from tests.contracts.samples import golden

DOCS = Path(__file__).parent.parent.parent / "docs"
OF_SENDERS = {"eventId": 200, "correlationId": None, "causationId": None, "deadLetterId": 100, "requestId": 200}
"""Ids that name what others sent, or where it lies, and their bounds: those of envelopes are cut as they come in."""


def ids(document: Any, place: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The place, the name and the schema of each id in a JSON document of schemas."""
    if isinstance(document, list):
        for number, each in enumerate(document):
            yield from ids(each, f"{place}[{number}]")
    if not isinstance(document, dict):
        return
    for name, schema in document.get("properties", {}).items():
        if name.endswith(("Id", "Ids")):
            yield place, name, schema.get("items", schema)
    name = document.get("name", "")
    if document.get("in") in ("path", "query") and name.endswith("Id"):
        yield place, name, document["schema"]
    for key, value in document.items():
        yield from ids(value, f"{place}/{key}")


@pytest.mark.parametrize("document", ["openapi.json", "asyncapi.json"])
def test_every_id_is_declared_with_its_bound(document: str) -> None:
    found = list(ids(json.loads((DOCS / document).read_text(encoding="utf-8"))))
    assert len(found) > 20
    for place, name, schema in found:
        if name.removesuffix("s") not in OF_SENDERS:
            assert schema.get("maxLength") == LONGEST_ID, (place, name, schema)


@pytest.mark.parametrize("event", [event for event in EVENTS if event.topic != "trace-hops"])
def test_an_event_with_a_longer_id_is_none(event: type[Event]) -> None:
    sample = json.loads(bytes(golden(event).value))
    decoder = StrictDecoder[Event](event)
    names = [name for name in sample if name.endswith("Id") and name not in OF_SENDERS]
    assert names
    for name in names:
        decoder.decode(json.dumps({**sample, name: "x" * LONGEST_ID}).encode())
        with pytest.raises(msgspec.ValidationError, match=name):
            decoder.decode(json.dumps({**sample, name: "x" * (LONGEST_ID + 1)}).encode())
