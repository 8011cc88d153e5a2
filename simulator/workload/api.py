"""The requests of the marketplace's public API that a load consists of. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote, urlencode

import msgspec

from services_stub.contracts.base import Request as Body
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.http.auth import Login, Register
from services_stub.contracts.http.bulk import IntakeLine, TakeInStock
from services_stub.contracts.http.cart import AddToCart, ChangeQuantity
from services_stub.contracts.http.order import EndParts, PlaceOrder
from services_stub.contracts.http.page import LARGEST_PAGE
from services_stub.contracts.http.product import ChangeProduct, CreateProduct
from services_stub.contracts.http.reason import Reason
from simulator.engine.http import Request
from simulator.population import Account

JSON = {"content-type": "application/json"}

_AUTH = "/auth-service/api"
_PRODUCTS = "/product-service/api"
_CART = "/cart-service/api/cart/public"
_ORDERS = "/order-service/api"


def signed(request: Request, token: str) -> Request:
    """The request of an account."""
    return with_headers(request, {"authorization": f"Bearer {token}"})


def with_headers(request: Request, headers: Mapping[str, str]) -> Request:
    """The request with further headers."""
    return Request(request.method, request.path, {**request.headers, **headers}, request.body)


def live() -> Request:
    """Whether the gateway answers."""
    return _get("/health/live")


def register(account: Account, name: str) -> Request:
    """Make an account."""
    body = Register(email=account.email, password=account.password, role=account.role, name=name)
    return _send("POST", f"{_AUTH}/auth/register", body)


def login(email: str, password: str) -> Request:
    """Sign in."""
    return _send("POST", f"{_AUTH}/auth/login", Login(email=email, password=password))


def find_users(text: str) -> Request:
    """The accounts in whose address or name a text is; for an admin."""
    return _get(f"{_AUTH}/admin/users", q=text)


def block(seller_id: str, reason: str) -> Request:
    """Block a seller; for an admin."""
    return _send("POST", f"{_AUTH}/admin/block-seller/{quote(seller_id, safe='')}", Reason(reason=reason))


def unblock(seller_id: str, reason: str) -> Request:
    """Take the block of a seller back; for an admin."""
    return _send("POST", f"{_AUTH}/admin/unblock-seller/{quote(seller_id, safe='')}", Reason(reason=reason))


def storefront() -> Request:
    """The first page of the shop."""
    return _get("/api/storefront")


def search(query: str, *, cheapest_first: bool, max_price: Decimal | None) -> Request:
    """A search."""
    sort = "price" if cheapest_first else ""
    return _get("/search-service/api/search", q=query, sort=sort, maxPrice="" if max_price is None else str(max_price))


def found_of(seller_id: str) -> Request:
    """The products of a seller that the search finds."""
    return _get("/search-service/api/search", sellerId=seller_id, limit=str(LARGEST_PAGE))


def product(product_id: str) -> Request:
    """One product."""
    return _get(_product(product_id))


def own_products() -> Request:
    """The first page of all products of the seller who asks."""
    return _get(f"{_PRODUCTS}/seller/products", limit=str(LARGEST_PAGE))


def at_cursor(first: Request, cursor: str) -> Request:
    """The page of a list that a cursor names; the first one without a cursor."""
    path = f"{first.path}&{urlencode({'cursor': cursor})}" if cursor else first.path
    return Request(first.method, path, first.headers, first.body)


def create_product(body: CreateProduct) -> Request:
    """A new product."""
    return _send("POST", f"{_PRODUCTS}/products", body)


def change_product(product_id: str, body: ChangeProduct) -> Request:
    """Other values of a product."""
    return _send("PATCH", _product(product_id), body)


def delete_product(product_id: str) -> Request:
    """Take a product away."""
    return Request("DELETE", _product(product_id))


def take_in(product_id: str, units: int, key: str) -> Request:
    """More units of a product."""
    body = TakeInStock(lines=[IntakeLine(product_id=product_id, units=units)])
    return _keyed(_send("POST", f"{_PRODUCTS}/products/bulk/stock", body), key)


def cart() -> Request:
    """The own cart."""
    return _get(_CART)


def clear_cart() -> Request:
    """Take everything out of the own cart."""
    return Request("DELETE", _CART)


def add_to_cart(product_id: str, quantity: int) -> Request:
    """Units of a product into the cart."""
    return _send("POST", f"{_CART}/add", AddToCart(product_id=product_id, quantity=quantity))


def change_quantity(product_id: str, quantity: int) -> Request:
    """The quantity of a line of the cart."""
    return _send("PUT", f"{_CART}/items/{quote(product_id, safe='')}", ChangeQuantity(quantity=quantity))


def remove_from_cart(product_id: str) -> Request:
    """A line out of the cart."""
    return Request("DELETE", f"{_CART}/items/{quote(product_id, safe='')}")


def place_order(card: str, key: str, amount: Decimal | None) -> Request:
    """Order the cart; with an amount, only if it costs exactly that."""
    body = PlaceOrder(payment_method=card, expected_amount=msgspec.UNSET if amount is None else amount)
    return _keyed(_send("POST", f"{_ORDERS}/orders", body), key)


def order(order_id: str) -> Request:
    """One order."""
    return _get(_order(order_id))


def cancel_order(order_id: str) -> Request:
    """Cancel an order."""
    return _send("POST", f"{_order(order_id)}/cancel", EndParts(reason="changed my mind"))


def orders(limit: int = 0) -> Request:
    """The newest own orders."""
    return _get(f"{_ORDERS}/orders", limit=str(limit or ""))


def all_orders() -> Request:
    """The newest orders of all; for an admin."""
    return _get(f"{_ORDERS}/admin/orders", limit=str(LARGEST_PAGE))


def sales(status: str = "", limit: int = 0) -> Request:
    """The newest orders with own products; those of a status alone where one is named."""
    return _get(f"{_ORDERS}/seller/orders", status=status, limit=str(limit or ""))


def ship(order_id: str) -> Request:
    """The own part of an order is on its way."""
    return Request("POST", f"{_order(order_id)}/ship")


def deliver(order_id: str) -> Request:
    """The own part of an order arrived."""
    return Request("POST", f"{_order(order_id)}/deliver")


def messages() -> Request:
    """The newest own messages."""
    return _get("/notification-service/api/notifications")


def dashboard(limit: int = 0) -> Request:
    """The own sales in numbers, with so many of them."""
    return _get("/seller-service/api/dashboard", limit=str(limit or ""))


def overview() -> Request:
    """The marketplace in numbers; for an admin."""
    return _get("/analytics-service/api/summary")


def _get(path: str, **query: str) -> Request:
    asked = urlencode({name: value for name, value in query.items() if value})
    return Request("GET", f"{path}?{asked}" if asked else path)


def _send(method: str, path: str, body: Body) -> Request:
    return Request(method, path, JSON, encode_json(body))


def _keyed(request: Request, key: str) -> Request:
    return with_headers(request, {"idempotency-key": key})


def _product(product_id: str) -> str:
    return f"{_PRODUCTS}/products/{quote(product_id, safe='')}"


def _order(order_id: str) -> str:
    return f"{_ORDERS}/orders/{quote(order_id, safe='')}"
