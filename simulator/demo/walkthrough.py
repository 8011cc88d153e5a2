"""The walkthrough: its steps and the outcome that each must have, read from the marketplace and never assumed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from decimal import Decimal

from services_stub.client import Conflict, NotAllowed, NotFound
from services_stub.contracts.control import DevelopmentUser
from services_stub.contracts.events import OrderStatus, ProductStatus
from services_stub.contracts.http.cart import Cart
from services_stub.contracts.http.payment import PaymentStatus
from services_stub.contracts.http.product import Product
from simulator.demo.actors import Actor, Actors
from simulator.demo.steps import Action, expect, until

GOOD_CARD = "pm_card_visa"
DECLINED_CARD = "pm_card_chargeDeclined"
SLOW_CARD = "pm_card_slow"

_BLOCK_SECONDS = 1.0
"""How soon the token of a blocked seller must have stopped working."""

_TEAPOT, _BOWL, _LAMP = "Stoneware teapot", "Walnut bowl", "Copper lamp"
_RANGE: tuple[tuple[str, str, Decimal, int], ...] = (
    (_TEAPOT, "Kitchen", Decimal("42.00"), 10),
    (_BOWL, "Kitchen", Decimal("18.50"), 5),
    (_LAMP, "Living", Decimal("120.00"), 1),
)
"""The seller's products: name, category, price, stock. There is only one lamp."""


class Walkthrough:
    """The steps; each stands on the ones before it."""

    def __init__(self, actors: Actors, admin: DevelopmentUser, seller: Actor, shopper: Actor) -> None:
        self._actors, self._admin, self._seller, self._shopper = actors, admin, seller, shopper
        self._guest = shopper
        self._products: dict[str, Product] = {}
        self._pending_id = ""
        self.paid_id = ""
        """The order whose events are shown in the end."""
        self.placed_at = 0
        """When it was asked for, in microseconds of Unix time."""
        self.paid_at = 0.0
        """When it was seen paid, by the monotonic clock."""

    def steps(self) -> Sequence[tuple[str, Action]]:
        """The steps in their order."""
        return (
            ("A seller registers", self._seller_registers),
            ("The seller adds three products", self._seller_adds_products),
            ("A shopper registers", self._shopper_registers),
            ("The shopper searches for “teapot”", self._shopper_searches),
            ("The shopper puts a bowl into the cart", self._shopper_fills_cart),
            ("As a guest, fills another cart", self._guest_fills_cart),
            ("The guest logs in: the carts merge", self._carts_merge),
            ("The shopper pays with a good card", self._pays),
            ("The shopper pays with a declined card", self._is_declined),
            ("Two shoppers race for the last lamp", self._race),
            ("A slow card keeps an order pending", self._leaves_pending),
            ("The admin blocks the seller", self._admin_blocks_seller),
            ("The seller tries to go on selling", self._seller_is_out),
        )

    async def _seller_registers(self) -> str:
        return await self._seller.join("seller", "seller")

    async def _seller_adds_products(self) -> str:
        for name, category, price, stock in _RANGE:
            product = await self._seller.client.seller.create_product(
                name, category=category, price=price, quantity=stock
            )
            state = (product.status, product.price, product.quantity)
            expect(state == (ProductStatus.ACTIVE, price, stock), f"the new product is {product}")
            self._products[name] = product
        return "stock " + " · ".join(str(product.quantity) for product in self._products.values())

    async def _shopper_registers(self) -> str:
        return await self._shopper.join("shopper", "user")

    async def _shopper_searches(self) -> str:
        seller_id = self._products[_TEAPOT].seller_id
        found = (await self._shopper.client.products.list("teapot", seller_id=seller_id)).items
        expect([product.name for product in found] == [_TEAPOT], f"found {[product.name for product in found]}")
        return f"{found[0].name}, {found[0].price} {found[0].currency}"

    async def _shopper_fills_cart(self) -> str:
        return _holds(await self._shopper.client.cart.add(self._id(_BOWL)), {_BOWL: 1}, "18.50")

    async def _guest_fills_cart(self) -> str:
        self._guest = await self._actors.enter()
        await self._guest.client.cart.add(self._id(_TEAPOT))
        return _holds(await self._guest.client.cart.add(self._id(_BOWL), 2), {_TEAPOT: 1, _BOWL: 2}, "79.00")

    async def _carts_merge(self) -> str:
        await self._guest.log_in_as(self._shopper)
        return _holds(await self._shopper.client.cart.read(), {_TEAPOT: 1, _BOWL: 3}, "97.50")

    async def _pays(self) -> str:
        shopper = self._shopper
        self.placed_at, began = time.time_ns() // 1000, time.monotonic()
        order = await shopper.buy(GOOD_CARD, OrderStatus.PAID)
        self.paid_at, self.paid_id = time.monotonic(), order.order_id
        expect(order.amount == Decimal("97.50"), f"the order costs {order.amount}")
        payments = (await shopper.client.payments.list()).items
        charged = [(payment.order_id, payment.status, payment.amount) for payment in payments]
        expect(charged == [(order.order_id, PaymentStatus.CHARGED, order.amount)], f"the payments are {charged}")
        await shopper.sees_stock(self._products[_TEAPOT], 9)
        await shopper.sees_stock(self._products[_BOWL], 2)
        await until(shopper.client.cart.read, lambda cart: cart.lines == [], what="the cart becomes empty")
        await shopper.is_told(order, "order-placed", "receipt")
        return f"PAID in {(self.paid_at - began) * 1000:.0f} ms, charged once"

    async def _is_declined(self) -> str:
        shopper = self._shopper
        await shopper.client.cart.add(self._id(_TEAPOT))
        order = await shopper.buy(DECLINED_CARD, OrderStatus.FAILED)
        payment = await shopper.client.payments.read(order.order_id)
        expect(payment.status == PaymentStatus.FAILED, f"the payment is {payment.status}")
        await shopper.sees_stock(self._products[_TEAPOT], 9)
        await shopper.is_told(order, "order-placed", "payment-failed")
        await until(shopper.client.cart.read, lambda cart: bool(cart.lines), what="the teapot in the cart again")
        await shopper.client.cart.clear()
        return "FAILED, stock and cart back"

    async def _race(self) -> str:
        rivals = [await self._actors.enter(), await self._actors.enter()]
        await asyncio.gather(*(rival.join(f"rival-{number}", "user") for number, rival in enumerate(rivals, 1)))
        await asyncio.gather(*(rival.client.cart.add(self._id(_LAMP)) for rival in rivals))
        answers = await asyncio.gather(*(self._try_to_buy(rival) for rival in rivals))
        expect(sorted(answers) == ["PAID", "out-of-stock"], f"the answers are {answers}")
        await self._shopper.sees_stock(self._products[_LAMP], 0)
        return "one PAID, one out-of-stock"

    async def _try_to_buy(self, rival: Actor) -> str:
        try:
            order = await rival.buy(GOOD_CARD, OrderStatus.PAID)
        except Conflict as refusal:
            return refusal.problem.code
        return order.status

    async def _leaves_pending(self) -> str:
        await self._shopper.client.cart.add(self._id(_TEAPOT), 2)
        order = await self._shopper.client.orders.place(SLOW_CARD)
        expect(order.status == OrderStatus.PENDING, f"the order is {order.status}")
        self._pending_id = order.order_id
        return f"PENDING, {order.amount} {order.currency}"

    async def _admin_blocks_seller(self) -> str:
        admin, shopper = (await self._actors.enter()).client, self._shopper
        await admin.auth.login(self._admin.email, self._admin.password)
        blocked = await admin.admin.block_seller(self._products[_TEAPOT].seller_id, "counterfeit goods")
        expect(blocked.blocked, f"the account is {blocked}")
        order = await shopper.sees(self._pending_id, OrderStatus.CANCELLED, OrderStatus.REFUNDED)
        path = [(change.status.value, change.reason) for change in order.history]
        expect(path[1] == ("CANCELLED", "seller-blocked"), f"the order went {path}")
        payment = await until(
            lambda: shopper.client.payments.read(self._pending_id),
            lambda seen: seen.status in (PaymentStatus.VOIDED, PaymentStatus.REFUNDED),
            what="the payment is undone",
        )
        return f"CANCELLED, payment {payment.status}"

    async def _seller_is_out(self) -> str:
        refusal = await until(self._try_to_sell, bool, what="a refusal", timeout=_BLOCK_SECONDS)
        expect(refusal == "seller-blocked", f"the seller is told {refusal}")
        await until(self._shown, lambda names: names == [], what="an empty shelf")
        return "refused, the shelf is empty"

    async def _try_to_sell(self) -> str:
        try:
            await self._seller.client.seller.change_product(self._id(_BOWL), quantity=100)
        except NotAllowed as error:
            return error.problem.code
        return ""

    async def _shown(self) -> list[str]:
        """The products of the seller that a shopper can still see, in the list or by their address."""
        shop = self._shopper.client.products
        listed = (await shop.list(seller_id=self._products[_TEAPOT].seller_id)).items
        shown = [product.name for product in listed]
        for name in self._products:
            try:
                shown.append((await shop.read(self._id(name))).name)
            except NotFound:
                continue
        return shown

    def _id(self, name: str) -> str:
        return self._products[name].product_id


def _holds(cart: Cart, pieces: dict[str, int], amount: str) -> str:
    found = {line.name: line.quantity for line in cart.lines}
    expect((found, cart.amount) == (pieces, Decimal(amount)), f"the cart holds {found} for {cart.amount}")
    lines = "1 line" if len(found) == 1 else f"{len(found)} lines"
    return f"{lines}, {cart.amount} {cart.currency}"
