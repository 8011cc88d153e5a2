"""From events to notifications, mails and events, once."""

from __future__ import annotations

from email import message_from_string, policy

import pytest
from sqlalchemy import Row, select

from services_stub.contracts.base import Event
from services_stub.contracts.events.auth import PasswordChanged, RefreshTokenReused
from services_stub.contracts.events.notification import NotificationSent
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.events.seller import StockLow
from services_stub.notification.store import TABLES
from services_stub.runtime.errors import Poison, Refused
from services_stub.runtime.service import Outcome
from tests.builders import (
    order_cancelled,
    order_created,
    order_updated,
    payment_failed,
    payment_refunded,
    payment_success,
    seller_blocked,
    user_created,
)
from tests.fakes import FakeTransaction
from tests.unit.notification.conftest import notify


def rows(tx: FakeTransaction, table: str) -> list[Row[tuple[object, ...]]]:
    return list(tx.execute(select(TABLES.tables[table])).all())


def sent(tx: FakeTransaction) -> list[tuple[str, str, str]]:
    events = [event for event, _ in tx.published]
    assert all(isinstance(event, NotificationSent) for event in events)
    return [(e.template, e.channel, e.about) for e in events if isinstance(e, NotificationSent)]


def test_a_new_user_is_welcomed_in_the_inbox_and_by_mail(tx: FakeTransaction) -> None:
    notify(tx, user_created())
    (notification,) = rows(tx, "notifications")
    (mail,) = rows(tx, "spool")
    assert sent(tx) == [("welcome", "email", "u1")]
    assert (mail.channel, mail.recipient, mail.state) == ("email", "jo@example.org", "SPOOLED")
    assert mail.notification_id == notification.notification_id
    message = message_from_string(mail.message, policy=policy.default)
    assert message["To"] == "Jo <jo@example.org>"
    assert message["Message-ID"] == f"<{notification.notification_id}@marketplace.example>"
    event = tx.published[0][0]
    assert isinstance(event, NotificationSent)
    assert (event.notification_id, event.subject_line) == (notification.notification_id, notification.subject)


def test_the_owner_of_a_stolen_session_is_told_each_time(tx: FakeTransaction) -> None:
    notify(tx, user_created(), RefreshTokenReused(user_id="u1"), RefreshTokenReused(user_id="u1"))
    assert sent(tx)[1:] == [("session-stolen", "email", "u1")] * 2
    assert [mail.recipient for mail in rows(tx, "spool")[1:]] == ["jo@example.org"] * 2


def test_the_owner_of_an_account_is_told_of_each_new_password(tx: FakeTransaction) -> None:
    notify(tx, user_created(), PasswordChanged(user_id="u1"), PasswordChanged(user_id="u1"))
    assert sent(tx)[1:] == [("password-changed", "email", "u1")] * 2


def test_a_purchase_is_told_twice(tx: FakeTransaction) -> None:
    notify(tx, user_created(), order_created(), payment_success(), order_updated(OrderStatus.PAID))
    assert sent(tx)[1:] == [("order-placed", "email", "o1"), ("receipt", "email", "o1"), ("sale", "email", "o1")]
    placed = rows(tx, "notifications")[1]
    assert "2 x Lamp, 12.50 USD each: 25.00 USD" in placed.text
    assert "Total: 25.00 USD" in placed.text


@pytest.mark.parametrize(
    ("event", "template", "told"),
    [
        (
            payment_failed(),
            "payment-failed",
            "the card was declined",
        ),
        (order_cancelled(), "order-cancelled", "you cancelled it"),
        (order_updated(OrderStatus.SHIPPED), "order-shipped", "Lamp"),
        (order_updated(OrderStatus.DELIVERED), "order-delivered", "Lamp"),
        (seller_blocked("u1", "Sold fakes"), "seller-blocked", "Sold fakes"),
    ],
)
def test_each_event_has_its_template(tx: FakeTransaction, event: Event, template: str, told: str) -> None:
    notify(tx, user_created(), event)
    assert sent(tx)[1:] == [(template, "email", "u1" if template == "seller-blocked" else "o1")]
    assert told in rows(tx, "notifications")[1].text


@pytest.mark.parametrize(
    ("quantity", "template", "told"),
    [(4, "stock-low", "4 of Lamp {about} can still be sold. You are told of 5 or fewer."), (0, "sold-out", "is left")],
)
def test_a_seller_hears_each_time_that_stock_falls(
    tx: FakeTransaction, quantity: int, template: str, told: str
) -> None:
    low = StockLow(
        seller_id="u1", product_id="p1", name="Lamp\n{about}", quantity=quantity, threshold=5, sold_out=not quantity
    )
    notify(tx, user_created(phone="+15550100"), low, low)
    assert sent(tx)[1:] == [(template, "email", "p1")] * 2
    assert told in rows(tx, "notifications")[1].text


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "REFUNDED"])
def test_other_steps_are_told_by_the_payments_events(tx: FakeTransaction, status: str) -> None:
    assert notify(tx, order_updated(OrderStatus(status))) == [None]
    assert sent(tx) == []


def test_the_same_fact_in_another_event_is_told_once(tx: FakeTransaction) -> None:
    notify(tx, user_created())
    assert notify(tx, order_created(), order_created(), user_created()) == [None, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert notify(tx, order_created()) == [Outcome.DUPLICATE]
    assert len(rows(tx, "spool")) == 2
    assert len(sent(tx)) == 2


def test_a_seller_who_is_blocked_again_is_told_again(tx: FakeTransaction) -> None:
    blocked = seller_blocked("s1", "Sold fakes")
    notify(tx, blocked, blocked)
    assert len(sent(tx)) == 2


def test_what_comes_before_the_address_is_mailed_when_it_is_known(tx: FakeTransaction) -> None:
    notify(tx, order_created(), order_updated(OrderStatus.SHIPPED))
    assert len(rows(tx, "notifications")) == 2
    assert rows(tx, "spool") == []
    notify(tx, user_created(phone="+1 555 0100"))
    assert [(mail.channel, mail.recipient) for mail in rows(tx, "spool")] == [
        ("email", "jo@example.org"),
        ("email", "jo@example.org"),
        ("sms", "+15550100"),
        ("email", "jo@example.org"),
    ]
    assert rows(tx, "unaddressed") == []
    assert sorted(sent(tx)) == [
        ("order-placed", "email", "o1"),
        ("order-shipped", "email", "o1"),
        ("order-shipped", "sms", "o1"),
        ("welcome", "email", "u1"),
    ]


def test_the_address_may_come_in_the_same_batch(tx: FakeTransaction) -> None:
    notify(tx, order_created(), user_created())
    assert len(rows(tx, "spool")) == 2


def test_moves_are_told_by_sms_where_a_phone_is_known(tx: FakeTransaction) -> None:
    notify(tx, user_created(phone="+1 555 0100"), order_created(), order_updated(OrderStatus.SHIPPED))
    texts = [mail for mail in rows(tx, "spool") if mail.channel == "sms"]
    assert [(mail.recipient, mail.message) for mail in texts] == [("+15550100", "Your order o1 is on its way")]
    assert sent(tx)[-1] == ("order-shipped", "sms", "o1")
    ids = [event.notification_id for event, _ in tx.published if isinstance(event, NotificationSent)]
    assert len(set(ids)) == len(ids)


def test_an_address_that_no_header_can_carry_gets_the_inbox_alone(tx: FakeTransaction) -> None:
    notify(tx, user_created(email="jo@example.org\r\nBcc: evil@example.org"), order_created())
    assert len(rows(tx, "notifications")) == 2
    assert rows(tx, "spool") == []
    assert rows(tx, "unaddressed") == []


def test_a_payment_that_names_no_user_is_the_shoppers_of_its_order(tx: FakeTransaction) -> None:
    notify(tx, order_created(), order_created("o2"))
    notify(tx, payment_failed(user_id=""), payment_success("o2", user_id=""), payment_refunded("o2", user_id=""))
    assert {row.user_id for row in rows(tx, "notifications")} == {"u1"}
    assert [template for template, _, _ in sent(tx)][2:] == ["payment-failed", "refund"]


def test_a_payment_of_an_unknown_order_is_rejected(tx: FakeTransaction) -> None:
    with pytest.raises(Refused):
        notify(tx, payment_success(user_id=""))


@pytest.mark.parametrize(
    "event",
    [
        order_created(order_id="o" * 300),
        order_created(user_id="u\x00"),
        user_created(user_id="\n"),
    ],
)
def test_what_can_never_be_told_is_poison(tx: FakeTransaction, event: Event) -> None:
    with pytest.raises(Poison):
        notify(tx, event)


def test_peoples_texts_are_data(tx: FakeTransaction) -> None:
    notify(tx, user_created(name="{about}\r\nBcc: x@y.org"), seller_blocked("u1", "{0}\n{about}"))
    mail = rows(tx, "spool")[-1]
    assert "{0} {about}" in mail.message
    assert message_from_string(mail.message, policy=policy.default)["Bcc"] is None
