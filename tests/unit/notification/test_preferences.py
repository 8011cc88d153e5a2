"""Preferences, unsubscribe links and bounces over HTTP, and what they make of the messages that follow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest

from services_stub.contracts.events.order import OrderStatus
from services_stub.notification.service import notification_service
from tests.builders import order_created, order_updated, payment_failed, user_created
from tests.unit.serving import Serving, serving

CHOICES = {"phone": "+15550100", "delivery": ["email", "sms"], "sales": ["email"], "stock": []}
GATEWAY = "http://gateway:8080"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Serving]:
    with serving(notification_service(), tmp_path, {"gateway_url": GATEWAY}) as running:
        yield running


def mails(running: Serving) -> list[dict[str, Any]]:
    """The spool, oldest first."""
    items: list[dict[str, Any]] = running.internal("GET", "/internal/mail?limit=100").json()["items"]
    return items[::-1]


def inbox(running: Serving, user_id: str = "u1") -> list[tuple[str, str]]:
    found = running.request("GET", "/api/notifications?limit=100", by=f"user:{user_id}").json()["items"]
    return [(item["template"], item["channel"]) for item in found[::-1]]


def shipped(running: Serving, order_id: str = "o1") -> None:
    running.consume(order_updated(OrderStatus.SHIPPED, order_id))


def link_in(running: Serving, number: int) -> str:
    """The path of the unsubscribe link of a spooled mail, as RFC 8058 has it."""
    text = running.internal("GET", f"/internal/mail/{mails(running)[number]['mailId']}").json()["message"]
    message = message_from_string(text, policy=policy.default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = str(message["List-Unsubscribe"])
    assert f"No more mail like this: {link[1:-1]}" in text
    match = re.fullmatch(rf"<{GATEWAY}/notification-service(/api/unsubscribe/[\w.-]+)>", link)
    assert match is not None
    return match[1]


def test_the_defaults_are_shown_and_can_be_sent_back(running: Serving) -> None:
    running.consume(user_created())
    shown = running.request("GET", "/api/preferences", by="user:u1").json()
    assert shown == {
        "email": "jo@example.org",
        "bouncing": False,
        "phone": "",
        "delivery": ["email"],
        "sales": ["email"],
        "stock": ["email"],
        "alwaysByEmail": ["account", "orders"],
    }
    body = {name: shown[name] for name in ("phone", "delivery", "sales", "stock")}
    assert running.request("PUT", "/api/preferences", by="user:u1", json=body).json() == shown
    assert running.request("GET", "/api/preferences", by="seller:new").json()["email"] == ""


def test_each_user_has_their_own(running: Serving) -> None:
    running.consume(user_created("u1"), user_created("u2", "al@example.org"))
    running.request("PUT", "/api/preferences", by="user:u1", json=CHOICES)
    assert running.request("GET", "/api/preferences", by="user:u1").json()["phone"] == "+15550100"
    assert running.request("GET", "/api/preferences", by="user:u2").json()["phone"] == ""


def test_messages_go_where_the_user_wants_them_and_always_to_the_inbox(running: Serving) -> None:
    running.consume(user_created())
    for number, channels in enumerate([["email", "sms"], ["sms"], ["email"], []]):
        running.request("PUT", "/api/preferences", by="user:u1", json=CHOICES | {"delivery": channels})
        shipped(running, f"o{number}")
        written = [mail["channel"] for mail in mails(running) if f"o{number} " in mail["subject"]]
        assert written == channels
    assert inbox(running)[1:] == [
        ("order-shipped", "email"),
        ("order-shipped", "inbox"),
        ("order-shipped", "email"),
        ("order-shipped", "inbox"),
    ]
    assert [event.template for event in running.sender.events].count("order-shipped") == 6  # type: ignore[attr-defined]


def test_what_always_comes_by_mail_comes_whatever_is_chosen(running: Serving) -> None:
    running.consume(user_created())
    nothing = {"phone": "", "delivery": [], "sales": [], "stock": []}
    running.request("PUT", "/api/preferences", by="user:u1", json=nothing)
    running.consume(order_created(), payment_failed(), order_updated(OrderStatus.PAID, "o2"))
    assert [mail["channel"] for mail in mails(running)] == ["email"] * 4
    message = running.internal("GET", f"/internal/mail/{mails(running)[-1]['mailId']}").json()["message"]
    assert "List-Unsubscribe" not in message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone": "0155501000"}, "phone"),
        ({"phone": "+15550100\n"}, "phone"),
        ({"phone": "+1555010012345678"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"delivery": ["fax"]}, "delivery[0]"),
        ({"delivery": ["email", "email", "email"]}, "delivery"),
        ({"orders": []}, "orders"),
        ({"sales": None}, "sales"),
    ],
)
def test_preferences_that_are_none_are_refused_by_name(running: Serving, change: dict[str, Any], field: str) -> None:
    refused = running.request("PUT", "/api/preferences", by="user:u1", json=CHOICES | change)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)


def test_an_unsubscribe_link_asks_first_and_works_without_a_login(running: Serving) -> None:
    running.consume(user_created(phone="+1 555 0100"), order_updated(OrderStatus.SHIPPED))
    link = link_in(running, 1)
    for _ in range(2):
        page = running.request("GET", link)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert '<form method="post">' in page.text
        assert page.headers["cache-control"] == "no-store"
    assert running.request("GET", "/api/preferences", by="user:u1").json()["delivery"] == ["email", "sms"]
    for _ in range(2):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        done = running.request("POST", link, headers=headers, content=b"List-Unsubscribe=One-Click")
        assert done.status_code == 200
        assert running.request("GET", "/api/preferences", by="user:u1").json()["delivery"] == ["sms"]
    shipped(running, "o2")
    assert [mail["channel"] for mail in mails(running) if "o2" in mail["subject"]] == ["sms"]
    assert inbox(running)[-1] == ("order-shipped", "inbox")


def test_a_link_that_is_none_is_refused_whatever_is_wrong_with_it(running: Serving) -> None:
    running.consume(user_created(), order_updated(OrderStatus.SHIPPED))
    link = link_in(running, -1)
    bad = [link[:-4] + "AAAA", link.replace("delivery", "stock"), "/api/unsubscribe/x", "/api/unsubscribe/x.y.z"]
    answers = [running.request(method, path) for method in ("GET", "POST") for path in bad]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert running.request("GET", "/api/unsubscribe/" + "x" * 5000).status_code == 400


def test_to_an_address_that_bounces_goes_no_mail_until_its_user_confirms_it(running: Serving) -> None:
    running.consume(user_created())
    report = {"email": "jo@example.org", "reason": "5.1.1 <b>no such</b> user\r\nBcc: x@y.org"}
    for _ in range(2):
        assert running.request("POST", "/api/admin/bounces", by="admin:a1", json=report).status_code == 204
    assert [(mail["state"], mail["channel"]) for mail in mails(running)] == [("FAILED", "email")]
    assert inbox(running) == [("welcome", "email"), ("address-bounced", "inbox")]
    running.consume(order_created())
    assert inbox(running)[-1] == ("order-placed", "inbox")
    assert len(mails(running)) == 1
    assert running.request("GET", "/api/preferences", by="user:u1").json()["bouncing"] is True
    assert running.request("PUT", "/api/preferences", by="user:u1", json=CHOICES).json()["bouncing"] is False
    running.consume(order_created("o2"))
    assert [mail["state"] for mail in mails(running)] == ["FAILED", "SPOOLED"]
    running.request("POST", "/api/admin/bounces", by="admin:a1", json=report)
    assert inbox(running)[-1] == ("address-bounced", "inbox")


def test_a_report_of_an_unknown_address_is_refused(running: Serving) -> None:
    for email in ("al@example.org", "nonsense", "jo@example.org\r\n"):
        refused = running.request("POST", "/api/admin/bounces", by="admin:a1", json={"email": email})
        assert refused.json()["type"] == "/problems/recipient-not-found"
