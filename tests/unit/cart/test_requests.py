"""Requests of shoppers and guests on their carts."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
import valkey

from services_stub.cart.domain import GUEST_CART_SECONDS
from services_stub.cart.handlers import carts
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.cart import MOST_LINES, MOST_PER_LINE, AddToCart, Cart, NotMerged
from services_stub.contracts.http.product import Product
from services_stub.runtime.errors import Refused, Unavailable
from tests.fakes import received
from tests.unit.cart.conftest import Shop, access, product_created


def add(shop: Shop, product_id: str, quantity: int = 1, owner: str = "user:u1", merging: str = "") -> Cart:
    command = AddToCart(product_id=product_id, quantity=quantity)
    return shop.do(carts.add(shop.resources, access(owner, merging), command))


def quantities(cart: Cart) -> dict[str, int]:
    return {line.product_id: line.quantity for line in cart.lines}


def refusal_of(error: pytest.ExceptionInfo[Refused]) -> tuple[int, str]:
    return error.value.problem.status, error.value.problem.code


def test_lines_are_priced_and_summed(shop: Shop) -> None:
    shop.product("p1", "2.50")
    shop.product("p2", "10.01")
    add(shop, "p1", 2)
    cart = add(shop, "p2", 3)
    assert cart.owner == "user:u1"
    assert quantities(cart) == {"p1": 2, "p2": 3}
    assert [str(line.line_total) for line in cart.lines] == ["5.00", "30.03"]
    assert (str(cart.amount), cart.currency) == ("35.03", "USD")
    assert cart.lines[0].name == "Name of p1"
    assert cart.lines[0].seller_id == "s1"


def test_adding_again_adds_up(shop: Shop) -> None:
    shop.product("p1")
    add(shop, "p1", 2)
    assert quantities(add(shop, "p1", 3)) == {"p1": 5}


def test_carts_belong_to_their_owners(shop: Shop) -> None:
    shop.product("p1")
    add(shop, "p1", owner="user:u1")
    assert shop.do(carts.read(shop.resources, access("user:u2"))).lines == []
    assert shop.do(carts.read(shop.resources, access("guest:u1"))).lines == []


def test_what_cannot_be_bought_in_that_number_is_not_available_and_not_summed(shop: Shop) -> None:
    shop.product("p1", stock=2)
    cart = add(shop, "p1", 3)
    assert not cart.lines[0].available
    assert cart.amount == Decimal("0.00")


def test_a_product_that_is_not_cached_is_asked_for_once(shop: Shop) -> None:
    shop.products.catalogue["p9"] = wire_product("p9")
    assert quantities(add(shop, "p9")) == {"p9": 1}
    add(shop, "p9")
    assert shop.products.asked == ["/api/products/p9"]


def test_an_unknown_product_is_refused_and_not_asked_for_again(shop: Shop) -> None:
    for _ in range(2):
        with pytest.raises(Refused) as error:
            add(shop, "p9")
        assert refusal_of(error) == (404, "product-not-found")
    assert len(shop.products.asked) == 1


def test_an_unknown_product_is_known_as_soon_as_it_is_published(shop: Shop) -> None:
    with pytest.raises(Refused):
        add(shop, "p9")
    shop.product("p9")
    assert quantities(add(shop, "p9")) == {"p9": 1}


@pytest.mark.parametrize("product_id", ["..", "a/b", "é", " ", "a" * 65])
def test_an_id_that_cannot_be_one_is_refused_without_asking(shop: Shop, product_id: str) -> None:
    with pytest.raises(Refused) as error:
        add(shop, product_id)
    assert error.value.problem.status == 404
    assert shop.products.asked == []


def test_a_blocked_product_is_refused(shop: Shop) -> None:
    shop.sink([received(product_created("p1", status=ProductStatus.BLOCKED))])
    with pytest.raises(Refused) as error:
        add(shop, "p1")
    assert refusal_of(error) == (404, "product-not-found")


def test_product_service_away_is_said_as_such(shop: Shop) -> None:
    shop.products.away = True
    with pytest.raises(Unavailable):
        add(shop, "p1")


def test_a_line_has_a_limit(shop: Shop) -> None:
    shop.product("p1")
    add(shop, "p1", MOST_PER_LINE)
    with pytest.raises(Refused) as error:
        add(shop, "p1")
    assert refusal_of(error) == (409, "quantity-limit")


def test_a_cart_has_a_limit(shop: Shop) -> None:
    for number in range(MOST_LINES):
        shop.product(f"p{number}")
        add(shop, f"p{number}")
    shop.product("one-more")
    with pytest.raises(Refused) as error:
        add(shop, "one-more")
    assert refusal_of(error) == (409, "cart-full")
    assert quantities(add(shop, "p0"))["p0"] == 2


def test_the_lines_stay_in_the_order_in_which_they_were_put_in(shop: Shop) -> None:
    names = [f"0192f0c1-0000-7000-8000-{number * 7919 % 1000:012}" for number in range(MOST_LINES)]
    for name in names:
        shop.product(name)
        cart = add(shop, name)
    assert [line.product_id for line in cart.lines] == names


def test_change_remove_and_clear(shop: Shop) -> None:
    shop.product("p1")
    shop.product("p2")
    add(shop, "p1")
    add(shop, "p2")
    assert quantities(shop.do(carts.change(shop.resources, access(), "p1", 7))) == {"p1": 7, "p2": 1}
    assert quantities(shop.do(carts.change(shop.resources, access(), "p1", 0))) == {"p2": 1}
    assert quantities(shop.do(carts.remove(shop.resources, access(), "p1"))) == {"p2": 1}
    assert quantities(shop.do(carts.clear(shop.resources, access()))) == {}
    assert shop.do(carts.read(shop.resources, access())).lines == []


def test_changing_a_line_that_is_not_there_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused) as error:
        shop.do(carts.change(shop.resources, access(), "p1", 2))
    assert refusal_of(error) == (404, "line-not-found")


def test_guest_carts_end_and_user_carts_do_not(shop: Shop, client: valkey.Valkey) -> None:
    shop.product("p1")
    add(shop, "p1", owner="guest:g1")
    add(shop, "p1", owner="user:u1")
    assert GUEST_CART_SECONDS - 60 < int(str(client.ttl("cart:guest:g1"))) <= GUEST_CART_SECONDS
    assert client.ttl("cart:user:u1") == -1


def test_a_guests_cart_moves_into_the_users_once(shop: Shop, client: valkey.Valkey) -> None:
    shop.product("p1")
    shop.product("p2")
    add(shop, "p1", 600, owner="guest:g1")
    add(shop, "p2", 2, owner="guest:g1")
    add(shop, "p1", 500)
    merging = access("user:u1", "guest:g1")
    for lost in ([NotMerged(product_id="p1", quantity=100)], []):
        merged = shop.do(carts.read(shop.resources, merging))
        assert quantities(merged) == {"p1": MOST_PER_LINE, "p2": 2}
        assert merged.not_merged == lost
    assert not client.exists("cart:guest:g1")
    assert client.ttl("cart:user:u1") == -1


def test_every_operation_merges_first(shop: Shop) -> None:
    shop.product("p1")
    shop.product("p2")
    add(shop, "p1", 2, owner="guest:g1")
    assert quantities(add(shop, "p2", 1, merging="guest:g1")) == {"p1": 2, "p2": 1}
    add(shop, "p1", 1, owner="guest:g2")
    changed = shop.do(carts.change(shop.resources, access("user:u1", "guest:g2"), "p2", 5))
    assert quantities(changed) == {"p1": 3, "p2": 5}


def test_merging_keeps_to_the_limit_of_lines(shop: Shop) -> None:
    for number in range(MOST_LINES + 1):
        shop.product(f"p{number}")
    for number in range(MOST_LINES - 1):
        add(shop, f"p{number}")
    for number in (0, MOST_LINES - 1, MOST_LINES):
        add(shop, f"p{number}", owner="guest:g1")
    merged = shop.do(carts.read(shop.resources, access("user:u1", "guest:g1")))
    assert len(merged.lines) == MOST_LINES
    assert quantities(merged)["p0"] == 2
    assert merged.not_merged == [NotMerged(product_id=f"p{MOST_LINES}", quantity=1)]


def test_a_line_whose_product_was_forgotten_is_asked_for(shop: Shop, client: valkey.Valkey) -> None:
    shop.product("p1")
    shop.product("p2")
    add(shop, "p1")
    add(shop, "p2")
    client.delete("product:p1", "product:p2")
    shop.products.catalogue["p1"] = wire_product("p1", "7.00")
    cart = shop.do(carts.read(shop.resources, access()))
    assert [(line.product_id, str(line.unit_price), line.available) for line in cart.lines] == [
        ("p1", "7.00", True),
        ("p2", "0.00", False),
    ]


def test_many_requests_at_once_all_count(shop: Shop) -> None:
    shop.product("p1")

    async def add_many() -> Cart:
        command = AddToCart(product_id="p1", quantity=2)
        await asyncio.gather(*(carts.add(shop.resources, access(), command) for _ in range(400)))
        return await carts.read(shop.resources, access())

    assert quantities(shop.do(add_many())) == {"p1": 800}


def wire_product(product_id: str, price: str = "2.50") -> Product:
    return Product(
        product_id=product_id,
        seller_id="s1",
        name=f"Name of {product_id}",
        category="Home",
        description="",
        price=Decimal(price),
        currency="USD",
        quantity=10,
        status=ProductStatus.ACTIVE,
        version=3,
        created_at="2026-01-01T00:00:00Z",
    )
