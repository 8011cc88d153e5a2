"""Work in the background outlives whatever it meets: the next round tries again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.periodic import PeriodicWorker


@pytest.mark.parametrize("error", [Unavailable("away"), Refused(409, "no", "no"), TimeoutError(), ValueError("a bug")])
def test_work_that_fails_is_tried_again_after_the_pause(error: Exception) -> None:
    outcomes: Iterator[Exception | bool] = iter([error, True])

    def work() -> bool:
        if isinstance(outcome := next(outcomes), Exception):
            raise outcome
        return outcome

    worker = PeriodicWorker("work", work, 1)
    assert [worker.step(), worker.step()] == [False, True]


def test_a_lack_of_memory_ends_the_process() -> None:
    def work() -> bool:
        raise MemoryError

    with pytest.raises(MemoryError):
        PeriodicWorker("work", work, 1).step()
