"""Lines leave a cart for one order, stay out once it exists, and go back where it does not come about."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import valkey

from services_stub.cart.handlers import carts
from services_stub.cart.handlers.checkouts import take as take_cart
from services_stub.cart.handlers.expiry import settle_overdue_now
from services_stub.cart.store.checkouts import CONFIRMED_SECONDS
from services_stub.contracts.http.cart import MOST_LINES, MOST_PER_LINE, TakeCart
from services_stub.runtime.batching import answer_items
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.periodic import PeriodicWorker
from services_stub.runtime.service import Outcome
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.unit.cart.checkouts import Orders, give_back, hear, in_cart, open_checkouts, put, sweep, take
from tests.unit.cart.conftest import Shop, access
from tests.unit.cart.test_requests import wire_product

LATER = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def products(shop: Shop) -> None:
    for product_id in ("p1", "p2"):
        shop.product(product_id, "2.50")


def later() -> datetime:
    return datetime.now(UTC) + LATER


def test_a_checkout_takes_the_whole_cart_with_its_prices(shop: Shop) -> None:
    put(shop, "p1", 2)
    put(shop, "p2")
    command = TakeCart(order_id="o1", user_id="u1", attempt_id="a1")
    checkout = shop.do(take_cart(shop.resources, command, NO_CAUSE))
    assert [(line.product_id, line.quantity, str(line.unit_price)) for line in checkout.lines] == [
        ("p1", 2, "2.50"),
        ("p2", 1, "2.50"),
    ]
    seconds = datetime.fromisoformat(checkout.expires_at) - datetime.now(UTC)
    assert (checkout.currency, timedelta(seconds=50) < seconds <= timedelta(seconds=60)) == ("USD", True)
    assert in_cart(shop) == {}


def test_of_two_checkouts_of_one_cart_one_gets_it(shop: Shop) -> None:
    put(shop, "p1")
    assert take(shop, "o1") == {"p1": 1}
    assert take(shop, "o2") is None
    assert take(shop, "o3", user_id="u2") is None


def test_of_many_checkouts_at_once_one_gets_the_cart(shop: Shop) -> None:
    put(shop, "p1")

    async def take_all() -> list[bool]:
        commands = [TakeCart(order_id=f"o{number}", user_id="u1", attempt_id="a1") for number in range(50)]
        results = await answer_items(take_cart(shop.resources, command, NO_CAUSE) for command in commands)
        return [result.done is not None for result in results]

    assert sum(shop.do(take_all())) == 1


def test_every_attempt_at_an_order_gets_the_same_lines(shop: Shop) -> None:
    put(shop, "p1")
    first = take(shop, "o1", "a1")
    put(shop, "p2")
    assert take(shop, "o1", "a2") == first
    assert in_cart(shop) == {"p2": 1}


def test_lines_go_back_once_and_only_with_the_last_attempt(shop: Shop, client: valkey.Valkey) -> None:
    put(shop, "p1", 2)
    for attempt in ("a1", "a2", "a1"):
        take(shop, "o1", attempt)
    put(shop, "p1")
    assert [give_back(shop, "o1", attempt) for attempt in ("unknown", "a1", "a1")] == [False, False, False]
    assert in_cart(shop) == {"p1": 1}
    assert [give_back(shop, "o1", "a2") for _ in range(2)] == [True, False]
    assert in_cart(shop) == {"p1": 3}
    assert client.keys("checkout*") == []


def test_a_cart_keeps_its_limits_when_lines_go_back(shop: Shop) -> None:
    put(shop, "p1", MOST_PER_LINE)
    put(shop, "p2")
    take(shop, "o1")
    for number in range(MOST_LINES - 1):
        shop.product(f"q{number}")
        put(shop, f"q{number}")
    put(shop, "p1", 7)
    give_back(shop, "o1")
    lines = in_cart(shop)
    assert (len(lines), lines["p1"], "p2" in lines) == (MOST_LINES, MOST_PER_LINE, False)


def test_a_product_that_the_cart_does_not_know_is_asked_for(shop: Shop, client: valkey.Valkey) -> None:
    put(shop, "p1")
    client.delete("product:p1")
    shop.products.away = True
    with pytest.raises(Unavailable):
        take(shop, "o1")
    shop.products.away = False
    shop.products.catalogue["p1"] = wire_product("p1", "7.00")
    assert take(shop, "o1", "a2") == {"p1": 1}
    assert [give_back(shop, "o1", attempt) for attempt in ("a1", "a2")] == [False, True]
    assert in_cart(shop) == {"p1": 1}


def test_an_order_that_exists_keeps_its_lines(shop: Shop, client: valkey.Valkey) -> None:
    put(shop, "p1", 2)
    take(shop, "o1")
    assert [hear(shop, "o1", {"p1": 2}) for _ in range(2)] == [Outcome.HANDLED, Outcome.DUPLICATE]
    assert open_checkouts(client) == []
    assert give_back(shop, "o1") is False
    sweep(shop, Orders(), later())
    assert in_cart(shop) == {}
    ttl: object = client.ttl("checkout:o1")
    assert isinstance(ttl, int)
    assert CONFIRMED_SECONDS - 60 < ttl <= CONFIRMED_SECONDS


def test_the_late_event_of_an_order_takes_nothing_that_was_added_since(shop: Shop) -> None:
    put(shop, "p1", 2)
    take(shop, "o1")
    shop.do(carts.clear(shop.resources, access()))
    put(shop, "p1", 2)
    hear(shop, "o1", {"p1": 2})
    assert in_cart(shop) == {"p1": 2}


def test_a_late_take_answers_the_same_lines_and_touches_no_new_cart(shop: Shop) -> None:
    put(shop, "p1", 2)
    take(shop, "o1")
    hear(shop, "o1", {"p1": 2})
    put(shop, "p2")
    assert take(shop, "o1", "a2") == {"p1": 2}
    assert in_cart(shop) == {"p2": 1}


def test_an_order_known_from_its_event_alone_takes_no_cart(shop: Shop) -> None:
    put(shop, "p1", 3)
    hear(shop, "o1", {"p1": 2})
    assert take(shop, "o1") is None
    assert in_cart(shop) == {"p1": 1}


def test_overdue_checkouts_become_confirmed_or_go_back(shop: Shop, client: valkey.Valkey) -> None:
    orders = Orders({"o1"})
    put(shop, "p1", 2)
    take(shop, "o1")
    put(shop, "p2")
    take(shop, "o2")
    sweep(shop, orders)
    assert open_checkouts(client) == ["o1", "o2"]
    orders.away = True
    with pytest.raises(Unavailable):
        sweep(shop, orders, later())
    assert in_cart(shop) == {}
    orders.away = False
    for _ in range(2):
        sweep(shop, orders, later())
        assert (in_cart(shop), open_checkouts(client)) == ({"p2": 1}, [])
    assert [hear(shop, "o1", {"p1": 2}) for _ in range(2)] == [Outcome.HANDLED, Outcome.DUPLICATE]
    assert in_cart(shop) == {"p2": 1}


def test_the_worker_waits_while_the_order_service_is_away(shop: Shop) -> None:
    put(shop, "p1", 2)
    shop.resources = msgspec.structs.replace(shop.resources, checkout_seconds=-10.0)
    take(shop, "o1")
    orders = Orders()
    context: Any = SimpleNamespace(peers=orders, run=lambda work, _timeout: asyncio.run(work))
    worker = PeriodicWorker("checkout-expiry", partial(settle_overdue_now, context, shop.resources.checkouts), 60)
    orders.away = True
    assert worker.step() is False
    assert in_cart(shop) == {}
    orders.away = False
    assert worker.step() is False
    assert in_cart(shop) == {"p1": 2}


def test_a_sweep_leaves_a_checkout_alone_that_was_taken_anew_since_it_asked(shop: Shop) -> None:
    put(shop, "p1")
    take(shop, "o1")
    before = datetime.now(UTC)
    give_back(shop, "o1")
    take(shop, "o1", "a2")
    assert shop.do(shop.resources.checkouts.expire("o1", before)) is False
    assert in_cart(shop) == {}


def test_more_overdue_checkouts_than_a_sweep_settles_are_all_settled(
    shop: Shop, client: valkey.Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services_stub.cart.store.checkouts.LARGEST_OVERDUE_BATCH", 2)
    for number in range(3):
        put(shop, "p1")
        take(shop, f"o{number}")
    for left in (1, 0):
        sweep(shop, Orders(), later())
        assert len(open_checkouts(client)) == left
    assert in_cart(shop) == {"p1": 3}


def test_one_item_that_fails_leaves_the_others_of_its_call_alone(shop: Shop, client: valkey.Valkey) -> None:
    put(shop, "p1")
    client.set("checkout:o2", "no hash")
    commands = [TakeCart(order_id=order_id, user_id="u1", attempt_id="a1") for order_id in ("o2", "o1")]

    async def take_both() -> list[int]:
        results = await answer_items(take_cart(shop.resources, command, NO_CAUSE) for command in commands)
        return [200 if result.refused is None else result.refused["status"] for result in results]

    assert asyncio.run(take_both()) == [500, 200]
