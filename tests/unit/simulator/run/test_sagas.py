"""Sagas from the log: stages whatever the order of the records, and what has not come is counted, never left out."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.history import Operation
from simulator.history.operations import STAGES
from simulator.measure.measurements import Measurements
from simulator.measure.outcomes import Outcome
from simulator.measure.summary import NO_ANSWER, summarized
from simulator.run.sagas import Sagas
from simulator.run.stages import measured_sagas
from simulator.trace import TracedRecord
from tests.unit.simulator.run.log import MS, STARTED_AT, at, charged, checkout, created, declined, record, told, updated

PAID = [
    created("o", 10),
    charged("o", 30),
    updated("o", 50, "PAID"),
    told("o", 5, template="order-placed"),
    told("o", 80),
]


def sagas_of(*records: TracedRecord) -> Sagas:
    sagas = Sagas()
    sagas.add_all(records)
    return sagas


def measured(operations: list[Operation], *records: TracedRecord, until: int = 1000) -> tuple[Measurements, int]:
    return measured_sagas(operations, sagas_of(*records), STARTED_AT, at(until))


def outcomes(measurements: Measurements) -> dict[str, Outcome]:
    found = {}
    for stage in STAGES:
        counts = summarized(measurements, stage, {0}).counts
        assert sum(counts.values()) == 1
        found[stage.removeprefix("saga.")] = next(outcome for outcome, count in counts.items() if count)
    return found


@given(st.integers(0, 1000))
def test_the_stages_are_timed_from_the_planned_start_in_whatever_order_the_log_is_read(seed: int) -> None:
    records = list(PAID)
    random.Random(seed).shuffle(records)
    measurements, open_sagas = measured([checkout("o", planned=2, sent=9, done=20)], *records)
    times = {stage: summarized(measurements, stage, {0}).response.highest for stage in STAGES}
    assert list(times.values()) == [18 * MS, 28 * MS, 48 * MS, 78 * MS]
    assert set(outcomes(measurements).values()) == {Outcome.OK}
    assert open_sagas == 0


def test_a_saga_that_has_not_come_to_its_end_is_slower_than_all_that_have() -> None:
    measurements, open_sagas = measured([checkout("o")], created("o", 10), charged("o", 30))
    assert outcomes(measurements) == {
        "accepted": Outcome.OK,
        "payment": Outcome.OK,
        "paid": Outcome.UNKNOWN,
        "notified": Outcome.UNKNOWN,
    }
    assert summarized(measurements, "saga.paid", {0}).response_percentile(50) == NO_ANSWER
    assert open_sagas == 1


def test_an_order_that_was_answered_and_never_published_is_open() -> None:
    assert measured([checkout("o")])[1] == 1


@pytest.mark.parametrize(
    ("records", "payment"),
    [
        ([created("o", 10), declined("o", 30), updated("o", 40, "FAILED"), told("o", 60)], Outcome.REFUSED),
        ([created("o", 10), updated("o", 40, "CANCELLED"), told("o", 60)], Outcome.REFUSED),
        ([created("o", 10), charged("o", 30), updated("o", 40, "CANCELLED"), told("o", 60)], Outcome.OK),
    ],
)
def test_an_order_that_is_not_paid_for_is_answered_with_a_refusal(
    records: list[TracedRecord], payment: Outcome
) -> None:
    found = outcomes(measured([checkout("o")], *records)[0])
    assert found == {"accepted": Outcome.OK, "payment": payment, "paid": Outcome.REFUSED, "notified": Outcome.OK}


def test_a_checkout_without_an_answer_counts_if_the_log_has_its_order() -> None:
    lost = checkout(outcome=Outcome.UNKNOWN)
    assert outcomes(measured([lost], *PAID)[0])["accepted"] is Outcome.UNKNOWN
    assert measured([lost], created("o", 10, cause="another"))[0].operations == {}
    assert measured([checkout(outcome=Outcome.REFUSED)])[0].operations == {}


def test_a_clock_that_differs_does_not_make_an_effect_earlier_than_its_cause() -> None:
    measurements, _ = measured([checkout("o", planned=10, sent=20, done=30)], created("o", 1), charged("o", 2))
    assert summarized(measurements, "saga.payment", {0}).response.highest == 10 * MS


def test_a_refund_is_due_of_what_was_charged_and_has_ended_until_each_part_got_it() -> None:
    def parts(milliseconds: int, *statuses: str) -> TracedRecord:
        value = {"status": "PAID", "parts": [{"status": status} for status in statuses]}
        return record("order-updated", "o", milliseconds, value)

    sagas, due = sagas_of(*PAID), []
    for entry in (
        parts(90, "PAID", "CANCELLED"),
        parts(100, "PAID", "REFUNDED"),
        parts(110, "REFUNDING", "REFUNDED"),
        updated("o", 120, "REFUNDED"),
        updated("o", 130, "CANCELLED"),
    ):
        sagas.add_all([entry])
        due.append(sagas.refunds_due)
    assert due == [1, 0, 1, 0, 1]
    cancelled = (created("o", 10), declined("o", 30), updated("o", 40, "CANCELLED"))
    assert sagas_of(*cancelled).refunds_due == 0
    assert sagas_of(*cancelled, charged("o", 50)).refunds_due == 1


def test_an_order_is_open_until_it_is_settled_and_its_shopper_was_told() -> None:
    sagas, seen = Sagas(), []
    others = told("o", 60, user="a seller")
    for entry in (created("o", 10), charged("o", 30), updated("o", 50, "PAID"), others, told("o", 80), *PAID):
        sagas.add_all([entry])
        seen.append(sagas.open)
    assert seen == [1, 1, 1, 1, 0, *[0] * len(PAID)]
    assert sagas.by_order["o"].notified_at == at(80)
    assert sagas.caused_by("request") == "o"


def test_records_that_cannot_be_read_are_passed_over() -> None:
    strange = [
        TracedRecord(topic, 0, 1, 1, (("ce_time", b"\xff"),), value, key)
        for topic in ("order-created", "order-updated", "notification-sent", "payment-success")
        for value in (None, b"[" * 100_000, b"\xff", b"{}")
        for key in (None, b"\xff")
    ]
    assert sagas_of(*strange, *PAID).open == 0
