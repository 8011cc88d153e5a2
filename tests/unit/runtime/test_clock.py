"""The wall clock of a process: right, ahead or behind, and heard of by all that reads a time of day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from services_stub.contracts.control_faults import ClockSkew, PaymentOutage
from services_stub.contracts.times import from_microseconds
from services_stub.runtime import clock
from services_stub.runtime.identifiers import new_id

MOST = timedelta(seconds=30)
"""Between two looks at the clock, on a machine that is busy."""


@pytest.fixture(autouse=True)
def right_afterwards() -> Iterator[None]:
    yield
    clock.disturb([])


@pytest.mark.parametrize("milliseconds", [-600_000, 0, 600_000])
def test_all_its_readings_are_shifted_alike(milliseconds: int) -> None:
    clock.disturb([PaymentOutage(), ClockSkew(service="payment", milliseconds=milliseconds)])
    true = datetime.now(UTC) + timedelta(milliseconds=milliseconds)
    of_id = datetime.fromtimestamp(int(new_id().replace("-", "")[:12], 16) / 1000, UTC)
    readings = (clock.now(), datetime.fromtimestamp(clock.seconds(), UTC), from_microseconds(clock.microseconds()))
    assert all(abs(reading - true) < MOST for reading in (*readings, of_id))


def test_it_is_right_again_without_the_fault() -> None:
    clock.disturb([ClockSkew(service="order", milliseconds=1)])
    assert not clock.is_right()
    clock.disturb([PaymentOutage()])
    assert clock.is_right()
