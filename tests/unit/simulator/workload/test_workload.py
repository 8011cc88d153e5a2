"""The actions of a plan as requests: with the right identity and key, and every operation is kept."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest

from simulator.engine.http import Answer, Request
from simulator.engine.session import Start
from simulator.history import Operation
from simulator.measure.outcomes import Outcome
from simulator.personas import Action, actions
from simulator.personas.personas import Role
from simulator.plan import Plan, Session, Step
from simulator.scenario import read_scenario
from simulator.workload.people import People, SignedIn
from simulator.workload.visitor import Market
from simulator.workload.workload import ACTS, Performing

LATER = time.time() + 3600
PLAN = Plan(read_scenario("shopping", {}), 7)


class FakeSender:
    """Answers with bodies by the beginning of the path; all else with an empty object."""

    def __init__(self, **bodies: object) -> None:
        self.bodies, self.requests = bodies, list[Request]()

    async def send(self, request: Request) -> Answer:
        self.requests.append(request)
        service = request.path.strip("/").split("-")[0]
        body = self.bodies.get(service, {})
        if isinstance(body, Answer):
            return body
        if isinstance(body, Outcome):
            return Answer(body, 0, b"")
        return Answer(Outcome.OK, 200, msgspec.json.encode(body))


def account(name: str, renew_at: float = LATER) -> SignedIn:
    return SignedIn(f"{name}@example.org", "secret", name, f"token of {name}", renew_at)


def performed(
    sender: FakeSender, role: Role, *planned: Action, renew_at: float = LATER
) -> tuple[list[Outcome | None], list[Operation]]:
    people = People(
        accounts={
            Role.SHOPPER: {3: account("ann", renew_at)},
            Role.SELLER: {3: account("sid")},
            Role.ADMIN: {3: account("ada")},
        },
        products=[f"p{number}" for number in range(200)],
    )
    kept: list[Operation] = []
    session = Session(
        number=5, start_us=0, persona="buyer", role=role, person=3, steps=tuple(Step(0, action) for action in planned)
    )

    async def main() -> list[Outcome | None]:
        perform = Performing(Market("run", 7, PLAN.catalogue, people, sender), kept.append)
        return [await perform(session, step, Start(100, 200)) for step in session.steps]

    return asyncio.run(main()), kept


def test_every_action_of_a_plan_can_be_carried_out() -> None:
    assert set(ACTS) == set(Action.__subclasses__())


def test_a_purchase_is_asked_for_with_token_key_and_request_ids() -> None:
    sender = FakeSender(order={"orderId": "o1", "amount": 12.5}, cart={"amount": 12.5})
    outcomes, kept = performed(
        sender,
        Role.SHOPPER,
        actions.AddToCart(product=4, quantity=2),
        actions.ReadCart(),
        actions.PlaceOrder(card="pm_card_visa", idempotency_key="7-5-1", at_seen_price=True),
        actions.ReadOrder(),
    )
    assert outcomes == [Outcome.OK] * 4
    add, _, place, read = sender.requests
    assert {request.headers["authorization"] for request in sender.requests} == {"Bearer token of ann"}
    assert [request.headers["x-request-id"] for request in sender.requests] == [f"run-5-{step}" for step in range(4)]
    assert msgspec.json.decode(add.body) == {"productId": "p4", "quantity": 2}
    assert place.headers["idempotency-key"] == "run-7-5-1"
    assert msgspec.json.decode(place.body) == {"paymentMethod": "pm_card_visa", "expectedAmount": 12.5}
    assert read.path == "/order-service/api/orders/o1"
    order = kept[2]
    assert (order.session, order.step, order.operation) == (5, 2, "place-order")
    assert (order.planned_at, order.sent_at, order.user_id, order.role) == (100, 200, "ann", "shopper")
    assert (order.idempotency_key, order.order_id, order.total) == ("run-7-5-1", "o1", "12.5")
    assert order.done_at >= order.sent_at


def test_what_needs_an_outcome_that_there_is_none_of_is_not_asked_for() -> None:
    sender = FakeSender(order=Outcome.REFUSED)
    skipped: Sequence[Action] = [
        actions.PlaceOrder(card="c", idempotency_key="k", at_seen_price=True),
        actions.ReadOrder(),
        actions.CancelOrder(),
    ]
    outcomes, kept = performed(sender, Role.SHOPPER, *skipped)
    assert outcomes == [None] * 3
    assert (sender.requests, kept) == ([], [])
    outcomes, kept = performed(sender, Role.SHOPPER, actions.PlaceOrder(card="c", idempotency_key="k"), *skipped[1:])
    assert outcomes == [Outcome.REFUSED, None, None]
    assert kept[0].order_id == ""


def test_who_could_put_nothing_into_the_cart_orders_nothing() -> None:
    sender = FakeSender(cart=Answer(Outcome.UNKNOWN, 503, b""))
    add = actions.AddToCart(product=4, quantity=2)
    order = actions.PlaceOrder(card="c", idempotency_key="k")
    outcomes, kept = performed(sender, Role.SHOPPER, add, add, order)
    assert outcomes == [Outcome.UNKNOWN, Outcome.UNKNOWN, None]
    assert [operation.operation for operation in kept] == ["add-to-cart"] * 2
    sender.bodies["cart"] = Answer(Outcome.UNKNOWN, 0, b"")  # it may have been put in
    outcomes, _ = performed(sender, Role.SHOPPER, add, order)
    assert outcomes[1] is not None


def test_a_guest_has_a_session_of_its_own_and_no_token() -> None:
    sender = FakeSender()
    performed(sender, Role.GUEST, actions.Search(query="tea pot", cheapest_first=True, max_price=Decimal("9.90")))
    (request,) = sender.requests
    assert request.path == "/search-service/api/search?q=tea+pot&sort=price&maxPrice=9.90"
    assert request.headers["x-request-id"] == "run-5-0"
    assert re.fullmatch(r"[0-9a-f]{32}", request.headers["x-session-id"])


def test_a_token_that_is_nearly_over_is_renewed_before_it_is_used() -> None:
    tokens = {"accessToken": "fresh", "expiresIn": 900, "user": {"userId": "ann"}}
    sender = FakeSender(auth=tokens)
    performed(sender, Role.SHOPPER, actions.ReadMessages(), actions.ReadMessages(), renew_at=time.time())
    assert [request.path.split("/")[1] for request in sender.requests] == [
        "auth-service",
        "notification-service",
        "notification-service",
    ]
    assert sender.requests[2].headers["authorization"] == "Bearer fresh"


def test_the_oldest_order_of_the_page_is_shipped_and_none_where_there_is_none() -> None:
    sender = FakeSender(order={"items": [{"orderId": "new", "amount": 1}, {"orderId": "old", "amount": 2}]})
    _, kept = performed(sender, Role.SELLER, actions.ShipOldestOrder())
    assert [request.path for request in sender.requests] == [
        "/order-service/api/seller/orders?status=PAID&limit=100",
        "/order-service/api/orders/old/ship",
    ]
    assert (kept[0].order_id, kept[0].request_id) == ("old", "run-5-0+")
    empty = FakeSender(order={"items": []})
    assert performed(empty, Role.SELLER, actions.DeliverOldestOrder())[0] == [Outcome.OK]
    assert len(empty.requests) == 1


def test_an_operation_that_is_broken_off_is_kept_as_unknown() -> None:
    class Silent(FakeSender):
        async def send(self, request: Request) -> Answer:
            raise asyncio.CancelledError

    kept: list[Operation] = []
    session = Session(
        number=5, start_us=0, persona="b", role=Role.GUEST, person=1, steps=(Step(0, actions.OpenStorefront()),)
    )

    async def main() -> None:
        people = People(accounts={}, products=[])
        perform = Performing(Market("run", 7, PLAN.catalogue, people, Silent()), kept.append)
        await perform(session, session.steps[0], Start(1, 2))

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert [(operation.outcome, operation.request_id) for operation in kept] == [(Outcome.UNKNOWN, "run-5-0")]


def test_an_answer_that_is_no_order_leaves_unknown_what_came_of_it() -> None:
    outcomes, kept = performed(FakeSender(), Role.SHOPPER, actions.PlaceOrder(card="c", idempotency_key="k"))
    assert outcomes == [Outcome.UNKNOWN]
    assert kept[0].status == 200
