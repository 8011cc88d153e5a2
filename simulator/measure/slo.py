"""SLO expressions: `place-order.p99<500ms`, `saga.paid.p99<2s during fault`, `search.failed<1% after kill:search`.

    operation.statistic comparison limit [during|before|after FAULT]
    operation.statistic comparison limit within DURATION after FAULT

Statistics: `p50`, `p99.9` and so on, `mean` and `max` of the response time (us, ms, s, m); `ok`, `refused`, `failed`,
`unknown`, `dropped` and `late` as shares of what was planned (%); `rate`, the answers a second (/s). A fault has its
name of the plan; `fault` means all of them. `within` is the time to recover: so soon the rest must be true again.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from simulator.measure.measurements import SECOND
from simulator.measure.outcomes import Outcome


class InvalidSlo(ValueError):
    """The expression is none; the message says why."""


class Relation(Enum):
    """The place of the judged time relative to a fault."""

    DURING = "during"
    BEFORE = "before"
    AFTER = "after"
    WITHIN = "within"


class Unit(Enum):
    """The kind of a statistic: microseconds, a share in percent, or a number a second."""

    DURATION = "us"
    SHARE = "%"
    RATE = "/s"


@dataclass(frozen=True, slots=True)
class FaultClause:
    """The part of an expression behind its limit. `recovery` is in microseconds, and there for `WITHIN` alone."""

    relation: Relation
    fault: str
    recovery: Decimal | None = None

    def __str__(self) -> str:
        if self.recovery is not None:
            return f" within {_duration(self.recovery)} after {self.fault}"
        return f" {self.relation.value} {self.fault}"


@dataclass(frozen=True, slots=True)
class Slo:
    """An objective. `limit` is in the unit of the statistic."""

    operation: str
    statistic: str
    comparison: str
    limit: Decimal
    clause: FaultClause | None = None

    def __str__(self) -> str:
        """The canonical expression; it reads as the same objective."""
        unit = unit_of(self.statistic)
        limit = _duration(self.limit) if unit is Unit.DURATION else f"{_plain(self.limit)}{unit.value}"
        return f"{self.operation}.{self.statistic}{self.comparison}{limit}{self.clause or ''}"

    @property
    def percent(self) -> float | None:
        """The percentile that is meant, if one is."""
        return float(self.statistic[1:]) if _PERCENTILE.fullmatch(self.statistic) else None

    def holds(self, measured: float) -> bool:
        """Whether a figure, in the unit of the statistic, is on the right side of the limit."""
        return _COMPARISONS[self.comparison](measured, float(self.limit))


SHARES = frozenset({*(outcome.value for outcome in Outcome), "late"})

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DURATIONS = {"us": 1, "ms": 1_000, "s": SECOND, "m": 60 * SECOND}
_PERCENTILE = re.compile(r"p[0-9]{1,3}(\.[0-9]{1,6})?")
_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,6})?"
_NAME = r"[a-z][a-z0-9_:.-]*"
_EXPRESSION = re.compile(
    rf"(?P<operation>{_NAME})\.(?P<statistic>{_PERCENTILE.pattern}|[a-z]+)"
    rf"\s*(?P<comparison><=|>=|<|>)\s*(?P<limit>{_NUMBER})\s*(?P<unit>us|ms|s|m|%|/s)"
    rf"(?:\s+(?:(?P<relation>during|before|after)|within\s+(?P<recovery>{_NUMBER})\s*(?P<recovery_unit>us|ms|s|m)\s+after)"
    rf"\s+(?P<fault>{_NAME}))?",
    re.ASCII,
)


def parse_slo(text: str) -> Slo:
    """The objective that an expression means.

    Raises:
        InvalidSlo: it means none.
    """
    found = _EXPRESSION.fullmatch(text.strip())
    if found is None:
        raise InvalidSlo(f"{text!r} is no SLO; one is `place-order.p99<500ms during fault`")
    statistic = _checked_statistic(found["statistic"], text)
    unit = unit_of(statistic)
    limit = Decimal(found["limit"])
    if unit is Unit.DURATION:
        if found["unit"] not in _DURATIONS:
            raise InvalidSlo(f"{text!r}: {statistic} is a time, in us, ms, s or m")
        limit *= _DURATIONS[found["unit"]]
    elif found["unit"] != unit.value:
        raise InvalidSlo(f"{text!r}: {statistic} is given in {unit.value}")
    clause: FaultClause | None = None
    if found["recovery"] is not None:
        recovery = Decimal(found["recovery"]) * _DURATIONS[found["recovery_unit"]]
        clause = FaultClause(Relation.WITHIN, found["fault"], recovery)
    elif found["relation"] is not None:
        clause = FaultClause(Relation(found["relation"]), found["fault"])
    return Slo(found["operation"], statistic, found["comparison"], limit, clause)


def unit_of(statistic: str) -> Unit:
    """The unit in which the limit of a statistic is given."""
    if statistic in SHARES:
        return Unit.SHARE
    return Unit.RATE if statistic == "rate" else Unit.DURATION


def _checked_statistic(text: str, expression: str) -> str:
    if _PERCENTILE.fullmatch(text):
        percent = Decimal(text[1:])
        if not 0 < percent <= 100:
            raise InvalidSlo(f"{expression!r}: a percentile is above 0 and at most 100, not {percent}")
        return f"p{_plain(percent)}"
    if text not in SHARES | {"rate", "mean", "max"}:
        known = ", ".join(sorted(SHARES))
        raise InvalidSlo(
            f"{expression!r}: {text!r} is no statistic; they are p50 (or another percentile), mean, max, rate, {known}"
        )
    return text


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _duration(microseconds: Decimal) -> str:
    for unit in ("m", "s", "ms"):
        if microseconds and microseconds % _DURATIONS[unit] == 0:
            return f"{_plain(microseconds / _DURATIONS[unit])}{unit}"
    return f"{_plain(microseconds)}us"
