"""The service at work with its threads: the routes, and mail delivered to aiosmtpd while a server is away and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from services_stub.notification.service import notification_service
from tests.builders import order_created, user_created
from tests.ports import free_port
from tests.unit.serving import serving
from tests.waiting import wait_for


class RenderedMessages(Message):
    """Keeps the Message-ID of what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    def handle_message(self, message: object) -> None:
        self.ids.append(str(message["Message-ID"]))  # type: ignore[index]


def test_users_read_and_mark_their_own_notifications(tmp_path: Path) -> None:
    with serving(notification_service(), tmp_path) as running:
        running.consume(user_created("u1"), order_created("o1"), user_created("u2"))
        inbox = running.request("GET", "/api/notifications?limit=1", by="user:u1").json()
        assert (inbox["unread"], inbox["items"][0]["about"]) == (2, "o1")
        rest = running.request("GET", f"/api/notifications?cursor={inbox['nextCursor']}", by="user:u1").json()
        assert [item["template"] for item in rest["items"]] == ["welcome"]
        path = f"/api/notifications/{inbox['items'][0]['notificationId']}/read"
        assert running.request("POST", path, by="seller:u2").status_code == 404
        assert running.request("POST", path, by="user:u1").json()["read"] is True
        assert len(running.request("GET", "/api/notifications?unread=true", by="user:u1").json()["items"]) == 1
        assert running.request("POST", "/api/notifications/read-all", by="user:u1").json()["unread"] == 0
        assert running.request("GET", "/api/notifications", by="admin:u2").json()["unread"] == 1


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "unread=maybe", "cursor=none"])
def test_bad_queries_are_refused_by_name(tmp_path: Path, query: str) -> None:
    with serving(notification_service(), tmp_path) as running:
        answer = running.request("GET", f"/api/notifications?{query}", by="user:u1")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_the_spool_is_for_insiders(tmp_path: Path) -> None:
    with serving(notification_service(), tmp_path) as running:
        running.consume(user_created("u1"))
        page = running.internal("GET", "/internal/mail?limit=1").json()
        assert page["items"][0]["recipient"] == "jo@example.org"
        mail = running.internal("GET", f"/internal/mail/{page['items'][0]['mailId']}").json()
        assert mail["message"].startswith("Date: ")
        assert running.internal("GET", "/internal/mail/99").status_code == 404
        assert running.internal("GET", f"/internal/mail/{2**63}").status_code == 400
        assert running.request("GET", "/internal/mail", by="admin:a1").status_code == 404


def test_mail_waits_for_the_server_and_is_delivered_once(tmp_path: Path) -> None:
    messages, port = RenderedMessages(), free_port()
    with serving(notification_service(), tmp_path, {"smtp_url": f"smtp://127.0.0.1:{port}"}) as running:
        running.consume(user_created("u1"), *(order_created(f"o{number}") for number in range(120)))
        assert running.internal("GET", "/internal/mail").json()["items"][0]["state"] == "SPOOLED"
        server = Controller(messages, hostname="127.0.0.1", port=port)
        server.start()
        wait_for(lambda: running.internal("GET", "/internal/mail/121").json()["state"] == "DELIVERED")
        server.stop()
        running.consume(order_created("late"))
        again = Controller(messages, hostname="127.0.0.1", port=port)
        again.start()
        wait_for(lambda: running.internal("GET", "/internal/mail/122").json()["state"] == "DELIVERED")
        again.stop()
    assert len(messages.ids) == len(set(messages.ids)) == 122
