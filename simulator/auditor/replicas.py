"""The answers of the services after the drain, compared with the last events: all copies are the same by then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from services_stub.contracts.events import OrderStatus, ProductStatus
from services_stub.contracts.http.cart import Cart
from services_stub.contracts.http.product import Product
from simulator.auditor.accounts import Accounts
from simulator.auditor.checks import Check
from simulator.auditor.order_state import OrderState
from simulator.auditor.orders import consistent_dashboards
from simulator.auditor.product_state import Products
from simulator.auditor.states import States
from simulator.auditor.violation import Violation
from simulator.history.final import Final, ShownProduct

_SHOWN = range(200, 300)
"""The statuses of answers that show something."""


def without(final: Final, ids: Collection[str]) -> Final:
    """The answers but for these orders and products."""
    return replace(
        final,
        products=[product for product in final.products if product.product_id not in ids],
        orders=[order for order in final.orders if order.order_id not in ids],
        carts=[
            replace(cart, lines=[line for line in cart.lines if line.product_id not in ids]) for cart in final.carts
        ],
        replicas={
            name: [copy for copy in shown if copy.product_id not in ids] for name, shown in final.replicas.items()
        },
    )


def compare(final: Final, orders: States[OrderState], products: Products, accounts: Accounts) -> Iterator[Violation]:
    """All differences."""
    masters = {product.product_id: product for product in final.products}
    yield from _products(masters, orders, products, accounts)
    for name, shown in final.replicas.items():
        for copy in shown:
            yield from _copy(name, copy, products)
    for cart in final.carts:
        yield from _cart(cart, products)
    for order in final.orders:
        state = orders.find(order.order_id)
        status = state.status if state is not None and state.created else ""
        if state is not None and status and order.status != status:
            detail = f"order shows {order.status}, and its last event says {status}"
            yield Violation(Check.OTHER_STATUS, order.order_id, detail, order.order_id)
    yield from consistent_dashboards(final.dashboards)


def shown_to_others(final: Final) -> Iterator[Violation]:
    """The orders that a service showed to those who have no part in them."""
    for asked in final.others:
        if asked.status in _SHOWN:
            detail = f"was shown to the {asked.role} {asked.user_id}".rstrip() + ", who has no part in it"
            yield Violation(Check.LEAK, asked.order_id, detail, asked.order_id)


def _products(
    masters: Mapping[str, Product], orders: States[OrderState], products: Products, accounts: Accounts
) -> Iterator[Violation]:
    held: Counter[str] = Counter()
    unordered: Counter[str] = Counter()
    """Units of reservations that became no order. Those that are not given back in time are found without answers."""
    unclear = products.unclear()
    for _, state in orders.all() if masters else ():
        if not state.created and not state.parts:
            units: Counter[str] = Counter()
            for offer in state.offers:
                units[offer.product_id] -= offer.moved
            unordered += units
        for line in state.lines:
            known = state.parts.get(line.seller_id)
            if not known or known[-1] == OrderStatus.PENDING:
                held[line.product_id] += line.units
    for product_id, master in masters.items():
        shown = ShownProduct(
            product_id=product_id,
            version=master.version,
            name=master.name,
            price=master.price,
            quantity=master.quantity,
            status=master.status,
        )
        yield from _copy("product", shown, products)
        if master.reserved > held[product_id] + unordered[product_id] and product_id not in unclear:
            detail = f"{master.reserved} units are reserved, {held[product_id]} of them for orders that are open"
            yield _found(Check.LEAKED_RESERVATION, product_id, detail, products)
        elif master.reserved < held[product_id]:
            detail = f"{master.reserved} units are reserved, and open orders have {held[product_id]}"
            yield _found(Check.STOCK_BALANCE, product_id, detail, products)
        if master.quantity < 0 or master.reserved < 0:
            detail = f"{master.quantity} units are left, and {master.reserved} reserved"
            yield _found(Check.OVERSOLD, product_id, detail, products)
        if accounts.blocked_now(master.seller_id) and master.status is ProductStatus.ACTIVE:
            detail = f"is on sale, and its seller {master.seller_id} is blocked"
            yield _found(Check.BLOCKED_SELLER_SOLD, product_id, detail, products)


def _copy(name: str, copy: ShownProduct, products: Products) -> Iterator[Violation]:
    state = products.find(copy.product_id)
    last = None if state is None else state.last or state.created
    if state is None or last is None:
        return
    if state.deleted:
        yield _found(Check.STALE_REPLICA, copy.product_id, f"{name} shows it after its deletion", products)
        return
    # Of a service that shows stock the version follows it; one that does not may leave out changes of stock alone.
    pairs = (
        ("version", copy.version, last.version if copy.quantity is not None else None),
        ("name", copy.name, last.name),
        ("price", copy.price, last.price),
        ("quantity", copy.quantity, last.quantity),
        ("status", copy.status, last.status),
    )
    for field, shown, true in pairs:
        if shown is not None and true is not None and shown != true:
            detail = f"{name} shows the {field} {shown}, and the last event says {true}"
            yield _found(Check.STALE_REPLICA, copy.product_id, detail, products)
            return


def _cart(cart: Cart, products: Products) -> Iterator[Violation]:
    for line in cart.lines:
        state = products.find(line.product_id)
        last = None if state is None else state.last or state.created
        if state is None or last is None:
            continue
        if line.available and (state.deleted or last.status is not ProductStatus.ACTIVE):
            detail = f"the cart of {cart.owner} has it as available"
            yield _found(Check.STALE_REPLICA, line.product_id, detail, products)
        elif not state.deleted and (line.unit_price, line.name) != (last.price, last.name):
            detail = f"the cart of {cart.owner} has {line.name} at {line.unit_price}, not {last.name} at {last.price}"
            yield _found(Check.STALE_REPLICA, line.product_id, detail, products)


def _found(check: Check, product_id: str, detail: str, products: Products) -> Violation:
    """A violation, with the event that tells the last state of its product."""
    state = products.find(product_id)
    places = () if state is None or state.place is None else (state.place,)
    return Violation(check, product_id, detail, "", places)
