"""The population is made over HTTP, and made again it is the same: no account twice, and products as at the start."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from simulator.engine.http import Answer, Request
from simulator.measure.outcomes import Outcome
from simulator.personas.personas import Role
from simulator.plan import Plan
from simulator.scenario import Loop, Mix, Population, Scenario, read_scenario
from simulator.workload import answers, asking, making
from simulator.workload.making import Maker, NotMade, needed_by
from simulator.workload.people import MARGIN_SECONDS, People

SCENARIO = Scenario(
    load=read_scenario("shopping", {"rate": "20/s", "duration": "1s"}).load,
    population=Population(shoppers=4, sellers=2, products=5, stock=7),
    mix=Mix(checkout=9, admin=1),
)
PLAN = Plan(SCENARIO, 7)
ADMIN = ("admin@example.org", "secret of the admin")


class FakeMarketplace:
    """As much of a marketplace as a population needs. `lost` counts the answers that get lost at first."""

    def __init__(self, lost: int = 0) -> None:
        self.users: dict[str, dict[str, Any]] = {ADMIN[0]: {"userId": "admin", "password": ADMIN[1], "blocked": False}}
        self.products: dict[str, dict[str, Any]] = {}
        self.lost = lost
        self.emptied: list[str] = []
        self._ids = itertools.count()
        self.at_a_time = self.most = 0

    async def send(self, request: Request) -> Answer:
        self.at_a_time += 1
        self.most = max(self.most, self.at_a_time)
        await asyncio.sleep(0)
        self.at_a_time -= 1
        status, body = self.answer(request)
        if self.lost:
            self.lost -= 1
            return Answer(Outcome.UNKNOWN, 0, b"lost")
        outcome = Outcome.OK if status < 400 else Outcome.REFUSED
        return Answer(outcome, status, msgspec.json.encode(body))

    def answer(self, request: Request) -> tuple[int, Any]:
        path = urlsplit(request.path).path
        body = msgspec.json.decode(request.body) if request.body else {}
        user_id = request.headers.get("authorization", "").removeprefix("Bearer ")
        if path.endswith("/register"):
            if body["email"] in self.users:
                return 409, {}
            self.users[body["email"]] = {**body, "userId": f"u{next(self._ids)}", "blocked": False}
            return 201, {}
        if path.endswith("/login"):
            user = self.users[body["email"]]
            if user["password"] != body["password"]:
                return 401, {}
            tokens = {"accessToken": user["userId"], "expiresIn": 900, "user": {"userId": user["userId"]}}
            return (403, {}) if user["blocked"] else (200, tokens)
        if path.endswith("/admin/users"):
            return 200, {"items": [{"userId": user["userId"], "email": email} for email, user in self.users.items()]}
        if "/unblock-seller/" in path:
            assert user_id == "admin"
            next(user for user in self.users.values() if user["userId"] == path.rsplit("/")[-1])["blocked"] = False
            return 200, {}
        if request.method == "DELETE":
            self.emptied.append(user_id)
            return 200, {}
        if path.endswith("/seller/products"):
            own = [product for product in self.products.values() if product["sellerId"] == user_id]
            place = 1 if "cursor=" in request.path else 0  # pages of one product and of all others
            return 200, {
                "items": own[1:] if place else own[:1],
                "nextCursor": None if place or len(own) < 2 else "more",
            }
        product = self.products.get(path.rsplit("/")[-1]) or {"productId": f"p{next(self._ids)}", "sellerId": user_id}
        product.update({**body, "version": 1})
        self.products[product["productId"]] = product
        return 200, product


def made(shop: FakeMarketplace, admin: tuple[str, str] | None = ADMIN) -> tuple[People, list[answers.Product]]:
    return asyncio.run(Maker(PLAN, shop, admin).make(needed_by(PLAN)))


def test_everyone_who_comes_and_every_product_is_made() -> None:
    shop = FakeMarketplace()
    people, products = made(shop)
    assert sorted(people.accounts[Role.SHOPPER]) == [0, 1, 2, 3]
    assert people.accounts[Role.ADMIN][0].user_id == "admin"
    assert len({account.user_id for accounts in people.accounts.values() for account in accounts.values()}) == 7
    for planned, product in zip(PLAN.catalogue.products, products, strict=True):
        assert (product.price, product.quantity) == (planned.price, 7)
        assert product.seller_id == people.accounts[Role.SELLER][planned.seller].user_id
        assert people.products[planned.number] == product.product_id
    assert shop.most <= making.AT_A_TIME
    assert shop.emptied == []


def test_those_who_signed_in_together_do_not_do_so_again_together() -> None:
    begun = time.time()
    people, _ = made(FakeMarketplace())
    renewals = [
        account.renew_at - begun for role in (Role.SHOPPER, Role.SELLER) for account in people.accounts[role].values()
    ]
    lifetime = 900 - MARGIN_SECONDS
    assert lifetime / 2 <= min(renewals) < max(renewals) < 900
    assert len({round(renewal) for renewal in renewals}) == len(renewals)


def test_made_again_it_is_the_same_whatever_happened_meanwhile() -> None:
    shop = FakeMarketplace()
    before = made(shop)
    first = before[1][0].product_id
    shop.products[first] |= {"price": 1.0, "quantity": 0}
    next(user for user in shop.users.values() if user.get("role") == "seller")["blocked"] = True
    people, products = made(shop)
    assert products == before[1]
    assert people.products == before[0].products
    assert len(shop.users) == 7
    assert sorted(shop.emptied) == sorted(account.user_id for account in people.accounts[Role.SHOPPER].values())


def test_an_answer_that_gets_lost_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_PAUSES", (0.0, 0.0))
    shop = FakeMarketplace(lost=2)
    assert len(made(shop)[1]) == 5
    with pytest.raises(NotMade, match="POST /auth-service/api/auth/login: no answer: lost"):
        made(FakeMarketplace(lost=3))


def test_an_admin_who_is_not_known_or_not_let_in_is_named() -> None:
    assert needed_by(PLAN).admin
    with pytest.raises(NotMade, match="sessions of an admin"):
        made(FakeMarketplace(), None)
    with pytest.raises(NotMade, match=r"admin@example\.org cannot sign in"):
        made(FakeMarketplace(), (ADMIN[0], "wrong"))


@pytest.mark.slow
def test_only_those_who_come_are_needed_and_all_virtual_users_of_a_closed_loop() -> None:
    few = Plan(msgspec.structs.replace(SCENARIO, population=Population(shoppers=1000, sellers=2, products=5)), 7)
    needed = needed_by(few)
    assert needed.shoppers == {session.person for session in few.sessions() if session.role is Role.SHOPPER}
    assert 0 < len(needed.shoppers) < 40
    load = msgspec.structs.replace(SCENARIO.load, loop=Loop.CLOSED, users=3)
    closed = needed_by(Plan(msgspec.structs.replace(SCENARIO, load=load), 7))
    assert closed.shoppers == {0, 1, 2}
    assert closed.admin
    long = read_scenario("shopping", {"rate": "1000/s", "duration": "1h"})
    assert len(needed_by(Plan(long, 7)).shoppers) == long.population.shoppers
