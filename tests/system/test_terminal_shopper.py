"""A shopper in the terminal client against a real marketplace: a short purchase, and every flow from guest to inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from marketplace_tui.text.values import short_id
from services_stub.client import MarketplaceClient
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.cart import Cart
from services_stub.contracts.http.product import Product
from services_stub.runtime.identifiers import new_id
from tests.system.accounts import new_person, new_product, until_status
from tests.system.marketplace import PASSWORD, Marketplace
from tests.system.terminal import Terminal, beside, terminal_of
from tests.waiting import eventually

MOST_KEYS = 12
WARE = "Okapi ware"


@pytest.mark.slow
def test_a_shopper_buys_with_few_keys_and_with_the_mouse_alone(marketplace: Marketplace) -> None:
    async def scenario() -> None:
        seller, shopper = await new_person(marketplace, "seller"), await new_person(marketplace)
        product = await new_product(seller, quantity=10, price="19.99", name="Zebra-striped teapot")
        await until_found(shopper, "zebra", 1)
        await shopper.cart.add(product.product_id)
        await shopper.orders.place("pm_card_visa")
        async with terminal_of(beside(marketplace, shopper), marketplace.state) as terminal:
            await terminal.sees("sold by", "cart 0")
            await terminal.press("slash", *"zebra", "enter")
            await terminal.sees("Zebra-striped teapot")
            await terminal.press("a", "c", "b")
            await terminal.sees("Place the order for 19.99 USD", "● pm_card_visa")
            await terminal.press("enter")
            await terminal.sees("◐ PENDING → ● PAID", "order-updated[", "notification +")
            assert terminal.keys <= MOST_KEYS
        async with terminal_of(beside(marketplace, shopper), marketplace.state) as terminal:
            await terminal.sees("sold by", "cart 0")
            await terminal.click("a add")
            await terminal.sees("cart 1")
            await terminal.click("  cart 1")
            await terminal.sees("b check out")
            await terminal.click("b check out")
            await terminal.sees("Place the order for", "● pm_card_visa")
            await terminal.click("Place the order for")
            await terminal.sees("◐ PENDING → ● PAID")
            assert terminal.keys == 0
        orders = (await shopper.orders.list()).items
        assert [order.status for order in orders] == [OrderStatus.PAID] * 3

    asyncio.run(scenario())


@pytest.mark.slow
def test_a_guest_becomes_a_shopper_and_uses_everything_there_is(marketplace: Marketplace) -> None:
    """One session by keys alone, from the storefront of a guest to signing out; what came of it is asked elsewhere."""

    async def scenario() -> None:
        seller, person = await new_person(marketplace, "seller"), marketplace.client()
        products = [await offer(seller, *one) for one in (("bowl", "12.00"), ("cup", "8.00"), ("vase", "90.00"))]
        await until_found(person, "okapi", len(products))
        async with terminal_of(beside(marketplace, person), marketplace.state) as terminal:
            await look_around(terminal)
            await fill_the_cart(terminal, person, products)
            await become_a_shopper(terminal, person)
            await notice_a_new_price(terminal, seller, products[1])
            paid = await pay_with_the_second_card(terminal, person)
            await cancel_and_buy_again(terminal, person, paid)
            await find_it_among_orders(terminal, paid)
            await read_the_messages(terminal, person)
            await change_preferences(terminal, person)
            await find_by_typing(terminal, paid)
            await terminal.press("L")
            await terminal.sees("Shop", "guest", "cart 0")
        assert person.session.user is None

    asyncio.run(scenario())


async def offer(seller: MarketplaceClient, kind: str, price: str) -> Product:
    return await seller.seller.create_product(f"Okapi {kind}", category=WARE, price=Decimal(price), quantity=20)


async def until_found(client: MarketplaceClient, words: str, number: int) -> None:
    """Wait until the search index has so many products."""

    async def all_found() -> bool:
        return len((await client.search.find(words)).items) >= number

    await eventually(all_found, what="the products in the search index")


async def until_cart(person: MarketplaceClient, wanted: dict[str, int]) -> Cart:
    """The cart of a person, once it has so many units of each product."""

    async def has_them() -> Cart | None:
        cart = await person.cart.read()
        return cart if {line.name: line.quantity for line in cart.lines} == wanted else None

    cart = await eventually(has_them, what=f"a cart with {wanted}")
    assert cart is not None
    return cart


async def look_around(terminal: Terminal) -> None:
    """Search, filter, sort, grid, a product and a related one."""
    await terminal.sees("Marketplace › Shop", "guest", "sold by")
    await terminal.press("slash", *"okapi", "enter")
    await terminal.sees(f"{WARE} 3", "▸ Okapi")
    await terminal.choose("f", "Filter", "price 0.00")
    await terminal.sees("only 0.00 to 9.99", "▸ Okapi cup")
    await terminal.lacks("Okapi bowl")
    await terminal.choose("f", "Filter", "price 0.00")
    await terminal.sees("Okapi bowl", "Okapi vase")
    await terminal.press("s")
    await terminal.sees("Sorted by price ▴", "▸ Okapi cup")
    await terminal.press("s")
    await terminal.sees("Sorted by price ▾", "▸ Okapi vase")
    await terminal.press("v", "right")
    await terminal.sees("▸ Okapi bowl")
    await terminal.press("enter")
    await terminal.sees("Shop › Okapi bowl", "20 units in stock", "Related", "▸ Okapi")
    await terminal.press("j", "k", "enter")
    await terminal.lacks("Shop › Okapi bowl")
    await terminal.sees("Shop › Okapi", "▸ Okapi")
    await terminal.press("escape")
    await terminal.sees("Shop › Okapi bowl")
    await terminal.press("escape", "v")
    await terminal.sees("Marketplace › Shop  ", "▸ Okapi bowl")


async def fill_the_cart(terminal: Terminal, person: MarketplaceClient, products: list[Product]) -> None:
    """More, fewer, out and back, all out and back."""
    bowl, cup, vase = (product.name for product in products)
    await terminal.press("a", "plus", "plus", "j", "a", "a", "g", "a")
    await terminal.sees("cart 6", "in cart 3", "in cart 2", "in cart 1")
    await until_cart(person, {bowl: 3, cup: 2, vase: 1})
    await terminal.press("c")
    await terminal.sees("3 lines, 6 units", "Sum 142.00 USD", f"▸ {bowl}")
    await terminal.press("minus", "minus", "minus")
    await terminal.sees("Taken out. u takes it back", "2 lines, 3 units")
    await until_cart(person, {cup: 2, vase: 1})
    await terminal.press("u")
    await terminal.sees(f"Taken back: {bowl} out of the cart", "3 lines, 4 units")
    await until_cart(person, {bowl: 1, cup: 2, vase: 1})
    await terminal.press("X")
    await terminal.sees("Your cart is empty. u takes it back")
    await until_cart(person, {})
    await terminal.press("u")
    await terminal.sees("3 lines, 4 units")
    await until_cart(person, {bowl: 1, cup: 2, vase: 1})
    await terminal.choose("ctrl+p", "an action, a product", "okapi vase")
    await terminal.sees("Shop › Okapi vase", "1 in your cart")
    await terminal.press("minus", "c")
    await until_cart(person, {bowl: 1, cup: 2})
    await terminal.sees("2 lines, 3 units", "Sum 28.00 USD")


async def become_a_shopper(terminal: Terminal, person: MarketplaceClient) -> None:
    """An address that is none is refused beside its field, and the rest stays typed; the cart comes along."""
    await terminal.choose("L", "Sign in", "become a shopper")
    await terminal.sees("Become a shopper", "What you put into your cart stays in it.")
    await terminal.fill("Ola", "nobody", PASSWORD)
    await terminal.sees("E-mail  ", "Ola")
    await terminal.press("ctrl+u")
    await terminal.fill(f"{new_id()[-8:]}@example.com", "")
    await terminal.sees("Signed in as Ola", "Ola (shopper)", "2 lines, 3 units", "cart 3")
    await until_cart(person, {"Okapi bowl": 1, "Okapi cup": 2})


async def notice_a_new_price(terminal: Terminal, seller: MarketplaceClient, cup: Product) -> None:
    """The seller changes it elsewhere."""
    await seller.seller.change_product(cup.product_id, price=Decimal("8.50"))
    await terminal.sees("⚠ was 8.00", "Sum 29.00 USD")


async def pay_with_the_second_card(terminal: Terminal, person: MarketplaceClient) -> str:
    """The first one is declined, which empties no cart; the id of the order that is paid."""
    await terminal.press("b")
    await terminal.sees("Cart › Checkout", "choose a card", "2 × Okapi cup")
    await terminal.choose("enter", "Pay with which card?", "chargedeclined")
    await terminal.sees("● pm_card_chargeDeclined", "Place the order for 29.00 USD")
    await terminal.press("b")
    await terminal.sees("✗ declined: choose another", "Nothing was charged", "Place the order for 29.00 USD", "cart 3")
    (declined,) = (await person.orders.list()).items
    assert declined.status is OrderStatus.FAILED
    await until_cart(person, {"Okapi bowl": 1, "Okapi cup": 2})
    await terminal.choose("p", "Pay with which card?", "pm_card_visa")
    await terminal.sees("● pm_card_visa")
    await terminal.press("b")
    await terminal.sees("◐ PENDING → ● PAID", "order-created[", "payment-success[", "order-updated[", "cart 0")
    paid, _ = (await person.orders.list()).items
    assert (paid.status, paid.amount) == (OrderStatus.PAID, Decimal("29.00"))
    return paid.order_id


async def cancel_and_buy_again(terminal: Terminal, person: MarketplaceClient, order_id: str) -> None:
    """The whole charge comes back, and all of it can be ordered once more."""
    await terminal.press("x")
    await terminal.sees("Cancel …", "Reason")
    await terminal.fill("too many")
    await terminal.sees("Cancelled; what was charged comes back", "given back", "payment-refunded[")
    await until_status(person, order_id, OrderStatus.REFUNDED, OrderStatus.CANCELLED)
    (refund,) = (await person.payments.read(order_id)).refunds
    assert (refund.amount, refund.refunded) == (Decimal("29.00"), True)
    await terminal.press("b")
    await terminal.sees("2 products put into your cart: c shows it", "cart 3")
    await until_cart(person, {"Okapi bowl": 1, "Okapi cup": 2})


async def find_it_among_orders(terminal: Terminal, order_id: str) -> None:
    """The filter leaves the other one out."""
    await terminal.press("o")
    await terminal.sees("Marketplace › Orders", "✗ FAILED", short_id(order_id))
    await terminal.choose("f", "Show the orders with a status", "failed")
    await terminal.lacks(short_id(order_id))
    await terminal.sees("✗ FAILED")
    await terminal.press("escape")
    await terminal.sees("✗ FAILED", short_id(order_id))


async def read_the_messages(terminal: Terminal, person: MarketplaceClient) -> None:
    """One, and then all of them."""
    await terminal.press("i")
    await terminal.sees("Marketplace › Inbox", "● unread")
    before = (await person.notifications.list()).unread
    await terminal.press("m")
    await eventually(unread_is(person, before - 1), what="one message read")
    await terminal.press("M")
    await terminal.lacks("● unread", "✉")
    await eventually(unread_is(person, 0), what="all messages read")


def unread_is(person: MarketplaceClient, number: int) -> Callable[[], Awaitable[bool]]:
    async def is_it() -> bool:
        return (await person.notifications.list()).unread == number

    return is_it


async def change_preferences(terminal: Terminal, person: MarketplaceClient) -> None:
    """SMS needs a number: without one the error stands beside it, and the choice stays."""
    before = await person.notifications.preferences()
    await terminal.press("5")
    await terminal.sees("▸ Delivery of your orders by e-mail")
    await terminal.press("j", "enter", "ctrl+s")
    await terminal.sees("Not saved")
    await terminal.press("G", "enter")
    await terminal.sees("Telephone number for SMS", "+15550100, or empty")
    await terminal.fill("+15550123")
    await terminal.sees("+15550123", "Not saved yet")
    await terminal.press("ctrl+s")
    await terminal.lacks("Not saved")
    after = await person.notifications.preferences()
    assert after.phone == "+15550123"
    assert {*after.delivery} == {*before.delivery, "sms"}


async def find_by_typing(terminal: Terminal, order_id: str) -> None:
    """Products and orders by the palette."""
    await terminal.choose("ctrl+p", "an action, a product", order_id[-8:])
    await terminal.sees(f"Orders › {short_id(order_id)}")
    await terminal.press("1")
    await terminal.sees("Marketplace › Shop")
