"""Each check of the auditor passes a sound run, and finds the anomaly that is planted for it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest

from services_stub.contracts.events import OrderStatus, ProductUpdated
from services_stub.contracts.http.cart import Cart, CartLine
from services_stub.contracts.http.product import Product
from simulator.auditor.log import EventLog, logged
from simulator.auditor.orders import atomic_checkout, order_of_events
from simulator.auditor.products import causal_replication, no_sale_of_gone_products
from tests.contracts.samples import SAMPLES, envelope_of
from tests.unit.simulator.audited_run import BEFORE, PRICES, Run, sound_run, stock

S = OrderStatus


def cart(**prices: str) -> Cart:
    lines = [
        CartLine(
            product_id=product_id,
            seller_id="s1",
            name="Thing",
            quantity=1,
            unit_price=Decimal(price),
            available=True,
            line_total=Decimal(price),
        )
        for product_id, price in prices.items()
    ]
    return Cart(owner="user:u1", lines=lines, amount=Decimal(0), currency="USD")


def test_a_sound_run_has_no_violation() -> None:
    log = sound_run().log()
    assert order_of_events(log) + no_sale_of_gone_products(log) + atomic_checkout(log, BEFORE, stock()) == []


def test_a_record_that_was_sent_twice_counts_once() -> None:
    run = sound_run()
    log = EventLog([*run.events, *run.events])
    assert order_of_events(log) + atomic_checkout(log, BEFORE, stock()) == []


def test_records_are_read_as_events_and_poison_is_left_out() -> None:
    for event in SAMPLES:
        entry = logged(event.topic, 1, 2, envelope_of(event).headers(), msgspec.json.encode(event, enc_hook=float))
        if event.topic != "trace-hops":
            assert entry is not None
            assert type(entry.event) is type(event)
    headers = envelope_of(SAMPLES[0]).headers()
    assert logged("user-created", 0, 0, headers, b"poison") is None
    assert logged("user-created", 0, 0, [], b"{}") is None
    assert logged("unknown", 0, 0, headers, b"{}") is None
    assert logged("user-created", 0, 0, headers, None) is None


ORDERS: dict[str, Callable[[Run], None]] = {
    "a step too many": lambda run: run.move("paid", S.SHIPPED, S.PAID),
    "a step left out": lambda run: run.move("paid", S.PAID, S.SHIPPED),
    "an end that is none": lambda run: run.move("refused", S.FAILED, S.PAID),
    "paid and refused": lambda run: run.refuse("paid"),
    "paid twice": lambda run: run.pay("paid"),
    "paid without an order": lambda run: run.pay("unknown"),
    "updated without an order": lambda run: run.move("unknown", S.PENDING, S.PAID),
}


@pytest.mark.parametrize("plant", ORDERS.values(), ids=ORDERS)
def test_events_out_of_order_are_found(plant: Callable[[Run], None]) -> None:
    run = sound_run()
    plant(run)
    assert {violation.check for violation in order_of_events(run.log())} == {"order-of-events"}


def half_paid(run: Run) -> None:
    run.place("half")
    run.move("half", S.PENDING, S.PAID)


def never_ended(run: Run) -> None:
    run.place("open")


def money_kept(run: Run) -> None:
    run.place("kept")
    run.pay("kept")
    run.move("kept", S.PENDING, S.CANCELLED)


@pytest.mark.parametrize("plant", [half_paid, never_ended, money_kept])
def test_a_checkout_that_happened_in_part_is_found(plant: Callable[[Run], None]) -> None:
    run = sound_run()
    plant(run)
    assert "atomic-checkout" in {violation.check for violation in atomic_checkout(run.log(), {}, [])}


@pytest.mark.parametrize("after", [stock(10), stock(8), stock(9, reserved=1)], ids=["not sold", "sold twice", "held"])
def test_stock_that_does_not_add_up_is_found(after: list[Product]) -> None:
    found = atomic_checkout(sound_run().log(), BEFORE, after)
    assert {violation.about for violation in found} == set(PRICES)


def test_a_sale_after_the_deletion_is_found() -> None:
    run = sound_run()
    run.delete("p1")
    assert no_sale_of_gone_products(run.log()) == []
    run.versions["p1"] += 1
    run.place("late")
    assert [violation.about for violation in no_sale_of_gone_products(run.log())] == ["late"]


def test_a_sale_at_a_price_that_was_replaced_is_found() -> None:
    run = sound_run()
    run.place("old price")
    order = run.events.pop()
    run.events = [entry for entry in run.events if entry.envelope.correlation_id != "old price"]
    run.change("p1", "9.00")
    for product_id in PRICES:
        run.put(ProductUpdated(**run.state(product_id), seller_sequence=run.numbers), "old price")
    run.put(order.event)
    assert [violation.about for violation in no_sale_of_gone_products(run.log())] == ["old price"]


def test_a_sale_that_was_not_reserved_is_found() -> None:
    run = sound_run()
    run.place("not reserved", reserve=False)
    assert {violation.about for violation in no_sale_of_gone_products(run.log())} == {"not reserved"}


@pytest.mark.parametrize(
    ("shown", "anomalies"),
    [
        ({"p1": "2.00", "p2": "3.00"}, 0),
        ({"p1": "2.50", "p2": "3.00"}, 0),
        ({"p1": "2.50", "p2": "3.50"}, 0),
        ({"p1": "2.00", "p2": "3.50"}, 1),
        ({"p2": "3.50"}, 0),
    ],
    ids=str,
)
def test_a_cart_that_misses_an_earlier_change_is_found(shown: dict[str, str], anomalies: int) -> None:
    """Online Marketplace's anomaly: x1 x2 y1, where a cart that shows y1 must show x2."""
    run = Run()
    run.change("p1", "2.50")
    run.change("p2", "3.50")
    assert len(causal_replication(run.log(), [cart(**shown)])) == anomalies


def test_a_cart_that_misses_an_earlier_deletion_is_found() -> None:
    run = Run()
    run.delete("p1")
    run.change("p2", "3.50")
    assert len(causal_replication(run.log(), [cart(p1="2.00", p2="3.50")])) == 1
    assert causal_replication(run.log(), [cart(p1="2.00", p2="3.00")]) == []
