"""Drawings of flows: a good purchase fits 80 columns and 24 lines, and no flow is drawn wider than it may be."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from services_stub.contracts.events import HopOutcome
from simulator.trace import Flow, Seen, findings_of, flow_of
from simulator.trace.document import flow_document, flow_page
from simulator.trace.drawings import draw
from simulator.trace.drawings.mermaid import mermaid
from simulator.trace.drawings.plain import duration
from simulator.trace.drawings.sequence import sequence
from simulator.trace.drawings.states import raw, states
from simulator.trace.drawings.waterfall import waterfall
from simulator.trace.drawings.words import diagnosis, headline
from tests.unit.simulator.flows import flows
from tests.unit.simulator.over_http import RESERVE, asked, purchase_over_http, report
from tests.unit.simulator.purchase import CHARGED, CREATED, PAID, REPORTS, purchase
from tests.unit.simulator.records import ORDER, START, hop, hops

LATER = Seen(START + 60_000_000)
GOOD = flow_of(ORDER, purchase())
OVER_HTTP = flow_of(ORDER, purchase_over_http())
BROKEN = flow_of(ORDER, [each for each in purchase() if each not in (CHARGED, PAID, *REPORTS)])
ODD = flow_of(
    ORDER,
    [
        replace(
            CREATED,
            value=(CREATED.value or b"").replace(
                b"pm_card_visa", "[red]数数 e\u0301 \u202e\\u001b[31m\\n<b>🎉".encode()
            ),
        )
    ],
)


def test_a_good_purchase_as_a_waterfall() -> None:
    lines = waterfall(GOOD, findings_of(GOOD, LATER), width=80, height=24)
    assert lines == WATERFALL
    assert len(lines) <= 24


def test_a_good_purchase_as_a_sequence() -> None:
    assert sequence(GOOD) == SEQUENCE


def test_a_good_purchase_with_its_requests_fits_a_terminal_of_24_lines() -> None:
    assert draw(OVER_HTTP, findings_of(OVER_HTTP, LATER), "waterfall", 80, 24, ascii_only=False) == OVER_HTTP_WATERFALL
    assert sequence(OVER_HTTP) == OVER_HTTP_SEQUENCE
    assert max(len(OVER_HTTP_WATERFALL), len(OVER_HTTP_SEQUENCE)) <= 24


def test_a_request_that_failed_or_was_refused_says_so() -> None:
    for status, said in ((409, "409"), (0, "no answer")):
        failed = asked("order", "product", RESERVE, 1, 3, status=status, request_id="before")
        flow = flow_of(ORDER, [*purchase_over_http(), report("order", failed, offset=8)])
        assert any(f"order▶product {said}"[:21] in line for line in waterfall(flow))
        assert any(said in line for line in sequence(flow))


def test_the_states_of_a_good_purchase() -> None:
    assert states(GOOD) == STATES


def test_a_broken_flow_says_what_is_wrong_and_what_to_look_at() -> None:
    found = findings_of(BROKEN, LATER)
    assert headline(BROKEN, found).endswith("broken: missing ✗")
    text = " ".join(diagnosis(BROKEN, found, 80))
    assert "✗ missing: no payment-success or payment-failed follows order-created" in text
    assert "look at: `marketplace logs payment`" in text


def test_less_height_shows_less_detail_and_says_so() -> None:
    assert "others" not in "".join(waterfall(GOOD))
    folded = waterfall(GOOD, height=24)
    assert any("4 others" in line or "3 others" in line for line in folded)
    assert len(waterfall(GOOD, height=14)) <= 14
    cut = waterfall(GOOD, height=8)
    assert len(cut) <= 8
    assert any("more lines" in line for line in cut)


def test_a_dead_letter_is_not_folded_away() -> None:
    flow = flow_of(ORDER, [*purchase(), hops("search", hop(PAID, 90, HopOutcome.DEAD_LETTER), offset=200)])
    assert any("search dead-letter" in line for line in waterfall(flow, height=26))


def test_ascii_has_no_other_character() -> None:
    for lines in (
        waterfall(GOOD, ascii_only=True),
        sequence(GOOD, ascii_only=True),
        states(GOOD, ascii_only=True),
        raw(ODD, ascii_only=True),
    ):
        assert "\n".join(lines).isascii()


def test_what_a_person_typed_is_only_text() -> None:
    for lines in (states(ODD), raw(ODD), sequence(ODD), waterfall(ODD), mermaid(ODD)):
        text = "\n".join(lines)
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "[red]数数" in "\n".join(states(ODD, width=120))
    assert "<" not in re.sub(r"</?(pre|h\d|html|meta|title|style)[^>]*>", "", flow_page(ODD, ()).partition("\n")[2])


def test_mermaid_has_an_arrow_for_each_consumer_and_escapes_the_rest() -> None:
    lines = mermaid(GOOD)
    assert lines[:3] == ["sequenceDiagram", "    participant s0 as product", "    participant s1 as order"]
    arrows = [line for line in lines if "-)" in line]
    assert len(arrows) == sum(len(event.consumers) for event in GOOD.events)
    asked_and_answered = [line.strip() for line in mermaid(OVER_HTTP) if "->" in line]
    assert asked_and_answered == [
        "s0->>s1: POST /orders +0.0 ms",
        "s1->>s2: POST /checkouts +0.8 ms",
        "s2-->>s1: 200",
        "s1->>s3: POST /reservations +1.6 ms",
        "s3-->>s1: 200",
        "s1-->>s0: 201",
    ]
    foreign = flow_of(ORDER, [replace(CREATED, topic="a;b#<end>\n")])
    assert mermaid(foreign)[-1] == "    Note right of s0: a#59;b#35;#60;end#62;#65533; +0.0 ms"


def test_a_flow_as_a_document() -> None:
    document = flow_document(GOOD, findings_of(GOOD, LATER))
    assert json.loads(json.dumps(document)) == document
    assert document["correlationId"] == ORDER
    assert document["broken"] is False
    assert document["startedAt"] == "2026-11-23T12:30:45.002000Z"
    (placed, *_) = flow_document(OVER_HTTP, ())["requests"]
    assert (placed["caller"], placed["callee"], placed["path"], placed["status"]) == (
        "gateway",
        "order",
        "/api/orders",
        201,
    )
    assert sum(span["milliseconds"] for span in placed["spans"]) == placed["milliseconds"] == 7.0
    assert [event["topic"] for event in document["events"]][:2] == ["product-updated", "order-created"]
    assert sum(step["milliseconds"] for step in document["criticalPath"]) == pytest.approx(document["seconds"] * 1000)
    assert sum(document["shares"].values()) == pytest.approx(1, abs=1e-5)


def test_a_flow_without_an_event() -> None:
    empty = Flow("none", 0, ())
    for lines in (waterfall(empty), sequence(empty), states(empty)):
        assert lines == ["no event of this flow was found"]
    assert mermaid(empty) == ["sequenceDiagram", "    participant s0 as no event was found"]


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0.0 ms"),
        (9_949, "9.9 ms"),
        (53_000, "53 ms"),
        (999_499, "999 ms"),
        (1_000_000, "1.00 s"),
        (59_994_000, "59.99 s"),
        (60_000_000, "1 min 0 s"),
        (3_600_000_000, "1 h 0 min"),
        (2**63, "2,562,047,788 h 0 min"),
    ],
)
def test_a_duration_has_the_unit_that_fits(microseconds: int, text: str) -> None:
    assert duration(microseconds) == text


@settings(max_examples=20, deadline=None)
@given(flows(), st.integers(1, 200), st.one_of(st.none(), st.integers(1, 40)), st.booleans())
def test_no_drawing_is_wider_or_higher_than_it_may_be(
    flow: Flow, width: int, height: int | None, ascii_only: bool
) -> None:
    found = findings_of(flow, LATER)
    drawn = waterfall(flow, found, width=width, height=height, ascii_only=ascii_only)
    assert height is None or width < 40 or len(drawn) <= max(8, height)
    lines = [
        *drawn,
        *sequence(flow, width=width, ascii_only=ascii_only),
        *states(flow, width=width, ascii_only=ascii_only),
        *raw(flow, width=width, ascii_only=ascii_only),
        *diagnosis(flow, found, width),
    ]
    assert max((cell_len(line) for line in lines), default=0) <= width
    assert all(line.isprintable() for line in [*lines, *mermaid(flow, found)])
    assert json.dumps(flow_document(flow, found))


WATERFALL = """\
6f1c1d5e…  PAID in 28 ms · all handled in 42 ms · 7 events · as expected ✓
                                     0       8.4      17      25       34  42 ms
 product-updated        product      ▌
   4 others             +8.0 ms      ░░░░█████
›order-created          order          ▌
   notification         +7.0 ms        ░░░░░░░▒
›  payment              +8.0 ms        ░░░░░░░░▒
   3 others             +9.0 ms        ░░░░░█████
 notification-sent      notification                ▌
›payment-success        payment                      ▌
   notification         +6.0 ms                      ░░░░░░▒
›  order                +7.0 ms                      ░░░░░░░▒
   2 others             +8.0 ms                      ░░░░░████
›order-updated          order                                    ▌
›  notification         +7.0 ms                                  ░░░░░░░▒
   5 others             +10 ms                                   ░░░░░██████
 notification-sent      notification                                   ▌
›notification-sent      notification                                           ▌
░ waiting in the topic 51%   ▒ waiting for the writer 1%   █ handling 1%
working 48%   › on the critical path
""".splitlines()
SEQUENCE = """\
    product          order        notification      payment          others
others: analytics, cart, search, seller
        ├ product-updated +0.0 ms       │               │               │
        ├───────────────│───────────────│───────────────│──────────────▶│
        │               ├ order-created +2.1 ms         │               │
        │               ├──────────────▶│──────────────▶│──────────────▶│
        │               │               ├ notification-sent +15 ms      │
        │               │               │               ├ payment-success +16 ms
        │               │◀──────────────│◀──────────────│──────────────▶│
        │               ├ order-updated +28 ms          │               │
        │◀──────────────│──────────────▶│──────────────▶│──────────────▶│
        │               │               ├ notification-sent +34 ms      │
        │               │               ├ notification-sent +42 ms      │
""".splitlines()
STATES = """\
   +0.0 ms              product-updated[4]@5    Stoneware bowl: 8 left at 18.50…
   +2.1 ms  PENDING     order-created[4]@0      37.00 USD, 1 line, pm_card_visa
    +15 ms  ·           notification-sent[4]@3  order-placed by email
    +16 ms  ·           payment-success[4]@9    charged 37.00 USD
    +28 ms  PAID        order-updated[4]@22     PENDING → PAID (paid)
    +34 ms  ·           notification-sent[4]@4  receipt by email
    +42 ms  ·           notification-sent[4]@5  to-ship by email
charged 37.00, given back 0.00, sold 37.00: the books balance
""".splitlines()
OVER_HTTP_WATERFALL = """\
6f1c1d5e…  PAID in 30 ms · all handled in 44 ms · 7 events · as expected ✓
                                     0       8.8      18      26       35  44 ms
›gateway▶order /orders  +7.0 ms      ██████╌
›order▶cart /checkouts  +0.8 ms      █╌
›order▶product /reserv… +1.9 ms       ██╌
 product-updated        product       ▌
›order-created          order            ▌
   notification         +7.0 ms          ░░░░░░▒
›  payment              +8.0 ms          ░░░░░░░▒
 notification-sent      notification                 ▌
›payment-success        payment                       ▌
   notification         +6.0 ms                       ░░░░░░▒
›  order                +7.0 ms                       ░░░░░░░▒
›order-updated          order                                    ▌
›  notification         +7.0 ms                                  ░░░░░░░▒
 notification-sent      notification                                    ▌
›notification-sent      notification                                           ▌
░ waiting in the topic 49%   ▒ waiting for the writer 1%   █ handling 7%
╌ waiting for an answer 3%   working 41%   › on the critical path
The longest wait: a record waited in order-created for 7.8 ms (18 %), from 4.1
  ms on.
""".splitlines()
OVER_HTTP_SEQUENCE = """\
 gateway     order       cart     product   notificat…  payment     others
others: analytics, search, seller
     ├ POST /orders +0.0 ms│          │          │          │          │
     ├─────────▶│          │          │          │          │          │
     │          ├ POST /checkouts +0.8 ms        │          │          │
     │          ├─────────▶│          │          │          │          │
     │          │◀─ 200 ───│          │          │          │          │
     │          ├ POST /reservations +1.6 ms     │          │          │
     │          ├──────────│─────────▶│          │          │          │
     │          │          │          ├ product-updated +2.0 ms        │
     │          │          │◀─────────│──────────│──────────│─────────▶│
     │          │◀─────── 200 ────────│          │          │          │
     │          ├ order-created +4.1 ms          │          │          │
     │          ├─────────▶│──────────│─────────▶│─────────▶│─────────▶│
     │◀─ 201 ───│          │          │          │          │          │
     │          │          │          │          ├ notification-sent +17 ms
     │          │          │          │          │          ├ payment-success +…
     │          │◀─────────│──────────│──────────│◀─────────│─────────▶│
     │          ├ order-updated +30 ms│          │          │          │
     │          ├─────────▶│─────────▶│─────────▶│─────────▶│─────────▶│
     │          │          │          │          ├ notification-sent +36 ms
     │          │          │          │          ├ notification-sent +44 ms
""".splitlines()
