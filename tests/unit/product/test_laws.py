"""Laws of the stock: no unit is made or lost, and a reservation holds all of its lines or none."""

from __future__ import annotations

from contextlib import ExitStack, suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.product import ChangeProduct, Product
from services_stub.product.handlers import products, reservations
from services_stub.product.store.tables import TABLES
from services_stub.runtime.errors import Refused
from tests.fakes import transaction
from tests.unit.product.conftest import NOW, Stock

ORDERS = [f"o{number}" for number in range(3)]
PRODUCTS = st.integers(0, 2)
QUANTITIES = st.integers(1, 4)


class Warehouse(RuleBasedStateMachine):
    """Orders come and go over three products, beside books that are kept by hand.

    An order lives as the order service lets it: it exists only while its reservation is held, and an existing
    order is never said to be none.
    """

    def __init__(self) -> None:
        super().__init__()
        self._cleanup = ExitStack()
        self.stock = Stock(self._cleanup.enter_context(transaction(TABLES, now=NOW)))
        self.products: list[Product] = []
        self.put_in: dict[str, int] = {}
        self.sold: dict[str, dict[str, int]] = {}
        self.held: dict[str, dict[str, int]] = {}
        self.orders: set[str] = set()
        self.ended: set[str] = set()

    @initialize(quantities=st.lists(st.integers(0, 8), min_size=3, max_size=3))
    def fill(self, quantities: list[int]) -> None:
        for number, quantity in enumerate(quantities):
            product = self.stock.product(quantity, name=f"Product {number}", seller=f"s{number}")
            self.products.append(product)
            self.put_in[product.product_id] = quantity

    @rule(order=st.sampled_from(ORDERS), lines=st.lists(st.tuples(PRODUCTS, QUANTITIES), min_size=1, max_size=3))
    def reserve(self, order: str, lines: list[tuple[int, int]]) -> None:
        wanted = [(self.products[number], quantity) for number, quantity in lines]
        units: dict[str, int] = {}
        for product, quantity in wanted:
            units[product.product_id] = units.get(product.product_id, 0) + quantity
        available = {product.product_id: self.stock.look(product).quantity for product in self.products}
        known = order in self.held or order in self.sold or order in self.ended
        try:
            self.stock.reserve(order, *wanted)
        except Refused as refused:
            assert refused.problem.code == "out-of-stock"
            assert not known
            assert any(available[product_id] < count for product_id, count in units.items())
            return
        if not known:
            assert all(available[product_id] >= count for product_id, count in units.items())
            self.held[order] = units

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def become_an_order(self, data: st.DataObject) -> None:
        self.orders.add(data.draw(st.sampled_from(sorted(self.held))))

    @rule(order=st.sampled_from(ORDERS))
    def release(self, order: str) -> None:
        if order not in self.orders:
            reservations.release(self.stock.tx, order)
            self.held.pop(order, None)

    @rule(chosen=st.sets(st.sampled_from(ORDERS)))
    def settle_overdue(self, chosen: set[str]) -> None:
        others = sorted(chosen - self.orders)
        reservations.settle_overdue(self.stock.tx, reservations.SettleOverdue(sorted(chosen & self.orders), others))
        for order in others:
            self.held.pop(order, None)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), statuses=st.lists(st.sampled_from(OrderStatus), min_size=1, max_size=3))
    def hear_of_order(self, data: st.DataObject, statuses: list[OrderStatus]) -> None:
        order = data.draw(st.sampled_from(sorted(self.orders)))
        for status in statuses:
            self.stock.order(order, status)
            self._note(order, dict.fromkeys((product.seller_id for product in self.products), status))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), parts=st.lists(st.sampled_from(OrderStatus), min_size=3, max_size=3))
    def hear_of_parts(self, data: st.DataObject, parts: list[OrderStatus]) -> None:
        order = data.draw(st.sampled_from(sorted(self.orders)))
        statuses = {product.seller_id: status for product, status in zip(self.products, parts, strict=True)}
        self.stock.order(order, OrderStatus.PENDING, **statuses)
        self._note(order, statuses)

    def _note(self, order: str, statuses: dict[str, OrderStatus]) -> None:
        self.ended.add(order)
        for product in self.products:
            status, here = statuses[product.seller_id], product.product_id
            held, sold = self.held.get(order, {}), self.sold.setdefault(order, {})
            if status in {OrderStatus.FAILED, OrderStatus.CANCELLED}:
                held.pop(here, None)
                sold.pop(here, None)
            elif status is OrderStatus.REFUNDED:
                held.pop(here, None)
            elif status is not OrderStatus.PENDING and here in held:
                sold[here] = held.pop(here)

    @rule(number=PRODUCTS, quantity=st.integers(0, 8))
    def restock(self, number: int, quantity: int) -> None:
        product = self.products[number]
        before = self.stock.look(product).quantity
        with suppress(Refused):
            body = ChangeProduct(quantity=quantity)
            products.change(self.stock.tx, products.Change(f"s{number}", product.product_id, body))
            self.put_in[product.product_id] += quantity - before

    @invariant()
    def no_unit_is_made_or_lost(self) -> None:
        for product in self.products:
            now = self.stock.look(product)
            held = sum(units.get(product.product_id, 0) for units in self.held.values())
            sold = sum(units.get(product.product_id, 0) for units in self.sold.values())
            assert now.quantity >= 0
            assert now.reserved == held
            assert now.quantity + now.reserved + sold == self.put_in[product.product_id]

    def teardown(self) -> None:
        self._cleanup.close()


def test_units_move_between_places_and_are_never_made_or_lost() -> None:
    run_state_machine_as_test(Warehouse, settings=settings(max_examples=25, stateful_step_count=40, deadline=None))
