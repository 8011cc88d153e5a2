"""The objects that can be selected, as what people copy: text, JSON, an address for curl, a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote

import msgspec

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.http.auth import User
from services_stub.contracts.http.cart import Cart, CartLine
from services_stub.contracts.http.notification import Notification
from services_stub.contracts.http.order import Order
from services_stub.contracts.http.payment import Payment
from services_stub.contracts.http.product import Product
from services_stub.contracts.http.search import FoundProduct
from services_stub.contracts.http.seller import Sale, StockNotice


@dataclass(frozen=True)
class Source:
    """Where an object can be read again: the path at the gateway, and the command without `marketplace`."""

    identifier: str
    path: str
    command: str


def _product(product: Product | FoundProduct | CartLine) -> Source:
    identifier = product.product_id
    return Source(identifier, f"/product-service/api/products/{identifier}", f"shop show {quote(identifier)}")


def _order(order: Order) -> Source:
    return Source(order.order_id, f"/order-service/api/orders/{order.order_id}", f"shop order {quote(order.order_id)}")


def _sale(sale: Sale) -> Source:
    return Source(sale.order_id, f"/order-service/api/orders/{sale.order_id}", "seller sales")


def _notice(notice: StockNotice) -> Source:
    return Source(notice.product_id, "/seller-service/api/notices", "seller notices")


def _payment(payment: Payment) -> Source:
    path = f"/payment-service/api/payments/{payment.order_id}"
    return Source(payment.payment_id, path, f"shop order {quote(payment.order_id)}")


def _user(user: User) -> Source:
    return Source(user.user_id, "/auth-service/api/admin/users", f"admin users {quote(user.email)}")


def _notification(message: Notification) -> Source:
    return Source(message.notification_id, "/notification-service/api/notifications", "shop inbox")


def _cart(_cart: Cart) -> Source:
    return Source("", "/cart-service/api/cart/public", "shop cart show")


_SOURCES: dict[type, Callable[..., Source]] = {
    Product: _product,
    FoundProduct: _product,
    CartLine: _product,
    Order: _order,
    Sale: _sale,
    StockNotice: _notice,
    Payment: _payment,
    User: _user,
    Notification: _notification,
    Cart: _cart,
}


@dataclass(frozen=True)
class Copy:
    """One form in which an object can be copied."""

    name: str
    text: str


def copies_of(subject: object, gateway: str) -> list[Copy]:
    """Every form of an object, the shortest first. No copy holds a secret: curl takes its token from a variable."""
    make = _SOURCES.get(type(subject))
    source = make(subject) if make is not None else None
    copies = []
    if source is not None and source.identifier:
        copies.append(Copy("id", source.identifier))
    if isinstance(subject, msgspec.Struct):
        copies.append(Copy("JSON", json.dumps(json.loads(encode_json(subject)), indent=2, ensure_ascii=False)))
    if source is not None:
        copies.append(Copy("curl", f'curl -H "Authorization: Bearer $TOKEN" {quote(gateway + source.path)}'))
        copies.append(Copy("command", f"marketplace {source.command}"))
    return copies
