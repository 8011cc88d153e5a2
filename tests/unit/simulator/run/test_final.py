"""The final reading: tokens that are too old are renewed, and what was not answered is named."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any

import msgspec
import pytest

from simulator.engine.http import Answer, Request
from simulator.measure.outcomes import Outcome
from simulator.personas.personas import Role
from simulator.run import final
from simulator.workload import asking
from simulator.workload.people import People, SignedIn


class FakeMarketplace:
    """Answers new tokens alone, and no account that is blocked. The first `busy` requests are too many."""

    def __init__(self, *blocked: str, busy: int = 0, broken: str = "nothing") -> None:
        self.blocked, self.busy, self.broken = blocked, busy, broken
        self.logins: list[str] = []

    async def send(self, request: Request) -> Answer:
        if self.busy:
            self.busy -= 1
            return Answer(Outcome.REFUSED, 429, b"")
        status, body = self._answer(request)
        return Answer(Outcome.OK if status < 400 else Outcome.REFUSED, status, msgspec.json.encode(body))

    def _answer(self, request: Request) -> tuple[int, Any]:
        if request.path.endswith("/login"):
            user = msgspec.json.decode(request.body)["email"]
            self.logins.append(user)
            tokens = {"accessToken": f"new {user}", "expiresIn": 900, "user": {"userId": user}}
            return (403, {}) if user in self.blocked else (200, tokens)
        age, _, user = request.headers["authorization"].removeprefix("Bearer ").partition(" ")
        if age == "old" or user in self.blocked:
            return 401, {}
        if self.broken in request.path:
            return 404, {}
        return 200, {"items": [{"of": user}]}


def people(age: str) -> People:
    def account(name: str) -> SignedIn:
        return SignedIn(email=name, password="secret", user_id=name, token=f"{age} {name}", renew_at=0)

    return People(
        accounts={
            Role.SELLER: {0: account("sam"), 1: account("sue")},
            Role.SHOPPER: {0: account("ann")},
            Role.ADMIN: {0: account("admin")},
        },
        products=[],
    )


def read(shop: FakeMarketplace, monkeypatch: pytest.MonkeyPatch, age: str = "new") -> dict[str, Any]:
    monkeypatch.setattr(final, "ClientSender", lambda *_arguments, **_more: nullcontext(shop))
    monkeypatch.setattr(asking, "_PAUSES", (0.0, 0.0))
    found: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(asyncio.run(final.final_reading("http://shop", people(age))))
    )
    return found


def test_tokens_that_a_long_load_has_outlasted_are_renewed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = FakeMarketplace()
    found = read(shop, monkeypatch, "old")
    assert found == read(FakeMarketplace(), monkeypatch)
    assert found["missing"] == []
    assert found["products"] == [{"of": "sam"}, {"of": "sue"}]
    assert found["orders"] == [{"of": "admin"}]
    assert sorted(shop.logins) == ["admin", "ann", "sam", "sue"]


def test_of_a_seller_who_is_blocked_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(FakeMarketplace("sam"), monkeypatch)
    assert (found["products"], found["missing"]) == ([{"of": "sue"}], [])
    assert found["replicas"]["search"]  # all can be found, by one who is not blocked


def test_what_is_refused_is_missing_and_what_is_too_much_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(FakeMarketplace(busy=2), monkeypatch)["missing"] == []
    found = read(FakeMarketplace(broken="/dashboard"), monkeypatch)
    assert [text.partition(" of ")[2] for text in found["missing"]] == ["sam: 404", "sue: 404"]
