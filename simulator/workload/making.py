"""Makes the population of a plan at a marketplace, over HTTP, with a bounded number of requests at a time.

It can be repeated: who is there already signs in, with an empty cart and without a block, and products that are there
get the price and the stock of the plan back. So a run of the same seed always begins with the same population.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable
from itertools import islice
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import structs

from services_stub.contracts.http.product import ChangeProduct, CreateProduct
from simulator.engine.http import Answer, HttpSender, Request
from simulator.measure.outcomes import Outcome
from simulator.personas.personas import PERSONAS, Role
from simulator.plan import Plan
from simulator.population import Account, Product, account_of, name_of, texts_of
from simulator.random_stream import RandomStream
from simulator.scenario import Loop
from simulator.workload import answers, api
from simulator.workload.asking import asked
from simulator.workload.people import People, SignedIn
from simulator.workload.visitor import signed_in

Made = TypeVar("Made")

AT_A_TIME = 32
"""So many accounts, or sellers with their products, are made at the same time."""

_LONG = 10_000
"""Sessions. To make more of them only to learn who comes would take longer than to make everyone."""


class NotMade(Exception):
    """The population cannot be made; the message says why."""


class Needed(msgspec.Struct, frozen=True):
    """The people of a plan: not all of its population come."""

    shoppers: frozenset[int]
    sellers: range
    admin: bool


def needed_by(plan: Plan) -> Needed:
    """The people who come, and all sellers: shoppers want the products of each.

    Of a long plan and of a closed loop, whose sessions are not known before, those who may come.
    """
    population, load = plan.scenario.population, plan.scenario.load
    sessions = [] if load.loop is Loop.CLOSED else list(islice(plan.sessions(), _LONG + 1))
    if 0 < len(sessions) <= _LONG:
        roles = {session.role for session in sessions}
        shoppers = {session.person for session in sessions if session.role is Role.SHOPPER}
    else:
        roles = {PERSONAS[name].role for name, weight in plan.scenario.weights.items() if weight}
        most = load.users if load.loop is Loop.CLOSED else population.shoppers
        shoppers = set(range(min(most, population.shoppers) if Role.SHOPPER in roles else 0))
    return Needed(frozenset(shoppers), range(population.sellers), Role.ADMIN in roles)


class Maker:
    """Makes one population. `admin` is an address and a password; None where there is none."""

    def __init__(self, plan: Plan, sender: HttpSender, admin: tuple[str, str] | None) -> None:
        self._plan, self._sender, self._admin_account = plan, sender, admin
        self._places = asyncio.Semaphore(AT_A_TIME)
        self._admin: SignedIn | None = None

    async def make(self, needed: Needed) -> tuple[People, list[answers.Product]]:
        """Make everyone and everything; the products are as they are then, by their numbers.

        Raises:
            NotMade: the marketplace refuses something, or does not answer.
        """
        if self._admin_account is not None:
            self._admin = await self._signed_in(*self._admin_account)
        elif needed.admin:
            raise NotMade("the plan has sessions of an admin, and no account of one is known")
        sellers = await self._all(self._account("seller", number) for number in needed.sellers)
        shoppers = await self._all(self._account("user", number) for number in sorted(needed.shoppers))
        shelves = await self._all(self._products_of(number, account) for number, account in enumerate(sellers))
        products = {number: product for shelf in shelves for number, product in shelf.items()}
        people = People(
            accounts={
                Role.SHOPPER: dict(zip(sorted(needed.shoppers), shoppers, strict=True)),
                Role.SELLER: dict(zip(needed.sellers, sellers, strict=True)),
                Role.ADMIN: {} if self._admin is None else {0: self._admin},
            },
            products=[products[number].product_id for number in range(len(products))],
        )
        return people, [products[number] for number in range(len(products))]

    async def _all(self, making: Iterable[Coroutine[Any, Any, Made]]) -> list[Made]:
        async def one(made: Coroutine[Any, Any, Made]) -> Made:
            async with self._places:
                return await made

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(made)) for made in making]
        except ExceptionGroup as problems:
            raise problems.exceptions[0] from problems
        return [task.result() for task in tasks]

    async def _account(self, role: Literal["user", "seller"], number: int) -> SignedIn:
        account = account_of(self._plan.seed, role, number)
        kind = "shopper" if role == "user" else role
        answer = await self._asked(api.register(account, name_of(self._plan.seed, kind, number)), {409})
        existed = answer.status == 409
        found = await self._of(account)
        if existed and role == "user":
            await self._asked(api.signed(api.clear_cart(), found.token))
        return self._renewed_at_a_time_of_its_own(found, role, number)

    def _renewed_at_a_time_of_its_own(self, account: SignedIn, role: str, number: int) -> SignedIn:
        """Renewed earlier than it must be: all sign in within seconds, and would do so again when their tokens end."""
        share = RandomStream(self._plan.seed, "renewal", role, number).between(5_000, 10_000) / 10_000
        now = time.time()
        return structs.replace(account, renew_at=now + (account.renew_at - now) * share)

    async def _of(self, account: Account) -> SignedIn:
        """The account, whose block was taken back if it had one."""
        answer = await self._asked(api.login(account.email, account.password), {401, 403})
        if answer.status == 403 and self._admin is not None:
            users = answers.read(
                (await self._asked(api.signed(api.find_users(account.email), self._admin.token))).body, answers.Users
            )
            for user in users.items if users else ():
                if user.email == account.email:
                    await self._asked(api.signed(api.unblock(user.user_id, "load test"), self._admin.token))
            return await self._signed_in(account.email, account.password)
        return _checked(account.email, signed_in(account.email, account.password, answer), answer)

    async def _signed_in(self, email: str, password: str) -> SignedIn:
        answer = await self._asked(api.login(email, password), {401, 403})
        return _checked(email, signed_in(email, password, answer), answer)

    async def _products_of(self, seller: int, account: SignedIn) -> dict[int, answers.Product]:
        """The products of a seller, by number."""
        existing = {product.name: product async for product in self._existing(account)}
        made: dict[int, answers.Product] = {}
        for product in self._plan.catalogue.products:
            if product.seller == seller:
                made[product.number] = await self._product(account, product, existing)
        return made

    async def _existing(self, account: SignedIn) -> AsyncIterator[answers.Product]:
        cursor: str | None = ""
        while cursor is not None:
            answer = await self._asked(api.signed(api.at_cursor(api.own_products(), cursor), account.token))
            page = answers.read(answer.body, answers.Products)
            if page is None:
                raise NotMade(f"the list of a seller's products cannot be read: {answer.body[:200]!r}")
            for product in page.items:
                yield product
            cursor = page.next_cursor

    async def _product(
        self, account: SignedIn, product: Product, existing: dict[str, answers.Product]
    ) -> answers.Product:
        texts = texts_of(self._plan.seed, product)
        found = existing.get(texts.name)
        if found is not None and (found.price, found.quantity) == (product.price, product.stock):
            return found
        if found is not None:
            request = api.change_product(found.product_id, ChangeProduct(price=product.price, quantity=product.stock))
        else:
            request = api.create_product(
                CreateProduct(
                    name=texts.name,
                    category=product.category,
                    price=product.price,
                    quantity=product.stock,
                    description=texts.description,
                )
            )
        answer = await self._asked(api.signed(request, account.token))
        made = answers.read(answer.body, answers.Product)
        if made is None:
            raise NotMade(f"the answer about a product cannot be read: {answer.body[:200]!r}")
        return made

    async def _asked(self, request: Request, refusals: Collection[int] = ()) -> Answer:
        """An answer that is no refusal but one of these."""
        answer = await asked(self._sender, request)
        if answer.outcome is Outcome.OK or answer.status in refusals:
            return answer
        said = answer.body[:300].decode(errors="replace")
        raise NotMade(f"{request.method} {request.path}: {answer.status or 'no answer'}: {said}")


def _checked(email: str, found: SignedIn | None, answer: Answer) -> SignedIn:
    if found is None:
        raise NotMade(f"{email} cannot sign in: {answer.body[:300].decode(errors='replace')}")
    return found
