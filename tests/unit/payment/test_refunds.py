"""An order's parts are refunded one by one: each once, whatever happens in whatever order, and never too much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services_stub.contracts.events.order import OrderPart, OrderStatus, OrderUpdated
from services_stub.contracts.events.payment import PaymentRefunded
from services_stub.payment.domain import RefundRequest
from services_stub.payment.store.sandbox import Sandbox
from services_stub.runtime.errors import Refused
from tests.unit.payment.payment_harness import (
    AMOUNT,
    DECLINED,
    GOOD,
    SLOW,
    UNREACHABLE,
    Clock,
    PaymentHarness,
    created,
    payment_harness,
    updated,
)

AMOUNTS = {"s1": Decimal("7.00"), "s2": Decimal("17.99"), "s3": Decimal("0.01")}
S = OrderStatus


def parts_update(**statuses: OrderStatus) -> OrderUpdated:
    """An update of an order with three parts; those that are not named are PAID."""
    parts = [
        OrderPart(seller_id=seller, status=statuses.get(seller, S.PAID), amount=amount, reason=f"why-{seller}")
        for seller, amount in AMOUNTS.items()
    ]
    return msgspec.structs.replace(updated(status=S.PAID), parts=parts)


@pytest.fixture
def shop() -> Iterator[PaymentHarness]:
    with payment_harness() as opened:
        yield opened


def refunds_of(shop: PaymentHarness) -> list[tuple[str, Decimal, str]]:
    events = [event for event in shop.published if isinstance(event, PaymentRefunded)]
    return [(event.seller_id, event.amount, event.reason) for event in events]


def shown(shop: PaymentHarness) -> dict[str, tuple[Decimal, bool]]:
    return {refund.seller_id: (refund.amount, refund.refunded) for refund in shop.payment().refunds}


def test_a_part_is_given_back_and_the_rest_stays_paid(shop: PaymentHarness) -> None:
    shop.hear(created())
    shop.settle()
    shop.hear(parts_update(s1=S.CANCELLED))
    assert shown(shop) == {"s1": (AMOUNTS["s1"], False)}
    shop.settle()
    assert refunds_of(shop) == [("s1", AMOUNTS["s1"], "why-s1")]
    assert (shop.payment().status, shown(shop)) == ("CHARGED", {"s1": (AMOUNTS["s1"], True)})
    shop.hear(parts_update(s1=S.REFUNDED, s2=S.REFUNDING))
    shop.hear(parts_update(s1=S.REFUNDED, s2=S.REFUNDED, s3=S.REFUNDING))
    shop.settle()
    assert refunds_of(shop)[1:] == [(seller, AMOUNTS[seller], f"why-{seller}") for seller in ("s2", "s3")]
    assert shop.payment().status == "REFUNDED"


def test_a_part_that_ends_while_the_charge_is_under_way_is_charged_and_given_back(shop: PaymentHarness) -> None:
    shop.hear(created(card=SLOW))
    shop.step()
    shop.hear(parts_update(s1=S.CANCELLED, s2=S.PENDING, s3=S.PENDING))
    assert (shop.payment().status, shown(shop)) == ("PENDING", {"s1": (AMOUNTS["s1"], False)})
    shop.crash()
    shop.settle()
    assert shop.topics() == ["payment-success", "payment-refunded"]
    assert refunds_of(shop) == [("s1", AMOUNTS["s1"], "why-s1")]
    assert shop.payment().status == "CHARGED"


def test_a_part_that_ends_before_its_order_is_heard_of_is_charged_and_given_back(shop: PaymentHarness) -> None:
    shop.hear(parts_update(s1=S.CANCELLED, s2=S.PENDING, s3=S.PENDING))
    shop.settle()
    assert (shop.payment().status, shop.topics()) == ("PENDING", [])
    shop.hear(created())
    assert shop.payment().payment_method == GOOD
    shop.settle()
    assert (shop.payment().status, shop.topics()) == ("CHARGED", ["payment-success", "payment-refunded"])


def test_an_order_whose_parts_all_end_before_it_is_charged_is_never_charged(shop: PaymentHarness) -> None:
    shop.hear(parts_update(s1=S.CANCELLED, s2=S.PENDING, s3=S.PENDING))
    shop.hear(parts_update(s1=S.CANCELLED, s2=S.CANCELLED, s3=S.CANCELLED))
    shop.hear(created())
    shop.settle()
    assert (shop.payment().status, shown(shop), shop.published) == ("VOIDED", {}, [])


def test_a_declined_order_gives_nothing_back(shop: PaymentHarness) -> None:
    shop.hear(created(card=DECLINED))
    shop.hear(parts_update(s1=S.CANCELLED, s2=S.PENDING, s3=S.PENDING))
    shop.settle()
    assert (shop.payment().status, shown(shop), shop.topics()) == ("FAILED", {}, ["payment-failed"])


def test_parts_that_cost_nothing_are_given_back_without_asking() -> None:
    class Strict(Sandbox):
        def refund(self, request: RefundRequest) -> str | None:
            assert request.amount_cents
            return super().refund(request)

    with payment_harness(Strict(":memory:")) as shop:
        shop.hear(created())
        shop.settle()
        free = OrderPart(seller_id="s1", status=S.CANCELLED, amount=Decimal("0.00"))
        rest = OrderPart(seller_id="s2", status=S.PAID, amount=AMOUNT)
        shop.hear(msgspec.structs.replace(updated(status=S.PAID), parts=[free, rest]))
        shop.settle()
        assert refunds_of(shop) == [("s1", Decimal("0.00"), "cancelled-by-shopper")]


@pytest.mark.parametrize(
    "parts",
    [
        [OrderPart(seller_id="s1", status=S.CANCELLED, amount=AMOUNT + 1)],
        [OrderPart(seller_id="s1", status=S.CANCELLED, amount=AMOUNT / 2)] * 2,
    ],
    ids=["too much", "one seller twice"],
)
def test_parts_that_do_not_add_up_are_rejected(shop: PaymentHarness, parts: Sequence[OrderPart]) -> None:
    shop.hear(created())
    shop.settle()
    with pytest.raises(Refused):
        shop.hear(msgspec.structs.replace(updated(), parts=list(parts)))
    with pytest.raises(Refused):
        shop.hear(msgspec.structs.replace(parts_update(s1=S.CANCELLED), amount=AMOUNT + 1))


class Books(Sandbox):
    """A sandbox whose charges and refunds are counted."""

    def taken(self) -> int:
        query = "SELECT coalesce(sum(amount_cents), 0) FROM charges WHERE state = 'charged'"
        return int(self._connection.execute(query).fetchone()[0])

    def given_back(self) -> dict[str, int]:
        return dict(self._connection.execute("SELECT refund_key, amount_cents FROM refunds").fetchall())


ENDS = ["s1", "s2", "s3"]
ACTIONS = ["created", *ENDS, *ENDS, "again", "step", "step", "write", "lose", "crash", "wait"]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([GOOD, DECLINED, SLOW, UNREACHABLE]), st.lists(st.sampled_from(ACTIONS), max_size=18))
@example(GOOD, ["created", "step", "s1", "crash", "s2", "step", "lose", "s3", "step", "write"])
@example(SLOW, ["s1", "created", "s2", "step", "s3", "wait", "wait", "wait", "step", "crash"])
@example(UNREACHABLE, ["created", "s1", "wait", "step", "s2", "s3"])
def test_the_refunds_are_the_parts_that_ended(card: str, actions: list[str]) -> None:
    clock, ended = Clock(), set[str]()
    books = Books(":memory:", clock)
    with payment_harness(books) as shop:
        shop.clock = clock
        shop.crash()
        for action in actions:
            match action:
                case "created":
                    shop.hear(created(card=card))
                case "again":
                    shop.hear(parts_update(**dict.fromkeys(ended, S.REFUNDED)))
                case "wait":
                    shop.wait(1.0)
                case "s1" | "s2" | "s3":
                    ended.add(action)
                    shop.hear(parts_update(**dict.fromkeys(ended, S.CANCELLED)))
                case _:
                    getattr(shop, action)()
            assert sum(books.given_back().values()) <= books.taken()
        shop.settle()
        cents = {f"o1/{seller}": int(AMOUNTS[seller] * 100) for seller in ended}
        assert books.taken() in (0, 2500)
        assert books.given_back() == (cents if books.taken() else {})
        told = refunds_of(shop)
        assert {f"o1/{seller}": int(amount * 100) for seller, amount, _ in told} == books.given_back()
        assert len(told) == len(books.given_back())
        assert shop.topics().count("payment-success") == (1 if books.taken() else 0)
        assert shop.topics().count("payment-failed") <= 1
        if "created" in actions and card in {GOOD, SLOW}:
            never_charged = not books.taken()
            assert not never_charged or len(ended) == 3
            assert shop.payment().status == (
                "VOIDED" if never_charged else "REFUNDED" if len(ended) == 3 else "CHARGED"
            )
