"""Finds actions and objects by a part of their words, for the palette."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from marketplace_tui.actions.action import Action
from marketplace_tui.actions.registry import Keymap
from marketplace_tui.actions.state import Role, ScreenState
from marketplace_tui.model.marketplace import Marketplace
from marketplace_tui.model.resource import Resource
from marketplace_tui.text.keys import key_name
from marketplace_tui.text.signs import of_status
from marketplace_tui.text.values import money, short_id
from services_stub.client.errors import MarketplaceError

Kind: TypeAlias = Literal["action", "product", "order", "user"]
MOST_OF_A_KIND = 8
SHORTEST = 2
"""Objects are looked for from so many characters on."""

_NEWEST = 50
_ID_LENGTH = 36

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Hit:
    """Something that was found: its kind and its id, and its words."""

    kind: Kind
    key: str
    words: str
    beside: str = ""


def matching_actions(keymap: Keymap, state: ScreenState, typed: str) -> list[Hit]:
    """The actions of a screen whose words contain what was typed; those that cannot be done now say why."""
    words = typed.casefold().split()
    hits = []
    for action in keymap.on(state, with_lists=False):
        text = f"{action.words} {action.help} {action.command}".casefold()
        if all(word in text for word in words):
            hits.append(Hit("action", action.id, action.words, _beside(action, state)))
    return hits


def _beside(action: Action, state: ScreenState) -> str:
    lacking = action.lacks(state)
    words = action.help if lacking is None else lacking.value
    return f"{key_name(action.keys[0])}  {words}"


class Finder:
    """Looks for products, orders and people as something is typed."""

    def __init__(self, marketplace: Marketplace) -> None:
        self._marketplace = marketplace
        self._typed = ""
        self.objects: Resource[list[Hit]] = Resource(self._find, marketplace.tasks, marketplace.clock)

    def type(self, text: str) -> None:
        """Look for a text; the objects change when the answers are there."""
        self._typed = text.strip()
        self.objects.refresh()

    async def _find(self) -> list[Hit]:
        typed = self._typed
        if len(typed) < SHORTEST:
            return []
        role = self._marketplace.connection.role
        if role == "reader":
            return []
        searches = [self._own_products(typed) if role == "seller" else self._products(typed)]
        if role != "guest":
            searches.append(self._orders(typed, role))
        if role == "admin":
            searches.append(self._users(typed))
        return [hit for hits in await asyncio.gather(*searches) for hit in hits]

    async def _products(self, typed: str) -> list[Hit]:
        page = await self._asked(self._marketplace.client.search.find(typed, limit=MOST_OF_A_KIND))
        products = page.items if page else []
        return [Hit("product", one.product_id, one.name, money(one.price, one.currency)) for one in products]

    async def _own_products(self, typed: str) -> list[Hit]:
        page = await self._asked(self._marketplace.client.seller.products(typed, limit=MOST_OF_A_KIND))
        products = page.items if page else []
        return [Hit("product", one.product_id, one.name, money(one.price, one.currency)) for one in products]

    async def _orders(self, typed: str, role: Role) -> list[Hit]:
        """The newest orders whose id contains what was typed, and an older one by its whole id."""
        client = self._marketplace.client
        if role == "admin":
            newest = client.admin.orders(limit=_NEWEST)
        else:
            newest = client.seller.orders(limit=_NEWEST) if role == "seller" else client.orders.list(limit=_NEWEST)
        page = await self._asked(newest)
        found = [order for order in (page.items if page else []) if _contains(order.order_id, typed)]
        if not found and len(typed) == _ID_LENGTH:
            older = await self._asked(client.orders.read(typed))
            found = [older] if older else []
        return [
            Hit(
                "order",
                one.order_id,
                short_id(one.order_id),
                f"{of_status(one.status)}  {money(one.amount, one.currency)}",
            )
            for one in found[:MOST_OF_A_KIND]
        ]

    async def _users(self, typed: str) -> list[Hit]:
        page = await self._asked(self._marketplace.client.admin.users(typed, limit=MOST_OF_A_KIND))
        return [Hit("user", one.user_id, one.email, one.role) for one in (page.items if page else [])]

    async def _asked(self, call: Awaitable[Answer]) -> Answer | None:
        """The answer; None where a service is away, for the others may have something."""
        try:
            return await self._marketplace.connection.ask(call)
        except MarketplaceError:
            return None


def _contains(identifier: str, typed: str) -> bool:
    return typed.casefold() in identifier.casefold()


def chosen(hits: Sequence[Hit], key: str) -> Hit | None:
    """The hit with a key of `row_key`."""
    return next((hit for hit in hits if row_key(hit) == key), None)


def row_key(hit: Hit) -> str:
    """A key that is unique among hits of all kinds."""
    return f"{hit.kind} {hit.key}"
