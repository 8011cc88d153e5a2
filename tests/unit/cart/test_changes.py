"""A cart shows what is different from what the shopper knows, until the shopper has seen to the line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import valkey

from services_stub.cart.handlers import carts, checkouts
from services_stub.contracts.events.product import ProductDeleted
from services_stub.contracts.http.cart import AddToCart, CartLine, TakeCart
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.unit.cart.conftest import Shop, access
from tests.unit.cart.test_events import give, updated

PLAIN_NAME = "Name of p1"
NEW_NAME = "Kettle “é” / \\ \n 水"


def put(shop: Shop, owner: str = "user:u1", quantity: int = 1) -> None:
    shop.do(carts.add(shop.resources, access(owner), AddToCart(product_id="p1", quantity=quantity)))


def line_of(shop: Shop, owner: str = "user:u1", merging: str = "") -> CartLine:
    (line,) = shop.do(carts.read(shop.resources, access(owner, merging))).lines
    return line


def test_an_untouched_product_has_no_changes(shop: Shop) -> None:
    shop.product("p1", "2.50")
    put(shop)
    line = line_of(shop)
    assert (line.changes, line.added_price, line.added_name) == ([], Decimal("2.50"), PLAIN_NAME)
    assert line.added_available is True


def test_price_name_and_availability_are_shown_beside_what_they_were(shop: Shop) -> None:
    shop.product("p1", "2.50")
    put(shop, quantity=3)
    give(shop, updated("p1", 2, "3.00", stock=2))
    line = line_of(shop)
    assert line.changes == ["price", "name", "availability"]
    assert (line.unit_price, line.name, line.available) == (Decimal("3.00"), NEW_NAME, False)
    assert (line.added_price, line.added_name, line.added_available) == (Decimal("2.50"), PLAIN_NAME, True)
    give(shop, updated("p1", 3, "2.50", stock=3))
    assert line_of(shop).changes == ["name"]


def test_stock_that_is_enough_is_no_change(shop: Shop) -> None:
    shop.product("p1", stock=9)
    put(shop, quantity=2)
    shop.product("p1", stock=2, version=2)
    assert line_of(shop).changes == []


def test_a_deleted_product_is_a_change_of_availability_alone(shop: Shop) -> None:
    shop.product("p1")
    put(shop)
    give(shop, ProductDeleted(product_id="p1", seller_id="s1", version=2))
    line = line_of(shop)
    assert (line.changes, line.available, line.name) == (["availability"], False, PLAIN_NAME)


def test_putting_more_in_and_setting_the_quantity_acknowledge(shop: Shop) -> None:
    shop.product("p1", "1.00")
    put(shop)
    shop.product("p1", "2.00", version=2)
    assert line_of(shop).changes == ["price"]
    put(shop)
    assert line_of(shop).changes == []
    shop.product("p1", "3.00", version=3)
    assert line_of(shop).changes == ["price"]
    line = shop.do(carts.change(shop.resources, access(), "p1", 2)).lines[0]
    assert (line.changes, line.added_price) == ([], Decimal("3.00"))


def test_a_checkout_acknowledges_also_when_the_lines_come_back(shop: Shop) -> None:
    shop.product("p1", "1.00")
    put(shop)
    give(shop, updated("p1", 2, "2.00"))
    take = TakeCart(order_id="o1", user_id="u1", attempt_id="a1")
    taken = shop.do(checkouts.take(shop.resources, take, NO_CAUSE)).lines[0]
    assert (taken.unit_price, taken.changes) == (Decimal("2.00"), ["price", "name"])
    assert shop.do(shop.resources.checkouts.give_back("o1", "a1"))
    line = line_of(shop)
    assert (line.changes, line.added_price, line.added_name) == ([], Decimal("2.00"), NEW_NAME)


def test_what_a_guest_knows_is_known_after_login(shop: Shop) -> None:
    shop.product("p1", "1.00")
    put(shop, "guest:g1")
    shop.product("p1", "2.00", version=2)
    line = line_of(shop, merging="guest:g1")
    assert (line.changes, line.added_price) == (["price"], Decimal("1.00"))


def test_at_login_the_line_that_was_there_keeps_what_its_shopper_knows(shop: Shop) -> None:
    shop.product("p1", "1.00")
    put(shop)
    shop.product("p1", "2.00", version=2)
    put(shop, "guest:g1")
    assert line_of(shop, merging="guest:g1").added_price == Decimal("1.00")


def test_nothing_is_kept_of_lines_that_are_gone(shop: Shop, client: valkey.Valkey) -> None:
    shop.product("p1")
    put(shop)
    put(shop, "guest:g1")
    lasts: list[Any] = [client.ttl(key) for key in ("added:guest:g1", "cart:guest:g1")]
    assert lasts[0] == lasts[1] > 0
    shop.do(carts.remove(shop.resources, access(), "p1"))
    assert client.keys("added:user:*") == []
    put(shop)
    shop.do(carts.clear(shop.resources, access(merging="guest:g1")))
    assert client.keys("added:*") == []


def test_a_line_of_an_older_cart_has_no_changes(shop: Shop, client: valkey.Valkey) -> None:
    shop.product("p1")
    client.hset("cart:user:u1", "p1", "2")
    line = line_of(shop)
    assert (line.changes, line.added_price, line.added_available) == ([], None, None)
