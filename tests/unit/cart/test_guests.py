"""The lines in all guests' carts together have a bound; users' carts do not count."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from services_stub.cart.handlers import carts
from services_stub.cart.handlers.carts import Resources
from services_stub.cart.store import Carts
from services_stub.contracts.http.cart import AddToCart
from services_stub.runtime.errors import Refused
from services_stub.runtime.problems import as_response
from tests.unit.cart.conftest import Shop, access

GUESTS = tuple(f"guest:g{number}" for number in range(4))


@pytest.fixture
def bounded(shop: Shop) -> Resources:
    """A shop with room for three lines of guests, and products to put in."""
    for product_id in ("p1", "p2"):
        shop.product(product_id)
    return msgspec.structs.replace(shop.resources, carts=Carts(shop.executor, 3))


def add(shop: Shop, resources: Resources, owner: str, product_id: str = "p1", merging: str = "") -> bool:
    """Whether there was room for the product in a cart; where there was not, the answer says so."""
    try:
        shop.do(carts.add(resources, access(owner, merging), AddToCart(product_id=product_id)))
    except Refused as refused:
        assert (refused.problem.status, refused.problem.code) == (503, "too-many-guests")
        assert as_response(refused).headers["Retry-After"]
        return False
    return True


def counted(client: Any) -> tuple[int, int]:
    """The lines in guests' carts as they are counted and as they are."""
    held = sum(int(client.hlen(cart)) for cart in client.keys("cart:guest:*"))
    return int(client.get("guests:total") or 0), held


def test_beyond_the_bound_guests_put_nothing_new_in_and_users_do(shop: Shop, bounded: Resources, client: Any) -> None:
    assert [add(shop, bounded, guest) for guest in GUESTS] == [True, True, True, False]
    assert add(shop, bounded, GUESTS[0])
    assert not add(shop, bounded, GUESTS[0], "p2")
    assert all(add(shop, bounded, f"user:{number}", product) for number in range(3) for product in ("p1", "p2"))
    assert counted(client) == (3, 3)


def test_whatever_takes_lines_out_makes_room(shop: Shop, bounded: Resources, client: Any) -> None:
    assert all(add(shop, bounded, guest) for guest in GUESTS[:3])
    shop.do(carts.remove(bounded, access(GUESTS[0]), "p1"))
    assert counted(client) == (2, 2)
    assert add(shop, bounded, GUESTS[0])
    shop.do(carts.clear(bounded, access(GUESTS[0])))
    assert add(shop, bounded, GUESTS[0])
    shop.do(carts.read(bounded, access("user:u1", GUESTS[0])))
    assert counted(client) == (2, 2)
    assert add(shop, bounded, "user:u1", "p2", merging=GUESTS[1])
    assert counted(client) == (1, 1)


def test_carts_that_have_ended_make_room(shop: Shop, bounded: Resources, client: Any) -> None:
    assert all(add(shop, bounded, guest) for guest in GUESTS[:3])
    for cart in client.keys("cart:guest:*"):
        client.delete(cart)
        client.zadd("guests:ends", {cart: 1})
    assert add(shop, bounded, GUESTS[3])
    assert counted(client) == (1, 1)
    assert client.zcard("guests:ends") == client.hlen("guests:lines") == 1
    left = client.zscore("guests:ends", f"cart:{GUESTS[3]}") - client.time()[0]
    assert left == pytest.approx(client.ttl(f"cart:{GUESTS[3]}"), abs=5)
