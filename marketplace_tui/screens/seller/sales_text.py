"""A seller's sales in numbers as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marketplace_tui.model.sales import STEPS, Interval, SalesModel, SalesSnapshot, Step, Stock, steps
from marketplace_tui.screens.seller.answers import instead
from marketplace_tui.screens.seller.products_text import state_words, units
from marketplace_tui.text.chart import chart
from marketplace_tui.text.lines import OF_STATUS, Line, Span, apart, spans
from marketplace_tui.text.signs import CURSOR, RULE, SEPARATOR, WARNING, of_status
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import ago, count, moment, money, short_id
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.seller import Dashboard, Sale

TO_SHIP = (
    Column("Order", 9),
    Column("Items", 16, grows=True),
    Column("Amount", 10, right=True, drop=1),
    Column("Status", 10),
    Column("Placed", 10, right=True, ages=True),
)
STOCK = (
    Column("Name", 16, grows=True),
    Column("Price", 10, right=True),
    Column("Stock", 6, right=True),
    Column("State", 17),
)

_PRESENT: dict[Interval, str] = {"hour": "This hour", "day": "Today"}
_CHART_HEIGHT = 3
_LARGE = 100
"""From so many cells on the series is a chart of several lines."""

_STALE_SECONDS = 1.0


def head(model: SalesModel, now: datetime, width: int, *, flat: bool) -> Sequence[Line]:
    """Revenue, series, counts; and how far they are behind, where they are."""
    snapshot = model.sales.value
    if snapshot is None:
        return instead(model.sales, "your sales", ())
    lines = [*_numbers(snapshot, now, width, flat=flat), _counts(snapshot.board, model.stock.value, width)]
    return [*lines, *_staleness(snapshot.board)]


def _numbers(snapshot: SalesSnapshot, now: datetime, width: int, *, flat: bool) -> list[Line]:
    board, interval = snapshot.board, snapshot.interval
    series = steps(board.series, interval, now)
    present = f"{_PRESENT[interval]} "
    left: Line = (Span(present), Span(money(series[-1].revenue, board.currency), "accent"))
    shown = sum((step.revenue for step in series), start=series[0].revenue * 0)
    right = (Span(f"{STEPS[interval]} {interval}s "), Span(money(shown, board.currency), "accent"))
    if flat:
        return [(*left, Span(f" {SEPARATOR} "), *right)]
    values = [float(step.revenue) for step in series]
    if width < _LARGE:
        bars = chart(values, len(values), 1)
        return [apart((*left, Span("  "), Span(bars[0], "accent")), right, width)]
    drawn: list[Line] = [(Span(bar, "accent"),) for bar in chart(values, width, _CHART_HEIGHT)]
    return [apart(left, right, width), *drawn, _ends(series, interval, width)]


def _ends(series: Sequence[Step], interval: Interval, width: int) -> Line:
    """When the first and the last step of the series began."""
    form = "%H:%M" if interval == "hour" else "%Y-%m-%d"
    first, last = (step.start.strftime(form) for step in (series[0], series[-1]))
    used = max(width // len(series), 1) * len(series) - 1
    return apart((Span(first, "dim"),), (Span(f"{last} UTC", "dim"),), min(used, width))


def _counts(board: Dashboard, stock: Stock | None, width: int) -> Line:
    counts = board.counts
    parts = [count(counts.all, "order"), f"{counts.to_ship:,} to ship"]
    if counts.open:
        parts.append(f"{counts.open:,} not paid yet")
    if stock is not None:
        more = "" if stock.complete else "+"
        parts.append(f"{stock.nearly_sold_out:,}{more} nearly sold out")
    all_time = f"in all {money(board.revenue, board.currency)}"
    return apart((Span(f" {SEPARATOR} ".join(parts)),), (Span(all_time, "dim"),), width)


def _staleness(board: Dashboard) -> list[Line]:
    """A line where events wait that are not counted yet."""
    if board.staleness_seconds is not None and board.staleness_seconds < _STALE_SECONDS:
        return []
    read = f"read up to {moment(board.read_up_to):%H:%M:%S} UTC" if board.read_up_to else "nothing is read yet"
    if board.staleness_seconds is None:
        return [(Span(f"{WARNING} {read}; how old these numbers are is not known", "warning"),)]
    return [(Span(f"{WARNING} {read}: the last {board.staleness_seconds:.0f} s are not counted yet", "warning"),)]


def heading(words: str, width: int, *, focused: bool, flat: bool) -> Line:
    """The words above a list; a sign says that the keys go there."""
    sign = f"{CURSOR} " if focused else ""
    if flat:
        return (Span(f"{sign}{words}", "strong"),)
    rest = RULE * max(width - len(sign) - len(words) - 3, 0)
    return (Span(f"{RULE} ", "dim"), Span(f"{sign}{words}", "strong" if focused else "plain"), Span(f" {rest}", "dim"))


def waiting_words(snapshot: SalesSnapshot | None) -> str:
    """The heading of the sales that wait for their seller."""
    if snapshot is None or not snapshot.unseen:
        return "To ship and on their way"
    return f"To ship and on their way, {snapshot.unseen:,} older ones not among them"


def sale_cells(sale: Sale, now: datetime) -> tuple[Line, ...]:
    """A sale as a row."""
    return (
        (Span(short_id(sale.order_id), "dim"),),
        spans(", ".join(f"{item.units} × {item.name}" for item in sale.items)),
        (Span(money(sale.amount)),),
        (Span(of_status(sale.status), OF_STATUS[sale.status]),),
        (Span(ago(moment(sale.placed_at), now)),),
    )


def product_cells(product: Product, threshold: int) -> tuple[Line, ...]:
    """A product as a row."""
    return (
        spans(product.name),
        (Span(money(product.price)),),
        units(product.quantity),
        state_words(product, threshold),
    )


def no_sales(model: SalesModel) -> Sequence[Line]:
    """Instead of sales that wait."""
    snapshot = model.sales.value
    if snapshot is None:
        return ()
    if snapshot.board.counts.all:
        return [(Span("Nothing waits to be shipped."),)]
    return [(Span("No orders yet."),), (Span("They appear here by themselves, once a shopper has paid.", "dim"),)]


def no_products(model: SalesModel) -> Sequence[Line]:
    """Instead of products."""
    nothing = [(Span("You offer nothing yet."),), (Span("n", "key", "product.create"), Span(" adds a product."))]
    return instead(model.stock, "your products", nothing)
