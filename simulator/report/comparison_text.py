"""A comparison of two runs in words."""

from __future__ import annotations

from simulator.measure.text import latency_text
from simulator.report.comparison import Comparison, Difference, Side
from simulator.trace.drawings.plain import fit, plain

_NAME, _SIDE = 24, 27
_SIGNS = {"slower": "▲ slower", "faster": "▼ faster", "none": "= none shown", "unknown": "? too little data"}


def comparison_lines(comparison: Comparison) -> list[str]:
    """The whole comparison; it fits 80 columns where the ids of the runs do."""
    before, after = _figures(comparison.before), _figures(comparison.after)
    lines = [_row("", comparison.before.run_id, comparison.after.run_id)]
    lines += [_row(name, before[name], after[name]) for name in before]
    lines += ["", f"{'':<{_NAME}}{'before':>10}{'after':>10}{'change':>9}{'p':>8}"]
    lines += [_difference_line(each) for each in comparison.differences]
    if comparison.notes:
        lines += ["", *map(plain, comparison.notes)]
    return [*lines, "", f"verdict: {comparison.verdict}"]


def _figures(side: Side) -> dict[str, str]:
    return {
        "verdict": f"{side.verdict}{', partial' * side.partial}",
        "seconds": f"{side.seconds:.0f}",
        "planned / answered": f"{side.offered:.1f}/s / {side.achieved:.1f}/s",
        "without an answer": f"{side.no_answer:,}",
        "open sagas": f"{side.open_sagas:,}",
        "violations": "not judged" if side.violations is None else f"{side.violations:,}",
    }


def _difference_line(each: Difference) -> str:
    latencies = "".join(f"{_latency(milliseconds):>10}" for milliseconds in (each.before, each.after))
    change = "-" if each.change is None else f"{each.change:+.1%}"
    p_value = "-" if each.p_value is None else "<0.001" if each.p_value < 0.001 else f"{each.p_value:.3f}"
    name = f"{each.operation} p{each.percent}"
    return f"{fit(name, _NAME):<{_NAME}}{latencies}{change:>9}{p_value:>8}  {_SIGNS[each.verdict]}"


def _row(name: str, before: str, after: str) -> str:
    return f"{name:<{_NAME}}{fit(before, _SIDE):>{_SIDE}}{fit(after, _SIDE):>{_SIDE}}".rstrip()


def _latency(milliseconds: float | None) -> str:
    return "none" if milliseconds is None else latency_text(milliseconds * 1000)
