"""The pages for people: everything from here, and what the contracts say."""

from __future__ import annotations

import asyncio
import re
from html.parser import HTMLParser

import jsonschema
import msgspec
import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.examples import example_of
from services_stub.contracts.schemas import PUBLISHED, event_schema
from services_stub.gateway.catalogue import page_files
from tests.unit.gateway.callers import scripted
from tests.unit.gateway.test_api import gateway

PAGES = ["/docs", "/events"]


class Page(HTMLParser):
    """Collects the tags of a page, and what they refer to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: set[str] = set()
        self.references: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids |= {value for name, value in attrs if name == "id" and value}
        self.references += [value for name, value in attrs if name in ("href", "src") and value]
        assert not [name for name, _ in attrs if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_nothing_from_another_host_and_its_policy_says_so(path: str) -> None:
    async def scenario() -> None:
        async with gateway("order") as (http, _):
            response = await http.get(path)
            assert response.headers["content-type"].startswith("text/html")
            policy = response.headers["content-security-policy"]
            assert policy.startswith("default-src 'none';")
            assert set(re.findall(r"'[\w-]+'|https?:|\*|data:", policy)) == {"'none'", "'self'"}
            page = Page(response.text)
            for reference in page.references:
                assert reference.startswith(("/", "#")), reference
                if reference.startswith("#"):
                    assert reference[1:] in page.ids
                else:
                    assert (await http.get(reference)).status_code == 200, reference

    asyncio.run(scenario())


def test_the_files_of_the_pages_are_served_with_their_types_and_no_others() -> None:
    async def scenario() -> None:
        async with gateway() as (http, _):
            for name, (content, media_type) in page_files().items():
                response = await http.get(f"/docs/{name}")
                assert response.content == content
                assert response.headers["content-type"].startswith(media_type)
                assert b"http://" not in content
                assert b"https://" not in content
                assert b"innerHTML" not in content
            for name in ("docs.html", "..%2fapi.py", "nothing"):
                assert (await http.get(f"/docs/{name}")).status_code == 404

    asyncio.run(scenario())


def test_the_catalogue_says_who_publishes_and_who_reads() -> None:
    async def scenario() -> None:
        async with gateway("order", "payment") as (http, context):
            answers = scripted(context).answers
            answers["GET order /internal/topics"] = lambda _: ["payment-success"]
            answers["GET gateway /internal/topics"] = lambda _: ["payment-success", "order-updated"]
            assert "unknown: not every service answers" in (await http.get("/events")).text
            answers["GET payment /internal/topics"] = lambda _: ["order-created"]
            text = (await http.get("/events")).text
            assert "unknown" not in text
            sections = dict(re.findall(r'<h2 id="([\w-]+)">(.*?)(?=<h2|$)', text, re.DOTALL))
            assert "<dt>Published by</dt><dd>payment</dd>" in sections["payment-success"]
            assert "<dt>Read by</dt><dd>gateway, order</dd>" in sections["payment-success"]
            assert "<dt>Read by</dt><dd>none</dd>" in sections["user-created"]
            for event in PUBLISHED:
                assert f"/schemas/{event.schema_name()}.json" in sections[event.topic]

    asyncio.run(scenario())


@pytest.mark.parametrize("event", PUBLISHED, ids=lambda event: event.topic)
def test_an_example_is_an_event_by_its_schema(event: type[Event]) -> None:
    wire = encode_json(example_of(event))
    jsonschema.validate(msgspec.json.decode(wire), event_schema(event))
    assert msgspec.json.decode(wire, type=event) == example_of(event)
