"""The tour: an explanation, then what happened, told by the events themselves."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.tour import STEPS, TourModel
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.text.handled import handled_by
from marketplace_tui.text.lines import MOST_OF_ERROR, Line, Span, cut_line, spans, wrapped
from marketplace_tui.text.signs import ELLIPSIS, FAILED
from marketplace_tui.widgets.lines import Lines
from simulator.trace import Flow, Step, steps_of


class TourScreen(ClientScreen):
    """One step after the other, by one key."""

    PLACE = "tour"

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = TourModel(marketplace)

    def compose_body(self) -> ComposeResult:
        """All of it is text."""
        yield Lines(self._draw, id="tour")

    def begin(self) -> None:
        """Follow the steps and their events."""
        self.watch_model(self.model, self.query_one("#tour", Lines).redraw)

    def on_unmount(self) -> None:
        """Close the connections of the tour's people."""
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
        lines += [(Span(f"{FAILED} {line}", "bad"),) for line in wrapped(model.problem, width - 2, MOST_OF_ERROR)]
    if model.running:
        lines.append((Span(f"It happens now{ELLIPSIS}", "dim"),))
    elif model.told is None:
        lines.append((Span("n", "key", "tour.next"), Span(" makes it happen.")))
    else:
        lines += [spans(line, "accent") for text in model.told.lines for line in wrapped(text, width, MOST_OF_ERROR)]
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
    return [_event_line(flow, step) for step in steps_of(flow)]


def _event_line(flow: Flow, step: Step) -> Line:
    event = step.event
    after = Span(f"+{flow.since_start(event.at) * 1000:>6.0f} ms  ", "dim")
    beside = (Span(" "), *handled_by(event)) if event.consumers else (Span(f"  {step.words}", "dim"),)
    return (after, Span(event.place, "strong"), Span(f"  {event.publisher}"), *beside)
