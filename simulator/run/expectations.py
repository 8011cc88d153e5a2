"""Objectives that a run cannot reach, found before it: about operations of no session, or faults that it has not.

Such an objective would be missed for want of data, after all the time that the run takes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from simulator.history.operations import CHECKOUT, STAGES
from simulator.measure.slo import Slo
from simulator.plan import Plan
from simulator.scenario.quantities import nearest
from simulator.workload.workload import ACTS

_LOOKED_AT = 10_000
"""Sessions. To make more of a long plan would take longer than is worth it: what is not in these may come later."""

_FAULT = "fault"
"""In an objective: any fault."""


def without_operations(slos: Sequence[Slo], plan: Plan) -> list[str]:
    """The objectives about operations that there are not, or that no session of the plan has, with the way out."""
    known = [*(str(action.__struct_config__.tag) for action in ACTS), *STAGES]
    if unknown := [slo for slo in slos if slo.operation not in known]:
        return [f"{slo}: there is no {slo.operation}.{_instead(slo.operation, known)}" for slo in unknown]
    wanted = {CHECKOUT if slo.operation in STAGES else slo.operation for slo in slos}
    sessions = list(islice(plan.sessions(), _LOOKED_AT + 1)) if wanted else []
    if len(sessions) > _LOOKED_AT:
        return []
    never = wanted - {step.operation for session in sessions for step in session.steps}
    return [
        f"{slo}: no session of this plan does {operation}"
        for slo in slos
        if (operation := CHECKOUT if slo.operation in STAGES else slo.operation) in never
    ]


def without_faults(slos: Iterable[Slo], planned: Collection[str]) -> list[str]:
    """The objectives about faults that are not planned; `planned` are faults as they are written."""
    names = {text.partition("@")[0].partition("=")[0] for text in planned}
    known = [*sorted(names), *([_FAULT] if names else [])]
    return [
        f"{slo}: this run has no {slo.clause.fault}.{_instead(slo.clause.fault, known)}"
        for slo in slos
        if slo.clause is not None and slo.clause.fault not in known
    ]


def _instead(name: str, known: Sequence[str]) -> str:
    return nearest(name, known) or (f" There are {', '.join(known)}." if known else "")
