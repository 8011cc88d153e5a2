"""The output is aligned at 80 columns, and plain where it is not a terminal."""

from __future__ import annotations

import io
import json

from rich.console import Console

from simulator.demo.output import DemoOutput, duration_text
from simulator.demo.report import Report
from simulator.demo.steps import Step
from simulator.trace.flow import flow_of
from tests.unit.simulator.records import ORDER, PURCHASE, START


def printed(*, terminal: bool, steps: list[Step]) -> str:
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=terminal, width=80, highlight=False, markup=False, soft_wrap=True, _environ={}
    )
    output = DemoOutput(console)
    for step in steps:
        output.began(step.action)
        output.progress("the broker [starts]")
        output.ended(step)
    output.title("Events")
    output.flow(flow_of(ORDER, PURCHASE, started_at=START))
    return file.getvalue()


GOOD = Step("The shopper pays with a declined card", "FAILED, the stock is back", 0.0414, True)
BAD = Step("The shopper pays", "Conflict: [red]no[/red]\nsecond line", 1.5, False)


def test_without_a_terminal_the_output_is_plain_and_aligned() -> None:
    text = printed(terminal=False, steps=[GOOD, BAD])
    assert text.splitlines()[:3] == [
        "✓ The shopper pays with a declined card  FAILED, the stock is back         41 ms",
        "✗ The shopper pays                                                        1.50 s",
        "  Conflict: [red]no[/red]",
    ]
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_terminal_gets_colours() -> None:
    assert "\x1b[" in printed(terminal=True, steps=[GOOD])


def test_a_duration_has_the_unit_that_fits() -> None:
    assert [duration_text(seconds) for seconds in (0.0004, 0.0414, 0.9994, 1.0, 61.5)] == [
        "0 ms",
        "41 ms",
        "999 ms",
        "1.00 s",
        "61.5 s",
    ]


def test_the_report_is_json_for_programs() -> None:
    flow = flow_of(ORDER, PURCHASE, started_at=START)
    document = json.loads(Report(1, 4.2, None, (GOOD, BAD), flow).json())
    assert (document["passed"], document["exitCode"], document["firstPaidSeconds"]) == (False, 1, None)
    assert [step["ok"] for step in document["steps"]] == [True, False]
    first = document["flow"]["events"][0]
    assert (first["topic"], first["since"], first["publisher"]) == ("order-created", 0.0041, "order")
    assert [hop["group"] for hop in first["consumers"]] == ["payment", "notification"]
    assert json.loads(Report(0, 4.2, 2.1, (), None).json())["flow"] is None
