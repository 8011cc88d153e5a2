"""A flow is compared with what the contracts promise: what is missing, late, repeated or undone is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services_stub.contracts.envelope import SENT_AGAIN_TO
from services_stub.contracts.events import HopOutcome, OrderPart, OrderUpdated, PaymentRefunded, PaymentSuccess
from services_stub.contracts.events import OrderStatus as S
from services_stub.contracts.topics import BUSINESS_TOPICS
from services_stub.infra.inspection.diagram import declared
from simulator.trace import BROKEN, Flow, FlowStore, Kind, Seen, TracedRecord, findings_of, flow_of, is_broken
from simulator.trace.expected import CONSUMERS, RULES
from tests.unit.simulator.flows import flows, records
from tests.unit.simulator.purchase import AMOUNT, CHARGED, CREATED, PAID, REPORTS, at, dead_letter, event, purchase
from tests.unit.simulator.records import ORDER, START, hop, hops

SOON, LATER = START + 1_000_000, START + 60_000_000


def kinds(
    found: Iterable[TracedRecord], now: int = SOON, progress: Mapping[tuple[str, str, int], int] | None = None
) -> list[Kind]:
    return [finding.kind for finding in findings_of(flow_of(ORDER, found), Seen(now, progress or {}))]


def without(*left_out: TracedRecord) -> list[TracedRecord]:
    return [each for each in purchase() if each not in left_out]


def test_a_good_purchase_has_nothing_to_say() -> None:
    assert kinds(purchase(), LATER) == []


def test_the_consumers_are_those_that_the_services_declare() -> None:
    said = {
        topic: frozenset(readers) - {"gateway"} for of in declared().topics.values() for topic, readers in of.items()
    }
    assert dict(CONSUMERS) == said
    assert {topic.name for topic in BUSINESS_TOPICS} == set(CONSUMERS)


def test_the_answers_come_from_those_who_publish_them() -> None:
    publishers = {topic: name for name, topics in declared().topics.items() for topic in topics}
    for rule in RULES:
        assert rule.by in CONSUMERS[rule.cause]
        assert {publishers[effect] for effect in rule.effects} == {rule.by}


def test_an_answer_that_does_not_come_is_open_and_then_missing() -> None:
    lost = without(CHARGED, PAID)
    assert Kind.OPEN in kinds(lost, SOON)
    assert Kind.MISSING in kinds(lost, LATER)
    (missing,) = [f for f in findings_of(flow_of(ORDER, lost), Seen(LATER)) if f.kind is Kind.MISSING]
    assert missing.what.startswith(
        "no payment-success or payment-failed follows order-created: payment has not answered"
    )
    assert "order-created[4]@0" in missing.evidence
    assert "marketplace logs payment" in missing.look


def test_an_answer_that_comes_late_is_named() -> None:
    slow = [at(CHARGED, 8000), at(PAID, 8010)]
    assert kinds([*without(CHARGED, PAID, *REPORTS), *slow], LATER) == [Kind.LATE]


def test_an_event_that_a_group_did_not_report_was_not_handled_or_its_report_was_lost() -> None:
    silent = [each for each in purchase() if b'"seller"' not in (each.value or b"") or each.topic != "trace-hops"]
    assert set(kinds(silent, SOON)) == {Kind.OPEN}
    assert set(kinds(silent, LATER)) == {Kind.NOT_HANDLED}
    went_on = {("seller", topic, partition): 10**6 for topic in CONSUMERS for partition in range(6)}
    assert set(kinds(silent, LATER, went_on)) == {Kind.UNREPORTED}
    assert not is_broken(findings_of(flow_of(ORDER, silent), Seen(LATER, went_on)))


def test_without_any_report_no_group_is_accused() -> None:
    assert kinds(without(*REPORTS), LATER) == []


def test_a_record_that_was_sent_twice_is_a_duplicate() -> None:
    again = replace(CHARGED, offset=CHARGED.offset + 1)
    reports = [hops("order", hop(again, 70, HopOutcome.DUPLICATE), offset=99)]
    assert kinds([*purchase(), again, *reports], LATER) == [Kind.DUPLICATE]


def test_an_event_that_was_delivered_twice_is_a_duplicate() -> None:
    assert kinds([*purchase(), hops("order", hop(CHARGED, 70, HopOutcome.DUPLICATE), offset=99)], LATER) == [
        Kind.DUPLICATE
    ]


def test_a_dead_letter_says_who_gave_it_up_and_why() -> None:
    given_up = dead_letter(CREATED, group="payment", error="no such card\nTraceback", after_ms=30)
    found = findings_of(flow_of(ORDER, [*purchase(), given_up]), Seen(LATER))
    assert [(each.kind, each.what, each.evidence) for each in found] == [
        (Kind.DEAD_LETTER, "payment cannot handle order-created: no such card", "order-created.dlq[0]@0")
    ]


def test_a_dead_letter_that_was_sent_again_and_handled_is_told_and_breaks_nothing() -> None:
    given_up = dead_letter(CHARGED, group="order", error="a bug", after_ms=30)
    again = replace(CHARGED, offset=30, headers=(*CHARGED.headers, (SENT_AGAIN_TO, b"order")))
    events = [*purchase(), given_up, again]
    assert kinds(events, LATER) == [Kind.DEAD_LETTER]
    assert kinds([*events, hops("order", hop(again, 90), offset=300)], LATER) == [Kind.SENT_AGAIN]


def test_a_record_that_only_its_reports_know_is_a_gap() -> None:
    assert Kind.GAP in kinds(without(PAID), LATER)


@pytest.mark.parametrize("outcome", [HopOutcome.REJECTED, HopOutcome.RETRIED])
def test_what_a_consumer_did_not_do_at_once_is_told(outcome: HopOutcome) -> None:
    assert outcome.value in [kind.value for kind in kinds([*purchase(), hops("order", hop(PAID, 40, outcome))], LATER)]


def test_clocks_that_differ_are_told_and_break_nothing() -> None:
    early = hops("payment", hop(CREATED, 1), offset=77)
    assert Kind.CLOCK_SKEW in kinds([*(r for r in purchase() if r not in REPORTS), early], SOON)


def test_events_that_cause_each_other_are_told() -> None:
    headers = tuple((n, b"e3" if n == "ce_causationid" else v) for n, v in CREATED.headers)
    assert Kind.CYCLE in kinds([*without(CREATED), replace(CREATED, headers=headers)], SOON)


def test_an_effect_without_its_cause_is_an_orphan() -> None:
    assert Kind.ORPHAN in kinds([CHARGED, PAID], SOON)


def test_an_order_of_two_sellers_is_given_back_part_by_part() -> None:
    def update(status: S, previous: S, parts: tuple[S, S], number: int, cause: str) -> TracedRecord:
        content = OrderUpdated(
            order_id=ORDER, user_id="u1", status=status, previous_status=previous, reason="why", amount=2 * AMOUNT,
            items=[], parts=[OrderPart(seller_id=f"s{n}", status=part, amount=AMOUNT) for n, part in enumerate(parts)],
        )  # fmt: skip
        return event(content, 22 + number, f"u{number}", 30 + 10 * number, "order", cause)

    def refund(number: int) -> TracedRecord:
        content = PaymentRefunded(
            order_id=ORDER, payment_id="p", amount=AMOUNT, reason="why", seller_id=f"s{number}"
        )  # fmt: skip
        return event(content, number, f"r{number}", 55 + 10 * number, "payment", "u1")

    charged = event(PaymentSuccess(order_id=ORDER, payment_id="p", amount=2 * AMOUNT), 9, "e2", 18, "payment", "e1")
    paid = update(S.PAID, S.PENDING, (S.PAID, S.PAID), 0, "e2")
    cancelled = update(S.CANCELLED, S.PAID, (S.CANCELLED, S.CANCELLED), 1, "request-2")
    half = update(S.CANCELLED, S.CANCELLED, (S.REFUNDED, S.CANCELLED), 3, "r0")
    whole = update(S.REFUNDED, S.CANCELLED, (S.REFUNDED, S.REFUNDED), 4, "r1")
    events = [CREATED, charged, paid, cancelled, refund(0), half, refund(1), whole]
    assert kinds(events, LATER) == [Kind.COMPENSATING, Kind.COMPENSATING]
    assert Kind.MISSING in kinds([CREATED, charged, paid, cancelled], LATER)
    assert kinds([CREATED, charged, paid, cancelled, refund(0), half], LATER) == [Kind.UNBALANCED, Kind.COMPENSATING]


def test_money_that_does_not_add_up_is_told() -> None:
    twice = replace(CHARGED, offset=20, headers=tuple((n, b"other" if n == "ce_id" else v) for n, v in CHARGED.headers))
    answered = replace(
        PAID,
        offset=23,
        headers=tuple(
            (n, b"more" if n == "ce_id" else b"other" if n == "ce_causationid" else v) for n, v in PAID.headers
        ),
        value=(PAID.value or b"").replace(b'"PENDING"', b'"PAID"'),
    )
    events = [each for each in purchase() if each not in REPORTS]
    assert kinds([*events, twice, answered], LATER) == [Kind.UNBALANCED]


@settings(max_examples=40, deadline=None)
@given(records(), st.randoms(use_true_random=False))
def test_any_permutation_of_the_records_gives_the_same_flow(found: list[TracedRecord], chance: object) -> None:
    store = FlowStore()
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random
    store.add_all(shuffled)
    flow = flow_of(ORDER, found)
    assert flow_of(ORDER, shuffled) == flow
    assert store.flow(ORDER) in (flow, None)


@settings(max_examples=40, deadline=None)
@given(flows(), st.integers(0, 2**62))
def test_no_flow_is_beyond_judgement(flow: Flow, now: int) -> None:
    found = findings_of(flow, Seen(now))
    assert is_broken(found) == any(finding.kind in BROKEN for finding in found)
    assert msgspec.json.encode(found)
