"""The laws of the fulfilment table, whatever happens in whatever order and however often."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services_stub.contracts.events.order import OrderStatus
from services_stub.order.fulfilment import PLACED, TRANSITIONS, Effect, Transition, Trigger, transition_for

S = OrderStatus
T = Trigger

EVENTS = {T.PAYMENT_SUCCESS, T.PAYMENT_FAILED, T.PAYMENT_REFUNDED, T.SELLER_BLOCKED}
LEGAL = {
    (S.PENDING, S.PAID),
    (S.PENDING, S.FAILED),
    (S.PENDING, S.CANCELLED),
    (S.PAID, S.SHIPPED),
    (S.PAID, S.CANCELLED),
    (S.SHIPPED, S.DELIVERED),
    (S.CANCELLED, S.REFUNDED),
    # Only if the payment service takes back what it said.
    (S.FAILED, S.CANCELLED),
    (S.FAILED, S.REFUNDED),
}
triggers = st.lists(st.sampled_from(T), max_size=20)


def walk(sequence: list[T]) -> list[Transition]:
    steps = [PLACED]
    for trigger in sequence:
        steps.append(transition_for(steps[-1].status, trigger))
    return steps


def test_every_status_and_trigger_has_a_row() -> None:
    assert set(TRANSITIONS) == {(status, trigger) for status in S for trigger in T}


def test_a_row_moves_the_order_exactly_if_it_announces_so() -> None:
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
def test_a_charged_order_never_ends_failed(sequence: list[T]) -> None:
    if T.PAYMENT_SUCCESS in sequence:
        assert walk(sequence)[-1].status is not S.FAILED


@given(triggers, triggers)
def test_nothing_is_shipped_or_paid_after_it_was_cancelled(before: list[T], after: list[T]) -> None:
    steps = walk([*before, T.CANCEL, *after])
    cancelled = next((number for number, step in enumerate(steps) if step.status is S.CANCELLED), None)
    if cancelled is not None:
        assert {step.status for step in steps[cancelled:]} <= {S.CANCELLED, S.REFUNDED}


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


def test_a_blocked_seller_costs_only_orders_that_are_not_paid() -> None:
    moved = {status for status in S if transition_for(status, T.SELLER_BLOCKED).effect is Effect.PUBLISHED}
    assert moved == {S.PENDING}


def test_an_order_is_cancelled_until_something_is_shipped() -> None:
    moved = {status for status in S if transition_for(status, T.CANCEL).effect is Effect.PUBLISHED}
    assert moved == {S.PENDING, S.PAID}
    assert transition_for(S.PAID, T.CANCEL_PART_SHIPPED) == (S.PAID, "order-not-cancellable", Effect.REFUSED)
