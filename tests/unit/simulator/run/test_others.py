"""Orders are asked for by those who have no part in them, and by no one else."""

from __future__ import annotations

import asyncio

import msgspec

from simulator.engine.http import Request
from simulator.personas.personas import Role
from simulator.run.others import asked_by_others
from simulator.workload.people import People, SignedIn


class Asked:
    """Answers every account with 404, and a guest with 401."""

    def __init__(self) -> None:
        self.paths: set[str] = set()

    async def status(self, request: Request, account: SignedIn | None) -> int:
        self.paths.add(request.path)
        return 401 if account is None else 404


def people(shoppers: str, sellers: str) -> People:
    accounts = {
        role: {number: SignedIn("", "", name, "", 0) for number, name in enumerate(names.split())}
        for role, names in ((Role.SHOPPER, shoppers), (Role.SELLER, sellers), (Role.ADMIN, ""))
    }
    return People(accounts=accounts, products=[])


def asked(orders: list[object], who: People) -> list[tuple[str, str, str, int]]:
    reading = Asked()
    found = asyncio.run(asked_by_others(reading, [msgspec.Raw(msgspec.json.encode(order)) for order in orders], who))
    assert reading.paths <= {f"/order-service/api/orders/{each.order_id}" for each in found}
    return [(each.order_id, each.role, each.user_id, each.status) for each in found]


def order(order_id: str, user_id: str, *sellers: str) -> object:
    return {"orderId": order_id, "userId": user_id, "items": [{"sellerId": seller} for seller in sellers]}


def test_another_shopper_another_seller_and_a_guest_ask() -> None:
    assert asked([order("o1", "ann", "sam")], people("ann bob", "sam sue")) == [
        ("o1", "shopper", "bob", 404),
        ("o1", "seller", "sue", 404),
        ("o1", "guest", "", 401),
    ]


def test_where_there_is_no_other_a_guest_asks_alone_and_what_is_no_order_is_passed_over() -> None:
    who = people("ann", "sam sue")
    assert asked([order("o1", "ann", "sam", "sue"), {"of": "ann"}], who) == [("o1", "guest", "", 401)]


def test_a_few_orders_are_enough() -> None:
    found = asked([order(f"o{number}", "ann", "sam") for number in range(50)], people("ann bob", "sam"))
    assert len(found) == 20
