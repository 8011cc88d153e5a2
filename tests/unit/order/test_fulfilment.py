"""The laws of the fulfilment table, whatever happens in whatever order and however often."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.contracts.events.order import OrderStatus
from services_stub.order.fulfilment import (
    PLACED,
    TRANSITIONS,
    Effect,
    Transition,
    Trigger,
    status_of_order,
    transition_for,
)

S = OrderStatus
T = Trigger

EVENTS = {
    T.PAYMENT_SUCCESS,
    T.PAYMENT_FAILED,
    T.PAYMENT_REFUNDED,
    T.SELLER_BLOCKED,
    T.SELLER_WAS_BLOCKED,
    T.OTHER_SELLER_WAS_BLOCKED,
}
LEGAL = {
    (S.PENDING, S.PAID),
    (S.PENDING, S.FAILED),
    (S.PENDING, S.CANCELLED),
    (S.PAID, S.SHIPPED),
    (S.PAID, S.CANCELLED),
    (S.SHIPPED, S.DELIVERED),
    (S.CANCELLED, S.REFUNDED),
    (S.SHIPPED, S.REFUNDING),
    (S.DELIVERED, S.REFUNDING),
    (S.REFUNDING, S.REFUNDED),
    # Only if the payment service takes back what it said.
    (S.FAILED, S.CANCELLED),
    (S.FAILED, S.REFUNDED),
}
OPEN = (S.PENDING, S.PAID, S.SHIPPED, S.DELIVERED)
triggers = st.lists(st.sampled_from(T), max_size=20)


def walk(sequence: list[T]) -> list[Transition]:
    steps = [PLACED]
    for trigger in sequence:
        steps.append(transition_for(steps[-1].status, trigger))
    return steps


def test_every_status_and_trigger_has_a_row() -> None:
    assert set(TRANSITIONS) == {(status, trigger) for status in S for trigger in T}


def test_a_row_moves_the_part_exactly_if_it_announces_so() -> None:
    for (status, trigger), step in TRANSITIONS.items():
        moves = step.status is not status
        assert moves == (step.effect is Effect.PUBLISHED), (status, trigger)
        assert step.reason, (status, trigger)


def test_only_requests_are_refused_and_only_events_rejected() -> None:
    for (status, trigger), step in TRANSITIONS.items():
        if step.effect is Effect.REFUSED:
            assert trigger not in EVENTS, (status, trigger)
        if step.effect is Effect.REJECTED:
            assert trigger in EVENTS, (status, trigger)


@given(triggers)
def test_no_sequence_leaves_the_legal_paths(sequence: list[T]) -> None:
    statuses = [step.status for step in walk(sequence)]
    assert all(before is after or (before, after) in LEGAL for before, after in pairwise(statuses))


@given(triggers)
def test_no_status_is_entered_twice(sequence: list[T]) -> None:
    entered = [step.status for step in walk(sequence) if step.effect is Effect.PUBLISHED]
    assert len(entered) == len(set(entered))


@given(triggers, st.integers(0, 19), st.sampled_from(T))
def test_a_repeated_trigger_changes_nothing(sequence: list[T], at: int, trigger: T) -> None:
    once = [*sequence[:at], trigger]
    assert walk(once)[-1].status is walk([*once, trigger])[-1].status


@given(triggers)
def test_a_charged_part_never_ends_failed(sequence: list[T]) -> None:
    if T.PAYMENT_SUCCESS in sequence:
        assert walk(sequence)[-1].status is not S.FAILED


@given(triggers)
def test_nothing_is_shipped_or_paid_after_it_has_ended(sequence: list[T]) -> None:
    ended = False
    for step in walk(sequence):
        ended = ended or step.status in {S.CANCELLED, S.REFUNDING, S.REFUNDED}
        assert not ended or step.status in {S.CANCELLED, S.REFUNDING, S.REFUNDED}


@given(st.permutations([T.PAYMENT_SUCCESS, T.PAYMENT_SUCCESS, T.PAYMENT_REFUNDED]))
def test_a_cancelled_order_is_refunded_whatever_it_hears_first(answers: list[T]) -> None:
    assert walk([T.CANCEL, *answers])[-1].status is S.REFUNDED


@given(triggers)
def test_only_a_paid_order_is_shipped(sequence: list[T]) -> None:
    statuses = [step.status for step in walk(sequence)]
    for status, needed in ((S.SHIPPED, S.PAID), (S.DELIVERED, S.SHIPPED)):
        if status in statuses:
            assert needed in statuses[: statuses.index(status)]


def test_the_races_of_a_cancelled_order() -> None:
    assert transition_for(S.CANCELLED, T.PAYMENT_SUCCESS) == (S.CANCELLED, "will-be-refunded", Effect.NOTHING)
    assert transition_for(S.CANCELLED, T.PAYMENT_FAILED).effect is Effect.NOTHING
    assert transition_for(S.CANCELLED, T.PAYMENT_REFUNDED).status is S.REFUNDED
    assert transition_for(S.REFUNDED, T.PAYMENT_SUCCESS).effect is Effect.NOTHING


def test_a_block_ends_parts_bought_before_it_only_while_they_are_not_paid() -> None:
    moved = {status for status in S if transition_for(status, T.SELLER_BLOCKED).effect is Effect.PUBLISHED}
    assert moved == {S.PENDING}


def test_a_block_ends_every_open_part_bought_after_it_began() -> None:
    after = {status: transition_for(status, T.SELLER_WAS_BLOCKED).status for status in OPEN}
    assert after == {S.PENDING: S.CANCELLED, S.PAID: S.CANCELLED, S.SHIPPED: S.REFUNDING, S.DELIVERED: S.REFUNDING}
    others = {s for s in S if transition_for(s, T.OTHER_SELLER_WAS_BLOCKED).effect is Effect.PUBLISHED}
    assert others == {S.PENDING, S.PAID}


def test_a_part_is_cancelled_until_it_is_shipped_and_refunded_ever_after() -> None:
    assert {s for s in S if transition_for(s, T.CANCEL).effect is Effect.PUBLISHED} == {S.PENDING, S.PAID}
    assert {s for s in S if transition_for(s, T.REFUND).effect is Effect.PUBLISHED} == set(OPEN)
    assert transition_for(S.SHIPPED, T.CANCEL) == (S.SHIPPED, "order-not-cancellable", Effect.REFUSED)


statuses = st.lists(st.sampled_from(S), min_size=1, max_size=5)


@given(statuses, st.randoms())
def test_the_order_of_the_parts_does_not_matter(parts: list[S], chance: Random) -> None:
    shuffled = list(parts)
    chance.shuffle(shuffled)
    assert status_of_order(shuffled) is status_of_order(parts)


@given(statuses)
def test_an_order_has_the_status_of_one_of_its_parts_and_is_open_while_one_is(parts: list[S]) -> None:
    status = status_of_order(parts)
    assert status in parts
    assert (status in OPEN) == any(part in OPEN for part in parts)
    open_parts = [part for part in parts if part in OPEN]
    assert not open_parts or status is min(open_parts, key=OPEN.index)


@pytest.mark.parametrize("status", S)
def test_an_order_of_one_part_has_its_status(status: S) -> None:
    assert status_of_order([status]) is status_of_order([status, status]) is status


def test_money_that_is_on_its_way_back_shows_before_what_has_ended() -> None:
    assert status_of_order([S.REFUNDED, S.CANCELLED, S.REFUNDING, S.FAILED]) is S.REFUNDING
    assert status_of_order([S.REFUNDED, S.CANCELLED, S.FAILED]) is S.CANCELLED
    assert status_of_order([S.FAILED, S.REFUNDED]) is S.REFUNDED
