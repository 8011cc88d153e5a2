"""The notices of low and sold-out stock: read them, go to the product, set the threshold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from textual.app import ComposeResult

from marketplace_tui.actions.state import Fact
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.notices import Notices
from marketplace_tui.model.resource import Resource
from marketplace_tui.model.seller_products import whole_units
from marketplace_tui.screens.asking import start, submit
from marketplace_tui.screens.everywhere.dialogs import Form, FormField
from marketplace_tui.screens.seller import notices_text as text
from marketplace_tui.screens.seller.following import SellerScreen
from marketplace_tui.text.lines import Line
from marketplace_tui.text.values import count
from marketplace_tui.widgets.lines import Lines
from marketplace_tui.widgets.rows import Row, Rows
from services_stub.contracts.events.notification import NotificationSent
from services_stub.contracts.events.product import ProductUpdated
from services_stub.contracts.http.seller import SellerSettings, StockNotice

_THRESHOLD = "lowStockThreshold"


class NoticesScreen(SellerScreen):
    """The section of stock notices."""

    PLACE = "notices"
    AUTO_FOCUS = "#notices"
    FOLLOWS = (ProductUpdated, NotificationSent)

    def __init__(self, marketplace: Marketplace) -> None:
        super().__init__()
        self.model = Notices(marketplace)

    def compose_body(self) -> ComposeResult:
        """The threshold, the notices."""
        yield Lines(self._draw_head, id="filter", classes="pad")
        yield Lines(self._draw_rule, classes="rule")
        yield Rows(text.COLUMNS, flat=self.client_app.flat, id="notices")

    def begin(self) -> None:
        """Show what is found."""
        self.watch_model(self.model.found, self._show)
        self.watch_model(self.model.settings, self._draw_again)

    def resources(self) -> Sequence[Resource[Any]]:
        """The notices and the threshold."""
        return (self.model.found, self.model.settings)

    def facts(self) -> Iterable[Fact]:
        """Of the selected notice."""
        notice = self.selected
        if notice is not None:
            yield Fact.SELECTED
            if not notice.read:
                yield Fact.UNREAD

    @property
    def selected(self) -> StockNotice | None:
        """The notice of the cursor."""
        return self.model.notice(self._rows.cursor_key)

    def subject(self) -> object | None:
        """The selected notice."""
        return self.selected

    def refresh_data(self) -> None:
        """Read notices and threshold again."""
        self.model.refresh()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        """Go to the product."""
        notice = self.model.notice(event.key)
        if notice is not None:
            self.client_app.open_product(notice.product_id)

    def on_rows_near_end(self) -> None:
        """Read the next page."""
        self.model.found.more()

    def do_notice_read(self) -> None:
        """Mark the selected notice as read."""
        notice = cast("StockNotice", self.selected)
        call = self.client_app.marketplace.client.seller.mark_notice_read(notice.notice_id)
        start(self, call, lambda _notice: self.read_soon())

    def do_notice_read_all(self) -> None:
        """Mark all of them as read."""

        def marked(_page: object) -> None:
            self.say("All notices are read.", "good")
            self.read_soon()

        start(self, self.client_app.marketplace.client.seller.mark_all_notices_read(), marked)

    def do_notice_threshold(self) -> None:
        """Ask for the threshold, and set it."""
        settings = self.model.settings.value
        before = str(settings.low_stock_threshold) if settings else ""
        area = self.client_app.marketplace.client.seller

        def changed(settings: SellerSettings) -> None:
            self.model.settings.replace(settings)
            self.say(f"Stock of {count(settings.low_stock_threshold, 'unit')} or fewer is low from now on.", "good")

        def change(form: Form, typed: Mapping[str, str]) -> None:
            threshold = whole_units(typed[_THRESHOLD])
            if threshold is None:
                form.refused("", {_THRESHOLD: "whole units like 5 are expected"})
            else:
                submit(self, form, area.change_settings(low_stock_threshold=threshold), changed)

        field = FormField(_THRESHOLD, "Threshold", before, "5")
        explanation = "Stock of so many units or fewer is low. With 0 you are told of sold-out products alone."
        self.app.push_screen(Form("Low stock", [field], change, explanation=explanation))

    @property
    def _rows(self) -> Rows:
        return self.query_one("#notices", Rows)

    def _show(self) -> None:
        now = self.client_app.marketplace.now()
        self._rows.empty = text.empty(self.model)
        self._rows.show_rows(
            [Row(notice.notice_id, text.cells(notice, now), dim=notice.read) for notice in self.model.found.items]
        )
        self._draw_again()

    def _draw_again(self) -> None:
        self.query_one("#filter", Lines).redraw()

    def _draw_head(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return [text.head(self.model, width)]

    def _draw_rule(self, width: int, height: int) -> Sequence[Line]:  # noqa: ARG002 - one line
        return self.client_app.rule(width)
