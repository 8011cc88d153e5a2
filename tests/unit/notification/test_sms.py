"""An SMS sink: one connection that stays open, the same key for a repetition, and faults that hold up nothing else."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services_stub.contracts.events.order import OrderStatus
from services_stub.notification.domain.delivery import Answer, Verdict
from services_stub.notification.handlers.sms import SmsSession, SmsSink
from services_stub.notification.service import notification_service
from services_stub.runtime.errors import Unavailable
from tests.builders import order_updated, user_created
from tests.unit.serving import serving
from tests.waiting import wait_for

TAKEN = Answer(Verdict.TAKEN)


class Sink(http.server.ThreadingHTTPServer):
    """Answers with the statuses that it is told, then takes everything."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.statuses: list[int] = []
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.connections = 0
        self.hang_up = 0
        self.hold: threading.Event | None = None
        self.closes = False
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, *_arguments: object) -> None:
        """A client that hung up is a part of the test."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/messages?from=shop"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sink

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if self.server.hold is not None:
            self.server.hold.wait(30)
        if self.server.hang_up:
            self.server.hang_up -= 1
            self.close_connection = True
            return
        said = b"no such number"
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 202)
        self.send_header("Content-Length", str(len(said)))
        if self.server.closes:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.shutdown()
    sink.server_close()


def session_to(sink: Sink, timeout: float = 5.0) -> SmsSession:
    return SmsSession(SmsSink.parse(sink.url.replace("//", "//jo:p%40ss@")), timeout)


def test_messages_are_posted_over_one_connection(sink: Sink) -> None:
    session = session_to(sink)
    for number in range(3):
        session.open()
        assert session.send("+15550100", "Grüße", f"n{number}") == TAKEN
    session.close()
    assert sink.connections == 1
    path, headers, body = sink.asked[0]
    assert path == "/messages?from=shop"
    assert body == {"id": "n0", "to": "+15550100", "text": "Grüße"}
    assert (headers["idempotency-key"], headers["authorization"]) == ("n0", "Basic am86cEBzcw==")


def test_refusals_are_answers_and_the_connection_goes_on(sink: Sink) -> None:
    session = session_to(sink)
    sink.statuses = [422, 503, 202]
    assert session.send("+1", "text", "n1") == Answer(Verdict.NEVER, "422 no such number")
    assert session.send("+1", "text", "n2") == Answer(Verdict.LATER, "503 no such number")
    assert session.send("+1", "text", "n3") == TAKEN
    assert sink.connections == 1


def test_an_answer_about_us_leaves_the_message_alone(sink: Sink) -> None:
    sink.statuses = [401]
    with pytest.raises(Unavailable, match="401"):
        session_to(sink).send("+1", "text", "n1")


@pytest.mark.parametrize("closes", [False, True])
def test_a_connection_that_was_closed_meanwhile_is_made_anew_with_the_same_key(sink: Sink, closes: bool) -> None:
    session = session_to(sink)
    sink.closes = closes
    assert session.send("+1", "text", "n1") == TAKEN
    sink.hang_up = 0 if closes else 1
    assert session.send("+1", "text", "n2") == TAKEN
    assert [headers["idempotency-key"] for _, headers, _ in sink.asked] == ["n1", "n2"] + ([] if closes else ["n2"])
    sink.hang_up = 2
    with pytest.raises(Unavailable):
        session.send("+1", "text", "n3")


def test_a_sink_that_hangs_or_is_away_is_unavailable(sink: Sink) -> None:
    sink.hold = threading.Event()
    with pytest.raises(Unavailable, match="timed out"):
        session_to(sink, timeout=0.05).send("+1", "text", "n1")
    sink.hold.set()
    session = SmsSession(SmsSink.parse("http://127.0.0.1:1/"), 1.0)
    with pytest.raises(Unavailable, match="refused"):
        session.open()
    session.close()


def test_a_transfer_can_be_broken_off(sink: Sink) -> None:
    sink.hold = threading.Event()
    session = session_to(sink, timeout=60.0)
    failed: list[str] = []

    def send() -> None:
        try:
            session.send("+1", "text", "n1")
        except Unavailable as error:
            failed.append(str(error))

    thread = threading.Thread(target=send)
    thread.start()
    wait_for(lambda: sink.asked)
    session.interrupt()
    thread.join(10)
    sink.hold.set()
    assert failed


@pytest.mark.parametrize("url", ["", "host/path", "smtp://host", "http://", "http://h/a b", "http://h/é", "http://h:x"])
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"SMS sink|[Pp]ort"):
        SmsSink.parse(url)


@pytest.mark.slow
def test_sms_waits_for_a_sink_that_refuses_and_hangs_while_all_else_goes_on(tmp_path: Path, sink: Sink) -> None:
    sink.statuses = [503]
    service = notification_service()

    with serving(service, tmp_path, {"sms_url": sink.url}) as running:
        sink.hold = threading.Event()
        running.consume(user_created(phone="+1 555 0100"))
        running.consume(*(order_updated(OrderStatus.SHIPPED, f"o{number}") for number in range(3)))
        wait_for(lambda: sink.asked, what="the first message reaches the sink")
        running.consume(order_updated(OrderStatus.DELIVERED, "o1"))
        assert running.request("GET", "/api/notifications", by="user:u1").json()["unread"] == 5
        sink.hold.set()

        def delivered() -> bool:
            items = running.internal("GET", "/internal/mail?limit=50").json()["items"]
            states = [item["state"] for item in items if item["channel"] == "sms"]
            return states == ["DELIVERED"] * 4

        wait_for(delivered, what="all messages are delivered")
    by_key = {headers["idempotency-key"]: body["text"] for _, headers, body in sink.asked}
    assert sorted(by_key.values()) == [
        "Your order o0 is on its way",
        "Your order o1 is on its way",
        "Your order o1 was delivered",
        "Your order o2 is on its way",
    ]
    assert {body["id"] for _, _, body in sink.asked} == set(by_key)
