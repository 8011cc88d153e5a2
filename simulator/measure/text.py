"""Figures in words."""

from __future__ import annotations

import math

from simulator.measure.judging import Judgement
from simulator.measure.slo import Slo, Unit, unit_of


def latency_text(microseconds: float | None) -> str:
    """A latency with three digits; a dash without operations, `none` for one without an answer."""
    if microseconds is None:
        return "-"
    if math.isinf(microseconds):
        return "none"
    milliseconds = microseconds / 1000
    return f"{milliseconds / 1000:.3g} s" if milliseconds >= 1000 else f"{milliseconds:.3g} ms"


def measured_text(slo: Slo, measured: float | None) -> str:
    """The figure that was measured for an objective, in its unit; of a recovery it is a time."""
    if measured is None:
        return "-"
    unit = Unit.DURATION if slo.clause is not None and slo.clause.recovery is not None else unit_of(slo.statistic)
    return latency_text(measured) if unit is Unit.DURATION else f"{measured:.4g} {unit.value}"


def judgement_line(judgement: Judgement) -> str:
    """An objective, whether it was met, and what was measured."""
    measured = measured_text(judgement.slo, judgement.measured)
    because = f" ({judgement.reason})" if judgement.reason else ""
    return f"{judgement.slo}: {judgement.verdict.value}, measured {measured} of {judgement.samples:,}{because}"
