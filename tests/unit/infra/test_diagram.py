"""The diagram shows what the services declare, and the documents show the diagram."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services_stub.cli import app
from services_stub.contracts import events
from services_stub.contracts.topics import BUSINESS_TOPICS
from services_stub.infra.config.services import GATEWAY, SERVICES
from services_stub.infra.inspection import diagram
from services_stub.infra.inspection.diagram import as_mermaid, as_text, topology
from services_stub.runtime.peers import EVERY_PEER
from services_stub.runtime.service import Service
from tests.architecture.test_size import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "architecture.md"]


def do_nothing(*_arguments: Any) -> None:
    """Handle an event."""


SMALL = [
    Service(name="order", routes=(), handlers={events.PaymentSuccess: do_nothing}, calls=("product",)),
    Service(name="product", routes=(), consumes=(events.OrderCreated,)),
    Service(name=GATEWAY, routes=(), follows=(events.OrderUpdated, events.ProductDeleted), calls=EVERY_PEER),
]

SMALL_TEXT = """\
 HTTP
 clients ──────► gateway
 gateway ──────► order, product
 order ────────► product
 all services ─► auth, for the keys that verify tokens

 Kafka
 order ───────┬─► order-created ──────► product
              └─► order-updated ──────► gateway
 product ─────┬─► product-created
              ├─► product-updated
              ├─► product-deleted ────► gateway
              └─► product-viewed
 gateway ───────► dead-letter-closed
"""


def test_it_draws_calls_and_topics() -> None:
    known = {event.topic for event in events.EVENTS if event.__module__.endswith((".order", ".product"))}
    products = {"product-created", "product-updated", "product-deleted", "product-viewed"}
    assert known == {"order-created", "order-updated"} | products
    assert as_text(topology(SMALL)) == SMALL_TEXT
    flowchart = as_mermaid(topology(SMALL))
    assert "    gateway --> order & product\n    order --> product\n" in flowchart
    assert "    order -.-> topic_order_created[(order-created)]\n    topic_order_created -.-> product\n" in flowchart


def test_it_fits_a_terminal_however_many_consume_a_topic() -> None:
    readers = [Service(name=f"reader-{n}", routes=(), consumes=(events.OrderCreated,)) for n in range(30)]
    drawn = as_text(topology([*SMALL, *readers]))
    assert max(map(len, drawn.splitlines())) <= 80
    # Once as called by the gateway, once as a consumer.
    assert all(len(re.findall(rf"reader-{n}\b", drawn)) == 2 for n in range(30))
    assert re.search(r"^ +│ +reader-", drawn, re.MULTILINE)


def test_it_shows_every_service_and_every_topic_once_as_published() -> None:
    found = diagram.declared()
    assert set(found.calls[GATEWAY]) == set(SERVICES) - {GATEWAY}
    published = [topic for topics in found.topics.values() for topic in topics]
    assert sorted(published) == sorted(topic.name for topic in BUSINESS_TOPICS)
    assert max(map(len, diagram.draw("text").splitlines())) <= diagram.COLUMNS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_documents_show_it(document: Path) -> None:
    """Renew them by `marketplace diagram --update README.md --update docs/architecture.md`."""
    text = document.read_text(encoding="utf-8")
    assert "<!-- marketplace diagram --format" in text
    assert diagram.renewed(text) == text


def test_the_command_prints_it_and_renews_documents(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(app, ["diagram"]).output == diagram.draw("text")
    assert run(app, ["diagram", "--format", "mermaid"]).output.startswith("flowchart LR\n")
    page = tmp_path / "page.md"
    page.write_text("# A\n<!-- marketplace diagram --format text -->\n```text\nold\n```\nafter\n")
    assert run(app, ["diagram", "--update", str(page)]).output == ""
    before, _, after = page.read_text().partition(diagram.draw("text"))
    assert (before, after) == ("# A\n<!-- marketplace diagram --format text -->\n```text\n", "```\nafter\n")
    refused = run(app, ["diagram", "--update", str(tmp_path / "none.md")])
    assert refused.exit_code != 0
    assert "cannot be renewed" in refused.output
