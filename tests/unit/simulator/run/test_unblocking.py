"""After a load no seller of it is blocked, however it ended."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext

import msgspec
import pytest

from simulator.engine.http import Answer, Request
from simulator.measure.outcomes import Outcome
from simulator.plan.plan import Plan
from simulator.run import unblocking
from simulator.scenario.reading import read_scenario
from simulator.workload import asking
from tests.unit.simulator.run.test_final import people


class FakeMarketplace:
    """Takes blocks back from those who signed in anew."""

    def __init__(self, *, unknown: str = "", closed: bool = False) -> None:
        self.unknown, self.closed = unknown, closed
        self.unblocked: list[str] = []

    async def send(self, request: Request) -> Answer:
        if request.path.endswith("/login"):
            user = msgspec.json.decode(request.body)["email"]
            tokens = {"accessToken": f"new {user}", "expiresIn": 900, "user": {"userId": user}}
            if self.closed:
                return Answer(Outcome.FAILED, 0, b"")
            return Answer(Outcome.OK, 200, msgspec.json.encode(tokens))
        assert request.headers["authorization"] == "Bearer new admin"
        seller = request.path.rpartition("/")[2]
        if seller == self.unknown:
            return Answer(Outcome.REFUSED, 404, b"{}")
        self.unblocked.append(seller)
        return Answer(Outcome.OK, 200, b"{}")


def unblock(shop: FakeMarketplace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(unblocking, "ClientSender", lambda *_arguments, **_more: nullcontext(shop))
    monkeypatch.setattr(asking, "_PAUSES", (0.0,))
    return asyncio.run(unblocking.unblock_sellers("http://shop", people("old")))


def test_every_seller_of_the_run_is_unblocked_by_an_admin_who_signs_in_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = FakeMarketplace()
    assert unblock(shop, monkeypatch) == []
    assert sorted(shop.unblocked) == ["sam", "sue"]


def test_a_seller_who_may_still_be_blocked_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unblock(FakeMarketplace(unknown="sam"), monkeypatch) == ["sam: 404"]
    assert unblock(FakeMarketplace(closed=True), monkeypatch) == ["the admin cannot sign in: no answer"]


@pytest.mark.parametrize(("preset", "blocks"), [("shopping", True), ("checkout-heavy", False)])
def test_a_plan_without_admins_blocks_no_seller(preset: str, blocks: bool) -> None:
    assert unblocking.blocks_sellers(Plan(read_scenario(preset), 7)) is blocks
