"""Laws of the table of transitions."""

from __future__ import annotations

import pytest

from services_stub.payment.domain import OPEN_REQUESTS, REQUESTS, TRANSITIONS, Status, Transition, Trigger


@pytest.mark.parametrize(("met", "transition"), TRANSITIONS.items())
def test_a_status_that_waits_for_the_provider_is_reached_with_its_request(
    met: tuple[Status | None, Trigger], transition: Transition
) -> None:
    before, _trigger = met
    made = [effect for effect in transition.effects if effect in REQUESTS]
    awaited = OPEN_REQUESTS.get(transition.status)
    was_made_before = before is not None and OPEN_REQUESTS.get(before) is awaited
    assert made == ([] if awaited is None or was_made_before else [awaited])


def test_every_status_is_reached_and_those_that_wait_can_be_left() -> None:
    assert {transition.status for transition in TRANSITIONS.values()} == set(Status)
    assert set(OPEN_REQUESTS) <= {before for before, _trigger in TRANSITIONS}
