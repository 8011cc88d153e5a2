"""The answers of `marketplace shop` as people see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from marketplace_tui.commands.output import Column, Look, Part, Table
from marketplace_tui.operations.shop import Reordered
from marketplace_tui.text.signs import SEPARATOR
from marketplace_tui.text.values import count, duration, moment, money
from services_stub.contracts.http.auth import User
from services_stub.contracts.http.cart import Cart, CartLine
from services_stub.contracts.http.gateway import OrderTimeline, TimelineEntry
from services_stub.contracts.http.notification import Inbox, Notification, Preferences
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.page import Page
from services_stub.contracts.http.payment import PaymentMethod
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.search import SearchPage

NAME = Column("Name", flexible=True)
ID = Column("Id")
STATUS = Column("Status")
FACTS = (Column(""), Column("", flexible=True))


def facts(entries: Sequence[tuple[str, str]]) -> Table:
    """Values beside their names."""
    return Table(FACTS, entries)


def found(page: SearchPage, look: Look) -> Iterator[Part]:
    """Products, and the categories in which they lie."""
    yield Table(
        (NAME, Column("Price", right=True), Column("Stock", right=True), Column("Category", flexible=True), ID),
        [
            [item.name, money(item.price), stock(item.quantity), item.category, look.id(item.product_id)]
            for item in page.items
        ],
        "No product has these words. Try fewer of them, or `marketplace shop search` for all.",
    )
    if page.items:
        categories = (f"{facet.category} {facet.products}" for facet in page.facets.categories)
        yield f" {SEPARATOR} ".join(categories)


def stock(quantity: int) -> str:
    """The units that can be bought."""
    return str(quantity) if quantity else "sold out"


def product_page(product: Product, look: Look) -> Iterator[Part]:
    """All of one product."""
    yield product.name
    yield facts(
        [
            ("price", money(product.price, product.currency)),
            ("stock", stock(product.quantity)),
            ("category", product.category),
            ("status", look.status(product.status)),
            ("seller", product.seller_id),
            ("id", product.product_id),
        ]
    )
    if product.description:
        yield product.description


def account_page(user: User, _look: Look) -> Iterator[Part]:
    """An account."""
    yield facts([("e-mail", user.email), ("name", user.name), ("role", user.role), ("id", user.user_id)])


def cart(value: Cart, look: Look) -> Iterator[Part]:
    """The lines and their sum, with what changed."""
    yield Table(
        (
            NAME,
            Column("Quantity", right=True),
            Column("Price", right=True),
            Column("Total", right=True),
            Column("Note", flexible=True),
            ID,
        ),
        [
            [
                line.name,
                str(line.quantity),
                money(line.unit_price),
                money(line.line_total),
                _changed(line),
                look.id(line.product_id),
            ]
            for line in value.lines
        ],
        "Your cart is empty. `marketplace shop cart add PRODUCT` puts something into it.",
    )
    if value.lines:
        yield f"Sum: {money(value.amount, value.currency)}"


def _changed(line: CartLine) -> str:
    notes = [] if line.available else ["not available"]
    if line.added_price is not None and "price" in line.changes:
        notes.append(f"was {money(line.added_price)}")
    if line.added_name is not None and "name" in line.changes:
        notes.append(f"was called {line.added_name}")
    return ", ".join(notes)


def reordered(value: Reordered, look: Look) -> Iterator[Part]:
    """The cart, and the items that are missing there."""
    yield from cart(value.cart, look)
    for left_out in value.left_out:
        yield f"Left out: {left_out.item.name}: {left_out.reason}."


def methods(found_methods: Sequence[PaymentMethod], _look: Look) -> Iterator[Part]:
    """The cards to choose from."""
    rows = [[method.payment_method, method.description] for method in found_methods]
    yield Table(
        (Column("Card", flexible=True), Column("What it does", flexible=True)), rows, "The provider lists no cards."
    )


def order_list(page: Page[Order], look: Look) -> Iterator[Part]:
    """Orders, one in each row."""
    yield Table(
        (ID, STATUS, Column("Amount", right=True), Column("Placed"), Column("Items", flexible=True)),
        [
            [
                look.id(order.order_id),
                look.status(order.status),
                money(order.amount, order.currency),
                look.when(order.created_at),
                ", ".join(f"{item.quantity} × {item.name}" for item in order.items),
            ]
            for order in page.items
        ],
        "No orders.",
    )


def order_page(order: Order, look: Look) -> Iterator[Part]:
    """One order with its items, and its parts where they are several."""
    reason = f" ({order.reason})" if order.reason not in ("", order.status.lower()) else ""
    yield f"Order {order.order_id}"
    yield f"{look.status(order.status)}{reason}, {money(order.amount, order.currency)}, {order.payment_method}"
    yield Table(
        (NAME, Column("Quantity", right=True), Column("Price", right=True), Column("Seller")),
        [[item.name, str(item.quantity), money(item.unit_price), look.id(item.seller_id)] for item in order.items],
    )
    if len(order.parts) > 1:
        yield Table(
            (Column("Part of seller"), STATUS, Column("Amount", right=True), Column("Reason", flexible=True)),
            [[part.seller_id, look.status(part.status), money(part.amount), part.reason] for part in order.parts],
        )


def timeline(value: OrderTimeline, look: Look) -> Iterator[Part]:
    """An order and its entries, with the time since the first."""
    if value.order is not None:
        yield from order_page(value.order, look)
    if value.entries:
        first = value.entries[0]
        yield Table(
            (Column("At"), Column("", right=True), Column("What", flexible=True), Column("", flexible=True)),
            [
                [look.clock(entry.at), _since(first, entry), f"{entry.kind} {entry.what}", _words(entry, look)]
                for entry in value.entries
            ],
        )
    for missing in value.missing:
        yield f"Not shown: {missing.part} ({missing.reason})."


def _since(first: TimelineEntry, entry: TimelineEntry) -> str:
    seconds = (moment(entry.at) - moment(first.at)).total_seconds()
    return f"+{seconds * 1000:.0f} ms" if seconds < 1 else f"+{duration(seconds)}"


def _words(entry: TimelineEntry, look: Look) -> str:
    amount = "" if entry.amount is None else money(entry.amount)
    part = f"part of {look.id(entry.seller_id)}" if entry.seller_id else ""
    return ", ".join(word for word in (entry.text, amount, part) if word)


def message_list(inbox: Inbox, look: Look) -> Iterator[Part]:
    """Messages, one in each row; those that are new are marked."""
    yield Table(
        (Column(""), Column("Subject", flexible=True), Column("Came"), ID),
        [
            [
                "" if message.read else "new",
                message.subject,
                look.when(message.created_at),
                look.id(message.notification_id),
            ]
            for message in inbox.items
        ],
        "No messages.",
    )
    yield f"{count(inbox.unread, 'message')} unread."


def message_page(message: Notification, _look: Look) -> Iterator[Part]:
    """One message in full."""
    yield message.subject
    yield message.text


def preference_page(chosen: Preferences, _look: Look) -> Iterator[Part]:
    """The channels by the kind of message."""
    yield facts(
        [
            ("email", f"{chosen.email} (mail comes back: none is sent)" if chosen.bouncing else chosen.email),
            ("phone", chosen.phone or "none"),
            ("delivery", ", ".join(chosen.delivery) or "none"),
            ("sales", ", ".join(chosen.sales) or "none"),
            ("stock", ", ".join(chosen.stock) or "none"),
            ("always by email", ", ".join(chosen.always_by_email) or "none"),
        ]
    )
