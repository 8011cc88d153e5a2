"""Deliberate defects of a sound history: what a broken service would leave in the log, in operations and answers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events import OrderStatus, PaymentRefunded
from simulator.measure.outcomes import Outcome
from simulator.trace.records import TracedRecord
from tests.unit.simulator.synthetic_history import SyntheticHistory

S = OrderStatus
History = SyntheticHistory


def lose(topic: str, flow: str, place: int = 0) -> Callable[[History], None]:
    """The outbox is skipped: an event was never published."""
    return lambda run: run.lose(run.find(topic, flow, place))


def twice(topic: str, flow: str, place: int = 0) -> Callable[[History], None]:
    """One event is published under two ids."""
    return lambda run: run.publish_again(run.find(topic, flow, place))


def changed(run: History, record: TracedRecord, **values: object) -> None:
    """The value of a record says something else."""
    value = msgspec.json.decode(record.value or b"") | values
    run.records[run.records.index(record)] = replace(record, value=msgspec.json.encode(value))


def oversold(run: History) -> None:
    """The reservation takes more units than there are."""
    run.place("greedy", "u1", {"p2": 1000})
    run.decline("greedy")


def no_reservation(run: History) -> None:
    run.place("unreserved", "u1", {"p1": 1}, reserve=False)
    run.step("unreserved", S.PAID, "paid", run.charge("unreserved"))


def refund_forgotten(run: History) -> None:
    run.place("kept", "u1", {"p1": 1})
    run.pay("kept")
    run.cancel("kept")


def part_refund_forgotten(run: History) -> None:
    run.place("kept", "u1", {"p1": 1, "p2": 1})
    run.pay("kept")
    run.cancel("kept", "cancelled-by-seller", "", "s1")


def refunded_twice(run: History) -> None:
    run.publish_again(run.find("payment-refunded", "cancelled"))


def refunded_without_end(run: History) -> None:
    """The money of a part that is sold goes back."""
    order = run.orders["paid"]
    event = PaymentRefunded(
        order_id="paid", payment_id="p", amount=order.amount, reason="?", user_id="u1", seller_id="s1"
    )
    run.tell("u1", "refund", "paid", cause=run.put(event, "paid", run.last_event["paid"]))


def stock_released_twice(run: History) -> None:
    run.move("declined", "p1", -1)


def stock_not_released(run: History) -> None:
    run.place("hoarded", "u1", {"p1": 1})
    run.give_back = lambda *_args, **_options: None  # type: ignore[method-assign]
    run.decline("hoarded")


def reservation_never_expires(run: History) -> None:
    run.now -= 200_000_000
    run.move("lost checkout", "p2", 3, "run-lost")
    run.now += 200_000_000
    run.user("later")


def units_from_nowhere(run: History) -> None:
    run.change("p1", quantity=run.products["p1"].quantity + 5)


def paid_without_charge(run: History) -> None:
    run.place("free", "u1", {"p1": 1})
    run.step("free", S.PAID, "paid", run.last_event["free"])
    run.reserved["p1"] -= 1


def never_charged(run: History) -> None:
    """Payment committed its offset before it handled the order."""
    run.place("stuck", "u1", {"p1": 1})


def never_told_order(run: History) -> None:
    """The order service lost the payment-success that it had committed."""
    run.place("stuck", "u1", {"p1": 1})
    run.charge("stuck")


def charged_wrongly(run: History) -> None:
    changed(run, run.find("payment-success", "paid"), amount=4)


def declined_and_paid(run: History) -> None:
    run.place("both", "u1", {"p1": 1})
    run.decline("both")
    run.charge("both")


def illegal(run: History) -> None:
    run.step("shipped", S.PAID, "paid", run.last_event["shipped"])


def shipped_before_paid(run: History) -> None:
    run.place("hasty", "u1", {"p1": 1})
    run.step("hasty", S.SHIPPED, "shipped", "run-ship")
    run.charge("hasty")
    run.reserved["p1"] -= 1


def reordered_key(run: History) -> None:
    """Two updates of one order lie in the wrong order."""
    swap(run, run.find("order-updated", "shipped", 1), run.find("order-updated", "shipped", 2))


def reordered_product(run: History) -> None:
    swap(run, run.find("product-updated", "paid"), run.find("product-updated", "shipped"))


def swap(run: History, one: TracedRecord, other: TracedRecord) -> None:
    at, place = run.records.index(one), run.records.index(other)
    run.records[at], run.records[place] = other, one
    run.number()


def two_partitions(run: History) -> None:
    record = run.find("order-updated", "shipped", 2)
    run.records[run.records.index(record)] = replace(record, partition=(record.partition + 1) % 3)
    run.number()


def blocked_seller_sells(run: History) -> None:
    run.block("s1")
    run.place("forbidden", "u1", {"p2": 1, "p1": 1})
    changed(run, run.find("product-updated", "forbidden", 1), status="ACTIVE")
    run.pay("forbidden")


def deleted_product_sold(run: History) -> None:
    product = run.products["p3"]
    run.deleted.discard("p3")
    run.products["p3"] = product
    run.place("gone", "u1", {"p3": 1})
    run.pay("gone")


def stale_price_sold(run: History) -> None:
    run.place("bargain", "u1", {"p1": 1})
    value = msgspec.json.decode(run.find("order-created", "bargain").value or b"")
    value["items"][0]["unitPrice"] = value["amount"] = 5
    changed(run, run.find("order-created", "bargain"), items=value["items"], amount=5)
    run.orders["bargain"] = replace(run.orders["bargain"], amount=Decimal("5.00"))
    run.operations[-1] = replace(run.operations[-1], total="5.00")
    run.decline("bargain")


def duplicate_order(run: History) -> None:
    run.place("second", "u1", {"p1": 1})
    run.pay("second")
    run.operations[-1] = replace(run.operations[-1], idempotency_key="key-paid")


def repeated_and_refused(run: History) -> None:
    """A checkout that was repeated under its key is taken for another one, for which the cart is empty."""
    run.operate("place-order", "u1", "", request="again", key="key-paid", outcome=Outcome.REFUSED, status=409)


def duplicate_behind_unknown(run: History) -> None:
    """A checkout without an answer made an order, and its repetition under the same key another one."""
    for order_id in ("first", "second"):
        run.place(order_id, "u1", {"p1": 1})
        run.pay(order_id)
        run.operations[-1] = replace(run.operations[-1], idempotency_key="same")
    run.operations[-2] = replace(run.operations[-2], outcome=Outcome.UNKNOWN, status=0, order_id="")


def phantom(run: History) -> None:
    run.place("phantom", "u1", {"p1": 1})
    run.pay("phantom")
    run.operations.pop()


def refused_and_placed(run: History) -> None:
    run.place("refused", "u1", {"p1": 1})
    run.pay("refused")
    run.operations[-1] = replace(run.operations[-1], outcome=Outcome.REFUSED, status=409, order_id="")


def other_total(run: History) -> None:
    run.operations[0] = replace(run.operations[0], total="4.99")


def leak(run: History) -> None:
    run.operate("list-orders", "u2", "", seen=("dearer", "paid"))


def leak_to_seller(run: History) -> None:
    run.operate("list-sales", "s2", "", seen=("parted", "paid"), role="seller")


def leak_to_guest(run: History) -> None:
    run.operate("read-order", "", "paid", role="guest")


def effect_first(run: History) -> None:
    run.place("early", "u1", {"p1": 1})
    run.now -= 60_000_000
    run.pay("early")
    run.now += 60_000_000


def unknown_cause(run: History) -> None:
    run.place("odd", "u1", {"p1": 1})
    run.last_event["odd"] = "an event that is nowhere"
    run.pay("odd")


def poison(run: History) -> None:
    run.append(TracedRecord("order-created", 0, 0, run.now, (), b"poison"))


def poison_skipped_by_one(run: History) -> None:
    """All groups but one made a dead letter of it."""
    record = run.append(TracedRecord("payment-failed", 0, 0, run.now, (), b"poison"))
    for group in ("order", "seller", "analytics"):
        dead_letter(run, record, group)


def given_up(run: History) -> None:
    dead_letter(run, run.find("order-updated", "paid"), "seller")


def dead_letter(run: History, record: TracedRecord, group: str) -> None:
    about = {"dlq_group": group, "dlq_error": "a bug", "dlq_topic": record.topic}
    about |= {"dlq_partition": str(record.partition), "dlq_offset": str(record.offset)}
    headers = (*record.headers, *((name, text.encode()) for name, text in about.items()))
    run.append(TracedRecord(f"{record.topic}.dlq", 0, 0, run.now, headers, record.value))


def inconsistent(run: History) -> None:
    record = run.find("order-created", "paid")
    run.records.append(replace(record, value=encode_json({"orderId": "other"})))


def skipped(run: History) -> None:
    run.records.remove(run.find("product-updated", "shipped"))


def charge_without_order(run: History) -> None:
    run.orders["ghost"] = replace(run.orders["paid"], order_id="ghost")
    run.last_event["ghost"] = "?"
    run.charge("ghost")


def told_by_sms_and_mail(run: History) -> None:
    run.tell("u1", "order-shipped", "shipped", cause=run.last_event["shipped"], channel="sms")
