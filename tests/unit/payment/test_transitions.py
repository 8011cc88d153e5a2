"""Laws of the table of transitions."""

from __future__ import annotations

import pytest

from services_stub.payment.domain import CHARGING, REFUNDING, TRANSITIONS, Effect, Status, Transition, Trigger

REFUNDS = {Effect.REQUEST_REFUNDS, Effect.REQUEST_WHOLE_REFUND}


@pytest.mark.parametrize(("met", "transition"), TRANSITIONS.items())
def test_a_status_that_waits_for_the_provider_is_reached_with_its_request(
    met: tuple[Status | None, Trigger], transition: Transition
) -> None:
    before, trigger = met
    asks_to_charge = Effect.REQUEST_CHARGE in transition.effects
    assert asks_to_charge == (transition.status in CHARGING and before not in CHARGING)
    # Refunds that were noted before wait for the charge of a REDUCED payment; those of a new end are asked for at once.
    due = before is Status.REDUCED or trigger in {Trigger.ENDED, Trigger.PART_ENDED, Trigger.UNREACHABLE}
    assert bool(REFUNDS & set(transition.effects)) == (due and transition.status in REFUNDING)
    assert not (asks_to_charge and REFUNDS & set(transition.effects))


def test_every_status_is_reached_and_those_that_wait_can_be_left() -> None:
    assert {transition.status for transition in TRANSITIONS.values()} == set(Status)
    assert CHARGING | REFUNDING | {Status.UNORDERED} <= {before for before, _trigger in TRANSITIONS}


def test_money_that_is_given_back_was_said_to_be_taken() -> None:
    for (before, _trigger), transition in TRANSITIONS.items():
        if Effect.PUBLISH_REFUNDED in transition.effects:
            assert before is Status.CHARGED or Effect.PUBLISH_SUCCESS in transition.effects
