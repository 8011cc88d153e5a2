"""The inbox of a person and the spool of the operators."""

from __future__ import annotations

import pytest

from services_stub.notification.handlers import inbox
from services_stub.notification.handlers.inbox import MarkRead
from services_stub.notification.store import spool
from services_stub.runtime.errors import Refused
from tests.builders import order_created, user_created
from tests.fakes import FakeTransaction
from tests.unit.notification.conftest import notify


@pytest.fixture
def full(tx: FakeTransaction) -> FakeTransaction:
    for event in (user_created("u1"), user_created("u2"), *(order_created(f"o{n}") for n in range(5))):
        notify(tx, event)
    return tx


def test_the_inbox_is_paged_newest_first(full: FakeTransaction) -> None:
    abouts: list[str] = []
    cursor = ""
    for _ in range(3):
        page = inbox.read_inbox(full.connection, "u1", cursor=cursor, limit=2)
        assert (len(page.items), page.unread) == (2, 6)
        abouts += [item.about for item in page.items]
        cursor = page.next_cursor or ""
    assert abouts == ["o4", "o3", "o2", "o1", "o0", "u1"]
    assert cursor == ""


def test_users_see_their_own_notifications(full: FakeTransaction) -> None:
    assert [item.template for item in inbox.read_inbox(full.connection, "u2").items] == ["welcome"]
    assert inbox.read_inbox(full.connection, "nobody").items == []


def test_marking_one_and_all(full: FakeTransaction) -> None:
    newest = inbox.read_inbox(full.connection, "u1").items[0]
    for _ in range(2):
        assert inbox.mark_read(full, MarkRead("u1", newest.notification_id)).read
        page = inbox.read_inbox(full.connection, "u1", unread=True)
        assert (page.unread, len(page.items)) == (5, 5)
    assert [item.about for item in inbox.read_inbox(full.connection, "u1", unread=False).items] == ["o4"]
    assert inbox.mark_all_read(full, "u1").unread == 0
    assert inbox.read_inbox(full.connection, "u2").unread == 1


def test_a_notification_of_another_user_cannot_be_marked(full: FakeTransaction) -> None:
    theirs = inbox.read_inbox(full.connection, "u1").items[0]
    with pytest.raises(Refused) as error:
        inbox.mark_read(full, MarkRead("u2", theirs.notification_id))
    assert error.value.problem.status == 404
    assert inbox.read_inbox(full.connection, "u1").unread == 6


@pytest.mark.parametrize("cursor", ["x", "WzFd", "%", "é"])
def test_a_cursor_that_is_none_is_refused(full: FakeTransaction, cursor: str) -> None:
    with pytest.raises(Refused) as error:
        inbox.read_inbox(full.connection, "u1", cursor=cursor)
    assert error.value.problem.errors[0].field == "cursor"


def test_the_spool_is_paged_and_read(full: FakeTransaction) -> None:
    first = inbox.read_spool(full.connection, limit=4)
    second = inbox.read_spool(full.connection, cursor=first.next_cursor or "", limit=4)
    assert [mail.mail_id for mail in (*first.items, *second.items)] == [7, 6, 5, 4, 3, 2, 1]
    assert second.next_cursor is None
    assert first.items[0].message == ""
    mail = inbox.read_mail(full.connection, 7)
    assert "Message-ID: <" in mail.message
    with pytest.raises(Refused):
        inbox.read_mail(full.connection, 99)


def test_what_is_due_is_found_by_its_index(full: FakeTransaction) -> None:
    if full.connection.dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads a table of a few rows faster without an index")
    statement = spool._due.limit(10).compile(full.connection)
    plan = full.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("email", 1, 10, 0)).all()
    assert "spool_due" in plan[0][-1]
