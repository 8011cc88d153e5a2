"""The output of the demo: calm, aligned at 80 columns, coloured on a terminal only."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.status import Status
from rich.text import Text

from simulator.demo.steps import Step
from simulator.trace.flow import Flow
from simulator.trace.text import draw_flow

_ACTION = 38
_OUTCOME = 30
_TIME = 8


class DemoOutput:
    """Prints the demo as it goes. On a terminal, the step under way is shown until it is done."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._under_way: Status | None = None
        self._action = ""

    def began(self, action: str) -> None:
        """A step begins."""
        self._action = action
        if self._console.is_terminal:
            self._under_way = self._console.status(Text(action, style="dim"), spinner="dots")
            self._under_way.start()

    def progress(self, line: str) -> None:
        """The marketplace said something while it starts."""
        if self._under_way is not None:
            self._under_way.update(Text.assemble((self._action, "dim"), ("  " + line[:60], "dim italic")))

    def ended(self, step: Step) -> None:
        """A step has its outcome."""
        self.quiet()
        duration = duration_text(step.seconds)
        if step.ok:
            self._print(
                ("✓ ", "green"),
                (f"{step.action:<{_ACTION}} ", ""),
                (f"{step.outcome:<{_OUTCOME}} ", "cyan"),
                (f"{duration:>{_TIME}}", "dim"),
            )
            return
        self._print(
            ("✗ ", "bold red"), (f"{step.action:<{_ACTION + _OUTCOME + 2}}", "bold"), (f"{duration:>{_TIME}}", "dim")
        )
        for line in step.outcome.splitlines():
            self._print((f"  {line}", "red"))

    def quiet(self) -> None:
        """Take the step under way off the screen."""
        if self._under_way is not None:
            self._under_way.stop()
            self._under_way = None

    def title(self, text: str) -> None:
        """A heading with an empty line around it."""
        self._print()
        self._print((text, "bold"))
        self._print()

    def flow(self, flow: Flow) -> None:
        """One order as the list of its events."""
        heading, *lines = draw_flow(flow)
        self._print((heading, "dim"))
        for line in lines:
            self._print((line, "cyan" if line.lstrip()[:1].isdigit() else "dim"))

    def text(self, lines: Sequence[str], style: str = "") -> None:
        """Plain lines."""
        for line in lines:
            self._print((line, style))

    def _print(self, *parts: tuple[str, str]) -> None:
        line = Text.assemble(*parts)
        line.rstrip()
        self._console.print(line)


def duration_text(seconds: float) -> str:
    """A duration in at most eight characters."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
