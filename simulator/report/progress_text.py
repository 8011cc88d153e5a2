"""Progress of a run in plain lines."""

from __future__ import annotations

from simulator.history.operations import FaultRecord
from simulator.history.progress import (
    Begun,
    Ended,
    FaultOver,
    Moment,
    Phase,
    PhaseBegun,
    Progress,
    Said,
    Second,
)
from simulator.measure.text import latency_text

_TROUBLE = ("open", "refused", "failed", "unknown", "dropped")


class ProgressLines:
    """Says progress in lines, one piece after the other. During the load a moment has none: its second has it all."""

    def __init__(self) -> None:
        self._of = 0
        self._phase: Phase | None = None

    def of(self, progress: Progress) -> list[str]:
        """The lines of a piece of progress; often none."""
        match progress:
            case Begun():
                self._of = progress.planned_us // 1_000_000
                return [f"run {progress.run_id}, seed {progress.seed}: {progress.load}", *progress.faults]
            case PhaseBegun():
                self._phase = progress.phase
                return [progress.text]
            case Said():
                return [progress.text]
            case Second():
                return [second_line(progress, self._of)]
            case Moment():
                return [moment_line(progress)] if self._phase is Phase.DRAIN else []
            case FaultOver():
                return [fault_line(progress.fault)]
            case Ended():
                return list(progress.lines)


def second_line(second: Second, of: int) -> str:
    """The newest second of a load that lasts `of` seconds."""
    latencies = f"p50 {latency_words(second.corrected.p50, second)}, p99 {latency_words(second.corrected.p99, second)}"
    trouble = [f"{second.outcomes[outcome]} {outcome}" for outcome in _TROUBLE if second.outcomes.get(outcome)]
    return (
        f"{second.second:>5} of {of} s  {second.offered:g}/s planned, {second.achieved:g}/s answered, {latencies}"
        f"{''.join(f', {each}' for each in trouble)}; {second.open_sagas} open sagas, lag {second.lag}"
    )


def moment_line(moment: Moment) -> str:
    """The backlog, without a load."""
    return (
        f"{moment.open_sagas:,} open sagas, {moment.refunds_due:,} refunds due, lag {moment.lag:,}"
        f"{''.join(f', {fault} in force' for fault in moment.faults)}"
    )


def fault_line(fault: FaultRecord) -> str:
    """A fault that has ended, and what it hit."""
    hit = f"hit {fault.hit_sagas:,} sagas and {fault.hit_requests:,} requests" if fault.begun_at else "none"
    return f"fault {fault.name} is over: {hit}{f'; {fault.note}' if fault.note else ''}"


def latency_words(milliseconds: float | None, second: Second) -> str:
    """A percentile of a second: `none` where that operation had no answer, a dash where there was no operation."""
    if milliseconds is None:
        return "none" if second.offered else "-"
    return latency_text(milliseconds * 1000)
