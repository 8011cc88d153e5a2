"""The choices of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulator.measure.slo import Slo
from simulator.plan import Plan
from simulator.run.auditing import audited
from simulator.run.plugs import Faults, Judge, NoFaults
from simulator.run.targets import Choice
from simulator.scenario import Scenario


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """All that a run is made from. `runs` is where run directories lie, and `drain_us` the longest drain."""

    scenario: Scenario
    seed: int
    choice: Choice
    runs: Path
    sessions: frozenset[int] | None = None
    """The numbers of the sessions that there are; None for all of the plan."""
    workers: int = 1
    drain_us: int = 30_000_000
    slos: Sequence[Slo] = ()
    faults: Faults = field(default_factory=NoFaults)
    judges: Sequence[Judge] = (audited,)

    @property
    def plan(self) -> Plan:
        """The plan of the run."""
        return Plan(self.scenario, self.seed, self.sessions)
