"""The operations on carts and cached products, each a call of one script."""

from __future__ import annotations

import msgspec

from services_stub.cart.domain import Line, Product, seconds_to_live, unknown
from services_stub.cart.store import product_scripts, scripts
from services_stub.cart.store.executor import Executor
from services_stub.cart.store.guests import MOST_GUEST_LINES
from services_stub.cart.store.scripts import CartRefusal

UNKNOWN_SECONDS = 30
TOMBSTONE_SECONDS = 30 * 24 * 60 * 60

_lines = msgspec.json.Decoder(list[Line])
_refusals = {refusal.value: refusal for refusal in CartRefusal}

Answer = list[Line] | CartRefusal


class Carts:
    """The requests of shoppers. `merging` names a guest's cart that moves into the owner's in the same step."""

    def __init__(self, executor: Executor, most_guest_lines: int = MOST_GUEST_LINES) -> None:
        self._executor, self._most_guest_lines = executor, str(most_guest_lines)

    async def read(self, owner: str, merging: str = "") -> list[Line]:
        """The lines of a cart, in the order in which they were put in."""
        return _lines_of(await self._executor.run(scripts.READ.call(_carts(owner, merging))))

    async def add(self, owner: str, merging: str, product_id: str, quantity: int) -> Answer:
        """Put more of a product in."""
        words = product_id, str(quantity), str(seconds_to_live(owner)), self._most_guest_lines
        call = scripts.ADD.call(_carts(owner, merging), *words)
        return _answer_of(await self._executor.run(call))

    async def change(self, owner: str, merging: str, product_id: str, quantity: int) -> Answer:
        """Set the quantity, not 0, of a line that is there."""
        call = scripts.CHANGE.call(_carts(owner, merging), product_id, str(quantity), str(seconds_to_live(owner)))
        return _answer_of(await self._executor.run(call))

    async def remove(self, owner: str, merging: str, product_id: str) -> list[Line]:
        """Take a line out, if it is there."""
        return _lines_of(await self._executor.run(scripts.REMOVE.call(_carts(owner, merging), product_id)))

    async def clear(self, owner: str, merging: str) -> list[Line]:
        """Take all lines out."""
        return _lines_of(await self._executor.run(scripts.CLEAR.call(_carts(owner, merging))))

    async def cache_product(self, product: Product) -> None:
        """Cache what the product service answered, unless something newer is known."""
        await self._executor.run(cache_product_call(product))


def cache_product_call(product: Product, *, heard: bool = False) -> bytes:
    """Cache a product, unless something as new is known. `heard` by an event, it counts as a change of its seller."""
    seconds = 0 if product.version else UNKNOWN_SECONDS
    words = [str(product.version), msgspec.json.encode(product).decode(), str(seconds)]
    if heard:
        words += (product.seller_id, str(product.sequence))
    return product_scripts.CACHE_PRODUCT.call((f"product:{product.product_id}",), *words)


def tombstone_call(tombstone: Product) -> bytes:
    """Put a tombstone in the place of a product."""
    text = msgspec.json.encode(tombstone).decode()
    words = text, str(TOMBSTONE_SECONDS), tombstone.seller_id, str(tombstone.sequence)
    return product_scripts.TOMBSTONE.call((f"product:{tombstone.product_id}",), *words)


def completed(lines: list[Line], products: dict[str, Product]) -> list[Line]:
    """The lines, with the products that they miss filled in."""
    return [
        line
        if line.product
        else msgspec.structs.replace(line, product=products.get(line.missing, unknown(line.missing)))
        for line in lines
    ]


def _carts(owner: str, merging: str) -> tuple[str, ...]:
    return (f"cart:{owner}", f"cart:{merging}") if merging else (f"cart:{owner}",)


def _lines_of(reply: bytes | int) -> list[Line]:
    assert isinstance(reply, bytes)
    return _lines.decode(reply)


def _answer_of(reply: bytes | int) -> Answer:
    assert isinstance(reply, bytes)
    return _refusals.get(reply) or _lines.decode(reply)
