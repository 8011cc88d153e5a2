"""The final reading: what the services answer after the drain, each as it said it, for those who judge the run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec

from services_stub.contracts.http.page import LARGEST_PAGE
from simulator.engine.http import Answer, ClientSender, HttpSender, Request
from simulator.measure.outcomes import Outcome
from simulator.personas.personas import Role
from simulator.run.others import asked_by_others
from simulator.workload import answers, api
from simulator.workload.asking import asked
from simulator.workload.people import People, SignedIn
from simulator.workload.visitor import signed_in

_AT_A_TIME = 32
_SIGN_IN_AGAIN, _BLOCKED = (401, 403), 403
_ANSWER = timedelta(seconds=20)


class _Page(msgspec.Struct, rename="camel"):
    items: list[msgspec.Raw]
    next_cursor: str | None = None


class _Reading:
    def __init__(self, sender: HttpSender) -> None:
        self._sender, self._places = sender, asyncio.Semaphore(_AT_A_TIME)
        self._renewed: dict[str, SignedIn] = {}
        self.missing: list[str] = []
        """The requests that were not answered with what was asked for."""

    async def one(self, request: Request, account: SignedIn) -> msgspec.Raw | None:
        """An answer; None where there is none. Of an account that is blocked none is missing."""
        async with self._places:
            answer = await self._signed(request, account)
            if answer.status in _SIGN_IN_AGAIN:  # a long load outlasts the tokens from before it
                login = await asked(self._sender, api.login(account.email, account.password))
                if login.status == _BLOCKED:
                    return None
                renewed = signed_in(account.email, account.password, login)
                if renewed is not None:
                    self._renewed[account.email] = renewed
                    answer = await self._signed(request, account)
        if answer.outcome is not Outcome.OK:
            self.missing.append(f"{request.method} {request.path} of {account.user_id}: {answer.status}")
            return None
        return msgspec.Raw(answer.body)

    async def _signed(self, request: Request, account: SignedIn) -> Answer:
        token = self._renewed.get(account.email, account).token
        return await asked(self._sender, api.signed(request, token))

    async def status(self, request: Request, account: SignedIn | None) -> int:
        """The status of an answer, whatever it is."""
        async with self._places:
            if account is None:
                return (await asked(self._sender, request)).status
            return (await self._signed(request, account)).status

    async def pages(self, first: Request, account: SignedIn) -> list[msgspec.Raw]:
        """All items of a list."""
        found: list[msgspec.Raw] = []
        cursor: str | None = ""
        while cursor is not None:
            raw = await self.one(api.at_cursor(first, cursor), account)
            if raw is None:
                return found
            page = answers.read(bytes(raw), _Page)
            if page is None:
                self.missing.append(f"{first.path}: no page")
                return found
            found += page.items
            cursor = page.next_cursor
        return found


async def final_reading(gateway: str, people: People) -> dict[str, Any]:
    """The products, dashboards, orders and carts of a population, and its products as the search has them (replicas).

    Orders are those of everyone where an admin is known, else those of the shoppers who came. Some are asked for by
    others, too.
    """
    async with ClientSender(gateway, timeout=_ANSWER) as sender:
        reading = _Reading(sender)
        sellers, shoppers = people.accounts[Role.SELLER].values(), people.accounts[Role.SHOPPER].values()
        admin = people.accounts[Role.ADMIN].get(0)
        products = await _each(reading.pages(api.own_products(), seller) for seller in sellers)
        dashboards = await asyncio.gather(*(reading.one(api.dashboard(LARGEST_PAGE), seller) for seller in sellers))
        carts = await asyncio.gather(*(reading.one(api.cart(), shopper) for shopper in shoppers))
        if admin is not None:
            orders = await reading.pages(api.all_orders(), admin)
        else:
            orders = await _each(reading.pages(api.orders(limit=100), shopper) for shopper in shoppers)
        reader = next(iter([*shoppers, *sellers]))  # a seller may be blocked, and is then answered nothing
        found = await _each(reading.pages(api.found_of(seller.user_id), reader) for seller in sellers)
        return {
            "products": products,
            "dashboards": [answer for answer in dashboards if answer is not None],
            "orders": orders,
            "carts": [answer for answer in carts if answer is not None],
            "replicas": {"search": found},
            "others": await asked_by_others(reading, orders, people),
            "missing": reading.missing,
        }


async def _each(readings: Iterable[Any]) -> list[msgspec.Raw]:
    return [item for items in await asyncio.gather(*readings) for item in items]
