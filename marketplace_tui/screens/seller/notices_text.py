"""The notices of low and sold-out stock as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marketplace_tui.model.notices import Notices
from marketplace_tui.screens.seller.answers import instead
from marketplace_tui.text.lines import Line, Span, apart, spans
from marketplace_tui.text.signs import AHEAD, DONE
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import ago, count, moment
from services_stub.contracts.http.seller import StockNotice

COLUMNS = (
    Column("", 6),
    Column("Product", 16, grows=True),
    Column("Units left", 10, right=True),
    Column("Low from", 8, right=True, drop=1),
    Column("When", 10, right=True, ages=True),
)


def head(model: Notices, width: int) -> Line:
    """The threshold, and how many are unread."""
    settings = model.settings.value
    left: Line = ()
    if settings is not None:
        low = f"Low stock is {count(settings.low_stock_threshold, 'unit')} or fewer. "
        left = (Span(low, "dim"), Span("e", "key", "notice.threshold"), Span(" changes that.", "dim"))
    unread = f"{model.unread:,} unread" if model.found.value else ""
    return apart(left, (Span(unread, "accent" if model.unread else "dim"),), width)


def cells(notice: StockNotice, now: datetime) -> tuple[Line, ...]:
    """A notice as a row."""
    left = Span("sold out", "bad") if notice.sold_out else Span(f"{notice.quantity:,}", "warning")
    return (
        (Span(f"{AHEAD} read", "dim") if notice.read else Span(f"{DONE} new", "accent"),),
        spans(notice.name),
        (left,),
        (Span(f"{notice.threshold:,}", "dim"),),
        (Span(ago(moment(notice.happened_at), now)),),
    )


def empty(model: Notices) -> Sequence[Line]:
    """Instead of notices: the reason that there are none."""
    nothing = [
        (Span("No notices: nothing of yours has run low."),),
        (Span("One appears here by itself when stock falls to your threshold,", "dim"),),
        (Span("and when a product is sold out.", "dim"),),
    ]
    return instead(model.found, "your notices", nothing)
