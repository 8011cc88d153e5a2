"""A seller with many sales gets some messages and one digest, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services_stub.contracts.events.order import OrderStatus, OrderUpdated
from services_stub.contracts.money import BILLION, LARGEST_AMOUNT, to_cents
from services_stub.contracts.times import to_microseconds
from services_stub.notification.domain.kinds import Choices, Kind
from services_stub.notification.handlers import DigestRules, Notifier
from services_stub.notification.handlers.digests import SendDigest, digest_worker, send_digest
from services_stub.notification.service import notification_service
from services_stub.notification.store import TABLES, contacts, sales
from services_stub.runtime.sql.database import Database
from services_stub.runtime.sql.transaction import Transaction
from tests.builders import order_item, order_updated, user_created
from tests.fakes import FakeTransaction, handle, received, transaction
from tests.unit.serving import Serving, serving

RULES = DigestRules(messages=2, window=timedelta(minutes=15))
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST = (0, "")


def sold(order_id: str, price: str = "10.00") -> OrderUpdated:
    item = order_item(quantity=1, unit_price=price)
    return order_updated(OrderStatus.PAID, order_id, items=[item], amount=Decimal(price))


@pytest.fixture
def tx() -> Iterator[FakeTransaction]:
    with transaction(TABLES, now=START) as tx:
        handle(notification_service(RULES), tx, received(user_created("s1", "sam@example.org")))
        yield tx


def sell(tx: FakeTransaction, *order_ids: str, price: str = "10.00") -> None:
    service = notification_service(RULES)
    for order_id in order_ids:
        handle(service, tx, received(sold(order_id, price)))
    tx.commit()


def messages(tx: FakeTransaction) -> list[str]:
    """The subjects of the mails to the seller, without the first."""
    tx.flush()
    spool = TABLES.tables["spool"]
    to_seller = select(spool.c.subject).where(spool.c.recipient == "sam@example.org").order_by(spool.c.mail_id)
    return list(tx.execute(to_seller).scalars())[1:]


def digest(tx: FakeTransaction, at: datetime, notifier: Notifier | None = None) -> None:
    send_digest(notifier or Notifier(RULES), tx, SendDigest("s1", to_microseconds(at)))


def test_beyond_some_messages_sales_are_told_together_at_the_end_of_the_window(tx: FakeTransaction) -> None:
    sell(tx, "o1", "o2", "o3", "o4", price="1234.56")
    assert messages(tx) == ["To ship: 1,234.56 USD, order o1", "To ship: 1,234.56 USD, order o2"]
    due_at = to_microseconds(START + RULES.window)
    assert sales.due_digest(tx.connection, due_at - 1, FIRST) is None
    assert sales.due_digest(tx.connection, due_at, FIRST) == (due_at, "s1")
    assert sales.due_digest(tx.connection, due_at, (due_at, "s1")) is None
    for _ in range(2):
        digest(tx, START + RULES.window)
    assert messages(tx)[2:] == ["To ship: 2 more orders, 2,469.12 USD"]
    inbox = TABLES.tables["notifications"]
    told = tx.execute(select(inbox.c.about).where(inbox.c.template == "sale")).scalars()
    assert list(told) == ["o1", "o2", "o3", "o4"]
    text = tx.execute(select(TABLES.tables["spool"].c.message)).scalars().all()[-1]
    assert "  o3: 1,234.56 USD\r\n  o4: 1,234.56 USD\r\n\r\nSum: 2,469.12 USD\r\n" in text
    assert "List-Unsubscribe" not in text  # this notifier was given no links


def test_a_new_window_begins_with_messages_again(tx: FakeTransaction) -> None:
    sell(tx, "o1", "o2", "o3")
    tx.now = START + RULES.window
    sell(tx, "o4", "o5", "o6")
    assert len(messages(tx)) == 4
    digest(tx, START + RULES.window)
    digest(tx, START + 2 * RULES.window)
    assert messages(tx)[4:] == ["To ship: 1 more orders, 10.00 USD"] * 2


def test_a_long_digest_is_cut_and_adds_up_all_the_same(tx: FakeTransaction) -> None:
    sell(tx, *(f"o{number}" for number in range(60)))
    digest(tx, START + RULES.window)
    text = tx.execute(select(TABLES.tables["spool"].c.message)).scalars().all()
    tx.flush()
    text = tx.execute(select(TABLES.tables["spool"].c.message)).scalars().all()
    assert text[-1].count(": 10.00 USD") == 50
    assert "  and 8 more: 80.00 USD\r\n\r\nSum: 580.00 USD" in text[-1]


def test_the_sum_of_a_digest_of_the_dearest_sales_is_exact(tx: FakeTransaction) -> None:
    """Its cents leave 64 bits."""
    service, item = notification_service(RULES), order_item(quantity=100_000, unit_price="1000000000.00")
    for number in range(950):
        sale = order_updated(OrderStatus.PAID, f"o{number}", items=[item], amount=LARGEST_AMOUNT)
        handle(service, tx, received(sale))
    tx.commit()
    (found,) = sales.due_sums(tx.connection, "s1", to_microseconds(START + RULES.window))
    assert found.billions * BILLION + found.cents == (950 - RULES.messages) * to_cents(LARGEST_AMOUNT)
    digest(tx, START + RULES.window)


def test_a_digest_does_not_ask_for_what_was_cancelled_meanwhile(tx: FakeTransaction) -> None:
    sell(tx, "o1", "o2", "o3", "o4")
    cancelled = order_updated(OrderStatus.CANCELLED, "o3", items=[order_item(quantity=1)])
    handle(notification_service(RULES), tx, received(cancelled))
    digest(tx, START + RULES.window)
    assert messages(tx)[2:] == ["Not to ship: 12.50 USD, order o3", "To ship: 1 more orders, 10.00 USD"]


def test_a_seller_who_wants_no_mail_by_then_gets_none(tx: FakeTransaction) -> None:
    sell(tx, "o1", "o2", "o3")
    contacts.save_choices(tx, "s1", None, Choices({Kind.SALES: frozenset()}))
    digest(tx, START + RULES.window)
    assert len(messages(tx)) == 2
    assert sales.due_digest(tx.connection, to_microseconds(START + RULES.window), FIRST) is None


def test_sales_that_waited_for_the_address_are_told_together_too(tx: FakeTransaction) -> None:
    service = notification_service(RULES)
    items = [order_item(seller_id="s2")]
    for number in range(5):
        handle(service, tx, received(order_updated(OrderStatus.PAID, f"o{number}", items=items)))
    handle(service, tx, received(user_created("s2", "al@example.org")))
    tx.commit()
    spool = TABLES.tables["spool"]
    subjects = tx.execute(select(spool.c.subject).where(spool.c.recipient == "al@example.org")).scalars().all()
    assert len(subjects) == 3
    assert len(sales.due_sales(tx.connection, "s2", to_microseconds(START + RULES.window), 10)) == 3


def test_a_digest_changes_the_pages_of_its_own_sales_alone(tmp_path: Path) -> None:
    """All that a transaction changes is in memory until it ends, and other sellers' sales come between its own."""
    database, notifier = Database(tmp_path / "notification.db"), Notifier(RULES)
    database.create(TABLES)
    with database.connect() as connection:
        for number in range(300):
            with connection.begin():
                tx = Transaction(connection, "test", START)
                for seller in range(30):
                    sales.gather(tx, f"s{seller}", f"{number:04}-{seller:02}".ljust(36, "0"), 1000 + seller)
                tx.flush()
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.commit()
        with connection.begin():
            send_digest(notifier, Transaction(connection, "test", START), SendDigest("s7", 1007))
        _busy, pages, _moved = connection.exec_driver_sql("PRAGMA wal_checkpoint").one()
    database.close()
    assert 0 < pages < 20


def subjects(running: Serving) -> list[str]:
    items: list[dict[str, Any]] = running.internal("GET", "/internal/mail?limit=100").json()["items"]
    return [item["subject"] for item in items if item["recipient"] == "sam@example.org"]


def test_what_was_gathered_survives_the_process_and_is_sent_once(tmp_path: Path) -> None:
    """The first process ends without having sent anything; of two more, each looks twice."""
    with serving(notification_service(RULES), tmp_path) as running:
        running.consume(user_created("s1", "sam@example.org"), *(sold(f"o{number}") for number in range(5)))
        assert len(subjects(running)) == 3
    for _ in range(2):
        notifier = Notifier(RULES)
        with serving(notification_service(RULES), tmp_path) as running:
            later = datetime.now(UTC) + RULES.window
            worker = digest_worker(notifier, running.context, lambda later=later: later)  # type: ignore[misc]
            for _ in range(2):
                assert worker.step() is False
            assert subjects(running)[0] == "To ship: 3 more orders, 30.00 USD"
            assert len(subjects(running)) == 4
