"""The tour: an explanation, then what happened, told by the events themselves."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.tour import STEPS, TourModel
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.text.lines import Line, Span, cut_line, spans, wrapped
from marketplace_tui.text.signs import ARROW, ELLIPSIS, FAILED, SEPARATOR
from marketplace_tui.widgets.lines import Lines
from simulator.trace import Flow, FlowEvent, steps_of


class TourScreen(ClientScreen):
    """One step after the other, by one key."""

    PLACE = "tour"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = TourModel(marketplace)

    def compose_body(self) -> ComposeResult:
        """All of it is text."""
        yield Lines(self._draw, id="tour")

    def on_mount(self) -> None:
        """Follow the steps and their events."""
        super().on_mount()
        self.watch_model(self.model, self.query_one("#tour", Lines).redraw)

    def on_unmount(self) -> None:
        """Close the connections of the tour's people."""
        super().on_unmount()
        self.client_app.marketplace.tasks.start(self.model.close())

    def do_tour_next(self) -> None:
        """The next step."""
        self.model.next()

    def _draw(self, width: int, height: int) -> Sequence[Line]:
        return tour_lines(self.model, width)[:height]


def tour_lines(model: TourModel, width: int) -> list[Line]:
    """The present step, its outcome, and its events."""
    step = model.step
    if step is None:
        return [
            (Span("That was the tour.", "strong"),),
            (),
            *(spans(line) for line in wrapped(_END, width)),
        ]
    lines: list[Line] = [
        (Span(f"{model.position + 1} of {len(STEPS)}  ", "dim"), Span(step.title, "strong")),
        (),
        *(spans(line) for line in wrapped(step.explanation, width)),
        (),
    ]
    if model.problem:
        lines += [(Span(f"{FAILED} {line}", "bad"),) for line in wrapped(model.problem, width - 2)]
    if model.running:
        lines.append((Span(f"It happens now{ELLIPSIS}", "dim"),))
    elif model.told is None:
        lines.append((Span("n", "key", "tour.next"), Span(" makes it happen.")))
    else:
        lines += [spans(line, "accent") for text in model.told.lines for line in wrapped(text, width)]
        lines += [(), *(cut_line(line, width) for line in flow_lines(model.flow))]
    return lines


_END = (
    "The orders of the tour are in the shopper's list: open one and press t. `marketplace trace list` has every flow, "
    "and `marketplace trace show ID` draws one as a waterfall and a sequence. The seller and the rival of the tour "
    "stay in this marketplace; `marketplace down` ends it."
)


def flow_lines(flow: Flow | None) -> list[Line]:
    """The events of a flow: when, what, where it lies, and who handled it how much later."""
    if flow is None:
        return [(Span(f"Reading the topics{ELLIPSIS}", "dim"),)]
    statuses = {step.event.place: step for step in steps_of(flow)}
    lines: list[Line] = []
    for event in flow.events:
        step = statuses.get(event.place)
        lines.append(
            (
                Span(f"+{flow.since_start(event.at) * 1000:>6.0f} ms  ", "dim"),
                Span(event.place, "strong"),
                Span(f"  {event.publisher}{_consumers(event)}"),
                Span(f"  {step.words}" if step is not None and not event.consumers else "", "dim"),
            )
        )
    return lines


def _consumers(event: FlowEvent) -> str:
    named = [f"{one.group} +{max(one.handled_at - event.at, 0) / 1000:.0f}" for one in event.consumers]
    return f" {ARROW} " + f" {SEPARATOR} ".join(named) if named else ""
