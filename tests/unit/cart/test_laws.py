"""Lines are conserved: each lies in the cart, in a checkout or in one order, whatever happens in whatever order."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import valkey
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from services_stub.cart.domain import GRACE
from services_stub.cart.handlers import carts
from services_stub.cart.store import CartRefusal
from services_stub.contracts.events.order import OrderStatus
from tests.builders import order_updated
from tests.fakes import received
from tests.unit.cart.checkouts import give_back, hear, in_cart, open_checkouts, put
from tests.unit.cart.conftest import Shop, access

ORDERS = st.sampled_from(["o1", "o2", "o3"])
PRODUCTS = st.sampled_from(["p1", "p2"])
SECONDS = 10
Attempt = tuple[str, str, datetime]


class Checkouts(RuleBasedStateMachine):
    """Attempts at orders go on side by side, are refused, are killed, or place their order before the deadline.

    The order service is a set of orders with a clock. Its workers' sweeps are cut into their two steps.
    """

    def __init__(self, shop: Shop, client: valkey.Valkey) -> None:
        super().__init__()
        client.flushall()
        self.shop, self.client = shop, client
        for product_id in ("p1", "p2"):
            shop.product(product_id)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.added: Counter[str] = Counter()
        self.placed: dict[str, dict[str, int]] = {}
        self.attempts: list[tuple[Attempt, dict[str, int]]] = []
        self.asked: list[tuple[datetime, list[str], set[str]]] = []
        self.number = 0

    @rule(product_id=PRODUCTS, quantity=st.integers(1, 3))
    def add(self, product_id: str, quantity: int) -> None:
        put(self.shop, product_id, quantity)
        self.added[product_id] += quantity

    @rule()
    def clear(self) -> None:
        self.added.subtract(in_cart(self.shop))
        self.shop.do(carts.clear(self.shop.resources, access()))

    @rule(order_id=ORDERS)
    def take(self, order_id: str) -> None:
        self.number += 1
        attempt_id = f"a{self.number}"
        work = self.shop.resources.checkouts.take("u1", order_id, attempt_id, self.now + timedelta(seconds=SECONDS))
        taken = self.shop.do(work)
        if isinstance(taken, CartRefusal) or not taken.lines:
            return
        lines = {line.product.product_id: line.quantity for line in taken.lines if line.product}
        deadline = datetime.fromtimestamp(taken.deadline / 1_000_000, UTC)
        self.attempts.append(((order_id, attempt_id, deadline), lines))

    @precondition(lambda self: self.attempts)
    @rule(data=st.data())
    def place(self, data: st.DataObject) -> None:
        (order_id, attempt_id, deadline), lines = self.chosen(data)
        if order_id in self.placed:
            assert lines == self.placed[order_id]
        elif self.now < deadline:
            self.placed[order_id] = lines
        else:
            give_back(self.shop, order_id, attempt_id)

    @precondition(lambda self: self.attempts)
    @rule(data=st.data(), times=st.integers(1, 2))
    def refuse(self, data: st.DataObject, times: int) -> None:
        (order_id, attempt_id, _), _ = self.chosen(data)
        for _ in range(times):
            give_back(self.shop, order_id, attempt_id)

    @precondition(lambda self: self.attempts)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        self.chosen(data)

    @rule(seconds=st.sampled_from([1, SECONDS, SECONDS + 3]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def ask_about_overdue(self) -> None:
        before = self.now - GRACE
        overdue = self.shop.do(self.shop.resources.checkouts.overdue(before))
        self.asked.append((before, overdue, set(self.placed)))

    @precondition(lambda self: self.asked)
    @rule()
    def settle_overdue(self) -> None:
        before, overdue, known = self.asked.pop(0)
        checkouts = self.shop.resources.checkouts
        for order_id in overdue:
            if order_id in known:
                self.shop.do(checkouts.confirm(order_id))
            else:
                self.shop.do(checkouts.expire(order_id, before))

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def hear_of_order(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(sorted(self.placed)))
        hear(self.shop, order_id, self.placed[order_id])

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def hear_of_payment(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(sorted(self.placed)))
        self.shop.sink([received(order_updated(OrderStatus.PAID, order_id))])

    @invariant()
    def no_unit_is_made_or_lost(self) -> None:
        units = Counter(in_cart(self.shop))
        for lines in self.placed.values():
            units.update(lines)
        for order_id in open_checkouts(self.client):
            if order_id not in self.placed:
                units.update(self.kept_lines(order_id))
        assert +units == +self.added

    def chosen(self, data: st.DataObject) -> tuple[Attempt, dict[str, int]]:
        """One of the attempts; it goes on no longer."""
        return self.attempts.pop(data.draw(st.integers(0, len(self.attempts) - 1)))

    def kept_lines(self, order_id: str) -> dict[str, int]:
        kept: Any = self.client.eval(
            "local units = {} for _, line in ipairs(cjson.decode(redis.call('HGET', KEYS[1], 'lines'))) do "
            "units[#units + 1] = line[2][3] units[#units + 1] = line[1] end return units",
            1,
            f"checkout:{order_id}",
        )
        return dict(zip(kept[::2], map(int, kept[1::2]), strict=True))


@pytest.mark.slow
def test_lines_are_conserved(shop: Shop, client: valkey.Valkey) -> None:
    class OnThisServer(Checkouts):
        def __init__(self) -> None:
            super().__init__(shop, client)

    run_state_machine_as_test(
        OnThisServer,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        ),
    )
