"""The drain: it waits for sagas, refunds, groups and the reader, and for a quiet log; but no longer than it may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import cast

import pytest

from simulator.history.samples import Lag, LagSample
from simulator.run import drain
from simulator.run.log_reader import LogReader

SECONDS = 10.0


class Log:
    """A reader of a log of which everything is a function of the time, in seconds after the beginning of the drain."""

    def __init__(self, **functions: Callable[[float], int]) -> None:
        self._now, self._functions, self.failure = 0.0, functions, ""

    def _at(self, name: str) -> int:
        function = self._functions.get(name)
        return 0 if function is None else function(self._now)

    @property
    def sagas(self) -> SimpleNamespace:
        return SimpleNamespace(open=self._at("sagas"), refunds_due=self._at("refunds"))

    @property
    def positions(self) -> SimpleNamespace:
        return SimpleNamespace(events=self._at("events"), ends={("order-created", 0): self._at("events")})

    @property
    def latest(self) -> LagSample:
        return LagSample(self._microseconds(), {"order": Lag(self._at("lag"))})

    def ends(self) -> Mapping[tuple[str, int], int]:
        return {("order-created", 0): self._at("events") + self._at("unread")}

    def _microseconds(self) -> int:
        return int(self._now * 1_000_000)

    def drained(self, monkeypatch: pytest.MonkeyPatch) -> tuple[drain.Left, float]:
        """All that was left, and the seconds that it took."""

        def sleep(seconds: float) -> None:
            self._now += seconds

        clock = SimpleNamespace(time_ns=lambda: self._microseconds() * 1000, monotonic=lambda: self._now, sleep=sleep)
        monkeypatch.setattr(drain, "time", clock)
        return drain.drained(cast(LogReader, self), SECONDS), self._now


def until(seconds: float) -> Callable[[float], int]:
    return lambda now: int(now < seconds)


@pytest.mark.parametrize("what", ["sagas", "refunds", "lag", "unread"])
def test_it_waits_for_all_that_is_left_and_says_what_it_was(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    left, took = Log(**{what: until(3)}).drained(monkeypatch)
    assert left.nothing
    assert 3 < took < 5
    left, took = Log(**{what: until(60)}).drained(monkeypatch)
    assert left._asdict() == {"sagas": 0, "refunds": 0, "lag": 0, "unread": 0, what: 1}
    assert SECONDS <= took < SECONDS + 1


def test_it_waits_until_no_event_comes_and_where_that_never_is_as_long_as_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left, took = Log(events=lambda now: min(int(now), 4)).drained(monkeypatch)
    assert left.nothing
    assert 4 < took < 6
    left, took = Log(events=int).drained(monkeypatch)
    assert left.nothing
    assert took >= SECONDS


def test_it_ends_at_once_where_the_log_is_not_read_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(sagas=until(60))
    log.failure = "the broker is gone"
    left, took = log.drained(monkeypatch)
    assert (left.sagas, took) == (1, 0.0)
