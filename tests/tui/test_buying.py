"""`marketplace shop buy` and `seller intake` where answers get lost: what is said, what is sent, and the exit code."""

from __future__ import annotations

import io
import json as standard_json
from pathlib import Path

import httpx
import pytest

from marketplace_tui import cli, failures
from marketplace_tui.commands.connecting import EMAIL, PASSWORD
from services_stub.client import MarketplaceClient
from services_stub.client.session import Session
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.bulk import BulkChange
from services_stub.contracts.http.cart import Cart, CartLine
from services_stub.contracts.http.page import Page
from services_stub.contracts.money import money
from tests.tui.test_operations import order, product
from tests.unit.client.marketplace import FakeMarketplace, json, refusal, user

CART, ORDERS, ORDER = "/cart-service/api/cart/public", "/order-service/api/orders", "/order-service/api/orders/o1"
INTAKE = "/product-service/api/products/bulk/stock"
LOST = httpx.ReadTimeout("no answer")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeMarketplace:
    shop = FakeMarketplace()
    shop.sign_in()
    shop.on("GET", "/auth-service/api/auth/me", json(user()))
    line = CartLine(
        product_id="p", seller_id="s", name="Bowl", quantity=2, unit_price=money(2), available=True, line_total=money(4)
    )
    shop.on("GET", CART, json(Cart(owner="u", lines=[line], amount=money(4), currency="USD")))
    shop.on("POST", ORDERS, json(order(OrderStatus.PENDING), 201))
    shop.on("GET", "/api/stream", httpx.ConnectError("away"))

    def client(_url: str, session: Session) -> MarketplaceClient:
        return shop.client(session=session)

    monkeypatch.setattr("services_stub.client.marketplace.MarketplaceClient", client)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv(EMAIL, "ada@example.org")
    monkeypatch.setenv(PASSWORD, "a long password")
    return shop


def run(*arguments: str) -> int:
    return cli.run([*arguments, "--gateway", "http://shop"])


def sent(shop: FakeMarketplace, path: str) -> list[httpx.Request]:
    return [request for request in shop.requests if request.url.path == path and request.method == "POST"]


def test_the_sum_is_said_and_is_the_condition_of_the_order(
    shop: FakeMarketplace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("shop", "buy", "--json") == 0
    said = capsys.readouterr()
    assert said.err == "1 line, 4.00 USD, paid with pm_card_visa.\n"
    assert standard_json.loads(said.out)["orderId"] == "o1"
    (request,) = sent(shop, ORDERS)
    assert standard_json.loads(request.content) == {"paymentMethod": "pm_card_visa", "expectedAmount": 4.0}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (LOST, failures.UNKNOWN),
        (refusal(500, "bug"), failures.FAILED),
        (httpx.ConnectError("x"), failures.NOT_REACHABLE),
    ],
)
def test_an_order_of_unknown_outcome_is_repeated_with_the_same_key(
    answer: httpx.Response | Exception, code: int, shop: FakeMarketplace, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.on("POST", ORDERS, answer)
    assert run("shop", "buy") == code
    said = capsys.readouterr().err
    key = sent(shop, ORDERS)[0].headers["idempotency-key"]
    assert f"--expect 4.00 --idempotency-key {key}" in said
    shop.on("POST", ORDERS, json(order(OrderStatus.PENDING), 201))
    shop.on("GET", CART, refusal(500, "the cart is not asked for again"))
    assert run("shop", "buy", "--expect", "4.00", "--idempotency-key", key) == 0
    bodies = {(request.headers["idempotency-key"], request.content) for request in sent(shop, ORDERS)}
    assert len(bodies) == 1


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (OrderStatus.PAID, 0, ""),
        (OrderStatus.FAILED, failures.FAILED, ""),
        (OrderStatus.PENDING, failures.UNKNOWN, "Still PENDING after 0 s"),
    ],
)
def test_the_exit_code_after_a_wait_tells_of_the_payment(
    status: OrderStatus, code: int, says: str, shop: FakeMarketplace, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.on("GET", ORDER, json(order(status)))
    assert run("shop", "buy", "--wait", "--timeout", "0") == code
    said = capsys.readouterr()
    assert status in said.out
    assert says in said.err


def test_goods_of_unknown_outcome_are_taken_in_once(
    shop: FakeMarketplace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.on("GET", "/product-service/api/seller/products", json(Page(items=[product("p-1")])))
    shop.on("POST", INTAKE, LOST, LOST, LOST, LOST, json(BulkChange(dry_run=False, lines=[])))
    monkeypatch.setattr("sys.stdin", io.StringIO("# goods\np-1=5\n"))
    assert run("seller", "intake", "--file", "-") == failures.UNKNOWN
    key = sent(shop, INTAKE)[0].headers["idempotency-key"]
    assert f"--idempotency-key {key}" in capsys.readouterr().err
    assert run("seller", "intake", "1=5", "--idempotency-key", key) == 0
    assert {(request.headers["idempotency-key"], request.content) for request in sent(shop, INTAKE)} == {
        (key, b'{"lines":[{"productId":"p-1","units":5}],"dryRun":false}')
    }


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"\xff\xfe", failures.BAD_ARGUMENTS, "no text in UTF-8"),
        (b"x" * 1_000_001, failures.BAD_ARGUMENTS, "more than 1,000,000 characters"),
        (b"", failures.BAD_ARGUMENTS, "no product is named"),
        (None, failures.FAILED, "No such file"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(
    content: bytes | None,
    code: int,
    says: str,
    shop: FakeMarketplace,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    file = tmp_path / "lines"
    if content is not None:
        file.write_bytes(content)
    assert run("seller", "prices", "--file", str(file)) == code
    assert says in capsys.readouterr().err
    assert sent(shop, "/product-service/api/products/bulk/prices") == []
