"""Every deliberate defect in a sound history is found under its right name, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import OrderStatus, OrderUpdated, ProductStatus
from services_stub.contracts.http.cart import Cart, CartLine
from services_stub.contracts.http.product import Product
from simulator.auditor.audit import Judgement
from simulator.auditor.checks import Check
from simulator.history.final import Final, FinalOrder, ShownProduct
from tests.unit.simulator.defects import (
    blocked_seller_sells,
    charge_without_order,
    charged_wrongly,
    declined_and_paid,
    deleted_product_sold,
    duplicate_behind_unknown,
    duplicate_order,
    effect_first,
    given_up,
    illegal,
    inconsistent,
    leak,
    leak_to_guest,
    leak_to_seller,
    lose,
    never_charged,
    never_told_order,
    no_reservation,
    other_total,
    oversold,
    paid_without_charge,
    part_refund_forgotten,
    phantom,
    poison,
    poison_skipped_by_one,
    refund_forgotten,
    refunded_twice,
    refunded_without_end,
    refused_and_placed,
    reordered_key,
    reordered_product,
    repeated_and_refused,
    reservation_never_expires,
    shipped_before_paid,
    skipped,
    stale_price_sold,
    stock_not_released,
    stock_released_twice,
    told_by_sms_and_mail,
    twice,
    two_partitions,
    units_from_nowhere,
    unknown_cause,
)
from tests.unit.simulator.sound_history import sound_history
from tests.unit.simulator.synthetic_history import SyntheticHistory

S, C = OrderStatus, Check
History = SyntheticHistory


def test_a_sound_history_has_no_violation() -> None:
    judged = sound_history().judge()
    assert judged.violations == ()
    assert (judged.orders, judged.counts) == (9, {})


MUTANTS: dict[str, tuple[Callable[[History], None], set[Check]]] = {
    "outbox of order-created skipped": (
        lose("order-created", "late"),
        {C.LOST_ORDER, C.LOST_EVENT, C.CHARGE_WITHOUT_ORDER},
    ),
    "outbox of payment-success skipped": (lose("payment-success", "late"), {C.PAID_WITHOUT_CHARGE}),
    "outbox of order-updated skipped": (lose("order-updated", "shipped", 1), {C.LOST_EVENT}),
    "outbox of product-updated skipped": (lose("product-updated", "paid"), {C.LOST_EVENT}),
    "outbox of product-created skipped": (lose("product-created", ""), {C.LOST_EVENT}),
    "outbox of user-created skipped": (lose("user-created", ""), {C.LOST_EVENT}),
    "outbox of seller-blocked skipped": (lose("seller-blocked", ""), {C.LOST_EVENT, C.DUPLICATE_NOTIFICATION}),
    "payment-refunded lost": (lose("payment-refunded", "cancelled"), {C.MISSING_REFUND, C.EFFECT_WITHOUT_CAUSE}),
    "payment-failed lost": (lose("payment-failed", "declined"), {C.EFFECT_WITHOUT_CAUSE}),
    "commit before handling in payment": (never_charged, {C.STUCK_ORDER}),
    "commit before handling in order": (never_told_order, {C.STUCK_ORDER}),
    "inbox of payment skipped": (twice("payment-success", "paid"), {C.DOUBLE_CHARGE}),
    "inbox of order skipped": (twice("order-updated", "paid"), {C.PUBLISHED_TWICE}),
    "inbox of notification skipped": (twice("notification-sent", "paid"), {C.DUPLICATE_NOTIFICATION}),
    "inbox of product skipped": (stock_released_twice, {C.STOCK_BALANCE, C.OVERSOLD}),
    "order-created under two ids": (twice("order-created", "paid"), {C.PUBLISHED_TWICE}),
    "payment-failed under two ids": (twice("payment-failed", "declined"), {C.PUBLISHED_TWICE}),
    "product-updated under two ids": (twice("product-updated", "paid"), {C.PUBLISHED_TWICE}),
    "product-deleted under two ids": (twice("product-deleted", ""), {C.PUBLISHED_TWICE}),
    "user-created under two ids": (twice("user-created", ""), {C.PUBLISHED_TWICE}),
    "seller-blocked under two ids": (twice("seller-blocked", ""), {C.PUBLISHED_TWICE, C.LOST_NOTIFICATION}),
    "refunded twice": (refunded_twice, {C.MONEY_BALANCE, C.LOST_NOTIFICATION}),
    "refund of what is sold": (refunded_without_end, {C.MONEY_BALANCE}),
    "refund forgotten": (refund_forgotten, {C.MISSING_REFUND}),
    "refund of a part forgotten": (part_refund_forgotten, {C.MISSING_REFUND}),
    "oversell": (oversold, {C.OVERSOLD}),
    "no reservation": (no_reservation, {C.NOT_RESERVED}),
    "stock not given back": (stock_not_released, {C.LEAKED_RESERVATION}),
    "reservation that never expires": (reservation_never_expires, {C.LEAKED_RESERVATION}),
    "units from nowhere": (units_from_nowhere, {C.STOCK_BALANCE}),
    "paid without a charge": (paid_without_charge, {C.PAID_WITHOUT_CHARGE}),
    "charge of another amount": (charged_wrongly, {C.WRONG_AMOUNT}),
    "charge without an order": (charge_without_order, {C.CHARGE_WITHOUT_ORDER}),
    "declined and charged": (declined_and_paid, {C.PAID_AND_DECLINED}),
    "back from the end": (illegal, {C.ILLEGAL_TRANSITION, C.DUPLICATE_NOTIFICATION}),
    "shipped before it is paid": (shipped_before_paid, {C.ILLEGAL_TRANSITION}),
    "updates reordered per key": (reordered_key, {C.OUT_OF_ORDER}),
    "versions reordered per key": (reordered_product, {C.OUT_OF_ORDER}),
    "one key in two partitions": (two_partitions, {C.TWO_PARTITIONS}),
    "blocked seller sells": (blocked_seller_sells, {C.BLOCKED_SELLER_SOLD, C.STALE_REPLICA}),
    "deleted product sold": (deleted_product_sold, {C.SOLD_AFTER_DELETION, C.STALE_REPLICA}),
    "sold at an old price": (stale_price_sold, {C.WRONG_PRICE, C.WRONG_AMOUNT}),
    "two orders of one key": (duplicate_order, {C.DUPLICATE_ORDER}),
    "two orders of one key, one unanswered": (duplicate_behind_unknown, {C.DUPLICATE_ORDER}),
    "repeated checkout refused": (repeated_and_refused, {C.OTHER_ANSWER}),
    "order that was not asked for": (phantom, {C.PHANTOM_ORDER}),
    "order of a refused request": (refused_and_placed, {C.REFUSED_ORDER}),
    "answer with another total": (other_total, {C.WRONG_AMOUNT}),
    "notification lost": (lose("notification-sent", "paid"), {C.LOST_NOTIFICATION}),
    "welcome lost": (lose("notification-sent", "u1"), {C.LOST_NOTIFICATION}),
    "receipt twice": (twice("notification-sent", "paid", 1), {C.DUPLICATE_NOTIFICATION}),
    "other user's order in a list": (leak, {C.LEAK}),
    "other seller's order in a list": (leak_to_seller, {C.LEAK}),
    "order readable by a guest": (leak_to_guest, {C.LEAK}),
    "effect before its cause": (effect_first, {C.EFFECT_BEFORE_CAUSE}),
    "cause that is nowhere": (unknown_cause, {C.UNKNOWN_CAUSE}),
    "poison that stays": (poison, {C.UNCONTAINED_POISON}),
    "poison that one group skips": (poison_skipped_by_one, {C.UNCONTAINED_POISON}),
    "sound event given up": (given_up, {C.GIVEN_UP}),
    "one offset, two records": (inconsistent, {C.INCONSISTENT_OFFSET}),
    "records not read": (skipped, {C.SKIPPED_RECORDS, C.LOST_EVENT}),
}


@pytest.mark.parametrize(("plant", "names"), MUTANTS.values(), ids=MUTANTS)
def test_a_defect_is_found_under_its_name(plant: Callable[[History], None], names: set[Check]) -> None:
    run = sound_history()
    plant(run)
    assert _names(run.judge()) == names


def _price(final: Final) -> Final:
    shown = [
        replace(copy, price=Decimal("1.23")) if copy.product_id == "p1" else copy for copy in final.replicas["search"]
    ]
    return replace(final, replicas={"search": shown})


def _deleted(final: Final) -> Final:
    return replace(final, replicas={"search": [ShownProduct(product_id="p3")]})


def _first(final: Final, **values: object) -> Final:
    products: list[Product] = [replace(final.products[0], **values), *final.products[1:]]
    return replace(final, products=products)


def _cart(final: Final) -> Final:
    line = CartLine(
        product_id="p1", seller_id="s1", name="Thing p1", quantity=1, unit_price=Decimal("5.00"), available=True,
        line_total=Decimal("5.00"),
    )  # fmt: skip
    return replace(final, carts=[Cart(owner="user:u1", lines=[line], amount=Decimal("5.00"), currency="USD")])


def _order(final: Final) -> Final:
    return replace(final, orders=[FinalOrder("paid", S.PENDING)])


ANSWERS: dict[str, tuple[Callable[[Final], Final], set[Check]]] = {
    "price not replicated": (_price, {C.STALE_REPLICA}),
    "deletion not replicated": (_deleted, {C.STALE_REPLICA}),
    "price not replicated to a cart": (_cart, {C.STALE_REPLICA}),
    "stock that the events do not tell": (lambda final: _first(final, quantity=99), {C.STALE_REPLICA}),
    "units that stay reserved": (lambda final: _first(final, reserved=2), {C.LEAKED_RESERVATION}),
    "less than nothing reserved": (lambda final: _first(final, reserved=-1), {C.STOCK_BALANCE, C.OVERSOLD}),
    "status of an order that no event tells": (_order, {C.OTHER_STATUS}),
}


@pytest.mark.parametrize(("answers", "names"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_differs_is_found(answers: Callable[[Final], Final], names: set[Check]) -> None:
    assert _names(sound_history().judge(answers)) == names


def test_a_blocked_sellers_product_on_sale_is_found() -> None:
    run = sound_history()
    run.block("s1")
    judged = run.judge(lambda final: _first(final, status=ProductStatus.ACTIVE))
    assert _names(judged) == {C.BLOCKED_SELLER_SOLD, C.STALE_REPLICA}


def test_an_sms_goes_with_a_message_and_not_alone() -> None:
    run = sound_history()
    told_by_sms_and_mail(run)
    assert run.judge().violations == ()
    told_by_sms_and_mail(run)
    assert _names(run.judge()) == {C.DUPLICATE_NOTIFICATION}


def test_an_order_belongs_to_the_step_of_its_request_whichever_of_them_placed_it() -> None:
    run = sound_history()
    run.operations[0] = replace(run.operations[0], request_id=run.operations[0].request_id + "++")
    assert run.judge().violations == ()


def test_an_update_without_parts_is_about_all_of_them() -> None:
    run = sound_history()
    for index, record in enumerate(run.records):
        if record.topic == "order-updated" and record.header("ce_correlationid") != b"parted":
            update = msgspec.json.decode(record.value or b"", type=OrderUpdated)
            run.records[index] = replace(record, value=encode_json(replace(update, parts=[])))
    assert run.judge().violations == ()


def _names(judged: Judgement) -> set[str]:
    return set(judged.counts)
