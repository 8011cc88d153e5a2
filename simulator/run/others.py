"""Orders are asked for by others: by a shopper, a seller and a guest who have no part in them, and may not see them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from simulator.engine.http import Request
from simulator.history.final import AskedByOther
from simulator.personas.personas import Role
from simulator.workload import answers, api
from simulator.workload.people import People, SignedIn

_MOST = 10
"""Orders that are asked for; one by three others each."""


class _Item(msgspec.Struct, rename="camel"):
    seller_id: str


class _Order(msgspec.Struct, rename="camel"):
    order_id: str
    user_id: str
    items: list[_Item]


class Asking(Protocol):
    """Asks as an account, or as a guest where there is none; the status of the answer."""

    async def status(self, request: Request, account: SignedIn | None) -> int:
        """Ask."""


async def asked_by_others(reading: Asking, orders: Sequence[msgspec.Raw], people: People) -> list[AskedByOther]:
    """Ask for the newest of these orders as others."""
    found = [order for raw in orders[:_MOST] if (order := answers.read(bytes(raw), _Order)) is not None]
    return list(await asyncio.gather(*(one for order in found for one in _asked(reading, order, people))))


def _asked(reading: Asking, order: _Order, people: People) -> Iterator[asyncio.Future[AskedByOther]]:
    owners = {order.user_id, *(item.seller_id for item in order.items)}
    for role in (Role.SHOPPER, Role.SELLER, Role.GUEST):
        account = None if role is Role.GUEST else _other(people.accounts[role].values(), owners)
        if account is not None or role is Role.GUEST:
            yield asyncio.ensure_future(_ask(reading, order.order_id, role, account))


def _other(accounts: Iterable[SignedIn], owners: set[str]) -> SignedIn | None:
    return next((account for account in accounts if account.user_id not in owners), None)


async def _ask(reading: Asking, order_id: str, role: Role, account: SignedIn | None) -> AskedByOther:
    status = await reading.status(api.order(order_id), account)
    return AskedByOther(order_id=order_id, role=role, user_id=account.user_id if account else "", status=status)
