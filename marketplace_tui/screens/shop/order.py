"""The order page, the same for shoppers, sellers and admins, each with their own actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.app import ComposeResult

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.order import OrderModel, concerns
from marketplace_tui.model.order_changes import order_facts
from marketplace_tui.model.resource import Resource
from marketplace_tui.screens.base import ClientScreen
from marketplace_tui.screens.everywhere.order_actions import buy_again, change_order
from marketplace_tui.screens.shop import order_events_text as events_text
from marketplace_tui.screens.shop import order_text as text
from marketplace_tui.text.lines import Line
from marketplace_tui.text.states import missing
from marketplace_tui.text.values import clock_time, moment, short_id
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events import Event
from services_stub.contracts.times import from_microseconds


class OrderScreen(ClientScreen):
    """One order: its status, how far it is, what is in it, and what happened."""

    PLACE = "order"
    AUTO_FOCUS = "#happened"

    def __init__(self, marketplace: Marketplace, order_id: str) -> None:
        super().__init__()
        self.model = OrderModel(marketplace, order_id)
        self.sellers = marketplace.sellers
        self._words: dict[str, str] = {}

    def compose_body(self) -> ComposeResult:
        """The order above, what happened below."""
        yield Lines(self._draw_order, id="order", classes="pad")
        yield Lines(self._draw_rule, classes="rule")
        yield Rows(events_text.ENTRY_COLUMNS, flat=self.client_app.flat, id="happened")

    def begin(self) -> None:
        """Show the order, and each change of it."""
        self.watch_model(self.model, self._show)
        self.watch_model(self.sellers, self._show)

    def on_unmount(self) -> None:
        """Stop reading the topics."""
        self.model.close()

    def resources(self) -> Sequence[Resource[Any]]:
        """The order with all that happened to it."""
        return (self.model.timeline,)

    def facts(self) -> Iterable[Fact]:
        """Of the order."""
        if self.model.order is not None:
            yield Fact.SELECTED
            yield from order_facts(self.model.order)

    def subject(self) -> object | None:
        """The order."""
        return self.model.order

    def trail(self) -> str:
        """The end of the order's id."""
        return short_id(self.model.order_id)

    def refresh_data(self) -> None:
        """Read what happened again."""
        self.model.timeline.refresh()

    def on_events(self, events: Sequence[Event], missed: bool) -> None:
        """Something happened to the order: read it again."""
        if missed or concerns(events, self.model.order_id):
            self.refresh_data()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Say the exact time of an entry, and all of its words."""
        self.say(self._words.get(event.key, ""))

    def do_order_again(self) -> None:
        """Put the same products into the cart."""
        if self.model.order is not None:
            buy_again(self, self.model.order)

    def do_order_trace(self) -> None:
        """Follow it through every topic and service."""
        order = self.model.order
        self.client_app.open_trace(self.model.order_id, moment(order.created_at) if order is not None else None)

    def change_order(self, action_id: str) -> None:
        """Change the order."""
        if self.model.order is not None:
            change_order(self, action_id, self.model.order, self.model.show)

    def _show(self) -> None:
        rows = self.query_one("#happened", Rows)
        rows.empty = [()]
        flow = self.model.flow
        if flow is not None and flow.events:
            rows.columns = events_text.EVENT_COLUMNS
            rows.show_rows(self._event_rows())
        else:
            rows.show_rows(self._entry_rows())
        self.query_one("#order", Lines).redraw()
        self.keys_changed()

    def _event_rows(self) -> list[Row]:
        from simulator.trace import steps_of  # only where a flow was read

        assert self.model.flow is not None
        now, found = self.client_app.marketplace.now(), []
        for step in steps_of(self.model.flow):
            place = step.event.place
            self._words[place] = events_text.event_words(step, clock_time(from_microseconds(step.event.at), now))
            found.append(Row(place, events_text.event_cells(step, self.model.flow.started_at)))
        return found

    def _entry_rows(self) -> list[Row]:
        timeline, order = self.model.timeline.value, self.model.order
        if timeline is None or order is None:
            return []
        now, began, found = self.client_app.marketplace.now(), moment(order.created_at), []
        for entry in timeline.entries:
            key = events_text.entry_key(entry)
            self._words[key] = f"{clock_time(moment(entry.at), now)} {entry.kind} {entry.what}: {entry.text}"
            found.append(Row(key, events_text.entry_cells(entry, began, self.sellers.name_of)))
        return found

    def _draw_order(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - as long as it is
        order, timeline = self.model.order, self.model.timeline
        if order is None:
            return missing("this order", timeline.error, timeline.value is not None, [()])
        now, name_of = self.client_app.marketplace.now(), self.sellers.name_of
        return [
            text.status_line(order, now, width),
            (),
            *text.progress(order, now, width),
            (),
            *text.parts(order, name_of, width),
            *text.contents(order, timeline.value, name_of, width),
            *events_text.unread_line(self.model.unread),
        ]

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)
