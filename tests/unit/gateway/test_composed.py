"""Answers that the gateway composes of several services: in parallel, with deadlines, and saying what is missing."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from services_stub.contracts.events import OrderStatus
from services_stub.contracts.http.cart import Cart, CartLine
from services_stub.contracts.http.gateway import CartSummary, MissingPart, OrderOverview, OrderTimeline, Storefront
from services_stub.contracts.http.notification import Inbox, Notification
from services_stub.contracts.http.order import Order, OrderChange
from services_stub.contracts.http.payment import Payment, PaymentStatus, Refund
from services_stub.contracts.http.product import CategoryCount
from services_stub.contracts.http.search import Facets, SearchPage
from services_stub.contracts.money import ZERO
from services_stub.contracts.problem import Problem, problem
from services_stub.gateway.gathering import Gathering
from services_stub.runtime.errors import Refused
from services_stub.runtime.peers import Peers
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.contracts.samples import ORDER, PAYMENT, USER
from tests.unit.gateway.callers import scripted, token
from tests.unit.gateway.test_api import gateway

NEWEST = "GET notification /api/notifications?limit=100"


def _order(*history: OrderChange) -> Order:
    return Order(
        order_id=ORDER,
        user_id=USER,
        status=OrderStatus.PAID,
        reason="",
        items=[],
        amount=ZERO,
        currency="USD",
        payment_method="pm_card_visa",
        created_at="",
        updated_at="",
        history=list(history),
    )


def _payment(status: PaymentStatus = PaymentStatus.CHARGED) -> Payment:
    return Payment(
        payment_id=PAYMENT,
        order_id=ORDER,
        user_id=USER,
        status=status,
        reason="",
        amount=Decimal("2.50"),
        currency="USD",
        payment_method="pm_card_visa",
        created_at="2026-01-01T00:00:01.000000Z",
        updated_at="2026-01-01T00:00:04.000000Z",
    )


def _notification(name: str, about: str) -> Notification:
    return Notification(
        notification_id=name,
        channel="email",
        template="t",
        about=about,
        subject="s",
        text="t",
        read=False,
        created_at="2026-01-01T00:00:03.000000Z",
    )


def _refuse(refusal: Problem) -> Any:
    def answer(_body: Any) -> Any:
        raise Refused.by(refusal)

    return answer


def test_an_overview_puts_three_services_together() -> None:
    async def scenario() -> None:
        async with gateway() as (http, context):
            inbox = [_notification("1", ORDER), _notification("2", "another"), _notification("3", PAYMENT)]
            scripted(context).answers |= {
                f"GET order /api/orders/{ORDER}": lambda _: _order(),
                f"GET payment /api/payments/{ORDER}": lambda _: _payment(),
                NEWEST: lambda _: Inbox(items=inbox, unread=3),
            }
            response = await http.get(f"/api/orders/{ORDER}/overview", headers={"authorization": token(USER)})
            overview = msgspec.json.decode(response.content, type=OrderOverview)
            assert (overview.order, overview.payment) == (_order(), _payment())
            assert [told.notification_id for told in overview.notifications or []] == ["1", "3"]

    asyncio.run(scenario())


def test_an_overview_says_which_parts_are_missing() -> None:
    async def scenario() -> None:
        async with gateway() as (http, context):
            scripted(context).answers |= {
                f"GET order /api/orders/{ORDER}": lambda _: _order(),
                f"GET payment /api/payments/{ORDER}": _refuse(problem(403, "not-allowed", "")),
            }
            response = await http.get(f"/api/orders/{ORDER}/overview", headers={"authorization": token(USER)})
            assert response.status_code == 200
            overview = msgspec.json.decode(response.content, type=OrderOverview)
            assert (overview.payment, overview.notifications) == (None, None)
            assert overview.missing == [
                MissingPart(part="notifications", reason="unavailable"),
                MissingPart(part="payment", reason="not-allowed"),
            ]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("order_id", "status"), [(ORDER, 404), ("..", 404), ("a.b", 404), ("x" * 65, 400), ("a%2fb", 404), ("other", 503)]
)
def test_there_is_no_overview_without_the_order(order_id: str, status: int) -> None:
    async def scenario() -> None:
        async with gateway() as (http, context):
            refusal = _refuse(problem(404, "not-found", "there is no such order"))
            scripted(context).answers[f"GET order /api/orders/{ORDER}"] = refusal
            response = await http.get(f"/api/orders/{order_id}/overview", headers={"authorization": token(USER)})
            assert response.status_code == status
            assert response.headers["content-type"] == "application/problem+json"

    asyncio.run(scenario())


SEARCH = "GET search /api/search?q=red+mug&limit=20"
CATEGORIES = "GET product /api/categories"
CART = "GET cart /api/cart/public"
UNREAD = "GET notification /api/notifications?limit=1"
FOUND = SearchPage(items=[], facets=Facets(categories=[], prices=[], sellers=[], stock=[]))


def _shop() -> dict[str, Any]:
    line = CartLine(
        product_id="p",
        seller_id="s",
        name="n",
        quantity=3,
        unit_price=Decimal("2.50"),
        available=True,
        line_total=Decimal("7.50"),
    )
    cart = Cart(owner=USER, lines=[line], amount=Decimal("7.50"), currency="USD")
    return {
        SEARCH: lambda _: FOUND,
        CATEGORIES: lambda _: [CategoryCount(category="Mugs", products=1)],
        CART: lambda _: cart,
        UNREAD: lambda _: Inbox(items=[], unread=4),
    }


def _storefront(answers: dict[str, Any], **headers: str) -> tuple[int, Storefront | Problem]:
    async def scenario() -> tuple[int, Storefront | Problem]:
        async with gateway() as (http, context):
            scripted(context).answers |= answers
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            response = await http.get("/api/storefront", params={"q": "red mug"}, headers=named)
            if response.status_code != 200:
                return response.status_code, Problem.parse(response.content, status=response.status_code)
            return 200, msgspec.json.decode(response.content, type=Storefront)

    return asyncio.run(scenario())


def test_a_storefront_puts_four_services_together() -> None:
    summary = CartSummary(lines=1, units=3, amount=Decimal("7.50"), currency="USD")
    mugs = [CategoryCount(category="Mugs", products=1)]
    whole = Storefront(search=FOUND, categories=mugs, cart=summary, unread=4, missing=[])
    assert _storefront(_shop(), authorization=token(USER)) == (200, whole)
    of_guest = msgspec.structs.replace(whole, unread=None)
    assert _storefront(_shop(), x_session_id="guest") == (200, of_guest)
    assert _storefront(_shop()) == (200, msgspec.structs.replace(of_guest, cart=None))


@pytest.mark.parametrize(
    ("away", "part"), [(SEARCH, "search"), (CATEGORIES, "categories"), (CART, "cart"), (UNREAD, "unread")]
)
def test_a_storefront_says_which_part_is_missing(away: str, part: str) -> None:
    answers = {place: answer for place, answer in _shop().items() if place != away}
    status, found = _storefront(answers, authorization=token(USER))
    assert isinstance(found, Storefront)
    assert (status, found.missing) == (200, [MissingPart(part=part, reason="unavailable")])
    assert getattr(found, part) is None


def test_a_storefront_without_any_part_is_unavailable() -> None:
    assert _storefront({})[0] == 503


def test_input_that_a_part_cannot_read_is_the_callers_to_correct() -> None:
    answers = _shop() | {CART: _refuse(problem(400, "invalid-input", "a session is 1 to 64 letters"))}
    status, refused = _storefront(answers, x_session_id="!")
    assert isinstance(refused, Problem)
    assert (status, refused.code) == (400, "invalid-input")


def test_a_forged_token_is_refused_and_not_taken_for_a_guest() -> None:
    assert _storefront(_shop(), authorization=token(USER, signature="forged"))[0] == 401


class SlowPeers(Peers):
    """Other services that never answer."""

    def __init__(self) -> None:
        """Needs no connections."""

    async def call(self, *_: Any, **__: Any) -> Any:
        """Wait for ever."""
        await asyncio.Event().wait()


def test_a_part_has_a_deadline() -> None:
    async def scenario() -> None:
        gathering = Gathering(SlowPeers(), cause=NO_CAUSE, headers={}, seconds=0.01)
        assert await gathering.part("order", "/", Order) is None
        assert gathering.missing == [MissingPart(part="order", reason="too-slow")]

    asyncio.run(scenario())


def _timeline(answers: dict[str, Any]) -> tuple[int, OrderTimeline | Problem]:
    async def scenario() -> tuple[int, OrderTimeline | Problem]:
        async with gateway() as (http, context):
            scripted(context).answers |= answers
            response = await http.get(f"/api/orders/{ORDER}/timeline", headers={"authorization": token(USER)})
            if response.status_code != 200:
                return response.status_code, Problem.parse(response.content, status=response.status_code)
            return 200, msgspec.json.decode(response.content, type=OrderTimeline)

    return asyncio.run(scenario())


def _order_changes() -> Order:
    return _order(
        OrderChange(status=OrderStatus.PENDING, reason="", at="2026-01-01T00:00:00.000000Z"),
        OrderChange(status=OrderStatus.PAID, reason="paid", at="2026-01-01T00:00:02.000000Z"),
    )


def test_a_timeline_is_one_list_by_time() -> None:
    inbox = Inbox(items=[_notification("1", ORDER), _notification("2", "another")], unread=0)
    status, found = _timeline(
        {
            f"GET order /api/orders/{ORDER}": lambda _: _order_changes(),
            f"GET payment /api/payments/{ORDER}": lambda _: _payment(PaymentStatus.REFUNDED),
            NEWEST: lambda _: inbox,
        }
    )
    assert isinstance(found, OrderTimeline)
    assert (status, found.missing) == (200, [])
    assert [(entry.kind, entry.what, entry.amount) for entry in found.entries] == [
        ("order", "PENDING", None),
        ("payment", "PENDING", Decimal("2.50")),
        ("order", "PAID", None),
        ("notification", "t", None),
        ("refund", "REFUNDED", Decimal("2.50")),
    ]


def test_a_timeline_tells_each_refund_and_each_part() -> None:
    refund = Refund(
        seller_id="s1", amount=Decimal("1.50"), reason="broken", refunded=True, updated_at="2026-01-01T00:00:05.000000Z"
    )
    shipped = OrderChange(status=OrderStatus.SHIPPED, reason="", at="2026-01-01T00:00:02.000000Z", seller_id="s1")
    answers = {f"GET order /api/orders/{ORDER}": lambda _: _order(shipped)}
    payment = msgspec.structs.replace(_payment(), refunds=[refund])
    _, found = _timeline(answers | {f"GET payment /api/payments/{ORDER}": lambda _: payment})
    assert isinstance(found, OrderTimeline)
    assert [(entry.kind, entry.what, entry.seller_id, entry.amount) for entry in found.entries] == [
        ("payment", "PENDING", "", Decimal("2.50")),
        ("order", "SHIPPED", "s1", None),
        ("refund", "REFUNDED", "s1", Decimal("1.50")),
    ]


def test_a_timeline_without_the_order_has_the_rest() -> None:
    status, found = _timeline({f"GET payment /api/payments/{ORDER}": lambda _: _payment()})
    assert isinstance(found, OrderTimeline)
    assert (status, found.order, len(found.entries)) == (200, None, 2)
    assert [part.part for part in found.missing] == ["notifications", "order"]


@pytest.mark.parametrize("inbox", [{}, {NEWEST: lambda _: Inbox(items=[_notification("1", "another")], unread=0)}])
def test_a_timeline_of_which_nothing_is_known_is_unavailable(inbox: dict[str, Any]) -> None:
    assert _timeline(inbox)[0] == 503


def test_the_order_of_another_account_has_no_timeline() -> None:
    refused = {f"GET order /api/orders/{ORDER}": _refuse(problem(404, "order-not-found", "no such order"))}
    assert _timeline(refused | {f"GET payment /api/payments/{ORDER}": lambda _: _payment()})[0] == 404
